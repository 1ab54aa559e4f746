"""`/shops/<id>/<month>`: one shop's month, its 15 cells with what stands behind each, and its actions to decide."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from cycles import month_reads, queries
from cycles.api import month_of_address
from cycles.calendar import MonthDates
from cycles.grid import Cell, CellState
from cycles.models import RetailerCycle
from web.boards import acts, decisions, place, shops
from web.boards.grids import STEPS
from web.boards.pictures import Fill, Picture, rows_of

FILLS: dict[CellState, Fill] = {
    CellState.NONE: "idle",
    CellState.OPEN: "open",
    CellState.DONE: "done",
    CellState.MISSED: "missed",
    CellState.NOT_APPLICABLE: "idle",
}


@acts.page
def shop(request: HttpRequest, retailer_id: UUID, month: str) -> HttpResponse:
    """Findings, actions, evidence, results, improvements and adjustments of a shop's month. Up to twenty queries."""
    place.known(request)
    who = actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    first = month_of_address(month)
    done = acts.run(request, decisions.VERBS)
    if isinstance(done, HttpResponse):
        return done
    row = queries.cycle_of(who, first, retailer_id)
    dates = queries.dates_for(row.territory, first)
    parts = shops.parts_of(who, row)
    told: dict[str, Any] = {
        "here": place.standing(who, row.territory, first),
        "row": row,
        "before": shops.cycle_exists(who, retailer_id, clock.add_months(first, -1)),
        "after": shops.cycle_exists(who, retailer_id, clock.add_months(first, 1)),
        "pictures": rows_of(lambda cell: _picture(cell, row, dates, parts)),
        "steps": STEPS,
        "sections": shops.sections(row, dates, parts),
        "adjustments": parts.adjustments,
        "state": month_reads.state_name(row.territory, first),
        "reasons": decisions.reasons(),
        "may_plan": decisions.may_plan(who),
        "reads_needs": who.can("retail.read"),
        "reads_breaches": who.can("breaches.read"),
    }
    return acts.shown(request, "boards/shop.html", told, done)


def _picture(cell: Cell, row: RetailerCycle, dates: MonthDates, parts: shops.Parts) -> Picture:
    state = CellState(getattr(row, cell.column))
    n = parts.count(cell)
    return Picture(
        column=cell.column,
        name=cell.name,
        asks=cell.asks,
        dimension=cell.dimension,
        fill=FILLS[state],
        word=state.label,
        below=_("%d items") % n if n else "",
        is_overdue=state is CellState.OPEN and _is_over(cell.due_on(dates)),
    )


def _is_over(due_on: date) -> bool:
    return due_on < clock.today()
