"""Verbs on positions: appoint somebody to a role at a unit, end a position. Effective at the next request."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit
from backend.errors import Problem
from backend.models import Person, Position, Role, Unit
from backend.reach import require_unit
from backend.scope import Actor


def appoint(*, actor: Actor, person: Person, unit: Unit, role: Role, from_date: date) -> Position:
    """The person holds the role at the unit from a day on. `people.manage` over the unit, else `not_found`; `conflict`
    where the person holds it already or the territory has an account manager that day."""
    require_unit(actor, "people.manage", unit.pk)
    try:
        with transaction.atomic():
            position = Position.objects.create(person=person, unit=unit, role=role, during=DateRange(from_date, None))
            audit.record(actor, "position.appoint", position, after=audit.snapshot(position), unit_id=unit.pk)
    except IntegrityError as error:
        raise Problem("conflict") from error
    return position


def end(*, actor: Actor, position: Position, on: date, reason: str) -> Position:
    """The position ends: on that day it is no longer held, and no token of the person reaches what it opened.
    `people.manage` over its unit, else `not_found`; `conflict` for a day that is not within it, or is its first."""
    require_unit(actor, "people.manage", position.unit_id)
    with transaction.atomic():
        held = Position.objects.select_for_update().get(pk=position.pk)
        if on <= held.during.lower or (held.during.upper is not None and on >= held.during.upper):
            raise Problem("conflict")
        before = audit.snapshot(held)
        held.during = DateRange(held.during.lower, on)
        held.version += 1
        held.save(update_fields=["during", "version"])
        audit.record(
            actor, "position.end", held, before=before, after=audit.snapshot(held), reason=reason, unit_id=held.unit_id
        )
    return held
