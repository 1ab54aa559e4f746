"""Findings over HTTP: lists, and one that explains itself."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from backend.http import etags
from backend.http.filters import Filters, MonthFilter, TrueFalseFilter, UnderFilter
from backend.http.viewsets import ListActs, ScopedViewSet
from backend.language import is_english
from backend.scope import units_under
from cycles import finding_shapes, findings
from cycles.models import Finding, Sighting


class AboutUnder(UnderFilter):
    """Findings about a unit at or under the given one, and about the shops of its territories."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value is None:
            return qs
        below = units_under([int(value)])
        return qs.filter(Q(territory_id__in=below) | Q(unit_id__in=below))


class FindingFilters(Filters):
    """`month`: seen in it; `unit`: at or under it; `open`: holds as far as is known."""

    month = MonthFilter(method="seen_in")
    unit = AboutUnder()
    open = TrueFalseFilter(field_name="closed_on", lookup_expr="isnull")

    class Meta:
        model = Finding
        fields = ("territory", "retailer", "rule", "dimension", "severity")

    def seen_in(self, rows: QuerySet[Finding], name: str, value: Any) -> QuerySet[Finding]:
        return rows.filter(Exists(Sighting.objects.filter(month=value, finding_id=OuterRef("pk"))))


class FindingViewSet(ListActs, ScopedViewSet):
    """What rules found, what is to be looked at first before the rest, newest first."""

    queryset = Finding.objects.select_related("retailer", "unit", "product")
    serializer_class = finding_shapes.FindingOut
    filterset_class = FindingFilters
    total_order = ("severity", "-opened_on", "-id")
    needs = {"list": "cycles.read", "retrieve": "cycles.read"}
    answers = {"retrieve": finding_shapes.FindingWhyOut}

    def paginate_queryset(self, queryset: Any) -> Any:
        self.page: list[Finding] = list(super().paginate_queryset(queryset) or [])
        return self.page

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if self.act == "list" and hasattr(self, "page"):
            asked = self.request.query_params.get("month")
            month = MonthFilter().field.clean(asked) if asked else None
            context["sightings"] = findings.sightings_of(self.page, month)
        return context

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The finding as it was last seen: rule, version, threshold, figures, sentence, the records that prove it."""
        row: Finding = self.get_object()
        story = findings.story_of(row)
        context = {**self.get_serializer_context(), "sightings": {row.pk: story[0]} if story else {}}
        row.__dict__ |= {"why": _why(row, story[0]) if story else None, "sightings": [_seen(row, one) for one in story]}
        return etags.told(request, row, finding_shapes.FindingWhyOut(row, context=context).data)


def _why(row: Finding, seen: Sighting) -> dict[str, Any]:
    rule = findings.rule_of(row)
    name = row.rule if rule is None else rule.name_en if is_english() else rule.name
    return {
        "rule": {
            "code": row.rule,
            "version": seen.rule_version,
            "name": name,
            "reads": findings.reads_of(rule) if rule else "",
        },
        "as_of": seen.as_of,
        "threshold": seen.threshold,
        "figures": seen.figures,
        "sentence": findings.sentence(row, seen),
        "evidence": findings.evidence_of(seen),
    }


def _seen(row: Finding, seen: Sighting) -> dict[str, Any]:
    said = findings.sentence(row, seen)
    return {
        "month": seen.month,
        "as_of": seen.as_of,
        "severity": seen.severity,
        "sentence": said,
        "figures": seen.figures,
    }
