""" "This rule misfires" over HTTP: told with the findings attached, listed for those above, answered; misfires.py."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action as route
from rest_framework.request import Request
from rest_framework.response import Response

from backend.errors import Problem
from backend.http.viewsets import CreateActs, ListActs, ScopedViewSet
from cycles import actions_shapes as shapes
from cycles import chain_reads, gate, misfires
from cycles.actions_filters import MisfireFilters
from cycles.models import Misfire


class MisfireViewSet(ListActs, CreateActs, ScopedViewSet):
    """What was said of a rule, newest first: mine, and what those under my units said."""

    queryset = Misfire.objects.select_related("person", "unit")
    serializer_class = shapes.MisfireOut
    filterset_class = MisfireFilters
    total_order = ("-told_at", "id")
    in_serializers = {"create": shapes.MisfireIn, "answer": shapes.AnswerIn}
    needs = {"list": "cycles.read", "create": gate.CAPABILITY, "answer": misfires.ANSWER}
    problem_codes = ("not_found", "conflict")

    def get_queryset(self) -> QuerySet[Misfire]:
        """Those of the rule in the address; `not_found` where there is no such rule."""
        code = self.kwargs["code"]
        if chain_reads.rule_or_none(code) is None:
            raise Problem("not_found")
        return super().get_queryset().filter(rule=code)

    def make(self, data: dict[str, Any]) -> Misfire:
        if chain_reads.rule_or_none(self.kwargs["code"]) is None:
            raise Problem("not_found")
        return misfires.tell(actor=self.actor, rule=self.kwargs["code"], **data)

    @route(detail=True, methods=["post"])
    def answer(self, request: Request, code: str = "", pk: Any = None) -> Response:
        """Those who set the rules answer, once."""
        return self.told(misfires.answer(actor=self.actor, misfire=self.get_object(), **self.body()))
