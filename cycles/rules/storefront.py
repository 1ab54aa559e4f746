"""The market rules over shops: prices off the guide, display, price tags, the minors sign, policies not yet told.

What was last seen or checked counts (cycles/bases_visits.py, last eight weeks). Display items are known by their codes,
which are parameters because each company writes its own templates.
"""

from __future__ import annotations

from backend.parameters import Declared, declared
from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.rules.client import OURS, in_force
from cycles.rules.rule import Proposal, Rule, add
from cycles.rules.subjects import LISTED, NAMED, NO_UNIT, SEEN_IN, TERRITORY
from visits import parameters as visit_parameters

PRICE_OFF = Declared(
    "market.price_off", float, 5.0, "零售价偏离指导价上限(%)", "retail price off the guide at most, %", OURS
)
DISPLAY = Declared("market.display_score", float, 80.0, "陈列得分目标", "target of the display score", OURS)
TAG_ITEMS = Declared(
    "market.tag_items", str, "tags", "明码标价检查项编码（逗号分隔）", "codes of tag items, by commas", OURS
)
TAG_RATE = declared(visit_parameters.TAG_RATE)
TAG_SHOPS = Declared("market.price_tag_shops", int, 10, "片区明码标价率最少户数", "tag rate needs so many shops", OURS)
MINORS_ITEMS = Declared(
    "market.minors_items", str, "minors_sign", "未成年人警示标识检查项编码", "codes of minors sign items", OURS
)

OFF_PRICE = Rule(
    code="market.price",
    version=1,
    dimension=Dimension.MARKET,
    subject="shop",
    name="零售价偏离指导价",
    name_en="prices off the guide price",
    reads="最近八周最后一次采集的条零售价，与指导价相比",
    reads_en="the last carton price seen in eight weeks, against the guide price",
    zh="{n:n} 个品规零售价偏离指导价超过 {limit:percent}：{products:list}（最大偏离 {off:percent}）。",
    en="{n:n} products are sold more than {limit:percent} off the guide price: {products:list} (at most"
    " {off:percent}).",
    find=f"""
    WITH {in_force(PRICE_OFF)},
    hit AS (
        SELECT e.retailer_id, e.product_id, e.visit_id,
            round(100.0 * abs(e.carton_price_fen - g.guide_carton_fen) / g.guide_carton_fen, 1) AS weight
        FROM an_seen e JOIN brands_product g ON g.id = e.product_id AND g.guide_carton_fen > 0
        JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
        WHERE s.state = 'active'
        AND 100 * abs(e.carton_price_fen::bigint - g.guide_carton_fen) > b.price_off * g.guide_carton_fen),
    {LISTED}
    SELECT l.retailer_id, {NO_UNIT}, jsonb_build_object({NAMED}, 'limit', b.price_off,
            'off', l.weightiest,
            'baseline', l.n, 'target', 0, 'best', NULL) AS figures,
        b.threshold, {SEEN_IN} AS evidence
    FROM listed l JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
    """,  # noqa: S608
    bases=("an_seen", "an_shop", "an_unit"),
    severity=2,
    thresholds=(PRICE_OFF,),
    proposal=Proposal(
        "market.price",
        "宣传明码实价，引导{products:list}按指导价销售，当月价格不到位品规降到 {target:n} 个",
        "Speak for marked prices: {products:list} at the guide price, {target:n} products off it this month",
        "products_off_price",
        Goal.AT_MOST,
        Action.Serves.OBSERVATION,
    ),
)

LOW_DISPLAY = Rule(
    code="market.display",
    version=1,
    dimension=Dimension.MARKET,
    subject="shop",
    name="陈列不达标",
    name_en="display below target",
    reads="最近八周最后一次陈列检查得分",
    reads_en="the score of the last display check in eight weeks",
    zh="{on:date}陈列检查 {score:n} 分，低于目标 {limit:n} 分。",
    en="The display check of {on:date} gave {score:n} points, below the target of {limit:n}.",
    find=f"""
    WITH {in_force(DISPLAY)}
    SELECT k.retailer_id, {NO_UNIT}, jsonb_build_object('on', k.on_date, 'score', k.score, 'limit', b.display_score,
            'baseline', k.score, 'target', b.display_score, 'best', NULL) AS figures,
        b.threshold, jsonb_build_object('kind', 'visit', 'ids', jsonb_build_array(k.visit_id), 'rows', 1) AS evidence
    FROM an_check k JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
    WHERE s.state = 'active' AND k.score < b.display_score
    """,  # noqa: S608
    bases=("an_check", "an_shop", "an_unit"),
    severity=3,
    thresholds=(DISPLAY,),
    proposal=Proposal(
        "market.display",
        "指导整改陈列并复查，得分由 {baseline:n} 分提高到 {target:n} 分",
        "Help put the display right and check it again: from {baseline:n} points to {target:n}",
        "display_score",
        Goal.AT_LEAST,
        Action.Serves.CHECK,
    ),
)

_TAGS_OF_SHOPS = """own AS (
        SELECT retailer_id, territory_id, visit_id, on_date, sum(items)::int AS items, sum(placed)::int AS passed
        FROM an_item WHERE is_tag GROUP BY retailer_id, territory_id, visit_id, on_date)"""

NO_TAGS = Rule(
    code="market.tags",
    version=2,  # compliance checks too
    dimension=Dimension.MARKET,
    subject="shop",
    name="明码标价不到位",
    name_en="price tags not in order",
    reads="最近八周最后一次检查中的明码标价：合规检查的价签数，或陈列检查的明码标价检查项",
    reads_en="price tags at the last check in eight weeks: those counted, or the price-tag items of the display check",
    zh="{on:date}检查，明码标价 {items:n} 项中合格 {passed:n} 项（目标 {limit:percent}）。",
    en="At the check of {on:date}, {passed:n} of {items:n} items on price tags passed (target {limit:percent}).",
    find=f"""
    WITH {in_force(TAG_RATE, TAG_ITEMS)}, {_TAGS_OF_SHOPS}
    SELECT o.retailer_id, {NO_UNIT}, jsonb_build_object('on', o.on_date, 'items', o.items, 'passed', o.passed,
            'limit', b.price_tag_rate, 'baseline', round(100.0 * o.passed / o.items, 1), 'target', b.price_tag_rate,
            'best', NULL) AS figures,
        b.threshold, jsonb_build_object('kind', 'visit', 'ids', jsonb_build_array(o.visit_id), 'rows', 1) AS evidence
    FROM own o JOIN an_shop s USING (retailer_id) JOIN b ON b.territory_id = o.territory_id
    WHERE s.state = 'active' AND 100 * o.passed < b.price_tag_rate * o.items
    """,  # noqa: S608
    bases=("an_item", "an_shop", "an_unit"),
    severity=2,
    thresholds=(TAG_RATE, TAG_ITEMS),
    proposal=Proposal(
        "market.tags",
        "补齐、更换价签，做到一货一签，七日内复查",
        "Replace what tags are missing or wrong, one for each product, and look again within seven days",
        "price_tag_rate",
        Goal.AT_LEAST,
        Action.Serves.CHECK,
        due_days=7,
    ),
)

TAG_RATE_LOW = Rule(
    code="market.tag_rate",
    version=2,  # compliance checks too
    dimension=Dimension.MARKET,
    subject="territory",
    name="片区明码标价率低",
    name_en="price tag rate of the territory below target",
    reads="片区各户最近八周最后一次检查中的明码标价：合规检查的价签数，或陈列检查的明码标价检查项",
    reads_en="price tags at each shop's last check in eight weeks: those counted, or the items of the display check",
    zh="检查 {shops:n} 户，明码标价率 {rate:percent}，低于目标 {limit:percent}；{failed:n} 户不合格。",
    en="{shops:n} shops checked: price tag rate {rate:percent}, below the target of {limit:percent}; {failed:n} shops"
    " failed.",
    find=f"""
    WITH {in_force(TAG_RATE, TAG_ITEMS, TAG_SHOPS)}, {_TAGS_OF_SHOPS},
    o AS (
        SELECT territory_id, count(*) AS shops, sum(items) AS items, sum(passed) AS passed,
            count(*) FILTER (WHERE passed < items) AS failed,
            (array_agg(visit_id ORDER BY on_date DESC, visit_id) FILTER (WHERE passed < items))[1:50] AS visits
        FROM own GROUP BY territory_id)
    SELECT {TERRITORY}, jsonb_build_object('shops', o.shops, 'failed', o.failed,
            'rate', round(100.0 * o.passed / o.items, 1), 'limit', b.price_tag_rate,
            'baseline', round(100.0 * o.passed / o.items, 1), 'target', b.price_tag_rate, 'best', NULL) AS figures,
        b.threshold, jsonb_build_object('kind', 'visit', 'ids', to_jsonb(o.visits), 'rows', o.failed) AS evidence
    FROM o JOIN b USING (territory_id)
    WHERE o.shops >= b.price_tag_shops AND 100 * o.passed < b.price_tag_rate * o.items
    """,  # noqa: S608
    bases=("an_item", "an_unit"),
    severity=3,
    thresholds=(TAG_RATE, TAG_ITEMS, TAG_SHOPS),
    proposal=Proposal(
        "market.tag_rate",
        "安排集中补签，片区明码标价率由 {baseline:percent} 提高到 {target:percent}",
        "Have tags replaced in one go: price tag rate of the territory from {baseline:percent} to {target:percent}",
        "price_tag_rate",
        Goal.AT_LEAST,
        Action.Serves.CHECK,
    ),
)

NO_SIGN = Rule(
    code="market.minors",
    version=2,  # compliance checks too
    dimension=Dimension.MARKET,
    subject="shop",
    name="未成年人保护标识缺失",
    name_en="protection-of-minors sign missing",
    reads="最近八周最后一次检查中的警示标识：合规检查，或陈列检查的检查项",
    reads_en="the minors sign at the last check in eight weeks: of compliance, or the item of the display check",
    zh="{on:date}检查，未在显著位置张贴“禁止向未成年人销售”标识。",
    en="At the check of {on:date} the sign that nothing is sold to minors was not in clear sight.",
    find=f"""
    WITH {in_force(MINORS_ITEMS)},
    own AS (
        SELECT retailer_id, visit_id, on_date FROM an_item WHERE is_minors AND NOT passed
        GROUP BY retailer_id, visit_id, on_date)
    SELECT o.retailer_id, {NO_UNIT}, jsonb_build_object('on', o.on_date, 'baseline', 0, 'target', 1, 'best', NULL)
            AS figures,
        b.threshold, jsonb_build_object('kind', 'visit', 'ids', jsonb_build_array(o.visit_id), 'rows', 1) AS evidence
    FROM own o JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id) WHERE s.state = 'active'
    """,  # noqa: S608
    bases=("an_item", "an_shop", "an_unit"),
    severity=1,
    thresholds=(MINORS_ITEMS,),
    proposal=Proposal(
        "market.minors",
        "当场张贴“禁止向未成年人销售”标识，提醒查验身份证件，七日内复查",
        "Put up the sign at once, remind the shop to ask for papers, and look again within seven days",
        "minors_sign",
        Goal.AT_LEAST,
        Action.Serves.CHECK,
        due_days=7,
    ),
)

add(OFF_PRICE, LOW_DISPLAY, NO_TAGS, TAG_RATE_LOW, NO_SIGN)
