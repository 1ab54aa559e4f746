"""How the prices of a product are spread in units: least, quartiles, median, most, from exact counts. For the boards.

The median is that of the figure carton_price_median; quartiles lie between the two nearest prices in the same way
(continuous, as percentile_cont of SQL). Exact counts of prices are kept per unit, so this is right at every level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

SHARES = (Decimal(0), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), Decimal(1))

_SPREAD = """
WITH told AS (
    SELECT unit_id, price_fen, sum(count) OVER (PARTITION BY unit_id ORDER BY price_fen) AS upto,
        sum(count) OVER (PARTITION BY unit_id) AS n
    FROM market_unitpricecount WHERE month = %(month)s AND product_id = %(product)s AND unit_id = ANY(%(units)s)
), place AS (
    SELECT DISTINCT unit_id, n, share, 1 + (n - 1) * share AS at FROM told, unnest(%(shares)s::numeric[]) AS share
)
SELECT p.unit_id, p.n, array_agg(below.fen + (above.fen - below.fen) * (p.at - floor(p.at)) ORDER BY p.share)
FROM place p
CROSS JOIN LATERAL (SELECT min(price_fen) AS fen FROM told t
    WHERE t.unit_id = p.unit_id AND t.upto >= floor(p.at)) below
CROSS JOIN LATERAL (SELECT min(price_fen) AS fen FROM told t
    WHERE t.unit_id = p.unit_id AND t.upto >= ceil(p.at)) above
GROUP BY p.unit_id, p.n
"""


@dataclass(frozen=True)
class Spread:
    """Carton prices in fen, and how many were seen."""

    prices: int
    least: Decimal
    lower: Decimal
    median: Decimal
    upper: Decimal
    most: Decimal


def of_units(product_id: int, unit_ids: Sequence[int], month: date) -> dict[int, Spread]:
    """Unit id -> how the prices of a product seen there in the month are spread; absent where none was seen.

    One query for any number of units.
    """
    asked: dict[str, Any] = {"month": month, "product": product_id, "units": list(unit_ids), "shares": list(SHARES)}
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD, asked)
        return {unit: Spread(int(n), *map(Decimal, fen)) for unit, n, fen in cursor.fetchall()}


def counts(product_id: int, unit_id: int, month: date) -> list[tuple[int, int]]:
    """(Carton price in fen, how often it was seen) in a unit's month, the lowest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT price_fen, count FROM market_unitpricecount"
            " WHERE month = %s AND product_id = %s AND unit_id = %s ORDER BY price_fen",
            [month, product_id, unit_id],
        )
        return [(int(fen), int(n)) for fen, n in cursor.fetchall()]
