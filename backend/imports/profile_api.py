"""Import profiles over HTTP: how a source's files are read, by name; what the rules mean is in profiles.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.serializers import DayField, OutModelSerializer, StrictSerializer, VisibleField
from backend.http.viewsets import CreateActs, EditActs, ListActs, ReadActs, RemoveActs, ScopedViewSet
from backend.imports import keeping, profiles
from backend.models import ImportProfile, Unit


def _texts(longest: int, **more: Any) -> serializers.DictField:
    return serializers.DictField(child=serializers.CharField(max_length=longest), required=False, **more)


class RulesIn(StrictSerializer):
    columns = _texts(200, help_text="Column -> heading of the file, or a text with {heading} in it.")
    constants = _texts(200, help_text="Column -> what every row has.")
    dates = serializers.ChoiceField(profiles.DATES, required=False, help_text="How dates are written.")
    week_one = DayField(required=False, help_text="With dates in weeks: the day that stands for week 1.")
    units = _texts(20, help_text="Column -> packs, or what its figure is multiplied by.")
    money = serializers.ChoiceField(profiles.MONEY, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "week_one" in attrs:
            attrs["week_one"] = attrs["week_one"].isoformat()
        return attrs


class ProfileIn(StrictSerializer):
    kind = serializers.CharField(max_length=24)
    name = serializers.CharField(max_length=60)
    unit = VisibleField(queryset=Unit.objects.all())
    rules = RulesIn()


class ProfileEditIn(StrictSerializer):
    name = serializers.CharField(max_length=60)
    rules = RulesIn()


class ProfileOut(OutModelSerializer):
    rules = RulesIn()

    class Meta:
        model = ImportProfile
        fields = ("id", "kind", "name", "unit", "rules", "version")


class ImportProfileViewSet(ListActs, ReadActs, CreateActs, EditActs, RemoveActs, ScopedViewSet):
    """Named ways to read the files of a source."""

    queryset = ImportProfile.objects.all()
    serializer_class = ProfileOut
    filterset_fields = ["kind", "unit"]
    in_serializers = {"create": ProfileIn, "partial_update": ProfileEditIn}
    needs = dict.fromkeys(("list", "retrieve", "create", "partial_update", "destroy"), "imports.run")
    problem_codes = ("unknown_import_kind", "conflict")
    total_order = ("kind", "name", "id")
    lookup_value_converter = "int"

    def make(self, data: dict[str, Any]) -> ImportProfile:
        return keeping.keep(actor=self.actor, **data)

    def change(self, row: ImportProfile, data: dict[str, Any]) -> ImportProfile:
        name, rules = data.get("name", row.name), data.get("rules", row.rules)
        return keeping.change(actor=self.actor, profile=row, name=name, rules=rules)

    def remove(self, row: ImportProfile) -> None:
        keeping.remove(actor=self.actor, profile=row)
