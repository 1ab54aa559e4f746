"""What lists of signals, proposed points, repair tasks and breaches can be narrowed by; for their APIs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as rest

from backend.http.filters import DayFilter, Filters, MonthFilter, TrueFalseFilter, UnderFilter
from visits.models import Breach, DisplayTask, PointProposal, Signal


class SignalFilters(Filters):
    month = MonthFilter()
    unit = UnderFilter(field_name="territory_id")
    kind = rest.ChoiceFilter(choices=Signal.Kind.choices)
    state = rest.ChoiceFilter(choices=Signal.State.choices)
    waiting = TrueFalseFilter(method="undecided", label="nobody has decided yet")

    class Meta:
        model = Signal
        fields = ["retailer", "person", "visit_id"]

    def undecided(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return rows.filter(decided_at__isnull=value)


class PointFilters(Filters):
    unit = UnderFilter(field_name="territory_id")
    state = rest.ChoiceFilter(choices=PointProposal.State.choices)

    class Meta:
        model = PointProposal
        fields = ["retailer"]


class TaskFilters(Filters):
    unit = UnderFilter(field_name="territory_id")
    kind = rest.ChoiceFilter(choices=DisplayTask.Kind.choices)
    is_open = TrueFalseFilter(field_name="closed_on", lookup_expr="isnull")
    due_before = DayFilter(field_name="due_on", lookup_expr="lt")

    class Meta:
        model = DisplayTask
        fields = ["retailer", "item_code"]


class BreachFilters(Filters):
    month = MonthFilter()
    unit = UnderFilter(field_name="territory_id")
    kind = rest.ChoiceFilter(choices=Breach.Kind.choices)
    state = rest.ChoiceFilter(choices=Breach.State.choices)

    class Meta:
        model = Breach
        fields = ["retailer", "severity"]
