"""The execute cells follow the facts: recomputed from visits, never counted up. Called by month.py and changes.py.

client: a visit landed · brand: a key product of the visit's own day was looked at or recommended · market: a price or a
stock was seen. A visit whose place is still to be verified is evidence of nothing until somebody has decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from cycles.building import PARENT
from cycles.grid import CellState

DONE, OPEN, MISSED = int(CellState.DONE), int(CellState.OPEN), int(CellState.MISSED)
EXECUTE_COLUMNS = ("client_execute", "brand_execute", "market_execute")

# Shops of the territories today, and shops that somebody of these territories visited before they moved.
_OF_TERRITORIES = f"""
SELECT c.retailer_id FROM "{PARENT}" c WHERE c.month = %(month)s AND c.territory_id = ANY(%(territories)s)
UNION
SELECT v.retailer_id FROM visits_visit v WHERE v.month = %(month)s AND v.territory_id = ANY(%(territories)s)
"""  # noqa: S608  names of our own
# Of a whole month only the shops that can change: those visited, and those whose cells are not as they opened.
_VISITED = "SELECT DISTINCT v.retailer_id FROM visits_visit v WHERE v.month = %(month)s"
_OF_ALL = f"""
{_VISITED}
UNION
SELECT c.retailer_id FROM "{PARENT}" c WHERE c.month = %(month)s
    AND (c.client_execute <> {OPEN} OR c.brand_execute <> {OPEN} OR c.market_execute <> {OPEN})
"""  # noqa: S608  names of our own

LANDED = "v.month = %(month)s AND v.presence <> 'to_verify'"
KEY_PRODUCT = """
EXISTS (SELECT 1 FROM backend_unit u JOIN brands_keyproduct k ON k.unit_id = ANY(u.ancestors)
        WHERE u.id = v.territory_id AND k.product_id = {line}.product_id AND k.during @> v.on_date)
"""
PRICE_OR_STOCK = "(o.carton_price_fen IS NOT NULL OR o.pack_price_fen IS NOT NULL OR o.stock_packs IS NOT NULL)"

_DERIVE = """
WITH touched AS MATERIALIZED ({touched}),
landed AS MATERIALIZED (
    SELECT v.id, v.retailer_id, v.territory_id, v.on_date
    FROM visits_visit v JOIN touched t ON t.retailer_id = v.retailer_id WHERE {landed}),
seen AS MATERIALIZED (
    SELECT v.retailer_id, v.territory_id, v.on_date, o.product_id, {price_or_stock} AS priced
    FROM landed v JOIN visits_observation o ON o.month = %(month)s AND o.visit_id = v.id),
offered AS MATERIALIZED (
    SELECT DISTINCT v.retailer_id, v.territory_id, v.on_date, v.product_id FROM (
        SELECT retailer_id, territory_id, on_date, product_id FROM seen
        UNION ALL
        SELECT v.retailer_id, v.territory_id, v.on_date, p.product_id
        FROM landed v JOIN visits_pitch p ON p.month = %(month)s AND p.visit_id = v.id) v),
landing AS MATERIALIZED (
    SELECT retailer_id, bool_or(client) AS client, bool_or(brand) AS brand, bool_or(market) AS market FROM (
        SELECT retailer_id, TRUE AS client, FALSE AS brand, FALSE AS market FROM landed
        UNION ALL
        SELECT v.retailer_id, FALSE, TRUE, FALSE FROM offered v WHERE {key}
        UNION ALL
        SELECT retailer_id, FALSE, FALSE, TRUE FROM seen WHERE priced) x
    GROUP BY retailer_id),
derived AS (
    SELECT t.retailer_id, CASE WHEN d.client THEN {done} ELSE {open} END AS client,
        CASE WHEN d.brand THEN {done} ELSE {open} END AS brand,
        CASE WHEN d.market THEN {done} ELSE {open} END AS market
    FROM touched t LEFT JOIN landing d ON d.retailer_id = t.retailer_id)
UPDATE "{parent}" c SET client_execute = d.client, brand_execute = d.brand, market_execute = d.market
FROM derived d
WHERE c.month = %(month)s AND c.retailer_id = d.retailer_id
AND (c.client_execute, c.brand_execute, c.market_execute) IS DISTINCT FROM (d.client, d.brand, d.market)
"""


def derive_new(month: date) -> int:
    """As `derive`, for a month whose rows all stand as they opened: only visited shops can change. One query."""
    return _derive(_VISITED, {"month": month})


def derive(month: date, territories: Sequence[int] | None = None) -> int:
    """The execute cells of the shops of these territories (default: of all) say what the month's facts say.

    Runs in the caller's transaction, under the month's lock (`building.lock_month`). Returns how many rows changed.
    One query, whatever the number of shops.
    """
    if territories is None:
        return _derive(_OF_ALL, {"month": month})
    return _derive(_OF_TERRITORIES, {"month": month, "territories": list(territories)})


def _derive(touched: str, values: dict[str, Any]) -> int:
    query = _DERIVE.format(
        touched=touched,
        landed=LANDED,
        price_or_stock=PRICE_OR_STOCK,
        key=KEY_PRODUCT.format(line="v"),
        done=DONE,
        open=OPEN,
        parent=PARENT,
    )
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.rowcount


def miss_open_cells(month: date) -> int:
    """What is still open when the month locks was missed. Returns how many rows changed. One query."""
    cells = ", ".join(f"{c} = CASE {c} WHEN {OPEN} THEN {MISSED} ELSE {c} END" for c in EXECUTE_COLUMNS)
    still_open = " OR ".join(f"{c} = {OPEN}" for c in EXECUTE_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{PARENT}" SET {cells} WHERE month = %s AND ({still_open})', [month])  # noqa: S608
        return cursor.rowcount
