"""Repair tasks, breaches and the rates of compliance over HTTP; see display_tasks.py, breaches.py, compliance.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.serializers import MonthField
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.reach import unit_for
from visits import breaches, compliance, follow_filters, follow_shapes
from visits.models import Breach, DisplayTask


class TaskViewSet(ListActs, ReadActs, ScopedViewSet):
    """Repair tasks by the day they are due. Later checks close them; nobody does it by hand."""

    queryset = DisplayTask.objects.select_related("retailer")
    serializer_class = follow_shapes.TaskOut
    filterset_class = follow_filters.TaskFilters
    needs = {"list": "visits.read", "retrieve": "visits.read"}
    total_order = ("due_on", "id")


class BreachViewSet(ListActs, ReadActs, ScopedViewSet):
    """What visits found against the law, newest first: the bureau's queue, and for managers that it was reported."""

    queryset = Breach.objects.select_related("retailer", "person", "territory")
    serializer_class = follow_shapes.BreachOut
    filterset_class = follow_filters.BreachFilters
    in_serializers = {"close": follow_shapes.CloseIn}
    needs = {
        "list": "breaches.read",
        "retrieve": "breaches.read",
        "see": breaches.SETTLE,
        "close": breaches.SETTLE,
    }
    total_order = ("-reported_at", "-id")

    @action(detail=True, methods=["post"])
    def see(self, request: Request, pk: Any = None) -> Response:
        """The bureau has seen it."""
        return self.told(breaches.see(actor=self.actor, breach=self.get_object()))

    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: Any = None) -> Response:
        """What became of it, in words."""
        return self.told(breaches.close(actor=self.actor, breach=self.get_object(), **self.body()))


class RatesQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(
        required=False,
        min_value=-(2**63),
        max_value=2**63 - 1,
        help_text="Default: the highest that you see boards of.",
    )
    month = MonthField(required=False, help_text="Default: the running month.")


class ComplianceView(ScopedView):
    """Rates of price tags, licence and minors of a unit and month, and how long repairs take."""

    needs = {"get": "boards.read"}
    queries = {"get": RatesQuery}
    answers = {"get": follow_shapes.RatesOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        month = self.asked.get("month") or clock.month_of(clock.today())
        found = compliance.rates([unit.pk], month)[unit.pk]
        told = {"unit": unit.pk, "name": unit.name, "month": month, **found}
        return Response(follow_shapes.RatesOut(told).data)
