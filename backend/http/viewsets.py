"""Nouns on the wire: the viewset family that every model route derives from. Reads pass the scope gate, writes a verb.

A whole noun is three lines and its serializers:

    class ProductViewSet(ListActs, ReadActs, ScopedViewSet):
        queryset, serializer_class, filterset_fields = Product.objects.all(), ProductOut, ["brand", "is_active"]
        needs, total_order = {"list": "brands.read", "retrieve": "brands.read"}, ("name", "id")

A view never filters by who asks: what the actor may not see is not in the queryset, so it answers 404 like what does
not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django_filters import rest_framework as django_filters
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

from backend.errors import FieldError, Problem
from backend.http import cursors, etags
from backend.http.filters import StrictFilters
from backend.http.views import Gate
from backend.scope import visible_to


class Router(SimpleRouter):
    """Routes without a trailing slash, with typed keys: an id of the wrong shape is an unknown address."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)


class ScopedViewSet(Gate, GenericViewSet[Any]):
    """Base of the family. Mix in ListActs, ReadActs, CreateActs, EditActs, RemoveActs as the noun allows."""

    queryset: QuerySet[Any]
    total_order: ClassVar[Sequence[str]] = ("pk",)  # ends in a unique column; none of them may be null
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {}  # what ?ordering= may name, each a total order
    filter_backends = [StrictFilters]
    filterset_class: type[django_filters.FilterSet] | None = None
    filterset_fields: Any = None
    pagination_class = cursors.TotalOrderCursor
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Any]:
        """What the actor may see, and nothing else."""
        return visible_to(super().get_queryset(), self.actor)

    def get_object(self) -> Any:
        """The row of the address, within scope; problem not_found for what is foreign or absent alike."""
        found = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Problem("not_found")
        return found

    def locked_object(self) -> Any:
        """As get_object, with the row locked until the end of the transaction. Two queries."""
        rows = self.get_queryset().model._base_manager
        rows.select_for_update().filter(pk=self.kwargs["pk"]).values("pk").first()
        return self.get_object()

    def order_of(self, request: Request) -> Sequence[str]:
        """The total order that the request asked for, from the declared ones."""
        name = request.query_params.get("ordering")
        if name is None:
            return self.total_order
        if name not in self.orderings:
            raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter="ordering")])
        return self.orderings[name]

    def out(self, row: Any) -> Any:
        """One row as the Out serializer gives it."""
        return self.get_serializer(row).data

    def told(self, row: Model, status: int = 200) -> Response:
        """The answer for one row, with its ETag. The row is read again, so that it shows what the list would."""
        fresh = super().get_queryset().filter(pk=row.pk).first()
        return etags.told(self.request, row, self.out(fresh or row), status)

    # -- parameters ----------------------------------------------------------------------------------------------------

    def parameters(self, act: str) -> dict[str, bool]:
        found = super().parameters(act)
        if act == "list":
            found |= self._filter_parameters() | dict.fromkeys(cursors.PARAMETERS, False) | {"fields": False}
            if self.orderings:
                found["ordering"] = False
        elif act == "retrieve":
            found["fields"] = False
        return found

    def _filter_parameters(self) -> dict[str, bool]:
        filters = StrictFilters().get_filterset_class(self, self.queryset)
        if filters is None:
            return {}
        several = (django_filters.MultipleChoiceFilter, django_filters.ModelMultipleChoiceFilter)
        return {name: isinstance(found, several) for name, found in filters.base_filters.items()}

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        request = getattr(self, "request", None)
        if request is not None and "fields" in request.query_params and self.act in {"list", "retrieve"}:
            context["fields"] = self._chosen(request.query_params["fields"])
        return context

    def _chosen(self, given: str) -> frozenset[str]:
        chosen = frozenset(given.split(","))
        serializer: Any = self.get_serializer_class()()
        if not chosen <= set(serializer.fields):
            raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter="fields")])
        return chosen


class ListActs:
    """GET on the noun: one page of what the actor may see."""

    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class ReadActs:
    """GET on one row, with its ETag; 304 when the reader has it."""

    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        return etags.told(request, row, self.out(row))


class CreateActs:
    """POST on the noun: `make` calls the verb. Idempotency-Key is required unless the viewset says otherwise."""

    def create(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.make(self.body())
        response = self.told(row, 201)
        response["Location"] = f"{request.path}/{row.pk}"
        return response

    def make(self, data: dict[str, Any]) -> Model:
        raise NotImplementedError


class EditActs:
    """PATCH on one row: If-Match is required; `change` calls the verb with the row locked."""

    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            row = self.locked_object()
            etags.require(request, row)
            row = self.change(row, self.body(row, partial=True))
            return self.told(row)

    def change(self, row: Any, data: dict[str, Any]) -> Model:
        raise NotImplementedError


class RemoveActs:
    """DELETE on one row: If-Match is required; `remove` calls the verb with the row locked."""

    def destroy(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            row = self.locked_object()
            etags.require(request, row)
            self.remove(row)
        return Response(status=204)

    def remove(self, row: Any) -> None:
        raise NotImplementedError
