"""Questions about policies that nobody could answer in the shop, and their answers, over HTTP; verbs in faq.py."""

from __future__ import annotations

from uuid import UUID

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from visits import faq, policies, policy_filters, quiz_shapes
from visits.models import PolicyAnswer, PolicyQuestion


class PolicyQuestionViewSet(ListActs, ReadActs, ScopedViewSet):
    """What was asked: mine, and under my units; the soonest due first."""

    queryset = PolicyQuestion.objects.select_related("policy_version__policy", "retailer", "asked_by", "entry")
    serializer_class = quiz_shapes.QuestionAskedOut
    filterset_class = policy_filters.QuestionFilters
    in_serializers = {"answer": quiz_shapes.ReplyIn}
    needs = {"list": "policies.read", "retrieve": "policies.read", "answer": policies.EDIT}
    total_order = ("due_on", "id")

    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: UUID | None = None) -> Response:
        """The asker is told, and question and answer show with the policy."""
        return self.told(faq.answer(actor=self.actor, question=self.get_object(), reply=faq.Reply(**self.body())))


class PolicyAnswerViewSet(ListActs, ReadActs, ScopedViewSet):
    """Questions with their answers, as the policy's unit words them, newest first."""

    queryset = PolicyAnswer.objects.select_related("policy_version__policy")
    serializer_class = quiz_shapes.PolicyAnswerOut
    filterset_class = policy_filters.AnswerFilters
    needs = {"list": "policies.read", "retrieve": "policies.read"}
    total_order = ("-answered_at", "-id")
