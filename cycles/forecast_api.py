"""Forecasts over HTTP: the drafted number beside both naive ones, and the manager's decision; verbs in forecast.py."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.errors import FieldError, Problem
from backend.http.filters import Filters, MonthFilter, TrueFalseFilter, UnderFilter
from backend.http.serializers import OutModelSerializer, OutSerializer, StrictSerializer, WholeNumberField
from backend.http.viewsets import EditActs, ListActs, ReadActs, ScopedViewSet
from cycles import forecast, standing
from cycles.models import Forecast
from market.boards.shapes import MonthField

MOST_CARTONS = 2**31 - 1


class ForecastPartsOut(OutSerializer):
    """model = week_cartons x order_weeks x season; without a model only `months`."""

    months = serializers.IntegerField(
        required=False, help_text="Known months that the level was read from, six at most."
    )
    shops = serializers.IntegerField(required=False, help_text="Active shops of the territory as it is today.")
    week_cartons = serializers.DecimalField(
        max_digits=14, decimal_places=1, required=False, help_text="Cartons of a week without season and festival."
    )
    trend_percent = serializers.DecimalField(
        max_digits=6, decimal_places=1, required=False, allow_null=True, help_text="Growth a month that was held up."
    )
    order_weeks = serializers.DecimalField(
        max_digits=6, decimal_places=2, required=False, help_text="Order days of the month, in ordinary weeks."
    )
    festival_weeks = serializers.DecimalField(
        max_digits=6, decimal_places=2, required=False, help_text="Of these, what the Spring Festival adds or takes."
    )
    stocking = serializers.DecimalField(
        max_digits=4, decimal_places=2, required=False, help_text="Strength of stocking before it; 1 is the default."
    )
    season = serializers.DecimalField(max_digits=6, decimal_places=3, required=False)
    low = serializers.IntegerField(
        required=False, allow_null=True, help_text="Nine of ten past errors were above this, in cartons."
    )
    high = serializers.IntegerField(required=False, allow_null=True, help_text="Nine of ten were below this.")
    past_errors = serializers.IntegerField(
        required=False, allow_null=True, help_text="How many these two were read from; null: too few."
    )


class ForecastOut(OutModelSerializer):
    month = MonthField()
    unit_name = serializers.CharField(source="unit.name")
    parts = ForecastPartsOut()
    drafted_cartons = serializers.SerializerMethodField(help_text="The model's number, else the naive one.")

    class Meta:
        model = Forecast
        fields = ("id", "month", "unit", "unit_name", "cartons", "drafted_cartons", "model_cartons",
                  "last_month_cartons", "last_year_cartons", "parts", "reason", "made_at", "decided_by", "decided_at",
                  "version")  # fmt: skip

    def get_drafted_cartons(self, row: Forecast) -> int | None:
        return forecast.drafted_cartons(row)


class ForecastIn(StrictSerializer):
    cartons = WholeNumberField(min_value=0, max_value=MOST_CARTONS)
    reason = serializers.CharField(
        max_length=500, allow_blank=True, default="", help_text="Needed where the number is not the drafted one."
    )


class ForecastFilters(Filters):
    """`under`: territories at or under a unit; `decided`: whether a manager has said yes or another number."""

    month = MonthFilter()
    under = UnderFilter(field_name="unit_id")
    decided = TrueFalseFilter(field_name="decided_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Forecast
        fields = ("unit",)


class ForecastViewSet(ListActs, ReadActs, EditActs, ScopedViewSet):
    """Demand forecasts of territories, newest month first. PATCH decides one: the drafted number stays beside it."""

    queryset = Forecast.objects.select_related("unit")
    serializer_class = ForecastOut
    filterset_class = ForecastFilters
    in_serializers = {"partial_update": ForecastIn}
    total_order = ("-month", "unit_id")
    needs = {"list": "cycles.read", "retrieve": "cycles.read", "partial_update": forecast.CAPABILITY}
    problem_codes = ("forecast_needs_reason", "month_measured", "month_locked")

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            standing.hold(self.get_object().month)  # before its row, as whoever drafts the month does
            return super().partial_update(request, *args, **kwargs)

    def change(self, row: Forecast, data: dict[str, Any]) -> Forecast:
        if "cartons" not in data:
            raise Problem("invalid", errors=[FieldError("required", pointer="/cartons")])
        return forecast.decide(actor=self.actor, forecast=row, cartons=data["cartons"], reason=data.get("reason", ""))
