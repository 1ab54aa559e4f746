"""Launches over HTTP: read within scope, planned by brand managers, approved and decided; verbs: launch.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.filters import Filters, UnderFilter
from backend.http.serializers import (
    OutModelSerializer,
    OutSerializer,
    StrictBooleanField,
    StrictModelSerializer,
    StrictSerializer,
)
from backend.http.viewsets import CreateActs, EditActs, ListActs, ReadActs, ScopedViewSet
from market.launches import launch as launches
from market.models import Launch, LaunchVerdict


class GoalOut(OutSerializer):
    goal = serializers.ChoiceField(
        choices=["on_shelf", "repurchase", "sell_through", "stock_ratio", "volume", "stock_left"]
    )
    kpi = serializers.CharField(help_text="The figure's id, as GET /api/v1/kpis explains it.")
    value = serializers.CharField(allow_null=True, help_text="Null: nobody could tell; then it is not reached.")
    target = serializers.CharField()
    met = serializers.BooleanField()


class VerdictOut(OutModelSerializer):
    figures = GoalOut(many=True)

    class Meta:
        model = LaunchVerdict
        fields = ("month", "number", "outcome", "figures", "made_at")


class LaunchOut(OutModelSerializer):
    unit_name = serializers.CharField(source="unit.name")
    product_name = serializers.CharField(source="product.name")
    verdicts = VerdictOut(many=True, help_text="Oldest first.")

    class Meta:
        model = Launch
        fields = ("id", "unit", "unit_name", "product", "product_name", "supply_on", "how", "places", "audience",
                  "first_cartons", "on_shelf_goal", "repurchase_goal", "sell_through_goal", "stock_ratio_goal",
                  "volume_goal", "state", "planned_by", "approved_by", "approved_at", "decided_by", "decided_at",
                  "decided_words", "clear_by", "verdicts", "version")  # fmt: skip


GIVEN = ("supply_on", "how", "places", "audience", "first_cartons", "on_shelf_goal", "repurchase_goal",
         "sell_through_goal", "stock_ratio_goal", "volume_goal")  # fmt: skip


class LaunchIn(StrictModelSerializer):
    class Meta:
        model = Launch
        fields = ("unit", "product", *GIVEN)


class LaunchEditIn(StrictModelSerializer):
    class Meta:
        model = Launch
        fields = GIVEN


class LaunchNothingIn(StrictSerializer):
    """Approving says nothing but itself."""


class DecisionIn(StrictSerializer):
    keep = StrictBooleanField(help_text="True: it stays after all; false: it goes.")
    words = serializers.CharField(max_length=500)


class LaunchFilters(Filters):
    under = UnderFilter(field_name="unit_id")

    class Meta:
        model = Launch
        fields = ("unit", "product", "state")


class LaunchViewSet(ListActs, ReadActs, CreateActs, EditActs, ScopedViewSet):
    """New products on trial, newest supply first, each with its goals and the verdicts on it."""

    queryset = Launch.objects.select_related("unit", "product").prefetch_related("verdicts")
    serializer_class = LaunchOut
    filterset_class = LaunchFilters
    in_serializers = {
        "create": LaunchIn,
        "partial_update": LaunchEditIn,
        "approve": LaunchNothingIn,
        "decide": DecisionIn,
    }
    needs = {
        "list": "brands.read",
        "retrieve": "brands.read",
        "create": launches.EDIT,
        "partial_update": launches.EDIT,
        "approve": launches.DECIDE,
        "decide": launches.DECIDE,
    }
    problem_codes = ("launch_incomplete", "first_purchase_too_large")
    total_order = ("-supply_on", "id")

    def make(self, data: dict[str, Any]) -> Launch:
        return launches.plan(actor=self.actor, values=data)

    def change(self, row: Launch, data: dict[str, Any]) -> Launch:
        return launches.edit(actor=self.actor, launch=row, values=data)

    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: Any = None) -> Response:
        """The trial runs from the day of supply; refused while when, how, where or to whom is open."""
        self.body()
        return self.told(launches.approve(actor=self.actor, launch=self.get_object()))

    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: Any = None) -> Response:
        """What is proposed for exit stays, or goes; with words."""
        said = self.body()
        return self.told(launches.decide(actor=self.actor, launch=self.get_object(), **said))
