"""What the lists of months may be narrowed by; read by cycles/api.py."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as rest

from backend.errors import FieldError, Problem
from backend.http.filters import DayFilter, Filters, MonthFilter, UnderFilter
from cycles.grid import COLUMNS, CellState
from cycles.models import CalendarDay, ManagerCycle, RetailerCycle

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


class CalendarDayFilters(Filters):
    """`since` and `until` include their day."""

    since = DayFilter(field_name="day", lookup_expr="gte")
    until = DayFilter(field_name="day", lookup_expr="lte")

    class Meta:
        model = CalendarDay
        fields = ("is_working",)
