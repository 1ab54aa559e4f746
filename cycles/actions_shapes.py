"""The shapes of actions, improvements and misfires on the wire; used by their APIs and by grid_shapes.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.http.serializers import (
    DayField,
    OutModelSerializer,
    OutSerializer,
    StrictSerializer,
    VisibleField,
    WholeNumberField,
)
from backend.language import is_english
from backend.models import Unit
from cycles import chain_reads, metrics
from cycles.actions import Do, DropReason
from cycles.evaluate import MissReason
from cycles.grid import Dimension
from cycles.models import Action, Goal, Improvement, Misfire, Result
from cycles.shapes import ShopOut
from market.boards.shapes import MonthField
from retail.models import Retailer

MOST_IN_BULK = 200


class NumberField(serializers.DecimalField):
    """A goal: a number of at most two decimals, not negative; JSON numbers only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, min_value=0, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class NamedOut(OutSerializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()


class MetricOut(OutSerializer):
    name = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField()


class SubjectOut(OutModelSerializer):
    """What every row of the chain says of its subject."""

    retailer = ShopOut(allow_null=True)
    unit = NamedOut(allow_null=True)
    product = NamedOut(allow_null=True)
    rule_name = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()
    metric = serializers.SerializerMethodField()

    def get_rule_name(self, row: Any) -> str:
        return chain_reads.rule_name(row.rule)

    def get_sentence(self, row: Any) -> str:
        return chain_reads.asks(row)

    @extend_schema_field(MetricOut)
    def get_metric(self, row: Any) -> dict[str, str]:
        if row.metric not in metrics.names():
            return {"name": row.metric, "title": row.metric, "unit": ""}
        known = metrics.metric(row.metric)
        return {"name": known.name, "title": known.en if is_english() else known.zh, "unit": known.unit}


class ResultOut(OutModelSerializer):
    class Meta:
        model = Result
        fields = ("value", "outcome", "evidence_count", "measured_at", "reason", "words")


_SUBJECT = ("dimension", "retailer", "unit", "product", "territory", "county", "rule", "rule_name", "kind", "sentence")


class ActionOut(SubjectOut):
    month = MonthField()
    result = serializers.SerializerMethodField()

    class Meta:
        model = Action
        fields = ("id", "month", *_SUBJECT, "metric", "goal", "baseline", "drafted_target", "target", "best", "due_on",
                  "serves", "evidence_needed", "state", "is_flagged", "drop_reason", "words", "decided_by",
                  "decided_at", "finding", "improvement", "result", "version")  # fmt: skip

    @extend_schema_field(ResultOut(allow_null=True))
    def get_result(self, row: Action) -> dict[str, Any] | None:
        return ResultOut(row.result).data if hasattr(row, "result") else None


class LinkedOut(OutSerializer):
    visit_id = serializers.UUIDField()
    on_date = serializers.DateField()
    attached_by = serializers.CharField(help_text="The linking rule.")
    rule_name = serializers.CharField()
    lines = serializers.IntegerField(help_text="How many lines of the visit served.")


class ProofOut(OutSerializer):
    visits = LinkedOut(many=True)
    moved = serializers.IntegerField(help_text="Visits that count here and are read by others now.")


class SeenOut(OutSerializer):
    """A finding as its rule said it in the month, with what it was held against."""

    id = serializers.UUIDField(source="finding.id")
    rule = serializers.CharField(source="finding.rule")
    rule_name = serializers.SerializerMethodField()
    severity = serializers.IntegerField(source="sighting.severity")
    opened_on = serializers.DateField(source="finding.opened_on")
    closed_on = serializers.DateField(source="finding.closed_on", allow_null=True)
    rule_version = serializers.IntegerField(source="sighting.rule_version")
    as_of = serializers.DateField(source="sighting.as_of")
    threshold = serializers.JSONField(source="sighting.threshold")
    figures = serializers.JSONField(source="sighting.figures")
    evidence = serializers.JSONField(source="sighting.evidence")
    sentence = serializers.CharField()

    def get_rule_name(self, row: chain_reads.Seen) -> str:
        return chain_reads.rule_name(row.finding.rule)


class ImprovementOut(SubjectOut):
    month = MonthField()
    carried_by = serializers.UUIDField(allow_null=True, help_text="The newest action that carries it.")
    carried_into = MonthField(allow_null=True)

    class Meta:
        model = Improvement
        fields = ("id", "month", "origin", *_SUBJECT, "metric", "goal", "baseline", "target", "due_on", "state",
                  "months_open", "outcome", "reason", "opened_on", "closed_on", "decided_by", "carried_by",
                  "carried_into", "version")  # fmt: skip


class WhyOut(OutSerializer):
    finding = SeenOut(allow_null=True)
    evidence = ProofOut()
    improvement = ImprovementOut(allow_null=True)


class ActionWhyOut(ActionOut):
    why = serializers.SerializerMethodField(help_text="The finding, its rule and figures; the visits that serve it.")

    class Meta(ActionOut.Meta):
        fields = (*ActionOut.Meta.fields, "why")  # type: ignore[assignment]  # a longer tuple

    @extend_schema_field(WhyOut)
    def get_why(self, row: Action) -> dict[str, Any]:
        proof = chain_reads.proof_of(self.context["view"].actor, [row.pk])[row.pk]
        improvements = chain_reads.ledger(Improvement.objects.filter(actions=row.pk))
        told = {
            "finding": chain_reads.seen_of(row),
            "evidence": proof,
            "improvement": improvements.first() if row.improvement_id else None,
        }
        return dict(WhyOut(told).data)


# -- what is sent ------------------------------------------------------------------------------------------------------


class GoalEditIn(StrictSerializer):
    target = NumberField(required=False)
    due_on = DayField(required=False)


class DropIn(StrictSerializer):
    reason = serializers.ChoiceField(choices=DropReason.choices)
    words = serializers.CharField(max_length=500, allow_blank=True, default="")


class ReasonIn(StrictSerializer):
    reason = serializers.ChoiceField(choices=MissReason.choices)
    words = serializers.CharField(max_length=500, allow_blank=True, default="")


class AcceptAllIn(StrictSerializer):
    month = MonthField()
    territory = VisibleField(queryset=Unit.objects.all())


class NewActionIn(StrictSerializer):
    month = MonthField()
    retailer = VisibleField(queryset=Retailer.objects.all())
    dimension = serializers.ChoiceField(choices=[str(one) for one in Dimension])
    words = serializers.CharField(max_length=500)
    metric = serializers.CharField(max_length=40)
    goal = serializers.ChoiceField(choices=Goal.choices)
    target = NumberField()
    due_on = DayField()
    serves = serializers.ChoiceField(choices=Action.Serves.choices, default=Action.Serves.VISIT)
    evidence_needed = WholeNumberField(min_value=0, max_value=31, default=1)


class ItemIn(StrictSerializer):
    action = serializers.UUIDField()
    do = serializers.ChoiceField(choices=[*Do.choices, ("reason", "reason")])
    target = NumberField(required=False)
    due_on = DayField(required=False)
    reason = serializers.CharField(max_length=20, required=False)
    words = serializers.CharField(max_length=500, allow_blank=True, required=False)
    version = WholeNumberField(required=False)


class BulkIn(StrictSerializer):
    month = MonthField()
    items = ItemIn(many=True, allow_empty=False)


class BulkItemOut(OutSerializer):
    action = serializers.UUIDField()
    outcome = serializers.CharField(help_text="done, accepted, flagged (left for a look of its own), or refused.")
    version = serializers.IntegerField(required=False)
    problem = serializers.JSONField(required=False)


class BulkOut(OutSerializer):
    outcomes = BulkItemOut(many=True)


class ImprovementEditIn(StrictSerializer):
    target = NumberField(required=False)
    due_on = DayField(required=False)


class WhyDroppedIn(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class MisfireIn(StrictSerializer):
    findings = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, help_text="At most 50, of shops and units that I plan for."
    )
    words = serializers.CharField(max_length=1000)


class AnswerIn(StrictSerializer):
    words = serializers.CharField(max_length=1000)


class MisfireOut(OutModelSerializer):
    rule_name = serializers.SerializerMethodField()
    person_name = serializers.CharField(source="person.name")
    unit_name = serializers.CharField(source="unit.name")

    class Meta:
        model = Misfire
        fields = ("id", "rule", "rule_name", "unit", "unit_name", "person", "person_name", "told_at", "words",
                  "findings", "answer", "answered_by", "answered_at", "version")  # fmt: skip

    def get_rule_name(self, row: Misfire) -> str:
        return chain_reads.rule_name(row.rule)
