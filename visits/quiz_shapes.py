"""What the API of quizzes, shops briefed, questions and trainings takes and gives; for visits/quiz_api.py, faq_api.py
and policy_api.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.serializers import (
    AwareDateTimeField,
    MonthField,
    OutModelSerializer,
    OutSerializer,
    StrictSerializer,
    WholeNumberField,
)
from visits.models import Briefed, PolicyAnswer, PolicyQuestion, PolicyReading, QuizAttempt
from visits.quiz import MOST_CHOICES, MOST_QUESTIONS


class QuizAnswerIn(StrictSerializer):
    question = WholeNumberField(min_value=0, max_value=MOST_QUESTIONS - 1)
    choice = WholeNumberField(min_value=0, max_value=MOST_CHOICES - 1)


class AnswerOut(OutSerializer):
    question = serializers.IntegerField()
    choice = serializers.IntegerField()


class AttemptIn(StrictSerializer):
    """An attempt under the phone's own UUID, which is the key: it may be repeated."""

    id = serializers.UUIDField()
    policy_version = WholeNumberField(min_value=1, max_value=2**53)
    answers = serializers.ListField(child=QuizAnswerIn(), max_length=MOST_QUESTIONS)
    read_at = AwareDateTimeField(help_text="When the text was opened, by the phone's clock.")
    answered_at = AwareDateTimeField(help_text="By the phone's clock.")
    sent_at = AwareDateTimeField(required=False, help_text="By the phone's clock: the times are corrected by it.")


class AttemptOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")
    answers = AnswerOut(many=True)
    hours_from_release = serializers.SerializerMethodField()

    class Meta:
        model = QuizAttempt
        fields = (
            "id", "person", "person_name", "unit", "policy_version", "answers", "read_at", "answered_at", "received_at",
            "asked", "right", "passed", "hours_from_release",
        )  # fmt: skip

    def get_hours_from_release(self, row: QuizAttempt) -> float:
        """With one decimal."""
        return round(row.minutes_from_release / 60, 1)


class ReadingOut(OutModelSerializer):
    class Meta:
        model = PolicyReading
        fields = ("id", "person", "policy_version", "read_at", "received_at")


class BriefedOut(OutModelSerializer):
    """A shop that was told a version, by the briefing that counts."""

    title = serializers.CharField(source="policy_version.policy.title")
    number = serializers.IntegerField(source="policy_version.number")
    retailer_name = serializers.CharField(source="retailer.name")
    person_name = serializers.CharField(source="person.name")
    passed = serializers.BooleanField(allow_null=True, help_text="Null: nothing proves that it was understood or not.")

    class Meta:
        model = Briefed
        fields = (
            "policy_version", "title", "number", "retailer", "retailer_name", "visit_id", "month", "territory",
            "county", "person", "person_name", "on_date", "briefed_at", "channel", "told_to", "understanding", "passed",
        )  # fmt: skip


class QuestionAskedOut(OutModelSerializer):
    title = serializers.CharField(source="policy_version.policy.title")
    owner = serializers.IntegerField(source="policy_version.policy.unit_id", help_text="The unit that owes the answer.")
    retailer_name = serializers.CharField(source="retailer.name")
    asked_by_name = serializers.CharField(source="asked_by.name")
    answer = serializers.CharField(source="entry.answer", default=None, allow_null=True)

    class Meta:
        model = PolicyQuestion
        fields = (
            "id", "policy_version", "title", "owner", "visit_id", "month", "retailer", "retailer_name", "territory",
            "asked_by", "asked_by_name", "asked_on", "text", "due_on", "state", "answer", "version",
        )  # fmt: skip


class ReplyIn(StrictSerializer):
    answer = serializers.CharField(max_length=2_000)
    question = serializers.CharField(
        max_length=2_000, required=False, help_text="As all readers shall see it; default: as it was asked."
    )


class PolicyAnswerOut(OutModelSerializer):
    title = serializers.CharField(source="policy_version.policy.title")

    class Meta:
        model = PolicyAnswer
        fields = ("id", "policy_version", "title", "question", "answer", "answered_at")


class TrainingOfVisitOut(OutSerializer):
    visit_id = serializers.UUIDField()
    month = MonthField()
    retailer = serializers.UUIDField(source="visit_retailer_id")
    retailer_name = serializers.CharField(source="visit_retailer_name")
    person = serializers.UUIDField(source="visit_person_id")
    person_name = serializers.CharField(source="visit_person_name")
    territory = serializers.IntegerField(source="visit_territory_id")
    on_date = serializers.DateField(source="visit_on_date")
    topic = serializers.CharField()
    minutes = serializers.IntegerField()
    told_to = serializers.CharField(allow_blank=True)
    understanding = serializers.IntegerField(allow_null=True)


class TaughtQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    month = MonthField(required=False)


class TaughtOut(OutSerializer):
    unit_id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    trainings = serializers.IntegerField()
    shops = serializers.IntegerField()
    training_minutes = serializers.IntegerField()
    training_understanding = serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True)


class TaughtUnitsOut(OutSerializer):
    month = MonthField()
    units = TaughtOut(many=True)
