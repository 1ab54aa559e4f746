"""What lists of visits, quarantined items, policies and templates can be narrowed by; used by api.py."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import rest_framework as rest

from backend.http.filters import (
    DayFilter,
    Filters,
    MonthFilter,
    TextFilter,
    TrueFalseFilter,
    UnderFilter,
    WholeNumberFilter,
)
from backend.models import Quarantined
from visits.models import (
    Briefing,
    CheckLine,
    ComplianceCheck,
    DisplayTemplate,
    Leave,
    Observation,
    Photo,
    Pitch,
    PlannedStop,
    Policy,
    PolicyVersion,
    Remark,
    TemplateVersion,
    Training,
    Visit,
)
from visits.verdict import FLAGS

CAPTURED: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "check": (CheckLine, {}),
    "observation": (Observation, {}),
    "briefing": (Briefing, {}),
    "remark": (Remark, {"is_restricted": False}),  # whether there is a restricted one is not told either
    "pitch": (Pitch, {}),
    "training": (Training, {}),
    "compliance": (ComplianceCheck, {}),
    "photo": (Photo, {}),
}


def having(line: type[Any], **more: Any) -> Exists:
    """Whether the outer visit has such a line."""
    return Exists(line.objects.filter(month=OuterRef("month"), visit_id=OuterRef("pk"), **more))


class VisitFilters(Filters):
    """`unit` means everything stamped with it or a unit under it."""

    unit = UnderFilter(field_name="territory_id")
    month = MonthFilter()
    on_date_after = DayFilter(field_name="on_date", lookup_expr="gte", label="on that day or later")
    on_date_before = DayFilter(field_name="on_date", lookup_expr="lte", label="on that day or earlier")
    flag = rest.ChoiceFilter(choices=[(flag, flag) for flag in FLAGS], method="with_flag")
    flagged = TrueFalseFilter(method="any_flag", label="whether anything is flagged")
    presence = rest.ChoiceFilter(choices=Visit.Presence.choices)
    has_note = TrueFalseFilter(method="noted")
    has = rest.ChoiceFilter(choices=[(name, name) for name in CAPTURED], method="captured", label="has such a line")
    product = WholeNumberFilter(method="about_product", label="product observed or pitched")
    policy_version = WholeNumberFilter(method="briefed", label="policy version briefed")
    q = TextFilter(method="said", label="part of the note, the shop's name or its code")

    class Meta:
        model = Visit
        fields = ["retailer", "person"]

    def with_flag(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(flags__contains=[value])

    def any_flag(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.exclude(flags=[]) if value else queryset.filter(flags=[])

    def noted(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.exclude(note="") if value else queryset.filter(note="")

    def captured(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        line, more = CAPTURED[value]
        return queryset.filter(having(line, **more))

    def about_product(self, queryset: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        return queryset.filter(Q(having(Observation, product_id=value)) | Q(having(Pitch, product_id=value)))

    def briefed(self, queryset: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        return queryset.filter(having(Briefing, policy_version_id=value))

    def said(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        shop = Q(retailer__name__icontains=value) | Q(retailer__code__startswith=value)
        return queryset.filter(Q(note__icontains=value) | shop)


class QuarantineFilters(Filters):
    class Meta:
        model = Quarantined
        fields = ["state", "person", "unit", "submission_id"]


class PolicyFilters(Filters):
    q = TextFilter(field_name="title", lookup_expr="icontains", label="part of the title")

    class Meta:
        model = Policy
        fields = ["unit", "code"]


class PolicyVersionFilters(Filters):
    released = TrueFalseFilter(field_name="released_at", lookup_expr="isnull", exclude=True)
    brief_by_after = DayFilter(field_name="brief_by", lookup_expr="gte")

    class Meta:
        model = PolicyVersion
        fields = ["policy"]


class SchemeFilters(Filters):
    class Meta:
        model = DisplayTemplate
        fields = ["unit", "code"]


class TemplateFilters(Filters):
    as_of = DayFilter(field_name="during", lookup_expr="contains", label="in force on a day")
    unit = WholeNumberFilter(field_name="template__unit_id")
    code = TextFilter(field_name="template__code")

    class Meta:
        model = TemplateVersion
        fields = ["template"]


class StopFilters(Filters):
    """`unit`: territories at or under it; `unsaid`: missed, and nobody has said why."""

    month = MonthFilter()
    unit = UnderFilter(field_name="territory_id")
    since = DayFilter(field_name="on_date", lookup_expr="gte", label="on that day or later")
    until = DayFilter(field_name="on_date", lookup_expr="lte", label="on that day or earlier")
    state = rest.ChoiceFilter(choices=PlannedStop.State.choices)
    miss_reason = rest.ChoiceFilter(choices=PlannedStop.MissReason.choices)
    unsaid = TrueFalseFilter(method="without_reason")

    class Meta:
        model = PlannedStop
        fields = ["territory", "on_date", "retailer", "is_own"]

    def without_reason(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        unsaid = Q(state=PlannedStop.State.MISSED, miss_reason="")
        return rows.filter(unsaid if value else ~unsaid)


class LeaveFilters(Filters):
    """`on`: leaves that hold on the day; `under`: of people at or under a unit."""

    on = DayFilter(field_name="during", lookup_expr="contains")
    under = UnderFilter(field_name="unit_id")

    class Meta:
        model = Leave
        fields = ["person", "unit"]
