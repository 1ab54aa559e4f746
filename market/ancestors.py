"""The roll-up rows of units above the territory: sums of the level below; market/rollups.py runs these level by level.

Parameters as in market/leaves.py; %(units)s are units of one level, whose children's rows are already right.
"""

from __future__ import annotations

from market.leaves import UNIT_MEDIANS

PRICES = """
INSERT INTO market_unitpricecount (month, unit_id, product_id, price_fen, count)
SELECT %(month)s, u.parent_id, c.product_id, c.price_fen, sum(c.count)
FROM backend_unit u JOIN market_unitpricecount c ON c.unit_id = u.id AND c.month = %(month)s
WHERE u.parent_id = ANY(%(units)s) GROUP BY u.parent_id, c.product_id, c.price_fen
"""

# People do not sum: somebody who visits in two territories is one person of the office above both.
UNITS = f"""
WITH {UNIT_MEDIANS.strip()},
people AS (
    SELECT a.id AS unit_id, count(DISTINCT p.person_id) AS managers
    FROM unnest(%(units)s::bigint[]) AS a(id) JOIN backend_unit t ON t.ancestors @> ARRAY[a.id]
    JOIN market_territoryperson p ON p.unit_id = t.id AND p.month = %(month)s GROUP BY a.id),
below AS (
    SELECT u.parent_id AS unit_id, sum(m.visits) AS visits, sum(m.visits_to_verify) AS to_verify,
        sum(m.shops_due) AS due, sum(m.shops_seen) AS seen, sum(m.notes) AS notes, sum(m.checks) AS checks,
        sum(m.score_sum) AS score, sum(m.briefings) AS briefings, sum(m.shops_briefed) AS briefed,
        sum(m.observations) AS observations, sum(m.remarks) AS remarks, sum(m.pitches) AS pitches,
        sum(m.pitches_accepted) AS accepted
    FROM backend_unit u JOIN market_unitmonth m ON m.unit_id = u.id AND m.month = %(month)s
    WHERE u.parent_id = ANY(%(units)s) GROUP BY u.parent_id)
INSERT INTO market_unitmonth (month, unit_id, visits, visits_to_verify, managers, shops_due, shops_seen, notes, checks,
    score_sum, briefings, shops_briefed, observations, remarks, pitches, pitches_accepted,
    price_median_fen, computed_at)
SELECT %(month)s, unit_id, visits, to_verify, coalesce(managers, 0), due, seen, notes, checks, score, briefings,
    briefed, observations, remarks, pitches, accepted, unit_median.fen, %(at)s
FROM below LEFT JOIN people USING (unit_id) LEFT JOIN unit_median USING (unit_id)
"""  # noqa: S608 - constants only

STATEMENTS: tuple[str, ...] = (PRICES, UNITS)
