"""Reads of the catalogue: price class and key products as of a day; called by api.py and filters.py."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import F, Func, OuterRef, QuerySet, Subquery

from backend.models import Unit
from brands.models import PriceClassBand, Product


def price_class_on(on: date, transfer_fen: str = "transfer_fen") -> Subquery:
    """An annotation: price class 1-5 of a product on a day; null where the transfer price is unknown or no band holds.

    `transfer_fen` is the path to the price. Set-based: no query of its own. Source: docs/method.md, price class.
    """
    bands = PriceClassBand.objects.filter(during__contains=on, transfer_fen__contains=OuterRef(transfer_fen))
    return Subquery(bands.values("price_class")[:1])


def products_on(on: date, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """Products with their brand and `price_class` of the day."""
    products = Product.objects.all() if rows is None else rows
    return products.select_related("brand").annotate(price_class=price_class_on(on))


def key_in(rows: QuerySet[Any], units: QuerySet[Unit], on: date) -> QuerySet[Any]:
    """Products that are key in one of the units on a day: in WHERE, no query of its own.

    A unit's key list is its own and those of all units above it: what the prefecture pushes is key in every territory.
    The caller narrows the units to what its reader may see, or the filter would tell a foreign unit's key list.
    """
    above = units.values_list(Func(F("ancestors"), function="unnest"))
    return rows.filter(pk__in=Product.objects.filter(key_in__during__contains=on, key_in__unit__in=above).values("pk"))
