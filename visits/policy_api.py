"""Policies, their versions and how far they came, over HTTP; verbs in visits/policies.py, reads in visits/reach.py."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.http.viewsets import CreateActs, ListActs, ReadActs, ScopedViewSet
from backend.models import Level
from backend.reach import unit_for
from retail.models import Retailer
from visits import filters, policies, policy_filters, policy_shapes, queries, quiz, quiz_shapes, reach
from visits.models import Policy, PolicyVersion


class PolicyViewSet(ListActs, ReadActs, CreateActs, ScopedViewSet):
    """What retailers are to be told of: policies of my units and of those above."""

    queryset = Policy.objects.select_related("unit")
    serializer_class = policy_shapes.PolicyOut
    filterset_class = filters.PolicyFilters
    in_serializers = {"create": policy_shapes.PolicyIn}
    needs = {"list": "policies.read", "retrieve": "policies.read", "create": policies.EDIT}
    total_order = ("code",)
    lookup_value_converter = "int"

    def make(self, data: dict[str, Any]) -> Policy:
        return policies.open_policy(actor=self.actor, draft=policies.Draft(**data))


class PolicyVersionViewSet(ListActs, ReadActs, CreateActs, ScopedViewSet):
    """The texts of policies by number. Drafts show to policy editors only."""

    queryset = PolicyVersion.objects.select_related("policy")
    serializer_class = policy_shapes.PolicyVersionOut
    filterset_class = filters.PolicyVersionFilters
    in_serializers = {
        "create": policy_shapes.PolicyVersionIn,
        "release": policy_shapes.ReleaseIn,
        "recall": policy_shapes.RecallIn,
        "read": policy_shapes.ReadIn,
    }
    queries = {"reach": policy_shapes.ReachQuery}
    answers = {
        "read": quiz_shapes.ReadingOut,
        "reach": policy_shapes.ReachedOut,
    }
    needs = {
        "list": "policies.read",
        "retrieve": "policies.read",
        "create": policies.EDIT,
        "release": policies.EDIT,
        "recall": policies.EDIT,
        "read": "policies.read",
        "reach": "boards.read",
    }
    total_order = ("policy_id", "number", "id")
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Any]:
        return queries.policy_versions(self.actor, super().get_queryset())

    def make(self, data: dict[str, Any]) -> PolicyVersion:
        policy = data.pop("policy")
        return policies.write_version(actor=self.actor, policy=policy, text=policies.Text(**data))

    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: int | None = None) -> Response:
        """From now on it may be briefed; its text never changes."""
        brief_by = self.body().get("brief_by")
        return self.told(policies.release(actor=self.actor, version=self.get_object(), brief_by=brief_by))

    @action(detail=True, methods=["post"])
    def recall(self, request: Request, pk: int | None = None) -> Response:
        """It may not be briefed any more; what was told before stands."""
        reason = self.body()["reason"]
        return self.told(policies.recall(actor=self.actor, version=self.get_object(), reason=reason))

    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: int | None = None) -> Response:
        """I have read it. The first reading stays."""
        now = clock.now()
        at = min(self.body().get("read_at", now), now)
        reading = quiz.read(actor=self.actor, version=self.get_object(), at=at)
        return Response(quiz_shapes.ReadingOut(reading).data)

    @action(detail=True, methods=["get"])
    def reach(self, request: Request, pk: int | None = None) -> Response:
        """Shops that it names, briefed and understood: of a unit of mine, and by unit below it, for a map by county."""
        version = self.get_object()
        unit = unit_for(self.actor, "boards.read", self.asked.get("unit"))
        by = self.asked.get("by")
        level = max(unit.level, Level[by.upper()]) if by else reach.level_below(unit)
        on = self.asked.get("on") or clock.today()
        rows = reach.by_unit(version, unit, level, on)
        told = [{**vars(row), **row.figures()} for row in (reach.whole(unit, rows), *rows)]
        found = {"on": on, "second_touch_on": reach.second_touch_on(version), "whole": told[0], "units": told[1:]}
        return Response(policy_shapes.ReachedOut(found).data)


class SecondTouchViewSet(ListActs, ScopedViewSet):
    """Shops that a version names and that do not know it yet, once its day of the second touch has come."""

    queryset = Retailer.objects.all()
    serializer_class = policy_shapes.SecondTouchOut
    filterset_class = policy_filters.SecondTouchFilters
    problem_codes = ("not_found",)
    needs = {"list": "visits.read"}
    total_order = ("code",)
