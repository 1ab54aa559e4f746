"""The shapes of plans, their capacity and fairness on the wire; used by cycles/plan_api.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.serializers import DayField, OutSerializer, StrictSerializer
from cycles.shapes import ShopOut
from market.boards.shapes import BoardUnitOut, KpiOut, MonthField
from visits.models import PlannedStop


class PlanQuery(serializers.Serializer[Any]):
    day = DayField(required=False, help_text="Only the stops of this day.")


class ReplanIn(StrictSerializer):
    lost_on = DayField(help_text="The day whose undone stops go to following days of its month.")


class UndoIn(StrictSerializer):
    replan = serializers.UUIDField()


class ReorderIn(StrictSerializer):
    on_date = DayField()
    order = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=200,
        help_text="Each stop of the day once. Without it the system looks for a shorter order.",
    )


class CutOut(OutSerializer):
    retailer_id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    visits = serializers.IntegerField(help_text="Needed in the month.")
    keep = serializers.IntegerField(help_text="That would be left; never less than one.")


class CapacityOut(OutSerializer):
    shops = serializers.IntegerField()
    required = serializers.IntegerField(  # type: ignore[assignment]  # a field of that name, not the Field attribute
        help_text="Visits that its shops need in the whole month."
    )
    days = serializers.IntegerField(help_text="Working days less leave.")
    per_day = serializers.IntegerField(help_text="At most so many a day.")
    room = serializers.IntegerField()
    load = serializers.DecimalField(max_digits=8, decimal_places=1, allow_null=True, help_text="Needed a day.")
    short = serializers.IntegerField()
    spare = serializers.IntegerField()
    unplaced = serializers.IntegerField(help_text="Shops that would not be seen once, after all cuts.")
    cuts = CutOut(many=True)


class SummaryOut(OutSerializer):
    stops = serializers.IntegerField()
    done = serializers.IntegerField()
    missed = serializers.IntegerField()
    missed_unsaid = serializers.IntegerField(help_text="Missed, and nobody has said why.")
    dropped = serializers.IntegerField()
    own = serializers.IntegerField(help_text="Set by hand.")
    shops = serializers.IntegerField(help_text="That stand on the plan.")


class PlanSummaryOut(OutSerializer):
    territory = BoardUnitOut()
    summary = SummaryOut()
    capacity = CapacityOut()


class PlansOut(OutSerializer):
    month = MonthField()
    unit = BoardUnitOut()
    plans = PlanSummaryOut(many=True)


class ReasonOut(OutSerializer):
    code = serializers.CharField()
    kind = serializers.CharField()
    id = serializers.CharField()
    parameters = serializers.JSONField()
    text = serializers.CharField()
    link = serializers.CharField()


class PlannedOut(OutSerializer):
    id = serializers.UUIDField()
    retailer = ShopOut()
    position = serializers.IntegerField()
    state = serializers.ChoiceField(choices=PlannedStop.State.choices)
    miss_reason = serializers.CharField()
    words = serializers.CharField()
    visit = serializers.UUIDField(allow_null=True)
    is_own = serializers.BooleanField()
    version = serializers.IntegerField()
    reasons = ReasonOut(many=True)


class PlanDayOut(OutSerializer):
    on_date = serializers.DateField()
    is_working = serializers.BooleanField()
    stops = PlannedOut(many=True)


class PlanOut(OutSerializer):
    territory = BoardUnitOut()
    month = MonthField()
    handed_in = serializers.BooleanField(help_text="Submitted or approved: no draft changes it.")
    summary = SummaryOut()
    capacity = CapacityOut()
    days = PlanDayOut(many=True)


class MoveOut(OutSerializer):
    stop = serializers.UUIDField()
    retailer = serializers.UUIDField()
    from_date = serializers.DateField()
    to_date = serializers.DateField(allow_null=True, help_text="null: taken off, to make room for a shop's only visit.")


class ReplanOut(OutSerializer):
    id = serializers.UUIDField()
    lost_on = serializers.DateField()
    moves = MoveOut(many=True)
    left = serializers.IntegerField(help_text="Stops of the lost day that found no room and stay on it.")


class UndoOut(OutSerializer):
    id = serializers.UUIDField()
    changed_since = serializers.ListField(child=serializers.UUIDField(), help_text="Stops that were left as they are.")


class OrderedOut(OutSerializer):
    day = PlanDayOut()
    before_m = serializers.IntegerField(help_text="Straight from each stop to the next, in metres.")
    after_m = serializers.IntegerField()


class GroupOut(OutSerializer):
    by = serializers.ChoiceField(choices=["scale", "tier", "terminal_type"])
    value = serializers.CharField(allow_blank=True)
    shops = serializers.IntegerField()
    visits = serializers.IntegerField()
    visits_per_shop = serializers.DecimalField(max_digits=10, decimal_places=2, allow_null=True)
    needs = serializers.IntegerField()
    days_per_need = serializers.DecimalField(max_digits=10, decimal_places=1, allow_null=True)
    promises = serializers.IntegerField()
    days_per_promise = serializers.DecimalField(max_digits=10, decimal_places=1, allow_null=True)


class FairnessOut(OutSerializer):
    unit = BoardUnitOut()
    month = MonthField()
    kpi = KpiOut()
    value = serializers.DecimalField(max_digits=10, decimal_places=2, allow_null=True)
    groups = GroupOut(many=True)
