"""Cursor pages over a total order (keyset): the page that every list of the API answers with.

A cursor is signed and bound to the route, the filters, the order and the person: another's cursor, one of another query
and one that somebody edited are all 400 invalid_cursor. Rows that arrive meanwhile shift nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Model, Q
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from backend.errors import FieldError, Problem
from backend.http.auth import actor

PAGE_SIZE = 50
LARGEST_PAGE = 200
PARAMETERS = ("cursor", "page_size")


class TotalOrderCursor(BasePagination):
    """`{"results": [...], "next": "/api/v1/...?cursor=..." or null}`. One query per page, no count."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        order: Sequence[str] = view.order_of(request)
        salt = _binding(request, order)
        rows = queryset.order_by(*order)
        if given := request.query_params.get("cursor"):
            rows = rows.filter(_after(queryset.model, order, _read(given, salt)))
        size = _page_size(request)
        found = list(rows[: size + 1])
        self.next = None
        if len(found) > size:
            found.pop()
            mark = signing.dumps([_plain(_value(found[-1], name)) for name in order], salt=salt)
            kept = [(k, v) for k, values in request.query_params.lists() for v in values if k != "cursor"]
            self.next = f"{request.path}?{urlencode([*kept, ('cursor', mark)])}"
        return found

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {"type": ["string", "null"], "description": "Address of the next page; null on the last."}
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": following},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE_SIZE}
        place = {"type": "string"}
        told = (
            ("cursor", place, "From where the page goes on, as `next` names it."),
            ("page_size", size, "Rows of a page."),
        )
        return [
            {"name": name, "in": "query", "required": False, "schema": schema, "description": about}
            for name, schema, about in told
        ]


def _page_size(request: Request) -> int:
    given = request.query_params.get("page_size", str(PAGE_SIZE))
    if not (given.isascii() and given.isdigit() and len(given) <= 3 and 1 <= int(given) <= LARGEST_PAGE):
        fault = FieldError("bad_parameter", f"1 至 {LARGEST_PAGE}", f"1 to {LARGEST_PAGE}", parameter="page_size")
        raise Problem("bad_parameter", errors=[fault])
    return int(given)


def _binding(request: Request, order: Sequence[str]) -> str:
    asked = sorted((k, v) for k, values in request.query_params.lists() for v in values if k not in PARAMETERS)
    bound = repr((request.path, asked, tuple(order), str(actor(request).person_id)))
    return f"cursor.{sha256(bound.encode()).hexdigest()}"


def _read(given: str, salt: str) -> list[Any]:
    try:
        return signing.loads(given, salt=salt)
    except (signing.BadSignature, ValueError):
        raise Problem("invalid_cursor") from None


def _after(model: type[Model], order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind the mark: equal in the first columns of the order and beyond it in the next, for each column."""
    if len(values) != len(order):
        raise Problem("invalid_cursor")
    where, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        column, beyond = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
        typed = _typed(model, column, value)
        where |= equal & Q(**{f"{column}__{beyond}": typed})
        equal &= Q(**{column: typed})
    return where


def _typed(model: type[Model], column: str, value: Any) -> Any:
    field: Any = None
    for step in column.split("__"):
        try:
            field = (field.related_model if field else model)._meta.get_field(step) if step != "pk" else model._meta.pk
        except FieldDoesNotExist:
            return value  # an annotation: its JSON value is what it was
    try:
        return field.to_python(value) if isinstance(field, Field) else value
    except ValidationError:
        raise Problem("invalid_cursor") from None


def _value(row: Any, name: str) -> Any:
    for step in name.lstrip("-").split("__"):
        row = row[step] if isinstance(row, dict) else getattr(row, step)
    return row


def _plain(value: Any) -> Any:
    if value is None:
        raise TypeError("a column that may be null cannot order a list")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | Decimal) else value
