"""Reads what the figures of the trade rest on, from orders, stock counts and visits; set-based, for any units at once.

Called by rules, metrics and scorecards of cycles/; trade.py turns the sums into figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from backend import clock
from market.figures.trade import WINDOW_DAYS, Period, Trade
from visits.presence import counts

SHORTEST_DAYS = 7  # two looks in one week say too little about sales

# The last look before the period (at most one period back) and the last one in it, by whoever counted.
_LOOKS = f"""
observed AS MATERIALIZED (
    SELECT v.retailer_id, l.product_id, v.on_date, v.started_at, l.line_no, l.stock_packs, l.oos_days
    FROM {{shop}} one JOIN visits_visit v USING (retailer_id)
    JOIN visits_observation l ON l.month = v.month AND l.visit_id = v.id
    WHERE v.on_date >= %(seen_from)s AND v.on_date < %(as_of)s AND {counts()}
        AND v.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
        AND l.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
), look AS (
    SELECT retailer_id, product_id, on_date, stock_packs AS packs, 'z' AS source, started_at, line_no FROM observed
    WHERE stock_packs IS NOT NULL
    UNION ALL
    SELECT s.retailer_id, s.product_id, s.on_date, s.packs, s.source, NULL, 0
    FROM {{shop}} one JOIN market_stockcount s USING (retailer_id)
    WHERE s.on_date >= %(seen_from)s AND s.on_date < %(as_of)s
), ends AS (
    SELECT DISTINCT ON (retailer_id, product_id, on_date >= %(from0)s) retailer_id, product_id, on_date, packs,
        on_date >= %(from0)s AS is_now
    FROM look
    ORDER BY retailer_id, product_id, on_date >= %(from0)s, on_date DESC, source, started_at DESC, line_no DESC
), twice AS MATERIALIZED (
    SELECT e.retailer_id, e.product_id, b.packs AS before_packs, b.on_date AS before_on, e.packs, e.on_date
    FROM ends e JOIN ends b USING (retailer_id, product_id)
    WHERE e.is_now AND NOT b.is_now AND e.on_date - b.on_date >= {{shortest}}
)"""  # noqa: S608 - our own condition
# What was ordered between both looks arrived between them. A pair that "sold" less than nothing was miscounted, or
# bought elsewhere: it says nothing of sales.
_SOLD = """
held AS (
    SELECT t.*, coalesce(sum(l.ordered_cartons), 0) * min(g.packs_per_carton) AS ordered_packs
    FROM {twice} t JOIN brands_product g ON g.id = t.product_id
    LEFT JOIN line l ON l.retailer_id = t.retailer_id AND l.product_id = t.product_id
        AND l.on_date > t.before_on AND l.on_date <= t.on_date
    GROUP BY t.retailer_id, t.product_id, t.before_packs, t.before_on, t.packs, t.on_date
), sold AS (
    SELECT *, (before_packs + ordered_packs - packs) * {days}::numeric / (on_date - before_on) AS sold_packs
    FROM held WHERE before_packs + ordered_packs >= packs
)"""


def looked_pairs(shop: str) -> str:
    """SELECT of each shop and product whose stock was seen twice: the last look before the four weeks, and in them.

    `shop` is a table with retailer_id; dates as the bases of cycles/bases.py name them.
    """
    looks = _LOOKS.format(shop=shop, shortest=SHORTEST_DAYS)
    return f"WITH {looks} SELECT retailer_id, product_id, before_packs, before_on, packs, on_date FROM twice"  # noqa: S608 - our own condition


def sold_pairs(shop: str, looked: str = "") -> str:
    """SELECT of each shop and product whose stock was seen twice, with what was sold in the four weeks up to as_of.

    `shop` is a table with retailer_id; dates as the bases of cycles/bases.py name them. `looked` is a table that holds
    what `looked_pairs` selects: for many shops the planner must know how many there are.
    """
    twice = looked or "twice"
    looks = "" if looked else _LOOKS.format(shop=shop, shortest=SHORTEST_DAYS) + ","
    return f"""
    WITH {looks} line AS (
        SELECT t.retailer_id, t.product_id, o.on_date, l.ordered_cartons
        FROM {twice} t JOIN market_order o ON o.retailer_id = t.retailer_id
            AND o.on_date > t.before_on AND o.on_date <= t.on_date
        JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id AND l.product_id = t.product_id
        WHERE o.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
            AND l.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
            AND o.on_date > %(seen_from)s AND o.on_date < %(as_of)s
    ), {_SOLD.format(days=WINDOW_DAYS, twice=twice)}
    SELECT retailer_id, product_id, before_on, before_packs, on_date, packs, ordered_packs, sold_packs FROM sold
    """  # noqa: S608 - constants only


# Windows run backwards from the period (0) to the third before it (3).
_TRADE = f"""
WITH shop AS MATERIALIZED (
    SELECT k.unit_id, a.retailer_id FROM unnest(%(units)s::bigint[]) AS k(unit_id)
    JOIN backend_unit t ON t.ancestors @> ARRAY[k.unit_id] AND t.during @> %(as_of)s::date
    JOIN retail_assignment a ON a.territory_id = t.id AND a.during @> %(as_of)s::date
    JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> %(as_of)s::date
        AND c.state <> 'closed'
), one AS MATERIALIZED (SELECT DISTINCT retailer_id FROM shop
), line AS MATERIALIZED (
    SELECT o.retailer_id, l.product_id, o.on_date, l.ordered_cartons, l.demanded_cartons,
        (%(as_of)s::date - 1 - o.on_date) / %(days)s AS n
    FROM one JOIN market_order o USING (retailer_id)
    JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
    WHERE o.on_date >= %(from3)s AND o.on_date < %(as_of)s
        AND o.month BETWEEN %(month_of_from3)s AND %(as_of_month)s
        AND l.month BETWEEN %(month_of_from3)s AND %(as_of_month)s
), bought AS (
    SELECT retailer_id, product_id,
        bool_or(ordered_cartons > 0 AND n = 0) AS now, bool_or(ordered_cartons > 0 AND n = 1) AS last,
        bool_or(ordered_cartons > 0 AND n > 0) AS before,
        count(*) FILTER (WHERE n = 0 AND demanded_cartons > 0) AS demanded,
        count(*) FILTER (WHERE n = 0 AND demanded_cartons > 0 AND ordered_cartons = 0) AS refused
    FROM line GROUP BY retailer_id, product_id
), {_LOOKS.format(shop="one", shortest="%(shortest)s")}, {_SOLD.format(days="%(days)s", twice="twice")}, asked AS (
    SELECT retailer_id, product_id, bool_or(oos_days > 0) AS out FROM observed
    WHERE on_date >= %(from0)s AND oos_days IS NOT NULL GROUP BY retailer_id, product_id
), pair AS (
    SELECT retailer_id, product_id FROM bought UNION SELECT retailer_id, product_id FROM sold
    UNION SELECT retailer_id, product_id FROM asked
)
SELECT shop.unit_id, p.product_id, count(*) FILTER (WHERE b.before), count(*) FILTER (WHERE b.now),
    count(*) FILTER (WHERE b.last), count(*) FILTER (WHERE b.last AND b.now), coalesce(sum(b.demanded), 0),
    coalesce(sum(b.refused), 0), count(*) FILTER (WHERE b.before AND q.out IS NOT NULL),
    count(*) FILTER (WHERE b.before AND q.out), count(s.packs), coalesce(sum(s.before_packs), 0),
    coalesce(sum(s.ordered_packs), 0), coalesce(sum(s.packs), 0), coalesce(sum(s.sold_packs), 0)
FROM shop JOIN pair p USING (retailer_id) LEFT JOIN bought b USING (retailer_id, product_id)
LEFT JOIN sold s USING (retailer_id, product_id) LEFT JOIN asked q USING (retailer_id, product_id)
WHERE %(products)s::bigint[] IS NULL OR p.product_id = ANY(%(products)s)
GROUP BY GROUPING SETS ((shop.unit_id, p.product_id), (shop.unit_id))
ORDER BY shop.unit_id, p.product_id
"""  # noqa: S608 - constants only


def trade(
    unit_ids: Sequence[int], period: Period, product_ids: Sequence[int] | None = None
) -> dict[tuple[int, int | None], Trade]:
    """The sums of each (unit, product) with any order or look, and (unit, None) for its products together.

    Shops count for the units that have them, not closed, on the day the period ends (`until`). One query for any
    number of units.
    """
    since, seen_from = period.until - timedelta(days=4 * period.days), period.until - timedelta(days=2 * period.days)
    named = {
        "units": list(unit_ids),
        "products": None if product_ids is None else list(product_ids),
        "as_of": period.until,
        "as_of_month": clock.month_of(period.until),
        "from0": period.first,
        "from3": since,
        "month_of_from3": clock.month_of(since),
        "seen_from": seen_from,
        "month_of_seen_from": clock.month_of(seen_from),
        "days": period.days,
        "shortest": min(SHORTEST_DAYS, period.days),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TRADE, named)
        return {(unit, product): _counted(sums) for unit, product, *sums in cursor.fetchall()}


def _counted(sums: Sequence[Any]) -> Trade:
    columns: list[Any] = [*(int(value) for value in sums[:-1]), Decimal(sums[-1])]
    return Trade(*columns)
