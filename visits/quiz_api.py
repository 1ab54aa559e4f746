"""Quizzes and what follows from them, over HTTP: attempts, readings, shops briefed, trainings. Rules: the verbs."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.models import Level
from backend.reach import unit_for
from visits import policy_filters, quiz, quiz_shapes, trainings
from visits.models import Briefed, PolicyReading, QuizAttempt, Training


class AttemptViewSet(ListActs, ReadActs, ScopedViewSet):
    """Tries at quizzes: mine, and those of people under the units where I see people."""

    queryset = QuizAttempt.objects.select_related("person")
    serializer_class = quiz_shapes.AttemptOut
    filterset_class = policy_filters.AttemptFilters
    in_serializers = {"create": quiz_shapes.AttemptIn}
    needs = {"list": "policies.read", "retrieve": "policies.read", "create": "visits.record"}
    problem_codes = ("not_found",)
    without_key = frozenset({"create"})  # the id in the body is the key
    total_order = ("-answered_at", "-id")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Graded at once: 201; the same attempt again: 200 with what stands; other content under its id: 409."""
        given = self.body()
        answers = [(answer["question"], answer["choice"]) for answer in given["answers"]]
        known = QuizAttempt.objects.filter(pk=given["id"]).exists()
        row = quiz.attempt(
            actor=self.actor,
            given=quiz.Given(given["id"], given["policy_version"], answers, given["read_at"], given["answered_at"]),
            arrival=quiz.Arrival(clock.now(), given.get("sent_at")),
        )
        response = self.told(row, 200 if known else 201)
        response["Location"] = f"{request.path}/{row.pk}"
        return response


class ReadingViewSet(ListActs, ScopedViewSet):
    """Who has read which version, and when first."""

    queryset = PolicyReading.objects.all()
    serializer_class = quiz_shapes.ReadingOut
    filterset_class = policy_filters.ReadingFilters
    needs = {"list": "policies.read"}
    total_order = ("-read_at", "-id")


class BriefedViewSet(ListActs, ScopedViewSet):
    """Which shop knows which policy version: by whom, when, where, how, and how well."""

    queryset = Briefed.objects.select_related("policy_version__policy", "retailer", "person")
    serializer_class = quiz_shapes.BriefedOut
    filterset_class = policy_filters.BriefedFilters
    needs = {"list": "visits.read"}
    total_order = ("-briefed_at", "retailer_id", "policy_version_id")


class TrainingViewSet(ListActs, ScopedViewSet):
    """What retailers were taught on visits within scope, newest first."""

    queryset = Training.objects.all()
    serializer_class = quiz_shapes.TrainingOfVisitOut
    filterset_class = policy_filters.TrainingFilters
    needs = {"list": "visits.read"}
    total_order = ("-visit_started_at", "-visit_id", "month", "line_no")

    def get_queryset(self) -> Any:
        return trainings.listed(self.actor)


class TaughtView(ScopedView):
    """Trainings, minutes and understanding of a month, by unit below one of mine."""

    needs = {"get": "boards.read"}
    queries = {"get": quiz_shapes.TaughtQuery}
    answers = {"get": quiz_shapes.TaughtUnitsOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        month = self.asked.get("month") or clock.month_of(clock.today())
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        rows = trainings.by_unit(unit, min(unit.level + 1, Level.TERRITORY), month)
        told = {"month": month, "units": [{**vars(row), **row.figures()} for row in rows]}
        return Response(quiz_shapes.TaughtUnitsOut(told).data)
