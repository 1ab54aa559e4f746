"""What the boards of figures answer; used by figures_api.py."""

from __future__ import annotations

from rest_framework import serializers

from backend.http.serializers import OutSerializer
from market.boards.shapes import BoardUnitOut, DevicesOut, FreshnessOut, KpiOut, ValueOut


class WholeValueOut(ValueOut):
    year_change = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    year_change_percent = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)


class WholeFigureOut(KpiOut, WholeValueOut):
    scope = serializers.IntegerField(help_text="The unit that the figure is about.")
    period = serializers.CharField(help_text="The calendar month that it is of.")
    as_of = serializers.DateTimeField()


class AboutOut(OutSerializer):
    subject = serializers.CharField(help_text="all, brand:12, class:2, band:3 or product:88")
    segment = serializers.CharField(help_text="all, market_type:C, business_type:B, tier:12; crossed with a comma")


class HeadOut(OutSerializer):
    unit = BoardUnitOut()
    month = serializers.CharField()
    freshness = FreshnessOut()


class FiguresOut(HeadOut, AboutOut):
    time_progress = serializers.DecimalField(max_digits=5, decimal_places=1)
    devices_silent = DevicesOut()
    figures = WholeFigureOut(many=True)


class PlainValueOut(OutSerializer):
    kpi = serializers.CharField(help_text="One of the kpis of the answer.")
    value = serializers.DecimalField(max_digits=20, decimal_places=1, allow_null=True)
    rows = serializers.CharField(help_text="Address of the records that the figure adds up from.")


class ComparedOut(OutSerializer):
    unit = BoardUnitOut()
    month = serializers.CharField()
    values = PlainValueOut(many=True)


class CompareOut(AboutOut):
    kpis = KpiOut(many=True)
    rows = ComparedOut(many=True)


class PeriodOut(OutSerializer):
    month = serializers.CharField()
    values = PlainValueOut(many=True)


class PeriodsOut(AboutOut):
    unit = BoardUnitOut()
    freshness = FreshnessOut()
    kpis = KpiOut(many=True)
    rows = PeriodOut(many=True)


class RankedOut(WholeValueOut):
    rank = serializers.IntegerField(allow_null=True, help_text="Equal values share one; null without a value.")
    unit = BoardUnitOut()


class RankOut(HeadOut, AboutOut):
    kpi = KpiOut()
    count = serializers.IntegerField(help_text="Units of the level.")
    rows = RankedOut(many=True)


class SubjectOut(OutSerializer):
    subject = serializers.CharField()
    name = serializers.CharField()
    figures = WholeValueOut(many=True)


class SubjectsOut(HeadOut):
    by = serializers.CharField()
    segment = serializers.CharField()
    kpis = KpiOut(many=True)
    subjects = SubjectOut(many=True)


class CountyOut(WholeValueOut):
    unit = BoardUnitOut()
    shape = serializers.CharField(allow_null=True, help_text="The id of its shape; null when nobody drew it.")


class MapOut(HeadOut, AboutOut):
    kpi = KpiOut()
    counties = CountyOut(many=True)


class FeatureOut(OutSerializer):
    type = serializers.CharField()
    id = serializers.CharField()
    properties = serializers.DictField(child=serializers.CharField())
    geometry = serializers.DictField()


class ShapesOut(OutSerializer):
    type = serializers.CharField()
    features = FeatureOut(many=True)


class ShopRowOut(OutSerializer):
    retailer = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    cartons = serializers.IntegerField()
    amount_fen = serializers.IntegerField()
    orders = serializers.IntegerField()
    last_order_on = serializers.DateField(allow_null=True)
    visits = serializers.IntegerField()
    last_visit_on = serializers.DateField(allow_null=True)
    rows = serializers.CharField(help_text="Address of the shop's orders of the month.")


class MovedOut(OutSerializer):
    shops = serializers.IntegerField()
    cartons = serializers.IntegerField()
    amount_fen = serializers.IntegerField()


class ShopsOut(HeadOut, AboutOut):
    results = ShopRowOut(many=True)
    after = serializers.CharField(allow_null=True, help_text="For the next page; null on the last.")
    moved_with_shop = MovedOut()
