"""Verbs on leave: days on which somebody does not visit are entered, changed, taken back; called by visits/stop_api.py.

Who may: `cycles.plan` at the unit or above it, so an account manager her own territory's, her market manager his
office's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit
from backend.errors import Problem
from backend.models import Position
from backend.reach import require_unit
from backend.scope import Actor
from visits.models import Leave
from visits.stops import PLAN


@dataclass(frozen=True)
class Days:
    """From the first to the last day, both of them off."""

    first: date
    last: date

    @property
    def during(self) -> DateRange:
        if self.last < self.first:
            raise Problem("bad_date")
        return DateRange(self.first, self.last + timedelta(days=1))


def enter(*, actor: Actor, person_id: UUID, unit_id: int, days: Days, kind: str = "") -> Leave:
    """The person does not visit on these days. `not_found` without `cycles.plan` over the unit, or where the person
    holds no position there on one of them; `bad_date`; `conflict` with a leave that stands. Five queries."""
    require_unit(actor, PLAN, unit_id)
    during = days.during
    if not Position.objects.filter(person_id=person_id, unit_id=unit_id, during__overlap=during).exists():
        raise Problem("not_found")
    with transaction.atomic():
        leave = Leave(person_id=person_id, unit_id=unit_id, during=during, kind=kind)
        _save(leave, new=True)
        audit.record(actor, "leave.enter", leave, after=audit.snapshot(leave), unit_id=unit_id)
    return leave


def change(*, actor: Actor, leave: Leave, days: Days, kind: str) -> Leave:
    """The leave is of these days and kind. `not_found`, `bad_date`, `conflict` as for enter. Five queries."""
    require_unit(actor, PLAN, leave.unit_id)
    during = days.during
    with transaction.atomic():
        held = Leave.objects.select_for_update().get(pk=leave.pk)
        before = audit.snapshot(held)
        held.during, held.kind = during, kind
        held.version += 1
        _save(held)
        audit.record(actor, "leave.change", held, before=before, after=audit.snapshot(held), unit_id=held.unit_id)
    return held


def take_back(*, actor: Actor, leave: Leave) -> None:
    """The person visits on these days after all; the audit keeps what was. `not_found`. Four queries."""
    require_unit(actor, PLAN, leave.unit_id)
    with transaction.atomic():
        audit.record(actor, "leave.take_back", leave, before=audit.snapshot(leave), unit_id=leave.unit_id)
        leave.delete()


def _save(leave: Leave, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            leave.save(force_insert=new)
    except IntegrityError as error:
        raise Problem("conflict") from error
