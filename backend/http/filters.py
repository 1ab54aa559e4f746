"""Filters of lists (django-filter), made strict: what cannot be understood is 400, never quietly ignored.

An app's filters.py derives from `Filters`; related rows are filtered by id alone, so that asking for a foreign id and
for an absent one gives the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django_filters import rest_framework as rest
from django_filters.constants import EMPTY_VALUES
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from backend.errors import FieldError, Problem
from backend.http.serializers import EARLIEST, LATEST
from backend.scope import units_under

LARGEST = 2**63 - 1


class DayFormField(forms.Field):
    """2026-03-16, and nothing that merely resembles it."""

    def to_python(self, value: Any) -> date | None:
        if value in EMPTY_VALUES:
            return None
        return _day(str(value), r"\d{4}-\d{2}-\d{2}", "")


class MonthFormField(forms.Field):
    """2026-03, as the first day of that month."""

    def to_python(self, value: Any) -> date | None:
        if value in EMPTY_VALUES:
            return None
        return _day(str(value), r"\d{4}-\d{2}", "-01")


class MomentFormField(forms.Field):
    """An ISO 8601 moment with its zone."""

    def to_python(self, value: Any) -> datetime | None:
        if value in EMPTY_VALUES:
            return None
        try:
            found = parse_datetime(str(value).replace(" ", "+"))  # "+08:00" arrives as a blank when it was not escaped
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not EARLIEST <= found.date() <= LATEST:
            raise ValidationError("bad_date", code="bad_date")
        return found


@extend_schema_field(OpenApiTypes.DATE)
class DayFilter(rest.Filter):
    field_class = DayFormField


@extend_schema_field(
    {"type": "string", "pattern": r"^\d{4}-\d{2}$", "example": "2026-03", "description": "Of this month."}
)
class MonthFilter(rest.Filter):
    field_class = MonthFormField


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(rest.Filter):
    field_class = MomentFormField


class WholeNumberFormField(forms.IntegerField):
    """29, and nothing that Django would also read as it: 29.0, full-width digits, 2_9, blanks around it."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and value and not re.fullmatch(r"-?\d{1,19}", value, re.ASCII):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


@extend_schema_field({"type": "integer", "format": "int64"})
class WholeNumberFilter(rest.Filter):
    """An integer that the database can hold."""

    field_class = WholeNumberFormField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"min_value": -LARGEST, "max_value": LARGEST, **kwargs})


@extend_schema_field({"type": "integer", "format": "int64", "description": "Of this unit or one below it."})
class UnderFilter(WholeNumberFilter):
    """Rows of a unit at or under the given one; `field_name` is the column that holds the unit."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value is None else qs.filter(**{f"{self.field_name}__in": units_under([int(value)])})


@extend_schema_field({"type": "string", "maxLength": 200})
class TextFilter(rest.CharFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 200, **kwargs})


@extend_schema_field({"type": "string", "enum": ["true", "false"]})
class TrueFalseFilter(rest.TypedChoiceFilter):
    """true or false."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(*args, **{"choices": choices, "coerce": lambda text: text == "true", **kwargs})


_WHOLE = {
    field: {"filter_class": WholeNumberFilter}
    for field in (
        models.AutoField,
        models.BigAutoField,
        models.SmallIntegerField,
        models.IntegerField,
        models.BigIntegerField,
        models.PositiveIntegerField,
        models.PositiveSmallIntegerField,
        models.PositiveBigIntegerField,
    )
}


class Filters(rest.FilterSet):
    """Base of every filter set; `Meta.fields` may name columns, relations (by id) and lookups."""

    FILTER_DEFAULTS: Mapping[Any, Any] = {
        **rest.FilterSet.FILTER_DEFAULTS,
        **_WHOLE,
        models.DateField: {"filter_class": DayFilter},
        models.DateTimeField: {"filter_class": MomentFilter},
        models.BooleanField: {"filter_class": TrueFalseFilter},
        models.CharField: {"filter_class": TextFilter},
        models.TextField: {"filter_class": TextFilter},
    }

    @classmethod
    def filter_for_field(cls, field: Any, field_name: str, lookup_expr: str | None = None) -> Any:
        if isinstance(field, models.ForeignKey):
            return super().filter_for_field(field.target_field, field_name, lookup_expr)
        return super().filter_for_field(field, field_name, lookup_expr)


class StrictFilters(rest.DjangoFilterBackend):
    """Applies the view's filters to lists; problems bad_parameter and bad_date with the parameter's name."""

    filterset_base = Filters

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filters = self.get_filterset(request, queryset, view)
        if filters is None:
            return queryset
        if not filters.is_valid():
            raise _refusal(filters.errors.as_data())
        return filters.qs


def _refusal(faults: Mapping[str, list[ValidationError]]) -> Problem:
    found = [
        FieldError(_code(fault), "; ".join(map(str, fault.messages)), parameter=name)
        for name, errors in faults.items()
        for fault in errors
    ]
    dates = all(fault.code == "bad_date" for fault in found)
    return Problem("bad_date" if dates else "bad_parameter", errors=found)


def _code(fault: ValidationError) -> str:
    if fault.code in {"max_value", "min_value"}:
        return "number_out_of_range"
    return "bad_date" if fault.code == "bad_date" else "bad_parameter"


def _day(text: str, shape: str, rest_of_it: str) -> date:
    try:
        found = date.fromisoformat(text + rest_of_it) if re.fullmatch(shape, text, re.ASCII) else None
    except ValueError:
        found = None
    if found is None or not EARLIEST <= found <= LATEST:
        raise ValidationError("bad_date", code="bad_date")
    return found
