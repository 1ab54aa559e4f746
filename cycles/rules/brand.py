"""The brand rules over territories: key products that sell through, repeat, grow, stand in stock; and the pitches.

Of each key product in each territory; figures by market/figures/trade_kpis.py over four-week windows. Shops are looked
at in shelf.py. Thresholds are those in force in the territory.
"""

from __future__ import annotations

from backend.parameters import Declared
from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.rules import growth
from cycles.rules.client import MONTH_DAYS, OURS, TRADE, in_force
from cycles.rules.rule import Proposal, Rule, add
from cycles.rules.subjects import LOOKED, WINDOW, proof

STANDARD = "YC/T 455.3; docs/method.md"

SHOPS_MIN = Declared("brand.shops_min", int, 10, "品规指标最少样本户数", "a product's figure needs so many shops", OURS)
SELL_THROUGH = Declared("brand.sell_through", float, 50.0, "动销率目标(%)", "target of sell-through, %", TRADE)
REPURCHASE = Declared("brand.repurchase", float, 50.0, "复购率目标(%)", "target of repurchase, %", TRADE)
STOCK_SALES = Declared("brand.stock_sales", float, 3.5, "存销比上限", "stock to sales at most", TRADE)
LAUNCH_STOCK = Declared(
    "brand.stock_sales_launch", float, 1.0, "新品存销比上限", "stock to sales of a launch at most", TRADE
)
COUNTED_MIN = Declared("brand.counted_min", int, 5, "存销比最少样本户数", "stock to sales needs so many shops", OURS)
GROWTH_LIMIT = Declared(
    "brand.growth_limit", float, 0.8, "片区与县区增长率之比下限", "growth against the county at least", TRADE
)
GROWTH_GAP = Declared(
    "brand.growth_gap_points", float, 5.0, "与县区增长率之差(百分点)", "gap to the county's growth, points", OURS
)
GROWTH_FLOOR = Declared(
    "brand.growth_floor_cartons", int, 50, "品规增长率基数下限(条/四周)", "smallest base of a growth, cartons", OURS
)
SHORT_SUPPLY = Declared("brand.company_stockout", float, 15.0, "公司断货率上限(%)", "company stock-out below, %", TRADE)
DEMANDS_MIN = Declared(
    "brand.demands_min", int, 20, "公司断货率最少需求记录数", "company stock-out needs so many demands", OURS
)
PITCH_RATE = Declared("brand.pitch_rate", float, 50.0, "推介成功率目标(%)", "target of pitch success, %", TRADE)
PITCHES_MIN = Declared(
    "brand.pitches_min", int, 20, "推介成功率最少推介次数", "pitch success needs so many pitches", TRADE
)

_SUBJECT = "NULL::uuid AS retailer_id, o.territory_id AS unit_id, o.product_id"
_KEY_GOODS = "FROM an_goods o JOIN an_key USING (territory_id, product_id) JOIN b USING (territory_id)"
_KEY_GOODS_NAMED = f"{_KEY_GOODS} JOIN brands_product g ON g.id = o.product_id"


def shops_that_ordered(since: str, until: str, rows: str) -> str:
    """SQL of evidence: the territory's shops that ordered the product between two days of cycles/bases.py."""
    days = {"since": f"%({since})s", "until": f"%({until})s", "on": "%(as_of)s"}
    return proof("shops_that_ordered", rows, product="o.product_id", **days)


SELLS_SLOWLY = Rule(
    code="brand.sell_through",
    version=1,
    dimension=Dimension.BRAND,
    subject="product",
    name="重点品规动销率低",
    name_en="key product sells through too little",
    reads="近四周有订货的户数，与此前三个四周内有订货的户数之比（YC/T 455.3）",
    reads_en="shops that ordered it in the last four weeks, of those that did in the twelve before (YC/T 455.3)",
    zh="{product}：此前十二周订货 {shops_before:n} 户，近四周仍订货 {shops_now:n} 户，"
    "动销率 {rate:percent}（目标 {limit:percent}）。",
    en="{product}: {shops_before:n} shops ordered it in the twelve weeks before, {shops_now:n} in the last four:"
    " sell-through {rate:percent} (target {limit:percent}).",
    find=f"""
    WITH {in_force(SELL_THROUGH, SHOPS_MIN)}
    SELECT {_SUBJECT}, jsonb_build_object('product', g.name, 'shops_before', o.shops_before, 'shops_now', o.shops_now,
            'rate', round(100.0 * o.shops_now / o.shops_before, 1), 'limit', b.sell_through,
            'baseline', round(100.0 * o.shops_now / o.shops_before, 1), 'target', b.sell_through, 'best', NULL)
            AS figures,
        b.threshold, {shops_that_ordered("from3", "from0", "o.shops_before")} AS evidence
    {_KEY_GOODS_NAMED}
    WHERE o.shops_before >= greatest(b.shops_min, 1) AND 100 * o.shops_now < b.sell_through * o.shops_before
    """,
    bases=("an_goods", "an_key", "an_unit"),
    severity=2,
    thresholds=(SELL_THROUGH, SHOPS_MIN),
    proposal=Proposal(
        "brand.sell_through",
        "逐户了解 {product} 停订原因，调整陈列与推介，动销率由 {baseline:percent} 提高到 {target:percent}",
        "Ask shop by shop why {product} is not ordered, and work on display and talk: sell-through from"
        " {baseline:percent} to {target:percent}",
        "sell_through_rate",
        Goal.AT_LEAST,
        Action.Serves.PITCH,
    ),
)

NOT_REPEATED = Rule(
    code="brand.repurchase",
    version=1,
    dimension=Dimension.BRAND,
    subject="product",
    name="重点品规复购率低",
    name_en="key product is not bought again",
    reads="上一个四周订货的户数中，近四周再次订货的户数",
    reads_en="of the shops that ordered it in the four weeks before, those that did again in the last four",
    zh="{product}：上个四周订货 {shops_last:n} 户，近四周再次订货 {shops_again:n} 户，"
    "复购率 {rate:percent}（目标 {limit:percent}）。",
    en="{product}: of {shops_last:n} shops that ordered it in the four weeks before, {shops_again:n} did so again:"
    " repurchase {rate:percent} (target {limit:percent}).",
    find=f"""
    WITH {in_force(REPURCHASE, SHOPS_MIN)}
    SELECT {_SUBJECT}, jsonb_build_object('product', g.name, 'shops_last', o.shops_last, 'shops_again', o.shops_again,
            'rate', round(100.0 * o.shops_again / o.shops_last, 1), 'limit', b.repurchase,
            'baseline', round(100.0 * o.shops_again / o.shops_last, 1), 'target', b.repurchase, 'best', NULL)
            AS figures,
        b.threshold, {shops_that_ordered("from1", "from0", "o.shops_last")} AS evidence
    {_KEY_GOODS_NAMED}
    WHERE o.shops_last >= greatest(b.shops_min, 1) AND 100 * o.shops_again < b.repurchase * o.shops_last
    """,
    bases=("an_goods", "an_key", "an_unit"),
    severity=2,
    thresholds=(REPURCHASE, SHOPS_MIN),
    proposal=Proposal(
        "brand.repurchase",
        "回访已购未复购的零售户，收集 {product} 的消费反馈，复购率由 {baseline:percent} 提高到 {target:percent}",
        "Go back to the shops that bought {product} once and hear what buyers say: repurchase from {baseline:percent}"
        " to {target:percent}",
        "repurchase_rate",
        Goal.AT_LEAST,
        Action.Serves.VISIT,
    ),
)

_OWN, _COUNTY = growth.Pair("o.w0", "o.w1"), growth.Pair("c.w0", "c.w1")

FALLS_BEHIND = Rule(
    code="brand.growth",
    version=1,
    dimension=Dimension.BRAND,
    subject="product",
    name="重点品规增长落后县区",
    name_en="key product grows slower than in the county",
    reads="片区内该品规近两个四周窗口的订货量，与全县（区）相比",
    reads_en="orders of the product in the last two four-week windows, against all of the county",
    zh="{product}：近四周订货 {w0:n} 条，环比 {growth:percent}；{place}全县环比 {county_growth:percent}，"
    "落后 {gap:points}。",
    en="{product}: {w0:n} cartons in four weeks, {growth:percent} on the four before; all of {place} made"
    " {county_growth:percent}: {gap:points} behind.",
    find=f"""
    WITH {in_force(GROWTH_LIMIT, GROWTH_GAP, GROWTH_FLOOR)},
    c AS (SELECT county_id, product_id, sum(w0) AS w0, sum(w1) AS w1 FROM an_goods GROUP BY county_id, product_id)
    SELECT {_SUBJECT}, jsonb_build_object('product', g.name, 'w0', o.w0, 'w1', o.w1, 'growth', {_OWN.percent},
            'place', u.name, 'county_w0', c.w0, 'county_w1', c.w1, 'county_growth', {_COUNTY.percent},
            'ratio', {growth.ratio(_OWN, _COUNTY)},
            'gap', round(100 * (c.w0 / c.w1::numeric - o.w0 / o.w1::numeric), 1),
            'baseline', round(o.w0 * {MONTH_DAYS} / 28), 'best', NULL,
            'target', ceil(o.w1 * c.w0 / c.w1::numeric * {MONTH_DAYS} / 28)) AS figures,
        b.threshold, {shops_that_ordered("from1", "as_of", "o.shops_compared")} AS evidence
    {_KEY_GOODS_NAMED} JOIN c USING (county_id, product_id) JOIN backend_unit u ON u.id = o.county_id
    WHERE o.w1 >= b.growth_floor_cartons
    AND {growth.falls_behind(_OWN, _COUNTY, limit="b.growth_limit", gap="b.growth_gap_points / 100")}
    """,  # noqa: S608
    bases=("an_goods", "an_key", "an_unit"),
    severity=2,
    thresholds=(GROWTH_LIMIT, GROWTH_GAP, GROWTH_FLOOR),
    proposal=Proposal(
        "brand.growth",
        "筛选同价位销售好、{product} 偏弱的零售户重点推介，当月订货达到 {target:n} 条"
        "（按近四周进度为 {baseline:n} 条）",
        "Pick shops that sell its price band well but {product} little, and recommend it there: {target:n} cartons this"
        " month (at the pace of the last four weeks: {baseline:n})",
        "cartons",
        Goal.AT_LEAST,
        Action.Serves.PITCH,
    ),
)

OVERSTOCKED = Rule(
    code="brand.stock_to_sales",
    version=1,
    dimension=Dimension.BRAND,
    subject="product",
    name="重点品规存销比偏高",
    name_en="key product stands in stock",
    reads="两次盘点之间的社会销量与期末库存（最近八周）；新品用新品上限",
    reads_en="what sold between two counts of stock and what was left (eight weeks); launches by their own limit",
    zh="{product}：样本 {shops:n} 户期末库存 {packs:n} 包，四周社会销量 {sold:n} 包，存销比 {rate}（上限 {limit}）。",
    en="{product}: {shops:n} shops counted hold {packs:n} packs and sold {sold:n} in four weeks: stock to sales {rate}"
    " (at most {limit}).",
    find=f"""
    WITH {in_force(STOCK_SALES, LAUNCH_STOCK, COUNTED_MIN)},
    launch AS (
        SELECT DISTINCT t.territory_id, k.product_id FROM an_unit t JOIN backend_unit u ON u.id = t.territory_id
        JOIN brands_keyproduct k ON k.unit_id = ANY(u.ancestors) AND k.during @> %(as_of)s::date AND k.is_launch),
    o AS (
        SELECT s.territory_id, p.product_id, count(*) AS shops, sum(p.packs) AS packs, sum(p.sold_packs) AS sold
        FROM an_sold p JOIN an_shop s USING (retailer_id) GROUP BY s.territory_id, p.product_id)
    SELECT {_SUBJECT}, jsonb_build_object('product', g.name, 'shops', o.shops, 'packs', o.packs,
            'sold', round(o.sold), 'rate', round(o.packs / o.sold, 2), 'limit', x.limit, 'is_launch', x.is_launch,
            'baseline', round(o.packs / o.sold, 2), 'target', x.limit, 'best', NULL) AS figures,
        b.threshold, {proof("shops_counted_twice", "o.shops", product="o.product_id", **LOOKED)} AS evidence
    FROM o JOIN an_key USING (territory_id, product_id) JOIN b USING (territory_id)
    JOIN brands_product g ON g.id = o.product_id LEFT JOIN launch l USING (territory_id, product_id)
    CROSS JOIN LATERAL (SELECT l.product_id IS NOT NULL AS is_launch,
        CASE WHEN l.product_id IS NULL THEN b.stock_sales ELSE b.stock_sales_launch END AS limit) x
    WHERE o.shops >= b.counted_min AND o.sold > 0 AND o.packs > x.limit * o.sold
    """,  # noqa: S608
    bases=("an_sold", "an_key", "an_shop", "an_unit"),
    severity=2,
    thresholds=(STOCK_SALES, LAUNCH_STOCK, COUNTED_MIN),
    proposal=Proposal(
        "brand.stock_to_sales",
        "控制 {product} 订货节奏，帮助动销，存销比由 {baseline} 降到 {target} 以内",
        "Slow down orders of {product} and help it sell: stock to sales from {baseline} to {target} at most",
        "stock_to_sales",
        Goal.AT_MOST,
        Action.Serves.OBSERVATION,
    ),
)

SUPPLY_SHORT = Rule(
    code="brand.supply",
    version=1,
    dimension=Dimension.BRAND,
    subject="product",
    name="重点品规货源不足",
    name_en="key product is short of supply",
    reads="近四周订单中有需求的记录，其中订货为 0 的（公司断货率，YC/T 455.3）",
    reads_en="demands of the last four weeks, and those that got nothing (company stock-out, YC/T 455.3)",
    zh="{product}：近四周有需求 {demanded:n} 条记录，其中订货为 0 的 {refused:n} 条，"
    "公司断货率 {rate:percent}（须低于 {limit:percent}）。",
    en="{product}: {demanded:n} demands in four weeks, {refused:n} got nothing: company stock-out {rate:percent}"
    " (to be below {limit:percent}).",
    find=f"""
    WITH {in_force(SHORT_SUPPLY, DEMANDS_MIN)}
    SELECT {_SUBJECT}, jsonb_build_object('product', g.name, 'demanded', o.demanded, 'refused', o.refused,
            'rate', round(100.0 * o.refused / o.demanded, 1), 'limit', b.company_stockout) AS figures,
        b.threshold,
        {proof("orders_refused", "o.refused", product="o.product_id", on="%(as_of)s", **WINDOW)} AS evidence
    {_KEY_GOODS_NAMED}
    WHERE o.demanded >= greatest(b.demands_min, 1) AND 100 * o.refused >= b.company_stockout * o.demanded
    """,
    bases=("an_goods", "an_key", "an_unit"),
    severity=3,  # for the supply side: the manager has nothing to promise
    thresholds=(SHORT_SUPPLY, DEMANDS_MIN),
)

add(SELLS_SLOWLY, NOT_REPEATED, FALLS_BEHIND, OVERSTOCKED, SUPPLY_SHORT)
