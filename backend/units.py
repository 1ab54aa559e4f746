"""Verbs on the org tree: open a unit, close it (with a successor). A parent never changes."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit
from backend.errors import Problem
from backend.models import Level, Unit
from backend.reach import require_unit
from backend.scope import Actor


def open_unit(*, actor: Actor, parent: Unit, code: str, name: str, from_date: date) -> Unit:
    """A unit one level below its parent exists from a day on. `org.edit` above it; `conflict` for a known code, and
    under a territory, which is the lowest."""
    require_unit(actor, "org.edit", parent.pk)
    if parent.level == Level.TERRITORY:
        raise Problem("conflict")
    try:
        with transaction.atomic():
            unit = Unit.objects.create(
                code=code, name=name, parent=parent, level=Level(parent.level + 1), during=DateRange(from_date, None)
            )
            audit.record(actor, "unit.open", unit, after=audit.snapshot(unit), unit_id=parent.pk)
    except IntegrityError as error:
        raise Problem("conflict") from error
    return unit


def close_unit(*, actor: Actor, unit: Unit, on: date, reason: str, successor: Unit | None = None) -> Unit:
    """The unit ends on a day (that day is no longer its own) and names what takes its place. `conflict` while it has
    children that go on after that day, and for a day that is not within its own."""
    require_unit(actor, "org.edit", unit.pk)
    with transaction.atomic():
        held = Unit.objects.select_for_update().get(pk=unit.pk)
        ends_already = held.during.upper is not None and on >= held.during.upper
        if on <= held.during.lower or ends_already or held.children.filter(during__contains=on).exists():
            raise Problem("conflict")
        before = audit.snapshot(held)
        held.during, held.successor = DateRange(held.during.lower, on), successor
        held.version += 1
        held.save(update_fields=["during", "successor", "version"])
        audit.record(
            actor, "unit.close", held, before=before, after=audit.snapshot(held), reason=reason, unit_id=held.pk
        )
    return held
