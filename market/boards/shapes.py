"""The shapes of the market boards on the wire: what may be asked, what is answered; used by api.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.serializers import MonthField as MonthField  # for the apps above too
from backend.http.serializers import OutSerializer
from backend.models import Level


class BoardQuery(serializers.Serializer[Any]):
    unit = serializers.IntegerField(required=False, min_value=-(2**63), max_value=2**63 - 1)
    month = MonthField(required=False)


class SortedQuery(BoardQuery):
    sort = serializers.CharField(required=False, max_length=60)


class ProductsQuery(SortedQuery):
    children = serializers.BooleanField(default=False, help_text="Also the averages of each unit right below.")


class KpiOut(OutSerializer):
    kpi = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    unit = serializers.CharField(help_text="percent, count, fen, packs, cartons, points, index or per_person")
    formula = serializers.CharField()


class ValueOut(OutSerializer):
    kpi = serializers.CharField(help_text="One of the kpis of the answer.")
    value = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    previous = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    change = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    change_percent = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    last_year = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    target = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    rows = serializers.CharField(help_text="Address of the facts that the figure adds up from.")


class FigureOut(KpiOut, ValueOut):
    scope = serializers.IntegerField(help_text="The unit that the figure is about.")
    as_of = serializers.DateTimeField()


class BoardUnitOut(OutSerializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    level = serializers.ChoiceField(choices=[level.name.lower() for level in Level])


class FreshnessOut(OutSerializer):
    as_of = serializers.DateTimeField(help_text="Everything accepted before this is in the figures.")
    computed_at = serializers.DateTimeField(allow_null=True, required=False, help_text="On a unit's own board only.")
    waiting = serializers.IntegerField(help_text="Changes that arrived since and are being worked in.")


class DevicesOut(OutSerializer):
    active = serializers.IntegerField()
    silent = serializers.IntegerField(help_text="Not heard from for longer than silent_after_hours.")
    unsent_devices = serializers.IntegerField()
    unsent_items = serializers.IntegerField()
    silent_after_hours = serializers.IntegerField()


class WhyOut(OutSerializer):
    code = serializers.CharField()
    parameters = serializers.DictField()
    text = serializers.CharField()
    evidence = serializers.CharField(allow_null=True, help_text="Address of the board that shows it.")


class UnitBoardOut(OutSerializer):
    unit = BoardUnitOut()
    month = serializers.CharField()
    why = WhyOut()
    figures = FigureOut(many=True)
    time_progress = serializers.DecimalField(max_digits=5, decimal_places=1)
    freshness = FreshnessOut()
    devices_silent = DevicesOut()


class ChildOut(OutSerializer):
    unit = BoardUnitOut()
    figures = ValueOut(many=True)


class ChildrenOut(OutSerializer):
    unit = BoardUnitOut()
    month = serializers.CharField()
    freshness = FreshnessOut()
    kpis = KpiOut(many=True)
    children = ChildOut(many=True)


class ProductOut(OutSerializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    guide_carton_fen = serializers.IntegerField(allow_null=True)


class ChildMeansOut(OutSerializer):
    unit = serializers.IntegerField()
    carton_price_average = serializers.DecimalField(max_digits=20, decimal_places=0, allow_null=True)
    stock_average = serializers.DecimalField(max_digits=20, decimal_places=1, allow_null=True)


class ProductRowOut(OutSerializer):
    product = ProductOut()
    figures = ValueOut(many=True)
    children = ChildMeansOut(many=True, required=False)


class ProductsOut(OutSerializer):
    unit = BoardUnitOut()
    month = serializers.CharField()
    freshness = FreshnessOut()
    kpis = KpiOut(many=True)
    products = ProductRowOut(many=True)
