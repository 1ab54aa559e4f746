"""The shapes of months, of their prefectures and of what stands beside their figures; used by months_api.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.http.serializers import OutModelSerializer, OutSerializer, StrictSerializer
from backend.language import is_english
from cycles.grid import COLUMNS, CellState
from cycles.models import Adjustment, PrefectureMonth
from market.boards.shapes import BoardUnitOut, MonthField


class PrefectureMonthOut(OutSerializer):
    unit = BoardUnitOut()
    state = serializers.ChoiceField(choices=PrefectureMonth.State.choices)
    plan_due_on = serializers.DateField()
    forecast_due_on = serializers.DateField()
    weekly_summaries_on = serializers.ListField(child=serializers.DateField())
    measures_at = serializers.DateTimeField()
    evaluation_due_at = serializers.DateTimeField()
    improvement_due_on = serializers.DateField()
    lock_on = serializers.DateField()
    provisional = serializers.BooleanField(help_text="A day that decides these dates is in a year not yet published.")
    analyzed_on = serializers.DateField(allow_null=True, help_text="Facts dated before this day were read.")
    redrafted_at = serializers.DateTimeField(
        allow_null=True, help_text="Drafted again, after the month before was measured."
    )
    planned_at = serializers.DateTimeField(allow_null=True)
    measured_at = serializers.DateTimeField(allow_null=True)
    locked_at = serializers.DateTimeField(allow_null=True)
    reopened_at = serializers.DateTimeField(allow_null=True)
    reopened_until = serializers.DateField(allow_null=True)


class MonthStateOut(OutSerializer):
    unit = serializers.IntegerField()
    state = serializers.ChoiceField(choices=PrefectureMonth.State.choices)
    reopened_until = serializers.DateField(allow_null=True)


class MonthOut(OutSerializer):
    month = MonthField()
    state = serializers.CharField()
    opening_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField(allow_null=True)
    opens_at = serializers.DateTimeField()
    plan_due_on = serializers.DateField()
    forecast_due_on = serializers.DateField()
    weekly_summaries_on = serializers.ListField(child=serializers.DateField())
    evaluation_due_at = serializers.DateTimeField()
    improvement_due_on = serializers.DateField()
    lock_on = serializers.DateField()
    provisional = serializers.BooleanField(help_text="A day that decides these dates is in a year not yet published.")
    prefectures = MonthStateOut(many=True, help_text="How far those of my prefectures are, by code.")


class ReopenIn(StrictSerializer):
    reason = serializers.CharField(max_length=500)
    until = serializers.DateField(help_text="The month locks again at the end of this day; at most 31 days ahead.")


@extend_schema_field({"type": ["string", "null"]})
class FigureField(serializers.Field[Any, Any, Any, Any]):
    """A figure as text, exact; the state of a cell by its name."""

    def __init__(self, column: str) -> None:
        self.column = column
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Adjustment) -> str | None:
        return told(value.figure, getattr(value, self.column))


def told(figure: str, value: Any) -> str | None:
    """`missed` for a cell, 80.5 for a figure, null for none."""
    if value is None:
        return None
    if figure in COLUMNS:
        return CellState(int(value)).name.lower()
    return f"{value.normalize():f}"


class AdjustmentOut(OutModelSerializer):
    month = MonthField()
    before = FigureField("before")
    after = FigureField("after")

    class Meta:
        model = Adjustment
        fields = (
            "id", "month", "figure", "retailer", "unit", "territory", "county", "action_id", "before", "after",
            "on_date", "made_at", "absorbed_at",
        )  # fmt: skip


class LineOut(OutSerializer):
    on_date = serializers.DateField(help_text="When it was noticed.")
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


def line_out(line: Adjustment) -> dict[str, Any]:
    """One line beside a figure or a cell."""
    return {
        "on_date": line.on_date.isoformat(),
        "before": told(line.figure, line.before),
        "after": told(line.figure, line.after),
    }


class FrozenOut(OutSerializer):
    kpi = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    unit = serializers.CharField()
    frozen = serializers.CharField(allow_null=True, help_text="As it stood at the lock; it never changes.")
    adjusted = serializers.CharField(allow_null=True, help_text="With the lines beside it.")
    adjustments = LineOut(many=True)


class FiguresOut(OutSerializer):
    unit = BoardUnitOut()
    month = MonthField()
    state = serializers.ChoiceField(choices=PrefectureMonth.State.choices)
    locked_at = serializers.DateTimeField(allow_null=True)
    figures = FrozenOut(many=True)


class FiguresQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(required=False, min_value=-(2**63), max_value=2**63 - 1)


def name_of(definition: Any) -> str:
    """A figure's name in the reader's language."""
    return str(definition.name_en if is_english() else definition.name)
