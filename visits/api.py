"""Visits over HTTP: the batch that phones push, the single visit, reads, and what was refused. Rules: the verbs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock, scope
from backend.errors import Problem
from backend.http import jsonbody
from backend.http.filters import MonthFilter
from backend.http.jsonbody import Item
from backend.http.problems import language_of
from backend.http.serializers import DayField, StrictSerializer
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.models import Quarantined
from visits import filters, fixing, intake, queries, shapes, wire
from visits.intake import Outcome
from visits.revision_api import RevisionActs

ITEM_PROBLEMS = (
    "not_your_shop", "unknown_reference", "briefing_not_open", "policy_recalled", "too_old", "month_not_kept",
    "submission_conflict",
)  # fmt: skip


class VisitIn(StrictSerializer):
    """The body is read by visits/wire.py; this names it in the API's description."""


class BatchView(ScopedView):
    """Push up to 200 visits as a JSON array; one outcome per item, in order. Safe to repeat: ids are the key."""

    needs = {"post": None}  # each item passes the write gate of its own date, also after the sender's position ended
    in_serializers = {"post": VisitIn}
    answers = {"post": shapes.OutcomesOut}
    without_key = frozenset({"post"})
    accepts_ended_devices = True
    problem_codes = ("too_many_items",)

    @extend_schema(
        request={"application/json": {"type": "array", "maxItems": wire.MAX_ITEMS, "items": shapes.visit_schema()}}
    )
    def post(self, request: Request) -> HttpResponse:
        items = jsonbody.decode_list(jsonbody.json_body(request), wire.MAX_ITEMS)
        outcomes = _receive(self, items)
        language = language_of(request._request)
        said = {"outcomes": [shapes.outcome(outcome, language) for outcome in outcomes]}
        return HttpResponse(msgspec.json.encode(said), content_type="application/json")


class RecentView(ScopedView):
    """My own last 50 visits with all their lines, newest first."""

    needs = {"get": "visits.read"}
    answers = {"get": shapes.RecentOut}

    def get(self, request: Request) -> HttpResponse:
        found = {"results": queries.recent(self.actor)}
        return HttpResponse(msgspec.json.encode(found), content_type="application/json")


class DueQuery(StrictSerializer):
    on = DayField(required=False, help_text="Default today.")


class DueView(ScopedView):
    """Active shops that their visit class calls for by a day, longest waiting first."""

    needs = {"get": "visits.record"}
    queries = {"get": DueQuery}
    answers = {"get": shapes.DuesOut}

    def get(self, request: Request) -> Response:
        territories = queries.territories_of(self.actor, "visits.record")
        rows = queries.shops_due(territories, self.asked.get("on") or clock.today())
        return Response({"results": shapes.DueOut(rows, many=True).data})


class VisitViewSet(ListActs, RevisionActs, ScopedViewSet):
    """Visits within scope, newest first, each readable with all its lines; edited and withdrawn by their authors."""

    queryset = queries.visits()
    serializer_class = shapes.VisitOut
    filterset_class = filters.VisitFilters
    in_serializers = {"create": VisitIn, "update": VisitIn, "withdraw": shapes.WithdrawIn}
    answers = {
        "retrieve": shapes.VisitWithLinesOut,
        "create": shapes.OutcomeOut,
        "update": shapes.VisitWithLinesOut,
        "withdraw": shapes.RevisionsOut,
        "revisions": shapes.RevisionsOut,
    }
    needs = {
        "list": "visits.read",
        "retrieve": "visits.read",
        "create": None,
        "update": "visits.record",
        "withdraw": "visits.record",
        "revisions": "visits.read",
    }
    versioned = frozenset({"update"})
    without_key = frozenset({"create"})  # the submission id in the body is the key, and a refusal must be kept
    accepts_ended_devices = True
    problem_codes = ITEM_PROBLEMS
    total_order = ("-started_at", "-id")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.act != "create" and _ended_at(request) is not None:
            raise Problem("device_ended")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """With `unit` and `month` the page also tells how many visits of that territory moved with their shops, of
        those that `has`, `has_note` and `product` ask for; with `has` also how many such lines they carry."""
        response = super().list(request, *args, **kwargs)
        asked = request.query_params
        if "unit" in asked and "month" in asked:
            month = MonthFilter().field.clean(asked["month"])
            named = {name: asked[name] for name in ("has", "has_note", "product") if name in asked}
            moved = filters.VisitFilters(named, queries.moved_with_shop(self.actor, int(asked["unit"]), month)).qs
            response.data["moved_with_shop"] = moved.count()
            if "has" in named:
                line, more = filters.CAPTURED[named["has"]]
                carried = line.objects.filter(month=month, visit_id__in=moved.values("pk"), **more)
                response.data["moved_lines"] = carried.count()
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @extend_schema(request={"application/json": shapes.visit_schema()})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One visit, by the same verb as the batch: 201 created, 200 duplicate, 409 conflict, 400 or 422 rejected."""
        raw = jsonbody.json_body(request)
        jsonbody.decode(raw)
        [outcome] = _receive(self, [Item(raw, None)])
        if outcome.problem is not None:
            raise outcome.problem
        said = shapes.outcome(outcome, language_of(request._request))
        headers = {"Location": f"{request.path}/{outcome.submission_id}"}
        return Response(said, status=201 if outcome.word == "created" else 200, headers=headers)


class NothingIn(StrictSerializer):
    """No body."""


class QuarantineViewSet(ListActs, ReadActs, ScopedViewSet):
    """What was refused, with its reason: mine, and that of people under my units where I read the quarantine."""

    queryset = Quarantined.objects.select_related("person", "unit")
    filterset_class = filters.QuarantineFilters
    serializer_class = shapes.QuarantinedOut
    in_serializers = {"resend": VisitIn, "dismiss": shapes.ReasonIn, "reopen": NothingIn}
    answers = {"retrieve": shapes.QuarantinedWholeOut, "resend": shapes.OutcomeOut}
    needs = {
        "list": "quarantine.read",
        "retrieve": "quarantine.read",
        "resend": fixing.FIX,
        "dismiss": "quarantine.read",
        "reopen": "quarantine.read",
    }
    without_key = frozenset({"resend"})
    problem_codes = ITEM_PROBLEMS
    total_order = ("-received_at", "-id")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return shapes.QuarantinedOut if self.act == "list" else shapes.QuarantinedWholeOut

    @extend_schema(request={"application/json": shapes.visit_schema()})
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: UUID | None = None) -> Response:
        """Send the mended item as its author's. A refusal changes nothing."""
        payload = jsonbody.json_body(request)
        jsonbody.decode(payload)
        outcome = fixing.resend(actor=self.actor, quarantined=self.get_object(), payload=payload)
        if outcome.problem is not None:
            raise outcome.problem
        return Response(shapes.outcome(outcome, language_of(request._request)))

    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: UUID | None = None) -> Response:
        """Let the item go, with a reason: one's own, or as one who mends there. Its bytes stay."""
        fixing.require_lets_go(self.actor)
        return self.told(fixing.dismiss(actor=self.actor, quarantined=self.get_object(), **self.body()))

    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: UUID | None = None) -> Response:
        """Take back, within ten minutes, that the item was let go."""
        fixing.require_lets_go(self.actor)
        self.body()
        return self.told(fixing.reopen(actor=self.actor, quarantined=self.get_object()))


def _receive(view: ScopedView | ScopedViewSet, items: list[Item]) -> list[Outcome]:
    """Nothing is taken, nor kept as refused, from somebody who never recorded visits."""
    if not scope.has_held(view.actor, "visits.record"):
        raise Problem("forbidden")
    return intake.receive_batch(actor=view.actor, items=items, received_at=clock.now(), until=_ended_at(view.request))


def _ended_at(request: Request) -> Any:
    """When the device that asks was ended; None for one that is active, and for a page's session."""
    return getattr(request.auth, "ended_at", None)
