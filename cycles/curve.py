"""Shops in the order of a space-filling curve: what stands together in the order stands together on the ground.

The Hilbert curve over each territory's own square, in SQL for all shops of a province at once; read by cycles/plan.py.
Points are taken as they are stored: within a territory they are of one datum, and a mixed one is off by a few hundred
metres, which changes an order and no fact. A shop without a point comes last.
"""

from __future__ import annotations

BITS = 7  # 128 x 128 cells: in a territory 20 km wide a cell is 160 m
SIDE = 1 << BITS
LAST = SIDE - 1

# One turn of the curve: the quadrant's number, then the square turned so that the next turn is the same. OFFSET 0 keeps
# the planner from writing one turn into the next, seven times over.
_TURN = """
SELECT retailer_id, h * 4 + ((3 * rx) # ry) AS h,
    CASE WHEN ry = 1 THEN x WHEN rx = 1 THEN {last} - y ELSE y END AS x,
    CASE WHEN ry = 1 THEN y WHEN rx = 1 THEN {last} - x ELSE x END AS y
FROM (SELECT retailer_id, h, x, y, (x >> {bit}) & 1 AS rx, (y >> {bit}) & 1 AS ry FROM ({inner} OFFSET 0) b) c
"""
_CELL = """
SELECT r.id AS retailer_id, 0 AS h,
    LEAST({last}, floor((r.lon - b.west) * b.narrow / b.side * {count}))::int AS x,
    LEAST({last}, floor((r.lat - b.south) / b.side * {count}))::int AS y
FROM {shops} s JOIN retail_retailer r ON r.id = s.retailer_id JOIN (
    SELECT territory_id, west, south, narrow,
        GREATEST((east - west) * narrow, north - south, 0.0001) AS side
    FROM (SELECT s.territory_id, min(r.lon) AS west, max(r.lon) AS east, min(r.lat) AS south, max(r.lat) AS north,
              cos(radians(avg(r.lat))) AS narrow
          FROM {shops} s JOIN retail_retailer r ON r.id = s.retailer_id GROUP BY s.territory_id) w) b
    ON b.territory_id = s.territory_id
WHERE r.lon IS NOT NULL AND r.lat IS NOT NULL
"""


def along(shops: str) -> str:
    """A SELECT of (retailer_id, h): the place on the curve of each shop of a table with retailer_id and territory_id
    that has a point."""
    inner = _CELL.format(shops=shops, last=LAST, count=SIDE)
    for bit in reversed(range(BITS)):
        inner = _TURN.format(inner=inner, bit=bit, last=LAST)
    return f"SELECT retailer_id, h FROM ({inner}) t"  # noqa: S608  a query of our own
