"""Orders as they stand after loading, written straight to the tables: what the tests of analysis start from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count

from django.db import connection

from backend.ids import uuid7
from backend.models import Unit
from backend.partitions import name_of, partition_sql
from market.models import Order, OrderLine
from retail.models import Retailer

_number = count(1)


def keep_month(month: date) -> None:
    """A month of orders older than those that tests keep ready."""
    with connection.cursor() as cursor:
        for table in ("market_order", "market_orderline"):
            cursor.execute(partition_sql(name_of(table, month), table, month))


def order(
    shop: Retailer, territory: Unit, on: date, cartons: int, *, lines: Mapping[int, tuple[int, int]] | None = None
) -> Order:
    """One order of a shop on a day; `lines` maps a product to what was demanded and ordered of it."""
    if on < date(2026, 2, 1):
        keep_month(on.replace(day=1))
    made = Order.objects.create(
        id=uuid7(),
        month=on.replace(day=1),
        order_no=f"T{next(_number)}",
        retailer=shop,
        territory=territory,
        county_id=territory.ancestors[3],
        on_date=on,
        cartons=cartons,
        amount_fen=cartons * 12_000,
    )
    for product, (demanded, ordered) in (lines or {}).items():
        OrderLine.objects.create(
            month=made.month,
            order_id=made.pk,
            product_id=product,
            demanded_cartons=demanded,
            ordered_cartons=ordered,
            amount_fen=ordered * 12_000,
        )
    return made


def windows(shop: Retailer, territory: Unit, as_of: date, *cartons: int) -> None:
    """One order in each four-week window before a day, the newest window first, two days before the window's end; a
    window of 0 has none."""
    for window, ordered in enumerate(cartons):
        if ordered:
            order(shop, territory, as_of - timedelta(days=28 * window + 2), ordered)
