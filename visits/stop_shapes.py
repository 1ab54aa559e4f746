"""What the API of planned stops and leave takes and gives; for visits/stop_api.py."""

from __future__ import annotations

from datetime import date, timedelta

from rest_framework import serializers

from backend.http.serializers import DayField, OutModelSerializer, OutSerializer, StrictSerializer, VisibleField
from backend.models import Person, Unit
from retail.models import Retailer
from visits.models import Leave, PlannedStop


class ReasonOut(OutSerializer):
    code = serializers.CharField()
    kind = serializers.CharField(help_text="finding, promise, policy_version, improvement or retailer")
    id = serializers.CharField(help_text="Of the row of that kind.")
    parameters = serializers.JSONField(help_text="The figures of its sentence; the plan tells the sentence itself.")


class StopOut(OutModelSerializer):
    retailer_code = serializers.CharField(source="retailer.code")
    retailer_name = serializers.CharField(source="retailer.name")
    reasons = ReasonOut(many=True)
    visit = serializers.UUIDField(source="visit_id", allow_null=True, help_text="The visit that made it done.")

    class Meta:
        model = PlannedStop
        fields = ("id", "month", "retailer", "retailer_code", "retailer_name", "territory", "county", "on_date",
                  "position", "reasons", "state", "miss_reason", "words", "visit", "is_own", "version")  # fmt: skip


class StopIn(StrictSerializer):
    retailer = VisibleField(queryset=Retailer.objects.all())
    on_date = DayField()
    words = serializers.CharField(max_length=200, required=False, allow_blank=True)


class StopMoveIn(StrictSerializer):
    on_date = DayField(help_text="Another day of its month, today at the earliest.")


class StopDropIn(StrictSerializer):
    words = serializers.CharField(max_length=200, help_text="Why it is taken off the plan.")


class MissReasonIn(StrictSerializer):
    reason = serializers.ChoiceField(choices=PlannedStop.MissReason.choices)
    words = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text='Needed for "other".')


class LeaveOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")
    unit_name = serializers.CharField(source="unit.name")
    first_day = serializers.DateField(source="during.lower")
    last_day = serializers.SerializerMethodField()

    class Meta:
        model = Leave
        fields = ("id", "person", "person_name", "unit", "unit_name", "first_day", "last_day", "kind", "version")

    def get_last_day(self, row: Leave) -> date:
        last: date = row.during.upper - timedelta(days=1)
        return last


class LeaveIn(StrictSerializer):
    person = VisibleField(queryset=Person.objects.all())
    unit = VisibleField(queryset=Unit.objects.all())
    first_day = DayField()
    last_day = DayField()
    kind = serializers.CharField(max_length=40, required=False, allow_blank=True)


class LeaveEditIn(StrictSerializer):
    first_day = DayField()
    last_day = DayField()
    kind = serializers.CharField(max_length=40, allow_blank=True)
