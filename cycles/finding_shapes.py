"""The shapes of findings on the wire; used by cycles/finding_api.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.http.serializers import OutModelSerializer, OutSerializer
from backend.language import is_english
from cycles import findings
from cycles.models import Finding, Sighting
from cycles.shapes import ShopOut
from market.boards.shapes import MonthField

AnyObject = extend_schema_field({"type": "object", "additionalProperties": True})


@AnyObject
class ObjectField(serializers.JSONField):
    """A JSON object whose names its rule decides."""


class FindingUnitOut(OutSerializer):
    id = serializers.IntegerField()
    level = serializers.IntegerField()
    name = serializers.CharField()


class FindingProductOut(OutSerializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()


class FindingOut(OutModelSerializer):
    """One of `retailer` and `unit` is null; `product` only beside a unit."""

    rule_name = serializers.SerializerMethodField()
    retailer = ShopOut(allow_null=True)
    unit = FindingUnitOut(allow_null=True)
    product = FindingProductOut(allow_null=True)
    first_month = MonthField()
    last_month = MonthField()
    age_months = serializers.SerializerMethodField(help_text="1 in its first month.")
    sentence = serializers.SerializerMethodField(
        help_text="What it said in the month asked for, without one in the last in which it was seen."
    )

    class Meta:
        model = Finding
        fields = (
            "id", "rule", "rule_name", "dimension", "severity", "is_restricted", "retailer", "unit", "product",
            "territory", "county", "opened_on", "closed_on", "first_month", "last_month", "age_months", "sentence",
        )  # fmt: skip

    def get_rule_name(self, row: Finding) -> str:
        rule = findings.rule_of(row)
        return row.rule if rule is None else rule.name_en if is_english() else rule.name

    def get_age_months(self, row: Finding) -> int:
        return findings.age_months(row)

    def get_sentence(self, row: Finding) -> str:
        return findings.sentence(row, self._sightings().get(row.pk))

    def _sightings(self) -> dict[Any, Sighting]:
        found: dict[Any, Sighting] = self.context.get("sightings", {})
        return found


class RuleNamedOut(OutSerializer):
    code = serializers.CharField()
    version = serializers.IntegerField(help_text="The one that made what is told here.")
    name = serializers.CharField()
    reads = serializers.CharField(help_text="Which facts, of which time.")


class FoundRecordsOut(OutSerializer):
    kind = serializers.CharField(help_text="What the records are.")
    rows = serializers.IntegerField(help_text="How many there were when it was found.")
    links = serializers.ListField(
        child=serializers.CharField(), help_text="The records as they stand now, at most 50; each has its own readers."
    )
    query = serializers.CharField(allow_null=True, help_text="Where more were read than are kept: the query's name.")
    parameters = ObjectField(help_text="With which parameters.")


class FindingReasonOut(OutSerializer):
    rule = RuleNamedOut()
    as_of = serializers.DateField(help_text="Facts dated before this day were read.")
    threshold = ObjectField(help_text="The thresholds in force there on that day.")
    figures = ObjectField()
    sentence = serializers.CharField()
    evidence = FoundRecordsOut()


class SightingOut(OutSerializer):
    month = MonthField()
    as_of = serializers.DateField()
    severity = serializers.IntegerField()
    sentence = serializers.CharField()
    figures = ObjectField()


class FindingWhyOut(FindingOut):
    """A finding that explains itself, as it was last seen, and in each month before."""

    why = FindingReasonOut(allow_null=True)
    sightings = SightingOut(many=True)

    class Meta(FindingOut.Meta):
        fields = (*FindingOut.Meta.fields, "why", "sightings")  # type: ignore[assignment]  # a longer tuple
