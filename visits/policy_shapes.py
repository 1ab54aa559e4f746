"""What the API of policies and display templates takes and gives; for visits/policy_api.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backend.http.auth import actor
from backend.http.serializers import (
    AwareDateTimeField,
    DayField,
    OutModelSerializer,
    OutSerializer,
    StrictSerializer,
    VisibleField,
    WholeNumberField,
)
from backend.models import Level, Unit
from brands.models import Product
from retail.models import Classification
from visits import policies
from visits.models import Policy, PolicyVersion
from visits.quiz import LONGEST_CHOICE, LONGEST_QUESTION, MOST_CHOICES, MOST_QUESTIONS, SHOP_QUESTIONS


class PolicyOut(OutModelSerializer):
    unit_name = serializers.CharField(source="unit.name")

    class Meta:
        model = Policy
        fields = ("id", "unit", "unit_name", "code", "title", "title_en", "kind", "product", "version")


class PolicyIn(StrictSerializer):
    unit = VisibleField(queryset=Unit.objects.all())
    code = serializers.CharField(max_length=32)
    title = serializers.CharField(max_length=120)
    title_en = serializers.CharField(max_length=120, required=False, allow_blank=True)
    product = VisibleField(
        queryset=Product.objects.all(), required=False, allow_null=True, help_text="What is new, if a product is."
    )


class QuestionIn(StrictSerializer):
    """One question with its choices; `right` counts them from 0."""

    question = serializers.CharField(max_length=LONGEST_QUESTION)
    question_en = serializers.CharField(max_length=LONGEST_QUESTION, required=False, allow_blank=True)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_CHOICE), min_length=2, max_length=MOST_CHOICES
    )
    choices_en = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_CHOICE), min_length=2, max_length=MOST_CHOICES, required=False
    )
    right = WholeNumberField(min_value=0, max_value=MOST_CHOICES - 1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "choices_en" in attrs and len(attrs["choices_en"]) != len(attrs["choices"]):
            raise ValidationError({"choices_en": [ErrorDetail("invalid", code="invalid")]})
        return attrs


class QuestionOut(OutSerializer):
    question = serializers.CharField()
    question_en = serializers.CharField(required=False)
    choices = serializers.ListField(child=serializers.CharField())
    choices_en = serializers.ListField(child=serializers.CharField(), required=False)
    right = serializers.IntegerField(required=False, help_text="Of an account manager's quiz to policy editors only.")
    check = serializers.CharField(
        required=False, help_text="Of an account manager's quiz: sha256 of salt:question:choice for the right choice."
    )


class PolicyVersionOut(OutModelSerializer):
    title = serializers.CharField(source="policy.title")
    quiz = serializers.SerializerMethodField()
    shop_quiz = QuestionOut(many=True)

    class Meta:
        model = PolicyVersion
        fields = (
            "id", "policy", "title", "number", "body", "card", "market_types", "business_types", "terminal_types",
            "tier_from", "tier_to", "effective_on", "quiz", "quiz_salt", "pass_percent", "shop_quiz", "released_at",
            "brief_by", "superseded_at", "recalled_at", "recall_reason",
        )  # fmt: skip

    def get_quiz(self, row: PolicyVersion) -> list[dict[str, Any]]:
        """With what is right for those who write policies, without it for those who must pass."""
        return row.quiz if actor(self.context["request"]).can(policies.EDIT) else row.quiz_shown


def _several(choices: type[Any]) -> Any:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=choices.choices), required=False, help_text="Empty: all."
    )


class PolicyVersionIn(StrictSerializer):
    policy = VisibleField(queryset=Policy.objects.all())
    body = serializers.CharField(max_length=20_000)
    card = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    market_types = _several(Classification.MarketType)
    business_types = _several(Classification.BusinessType)
    terminal_types = _several(Classification.TerminalType)
    tier_from = WholeNumberField(min_value=1, max_value=30, required=False, allow_null=True)
    tier_to = WholeNumberField(min_value=1, max_value=30, required=False, allow_null=True)
    effective_on = DayField(required=False, allow_null=True)
    quiz = serializers.ListField(child=QuestionIn(), max_length=MOST_QUESTIONS, required=False)
    pass_percent = WholeNumberField(min_value=1, max_value=100, required=False)
    shop_quiz = serializers.ListField(
        child=QuestionIn(), max_length=SHOP_QUESTIONS[1], required=False, help_text="2 or 3 questions, or none."
    )

    def validate_shop_quiz(self, given: list[Any]) -> list[Any]:
        if given and len(given) < SHOP_QUESTIONS[0]:
            raise ValidationError("invalid", code="invalid")
        return given


class ReleaseIn(StrictSerializer):
    brief_by = DayField(required=False, allow_null=True, help_text="The last day by which every shop is to be told.")


class RecallIn(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class ReadIn(StrictSerializer):
    read_at = AwareDateTimeField(required=False, help_text="Default now; a later time counts as now.")


class ReachQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    on = DayField(required=False, help_text="Whose shops and classes count; default today.")
    by = serializers.ChoiceField(
        choices=[level.name.lower() for level in Level], required=False, help_text="Default: the level below the unit."
    )


class ReachOut(OutSerializer):
    unit_id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    shops = serializers.IntegerField(help_text="That the version names.")
    briefed = serializers.IntegerField()
    passed = serializers.IntegerField()
    policy_reach = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    policy_understanding = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    policy_effect = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)


class ReachedOut(OutSerializer):
    on = serializers.DateField()
    second_touch_on = serializers.DateField(
        allow_null=True, help_text="From when shops that do not know it are told again; null for a draft."
    )
    whole = ReachOut()
    units = ReachOut(many=True)


class SecondTouchOut(OutSerializer):
    retailer = serializers.UUIDField(source="pk")
    code = serializers.CharField()
    name = serializers.CharField()
    county_name = serializers.CharField()
    state = serializers.ChoiceField(choices=["not_briefed", "not_passed", "not_asked"], source="touch_state")
    briefed_at = serializers.DateTimeField(allow_null=True)
    understanding = serializers.IntegerField(allow_null=True)
    told_by = serializers.CharField(allow_null=True)
