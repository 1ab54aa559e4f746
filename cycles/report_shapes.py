"""The shapes of monthly reports on the wire; used by cycles/report_api.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.http.serializers import OutModelSerializer, OutSerializer, StrictSerializer
from cycles import report_acts, report_parts, report_sentences
from cycles.models import MonthlyReport, ReportRun
from cycles.report_parts import Part
from market.boards.api import unit_out
from market.boards.shapes import BoardUnitOut, MonthField


class ReportFigureOut(OutSerializer):
    """Exact decimals as text: money in fen, counts whole; null where there is nothing to divide by."""

    kpi = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    unit = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    last_year = serializers.CharField(allow_null=True)
    target = serializers.CharField(allow_null=True)


class ReportColumnOut(OutSerializer):
    code = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    unit = serializers.CharField(help_text="As of a figure, or `text`, `date` or `change` (percent of the base).")


class ReportRowOut(OutSerializer):
    label = serializers.CharField()  # type: ignore[assignment]  # of the field as well
    label_en = serializers.CharField()
    unit_id = serializers.SerializerMethodField()
    values = serializers.ListField(child=serializers.CharField(allow_null=True))

    def get_unit_id(self, row: Part) -> int | None:
        found: int | None = row.get("unit_id")
        return found


class ReportTableOut(OutSerializer):
    code = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    columns = ReportColumnOut(many=True)
    rows = ReportRowOut(many=True)


class ReportSeriesOut(OutSerializer):
    name = serializers.CharField()
    name_en = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField(allow_null=True))


class ReportChartOut(OutSerializer):
    kind = serializers.ChoiceField(choices=["lines", "bars", "stacked"])
    title = serializers.CharField()
    title_en = serializers.CharField()
    unit = serializers.CharField()
    labels = serializers.ListField(child=serializers.CharField())
    series = ReportSeriesOut(many=True)


class ReportSectionOut(OutSerializer):
    key = serializers.SerializerMethodField(help_text="What a line of words names.")
    number = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    figures = ReportFigureOut(many=True)
    tables = ReportTableOut(many=True)
    charts = ReportChartOut(many=True)

    def get_key(self, section: Part) -> str:
        return f"section-{section['number']}"


class ReportProofOut(OutSerializer):
    kpi = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    unit = serializers.CharField()
    value = serializers.CharField(allow_null=True)


class ReportEvidenceOut(OutSerializer):
    figures = ReportProofOut(many=True)
    page = serializers.CharField(help_text="Address of the page that shows it.")


class ReportFindingOut(OutSerializer):
    key = serializers.CharField()
    code = serializers.CharField()
    version = serializers.IntegerField()
    text = serializers.SerializerMethodField()
    text_en = serializers.SerializerMethodField()
    evidence = ReportEvidenceOut()

    def get_text(self, finding: Part) -> str:
        return report_sentences.text(finding, english=False)

    def get_text_en(self, finding: Part) -> str:
        return report_sentences.text(finding, english=True)


class ReportSourceOut(OutSerializer):
    kpi = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    name_en = serializers.CharField()


class MonthlyReportOut(OutModelSerializer):
    """A report on the list."""

    month = MonthField()
    unit = serializers.SerializerMethodField()
    cause = serializers.ChoiceField(choices=ReportRun.Cause.choices, source="run.cause")
    released_by_name = serializers.SerializerMethodField()
    words = serializers.DictField(child=serializers.CharField(), help_text="One line each, by section or finding.")

    class Meta:
        model = MonthlyReport
        fields: tuple[str, ...] = ("id", "month", "unit", "number", "cause", "state", "template", "made_at", "words",
                  "released_at", "released_by_name", "mailed_at", "fetched_at", "version")  # fmt: skip

    @extend_schema_field(BoardUnitOut)
    def get_unit(self, report: MonthlyReport) -> dict[str, Any]:
        return unit_out(report.unit)

    def get_released_by_name(self, report: MonthlyReport) -> str:
        """Empty where it was released by itself."""
        return report.released_by.name if report.released_by else ""


class MonthlyReportWholeOut(MonthlyReportOut):
    """One report with its nine sections, as its reader may have it."""

    sections = serializers.SerializerMethodField()
    findings = serializers.SerializerMethodField()
    sources = serializers.SerializerMethodField()
    as_of = serializers.SerializerMethodField()
    waiting = serializers.SerializerMethodField()

    class Meta(MonthlyReportOut.Meta):
        fields = (*MonthlyReportOut.Meta.fields, "as_of", "waiting", "sections", "findings", "sources")

    @extend_schema_field(ReportSectionOut(many=True))
    def get_sections(self, report: MonthlyReport) -> list[Any]:
        content = report.content
        if report_acts.may_read_restricted(self.context["view"].actor, report.unit.ancestors):
            content = report_parts.with_restricted(content, report.restricted)
        found: Any = ReportSectionOut(content["sections"], many=True).data
        return list(found)

    @extend_schema_field(ReportFindingOut(many=True))
    def get_findings(self, report: MonthlyReport) -> list[Any]:
        found: Any = ReportFindingOut(report.content["findings"], many=True).data
        return list(found)

    @extend_schema_field(ReportSourceOut(many=True))
    def get_sources(self, report: MonthlyReport) -> list[Any]:
        found: Any = ReportSourceOut(report.content["sources"], many=True).data
        return list(found)

    def get_as_of(self, report: MonthlyReport) -> str:
        return str(report.content["as_of"])

    def get_waiting(self, report: MonthlyReport) -> int:
        return int(report.content["waiting"])


class ReportLineIn(StrictSerializer):
    key = serializers.CharField(max_length=20, help_text="section-1 to section-9, or finding-1 to finding-5.")
    words = serializers.CharField(max_length=report_acts.LINE_MAX, allow_blank=True)


class ReportNothingIn(StrictSerializer):
    """No body."""


class ReportRunOut(OutModelSerializer):
    month = MonthField()

    class Meta:
        model = ReportRun
        fields = ("id", "month", "prefecture", "number", "cause", "locked_at", "made_at", "of", "done", "done_at",
                  "error")  # fmt: skip
