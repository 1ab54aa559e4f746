"""Bases of all In and Out serializers: In takes nothing that it did not declare, Out gives only what was asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import models
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backend.http.auth import actor
from backend.scope import visible_to

_HAS_ZONE = re.compile(r"[Tt ].*(?:[Zz]|[+-]\d{2}:?\d{2})$")
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)


class AwareDateTimeField(serializers.DateTimeField):
    """A moment with its zone; a naive one is refused rather than guessed."""

    default_error_messages = {"bad_date": "bad_date"}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _HAS_ZONE.search(value):
            raise ValidationError("bad_date", code="bad_date")
        found = super().to_internal_value(value)
        if not EARLIEST <= found.date() <= LATEST:
            raise ValidationError("bad_date", code="bad_date")
        return found


class DayField(serializers.DateField):
    """A business day, 2026-03-16."""

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValidationError("bad_date", code="bad_date")
        found = super().to_internal_value(value)
        if not EARLIEST <= found <= LATEST:
            raise ValidationError("bad_date", code="bad_date")
        return found


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$", "example": "2026-03"})
class MonthField(serializers.Field[Any, Any, Any, Any]):
    """2026-03, as the first day of that month."""

    def to_internal_value(self, data: Any) -> date:
        if isinstance(data, str) and re.fullmatch(r"\d{4}-\d{2}", data, re.ASCII):
            try:
                found = date.fromisoformat(f"{data}-01")
            except ValueError:
                raise ValidationError("bad_date", code="bad_date") from None
            if EARLIEST <= found <= LATEST:
                return found
        raise ValidationError("bad_date", code="bad_date")

    def to_representation(self, value: date) -> str:
        return f"{value:%Y-%m}"


class FiniteFloatField(serializers.FloatField):
    """A JSON number; text and infinities are refused."""

    def to_internal_value(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.fail("invalid")
        return float(value)


class WholeNumberField(serializers.IntegerField):
    """A JSON integer within what the database's bigint holds; text is refused."""

    def to_internal_value(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail("invalid")
        if abs(value) >= 2**63:
            raise ValidationError("number_out_of_range", code="number_out_of_range")
        return value


class StrictBooleanField(serializers.BooleanField):
    """true or false; "yes" and 1 are refused."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class VisibleField(serializers.RelatedField[Any, Any, Any]):
    """A related row by its id, found only within the actor's scope: a foreign id fails like an absent one."""

    default_error_messages = {"not_found": "not_found"}

    def use_pk_only_optimization(self) -> bool:
        return True

    def to_internal_value(self, data: Any) -> Model:
        rows: QuerySet[Any] = self.get_queryset()  # type: ignore[assignment]  # never read-only here
        key = rows.model._meta.pk
        expected = int if isinstance(key, models.IntegerField) else str
        if isinstance(data, expected) and not isinstance(data, bool):
            try:
                found = visible_to(rows, actor(self.context["request"])).filter(pk=key.to_python(data)).first()
            except (ModelValidationError, ValueError, OverflowError):
                found = None
            if found is not None:
                return found
        raise ValidationError("not_found", code="not_found")

    def to_representation(self, value: Any) -> Any:
        return value.pk


class Strict:
    """Refuses fields that were not declared, and those that the server writes."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)  # type: ignore[misc]  # DRF says what it expected
        faults: dict[str, list[ErrorDetail]] = {}
        for name in data:
            field = self.fields.get(name)  # type: ignore[attr-defined]
            if field is None:
                faults[str(name)] = [ErrorDetail("unknown_field", code="unknown_field")]
            elif field.read_only:
                faults[str(name)] = [ErrorDetail("read_only_field", code="read_only_field")]
        try:
            found = super().to_internal_value(data)  # type: ignore[misc]
        except ValidationError as error:
            raise ValidationError({**error.detail, **faults}) from None  # type: ignore[dict-item]
        if faults:
            raise ValidationError(faults)
        return found


class StrictSerializer(Strict, serializers.Serializer[Any]):
    """Base of In serializers that are written by hand. Use the field classes of this module."""


class StrictModelSerializer(Strict, serializers.ModelSerializer[Any]):
    """Base of In serializers over a model: strict fields by default; relations resolve within the actor's scope."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: AwareDateTimeField,
        models.DateField: DayField,
        models.FloatField: FiniteFloatField,
        models.BooleanField: StrictBooleanField,
        models.BigIntegerField: WholeNumberField,
        models.IntegerField: WholeNumberField,
        models.PositiveIntegerField: WholeNumberField,
        models.PositiveSmallIntegerField: WholeNumberField,
        models.PositiveBigIntegerField: WholeNumberField,
        models.SmallIntegerField: WholeNumberField,
    }
    serializer_related_field = VisibleField


class Sparse:
    """Gives only the fields named in `?fields=`, which the viewset has checked."""

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()  # type: ignore[misc]
        wanted = self.context.get("fields")  # type: ignore[attr-defined]
        parent = self.parent  # type: ignore[attr-defined]
        is_listed = isinstance(parent, serializers.ListSerializer) and parent.parent is None
        if not wanted or not (parent is None or is_listed):
            return found
        return {name: field for name, field in found.items() if name in wanted}


class OutSerializer(Sparse, serializers.Serializer[Any]):
    """Base of Out serializers that are written by hand."""


class OutModelSerializer(Sparse, serializers.ModelSerializer[Any]):
    """Base of Out serializers over a model."""
