"""Verbs on key products: a unit puts a product on its list, and takes it off; called by api.py and the admin pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit, marks
from backend.errors import Problem
from backend.models import Unit
from backend.reach import require_unit
from backend.scope import Actor
from brands.models import KeyProduct, Product


@dataclass(frozen=True)
class Listing:
    """Which product, for which unit and everything under it, from a day to before another (None: open)."""

    unit: Unit
    product: Product
    from_date: date
    to_date: date | None = None
    is_launch: bool = False


def put_on_list(*, actor: Actor, listing: Listing) -> KeyProduct:
    """The product is key in the unit for the days of the listing. `brands.edit` over the unit, else `not_found`;
    `conflict` where it is on the unit's list on one of those days already."""
    require_unit(actor, "brands.edit", listing.unit.pk)
    if listing.to_date is not None and listing.to_date <= listing.from_date:
        raise Problem("bad_date")
    try:
        with transaction.atomic():
            made = KeyProduct.objects.create(
                unit=listing.unit,
                product=listing.product,
                during=DateRange(listing.from_date, listing.to_date),
                is_launch=listing.is_launch,
            )
            audit.record(actor, "keyproduct.add", made, after=audit.snapshot(made), unit_id=made.unit_id)
            changed(made.unit_id, listing.from_date)
    except IntegrityError as error:
        raise Problem("conflict") from error
    return made


def take_off(*, actor: Actor, key_product: KeyProduct, on: date, reason: str) -> KeyProduct:
    """From the day on the product is no longer key in the unit; the days before keep it. `brands.edit` over the unit,
    else `not_found`; `conflict` when the day is not within the listing, or is its first."""
    require_unit(actor, "brands.edit", key_product.unit_id)
    with transaction.atomic():
        held = KeyProduct.objects.select_for_update().get(pk=key_product.pk)
        if on <= held.during.lower or (held.during.upper is not None and on >= held.during.upper):
            raise Problem("conflict")
        before = audit.snapshot(held)
        held.during = DateRange(held.during.lower, on)
        held.version += 1
        held.save(update_fields=["during", "version"])
        after = audit.snapshot(held)
        audit.record(actor, "keyproduct.end", held, before=before, after=after, reason=reason, unit_id=held.unit_id)
        changed(held.unit_id, on)
    return held


def changed(unit_id: int, on: date) -> None:
    """What rests on the key list of the unit, and of every unit under it, is recomputed from the day on."""
    marks.mark("key_products", [(unit_id, on)])
