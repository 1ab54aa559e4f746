"""The market rules on a territory's state: its price index off 100, its stock high or low for what it sells.

Each side is a rule of its own, for their goals point opposite ways. Thresholds are those in force in the territory.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.parameters import Declared
from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.rules.client import OURS, in_force
from cycles.rules.rule import Proposal, Rule, add
from cycles.rules.subjects import LOOKED, TERRITORY, WINDOW, proof

INDEX_OFF = Declared("market.index_off", float, 3.0, "价格指数偏离 100 的上限", "price index off 100 at most", OURS)
INDEX_PRODUCTS = Declared(
    "market.index_products", int, 3, "价格指数最少品规数", "the price index needs so many products", OURS
)
INDEX_PRICES = Declared(
    "market.index_prices", int, 20, "价格指数最少价格条数", "the price index needs so many prices", OURS
)
STOCK_HIGH = Declared("market.stock_high", float, 1.5, "片区存销比上限", "stock to sales at most", OURS)
STOCK_LOW = Declared("market.stock_low", float, 0.2, "片区存销比下限", "stock to sales at least", OURS)
STOCK_SHOPS = Declared("market.stock_shops", int, 5, "片区存销比最少样本户数", "stock needs so many shops", OURS)


@dataclass(frozen=True)
class Side:
    """One side of what is normal: what the rule is called and asks for, and where the line runs."""

    code: str
    name: str
    name_en: str
    asks: str  # Chinese, English: of the proposal
    asks_en: str
    goal: Goal


def _rule(
    side: Side, thresholds: tuple[Declared, ...], texts: tuple[str, str, str, str], find: str, metric: str
) -> Rule:
    bases = ("an_unit", "an_index") if metric == "price_index" else ("an_unit", "an_sold", "an_shop")
    reads, reads_en, zh, en = texts
    return Rule(
        code=side.code,
        version=1,
        dimension=Dimension.MARKET,
        subject="territory",
        name=side.name,
        name_en=side.name_en,
        reads=reads,
        reads_en=reads_en,
        zh=zh,
        en=en,
        find=find,
        bases=bases,
        severity=2,
        thresholds=thresholds,
        proposal=Proposal(side.code, side.asks, side.asks_en, metric, side.goal, Action.Serves.OBSERVATION),
    )


def _index(side: Side, line: str) -> Rule:
    """The price index is beyond the line, e.g. `100 - b.index_off`."""
    beyond = f"o.index {'<' if side.goal == Goal.AT_LEAST else '>'} {line}"
    texts = (
        "近四周采集的条零售价，按上年批发销量加权，与指导价相比（价格指数）",
        "carton prices seen in four weeks against the guide prices, weighted by last year's cartons (price index)",
        "近四周价格指数 {index:n}（{products:n} 个品规、{prices:n} 条价格），偏离 100 超过 {limit:n}。",
        "The price index of four weeks is {index:n} ({products:n} products, {prices:n} prices): more than {limit:n} off"
        " 100.",
    )
    find = f"""
    WITH {in_force(INDEX_OFF, INDEX_PRODUCTS, INDEX_PRICES)}
    SELECT {TERRITORY}, jsonb_build_object('index', round(o.index, 1), 'products', o.products, 'prices', o.prices,
            'limit', b.index_off, 'baseline', round(o.index, 1), 'target', {line}, 'best', NULL) AS figures,
        b.threshold, {proof("visits_with_price", "v.n", **WINDOW)} AS evidence
    FROM an_index o JOIN b USING (territory_id)
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM visits_visit v WHERE v.territory_id = o.territory_id
        AND v.on_date >= %(from0)s AND v.on_date < %(as_of)s AND v.month BETWEEN %(month_of_from0)s AND %(as_of_month)s
        AND EXISTS (SELECT 1 FROM visits_observation p
            WHERE p.month = v.month AND p.visit_id = v.id AND p.carton_price_fen IS NOT NULL)) v
    WHERE o.products >= b.index_products AND o.prices >= b.index_prices AND {beyond}
    """  # noqa: S608
    return _rule(side, (INDEX_OFF, INDEX_PRODUCTS, INDEX_PRICES), texts, find, "price_index")


def _stock(side: Side, limit: Declared) -> Rule:
    """Stock to sales over all products of the territory is beyond the limit."""
    line = f"b.{limit.key.rpartition('.')[2]}"
    texts = (
        "两次盘点之间的社会销量与期末库存（最近八周），片区全部品规",
        "what sold between two counts of stock and what was left (eight weeks), over all products of the territory",
        "样本 {shops:n} 户库存 {packs:n} 包，四周社会销量 {sold:n} 包，存销比 {rate}，"
        "可销 {days:n} 天（界限 {limit}）。",
        "{shops:n} shops counted hold {packs:n} packs and sold {sold:n} in four weeks: stock to sales {rate},"
        " {days:n} days of supply (limit {limit}).",
    )
    find = f"""
    WITH {in_force(limit, STOCK_SHOPS)},
    o AS (
        SELECT s.territory_id, count(DISTINCT s.retailer_id) AS shops, sum(p.packs) AS packs, sum(p.sold_packs) AS sold
        FROM an_sold p JOIN an_shop s USING (retailer_id) GROUP BY s.territory_id)
    SELECT {TERRITORY}, jsonb_build_object('shops', o.shops, 'packs', o.packs, 'sold', round(o.sold),
            'rate', round(o.packs / o.sold, 2), 'days', round(28 * o.packs / o.sold, 1), 'limit', {line},
            'baseline', round(o.packs / o.sold, 2), 'target', {line}, 'best', NULL) AS figures,
        b.threshold, {proof("shops_counted_twice", "o.shops", product="NULL::bigint", **LOOKED)} AS evidence
    FROM o JOIN b USING (territory_id)
    WHERE o.shops >= greatest(b.stock_shops, 1) AND o.sold > 0
    AND o.packs {"<" if side.goal == Goal.AT_LEAST else ">"} {line} * o.sold
    """  # noqa: S608
    return _rule(side, (limit, STOCK_SHOPS), texts, find, "stock_to_sales")


INDEX_LOW = _index(
    Side(
        "market.index_low",
        "价格指数偏低",
        "price index too low",
        "走访宣传明码实价，引导按指导价销售，价格指数由 {baseline:n} 回升到 {target:n}",
        "Speak for marked prices and the guide price on visits: price index up from {baseline:n} to {target:n}",
        Goal.AT_LEAST,
    ),
    "100 - b.index_off",
)
INDEX_HIGH = _index(
    Side(
        "market.index_high",
        "价格指数偏高",
        "price index too high",
        "核实加价品规与货源，引导按指导价销售，价格指数由 {baseline:n} 回落到 {target:n}",
        "Find which products are sold above the guide price and why: price index down from {baseline:n} to {target:n}",
        Goal.AT_MOST,
    ),
    "100 + b.index_off",
)
STOCK_TOO_HIGH = _stock(
    Side(
        "market.stock_high",
        "片区库存偏高",
        "stock high across the territory",
        "控制投放节奏、帮助动销，片区存销比由 {baseline} 降到 {target} 以内",
        "Slow down supply and help shops sell: stock to sales of the territory from {baseline} to {target} at most",
        Goal.AT_MOST,
    ),
    STOCK_HIGH,
)
STOCK_TOO_LOW = _stock(
    Side(
        "market.stock_low",
        "片区库存偏低",
        "stock low across the territory",
        "核实断货风险并反映货源需求，片区存销比由 {baseline} 回升到 {target} 以上",
        "Look where shops may run out and ask for supply: stock to sales of the territory from {baseline} to {target}",
        Goal.AT_LEAST,
    ),
    STOCK_LOW,
)

add(INDEX_LOW, INDEX_HIGH, STOCK_TOO_HIGH, STOCK_TOO_LOW)
