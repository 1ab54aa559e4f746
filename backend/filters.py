"""What the list of devices can be narrowed by; used by api.py."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Cast
from django.forms import CharField, ValidationError

from backend import app_versions
from backend.http.filters import Filters, TextFilter, TrueFalseFilter
from backend.models import Device


class _VersionFormField(CharField):
    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if text and not app_versions.is_one(text):
            raise ValidationError(self.error_messages["required"], code="invalid")
        return text


class VersionFilter(TextFilter):
    """1.4.2: one to four numbers."""

    field_class = _VersionFormField


class DeviceFilters(Filters):
    """`holds_unsent`: told of items that are yet to be pushed. `older_than`: with an app older than this."""

    holds_unsent = TrueFalseFilter(method="by_unsent")
    older_than = VersionFilter(method="by_version")

    class Meta:
        model = Device
        fields = ["person", "state"]

    def by_unsent(self, devices: QuerySet[Device], name: str, value: bool) -> QuerySet[Device]:
        return devices.filter(unsent__gt=0) if value else devices.filter(unsent=0)

    def by_version(self, devices: QuerySet[Device], name: str, value: str) -> QuerySet[Device]:
        parts = Func(F("app_version"), Value("."), function="string_to_array")
        numbers: Any = Cast(parts, ArrayField(IntegerField()))
        told = devices.exclude(app_version="").annotate(version_numbers=numbers)
        return told.filter(version_numbers__lt=list(app_versions.number(value)))
