"""The verb on classes: a shop is of another class, or in another state, from a day on; called by api.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit
from backend.errors import FieldError, Problem
from backend.scope import Actor
from retail import news, queries
from retail.models import Classification, Retailer

# Computed elsewhere and published: no hand changes them. Who counts as a client is not for whoever visits him to say.
GUARDED = {"tier": "imports.run", "scale": "imports.run", "integrity_grade": "imports.run", "state": "retail.assign"}


def reclassify(
    *, actor: Actor, retailer: Retailer, from_date: date, changes: Mapping[str, Any], reason: str = ""
) -> Classification:
    """From the day on the shop has the changed classes; the days before keep theirs, and so do later rows.

    The row in force on the day is closed at it and a new one runs to where it ended; a row that began on the very day
    is corrected in place. `retail.edit` over the shop, else `not_found`; computed classes (tier, scale, integrity
    grade) need `imports.run` and the state `retail.assign` too, else `forbidden`; `conflict` before the first class.
    Eight queries, and one for each guarded capability.
    """
    if not queries.within(actor, "retail.edit").filter(pk=retailer.pk).exists():
        raise Problem("not_found")
    wanted = {GUARDED[name] for name in changes if name in GUARDED}
    allowed = {needed for needed in wanted if queries.within(actor, needed).filter(pk=retailer.pk).exists()}
    if guarded := [name for name in changes if name in GUARDED and GUARDED[name] not in allowed]:
        raise Problem("forbidden", errors=[FieldError("forbidden", pointer=f"/changes/{name}") for name in guarded])
    with transaction.atomic():
        Retailer.objects.select_for_update(no_key=True).get(pk=retailer.pk)  # two reclassifications of a shop wait here
        held = Classification.objects.filter(retailer=retailer, during__contains=from_date).first()
        if held is None:
            raise Problem("conflict")
        before = {name: getattr(held, name) for name in queries.CLASSES}
        if all(before[name] == value for name, value in changes.items()):
            return held
        row = _next(held, from_date)
        for name, value in changes.items():
            setattr(row, name, value)
        row.save()
        after = {"from": from_date, **{name: getattr(row, name) for name in queries.CLASSES}}
        county = retailer.county_id
        audit.record(actor, "retailer.reclassify", retailer, before=before, after=after, reason=reason, unit_id=county)
        news.tell_changed([retailer.pk], from_date)
    return row


def _next(held: Classification, from_date: date) -> Classification:
    """The row that is in force from the day on: a new one, or the held one when it begins on that day."""
    if held.during.lower == from_date:
        return held
    until = held.during.upper
    held.during = DateRange(held.during.lower, from_date)
    held.save(update_fields=["during"])
    values = {name: getattr(held, name) for name in queries.CLASSES}
    return Classification(retailer_id=held.retailer_id, during=DateRange(from_date, until), **values)
