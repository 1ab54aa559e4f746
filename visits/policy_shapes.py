"""What the API of policies and display templates takes and gives; for visits/policy_api.py."""

from __future__ import annotations

from rest_framework import serializers

from backend.http.serializers import DayField, OutModelSerializer, StrictSerializer, VisibleField
from backend.models import Unit
from visits.models import Policy, PolicyVersion, TemplateVersion


class PolicyOut(OutModelSerializer):
    unit_name = serializers.CharField(source="unit.name")

    class Meta:
        model = Policy
        fields = ("id", "unit", "unit_name", "code", "title", "title_en", "version")


class PolicyIn(StrictSerializer):
    unit = VisibleField(queryset=Unit.objects.all())
    code = serializers.CharField(max_length=32)
    title = serializers.CharField(max_length=120)
    title_en = serializers.CharField(max_length=120, required=False, allow_blank=True)


class PolicyVersionOut(OutModelSerializer):
    title = serializers.CharField(source="policy.title")

    class Meta:
        model = PolicyVersion
        fields = ("id", "policy", "title", "number", "body", "card", "released_at", "brief_by")


class PolicyVersionIn(StrictSerializer):
    policy = VisibleField(queryset=Policy.objects.all())
    body = serializers.CharField(max_length=20_000)
    card = serializers.CharField(max_length=2_000, required=False, allow_blank=True)


class ReleaseIn(StrictSerializer):
    brief_by = DayField(required=False, allow_null=True, help_text="The last day by which every shop is to be told.")


class TemplateOut(OutModelSerializer):
    code = serializers.CharField(source="template.code")
    name = serializers.CharField(source="template.name")
    unit = serializers.IntegerField(source="template.unit_id")
    from_date = serializers.DateField(source="during.lower")
    to_date = serializers.DateField(source="during.upper", allow_null=True)

    class Meta:
        model = TemplateVersion
        fields = ("id", "template", "code", "name", "unit", "number", "from_date", "to_date", "items")
