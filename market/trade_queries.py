"""Reads what the figures of the trade rest on, from orders, stock counts and visits; set-based, for any units at once.

Called by rules, metrics and scorecards of cycles/; market/trade.py turns the sums into figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from backend import clock
from market.trade import Period, Trade

# Windows run backwards from the period (0) to the third before it (3). Stock is the last look before the period (at
# most one period back) and the last one in it, by whoever counted; what was ordered between both looks arrived between
# them. A pair that "sold" less than nothing was miscounted or bought elsewhere: it says nothing of sales.
_TRADE = """
WITH shop AS MATERIALIZED (
    SELECT k.unit_id, a.retailer_id FROM unnest(%(units)s::bigint[]) AS k(unit_id)
    JOIN backend_unit t ON t.ancestors @> ARRAY[k.unit_id]
    JOIN retail_assignment a ON a.territory_id = t.id AND a.during @> (%(until)s::date - 1)
), one AS MATERIALIZED (SELECT DISTINCT retailer_id FROM shop
), line AS MATERIALIZED (
    SELECT o.retailer_id, l.product_id, o.on_date, l.ordered_cartons, l.demanded_cartons,
        (%(until)s::date - 1 - o.on_date) / %(days)s AS n
    FROM one JOIN market_order o USING (retailer_id)
    JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
    WHERE o.on_date >= %(until)s::date - 4 * %(days)s AND o.on_date < %(until)s
        AND o.month = ANY(%(months)s) AND l.month = ANY(%(months)s)
), bought AS (
    SELECT retailer_id, product_id,
        bool_or(ordered_cartons > 0 AND n = 0) AS now, bool_or(ordered_cartons > 0 AND n = 1) AS last,
        bool_or(ordered_cartons > 0 AND n > 0) AS before,
        count(*) FILTER (WHERE n = 0 AND demanded_cartons > 0) AS demanded,
        count(*) FILTER (WHERE n = 0 AND demanded_cartons > 0 AND ordered_cartons = 0) AS refused
    FROM line GROUP BY retailer_id, product_id
), observed AS MATERIALIZED (
    SELECT v.retailer_id, l.product_id, v.on_date, v.started_at, l.line_no, l.stock_packs, l.oos_days
    FROM one JOIN visits_visit v USING (retailer_id)
    JOIN visits_observation l ON l.month = v.month AND l.visit_id = v.id
    WHERE v.on_date >= %(until)s::date - 2 * %(days)s AND v.on_date < %(until)s AND v.presence <> 'to_verify'
        AND v.month = ANY(%(months)s) AND l.month = ANY(%(months)s)
), look AS (
    SELECT retailer_id, product_id, on_date, stock_packs AS packs, 1 AS kind, started_at, line_no FROM observed
    WHERE stock_packs IS NOT NULL
    UNION ALL
    SELECT s.retailer_id, s.product_id, s.on_date, s.packs, CASE s.source WHEN 'count' THEN 2 ELSE 3 END, NULL, 0
    FROM one JOIN market_stockcount s USING (retailer_id)
    WHERE s.on_date >= %(until)s::date - 2 * %(days)s AND s.on_date < %(until)s
), ends AS (
    SELECT DISTINCT ON (retailer_id, product_id, on_date >= %(first)s) retailer_id, product_id, on_date, packs,
        on_date >= %(first)s AS is_now
    FROM look
    ORDER BY retailer_id, product_id, on_date >= %(first)s, on_date DESC, kind DESC, started_at DESC, line_no DESC
), held AS (
    SELECT e.retailer_id, e.product_id, b.packs AS before_packs, e.packs, e.on_date - b.on_date AS days,
        coalesce(sum(l.ordered_cartons), 0) * min(g.packs_per_carton) AS ordered_packs
    FROM ends e JOIN ends b USING (retailer_id, product_id) JOIN brands_product g ON g.id = e.product_id
    LEFT JOIN line l ON l.retailer_id = e.retailer_id AND l.product_id = e.product_id
        AND l.on_date > b.on_date AND l.on_date <= e.on_date
    WHERE e.is_now AND NOT b.is_now AND e.on_date - b.on_date >= %(shortest)s
    GROUP BY e.retailer_id, e.product_id, b.packs, e.packs, e.on_date, b.on_date
), sold AS (SELECT * FROM held WHERE before_packs + ordered_packs >= packs
), asked AS (
    SELECT retailer_id, product_id, bool_or(oos_days > 0) AS out FROM observed
    WHERE on_date >= %(first)s AND oos_days IS NOT NULL GROUP BY retailer_id, product_id
), pair AS (
    SELECT retailer_id, product_id FROM bought UNION SELECT retailer_id, product_id FROM sold
    UNION SELECT retailer_id, product_id FROM asked
)
SELECT shop.unit_id, p.product_id, count(*) FILTER (WHERE b.before), count(*) FILTER (WHERE b.now),
    count(*) FILTER (WHERE b.last), count(*) FILTER (WHERE b.last AND b.now), coalesce(sum(b.demanded), 0),
    coalesce(sum(b.refused), 0), count(*) FILTER (WHERE b.before AND q.out IS NOT NULL),
    count(*) FILTER (WHERE b.before AND q.out), count(s.days), coalesce(sum(s.before_packs), 0),
    coalesce(sum(s.ordered_packs), 0), coalesce(sum(s.packs), 0),
    coalesce(sum((s.before_packs + s.ordered_packs - s.packs) * %(days)s::numeric / s.days), 0)
FROM shop JOIN pair p USING (retailer_id) LEFT JOIN bought b USING (retailer_id, product_id)
LEFT JOIN sold s USING (retailer_id, product_id) LEFT JOIN asked q USING (retailer_id, product_id)
WHERE %(products)s::bigint[] IS NULL OR p.product_id = ANY(%(products)s)
GROUP BY GROUPING SETS ((shop.unit_id, p.product_id), (shop.unit_id))
ORDER BY shop.unit_id, p.product_id
"""

SHORTEST_DAYS = 7  # two looks in one week say too little about sales


def trade(
    unit_ids: Sequence[int], period: Period, product_ids: Sequence[int] | None = None
) -> dict[tuple[int, int | None], Trade]:
    """The sums of each (unit, product) with any order or look, and (unit, None) for its products together.

    Shops count for the units that have them on the period's last day. One query for any number of units.
    """
    named = {
        "units": list(unit_ids),
        "products": None if product_ids is None else list(product_ids),
        "first": period.first,
        "until": period.until,
        "days": period.days,
        "months": _months(period),
        "shortest": min(SHORTEST_DAYS, period.days),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TRADE, named)
        return {(unit, product): _counted(sums) for unit, product, *sums in cursor.fetchall()}


def _counted(sums: Sequence[Any]) -> Trade:
    columns: list[Any] = [*(int(value) for value in sums[:-1]), Decimal(sums[-1])]
    return Trade(*columns)


def _months(period: Period) -> list[object]:
    """The partitions that hold the period and the three before it."""
    month, last = clock.month_of(period.until - timedelta(days=4 * period.days)), clock.month_of(period.until)
    found: list[object] = []
    while month <= last:
        found.append(month)
        month = clock.add_months(month, 1)
    return found
