"""The roll-up rows of territories, computed from facts by set-based SQL; recompute.py runs these in its order.

Every statement takes the same named parameters: %(month)s first day, %(last)s the day on which the shops are counted,
%(units)s the territories, %(at)s the moment of computation. A constant number of statements for any number of units.
"""

from __future__ import annotations

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


def stored_prices(fresh: str) -> str:
    """The counts of the units are those of `fresh` (unit_id, product_id, price_fen, count); only what changed is
    written: of the prices of a month few move with a visit."""
    return f"""
WITH fresh AS ({fresh}),
known AS (
    SELECT unit_id, product_id, price_fen, count FROM market_unitpricecount
    WHERE month = %(month)s AND unit_id = ANY(%(units)s)),
changed AS MATERIALIZED (
    SELECT unit_id, product_id, price_fen, fresh.count FROM fresh FULL JOIN known USING (unit_id, product_id, price_fen)
    WHERE fresh.count IS DISTINCT FROM known.count),
gone AS (
    DELETE FROM market_unitpricecount p USING changed c
    WHERE p.month = %(month)s AND p.unit_id = c.unit_id AND p.product_id = c.product_id AND p.price_fen = c.price_fen
        AND p.unit_id = ANY(%(units)s) AND c.count IS NULL)
INSERT INTO market_unitpricecount (month, unit_id, product_id, price_fen, count)
SELECT %(month)s, unit_id, product_id, price_fen, count FROM changed WHERE count IS NOT NULL
ON CONFLICT (month, unit_id, product_id, price_fen) DO UPDATE SET count = excluded.count
"""  # noqa: S608 - constants only


PRICES = stored_prices("""
    SELECT v.territory_id AS unit_id, o.product_id, o.carton_price_fen AS price_fen, count(*) AS count
    FROM visits_visit v JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id
    WHERE v.month = %(month)s AND o.month = %(month)s AND v.territory_id = ANY(%(units)s)
        AND o.carton_price_fen IS NOT NULL
    GROUP BY v.territory_id, o.product_id, o.carton_price_fen""")

STATEMENTS: tuple[str, ...] = (PEOPLE, PRICES)
