"""Intelligence over HTTP: items with what became of them, groups, trends and the digest; verbs in items.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django_filters import rest_framework as rest
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http import etags
from backend.http.auth import actor
from backend.http.filters import DayFilter, Filters, TextFilter, TrueFalseFilter, UnderFilter
from backend.http.serializers import DayField, StrictSerializer
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.reach import unit_for
from backend.scope import visible_to
from market.intelligence import digest, shapes, unusual
from market.intelligence import items as intelligence
from market.intelligence import queries as intelligence_queries
from market.models import IntelligenceItem

MOST_GROUPS = 100


class ItemFilters(Filters):
    """`unit`: stamped with it or one under it. `waiting`: the next step is mine. `group`: about one thing."""

    unit = UnderFilter(field_name="territory_id")
    since = DayFilter(field_name="on_date", lookup_expr="gte")
    until = DayFilter(field_name="on_date", lookup_expr="lte")
    sent_since = DayFilter(method="from_day", label="sent on that day or later")
    sent_until = DayFilter(method="to_day", label="sent on that day or earlier")
    group = rest.UUIDFilter(field_name="group_id")
    place = TextFilter(lookup_expr="icontains", label="part of the place")
    waiting = TrueFalseFilter(method="is_waiting", label="my step is the next")
    overdue = TrueFalseFilter(method="is_late", label="open after its last day")
    mine = TrueFalseFilter(method="is_mine", label="sent by me")

    class Meta:
        model = IntelligenceItem
        fields = ("kind", "state", "retailer", "person", "product", "owner", "is_restricted")

    def from_day(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(sent_at__gte=clock.start_of(value))

    def to_day(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(sent_at__lt=clock.start_of(value + timedelta(days=1)))

    def is_waiting(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return self._held(rows, intelligence_queries.waiting_for(actor(self.request)), value)

    def is_late(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return self._held(rows, intelligence_queries.overdue(clock.today()), value)

    def is_mine(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return self._held(rows, Q(person_id=actor(self.request).person_id), value)

    def _held(self, rows: QuerySet[Any], said: Q, value: bool) -> QuerySet[Any]:
        return rows.filter(said) if value else rows.exclude(said)


class ItemViewSet(ListActs, ReadActs, ScopedViewSet):
    """What was sent up from visits, newest first, each with its history and how many others sent the same."""

    queryset = IntelligenceItem.objects.select_related("retailer", "person", "product", "owner", "county")
    serializer_class = shapes.IntelligenceItemOut
    filterset_class = ItemFilters
    in_serializers = {
        "verify": shapes.ItemNoteIn,
        "send_back": shapes.ItemReturnIn,
        "escalate": shapes.ItemNoteIn,
        "decide": shapes.ItemDecisionIn,
        "assign": shapes.ItemAssignIn,
    }
    needs = {
        "list": "visits.read",
        "retrieve": "visits.read",
        "verify": intelligence.VERIFY,
        "send_back": intelligence.VERIFY,
        "escalate": intelligence.VERIFY,
        "decide": intelligence.DECIDE,
        "assign": intelligence.VERIFY,
    }
    versioned = frozenset({"verify", "send_back", "escalate", "decide", "assign"})
    problem_codes = ("own_item",)
    total_order = ("-sent_at", "-id")

    def get_queryset(self) -> QuerySet[Any]:
        late = When(intelligence_queries.overdue(clock.today()), then=Value(True))
        rows = super().get_queryset().annotate(is_overdue=Case(late, default=Value(False)))
        return intelligence_queries.with_confirmations(rows, self.actor).prefetch_related("events__person")

    def told(self, row: Any, status: int = 200) -> Response:
        fresh = self.get_object()
        return etags.told(self.request, fresh, self.out(fresh), status)

    @action(detail=True, methods=["post"])
    def verify(self, request: Request, pk: Any = None) -> Response:
        """It is so; it may be escalated or decided from now on."""
        return self._done(intelligence.verify, **self.body())

    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, pk: Any = None) -> Response:
        """Back to its submitter, with the reason; editing the visit's line sends it anew."""
        return self._done(intelligence.send_back, **self.body())

    @action(detail=True, methods=["post"])
    def escalate(self, request: Request, pk: Any = None) -> Response:
        """To the county's decision; asked again there, to the prefecture's."""
        return self._done(intelligence.escalate, **self.body())

    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: Any = None) -> Response:
        """Decided, with all that is open of its group; everybody who sent one is told."""
        return self._done(intelligence.decide, decided=intelligence.Decided(**self.body()))

    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: Any = None) -> Response:
        """Somebody looks after it, and is told."""
        return self._done(intelligence.assign, **self.body())

    def _done(self, verb: Callable[..., IntelligenceItem], **said: Any) -> Response:
        with transaction.atomic():
            intelligence.hold(self.kwargs["pk"])
            row = self.get_object()
            etags.require(self.request, row)
            verb(actor=self.actor, item=row, **said)
            return self.told(row)


class GroupsQuery(StrictSerializer):
    unit = serializers.IntegerField(min_value=1, required=False)
    kind = serializers.ChoiceField(IntelligenceItem.KINDS, required=False)
    since = DayField(required=False, help_text="Default: 14 days ago.")
    until = DayField(required=False, help_text="Default: today.")


class Groups(ScopedView):
    """What several people sent, as one: the 100 groups of most persons, each by its first item."""

    needs = {"get": "visits.read"}
    queries = {"get": GroupsQuery}
    answers = {"get": shapes.IntelligenceGroupsOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit = unit_for(self.actor, "visits.read", self.asked.get("unit"))
        until = self.asked.get("until") or clock.today()
        since = self.asked.get("since") or until - timedelta(days=14)
        rows = visible_to(intelligence_queries.under(unit, trusted=True), self.actor).filter(
            on_date__range=(since, until)
        )
        if "kind" in self.asked:
            rows = rows.filter(kind=self.asked["kind"])
        found = intelligence_queries.groups(rows, MOST_GROUPS)
        return Response(shapes.IntelligenceGroupsOut({"results": found}).data)


class TrendsQuery(StrictSerializer):
    unit = serializers.IntegerField(min_value=1, required=False)
    week = DayField(required=False, help_text="Any day of it; default: the running week.")
    unusual = serializers.ChoiceField(["true"], required=False, help_text="Only counts that are unusual.")


class Trends(ScopedView):
    """Counts by place, week and kind, held against the eight weeks before, by the test of docs/method.md."""

    needs = {"get": "boards.read"}
    queries = {"get": TrendsQuery}
    answers = {"get": shapes.IntelligenceTrendsOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        day = self.asked.get("week") or clock.today()
        week = day - timedelta(days=day.weekday())
        trusted = [unit.pk] if intelligence_queries.is_trusted(self.actor, unit) else []
        found = unusual.series([unit.pk], trusted, week)[unit.pk]
        tested = sum(one.probability is not None for one in found)
        shown = unusual.unusual(found) if self.asked.get("unusual") else found
        told = {"week": week, "tested": tested, "results": shown}
        context = {"week": week, "sunday": week + timedelta(days=6)}
        return Response(shapes.IntelligenceTrendsOut(told, context=context).data)


class DigestQuery(StrictSerializer):
    unit = serializers.IntegerField(min_value=1, required=False)
    day = DayField(required=False, help_text="Default: today.")


class DigestView(ScopedView):
    """The morning's digest: what is new since the last working day began, what waits for me, is overdue, is unusual."""

    needs = {"get": "boards.read"}
    queries = {"get": DigestQuery}
    answers = {"get": shapes.IntelligenceDigestOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        found = digest.digest(self.actor, unit, self.asked.get("day") or clock.today())
        week = found.since - timedelta(days=found.since.weekday())
        context = {"week": week, "sunday": week + timedelta(days=6)}
        return Response(shapes.IntelligenceDigestOut(found, context=context).data)
