"""The shape of the 135 board on the wire; used by cycles/board_api.py."""

from __future__ import annotations

from rest_framework import serializers

from backend.http.serializers import OutSerializer
from cycles.grid import Dimension, Step
from cycles.shapes import StatesOut
from market.boards.shapes import BoardUnitOut, KpiOut

LINK = "Address of the list that it counts."


class MethodCellOut(OutSerializer):
    cell = serializers.CharField()
    dimension = serializers.ChoiceField(choices=[str(d) for d in Dimension])
    step = serializers.ChoiceField(choices=[str(s) for s in Step])
    name = serializers.CharField()
    shops = StatesOut()
    link = serializers.CharField(help_text="Address of the shops whose cell is open.")


class MethodProgressOut(OutSerializer):
    shops = serializers.IntegerField()
    cells = MethodCellOut(many=True)
    link = serializers.CharField(help_text=LINK)


class FiredOut(OutSerializer):
    rule = serializers.CharField()
    name = serializers.CharField()
    dimension = serializers.ChoiceField(choices=[str(d) for d in Dimension])
    severity = serializers.IntegerField(help_text="1 look first, 2 this month, 3 know")
    count = serializers.IntegerField(help_text="Findings seen in the month.")
    still_open = serializers.IntegerField(help_text="Of these, those that hold as far as is known.")
    oldest_on = serializers.DateField()
    oldest_days = serializers.IntegerField()
    link = serializers.CharField(help_text=LINK)


class CountOut(OutSerializer):
    state = serializers.CharField()
    count = serializers.IntegerField()
    link = serializers.CharField(help_text=LINK)


class AgeingOut(OutSerializer):
    months_open = serializers.IntegerField(help_text="Months measured without being met.")
    count = serializers.IntegerField()


class LedgerOut(OutSerializer):
    of_month = CountOut(many=True, help_text="Misses of the month, by what became of them.")
    ageing = AgeingOut(many=True, help_text="Improvements open today, of any month.")
    oldest_on = serializers.DateField(allow_null=True)
    link = serializers.CharField(help_text=LINK)


class BoardForecastOut(OutSerializer):
    kpi = KpiOut()
    cartons = serializers.IntegerField()
    model_cartons = serializers.IntegerField(allow_null=True)
    last_month_cartons = serializers.IntegerField(allow_null=True)
    last_year_cartons = serializers.IntegerField(allow_null=True)
    territories = serializers.IntegerField()
    decided = serializers.IntegerField(help_text="Territories whose manager has said yes or another number.")
    actual = serializers.IntegerField(allow_null=True, help_text="Cartons ordered; null while the month runs.")
    accuracy = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    link = serializers.CharField(help_text=LINK)


class MisfiredOut(OutSerializer):
    rule = serializers.CharField()
    name = serializers.CharField()
    waiting = serializers.IntegerField()
    answered = serializers.IntegerField()
    link = serializers.CharField(help_text=LINK)


class EffortOut(OutSerializer):
    managers = serializers.IntegerField()
    cells = serializers.IntegerField()
    cells_without_typing = serializers.IntegerField()
    sentences = serializers.IntegerField()
    sentences_with_evidence = serializers.IntegerField()
    link = serializers.CharField(help_text=LINK)


class MethodBoardOut(OutSerializer):
    unit = BoardUnitOut()
    month = serializers.CharField()
    progress = MethodProgressOut()
    findings = FiredOut(many=True)
    actions = CountOut(many=True)
    flagged = serializers.IntegerField(help_text="Actions to be looked at by themselves.")
    results = CountOut(many=True)
    without_reason = serializers.IntegerField(help_text="Misses that nobody has explained.")
    improvements = LedgerOut()
    forecast = BoardForecastOut(allow_null=True)
    misfires = MisfiredOut(many=True)
    effort = EffortOut()
