"""The org tree, people and positions over HTTP, with the catalogues of thresholds and figures, and the audit."""

from __future__ import annotations

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock, kpis, org_shapes, parameters, positions, units
from backend.errors import Problem
from backend.http.filters import DayFilter, Filters, MomentFilter, TextFilter, WholeNumberFilter
from backend.http.views import ScopedView
from backend.http.viewsets import CreateActs, ListActs, ReadActs, ScopedViewSet
from backend.language import is_english
from backend.models import AuditEntry, Person, Position, Role, Unit
from backend.scope import visible_to


class UnitFilters(Filters):
    as_of = DayFilter(field_name="during", lookup_expr="contains")
    q = TextFilter(field_name="name", lookup_expr="icontains", label="part of the name")

    class Meta:
        model = Unit
        fields = ["level", "parent", "code"]


class UnitViewSet(ListActs, ReadActs, CreateActs, ScopedViewSet):
    """The units at, under and above mine. A unit never moves: a reorganisation closes it and opens a successor."""

    queryset = Unit.objects.all()
    serializer_class = org_shapes.UnitOut
    filterset_class = UnitFilters
    in_serializers = {"create": org_shapes.UnitIn, "close": org_shapes.UnitCloseIn}
    needs = {"list": "org.read", "retrieve": "org.read", "create": "org.edit", "close": "org.edit"}
    total_order = ("level", "code")
    lookup_value_converter = "int"

    def make(self, data: dict[str, Any]) -> Unit:
        return units.open_unit(actor=self.actor, **data)

    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: Any = None) -> Response:
        """The unit ends on a day, and names what takes its place. Refused while units under it go on."""
        return self.told(units.close_unit(actor=self.actor, unit=self.get_object(), **self.body()))


class RoleViewSet(ListActs, ScopedViewSet):
    """The posts of the trade, and what each may do."""

    queryset = Role.objects.all()
    serializer_class = org_shapes.RoleOut
    total_order = ("code",)
    needs = {"list": "org.read"}


class PersonFilters(Filters):
    q = TextFilter(field_name="name", lookup_expr="icontains", label="part of the name")

    class Meta:
        model = Person
        fields = ["username", "is_active"]


class PersonViewSet(ListActs, ReadActs, ScopedViewSet):
    """Myself, and the people who hold a position under my units today."""

    queryset = Person.objects.all()
    serializer_class = org_shapes.PersonOut
    filterset_class = PersonFilters
    total_order = ("username",)
    needs = {"list": "people.read", "retrieve": "people.read"}


class PositionFilters(Filters):
    as_of = DayFilter(field_name="during", lookup_expr="contains")

    class Meta:
        model = Position
        fields = ["person", "unit", "role"]


class PositionViewSet(ListActs, ReadActs, CreateActs, ScopedViewSet):
    """Who holds which role where, from-to. An ended position opens nothing from its last day on."""

    queryset = Position.objects.select_related("person", "unit")
    serializer_class = org_shapes.PositionOut
    filterset_class = PositionFilters
    in_serializers = {"create": org_shapes.PositionIn, "end": org_shapes.PositionEndIn}
    needs = {"list": "people.read", "retrieve": "people.read", "create": "people.manage", "end": "people.manage"}
    total_order = ("unit_id", "role_id", "id")
    lookup_value_converter = "int"

    def make(self, data: dict[str, Any]) -> Position:
        return positions.appoint(actor=self.actor, **data)

    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: Any = None) -> Response:
        """The position is no longer held from a day on: effective at the person's next request."""
        return self.told(positions.end(actor=self.actor, position=self.get_object(), **self.body()))


class AuditFilters(Filters):
    since = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")
    unit = WholeNumberFilter(field_name="unit_id")

    class Meta:
        model = AuditEntry
        fields = ["act", "object_type", "object_id", "actor"]


class AuditViewSet(ListActs, ReadActs, ScopedViewSet):
    """What was done to master data, newest first: who, what, before, after, and the reason given."""

    queryset = AuditEntry.objects.select_related("actor")
    serializer_class = org_shapes.AuditOut
    filterset_class = AuditFilters
    total_order = ("-id",)
    needs = {"list": "audit.read", "retrieve": "audit.read"}
    lookup_value_converter = "int"


class ParametersInForce(ScopedView):
    """Every threshold with the value that is in force for a unit on a day. A unit outside my scope answers 404."""

    needs = {"get": "org.read"}
    queries = {"get": org_shapes.ParameterQuery}
    answers = {"get": org_shapes.ParametersOut}
    problem_codes = ("not_found",)

    def get(self, request: Request) -> Response:
        on = self.asked.get("on") or clock.today()
        unit = visible_to(Unit.objects.filter(pk=self.asked["unit"]), self.actor).first()
        if unit is None:
            raise Problem("not_found")
        catalogue = parameters.catalogue()
        values = parameters.values([p.key for p in catalogue], [unit.pk], on)[unit.pk]
        rows = [
            {
                "key": p.key,
                "title": p.title_en if is_english() else p.title,
                "value": values[p.key],
                "default": p.default,
                "source": p.source,
            }
            for p in catalogue
        ]
        return Response({"unit": unit.pk, "on": on, "parameters": rows})


class KpiCatalogue(ScopedView):
    """What every figure means: its formula, unit, period and source."""

    needs = {"get": "boards.read"}
    answers = {"get": org_shapes.KpisOut}

    def get(self, request: Request) -> Response:
        rows = [
            {
                "id": kpi.id,
                "version": kpi.version,
                "name": kpi.name_en if is_english() else kpi.name,
                "formula": kpi.formula,
                "unit": kpi.unit,
                "period": kpi.period,
                "source": kpi.source,
            }
            for kpi in kpis.catalogue()
        ]
        return Response({"kpis": rows})
