"""Metrics of the brand dimension: what stands on a shop's shelf, and how a product does in a unit.

Imported by cycles/measures.py. They read the bases of the rules as they stand on the first day after the month, so
a goal is measured by the very count that found it (docs/method.md, "Evaluate").
"""

from __future__ import annotations

from cycles.metrics import Metric, register
from cycles.rules.rule import Rule
from cycles.rules.shelf import OUT_OF_STOCK, SLOW, TOO_MANY


def products_found_by(rule: Rule, looked: str) -> str:
    """How many products of the shop the rule holds for. 0 only where `looked` (a table `e` and its condition) shows
    that somebody looked; else nobody knows."""
    return f"""
    SELECT s.action_id, coalesce((f.figures->>'n')::numeric, CASE WHEN k.retailer_id IS NOT NULL THEN 0 END)
    FROM subject s LEFT JOIN ({rule.find}) f ON f.retailer_id = s.retailer_id
    LEFT JOIN (SELECT DISTINCT e.retailer_id FROM {looked}) k ON k.retailer_id = s.retailer_id
    WHERE s.retailer_id IS NOT NULL"""  # noqa: S608


_ON_SHELF = """
SELECT s.action_id, count(*) FILTER (WHERE e.on_shelf)
FROM subject s JOIN an_shop p ON p.retailer_id = s.retailer_id JOIN an_key k ON k.territory_id = p.territory_id
JOIN an_seen e ON e.retailer_id = s.retailer_id AND e.product_id = k.product_id AND e.on_shelf IS NOT NULL
GROUP BY s.action_id
"""
_OF_GOODS = """
SELECT s.action_id, round(100.0 * {part} / nullif({whole}, 0), 1)
FROM subject s JOIN an_goods o ON o.territory_id = s.unit_id AND o.product_id = s.product_id
"""
_STOCK_TO_SALES = """
SELECT s.action_id, round(sum(p.packs) / nullif(sum(p.sold_packs), 0), 2)
FROM subject s JOIN an_shop h ON h.territory_id = s.unit_id
JOIN an_sold p ON p.retailer_id = h.retailer_id AND (s.product_id IS NULL OR p.product_id = s.product_id)
GROUP BY s.action_id
"""
_GROWTH_GAP = """
SELECT s.action_id, round(100 * (o.w0::numeric / nullif(o.w1, 0) - c.w0 / nullif(c.w1, 0)), 1)
FROM subject s JOIN an_goods o ON o.territory_id = s.unit_id AND o.product_id = s.product_id
JOIN (SELECT county_id, product_id, sum(w0) AS w0, sum(w1) AS w1 FROM an_goods GROUP BY county_id, product_id) c
    ON c.county_id = o.county_id AND c.product_id = o.product_id
"""
# Fewer pitches than the rule asks for say nothing: the sample is too small.
_PITCHES = """
SELECT s.action_id, round(100.0 * o.accepted / o.pitches, 1)
FROM subject s JOIN an_pitch o ON o.territory_id = s.unit_id JOIN an_unit u ON u.territory_id = o.territory_id
WHERE o.pitches >= greatest((u.t->>'brand.pitches_min')::int, 1)
"""

register(
    Metric("key_products_on_shelf", "count", "在柜重点品规数", "key products on the shelf", _ON_SHELF,
           ("an_seen", "an_shop", "an_key")),
    Metric("products_out_of_stock", "count", "断货品规数", "products out of stock",
           products_found_by(OUT_OF_STOCK, "an_seen e WHERE e.oos_days IS NOT NULL AND e.on_date >= %(from0)s"),
           OUT_OF_STOCK.bases),
    Metric("slow_products", "count", "滞销品规数", "slow products",
           products_found_by(SLOW, "an_stock e"), SLOW.bases),
    Metric("products_over_stocked", "count", "存销比超限品规数", "products over stocked",
           products_found_by(TOO_MANY, "an_sold e"), TOO_MANY.bases),
    Metric("sell_through_rate", "percent", "动销率(%)", "sell-through, %",
           _OF_GOODS.format(part="o.shops_now", whole="o.shops_before"), ("an_goods",)),
    Metric("repurchase_rate", "percent", "复购率(%)", "repurchase, %",
           _OF_GOODS.format(part="o.shops_again", whole="o.shops_last"), ("an_goods",)),
    Metric("stock_to_sales", "index", "存销比", "stock to sales", _STOCK_TO_SALES, ("an_sold", "an_shop")),
    Metric("growth_gap", "points", "与县区增长率之差(百分点)", "growth against the county, points", _GROWTH_GAP,
           ("an_goods",)),
    Metric("pitch_success_rate", "percent", "推介成功率(%)", "pitch success, %", _PITCHES, ("an_pitch", "an_unit")),
)  # fmt: skip
