"""What a visit does to the execute cells, read by cells.py, evidence.py and queries.py; and their first derivation when
a month opens with visits in it, called by month.py.

client: a visit landed · brand: a key product of the visit's own day was looked at or recommended · market: a price or a
stock was seen. A visit whose place is still to be verified is evidence of nothing until somebody has decided.
"""

from __future__ import annotations

from datetime import date

from django.db import connection

from cycles.building import PARENT
from cycles.grid import CellState
from visits.presence import counts

DONE, OPEN = int(CellState.DONE), int(CellState.OPEN)

LANDED = f"v.month = %(month)s AND {counts()}"
KEY_PRODUCT = """
EXISTS (SELECT 1 FROM backend_unit u JOIN brands_keyproduct k ON k.unit_id = ANY(u.ancestors)
        WHERE u.id = v.territory_id AND k.product_id = {line}.product_id AND k.during @> v.on_date)
"""
PRICE_OR_STOCK = "(o.carton_price_fen IS NOT NULL OR o.pack_price_fen IS NOT NULL OR o.stock_packs IS NOT NULL)"

_DERIVE = """
WITH touched AS MATERIALIZED (SELECT DISTINCT v.retailer_id FROM visits_visit v WHERE v.month = %(month)s),
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
    """The execute cells of a month whose rows all stand as they opened say what its visits say: only visited shops can
    change. Runs in the caller's transaction, under the month's lock. Returns how many rows changed. One query."""
    query = _DERIVE.format(
        landed=LANDED,
        price_or_stock=PRICE_OR_STOCK,
        key=KEY_PRODUCT.format(line="v"),
        done=DONE,
        open=OPEN,
        parent=PARENT,
    )
    with connection.cursor() as cursor:
        cursor.execute(query, {"month": month})
        return cursor.rowcount
