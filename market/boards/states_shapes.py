"""What the boards of states, concentration and key products answer; used by states_api.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.serializers import OutSerializer
from market.boards.figures_shapes import HeadOut, WholeValueOut
from market.boards.shapes import BoardQuery, BoardUnitOut, KpiOut
from market.boards.status import PRICE, STOCK, VOLUME, Word
from market.launches.api import GoalOut
from market.models import Launch, LaunchVerdict


class StatusQuery(BoardQuery):
    word = serializers.ChoiceField(choices=[str(word) for word in Word], required=False, help_text="Only these.")


class LimitsOut(OutSerializer):
    index_off = serializers.DecimalField(max_digits=8, decimal_places=2, help_text="Of 100.")
    sales_moved = serializers.DecimalField(max_digits=8, decimal_places=2, help_text="Percent.")
    stock_low = serializers.DecimalField(max_digits=8, decimal_places=2)
    stock_high = serializers.DecimalField(max_digits=8, decimal_places=2)


def _choice(names: dict[int, str]) -> Any:
    return serializers.ChoiceField(choices=list(names.values()), allow_null=True)


class StateOut(OutSerializer):
    subject = serializers.CharField()
    name = serializers.CharField()
    figures = WholeValueOut(many=True)
    price = _choice(PRICE)
    volume = _choice(VOLUME)
    stock = _choice(STOCK)
    sales_change = serializers.DecimalField(max_digits=20, decimal_places=1, allow_null=True)
    against = serializers.ChoiceField(choices=["last_year", "last_month", ""])
    word = serializers.ChoiceField(choices=[str(word) for word in Word], allow_null=True)
    text = serializers.CharField(help_text="The word and what it means, in the reader's language; empty without one.")
    missing = serializers.ListField(child=serializers.ChoiceField(choices=["price", "volume", "stock"]))


class WordOut(OutSerializer):
    word = serializers.ChoiceField(choices=[str(word) for word in Word])
    name = serializers.CharField()
    products = serializers.IntegerField()


class StatusOut(HeadOut):
    is_over = serializers.BooleanField(help_text="Of a month that still runs nobody can tell how sales moved.")
    limits = LimitsOut()
    kpis = KpiOut(many=True)
    whole = StateOut()
    words = WordOut(many=True, help_text="Products by word; those of unknown state are in none.")
    products = StateOut(many=True)


class ConcentratedOut(OutSerializer):
    unit = BoardUnitOut()
    figures = WholeValueOut(many=True)


class ConcentrationOut(HeadOut):
    kpis = KpiOut(many=True)
    whole = ConcentratedOut()
    children = ConcentratedOut(many=True)


class TrialOut(OutSerializer):
    id = serializers.UUIDField()
    unit = serializers.IntegerField()
    supply_on = serializers.DateField()
    state = serializers.ChoiceField(choices=Launch.State.choices)
    number = serializers.IntegerField(help_text="Month of the launch; 0 before its first whole one.")
    goals = GoalOut(many=True)
    outcome = serializers.ChoiceField(
        choices=LaunchVerdict.Outcome.choices, allow_null=True, help_text="The last verdict up to the month."
    )
    outcome_month = serializers.CharField(allow_null=True)


class KeyProductOut(OutSerializer):
    subject = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    is_key = serializers.BooleanField(help_text="On the key list of the unit or of one above it.")
    is_launch = serializers.BooleanField()
    figures = WholeValueOut(many=True)
    trial = TrialOut(allow_null=True)


class KeyBoardOut(HeadOut):
    kpis = KpiOut(many=True)
    products = KeyProductOut(many=True)
