"""Who plans for what: the write gate of actions, results and improvements, and the marks that their verbs leave.

An account manager plans for the shops that are hers today and for her territory, a market or brand manager for what
lies under the unit of the position. Asked by actions.py, evaluate.py, improve.py and misfires.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from django.db.models import QuerySet

from backend import clock, marks
from backend.scope import About, Actor
from cycles.models.chain import Subject

S = TypeVar("S", bound=Subject)

CAPABILITY = "cycles.plan"
MARK = "actions"  # what was decided moves cells; drained by cycles/changes.py
_PLANNED = About(capability=CAPABILITY)


def planned_by(actor: Actor, rows: QuerySet[S]) -> QuerySet[S]:
    """Those rows whose subject the actor plans for today: in WHERE, no query of its own."""
    return rows.filter(_PLANNED.where(actor, clock.today()))


def mark(month: date, rows: Iterable[Subject]) -> None:
    """The cells of these subjects' territories are derived again for the month. One query; caller's transaction."""
    marks.mark(MARK, {(row.territory_id, month) for row in rows if row.territory_id is not None})


def unit_of(row: Subject) -> int:
    """The unit in whose audit an act on the subject shows: its territory, else its county, else itself."""
    unit = row.territory_id or row.county_id or row.unit_id
    if unit is None:
        raise ValueError("a subject without a unit")
    return unit
