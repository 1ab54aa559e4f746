"""The brand rules over shops: which products are missing, out of stock, too slow or too many on a shop's shelf.

Each finding is about one shop and names its products. What was last seen counts (cycles/bases_visits.py).
"""

from __future__ import annotations

from backend.parameters import Declared
from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.rules.brand import STOCK_SALES
from cycles.rules.client import OURS, in_force
from cycles.rules.rule import Proposal, Rule, add
from cycles.rules.subjects import LISTED, NAMED, NO_UNIT, SEEN_IN, orders_of_shop

PEERS_CARRY = Declared(
    "brand.peers_carry", float, 60.0, "同类户上柜率达到（%）才提示缺品", "peers carry it from this share, %", OURS
)
PEERS_SEEN = Declared("brand.peers_seen", int, 5, "同类户最少查看户数", "so many peers were looked at", OURS)
OOS_DAYS = Declared("brand.oos_days", int, 3, "断货天数达到", "days out of stock from", OURS)
SUPPLY_DAYS = Declared("brand.supply_days", float, 60.0, "可销天数上限（滞销）", "days of supply at most", OURS)
SLOW_PACKS = Declared("brand.slow_packs", int, 20, "滞销判断最低库存(包)", "slow: from so many packs", OURS)
SOLD_PACKS = Declared("brand.sold_packs", int, 5, "存销比最低销量(包/四周)", "stock to sales: from so many packs", OURS)

MISSING = Rule(
    code="brand.missing",
    version=1,
    dimension=Dimension.BRAND,
    subject="shop",
    name="重点品规缺位",
    name_en="key products missing from the shelf",
    reads="最近八周最后一次查看的上柜情况，与同县同类别零售户相比",
    reads_en="the last look of eight weeks at the shelf, against shops of the class in the county",
    zh="同类户普遍上柜的重点品规，该户有 {n:n} 个不在柜：{products:list}（同类户上柜率最低 {peers:percent}）。",
    en="{n:n} key products that shops of its class carry are not on the shelf: {products:list} (at least"
    " {peers:percent} of these shops carry each).",
    find=f"""
    WITH {in_force(PEERS_CARRY, PEERS_SEEN)},
    looked AS MATERIALIZED (
        SELECT e.retailer_id, s.territory_id, s.county_id, s.class, s.state, e.product_id, e.visit_id, e.on_shelf
        FROM an_seen e JOIN an_shop s USING (retailer_id)
        WHERE e.on_shelf IS NOT NULL AND e.product_id IN (SELECT product_id FROM an_key)),
    class AS (
        SELECT county_id, class, product_id, count(*) AS shops, count(*) FILTER (WHERE on_shelf) AS carry
        FROM looked WHERE state = 'active' GROUP BY county_id, class, product_id),
    hit AS (
        SELECT o.retailer_id, o.territory_id, o.product_id, o.visit_id, 100.0 * c.carry / (c.shops - 1) AS weight
        FROM looked o JOIN an_key USING (territory_id, product_id) JOIN b USING (territory_id)
        JOIN class c USING (county_id, class, product_id)
        WHERE o.state = 'active' AND NOT o.on_shelf AND c.shops - 1 >= greatest(b.peers_seen, 1)
        AND 100 * c.carry >= b.peers_carry * (c.shops - 1)),
    {LISTED},
    own AS (
        SELECT o.retailer_id, count(*) FILTER (WHERE o.on_shelf) AS carried
        FROM looked o JOIN an_key USING (territory_id, product_id) GROUP BY o.retailer_id)
    SELECT l.retailer_id, {NO_UNIT}, jsonb_build_object({NAMED},
            'peers', round(l.lightest, 1),
            'baseline', o.carried, 'target', o.carried + l.n, 'best', NULL) AS figures,
        b.threshold, {SEEN_IN} AS evidence
    FROM listed l JOIN own o USING (retailer_id) JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
    """,  # noqa: S608
    bases=("an_seen", "an_shop", "an_key", "an_unit"),
    severity=2,
    thresholds=(PEERS_CARRY, PEERS_SEEN),
    proposal=Proposal(
        "brand.missing",
        "推介并上柜{products:list}，在柜重点品规由 {baseline:n} 个增加到 {target:n} 个",
        "Recommend {products:list} and see them on the shelf: key products carried from {baseline:n} to {target:n}",
        "key_products_on_shelf",
        Goal.AT_LEAST,
        Action.Serves.PITCH,
    ),
)

OUT_OF_STOCK = Rule(
    code="brand.out_of_stock",
    version=1,
    dimension=Dimension.BRAND,
    subject="shop",
    name="店内断货",
    name_en="out of stock at the shop",
    reads="近四周最后一次查看的断货天数；重点品规，及此前三个四周中至少两个有订货的品规",
    reads_en="days out of stock at the last look of four weeks: key products, and those ordered in two of the three"
    " windows before",
    zh="{n:n} 个品规断货达 {limit:n} 天以上：{products:list}（最长 {days:n} 天）。",
    en="{n:n} products were out of stock for {limit:n} days or more: {products:list} (at most {days:n} days).",
    find=f"""
    WITH {in_force(OOS_DAYS)},
    hit AS (
        SELECT e.retailer_id, e.product_id, e.visit_id, e.oos_days AS weight
        FROM an_seen e JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
        LEFT JOIN an_key k USING (territory_id, product_id)
        LEFT JOIN an_sales x ON x.retailer_id = e.retailer_id AND x.product_id = e.product_id
        WHERE s.state = 'active' AND e.on_date >= %(from0)s AND e.oos_days >= greatest(b.oos_days, 1)
        AND (k.product_id IS NOT NULL OR (x.w1 > 0)::int + (x.w2 > 0)::int + (x.w3 > 0)::int >= 2)),
    {LISTED}
    SELECT l.retailer_id, {NO_UNIT}, jsonb_build_object({NAMED}, 'limit', b.oos_days,
            'days', l.weightiest,
            'baseline', l.n, 'target', 0, 'best', NULL) AS figures,
        b.threshold, {SEEN_IN} AS evidence
    FROM listed l JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
    """,  # noqa: S608
    bases=("an_seen", "an_shop", "an_key", "an_sales", "an_unit"),
    severity=2,
    thresholds=(OOS_DAYS,),
    proposal=Proposal(
        "brand.restock",
        "核对订货与到货，补齐{products:list}，当月断货品规降到 {target:n} 个",
        "Check orders against deliveries and restock {products:list}: {target:n} products out of stock this month",
        "products_out_of_stock",
        Goal.AT_MOST,
        Action.Serves.OBSERVATION,
    ),
)

SLOW = Rule(
    code="brand.slow",
    version=1,
    dimension=Dimension.BRAND,
    subject="shop",
    name="滞销品规",
    name_en="slow products",
    reads="最近八周最后一次库存，除以近十六周日均订货量；上市不足八周的不判",
    reads_en="the last stock of eight weeks by the daily orders of sixteen; not for products under eight weeks old",
    zh="{n:n} 个品规可销天数超过 {limit:n} 天：{products:list}（最长 {days:n} 天）。",
    en="{n:n} products would last more than {limit:n} days: {products:list} (the longest {days:n} days).",
    # A shop that did not order the product for sixteen weeks has no sales a day: it is not judged by them.
    find=f"""
    WITH {in_force(SUPPLY_DAYS, SLOW_PACKS)},
    hit AS (
        SELECT k.retailer_id, k.product_id, NULL::uuid AS visit_id,
            round(112.0 * k.packs / ((x.w0 + x.w1 + x.w2 + x.w3) * g.packs_per_carton)) AS weight
        FROM an_stock k JOIN an_sales x USING (retailer_id, product_id) JOIN brands_product g ON g.id = k.product_id
        JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
        WHERE s.state = 'active' AND k.packs >= b.slow_packs AND x.w2 + x.w3 > 0
        AND 112 * k.packs > b.supply_days * (x.w0 + x.w1 + x.w2 + x.w3) * g.packs_per_carton),
    {LISTED}
    SELECT l.retailer_id, {NO_UNIT}, jsonb_build_object({NAMED}, 'limit', b.supply_days,
            'days', l.weightiest,
            'baseline', l.n, 'target', 0, 'best', NULL) AS figures,
        b.threshold, {orders_of_shop("from3", "month_of_from3")} AS evidence
    FROM listed l JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
    """,  # noqa: S608
    bases=("an_stock", "an_sales", "an_shop", "an_unit"),
    severity=3,
    thresholds=(SUPPLY_DAYS, SLOW_PACKS),
    proposal=Proposal(
        "brand.slow",
        "调整陈列并控制订货，消化{products:list}，当月滞销品规降到 {target:n} 个",
        "Move them on the shelf and order less, so that {products:list} sell off: {target:n} slow products this month",
        "slow_products",
        Goal.AT_MOST,
        Action.Serves.OBSERVATION,
    ),
)

TOO_MANY = Rule(
    code="brand.over_stocked",
    version=1,
    dimension=Dimension.BRAND,
    subject="shop",
    name="单店存销比偏高",
    name_en="too much in stock for what sells",
    reads="两次盘点之间的社会销量与期末库存（最近八周）",
    reads_en="what sold between two counts of stock, and what was left (eight weeks)",
    zh="{n:n} 个品规存销比超过 {limit}：{products:list}（最高 {rate}）。",
    en="{n:n} products hold more than {limit} times what four weeks sell: {products:list} (the most {rate}).",
    find=f"""
    WITH {in_force(STOCK_SALES, SOLD_PACKS)},
    hit AS (
        SELECT p.retailer_id, p.product_id, NULL::uuid AS visit_id, round(p.packs / p.sold_packs, 2) AS weight
        FROM an_sold p JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
        WHERE s.state = 'active' AND p.sold_packs >= greatest(b.sold_packs, 1)
        AND p.packs > b.stock_sales * p.sold_packs),
    {LISTED}
    SELECT l.retailer_id, {NO_UNIT}, jsonb_build_object({NAMED}, 'limit', b.stock_sales,
            'rate', l.weightiest,
            'baseline', l.n, 'target', 0, 'best', NULL) AS figures,
        b.threshold, {orders_of_shop("seen_from", "month_of_seen_from")} AS evidence
    FROM listed l JOIN an_shop s USING (retailer_id) JOIN b USING (territory_id)
    """,  # noqa: S608
    bases=("an_sold", "an_shop", "an_unit"),
    severity=3,
    thresholds=(STOCK_SALES, SOLD_PACKS),
    proposal=Proposal(
        "brand.over_stocked",
        "核对库存，下调{products:list}订货量，当月存销比超限品规降到 {target:n} 个",
        "Check the stock and order less of {products:list}: {target:n} products over the limit this month",
        "products_over_stocked",
        Goal.AT_MOST,
        Action.Serves.OBSERVATION,
    ),
)

add(MISSING, OUT_OF_STOCK, SLOW, TOO_MANY)
