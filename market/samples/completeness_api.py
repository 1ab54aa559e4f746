"""How complete the weekly samples are, over HTTP; the read is in completeness.py."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.serializers import MonthField, OutSerializer, StrictSerializer
from backend.http.views import ScopedView
from backend.models import Unit
from backend.reach import unit_for
from market.samples import completeness as sampling


class SamplesQuery(StrictSerializer):
    unit = serializers.IntegerField(required=False, min_value=1, help_text="Default: the highest of mine.")
    month = MonthField(required=False, help_text="Default this month.")


class SampledOut(OutSerializer):
    unit_id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    level = serializers.IntegerField()
    over = serializers.IntegerField(help_text="Came, or their week is over.")
    due = serializers.IntegerField(help_text="Still awaited.")
    taken = serializers.IntegerField()
    late = serializers.IntegerField()
    missed = serializers.IntegerField()
    products_asked = serializers.IntegerField()
    products_seen = serializers.IntegerField(help_text="In time.")
    suspect = serializers.IntegerField(help_text="Something does not fit.")
    accepted = serializers.IntegerField()
    returned = serializers.IntegerField()
    sample_completeness = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    samples_in_time_rate = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)


class SamplesBoardOut(OutSerializer):
    month = serializers.DateField()
    units = SampledOut(many=True, help_text="The unit itself and those right below it, by code.")


class SamplesBoard(ScopedView):
    """The weekly samples of a month: what came in time, of a unit and those right below it."""

    needs = {"get": "boards.read"}
    queries = {"get": SamplesQuery}
    answers = {"get": SamplesBoardOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        month = self.asked.get("month") or clock.month_of(clock.today())
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        below = Unit.objects.filter(parent_id=unit.pk).values_list("pk", flat=True)
        rows = sampling.by_unit([unit.pk, *below], month)
        told = {"month": month, "units": [{**vars(row), **row.figures()} for row in rows]}
        return Response(SamplesBoardOut(told).data)
