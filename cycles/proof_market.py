"""The queries that the evidence of brand and market findings names; registered with cycles/proof.py at start."""

from __future__ import annotations

from cycles.proof import register
from market.figures.trade_queries import sold_pairs

# The territory's shops on the day of the analysis: those that its sums were made of.
_SHOPS = """SELECT a.retailer_id FROM retail_assignment a
    JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> {on}::date AND c.state <> 'closed'
    WHERE a.territory_id = %(unit)s::bigint AND a.during @> {on}::date"""
_DAYS = """o.on_date >= %(since)s::date AND o.on_date < %(until)s::date
    AND o.month >= date_trunc('month', %(since)s::date) AND o.month < %(until)s::date"""

register(
    "orders_of_unit",
    "order",
    f"""
    SELECT o.id FROM market_order o WHERE {_DAYS} AND o.retailer_id IN ({_SHOPS.format(on="%(on)s")})
    ORDER BY o.on_date DESC, o.id DESC
    """,  # noqa: S608
)
register(
    "shops_that_ordered",
    "retailer",
    f"""
    SELECT DISTINCT o.retailer_id AS id FROM market_order o
    JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id AND l.product_id = %(product)s::bigint
    WHERE {_DAYS} AND l.ordered_cartons > 0 AND o.retailer_id IN ({_SHOPS.format(on="%(on)s")})
    ORDER BY o.retailer_id
    """,  # noqa: S608
)
register(
    "orders_refused",
    "order",
    f"""
    SELECT o.id FROM market_order o
    JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id AND l.product_id = %(product)s::bigint
    WHERE {_DAYS} AND l.demanded_cartons > 0 AND l.ordered_cartons = 0
    AND o.retailer_id IN ({_SHOPS.format(on="%(on)s")})
    ORDER BY o.on_date DESC, o.id DESC
    """,  # noqa: S608
)
register(
    "shops_counted_twice",
    "retailer",
    f"""
    SELECT DISTINCT retailer_id AS id FROM ({sold_pairs(f"({_SHOPS.format(on='%(as_of)s')})")}) pair
    WHERE product_id = %(product)s::bigint OR %(product)s::bigint IS NULL ORDER BY retailer_id
    """,  # noqa: S608
)
_VISITS = """v.territory_id = %(unit)s::bigint AND v.on_date >= %(since)s::date AND v.on_date < %(until)s::date
    AND v.month >= date_trunc('month', %(since)s::date) AND v.month < %(until)s::date"""
register(
    "visits_with_pitch",
    "visit",
    f"""
    SELECT v.id FROM visits_visit v
    WHERE {_VISITS} AND EXISTS (SELECT 1 FROM visits_pitch p WHERE p.month = v.month AND p.visit_id = v.id)
    ORDER BY v.started_at DESC, v.id DESC
    """,  # noqa: S608
)
register(
    "visits_with_price",
    "visit",
    f"""
    SELECT v.id FROM visits_visit v
    WHERE {_VISITS} AND EXISTS (SELECT 1 FROM visits_observation p
        WHERE p.month = v.month AND p.visit_id = v.id AND p.carton_price_fen IS NOT NULL)
    ORDER BY v.started_at DESC, v.id DESC
    """,  # noqa: S608
)
