"""Bulk loads of what the company's ordering system knows: COPY to a staging table, then set-based upserts.

For feeds on the server. Every load is idempotent by natural key, refuses bad rows one by one with
a reason, and applies the good ones in one transaction. A fact is stamped with the units of its business date.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction

from backend import clock, marks, partitions
from market.feeds import SOLD
from market.orders import staging


class OrderLineRow(NamedTuple):
    """One line of an order; the order itself is the sum of its lines. Cartons and fen."""

    order_no: str
    retailer_code: str
    on_date: date
    product_code: str
    demanded_cartons: int | None
    allotted_cartons: int | None
    ordered_cartons: int
    amount_fen: int


class AllotmentRow(NamedTuple):
    retailer_code: str
    product_code: str
    opens_on: date
    closes_on: date
    cartons: int


class StockRow(NamedTuple):
    retailer_code: str
    product_code: str
    on_date: date
    packs: int
    source: str


class TargetRow(NamedTuple):
    """`product_code` None: all products together."""

    unit_code: str
    product_code: str | None
    month: date
    cartons: int


class TotalRow(NamedTuple):
    """What a shop bought of a product in a month (first day)."""

    month: date
    retailer_code: str
    product_code: str
    cartons: int
    amount_fen: int


@dataclass(frozen=True)
class Refused:
    """A row that was not loaded: its place in the input (from 1) and why."""

    row: int
    reason: str  # unknown_retailer, unknown_product, unknown_unit, no_partition, bad_window, not_first_day, repeated


@dataclass(frozen=True)
class Loaded:
    """What a load did: rows read, rows in force after it, rows refused."""

    read: int
    written: int
    refused: list[Refused] = field(default_factory=list)


def load_orders(rows: Iterable[OrderLineRow], *, totals: bool = True) -> Loaded:
    """The orders named are as given, with these lines and no others; ShopProductMonth follows unless `totals` is off.

    Marks (territory, business date) of kind "orders". A constant number of statements for any number of rows.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        read = staging.fill(cursor, staging.ORDERS, rows)
        refused = _refuse(cursor, "staged_order", {"months": sorted(partitions.months_ready("market_order"))})
        cursor.execute(staging.ORDER_HEADS)
        cursor.execute(staging.ORDER_OLD_LINES)
        cursor.execute(staging.ORDER_LINES)
        written = cursor.rowcount
        if totals:
            cursor.execute(staging.TOTALS_OLD)
            cursor.execute(staging.TOTALS_FROM_ORDERS)
        mark_sales(cursor, "SELECT DISTINCT retailer_id, on_date FROM staged_order WHERE reason IS NULL")
    return Loaded(read, written, refused)


def load_totals(rows: Iterable[TotalRow]) -> Loaded:
    """Monthly totals per shop and product are as given (for months whose orders are not kept). Marks as for orders."""
    return _load(staging.TOTALS, rows, {}, marked="SELECT DISTINCT retailer_id, month FROM staged_total")


def load_allotments(rows: Iterable[AllotmentRow]) -> Loaded:
    """Each (retailer, product, window) has the cartons given. Marks as for orders: who was offered is a figure."""
    return _load(staging.ALLOTMENTS, rows, {}, marked="SELECT DISTINCT retailer_id, opens_on FROM staged_allotment")


def load_stock_counts(rows: Iterable[StockRow]) -> Loaded:
    """Each (retailer, product, day, source) has the packs given. Marks as for orders: results of a month are held
    against stock too."""
    return _load(staging.STOCK, rows, {}, marked="SELECT DISTINCT retailer_id, on_date FROM staged_stock")


def load_targets(rows: Iterable[TargetRow]) -> Loaded:
    """Each (unit, product or all, month) has the cartons given."""
    return _load(staging.TARGETS, rows, {})


def _load(kind: staging.Kind, rows: Iterable[tuple[Any, ...]], named: dict[str, Any], marked: str = "") -> Loaded:
    with transaction.atomic(), connection.cursor() as cursor:
        read = staging.fill(cursor, kind, rows)
        refused = _refuse(cursor, kind.table, named)
        cursor.execute(kind.apply)
        written = cursor.rowcount
        if marked:
            mark_sales(cursor, f"{marked} WHERE reason IS NULL")
    return Loaded(read, written, refused)


def _refuse(cursor: Any, table: str, named: dict[str, Any]) -> list[Refused]:
    for statement in staging.CHECKS[table]:
        cursor.execute(statement, named)
    cursor.execute(f"SELECT n, reason FROM {table} WHERE reason IS NOT NULL ORDER BY n")  # noqa: S608 - a constant
    return [Refused(n, reason) for n, reason in cursor.fetchall()]


def mark_sales(cursor: Any, pairs: str) -> None:
    """Sales count for the unit that has the shop on the month's last day, so that unit is marked; phones that hold them
    are those of today's."""
    cursor.execute(
        f"WITH sold(retailer_id, on_date) AS ({pairs})"  # noqa: S608 - constants of this module
        " SELECT DISTINCT a.territory_id, date_trunc('month', on_date)::date FROM sold"
        " JOIN retail_assignment a ON a.retailer_id = sold.retailer_id AND a.during @>"
        " least((date_trunc('month', on_date) + interval '1 month - 1 day')::date, %s)",
        [clock.today()],
    )
    marks.mark("orders", cursor.fetchall())
    cursor.execute(
        f"WITH sold(retailer_id, on_date) AS ({pairs})"  # noqa: S608 - constants of this module
        " SELECT DISTINCT a.territory_id FROM sold"
        " JOIN retail_assignment a ON a.retailer_id = sold.retailer_id AND a.during @> %s::date",
        [clock.today()],
    )
    marks.mark(SOLD, [(territory, clock.today()) for (territory,) in cursor.fetchall()])
