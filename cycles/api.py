"""The months over HTTP: shops' cycles, progress of a unit, the months and their calendar."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.errors import Problem
from backend.http import etags
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ScopedViewSet
from backend.reach import unit_for
from cycles import calendar_days, chain_reads, filters, grid_shapes, month_reads, months_shapes, queries, shapes
from cycles.calendar import MonthDates, WorkingCalendar
from cycles.grid import CELLS, CellState
from cycles.models import CalendarDay, RetailerCycle
from market.boards.api import unit_out


class CycleViewSet(ListActs, ScopedViewSet):
    """Shops' months, newest first; `cell=client_execute&state=open` are the shops still to be visited."""

    queryset = RetailerCycle.objects.select_related("retailer")
    serializer_class = shapes.CycleOut
    filterset_class = filters.CycleFilters
    total_order = ("-month", "retailer_id")
    needs = {"list": "cycles.read"}


class CycleGrid(ScopedView):
    """One shop's month: its 15 cells, what each asks for and by when, and the visits behind the execute cells."""

    needs = {"get": "cycles.read"}
    answers = {"get": grid_shapes.CellsOut}

    def get(self, request: Request, month: str, retailer_id: Any) -> Response:
        first = month_of_address(month)
        row = queries.cycle_of(self.actor, first, retailer_id)
        dates = queries.dates_for(row.county, first)
        found = queries.evidence(self.actor, first, row.retailer_id)
        behind = chain_reads.behind(self.actor, first, row.retailer_id)
        proofs = chain_reads.proof_of(self.actor, [a.pk for of in behind.values() for a in of.actions])
        beside = month_reads.beside_cells(self.actor, first, row.retailer_id)
        told = {
            "month": first,
            "month_state": month_reads.state_name(row.county, first),
            "retailer": row.retailer,
            "territory_id": row.territory_id,
            "county_id": row.county_id,
            "provisional": dates.provisional,
            "moved": found.moved,
            "grid": [
                {
                    **_grid_cell(cell, row, dates, found),
                    **chain_reads.step_of(cell.column, behind, proofs),
                    "adjustments": [months_shapes.line_out(line) for line in beside.get(cell.column, ())],
                }
                for cell in CELLS
            ],
        }
        return Response(grid_shapes.CellsOut(told).data)


class CycleProgress(ScopedView):
    """How far a unit's month is: a 3 x 5 grid of shops by state, for the unit and for each unit right below it.

    Without `unit` the highest unit of mine, without `month` the running one. A unit outside my scope answers 404.
    """

    needs = {"get": "cycles.read"}
    queries = {"get": shapes.ProgressQuery}
    answers = {"get": shapes.ProgressOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit = unit_for(self.actor, queries.CAPABILITY, self.asked.get("unit"))
        month = self.asked.get("month") or clock.month_of(clock.today())
        found = queries.progress(self.actor, unit, month)
        dates = queries.dates_for(unit, month)
        return Response(
            {
                "month": f"{month:%Y-%m}",
                "provisional": dates.provisional,
                **_unit_progress(found, dates),
                "children": [_unit_progress(child, dates) for child in found.children],
            }
        )


class CalendarDayViewSet(ListActs, ScopedViewSet):
    """The days that were set against the published calendar, oldest first."""

    queryset = CalendarDay.objects.all()
    serializer_class = shapes.CalendarDayOut
    filterset_class = filters.CalendarDayFilters
    total_order = ("day",)
    needs = {"list": None}

    def paginate_queryset(self, queryset: Any) -> Any:
        return [_told_day(row.day, row) for row in super().paginate_queryset(queryset) or []]


class CalendarDayView(ScopedView):
    """One day of the working calendar. PUT sets it; If-Match is needed where it was set before. DELETE clears it."""

    needs = {"get": None, "put": calendar_days.CAPABILITY, "delete": calendar_days.CAPABILITY}
    in_serializers: ClassVar[Any] = {"put": shapes.CalendarDayIn}
    answers = {"get": shapes.CalendarDayOut, "put": shapes.CalendarDayOut, "delete": None}

    def get(self, request: Request, day: str) -> Response:
        on = day_of_address(day)
        row = queries.calendar_day(self.actor, on)
        told = _told_day(on, row)
        return etags.told(request, row, told) if row else Response(told)

    def put(self, request: Request, day: str) -> Response:
        on, given = day_of_address(day), self.body()
        try:
            with transaction.atomic():
                row = CalendarDay.objects.select_for_update().filter(day=on).first()
                if row is not None:
                    etags.require(request, row)
                made = calendar_days.set_day(actor=self.actor, day=on, **given)
        except IntegrityError:  # somebody else set the day for the first time at this moment
            raise Problem("precondition_required") from None
        return etags.told(request, made, _told_day(on, made), 200 if row else 201)

    def delete(self, request: Request, day: str) -> Response:
        with transaction.atomic():
            row = CalendarDay.objects.select_for_update().filter(day=day_of_address(day)).first()
            if row is None:
                raise Problem("not_found")
            etags.require(request, row)
            calendar_days.clear_day(actor=self.actor, row=row)
        return Response(status=204)


def month_of_address(text: str) -> date:
    """2026-03 in an address; anything else is an unknown address."""
    return day_of_address(f"{text}-01") if len(text) == 7 else day_of_address("")


def day_of_address(text: str) -> date:
    """2026-03-16 in an address; anything else is an unknown address."""
    try:
        found = date.fromisoformat(text) if len(text) == 10 and text.isascii() else None
    except ValueError:
        found = None
    if found is None or not 1990 <= found.year <= 2100:
        raise Problem("not_found")
    return found


def _grid_cell(cell: Any, row: RetailerCycle, dates: MonthDates, found: queries.Evidence) -> dict[str, Any]:
    return {
        **_place(cell),
        "asks": cell.asks,
        "reviewer": cell.reviewer,
        "due_on": cell.due_on(dates),
        "due_at": cell.due_at(dates),
        "state": CellState(getattr(row, cell.column)).name.lower(),
        "visits": found.visits.get(cell.column, ()),
    }


def _place(cell: Any) -> dict[str, Any]:
    return {"cell": cell.column, "dimension": str(cell.dimension), "step": str(cell.step), "name": str(cell.name)}


def _unit_progress(found: queries.Progress, dates: MonthDates) -> dict[str, Any]:
    return {
        "unit": unit_out(found.unit),
        "shops": found.shops,
        "grid": [
            {
                **_place(cell),
                "due_on": cell.due_on(dates),
                "shops": {state.name.lower(): found.cells[cell.column][state] for state in CellState},
            }
            for cell in CELLS
        ],
    }


def _told_day(day: date, row: CalendarDay | None) -> dict[str, Any]:
    calendar = WorkingCalendar({day: row.is_working} if row else {})
    published = "published" if calendar.is_settled(day) else "assumed"
    return {
        "day": day,
        "is_working": calendar.is_working(day),
        "name": row.name if row else "",
        "source": "override" if row else published,
    }
