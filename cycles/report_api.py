"""Monthly reports over HTTP: list, read, fetch as PDF, write a line, release; and how far their making is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.errors import FieldError, Problem
from backend.http import etags
from backend.http.filters import Filters, MonthFilter, TrueFalseFilter, UnderFilter
from backend.http.viewsets import EditActs, ListActs, ReadActs, ScopedViewSet
from backend.scope import Actor
from cycles import report_acts, report_files
from cycles import report_shapes as shapes
from cycles.models import MonthlyReport, ReportRun
from cycles.report_parts import CAPABILITY

READ = "boards.read"


class MonthlyReportFilters(Filters):
    """`under`: units at or under it; `newest`: only the last report of each unit's month, or only those before it."""

    month = MonthFilter()
    under = UnderFilter(field_name="unit_id")
    newest = TrueFalseFilter(method="which")

    class Meta:
        model = MonthlyReport
        fields = ("unit", "state")

    def which(self, rows: Any, name: str, value: bool) -> Any:
        later = later_ones()
        return rows.exclude(Exists(later)) if value else rows.filter(Exists(later))


def later_ones() -> QuerySet[MonthlyReport]:
    """For Exists: reports of the same unit and month that were made after the outer one."""
    outer = {"month": OuterRef("month"), "unit_id": OuterRef("unit_id"), "number__gt": OuterRef("number")}
    return MonthlyReport.objects.filter(**outer)


class MonthlyReportViewSet(ListActs, ReadActs, EditActs, ScopedViewSet):
    """Reports of the units whose boards I read, newest month first."""

    queryset = MonthlyReport.objects.select_related("run", "unit", "released_by")
    serializer_class = shapes.MonthlyReportOut
    filterset_class = MonthlyReportFilters
    total_order = ("-month", "unit_id", "-number")
    needs = {"list": READ, "retrieve": READ, "pdf": READ, "partial_update": CAPABILITY, "release": CAPABILITY}
    in_serializers = {"partial_update": shapes.ReportLineIn, "release": shapes.ReportNothingIn}
    answers = {
        "retrieve": shapes.MonthlyReportWholeOut,
        "partial_update": shapes.MonthlyReportWholeOut,
        "release": shapes.MonthlyReportWholeOut,
    }
    problem_codes = ("report_released", "report_font_missing", "store_unavailable")
    versioned = frozenset({"partial_update", "release"})

    def get_serializer_class(self) -> Any:
        return shapes.MonthlyReportOut if self.act == "list" else shapes.MonthlyReportWholeOut

    def get_queryset(self) -> QuerySet[MonthlyReport]:
        rows = super().get_queryset()
        return rows.defer("content", "restricted") if self.act == "list" else rows

    def parameters(self, act: str) -> dict[str, bool]:
        return {} if act == "retrieve" else super().parameters(act)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Write the one line of a section or finding; an empty one clears it."""
        return super().partial_update(request, pk=pk)

    def change(self, row: MonthlyReport, data: dict[str, Any]) -> MonthlyReport:
        if missing := [name for name in ("key", "words") if name not in data]:
            raise Problem("invalid", errors=[FieldError("required", pointer=f"/{missing[0]}")])
        return report_acts.write_line(actor=self.actor, report=row, **data)

    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: UUID) -> Response:
        """Release the report as it is worded; the leaders of its unit are told."""
        self.body()
        with transaction.atomic():
            row = self.locked_object()
            etags.require(request, row)
            return self.told(report_acts.release(actor=self.actor, report=row))

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: UUID) -> HttpResponse:
        """The report on paper, in Chinese, as its reader may have it."""
        return paper(self.actor, self.get_object(), request.META.get("HTTP_IF_NONE_MATCH", ""))


def paper(actor: Actor, report: MonthlyReport, known: str = "") -> HttpResponse:
    """The file of a report that the reader may see, as the reader may have it; 304 where it is known by its hash."""
    restricted = report_acts.may_read_restricted(actor, report.unit.ancestors)
    file = report_files.ensure(report, restricted=restricted)
    tag = f'"{file.sha256}"'
    if tag in known:
        return HttpResponse(status=304, headers={"ETag": tag})
    answer = HttpResponse(report_files.read(file), content_type="application/pdf", headers={"ETag": tag})
    answer["Content-Disposition"] = f'attachment; filename="report-{report.unit.code}-{report.month:%Y-%m}.pdf"'
    answer["Cache-Control"] = "private, no-cache"
    report_acts.fetched(report)
    return answer


class ReportRunViewSet(ListActs, ReadActs, ScopedViewSet):
    """The makings of reports: how many of their files stand, and why they wait where they do."""

    queryset = ReportRun.objects.all()
    serializer_class = shapes.ReportRunOut
    filterset_fields = ["prefecture", "cause"]
    total_order = ("-made_at", "id")
    needs = {"list": READ, "retrieve": READ}
