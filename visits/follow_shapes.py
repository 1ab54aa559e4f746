"""What the API of signals, verdicts, proposed points, repair tasks and breaches takes and gives."""

from __future__ import annotations

from rest_framework import serializers

from backend.http.auth import actor
from backend.http.serializers import OutModelSerializer, OutSerializer, StrictSerializer
from backend.scope import Actor
from visits import signalling
from visits.models import Breach, DisplayTask, PointProposal, PresenceVerdict, Signal


class SignalOut(OutModelSerializer):
    retailer_name = serializers.CharField(source="retailer.name")
    person_name = serializers.CharField(source="person.name")
    reason = serializers.SerializerMethodField(help_text="Why it was raised, in Chinese.")
    reason_en = serializers.SerializerMethodField(help_text="The same in English.")
    figures = serializers.JSONField(
        source="figures_told",
        help_text="Why. Of a photo used before `earlier_visit` and `earlier_photo` where the reader may open them,"
        " else both are null, with `earlier_month` and `earlier_unit`.",
    )

    class Meta:
        model = Signal
        fields = ("id", "visit_id", "month", "retailer", "retailer_name", "person", "person_name", "territory",
                  "county", "on_date", "kind", "reason", "reason_en", "figures", "photo_id", "raised_at", "state",
                  "answer", "answered_at", "decided_by", "decided_at", "words", "version")  # fmt: skip

    def get_reason(self, row: Signal) -> str:
        return signalling.words(row.kind, row.figures)[0]

    def get_reason_en(self, row: Signal) -> str:
        return signalling.words(row.kind, row.figures)[1]


class AnswerIn(StrictSerializer):
    answer = serializers.CharField(max_length=500)


class DecideIn(StrictSerializer):
    decision = serializers.ChoiceField(choices=[("accepted", "accepted"), ("dismissed", "dismissed")])
    words = serializers.CharField(max_length=500, required=False, allow_blank=True, help_text="Needed to dismiss.")


class VerifyIn(StrictSerializer):
    visits = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)
    presence = serializers.ChoiceField(choices=PresenceVerdict.Word.choices)
    words = serializers.CharField(max_length=500, required=False, allow_blank=True, help_text="Needed to reject.")


class VerifiedOneOut(OutSerializer):
    visit = serializers.UUIDField(source="pk")
    presence = serializers.CharField()


class VerifiedOut(OutSerializer):
    results = VerifiedOneOut(many=True)


class VerdictOut(OutModelSerializer):
    decided_by_name = serializers.CharField(source="decided_by.name")

    class Meta:
        model = PresenceVerdict
        fields = ("visit_id", "month", "retailer", "person", "territory", "county", "on_date", "presence", "words",
                  "decided_by", "decided_by_name", "decided_at")  # fmt: skip


class PointOut(OutModelSerializer):
    retailer_name = serializers.CharField(source="retailer.name")
    person_name = serializers.CharField(source="person.name")

    class Meta:
        model = PointProposal
        fields = ("id", "retailer", "retailer_name", "visit_id", "month", "person", "person_name", "territory",
                  "county", "lon", "lat", "datum", "accuracy_m", "proposed_at", "state", "decided_by", "decided_at",
                  "words", "version")  # fmt: skip


class ConfirmPointIn(StrictSerializer):
    words = serializers.CharField(max_length=200, required=False, allow_blank=True)


class RejectPointIn(StrictSerializer):
    words = serializers.CharField(max_length=200, help_text="Why the shop is not there.")


class TaskOut(OutModelSerializer):
    retailer_name = serializers.CharField(source="retailer.name")

    class Meta:
        model = DisplayTask
        fields = ("id", "kind", "retailer", "retailer_name", "territory", "county", "template", "item_code", "name",
                  "name_en", "figures", "opened_on", "opened_visit_id", "failures", "last_on", "due_on", "closed_on",
                  "closed_visit_id", "closed_by_photo", "days")  # fmt: skip


def may_read_words(who: Actor, row: Breach) -> bool:
    """Who reported a breach, and who reads what is restricted over its territory, read its words and what became of it;
    everybody else that it was reported. No query where its territory is at hand."""
    return row.person_id == who.person_id or not set(who.units("restricted.read")).isdisjoint(row.territory.ancestors)


class BreachOut(OutModelSerializer):
    """`words` and `outcome` are null for those who are to know only that it was reported."""

    retailer_name = serializers.CharField(source="retailer.name")
    person_name = serializers.CharField(source="person.name")
    words = serializers.SerializerMethodField()
    outcome = serializers.SerializerMethodField()

    class Meta:
        model = Breach
        fields = ("id", "visit_id", "month", "retailer", "retailer_name", "person", "person_name", "territory",
                  "county", "on_date", "kind", "severity", "is_restricted", "figures", "words", "reported_at", "state",
                  "seen_at", "closed_at", "outcome", "version")  # fmt: skip

    def get_words(self, row: Breach) -> str | None:
        return row.words if self._trusted(row) else None

    def get_outcome(self, row: Breach) -> str | None:
        return row.outcome if self._trusted(row) else None

    def _trusted(self, row: Breach) -> bool:
        return may_read_words(actor(self.context["request"]), row)


class CloseIn(StrictSerializer):
    outcome = serializers.CharField(max_length=500, help_text="What became of it.")


class RatesOut(OutSerializer):
    unit = serializers.IntegerField()
    name = serializers.CharField()
    month = serializers.DateField()
    price_tag_rate = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    licence_rate = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    minors_rate = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    time_to_fix_days = serializers.DecimalField(max_digits=8, decimal_places=1, allow_null=True)
    repairs_overdue = serializers.IntegerField()
