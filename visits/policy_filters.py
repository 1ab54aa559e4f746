"""What lists about policies can be narrowed by: attempts, shops briefed, second touches, questions, trainings."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, QuerySet
from django_filters import rest_framework as rest

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.http.filters import DayFilter, Filters, MonthFilter, TextFilter, TrueFalseFilter, UnderFilter
from backend.http.filters import WholeNumberFilter as Whole
from backend.scope import assigned, units_under, visible_to
from visits import reach
from visits.models import (
    Briefed,
    Briefing,
    PolicyAnswer,
    PolicyQuestion,
    PolicyReading,
    PolicyVersion,
    QuizAttempt,
    Training,
)


class AttemptFilters(Filters):
    unit = UnderFilter(field_name="unit_id")

    class Meta:
        model = QuizAttempt
        fields = ["policy_version", "person", "passed"]


class ReadingFilters(Filters):
    class Meta:
        model = PolicyReading
        fields = ["policy_version", "person"]


class BriefedFilters(Filters):
    """`unit`: stamped with it or a unit under it; `asked`: whether answers, a signature or a level prove anything."""

    unit = UnderFilter(field_name="territory_id")
    policy = Whole(field_name="policy_version__policy_id")
    channel = rest.ChoiceFilter(choices=Briefing.Channel.choices)
    asked = TrueFalseFilter(field_name="passed", lookup_expr="isnull", exclude=True)
    since = DayFilter(field_name="on_date", lookup_expr="gte")
    until = DayFilter(field_name="on_date", lookup_expr="lte")

    class Meta:
        model = Briefed
        fields = ["policy_version", "retailer", "person", "passed", "understanding"]


class SecondTouchFilters(Filters):
    """`policy_version` must be given; `unit`: shops that belong to a territory at or under it today."""

    policy_version = Whole(method="of_version", required=True)
    unit = Whole(method="under")

    def of_version(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        asking = actor(self.request)
        versions = PolicyVersion.objects.filter(released_at__isnull=False).select_related("policy")
        version = visible_to(versions, asking).filter(pk=value).first()
        if version is None:
            raise Problem("not_found")
        return reach.second_touch(asking, version, clock.today())

    def under(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        return rows.filter(Exists(assigned("pk", units_under([value]), clock.today())))


class QuestionFilters(Filters):
    """`overdue`: open past its day; `unit`: asked under it; `owner`: owed by this policy unit."""

    unit = UnderFilter(field_name="territory_id")
    owner = Whole(field_name="policy_version__policy__unit_id")
    policy = Whole(field_name="policy_version__policy_id")
    state = rest.ChoiceFilter(choices=PolicyQuestion.State.choices)
    overdue = TrueFalseFilter(method="past_due")

    class Meta:
        model = PolicyQuestion
        fields = ["policy_version", "asked_by", "retailer"]

    def past_due(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        late = {"state": PolicyQuestion.State.OPEN, "due_on__lt": clock.today()}
        return rows.filter(**late) if value else rows.exclude(**late)


class AnswerFilters(Filters):
    policy = Whole(field_name="policy_version__policy_id")
    q = TextFilter(field_name="question", lookup_expr="icontains", label="part of the question")

    class Meta:
        model = PolicyAnswer
        fields = ["policy_version"]


class TrainingFilters(Filters):
    unit = UnderFilter(field_name="visit_territory_id")
    month = MonthFilter()
    retailer = rest.UUIDFilter(field_name="visit_retailer_id")
    person = rest.UUIDFilter(field_name="visit_person_id")
    q = TextFilter(field_name="topic", lookup_expr="icontains", label="part of the topic")

    class Meta:
        model = Training
        fields: list[str] = []
