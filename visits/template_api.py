"""Display templates over HTTP, which of them a shop is checked by, and a score explained; verbs in templates.py."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.errors import Problem
from backend.http.serializers import DayField, StrictSerializer
from backend.http.views import ScopedView
from backend.http.viewsets import CreateActs, ListActs, ReadActs, ScopedViewSet
from backend.scope import visible_to
from retail.models import Retailer
from visits import explaining, filters, template_shapes, templates
from visits.models import DisplayTemplate, TemplateVersion, Visit


class SchemeViewSet(ListActs, ReadActs, CreateActs, ScopedViewSet):
    """Display schemes of my units and of those above; what they check is in versions (/templates)."""

    queryset = DisplayTemplate.objects.select_related("unit")
    serializer_class = template_shapes.SchemeOut
    filterset_class = filters.SchemeFilters
    in_serializers = {"create": template_shapes.SchemeIn}
    needs = {"list": "policies.read", "retrieve": "policies.read", "create": templates.EDIT}
    total_order = ("code",)
    lookup_value_converter = "int"

    def make(self, data: dict[str, Any]) -> DisplayTemplate:
        return templates.open_template(actor=self.actor, new=templates.NewTemplate(**data))


class TemplateViewSet(ListActs, ReadActs, CreateActs, ScopedViewSet):
    """Display templates by version, with their items and points. Drafts show to those who write them."""

    queryset = TemplateVersion.objects.select_related("template")
    serializer_class = template_shapes.TemplateOut
    filterset_class = filters.TemplateFilters
    in_serializers = {
        "create": template_shapes.TemplateIn,
        "release": template_shapes.ReleaseTemplateIn,
        "retire": template_shapes.RetireTemplateIn,
    }
    needs = {
        "list": "policies.read",
        "retrieve": "policies.read",
        "create": templates.EDIT,
        "release": templates.EDIT,
        "retire": templates.EDIT,
    }
    total_order = ("template_id", "number", "id")
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Any]:
        return templates.readable(self.actor, super().get_queryset())

    def make(self, data: dict[str, Any]) -> TemplateVersion:
        template = data.pop("template")
        return templates.write_version(actor=self.actor, template=template, new=templates.NewVersion(**data))

    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: int | None = None) -> Response:
        """Shops are checked by it from a day on; the version in force ends there."""
        return self.told(templates.release(actor=self.actor, version=self.get_object(), **self.body()))

    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: int | None = None) -> Response:
        """Nothing is checked by it from a day on."""
        return self.told(templates.retire(actor=self.actor, version=self.get_object(), **self.body()))


class OnQuery(StrictSerializer):
    on = DayField(required=False, help_text="Default today.")


class ShopTemplateView(ScopedView):
    """The template version that a shop is to be checked by on a day: that of the nearest unit, closest to its kind."""

    needs = {"get": "visits.read"}
    queries = {"get": OnQuery}
    answers = {"get": template_shapes.ApplicableOut}

    def get(self, request: Request, pk: UUID) -> Response:
        if not visible_to(Retailer.objects.filter(pk=pk), self.actor).exists():
            raise Problem("not_found")
        on = self.asked.get("on") or clock.today()
        key = templates.applicable([pk], on).get(pk)
        version = TemplateVersion.objects.select_related("template").filter(pk=key).first() if key else None
        return Response(template_shapes.ApplicableOut({"retailer": pk, "on": on, "version": version}).data)


class ScoreView(ScopedView):
    """Why the display check of a visit scored what it did."""

    needs = {"get": "visits.read"}
    answers = {"get": template_shapes.ScoreOut}

    def get(self, request: Request, pk: UUID) -> Response:
        visit = visible_to(Visit.objects.filter(pk=pk), self.actor).first()
        told = explaining.explain(visit) if visit is not None else None
        if told is None:
            raise Problem("not_found")
        return Response(template_shapes.ScoreOut(told).data)
