"""The KPI mechanism: one definition per figure, with version, formula and source; apps register theirs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

Unit = Literal["percent", "count", "fen", "packs", "cartons", "days", "points", "index", "ratio", "per_person"]
Number = int | Decimal


@dataclass(frozen=True)
class Kpi:
    """What a figure means. `period` says which facts belong to a month; `source` names where the formula comes from.

    `grows` says that it adds up as its month runs, so that a running month cannot be held against a whole one.
    """

    id: str
    version: int
    name: str
    name_en: str
    formula: str
    unit: Unit
    period: str
    source: str
    grows: bool = False


_registered: dict[str, Kpi] = {}


def register(*kpis: Kpi) -> None:
    """Adds definitions; a second, different definition of one id and version is refused at start."""
    for kpi in kpis:
        known = _registered.setdefault(kpi.id, kpi)
        if known != kpi:
            raise ValueError(f"{kpi.id} is defined twice")


def kpi(kpi_id: str) -> Kpi:
    """The definition of a figure; KeyError when nobody registered it."""
    return _registered[kpi_id]


def catalogue() -> list[Kpi]:
    """Every definition, by id."""
    return [_registered[key] for key in sorted(_registered)]


_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(9))  # a board divides thousands of times


def ratio(numerator: Number | None, denominator: Number | None, *, places: int = 4) -> Decimal | None:
    """numerator / denominator, rounded half to even; None when the denominator is zero or something is unknown."""
    if numerator is None or not denominator:
        return None
    return (Decimal(numerator) / Decimal(denominator)).quantize(_STEPS[places], rounding=ROUND_HALF_EVEN)


def percent(numerator: Number | None, denominator: Number | None) -> Decimal | None:
    """The ratio in percent with one decimal: 149 of 185 is 80.5; None on a zero denominator."""
    share = ratio(numerator, denominator, places=8)
    return None if share is None else (share * 100).quantize(_STEPS[1], rounding=ROUND_HALF_EVEN)
