"""The month's actions over HTTP: read with their why, decided one by one or many at once; verbs in actions.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework.decorators import action as route
from rest_framework.request import Request
from rest_framework.response import Response

from backend.errors import Problem
from backend.http import etags, problems
from backend.http.viewsets import CreateActs, EditActs, ListActs, ReadActs, ScopedViewSet
from cycles import actions, chain_reads, evaluate, gate, own_actions, standing
from cycles import actions_shapes as shapes
from cycles.actions_filters import ActionFilters
from cycles.models import Action, Result

Outcomes = Mapping[UUID, Action | Result | Problem]


class ActionViewSet(ListActs, ReadActs, CreateActs, EditActs, ScopedViewSet):
    """What is to be done in a month, newest first. POST sets one by hand; PATCH changes number or day."""

    queryset = chain_reads.with_names(Action.objects.all())
    serializer_class = shapes.ActionOut
    filterset_class = ActionFilters
    total_order = ("-month", "id")
    in_serializers = {
        "create": shapes.NewActionIn,
        "partial_update": shapes.GoalEditIn,
        "drop": shapes.DropIn,
        "reason": shapes.ReasonIn,
        "accept_all": shapes.AcceptAllIn,
        "bulk": shapes.BulkIn,
    }
    answers = {"retrieve": shapes.ActionWhyOut, "accept_all": shapes.BulkOut, "bulk": shapes.BulkOut}
    needs = {
        "list": "cycles.read",
        "retrieve": "cycles.read",
        **dict.fromkeys(("create", "partial_update", "accept", "drop", "reason"), gate.CAPABILITY),
        **dict.fromkeys(("accept_all", "bulk"), gate.CAPABILITY),
    }
    problem_codes = ("month_measured", "month_locked", "not_a_miss", "bad_date", "conflict")

    def get_serializer_class(self) -> Any:
        return shapes.ActionWhyOut if self.act == "retrieve" else shapes.ActionOut

    def make(self, data: dict[str, Any]) -> Action:
        retailer = data.pop("retailer")
        return own_actions.add(actor=self.actor, new=own_actions.NewAction(retailer_id=retailer.pk, **data))

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            standing.hold(self.get_object().month)  # before its row, as whoever drafts the month does
            return super().partial_update(request, *args, **kwargs)

    def change(self, row: Action, data: dict[str, Any]) -> Action:
        return actions.edit(actor=self.actor, action=row, **data)

    @route(detail=True, methods=["post"])
    def accept(self, request: Request, pk: Any = None) -> Response:
        """The action is to be done; one that was dropped may be accepted after all."""
        return self._decided(lambda row: actions.accept(actor=self.actor, action=row))

    @route(detail=True, methods=["post"])
    def drop(self, request: Request, pk: Any = None) -> Response:
        """The action is not to be done, and says why."""
        given = self.body()
        return self._decided(lambda row: actions.drop(actor=self.actor, action=row, **given))

    @route(detail=True, methods=["post"])
    def reason(self, request: Request, pk: Any = None) -> Response:
        """Why the goal was missed; asked of misses only."""
        given = self.body()
        return self._decided(lambda row: evaluate.give_reason(actor=self.actor, action=row, **given).action)

    def _decided(self, verb: Callable[[Action], Action]) -> Response:
        """The verb on the action of the address. With If-Match it is refused where the action has changed since."""
        with transaction.atomic():
            row = self.get_object()
            standing.hold(row.month)
            row = self.locked_object()
            if "HTTP_IF_MATCH" in self.request.META:
                etags.require(self.request, row)
            return self.told(verb(row))

    @route(detail=False, methods=["post"], url_path="accept-all")
    def accept_all(self, request: Request) -> Response:
        """Every drafted action of a territory is accepted, but for those that are flagged."""
        given = self.body()
        done = actions.accept_all(actor=self.actor, month=given["month"], territory=given["territory"])
        return Response({"outcomes": [{"action": one.action_id, "outcome": one.outcome} for one in done]})

    @route(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Up to 200 decisions about actions of one month; each item has its own outcome, in the order of the items."""
        given = self.body()
        items: list[dict[str, Any]] = given["items"]
        if len(items) > shapes.MOST_IN_BULK:
            raise Problem("too_many_items", limit=shapes.MOST_IN_BULK)
        with transaction.atomic():
            outcomes: dict[UUID, Action | Result | Problem] = {**self._many(given["month"], items)}
        language = problems.language_of(request._request)
        return Response({"outcomes": [_told(item["action"], outcomes[item["action"]], language) for item in items]})

    def _many(self, month: date, items: list[dict[str, Any]]) -> Outcomes:
        told = [item for item in items if item["do"] == "reason"]
        reasons = [evaluate.Reason(i["action"], i.get("reason", ""), i.get("words", "")) for i in told]
        decided = [_decision(item) for item in items if item["do"] != "reason"]
        found: dict[UUID, Action | Result | Problem] = {}
        if decided:
            found |= actions.decide(actor=self.actor, month=month, decisions=decided)
        if reasons:
            found |= evaluate.give_reasons(actor=self.actor, month=month, reasons=reasons)
        return found


def _decision(item: dict[str, Any]) -> actions.Decision:
    more = {name: item[name] for name in ("target", "due_on", "reason", "words", "version") if name in item}
    return actions.Decision(item["action"], item["do"], **more)


def _told(key: UUID, outcome: Action | Result | Problem, language: str) -> dict[str, Any]:
    if isinstance(outcome, Problem):
        return {"action": key, "outcome": "refused", "problem": outcome.document(language)}
    return {"action": key, "outcome": "done", "version": outcome.version}
