"""The roll-up rows of territories, computed from facts by set-based SQL; market/rollups.py runs these in its order.

Every statement takes the same named parameters: %(month)s first day, %(last)s the day on which the shops are counted,
%(units)s the territories, %(at)s the moment of computation. A constant number of statements for any number of units.
"""

from __future__ import annotations

from visits.presence import counts

# The median of exact prices: the mean of the two middle ones when their number is even.
# In bigint: two prices that are each accepted need not fit an integer together.
_MIDDLE = (
    "(min(price_fen::bigint) FILTER (WHERE upto >= (n + 1) / 2)"
    " + min(price_fen::bigint) FILTER (WHERE upto >= n / 2 + 1)) / 2.0"
)

PRODUCT_MEDIANS = f"""
product_median AS (
    SELECT unit_id, product_id, {_MIDDLE} AS fen FROM (
        SELECT unit_id, product_id, price_fen,
               (sum(count) OVER (PARTITION BY unit_id, product_id ORDER BY price_fen))::bigint AS upto,
               (sum(count) OVER (PARTITION BY unit_id, product_id))::bigint AS n
        FROM market_unitpricecount WHERE month = %(month)s AND unit_id = ANY(%(units)s)) counted
    GROUP BY unit_id, product_id)"""  # noqa: S608 - constants only

UNIT_MEDIANS = f"""
unit_median AS (
    SELECT unit_id, {_MIDDLE} AS fen FROM (
        SELECT unit_id, price_fen,
               (sum(sum(count)) OVER (PARTITION BY unit_id ORDER BY price_fen))::bigint AS upto,
               (sum(sum(count)) OVER (PARTITION BY unit_id))::bigint AS n
        FROM market_unitpricecount WHERE month = %(month)s AND unit_id = ANY(%(units)s)
        GROUP BY unit_id, price_fen) counted
    GROUP BY unit_id)"""  # noqa: S608 - constants only

PEOPLE = """
INSERT INTO market_territoryperson (month, unit_id, person_id, visits)
SELECT %(month)s, territory_id, person_id, count(*) FROM visits_visit
WHERE month = %(month)s AND territory_id = ANY(%(units)s) GROUP BY territory_id, person_id
"""

PRICES = """
INSERT INTO market_unitpricecount (month, unit_id, product_id, price_fen, count)
SELECT %(month)s, v.territory_id, o.product_id, o.carton_price_fen, count(*)
FROM visits_visit v JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id
WHERE v.month = %(month)s AND o.month = %(month)s AND v.territory_id = ANY(%(units)s) AND o.carton_price_fen IS NOT NULL
GROUP BY v.territory_id, o.product_id, o.carton_price_fen
"""

UNITS = f"""
WITH {UNIT_MEDIANS.strip()},
visited AS MATERIALIZED (
    SELECT id, retailer_id, territory_id, presence FROM visits_visit
    WHERE month = %(month)s AND territory_id = ANY(%(units)s)),
act AS (
    SELECT territory_id AS unit_id, count(*) AS visits, count(*) FILTER (WHERE presence = 'to_verify') AS to_verify,
           count(DISTINCT person_id) AS managers, count(*) FILTER (WHERE note <> '') AS notes,
           count(display_score) AS checks, coalesce(sum(display_score), 0) AS score
    FROM visits_visit WHERE month = %(month)s AND territory_id = ANY(%(units)s) GROUP BY territory_id),
briefing AS (
    SELECT v.territory_id AS unit_id, count(*) AS n FROM visited v
    JOIN visits_briefing l ON l.visit_id = v.id AND l.month = %(month)s GROUP BY v.territory_id),
observation AS (
    SELECT v.territory_id AS unit_id, count(*) AS n FROM visited v
    JOIN visits_observation l ON l.visit_id = v.id AND l.month = %(month)s GROUP BY v.territory_id),
remark AS (
    SELECT v.territory_id AS unit_id, count(*) AS n FROM visited v
    JOIN visits_remark l ON l.visit_id = v.id AND l.month = %(month)s GROUP BY v.territory_id),
pitch AS (
    SELECT v.territory_id AS unit_id, count(*) AS n, count(*) FILTER (WHERE l.accepted) AS accepted FROM visited v
    JOIN visits_pitch l ON l.visit_id = v.id AND l.month = %(month)s GROUP BY v.territory_id),
due AS MATERIALIZED (
    SELECT a.retailer_id, a.territory_id FROM retail_assignment a
    JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> %(last)s::date AND c.state = 'active'
    WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(last)s::date),
reached AS (
    SELECT v.retailer_id, bool_or({counts()}) AS seen,
           bool_or(EXISTS (SELECT 1 FROM visits_briefing b WHERE b.month = %(month)s AND b.visit_id = v.id)) AS briefed
    FROM due JOIN visits_visit v ON v.retailer_id = due.retailer_id AND v.month = %(month)s GROUP BY v.retailer_id),
shop AS (
    SELECT due.territory_id AS unit_id, count(*) AS due, count(*) FILTER (WHERE seen) AS seen,
           count(*) FILTER (WHERE briefed) AS briefed
    FROM due LEFT JOIN reached USING (retailer_id) GROUP BY due.territory_id),
subject AS (SELECT unit_id FROM act UNION SELECT unit_id FROM shop)
INSERT INTO market_unitmonth (month, unit_id, visits, visits_to_verify, managers, shops_due, shops_seen, notes, checks,
    score_sum, briefings, shops_briefed, observations, remarks, pitches, pitches_accepted,
    price_median_fen, computed_at)
SELECT %(month)s, unit_id, coalesce(visits, 0), coalesce(to_verify, 0), coalesce(managers, 0), coalesce(due, 0),
    coalesce(seen, 0), coalesce(notes, 0), coalesce(checks, 0), coalesce(score, 0), coalesce(briefing.n, 0),
    coalesce(shop.briefed, 0), coalesce(observation.n, 0), coalesce(remark.n, 0), coalesce(pitch.n, 0),
    coalesce(accepted, 0), unit_median.fen, %(at)s
FROM subject LEFT JOIN act USING (unit_id) LEFT JOIN shop USING (unit_id) LEFT JOIN briefing USING (unit_id)
LEFT JOIN observation USING (unit_id) LEFT JOIN remark USING (unit_id) LEFT JOIN pitch USING (unit_id)
LEFT JOIN unit_median USING (unit_id)
"""  # noqa: S608 - constants only

STATEMENTS: tuple[str, ...] = (PEOPLE, PRICES, UNITS)
