"""The months over HTTP: how far each prefecture is, reopening, what was frozen, and the lines that stand beside it."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from backend.http import etags
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ScopedViewSet
from backend.kpis import kpi
from backend.models import Unit
from backend.reach import unit_for
from cycles import filters, month_reads, months_shapes, queries, reopening
from cycles.api import month_of_address
from cycles.models import Adjustment, Month, PrefectureMonth
from market.boards.api import unit_out


class MonthViewSet(ListActs, ScopedViewSet):
    """The months that have been opened, newest first, with their dates as they are in the highest unit of mine, and how
    far my prefectures are; `provisional` where the dates may still move."""

    queryset = Month.objects.all()
    serializer_class = months_shapes.MonthOut
    total_order = ("-month",)
    needs = {"list": "cycles.read"}

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset) or []
        months = [row.month for row in rows]
        unit = unit_for(self.actor, queries.CAPABILITY, None)
        dates = queries.dates_at((queries.prefecture_of(unit), month) for month in months)
        states = month_reads.states(self.actor, months)
        for row in rows:
            row.__dict__ |= vars(dates[queries.prefecture_of(unit), row.month])
            row.prefectures = states.get(row.month, [])
        return rows


class PrefectureMonthView(ScopedView):
    """One prefecture's month: its dates by its own terms, and how far it is."""

    needs = {"get": "cycles.read"}
    answers = {"get": months_shapes.PrefectureMonthOut}
    problem_codes = ("not_found",)

    def get(self, request: Request, month: str, unit: int) -> Response:
        row = month_reads.prefecture_month(self.actor, month_of_address(month), unit)
        return etags.told(request, row, _told(row))


class ReopenMonth(ScopedView):
    """Opens a prefecture's locked month once more, with a reason, until the end of a day; the lines that stand beside
    its figures are absorbed into them. Audited."""

    needs = {"post": reopening.CAPABILITY}
    in_serializers = {"post": months_shapes.ReopenIn}
    answers = {"post": months_shapes.PrefectureMonthOut}
    problem_codes = ("not_found", "month_not_locked", "invalid")

    def post(self, request: Request, month: str, unit: int) -> Response:
        row = reopening.reopen(actor=self.actor, month=month_of_address(month), prefecture=unit, **self.body())
        return etags.told(request, row, _told(row))


class FrozenFigures(ScopedView):
    """What a unit's month came to at the lock, each figure with the dated lines of what arrived since. Without `unit`
    the highest unit of mine that has a month of its own; nothing is frozen before the lock."""

    needs = {"get": "boards.read"}
    queries = {"get": months_shapes.FiguresQuery}
    answers = {"get": months_shapes.FiguresOut}
    problem_codes = ("not_found",)

    def get(self, request: Request, month: str) -> Response:
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        first = month_of_address(month)
        row = month_reads.state_of(unit, first)
        figures = month_reads.figures(unit, first) if row.locked_at else []
        told = {
            "unit": unit_out(unit),
            "month": first,
            "state": row.state,
            "locked_at": row.locked_at,
            "figures": [_figure(figure) for figure in figures],
        }
        return Response(months_shapes.FiguresOut(told).data)


class AdjustmentViewSet(ListActs, ScopedViewSet):
    """What late visits and corrections did to locked months, newest first: a dated line beside a cell, a result or a
    figure. `unit`: about units at or under it, and shops of territories at or under it."""

    queryset = Adjustment.objects.all()
    serializer_class = months_shapes.AdjustmentOut
    filterset_class = filters.AdjustmentFilters
    total_order = ("-id",)
    needs = {"list": "cycles.read"}


def _told(row: PrefectureMonth) -> dict[str, Any]:
    unit: Unit = row.prefecture
    dates = queries.dates_for(unit, row.month)
    found = {**vars(row), **vars(dates), "measures_at": dates.measures_at, "unit": unit_out(unit)}
    return dict(months_shapes.PrefectureMonthOut(found).data)


def _figure(figure: month_reads.Figure) -> dict[str, Any]:
    definition = kpi(figure.kpi)
    return {
        "kpi": figure.kpi,
        "version": figure.version,
        "name": months_shapes.name_of(definition),
        "unit": definition.unit,
        "frozen": months_shapes.told(figure.kpi, figure.frozen),
        "adjusted": months_shapes.told(figure.kpi, figure.adjusted),
        "adjustments": [months_shapes.line_out(line) for line in figure.lines],
    }
