"""Roll-up rows of the strata: how many shops a stratum has, and what its collection points sold and held of a subject.

acts_sums.py adds these statements to those that recompute.py runs; market/figures/strata.py reads the rows.
Parameters as frame.py names them. A point counts for the unit that has its shop on the month's last day.
"""

from __future__ import annotations

from market.rollups import trade_facts
from market.rollups.trade_sums import SUBJECT, SUBJECTS

TABLES = ("market_unitstratum", "market_unitstratummonth")

_SHOPS = """
INSERT INTO market_unitstratum (month, unit_id, stratum, shops)
SELECT %(month)s, a.territory_id, c.scale, count(*)
FROM retail_assignment a
JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> %(last)s::date AND c.state <> 'closed'
WHERE a.territory_id = ANY(%(units)s::bigint[]) AND a.during @> %(last)s::date
GROUP BY a.territory_id, c.scale
"""

# Of each point one value a subject: the sum over the products whose stock was seen in the month before and in it.
_POINTS = f"""
WITH {trade_facts.GOODS.strip()}, shop AS MATERIALIZED (
    SELECT a.retailer_id, a.territory_id, c.state IS DISTINCT FROM 'closed' AS is_open,
        CASE p.stratum WHEN 'large' THEN 1 WHEN 'middle' THEN 2 ELSE 3 END AS stratum
    FROM retail_assignment a
    JOIN market_collectionpoint p ON p.retailer_id = a.retailer_id AND p.territory_id = a.territory_id
        AND p.during @> %(last)s::date
    LEFT JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> %(last)s::date
    WHERE a.territory_id = ANY(%(units)s::bigint[]) AND a.during @> %(last)s::date), {trade_facts.LOOKED_PAIRS.strip()},
of_point AS (
    SELECT retailer_id, {SUBJECT}, sum(sold_packs) AS sold, sum(packs) AS stock
    FROM pair JOIN good USING (product_id) WHERE flags = 16 GROUP BY retailer_id, {SUBJECTS})
INSERT INTO market_unitstratummonth (month, unit_id, stratum, subject_kind, subject_id, points, sold, sold_squares,
    stock, stock_squares)
SELECT %(month)s, territory_id, stratum, subject_kind, subject_id, count(*), sum(sold), sum(sold * sold), sum(stock),
    sum(stock * stock)
FROM of_point JOIN shop USING (retailer_id) GROUP BY territory_id, stratum, subject_kind, subject_id
"""  # noqa: S608 - constants only

TERRITORIES = (_SHOPS, _POINTS)

_BELOW = "FROM backend_unit u JOIN {table} s ON s.unit_id = u.id AND s.month = %(month)s"
_WHERE = "WHERE u.parent_id = ANY(%(units)s::bigint[])"
ABOVE = (
    f"""
INSERT INTO market_unitstratum (month, unit_id, stratum, shops)
SELECT %(month)s, u.parent_id, s.stratum, sum(s.shops) {_BELOW.format(table=TABLES[0])} {_WHERE}
GROUP BY u.parent_id, s.stratum
""",
    f"""
INSERT INTO market_unitstratummonth (month, unit_id, stratum, subject_kind, subject_id, points, sold, sold_squares,
    stock, stock_squares)
SELECT %(month)s, u.parent_id, s.stratum, s.subject_kind, s.subject_id, sum(s.points), sum(s.sold), sum(s.sold_squares),
    sum(s.stock), sum(s.stock_squares) {_BELOW.format(table=TABLES[1])} {_WHERE}
GROUP BY u.parent_id, s.stratum, s.subject_kind, s.subject_id
""",
)
