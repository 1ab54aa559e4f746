"""The shapes of the months on the wire: what may be asked and what is answered; used by cycles/api.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.http.serializers import OutModelSerializer, OutSerializer, StrictBooleanField, StrictSerializer
from cycles.grid import CELLS, CellState, Dimension, Step
from cycles.models import ManagerCycle, RetailerCycle
from cycles.months_shapes import LineOut
from cycles.queries import prefecture_of
from market.boards.shapes import BoardUnitOut, MonthField

STATE_NAMES = [state.name.lower() for state in CellState]


class ProgressQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(required=False, min_value=-(2**63), max_value=2**63 - 1)
    month = MonthField(required=False)


class CalendarDayIn(StrictSerializer):
    is_working = StrictBooleanField()
    name = serializers.CharField(max_length=60, allow_blank=True, default="")


class ShopOut(OutSerializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string", "enum": STATE_NAMES}})
class CellStatesField(serializers.Field[Any, Any, Any, Any]):
    """{"client_analyze": "none", ... "market_improve": "open"}: the 15 cells by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: RetailerCycle) -> dict[str, str]:
        return {cell.column: CellState(getattr(value, cell.column)).name.lower() for cell in CELLS}


class CycleOut(OutModelSerializer):
    month = MonthField()
    retailer = ShopOut()
    cells = CellStatesField()

    class Meta:
        model = RetailerCycle
        fields = ("month", "retailer", "territory", "county", "cells")


class GridCellOut(OutSerializer):
    cell = serializers.CharField()
    dimension = serializers.ChoiceField(choices=[str(d) for d in Dimension])
    step = serializers.ChoiceField(choices=[str(s) for s in Step])
    name = serializers.CharField()
    asks = serializers.CharField()
    reviewer = serializers.CharField(help_text="The role that reviews it.")
    due_on = serializers.DateField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="Where the method names an hour.")
    state = serializers.ChoiceField(choices=STATE_NAMES)
    visits = serializers.ListField(
        child=serializers.UUIDField(), help_text="The visits that an execute cell was derived from, oldest first."
    )
    adjustments = LineOut(many=True, help_text="What the cell would be since the lock, oldest first.")


class CycleGridOut(OutSerializer):
    month = MonthField()
    month_state = serializers.CharField(help_text="In the prefecture of the shop: open, measured or locked.")
    retailer = ShopOut()
    territory = serializers.IntegerField(source="territory_id")
    county = serializers.IntegerField(source="county_id")
    provisional = serializers.BooleanField(help_text="The due dates may move: the calendar is not published yet.")
    moved = serializers.IntegerField(help_text="Visits that count here and are read by others now.")
    grid = GridCellOut(many=True)


class StatesOut(OutSerializer):
    none = serializers.IntegerField()
    open = serializers.IntegerField()
    done = serializers.IntegerField()
    missed = serializers.IntegerField()
    not_applicable = serializers.IntegerField()


class ProgressCellOut(OutSerializer):
    cell = serializers.CharField()
    dimension = serializers.ChoiceField(choices=[str(d) for d in Dimension])
    step = serializers.ChoiceField(choices=[str(s) for s in Step])
    name = serializers.CharField()
    due_on = serializers.DateField()
    shops = StatesOut()


class UnitProgressOut(OutSerializer):
    unit = BoardUnitOut()
    shops = serializers.IntegerField()
    grid = ProgressCellOut(many=True)


class ProgressOut(UnitProgressOut):
    month = MonthField()
    provisional = serializers.BooleanField()
    children = UnitProgressOut(many=True)


class ManagerCellOut(OutSerializer):
    cell = serializers.CharField()
    name = serializers.CharField()
    due_on = serializers.DateField()
    state = serializers.ChoiceField(choices=ManagerCycle.State.choices)


class ManagerCycleOut(OutModelSerializer):
    month = MonthField()
    person_name = serializers.CharField(source="person.name")
    unit_name = serializers.CharField(source="unit.name")
    cells = serializers.SerializerMethodField()

    class Meta:
        model = ManagerCycle
        fields = ("id", "month", "role", "unit", "unit_name", "person", "person_name", "cells")

    @extend_schema_field(ManagerCellOut(many=True))
    def get_cells(self, row: ManagerCycle) -> list[dict[str, Any]]:
        dates = self.context["dates"][prefecture_of(row.unit), row.month]
        states = {cell.cell: cell.state for cell in row.cells.all()}
        return [
            {
                "cell": c.column,
                "name": str(c.name),
                "due_on": c.due_on(dates),
                "state": states.get(c.column, ManagerCycle.State.DRAFTED),
            }
            for c in CELLS
        ]


class CalendarDayOut(OutSerializer):
    day = serializers.DateField()
    is_working = serializers.BooleanField()
    name = serializers.CharField()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of that name, not the Field attribute
        choices=["override", "published", "assumed"],
        help_text="override: set here; published: the public calendar; assumed: weekdays, the year is not published.",
    )
