"""What the sums of the trade are made of, shop by shop: the inner tables of the template in trade_sums.py.

`shop` has the shops of the territories on the day, `good` the products; see trade_sums.py for the parameters. What
counts shops asks shops that are not closed on that day, and visits that are neither to be verified nor rejected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brands.queries import priced_on
from visits.presence import counts

if TYPE_CHECKING:
    from market.rollups.trade_sums import Grain

SHORTEST_DAYS = 7  # two looks in one week say too little about sales

GOODS = f"""
good AS MATERIALIZED (
    SELECT p.id AS product_id, p.brand_id, p.packs_per_carton, price.guide_fen,
        coalesce((SELECT c.price_class FROM brands_priceclassband c
            WHERE c.during @> %(last)s::date AND c.transfer_fen @> price.transfer_fen), 0)::bigint AS class_id,
        coalesce((SELECT b.id FROM brands_priceband b
            WHERE b.during @> %(last)s::date AND b.guide_fen @> price.guide_fen), 0)::bigint AS band_id
    FROM {priced_on("%(last)s::date")})"""  # noqa: S608 - our own statement

_STAMPED = """
stamped AS (
    SELECT place.unit_id{classes}, o.product_id, count(*) AS observations, count(o.carton_price_fen) AS price_n,
        coalesce(sum(o.carton_price_fen::bigint), 0) AS price_sum_fen,
        count(o.carton_price_fen) FILTER (WHERE g.guide_fen > 0) AS price_compared,
        count(*) FILTER (WHERE g.guide_fen > 0 AND abs(o.carton_price_fen::bigint - g.guide_fen) * 100
            <= g.guide_fen * t.percent) AS price_at_guide,
        count(o.stock_packs) AS stock_n, coalesce(sum(o.stock_packs::bigint), 0) AS stock_sum_packs,
        count(o.facings) AS facings_n, coalesce(sum(o.facings::bigint), 0) AS facings_sum,
        count(o.oos_days) AS oos_n, coalesce(sum(o.oos_days::bigint), 0) AS oos_days_sum,
        count(*) FILTER (WHERE o.oos_days > 0) AS oos_shops
    FROM visits_visit v JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id
    JOIN good g ON g.product_id = o.product_id
    JOIN unnest(%(units)s::bigint[], %(tolerances)s::numeric[]) AS t(territory_id, percent)
        ON t.territory_id = v.territory_id
    JOIN place ON place.territory_id = v.territory_id {joined}
    WHERE v.month = %(month)s AND o.month = %(month)s AND v.territory_id = ANY(%(units)s::bigint[]) {only}
    GROUP BY place.unit_id{keys}, o.product_id)"""
_CLASS = "LEFT JOIN retail_classification c ON c.retailer_id = v.retailer_id AND c.during @> %(last)s::date"


def stamped(grain: Grain) -> str:
    """What was observed, by the unit stamped on the visit and (where asked for) the classes of its shop on the day."""
    return _STAMPED.format(
        classes="".join(f", coalesce(c.{name}::text, '') AS {name}" for name in grain.classes),
        keys="".join(f", {place}" for place, _ in enumerate(grain.classes, start=2)),
        joined=_CLASS if grain.by_class or grain.only else "",
        only=f"AND {grain.only}" if grain.only else "",
    )


# Bits: 1 looked for on the shelf, 2 found at the last look, 4 asked for days out of stock of what the shop bought in
# the three months before, 8 with such a day, 16 stock seen before and now.
# The look before is the last one of the month before, by whoever counted; what was ordered between both looks arrived
# between them. A pair that "sold" less than nothing was miscounted, or bought elsewhere: it says nothing of sales.
_OBSERVED = f"""
    SELECT v.retailer_id, o.product_id, v.month = %(month)s AS is_now, v.on_date, v.started_at, v.id, o.line_no,
        o.on_shelf, o.stock_packs, o.oos_days
    FROM shop JOIN visits_visit v USING (retailer_id)
    JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id
    WHERE shop.is_open AND {counts()}
        AND v.month = ANY(%(recent)s::date[]) AND o.month = ANY(%(recent)s::date[])"""  # noqa: S608 - constants only
_LOOKS = """look AS (
    SELECT retailer_id, product_id, is_now, on_date, stock_packs AS packs, 'z' AS source, started_at, line_no
    FROM observed WHERE stock_packs IS NOT NULL
    UNION ALL
    SELECT s.retailer_id, s.product_id, s.on_date >= %(month)s, s.on_date, s.packs, s.source, NULL, 0
    FROM shop JOIN market_stockcount s USING (retailer_id)
    WHERE shop.is_open AND s.on_date >= %(before)s AND s.on_date < %(next)s),
ends AS (
    SELECT DISTINCT ON (retailer_id, product_id, is_now) retailer_id, product_id, is_now, on_date, packs FROM look
    ORDER BY retailer_id, product_id, is_now, on_date DESC, source, started_at DESC, line_no DESC)"""
_TWICE = f"""
    SELECT retailer_id, product_id, max(packs) FILTER (WHERE NOT is_now) AS before_packs,
        max(on_date) FILTER (WHERE NOT is_now) AS before_on, max(packs) FILTER (WHERE is_now) AS packs,
        max(on_date) FILTER (WHERE is_now) AS on_date
    FROM ends GROUP BY retailer_id, product_id
    HAVING max(on_date) FILTER (WHERE is_now) - max(on_date) FILTER (WHERE NOT is_now) >= {SHORTEST_DAYS}"""  # noqa: S608 - constants only
# What was counted and what came are put together by grouping, not joined: the planner cannot know how many there are.
# OFFSET 0: an order's lines, and a pair's totals, are looked up one by one; joined freely, every batch of territories
# reads the lines and totals of all shops.
_PAIRS = """
shelf AS (
    SELECT DISTINCT ON (retailer_id, product_id) retailer_id, product_id, on_shelf FROM observed
    WHERE is_now AND on_shelf IS NOT NULL
    ORDER BY retailer_id, product_id, started_at DESC, id DESC, line_no DESC),
total AS (
    SELECT s.retailer_id, sum(s.cartons::bigint) AS cartons
    FROM (SELECT DISTINCT retailer_id FROM shelf) looked JOIN market_shopproductmonth s USING (retailer_id)
    WHERE s.month = %(month)s GROUP BY s.retailer_id),
told AS (
    SELECT retailer_id, product_id, bool_or(oos_days > 0) AS out FROM observed
    WHERE is_now AND oos_days IS NOT NULL GROUP BY retailer_id, product_id),
bought AS MATERIALIZED (
    SELECT o.retailer_id, o.on_date, l.product_id, l.cartons
    FROM (SELECT retailer_id, min(before_on) AS since, max(on_date) AS until FROM twice GROUP BY retailer_id) span
    JOIN market_order o ON o.retailer_id = span.retailer_id AND o.on_date > span.since AND o.on_date <= span.until
    CROSS JOIN LATERAL (SELECT l.product_id, l.ordered_cartons::bigint AS cartons FROM market_orderline l
        WHERE l.month = o.month AND l.order_id = o.id AND l.month = ANY(%(recent)s::date[]) OFFSET 0) l
    WHERE o.month = ANY(%(recent)s::date[])),
came AS (
    SELECT t.retailer_id, t.product_id, b.cartons FROM twice t JOIN bought b
    ON b.retailer_id = t.retailer_id AND b.product_id = t.product_id AND b.on_date > t.before_on
        AND b.on_date <= t.on_date),
held AS (
    SELECT retailer_id, product_id, max(before_packs) AS before_packs, max(packs) AS packs, max(days) AS days,
        coalesce(sum(cartons), 0) * min(packs_per_carton) AS ordered_packs
    FROM (SELECT retailer_id, product_id, before_packs, packs, on_date - before_on AS days, NULL::bigint AS cartons
            FROM twice
        UNION ALL SELECT retailer_id, product_id, NULL, NULL, NULL, cartons FROM came) known
    JOIN good USING (product_id) GROUP BY retailer_id, product_id),
pair AS (
    SELECT retailer_id, product_id, 1 + 2 * on_shelf::integer AS flags, 0::bigint AS before_packs,
        0::bigint AS ordered_packs, 0::bigint AS packs, 0::numeric AS sold_packs
    FROM shelf
    UNION ALL
    SELECT retailer_id, product_id, 4 + 8 * out::integer, 0, 0, 0, 0 FROM told
    WHERE EXISTS (SELECT FROM market_shopproductmonth s WHERE s.month = ANY(%(earlier)s::date[])
        AND s.retailer_id = told.retailer_id AND s.product_id = told.product_id AND s.cartons > 0 OFFSET 0)
    UNION ALL
    SELECT retailer_id, product_id, 16, before_packs, ordered_packs, packs,
        round((before_packs + ordered_packs - packs) * (%(next)s::date - %(month)s::date)::numeric
            / days, 4)
    FROM held WHERE before_packs + ordered_packs >= packs)"""
LOOKED_PAIRS = f"observed AS MATERIALIZED ({_OBSERVED}), {_LOOKS}, twice AS MATERIALIZED ({_TWICE}), {_PAIRS}"
_OBSERVED_STANDS = "observed AS NOT MATERIALIZED (SELECT * FROM rollup_observed)"
_TWICE_STANDS = "twice AS NOT MATERIALIZED (SELECT * FROM rollup_twice)"
# The same from tables that stand, whose sizes the planner knows.
LOOKED_TABLES = {"rollup_observed": _OBSERVED, "rollup_twice": f", {_OBSERVED_STANDS}, {_LOOKS} {_TWICE}"}
LOOKED_PAIRS_OF_TABLES = f"{_OBSERVED_STANDS}, {_TWICE_STANDS}, {_PAIRS}"
LOOKED_COUNTS = """
    count(*) FILTER (WHERE flags & 1 > 0) AS shelf_n, count(*) FILTER (WHERE flags & 2 > 0) AS on_shelf,
    coalesce(sum(total.cartons) FILTER (WHERE flags & 1 > 0), 0)::bigint AS shelf_cartons,
    coalesce(sum(total.cartons) FILTER (WHERE flags & 2 > 0), 0)::bigint AS on_shelf_cartons,
    count(*) FILTER (WHERE flags & 4 > 0) AS asked, count(*) FILTER (WHERE flags & 8 > 0) AS out,
    count(*) FILTER (WHERE flags & 16 > 0) AS counted"""
LOOKED_PACKS = """
    sum(before_packs)::bigint AS stock_before_packs, sum(ordered_packs)::bigint AS ordered_packs,
    sum(packs)::bigint AS end_stock_packs, sum(sold_packs) AS sold_packs"""

# Bits: 1 bought in the month, 2 in the month before, 4 in the three months before; in the month 8 was offered some, 16
# wanted some. One pass over totals, lines and allotments together, and whole numbers: what is summed once more is cast
# back, for the sum of a bigint is a numeric.
BOUGHT_PAIRS = """
fact AS (
    SELECT s.retailer_id, s.product_id,
        CASE WHEN s.cartons = 0 OR NOT shop.is_open THEN 0 WHEN s.month = %(month)s THEN 1
            WHEN s.month = %(before)s THEN 6 ELSE 4 END AS flags,
        CASE WHEN s.month = %(month)s THEN s.cartons END AS cartons,
        CASE WHEN s.month = %(month)s THEN s.amount_fen END AS amount_fen,
        NULL::integer AS wanted, NULL::integer AS allotted, NULL::integer AS ordered
    FROM shop JOIN market_shopproductmonth s USING (retailer_id) WHERE s.month = ANY(%(months)s::date[])
    UNION ALL
    SELECT o.retailer_id, l.product_id,
        CASE WHEN l.allotted_cartons > 0 THEN 8 ELSE 0 END + CASE WHEN l.demanded_cartons > 0 THEN 16 ELSE 0 END,
        NULL, NULL, l.demanded_cartons, l.allotted_cartons, l.ordered_cartons
    FROM shop JOIN market_order o USING (retailer_id)
    JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
    WHERE shop.is_open AND o.month = %(month)s AND l.month = %(month)s
    UNION ALL
    SELECT a.retailer_id, a.product_id, 8, NULL, NULL, NULL, NULL, NULL
    FROM shop JOIN market_allotment a USING (retailer_id)
    WHERE shop.is_open AND a.opens_on >= %(month)s AND a.opens_on < %(next)s AND a.cartons > 0),
pair AS MATERIALIZED (
    SELECT retailer_id, product_id, bit_or(flags) AS flags, coalesce(sum(cartons), 0) AS cartons,
        coalesce(sum(amount_fen), 0)::bigint AS amount_fen, count(*) FILTER (WHERE wanted > 0) AS demanded,
        count(*) FILTER (WHERE wanted > 0 AND ordered = 0) AS refused,
        coalesce(sum(wanted) FILTER (WHERE allotted IS NOT NULL), 0) AS demanded_cartons,
        coalesce(sum(least(allotted, wanted)) FILTER (WHERE allotted IS NOT NULL AND wanted IS NOT NULL), 0)
            AS filled_cartons,
        coalesce(sum(allotted), 0) AS offered_cartons,
        coalesce(sum(ordered) FILTER (WHERE allotted IS NOT NULL), 0) AS taken_cartons
    FROM fact GROUP BY retailer_id, product_id)"""
BUYER_COUNTS = """
    count(*) FILTER (WHERE flags & 1 > 0) AS shops_now, count(*) FILTER (WHERE flags & 2 > 0) AS shops_last,
    count(*) FILTER (WHERE flags & 3 = 3) AS shops_again, count(*) FILTER (WHERE flags & 4 > 0) AS shops_before,
    count(*) FILTER (WHERE flags & 16 > 0) AS shops_demanding,
    count(*) FILTER (WHERE flags & 8 > 0) AS shops_offered, count(*) FILTER (WHERE flags & 9 = 9) AS shops_taken"""
