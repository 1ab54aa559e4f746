"""What the API of display templates takes and gives; for visits/template_api.py."""

from __future__ import annotations

from rest_framework import serializers

from backend.http.serializers import (
    DayField,
    FiniteFloatField,
    OutModelSerializer,
    OutSerializer,
    StrictBooleanField,
    StrictSerializer,
    VisibleField,
    WholeNumberField,
)
from backend.models import Unit
from retail.models import Classification
from visits import scoring
from visits.models import DisplayTemplate, TemplateVersion


class SchemeOut(OutModelSerializer):
    unit_name = serializers.CharField(source="unit.name")

    class Meta:
        model = DisplayTemplate
        fields = ("id", "unit", "unit_name", "code", "name", "name_en")


class SchemeIn(StrictSerializer):
    unit = VisibleField(queryset=Unit.objects.all())
    code = serializers.SlugField(max_length=32)
    name = serializers.CharField(max_length=80)
    name_en = serializers.CharField(max_length=80, required=False, allow_blank=True)


class TemplateOut(OutModelSerializer):
    code = serializers.CharField(source="template.code")
    name = serializers.CharField(source="template.name")
    name_en = serializers.CharField(source="template.name_en", allow_blank=True)
    unit = serializers.IntegerField(source="template.unit_id")
    from_date = serializers.DateField(source="during.lower", allow_null=True, help_text="Null: a draft.")
    to_date = serializers.DateField(source="during.upper", allow_null=True)

    class Meta:
        model = TemplateVersion
        fields = ("id", "template", "code", "name", "name_en", "unit", "number", "from_date", "to_date",
                  "terminal_types", "market_types", "tier_from", "tier_to", "items")  # fmt: skip


class ItemIn(StrictSerializer):
    """One item; whether it can be scored is judged with the others."""

    code = serializers.CharField(max_length=32)
    name = serializers.CharField(max_length=80)
    name_en = serializers.CharField(max_length=120, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=[(kind, kind) for kind in scoring.KINDS])
    weight = FiniteFloatField(min_value=0, max_value=100)
    pass_at = serializers.JSONField(required=False, help_text="A count, or the choices that pass.")
    choices = serializers.ListField(child=serializers.CharField(max_length=80), required=False, max_length=20)
    products = serializers.ListField(child=WholeNumberField(min_value=1), required=False, max_length=200)
    must_pass = StrictBooleanField(required=False)
    rule = serializers.ChoiceField(choices=[(rule, rule) for rule in scoring.RULES], required=False)
    before = StrictBooleanField(required=False, help_text="Whether continuity also looks at the check before.")


class TemplateIn(StrictSerializer):
    template = VisibleField(queryset=DisplayTemplate.objects.all())
    items = serializers.ListField(child=ItemIn(), max_length=60)
    terminal_types = serializers.ListField(
        child=serializers.ChoiceField(choices=Classification.TerminalType.choices), required=False, max_length=3
    )
    market_types = serializers.ListField(
        child=serializers.ChoiceField(choices=Classification.MarketType.choices), required=False, max_length=2
    )
    tier_from = WholeNumberField(min_value=1, max_value=30, required=False, allow_null=True)
    tier_to = WholeNumberField(min_value=1, max_value=30, required=False, allow_null=True)


class ReleaseTemplateIn(StrictSerializer):
    from_date = DayField(help_text="The first day that shops are checked by it, today at the earliest.")


class RetireTemplateIn(StrictSerializer):
    on = DayField(help_text="The first day without it, tomorrow at the earliest.")


class ApplicableOut(OutSerializer):
    retailer = serializers.UUIDField()
    on = serializers.DateField()
    version = TemplateOut(allow_null=True, help_text="Null: the shop is not to be checked by any.")


class ItemScoreOut(OutSerializer):
    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField(allow_blank=True)
    kind = serializers.CharField()
    weight = serializers.DecimalField(max_digits=5, decimal_places=2)
    answer = serializers.CharField(allow_blank=True)
    passed = serializers.BooleanField(allow_null=True, help_text="As found. Null: not applicable.")
    points = serializers.DecimalField(max_digits=5, decimal_places=2)
    is_fixed = serializers.BooleanField(help_text="Put right on the spot.")
    missing = serializers.ListField(child=serializers.IntegerField(), help_text="Named products that were not there.")
    is_void = serializers.BooleanField(help_text="It must pass and did not.")
    why = serializers.CharField()
    why_en = serializers.CharField()


class ScoreOut(OutSerializer):
    visit = serializers.UUIDField()
    template = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField(allow_blank=True)
    number = serializers.IntegerField()
    score = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    points = serializers.DecimalField(max_digits=8, decimal_places=2)
    possible = serializers.DecimalField(max_digits=8, decimal_places=2)
    is_void = serializers.BooleanField(help_text="An item that must pass did not, so the score is 0.")
    items = ItemScoreOut(many=True)
