"""Reads of the catalogue: prices, price class and key products as of a day; called by api.py, filters.py and the
figures of market/."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import F, Func, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from backend.models import Unit
from brands.models import PriceClassBand, Product, ProductPrice


def priced_on(day: str) -> str:
    """For the FROM of a statement: every product as `p` with its `price` on a day (SQL), fen per carton: that of a time
    that is over where one holds the day, else what the product has now (docs/method.md, "Prices of a day")."""
    return f"""brands_product p
    LEFT JOIN brands_productprice old ON old.product_id = p.id AND old.during @> {day}
    CROSS JOIN LATERAL (SELECT
        CASE WHEN old.id IS NULL THEN p.guide_carton_fen ELSE old.guide_fen END AS guide_fen,
        CASE WHEN old.id IS NULL THEN p.wholesale_fen ELSE old.wholesale_fen END AS wholesale_fen,
        CASE WHEN old.id IS NULL THEN p.transfer_fen ELSE old.transfer_fen END AS transfer_fen) price"""


def prices(product: Product) -> list[dict[str, Any]]:
    """What a product has cost, oldest first, fen per carton: times that are over, then what holds now (no `to_date`).
    One query."""
    now = (product.guide_carton_fen, product.wholesale_fen, product.transfer_fen)
    names = ("guide_fen", "wholesale_fen", "transfer_fen")
    rows = ProductPrice.objects.filter(product=product).order_by("during").values_list("during", *names)
    found = [
        {"from_date": during.lower, "to_date": during.upper, **dict(zip(names, fen, strict=True))}
        for during, *fen in rows
    ]
    since = found[-1]["to_date"] if found else None
    return [*found, {"from_date": since, "to_date": None, **dict(zip(names, now, strict=True))}]


def price_class_on(on: date, transfer_fen: str = "transfer_fen") -> Subquery:
    """An annotation: price class 1-5 of a product on a day; null where the transfer price is unknown or no band holds.

    `transfer_fen` is the path to the price. Set-based: no query of its own. Source: docs/method.md, price class.
    """
    bands = PriceClassBand.objects.filter(during__contains=on, transfer_fen__contains=OuterRef(transfer_fen))
    return Subquery(bands.values("price_class")[:1])


def products_on(on: date, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """Products with their brand and `price_class` of the day, by the transfer price of that day."""
    products = Product.objects.all() if rows is None else rows
    kept = ProductPrice.objects.filter(product=OuterRef("pk"), during__contains=on).values("transfer_fen")[:1]
    of_day = products.select_related("brand").annotate(transfer_fen_on=Coalesce(Subquery(kept), F("transfer_fen")))
    return of_day.annotate(price_class=price_class_on(on, "transfer_fen_on"))


def key_in(rows: QuerySet[Any], units: QuerySet[Unit], on: date) -> QuerySet[Any]:
    """Products that are key in one of the units on a day: in WHERE, no query of its own.

    A unit's key list is its own and those of all units above it: what the prefecture pushes is key in every territory.
    The caller narrows the units to what its reader may see, or the filter would tell a foreign unit's key list.
    """
    above = units.values_list(Func(F("ancestors"), function="unnest"))
    return rows.filter(pk__in=Product.objects.filter(key_in__during__contains=on, key_in__unit__in=above).values("pk"))
