"""The shape of one shop's month on the wire: its 15 cells, each with what stands behind it; used by cycles/api.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cycles.actions_shapes import ActionOut, ImprovementOut, LinkedOut, SeenOut
from cycles.chain_reads import Shown
from cycles.shapes import CycleGridOut, GridCellOut


class ShownActionOut(ActionOut):
    """An action with the visits that serve it."""

    evidence = LinkedOut(many=True)

    class Meta(ActionOut.Meta):
        fields = (*ActionOut.Meta.fields, "evidence")  # type: ignore[assignment]  # a longer tuple


class BehindCellOut(GridCellOut):
    """analyze: findings · plan, execute, evaluate: actions with results and evidence · improve: improvements."""

    findings = SeenOut(many=True)
    actions = serializers.SerializerMethodField()
    improvements = ImprovementOut(many=True)

    @extend_schema_field(ShownActionOut(many=True))
    def get_actions(self, cell: dict[str, Any]) -> list[dict[str, Any]]:
        return [_shown(one) for one in cell["actions"]]


def _shown(one: Shown) -> dict[str, Any]:
    told = dict(ActionOut(one.action).data)
    return {**told, "evidence": [dict(LinkedOut(linked).data) for linked in one.proof.visits]}


class CellsOut(CycleGridOut):
    grid = BehindCellOut(many=True)
