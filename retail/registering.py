"""Verbs on the retailer's file: register a shop, edit it; called by api.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit, clock, marks
from backend.constraints import violated
from backend.errors import FieldError, Problem
from backend.models import Level, Unit
from backend.reach import require_unit
from backend.scope import COUNTY, Actor
from retail import assignment, news, queries
from retail.models import Assignment, Classification, Retailer

IDENTITY = frozenset({"code", "licence_no"})  # who the shop is: not for whoever visits it to change
_UNIQUE = (("retail_retailer_code", "code"), ("retail_retailer_licence_no", "licence_no"))


@dataclass(frozen=True)
class Registration:
    """A new shop: its own values, its classes, the territory it belongs to, and since when."""

    shop: Mapping[str, Any]
    classes: Mapping[str, Any]
    territory: Unit
    from_date: date


def register(*, actor: Actor, new: Registration) -> Retailer:
    """The shop exists with its classes and belongs to the territory from the day on; its county is the territory's.

    `retail.edit` and `retail.assign` over a territory that is in force on the day, else `not_found`; `conflict` for a
    known code or licence. Visit class where none is given: C, monthly. Phones follow at once, or on the day where it
    lies ahead. At most ten queries.
    """
    for capability in ("retail.edit", "retail.assign"):
        require_unit(actor, capability, new.territory.pk)
    if new.territory.level != Level.TERRITORY or new.from_date not in new.territory.during:
        raise Problem("not_found")
    during = DateRange(new.from_date, None)
    try:
        with transaction.atomic():
            county = new.territory.ancestors[COUNTY]
            shop = Retailer.objects.create(**{"opened_on": new.from_date, **new.shop}, county_id=county)
            classes = Classification.objects.create(retailer=shop, during=during, **new.classes)
            Assignment.objects.create(retailer=shop, territory=new.territory, during=during)
            told = {**audit.snapshot(shop), "classes": _classes(classes), "territory_id": new.territory.pk}
            audit.record(actor, "retailer.register", shop, after=told, unit_id=new.territory.pk)
            marks.mark("assignments", [(new.territory.pk, new.from_date)])
            if new.from_date > clock.today():
                assignment.plan_arrival([shop.pk], new.from_date)
            news.tell_changed([shop.pk], new.from_date)
    except IntegrityError as error:
        raise taken(error) from error
    return shop


def edit(*, actor: Actor, retailer: Retailer, values: Mapping[str, Any], on: date) -> Retailer:
    """The shop carries the values (name, licence, address, hours, point; not its classes: see classes.py).

    `retail.edit` over the shop on the day, else `not_found`; code and licence number need `retail.assign` too, else
    `forbidden`; `conflict` for another shop's code or licence. The caller holds the row. Five queries.
    """
    foreign = sorted(name for name in IDENTITY & set(values) if values[name] != getattr(retailer, name))
    if not queries.within(actor, "retail.edit", on).filter(pk=retailer.pk).exists():
        raise Problem("not_found")
    if foreign and not queries.within(actor, "retail.assign", on).filter(pk=retailer.pk).exists():
        raise Problem("forbidden", errors=[FieldError("forbidden", pointer=f"/{name}") for name in foreign])
    before = audit.snapshot(retailer)
    for name, value in values.items():
        setattr(retailer, name, value)
    retailer.version += 1
    try:
        with transaction.atomic():
            retailer.save()
            after = audit.snapshot(retailer)
            audit.record(actor, "retailer.edit", retailer, before=before, after=after, unit_id=retailer.county_id)
            news.tell_changed([retailer.pk], on)
    except IntegrityError as error:
        raise taken(error) from error
    return retailer


def _classes(row: Classification) -> dict[str, Any]:
    return {name: getattr(row, name) for name in queries.CLASSES}


def taken(error: IntegrityError) -> Problem:
    """The refusal that a violated constraint means, with its field where one is to blame."""
    name = violated(error)
    fields = [field for start, field in _UNIQUE if name.startswith(start)]
    return Problem("conflict", errors=[FieldError("conflict", pointer=f"/{field}") for field in fields])
