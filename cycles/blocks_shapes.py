"""What the blocks may be asked and what they answer; used by cycles/blocks_api.py."""

from __future__ import annotations

from rest_framework import serializers

from backend.http.serializers import OutSerializer
from market.boards.blocks import NUMBERS
from market.boards.figures_shapes import HeadOut, WholeFigureOut
from market.boards.shapes import BoardQuery, DevicesOut


class BlocksQuery(BoardQuery):
    block = serializers.ChoiceField(choices=list(NUMBERS), required=False, help_text="One of the nine; default: all.")


class ColumnOut(OutSerializer):
    code = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField(help_text="As of a figure, or text or date.")


class RowOut(OutSerializer):
    name = serializers.CharField()
    values = serializers.ListField(
        child=serializers.CharField(allow_null=True), help_text="One a column, numbers exact as text."
    )
    unit = serializers.IntegerField(allow_null=True, help_text="The unit that the row is about.")
    subject = serializers.CharField(allow_null=True, help_text="The subject that the row is about.")
    rows = serializers.CharField(help_text="Address of the records behind it; empty where there are none.")


class TableOut(OutSerializer):
    code = serializers.CharField()
    title = serializers.CharField()
    is_restricted = serializers.BooleanField(help_text="Only readers of what is restricted are given it.")
    columns = ColumnOut(many=True)
    rows = RowOut(many=True)


class BlockOut(OutSerializer):
    number = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    figures = WholeFigureOut(many=True)
    tables = TableOut(many=True)


class SentenceOut(OutSerializer):
    code = serializers.CharField()
    parameters = serializers.DictField()
    text = serializers.CharField()
    block = serializers.IntegerField(help_text="The block that shows it.")
    kpi = serializers.CharField(help_text="The figure that proves it; empty where a table does.")
    rows = serializers.CharField(help_text="Address of the records that prove it.")


class BlocksOut(HeadOut):
    time_progress = serializers.DecimalField(max_digits=5, decimal_places=1)
    devices_silent = DevicesOut()
    why = SentenceOut(many=True, help_text="Three to five sentences; only where all blocks are asked for.")
    blocks = BlockOut(many=True)
