"""Keeps the prices of times that are over when a product's prices change; called by catalogue.py, imports.py and the
admin pages, each before it writes, in its own transaction.

Rule: docs/method.md, "Prices of a day".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from backend import clock


@dataclass(frozen=True)
class Prices:
    """What a product will cost from today on, fen per carton; None: unknown."""

    product_id: int
    guide_fen: int | None
    wholesale_fen: int | None
    transfer_fen: int | None


# The products' rows are held until the writer is done: two writers never keep the same time twice.
_HOLD = "SELECT id FROM brands_product WHERE id IN (SELECT product_id FROM ({wanted}) w) ORDER BY id FOR UPDATE"
_PAIRS = (("guide_fen", "guide_carton_fen"), ("wholesale_fen", "wholesale_fen"), ("transfer_fen", "transfer_fen"))
# A second change of one day finds the time up to today kept already: the later price wins, and no row is empty.
_KEEP = f"""
INSERT INTO brands_productprice (product_id, during, guide_fen, wholesale_fen, transfer_fen)
SELECT p.id, daterange(kept.upto, %(today)s), {", ".join(f"coalesce(p.{own}, w.{name})" for name, own in _PAIRS)}
FROM ({{wanted}}) w JOIN brands_product p ON p.id = w.product_id
LEFT JOIN LATERAL (
    SELECT max(upper(r.during)) AS upto FROM brands_productprice r WHERE r.product_id = p.id) kept ON true
WHERE (kept.upto IS NULL OR kept.upto < %(today)s)
    AND ({" OR ".join(f"p.{own} <> coalesce(w.{name}, -1)" for name, own in _PAIRS)})
"""  # noqa: S608 - constants only
# A price that was unknown and is told now holds for the times before it too: nothing else was ever said of them.
_FILL = f"""
UPDATE brands_productprice r SET {", ".join(f"{name} = coalesce(r.{name}, w.{name})" for name, _ in _PAIRS)}
FROM ({{wanted}}) w JOIN brands_product p ON p.id = w.product_id
WHERE r.product_id = p.id
    AND ({" OR ".join(f"(r.{name} IS NULL AND p.{own} IS NULL AND w.{name} IS NOT NULL)" for name, own in _PAIRS)})
"""  # noqa: S608 - constants only

_GIVEN = """
SELECT * FROM unnest(%(products)s::bigint[], %(guides)s::integer[], %(wholesales)s::integer[], %(transfers)s::integer[])
    AS g(product_id, guide_fen, wholesale_fen, transfer_fen)
"""


def keep(given: Iterable[Prices]) -> None:
    """The times before today keep the prices that these products have so far, where the given ones differ. Call it in
    the transaction that then writes the given ones, before it does. Three queries for any number."""
    rows = list(given)
    values = {
        "products": [row.product_id for row in rows],
        "guides": [row.guide_fen for row in rows],
        "wholesales": [row.wholesale_fen for row in rows],
        "transfers": [row.transfer_fen for row in rows],
    }
    with connection.cursor() as cursor:
        keep_selected(cursor, _GIVEN, values)


def keep_selected(cursor: Any, wanted: str, values: Mapping[str, Any] | None = None) -> None:
    """As `keep`, of what a SELECT of our own gives: product_id, guide_fen, wholesale_fen, transfer_fen, one row a
    product. Three queries."""
    named = {**(values or {}), "today": clock.today()}
    for statement in (_HOLD, _KEEP, _FILL):
        cursor.execute(statement.format(wanted=wanted), named)
