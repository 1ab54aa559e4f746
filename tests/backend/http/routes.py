"""A noun of the tests' own over a real model, so that the viewset family is tested by itself: parameters of a unit."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, OperationalError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.errors import Problem
from backend.http.filters import DayFilter, Filters, MomentFilter, MonthFilter, TrueFalseFilter
from backend.http.serializers import (
    AwareDateTimeField,
    DayField,
    FiniteFloatField,
    OutModelSerializer,
    StrictBooleanField,
    StrictModelSerializer,
    StrictSerializer,
    WholeNumberField,
)
from backend.http.views import ScopedView
from backend.http.viewsets import CreateActs, EditActs, ListActs, ReadActs, RemoveActs, Router, ScopedViewSet
from backend.models import Parameter
from config import urls as whole
from tests.cast import ALWAYS

made = 0  # how often the effect of a creating request happened


class ThingOut(OutModelSerializer):
    class Meta:
        model = Parameter
        fields = ("id", "key", "value", "unit", "version")


class ThingIn(StrictModelSerializer):
    value = serializers.JSONField()
    id = serializers.IntegerField(read_only=True)

    class Meta:
        model = Parameter
        fields = ("id", "key", "value", "unit")


class ThingFilters(Filters):
    in_force_on = DayFilter(field_name="during", lookup_expr="contains")
    month = MonthFilter(field_name="during", lookup_expr="contains")
    at = MomentFilter(method="nothing")
    big = TrueFalseFilter(method="nothing")

    class Meta:
        model = Parameter
        fields = ("unit", "key", "version")

    def nothing(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset


class ThingViewSet(ListActs, ReadActs, CreateActs, EditActs, RemoveActs, ScopedViewSet):
    queryset = Parameter.objects.all()
    serializer_class = ThingOut
    filterset_class = ThingFilters
    total_order = ("key", "id")
    orderings = {"-key": ("-key", "-id"), "version": ("-version", "key", "id")}
    lookup_value_converter = "int"
    needs = {
        "list": "org.read",
        "retrieve": "org.read",
        "create": "org.read",
        "partial_update": "org.read",
        "destroy": "parameters.edit",
    }
    in_serializers = {"create": ThingIn, "partial_update": ThingIn}

    def make(self, data: dict[str, Any]) -> Parameter:
        global made
        made += 1
        if data["key"] == "refuse":
            raise Problem("conflict")
        return Parameter.objects.create(**data, during=DateRange(ALWAYS.lower, None))

    def change(self, row: Parameter, data: dict[str, Any]) -> Parameter:
        for name, value in data.items():
            setattr(row, name, value)
        row.version += 1
        row.save()
        return row

    def remove(self, row: Parameter) -> None:
        row.delete()


class FieldsIn(StrictSerializer):
    day = DayField(required=False)
    at = AwareDateTimeField(required=False)
    number = WholeNumberField(required=False)
    share = FiniteFloatField(required=False)
    yes = StrictBooleanField(required=False)


class FieldsView(ScopedView):
    """Answers what it understood."""

    needs = {"post": None}
    without_key = frozenset({"post"})
    in_serializers = {"post": FieldsIn}

    def post(self, request: Request) -> Response:
        return Response({name: str(value) for name, value in self.body().items()})


class BrokenView(ScopedView):
    """Raises what its last step names."""

    needs = {"get": None}
    faults = {"defect": ValueError("boom"), "gone": OperationalError("server closed"), "odd": DatabaseError("odd")}

    def get(self, request: Request, what: str) -> Response:
        raise self.faults[what]


def broken_page(request: HttpRequest) -> HttpResponse:
    raise OperationalError("server closed")


router = Router()
router.register("things", ThingViewSet, basename="thing")
urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("api/v1/fields", FieldsView.as_view()),
    path("api/v1/broken/<str:what>", BrokenView.as_view()),
    path("broken", broken_page),
    *whole.urlpatterns,
]
handler400, handler403 = whole.handler400, whole.handler403
handler404, handler500 = whole.handler404, whole.handler500
