"""What the lists of months may be narrowed by; read by cycles/api.py."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as rest

from backend.errors import FieldError, Problem
from backend.http.filters import (
    DayFilter,
    Filters,
    MonthFilter,
    TextFilter,
    TrueFalseFilter,
    UnderFilter,
    WholeNumberFilter,
)
from backend.scope import units_under
from cycles.grid import COLUMNS, CellState
from cycles.models import Adjustment, CalendarDay, ManagerCycle, RetailerCycle

STATES = {state.name.lower(): state for state in CellState}


class CycleFilters(Filters):
    """`unit`: territories at or under it; `cell` and `state` go together: client_execute and open."""

    month = MonthFilter()
    unit = UnderFilter(field_name="territory_id")
    cell = rest.ChoiceFilter(choices=[(column, column) for column in COLUMNS], method="in_state")
    state = rest.ChoiceFilter(choices=[(name, name) for name in STATES], method="in_state")

    class Meta:
        model = RetailerCycle
        fields = ("territory", "retailer")

    def in_state(self, rows: QuerySet[RetailerCycle], name: str, value: str) -> QuerySet[RetailerCycle]:
        cell, state = self.form.cleaned_data["cell"], self.form.cleaned_data["state"]
        if not (cell and state):
            missing = "state" if cell else "cell"
            fault = FieldError(
                "bad_parameter", "cell 与 state 须同时给出", "cell and state go together", parameter=missing
            )
            raise Problem("bad_parameter", errors=[fault])
        return rows.filter(**{cell: STATES[state]})


class ManagerCycleFilters(Filters):
    """`under`: managers at or under a unit."""

    month = MonthFilter()
    under = UnderFilter(field_name="unit_id")

    class Meta:
        model = ManagerCycle
        fields = ("unit", "person", "role")


class AdjustmentFilters(Filters):
    """`unit`: about units at or under it, and shops of territories at or under it; `absorbed`: taken into the figures
    by a reopening."""

    month = MonthFilter()
    unit = WholeNumberFilter(method="at_or_under")
    figure = TextFilter()
    absorbed = TrueFalseFilter(field_name="absorbed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Adjustment
        fields = ("retailer",)

    def at_or_under(self, rows: QuerySet[Adjustment], name: str, value: Any) -> QuerySet[Adjustment]:
        below = units_under([int(value)])
        return rows.filter(Q(unit_id__in=below) | Q(retailer_id__isnull=False, territory_id__in=below))


class CalendarDayFilters(Filters):
    """`since` and `until` include their day."""

    since = DayFilter(field_name="day", lookup_expr="gte")
    until = DayFilter(field_name="day", lookup_expr="lte")

    class Meta:
        model = CalendarDay
        fields = ("is_working",)
