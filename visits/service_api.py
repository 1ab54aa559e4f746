"""How shops are served, and why they refuse what is pitched, over HTTP; reads: satisfaction.py, pitches.py."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.serializers import MonthField, OutSerializer, StrictSerializer
from backend.http.views import ScopedView
from backend.reach import unit_for
from visits import pitches, satisfaction
from visits.models import Pitch


class MonthQuery(StrictSerializer):
    unit = serializers.IntegerField(required=False, min_value=1, help_text="Default: the highest of mine.")
    month = MonthField(required=False, help_text="Default this month.")


class ServiceUnitOut(OutSerializer):
    unit_id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    level = serializers.IntegerField()
    scores = serializers.IntegerField(
        allow_null=True, help_text="By fives of a territory, null below: nobody learns what one shop said."
    )
    replies_due = serializers.IntegerField()
    replies_in_time = serializers.IntegerField()
    replies_overdue = serializers.IntegerField(help_text="Due in the month, and still waiting.")
    promises_due = serializers.IntegerField()
    promises_kept = serializers.IntegerField()
    visit_satisfaction = serializers.DecimalField(max_digits=4, decimal_places=2, allow_null=True)
    typed_per_visit = serializers.DecimalField(max_digits=7, decimal_places=1, allow_null=True)
    replies_in_time_rate = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    promises_kept_rate = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)


class ServiceOut(OutSerializer):
    month = serializers.DateField()
    units = ServiceUnitOut(many=True, help_text="The unit itself and those right below it, by code.")


class RefusalOut(OutSerializer):
    product_id = serializers.IntegerField()
    product_name = serializers.CharField()
    pitches = serializers.IntegerField()
    accepted = serializers.IntegerField()
    refusals = serializers.DictField(child=serializers.IntegerField(), help_text="Reason code -> how often.")


class PitchesOut(OutSerializer):
    month = serializers.DateField()
    reasons = serializers.DictField(child=serializers.CharField(), help_text="Reason code -> its name.")
    pitches = serializers.IntegerField(help_text="In this month and the two before.")
    accepted = serializers.IntegerField()
    success_rate = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    verdict = serializers.ChoiceField(choices=["too_small", "coaching", "passes"])
    products = RefusalOut(many=True)


class ServiceView(ScopedView):
    """Satisfaction, typing, replies and promises of a month, of a unit and those right below it."""

    needs = {"get": "boards.read"}
    queries = {"get": MonthQuery}
    answers = {"get": ServiceOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        month = self.asked.get("month") or clock.month_of(clock.today())
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        rows = satisfaction.by_unit(satisfaction.below(unit), month)
        return Response(ServiceOut({"month": month, "units": [{**vars(r), **r.figures()} for r in rows]}).data)


class PitchesView(ScopedView):
    """Pitches of three months in a unit: how many were taken, and why the others were not, by product."""

    needs = {"get": "boards.read"}
    queries = {"get": MonthQuery}
    answers = {"get": PitchesOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        month = self.asked.get("month") or clock.month_of(clock.today())
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        found = pitches.of_unit(unit, month)
        reasons = {code: str(name) for code, name in Pitch.Refusal.choices}
        return Response(PitchesOut({"month": month, "reasons": reasons, **found}).data)
