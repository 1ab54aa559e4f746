"""Verbs on the working calendar's overrides: set a day, clear it; called by the API. The pages are in admin.py."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from backend import audit, clock, marks
from backend.errors import Problem
from backend.models import Level, Unit
from backend.scope import Actor
from cycles.models import CalendarDay
from cycles.settings_feed import CALENDAR

CAPABILITY = "calendar.edit"


def set_day(*, actor: Actor, day: date, is_working: bool, name: str) -> CalendarDay:
    """The day is worked or not, whatever the published calendar says; every date of the months follows at once.

    `forbidden` without calendar.edit. A month that has opened stays open when its opening moment moves.
    """
    unit = _require(actor)
    with transaction.atomic():
        row = CalendarDay.objects.select_for_update().filter(day=day).first()
        before = audit.snapshot(row) if row else None
        if row is None:
            row = CalendarDay(day=day, is_working=is_working, name=name)
            row.save(force_insert=True)
        else:
            row.is_working, row.name, row.version = is_working, name, row.version + 1
            row.save(update_fields=["is_working", "name", "version"])
        audit.record(actor, "calendar.set", row, before=before, after=audit.snapshot(row), unit_id=unit)
        changed()
    return row


def clear_day(*, actor: Actor, row: CalendarDay) -> None:
    """The day is what the published calendar says again. `forbidden` without calendar.edit."""
    unit = _require(actor)
    with transaction.atomic():
        audit.record(actor, "calendar.clear", row, before=audit.snapshot(row), unit_id=unit)
        row.delete()
        changed()


def changed() -> None:
    """Phones everywhere learn which days are worked. In the caller's transaction; two queries."""
    nations = Unit.objects.filter(level=Level.NATION).values_list("pk", flat=True)
    marks.mark(CALENDAR, [(unit, clock.today()) for unit in nations])


def _require(actor: Actor) -> int:
    """The highest unit at which the actor keeps the calendar: its audit shows the act."""
    held = sorted((p.level, p.unit_id) for p in actor.held if CAPABILITY in p.capabilities)
    if not held:
        raise Problem("forbidden")
    return held[0][1]
