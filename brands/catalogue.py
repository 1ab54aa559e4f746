"""Verbs on the catalogue: add and edit brands and products; called by api.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from backend import audit, clock, marks
from backend.constraints import violated
from backend.errors import FieldError, Problem
from backend.models import Level, Unit
from backend.scope import Actor
from brands import prices
from brands.feeds import CATALOGUE
from brands.models import Brand, Product

_UNIQUE = {"brands_brand_name": "name", "brands_product_code": "code", "brands_product_carton_code": "carton_code",
           "brands_product_pack_code": "pack_code"}  # fmt: skip


def add_brand(*, actor: Actor, values: Mapping[str, Any]) -> Brand:
    """The brand exists. `brands.edit`; `conflict` for a known name."""
    return _saved(actor, Brand(), values)


def edit_brand(*, actor: Actor, brand: Brand, values: Mapping[str, Any]) -> Brand:
    """The brand carries the values. `brands.edit`; `conflict` for another brand's name. The caller holds the row."""
    return _saved(actor, brand, values)


def add_product(*, actor: Actor, values: Mapping[str, Any]) -> Product:
    """The product exists; prices in fen per pack or carton. `brands.edit`; `conflict` for a known code or bar code."""
    return _saved(actor, Product(), values)


def edit_product(*, actor: Actor, product: Product, values: Mapping[str, Any]) -> Product:
    """The product carries the values; facts keep what they recorded, past days their prices. `brands.edit`; `conflict`
    as for add_product."""
    return _saved(actor, product, values)


def _saved(actor: Actor, row: Any, values: Mapping[str, Any]) -> Any:
    mine = actor.units("brands.edit")
    if not mine:
        raise Problem("forbidden")
    is_new = row._state.adding
    before = None if is_new else audit.snapshot(row)
    for name, value in values.items():
        setattr(row, name, value)
    if not is_new:
        row.version += 1
    try:
        with transaction.atomic():
            if isinstance(row, Product) and not is_new:
                keep_prices(row)
            row.save()
            act = f"{row._meta.model_name}.{'add' if is_new else 'edit'}"
            audit.record(actor, act, row, before=before, after=audit.snapshot(row), unit_id=mine[0])
            changed()
    except IntegrityError as error:
        raise taken(error) from error
    return row


def keep_prices(product: Product) -> None:
    """Days before today keep the stored prices of a product that is about to be saved with these. Three queries."""
    prices.keep([prices.Prices(product.pk, product.guide_carton_fen, product.wholesale_fen, product.transfer_fen)])


def changed() -> None:
    """Phones everywhere learn of what is sold and for how much. In the caller's transaction; two queries."""
    nations = Unit.objects.filter(level=Level.NATION).values_list("pk", flat=True)
    marks.mark(CATALOGUE, [(unit, clock.today()) for unit in nations])


def taken(error: IntegrityError) -> Problem:
    """The refusal that a violated unique constraint means, with the field where it is known."""
    name = violated(error)
    fields = [field for start, field in sorted(_UNIQUE.items(), reverse=True) if name.startswith(start)]
    return Problem("conflict", errors=[FieldError("conflict", pointer=f"/{field}") for field in fields[:1]])
