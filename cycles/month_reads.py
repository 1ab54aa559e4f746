"""Reads of the prefectures' months and of what stands beside their figures; asked by months_api.py and the grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

from backend.errors import Problem
from backend.kpis import catalogue
from backend.models import Level, Unit
from backend.scope import Actor, units_under, visible_to
from cycles.models import Adjustment, FrozenFigure, Month, PrefectureMonth
from cycles.queries import CAPABILITY, prefecture_of


def _prefectures(actor: Actor) -> Q:
    """Prefectures at or under a unit of the actor's, and the one above it."""
    held = [position for position in actor.held if CAPABILITY in position.capabilities]
    above = {p.ancestors[Level.PREFECTURE] for p in held if len(p.ancestors) > Level.PREFECTURE}
    return Q(prefecture_id__in=units_under([p.unit_id for p in held])) | Q(prefecture_id__in=above)


def states(actor: Actor, months: Iterable[date]) -> dict[date, list[dict[str, Any]]]:
    """How far the actor's prefectures are with each month, by code. One query."""
    rows = PrefectureMonth.objects.filter(_prefectures(actor), month__in=list(months)).order_by("prefecture__code")
    found: dict[date, list[dict[str, Any]]] = {}
    for month, unit, state, until in rows.values_list("month", "prefecture_id", "state", "reopened_until"):
        found.setdefault(month, []).append({"unit": unit, "state": state, "reopened_until": until})
    return found


def prefecture_month(actor: Actor, month: date, prefecture_id: int) -> PrefectureMonth:
    """One prefecture's month with its prefecture, if it is among the actor's, else `not_found`. One query."""
    rows = PrefectureMonth.objects.select_related("prefecture").filter(_prefectures(actor), month=month)
    found = rows.filter(prefecture_id=prefecture_id).first() if 0 < prefecture_id < 2**63 else None
    if found is None:
        raise Problem("not_found")
    return found


def state_of(unit: Unit, month: date) -> PrefectureMonth:
    """How far the unit's prefecture is with a month; `not_found` for a unit above the prefectures, whose months are
    never locked as one, and for a month that has not opened. One query."""
    found = PrefectureMonth.objects.filter(month=month, prefecture_id=prefecture_of(unit)).first()
    if found is None:
        raise Problem("not_found")
    return found


def state_name(unit: Unit, month: date) -> str:
    """open, measured or locked in the unit's prefecture; where nothing says so, as far as the whole month is. At most
    two queries."""
    found = PrefectureMonth.objects.filter(month=month, prefecture_id=prefecture_of(unit))
    state = found.values_list("state", flat=True).first()
    return state or Month.objects.values_list("state", flat=True).get(month=month)


@dataclass
class Figure:
    """A figure as it was frozen, and the lines beside it, oldest first."""

    kpi: str
    version: int
    frozen: Decimal | None
    lines: list[Adjustment] = field(default_factory=list)

    @property
    def adjusted(self) -> Decimal | None:
        """The figure as of now: that of its last line, or as it was frozen."""
        return self.lines[-1].after if self.lines else self.frozen


def figures(unit: Unit, month: date) -> list[Figure]:
    """What was frozen of a unit's month, in the order of the registry, with the lines that are not absorbed. Two
    queries."""
    frozen = FrozenFigure.objects.filter(month=month, unit=unit).values_list("kpi", "kpi_version", "value")
    found = {kpi: Figure(kpi, version, value) for kpi, version, value in frozen}
    lines = Adjustment.objects.filter(month=month, unit_id=unit.pk, action_id=None, absorbed_at=None)
    for line in lines.order_by("id"):
        if line.figure in found:
            found[line.figure].lines.append(line)
    return [found[definition.id] for definition in catalogue() if definition.id in found]


def beside_cells(actor: Actor, month: date, retailer_id: UUID) -> dict[str, list[Adjustment]]:
    """The lines beside the cells of a shop's month, oldest first, by column. One query."""
    found: dict[str, list[Adjustment]] = {}
    lines = visible_to(Adjustment.objects.filter(month=month, retailer_id=retailer_id, action_id=None), actor)
    for line in lines.filter(absorbed_at=None).order_by("id"):
        found.setdefault(line.figure, []).append(line)
    return found
