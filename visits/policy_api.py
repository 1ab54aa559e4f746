"""Policies, their versions and display templates over HTTP; the verbs are in visits/policies.py."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http.viewsets import CreateActs, ListActs, ReadActs, ScopedViewSet
from visits import filters, policies, policy_shapes, queries
from visits.models import Policy, PolicyVersion, TemplateVersion


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
    in_serializers = {"create": policy_shapes.PolicyVersionIn, "release": policy_shapes.ReleaseIn}
    needs = {
        "list": "policies.read",
        "retrieve": "policies.read",
        "create": policies.EDIT,
        "release": policies.EDIT,
    }
    total_order = ("policy_id", "number", "id")
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Any]:
        return queries.policy_versions(self.actor, super().get_queryset())

    def make(self, data: dict[str, Any]) -> PolicyVersion:
        return policies.write_version(actor=self.actor, **data)

    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: int | None = None) -> Response:
        """From now on it may be briefed; its text never changes."""
        brief_by = self.body().get("brief_by")
        return self.told(policies.release(actor=self.actor, version=self.get_object(), brief_by=brief_by))


class TemplateViewSet(ListActs, ReadActs, ScopedViewSet):
    """Display templates by version, with their items and points."""

    queryset = TemplateVersion.objects.select_related("template")
    serializer_class = policy_shapes.TemplateOut
    filterset_class = filters.TemplateFilters
    needs = {"list": "policies.read", "retrieve": "policies.read"}
    total_order = ("template_id", "number", "id")
    lookup_value_converter = "int"
