"""The ledger of the fifth step over HTTP: the oldest first, accepted, changed, dropped with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework.decorators import action as route
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http import etags
from backend.http.viewsets import EditActs, ListActs, ReadActs, ScopedViewSet
from cycles import actions_shapes as shapes
from cycles import chain_reads, gate, improve
from cycles.actions_filters import ImprovementFilters
from cycles.models import Improvement


class ImprovementViewSet(ListActs, ReadActs, EditActs, ScopedViewSet):
    """What was missed and is carried on, the oldest first; `months_open` and `opened_on` say how old."""

    queryset = chain_reads.ledger(Improvement.objects.all())
    serializer_class = shapes.ImprovementOut
    filterset_class = ImprovementFilters
    total_order = ("opened_on", "id")
    in_serializers = {"partial_update": shapes.ImprovementEditIn, "drop": shapes.WhyDroppedIn}
    needs = {
        "list": "cycles.read",
        "retrieve": "cycles.read",
        **dict.fromkeys(("partial_update", "accept", "drop"), gate.CAPABILITY),
    }
    problem_codes = ("bad_date", "conflict")

    def change(self, row: Improvement, data: dict[str, Any]) -> Improvement:
        given = {"target": data.get("target"), "due_on": data.get("due_on")}
        return improve.edit(actor=self.actor, improvement=row, **given)

    @route(detail=True, methods=["post"])
    def accept(self, request: Request, pk: Any = None) -> Response:
        """Somebody means to do it: it stands open until it is met, partly met, or dropped."""
        return self._decided(lambda row: improve.accept(actor=self.actor, improvement=row))

    @route(detail=True, methods=["post"])
    def drop(self, request: Request, pk: Any = None) -> Response:
        """It is carried no further, and says why."""
        given = self.body()
        with transaction.atomic():
            improve.hold(self.get_object())
            return self._decided(lambda row: improve.drop(actor=self.actor, improvement=row, **given))

    def _decided(self, verb: Callable[[Improvement], Improvement]) -> Response:
        with transaction.atomic():
            row = self.locked_object()
            if "HTTP_IF_MATCH" in self.request.META:
                etags.require(self.request, row)
            return self.told(verb(row))
