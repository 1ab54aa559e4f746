"""What the API of the org tree takes and gives; for backend/org_api.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.serializers import DayField, OutModelSerializer, OutSerializer, StrictSerializer, VisibleField
from backend.models import AuditEntry, Level, Person, Position, Role, Unit

LEVELS = [level.name.lower() for level in Level]


class LevelField(serializers.ChoiceField):
    """The level of a unit by its name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=LEVELS, **kwargs)

    def to_representation(self, value: Any) -> str:
        return Level(value).name.lower()


class UnitOut(OutModelSerializer):
    level = LevelField()
    from_date = serializers.DateField(source="during.lower")
    to_date = serializers.DateField(source="during.upper", allow_null=True)

    class Meta:
        model = Unit
        fields = ("id", "code", "level", "name", "name_en", "parent", "ancestors", "from_date", "to_date", "successor",
                  "version")  # fmt: skip


class UnitIn(StrictSerializer):
    parent = VisibleField(queryset=Unit.objects.all())  # type: ignore[assignment]  # a name that DRF uses too
    code = serializers.CharField(max_length=32)
    name = serializers.CharField(max_length=80)
    from_date = DayField()


class UnitCloseIn(StrictSerializer):
    on = DayField(help_text="The first day on which it is no longer in force.")
    reason = serializers.CharField(max_length=500)
    successor = VisibleField(queryset=Unit.objects.all(), required=False, allow_null=True)


class RoleOut(OutModelSerializer):
    class Meta:
        model = Role
        fields = ("code", "name", "name_en", "capabilities")


class PersonOut(OutModelSerializer):
    class Meta:
        model = Person
        fields = ("id", "username", "name", "name_en", "phone", "is_active", "version")


class PositionOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")
    unit_name = serializers.CharField(source="unit.name")
    from_date = serializers.DateField(source="during.lower")
    to_date = serializers.DateField(source="during.upper", allow_null=True)

    class Meta:
        model = Position
        fields = ("id", "person", "person_name", "unit", "unit_name", "role", "from_date", "to_date", "version")


class PositionIn(StrictSerializer):
    person = VisibleField(queryset=Person.objects.all())
    unit = VisibleField(queryset=Unit.objects.all())
    role = VisibleField(queryset=Role.objects.all())
    from_date = DayField()


class PositionEndIn(StrictSerializer):
    on = DayField(help_text="The first day on which it is no longer held.")
    reason = serializers.CharField(max_length=500)


class AuditOut(OutModelSerializer):
    actor_name = serializers.CharField(source="actor.name", allow_null=True, default=None)

    class Meta:
        model = AuditEntry
        fields = ("id", "at", "actor", "actor_name", "act", "object_type", "object_id", "unit", "before", "after",
                  "reason", "request_id")  # fmt: skip


class ParameterQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(min_value=-(2**63), max_value=2**63 - 1)
    on = DayField(required=False, help_text="The day whose values are told; default today.")


class ParameterOut(OutSerializer):
    key = serializers.CharField()
    title = serializers.CharField()
    value = serializers.JSONField(help_text="In force for the unit: that of the nearest unit above it, or the default.")
    default = serializers.JSONField()
    source = serializers.CharField()  # type: ignore[assignment]  # a name that DRF uses too


class ParametersOut(OutSerializer):
    unit = serializers.IntegerField()
    on = serializers.DateField()
    parameters = ParameterOut(many=True)


class KpiOut(OutSerializer):
    id = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    formula = serializers.CharField()
    unit = serializers.CharField()
    period = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a name that DRF uses too


class KpisOut(OutSerializer):
    kpis = KpiOut(many=True)
