"""Sales and stock of all shops, expanded from the collection points of each stratum, with their sampling error.

Called by the figures of the trade (beside.py) and the market status. Formulas: docs/method.md, "Expanded sales
and stock".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import starmap

from market.figures.subjects import ALL, Subject
from market.models import UnitStratum, UnitStratumMonth

FEWEST = 2  # one point says nothing of how far points of its stratum differ
FEW_POINTS, NO_SHOPS = "few_points", "no_shops"


@dataclass(frozen=True)
class Sampled:
    """What the points of one stratum told, each a value: how many, their sum and the sum of their squares."""

    shops: int
    points: int
    total: Decimal
    squares: Decimal


@dataclass(frozen=True)
class Estimate:
    """The total of all shops of all strata, and the standard error of it that comes from asking points only."""

    total: Decimal
    error: Decimal


@dataclass(frozen=True)
class Expanded:
    """Packs of a subject in all shops of a unit, the month's days; None where the points say too little: `reason`.

    `reason` is "" where there are figures, `few_points` where a stratum that has shops has fewer than two points whose
    stock was seen in the month before and in it (`strata` names these), `no_shops` where there are none at all.
    """

    sales: Decimal | None
    sales_error: Decimal | None
    stock: Decimal | None
    stock_error: Decimal | None
    shops: int
    points: int
    reason: str = ""
    strata: tuple[int, ...] = ()


def estimate(strata: Sequence[Sampled]) -> Estimate | None:
    """Sum of N * mean over the strata, error sqrt(sum of N^2 (1 - n/N) s^2 / n); None where a stratum that has shops
    has fewer than two points. A stratum whose points are all its shops has no error. Pure."""
    asked = [of for of in strata if of.shops]
    if not asked or any(of.points < FEWEST for of in asked):
        return None
    total = sum((of.shops * of.total / of.points for of in asked), Decimal())
    variance = sum((_variance(of) for of in asked), Decimal())
    return Estimate(total, variance.sqrt())


def _variance(of: Sampled) -> Decimal:
    spread = max(Decimal(), (of.squares - of.total * of.total / of.points) / (of.points - 1))
    unasked = max(Decimal(), 1 - Decimal(of.points) / of.shops)
    return of.shops * of.shops * unasked * spread / of.points


def expanded(unit_ids: Sequence[int], month: date, subject: Subject = ALL) -> dict[int, Expanded]:
    """Of each unit, for the month: social sales and stock in packs of all its shops that are not closed, as its points
    tell. Two queries for any number of units."""
    ids = list(unit_ids)
    shops: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for unit, stratum, number in UnitStratum.objects.filter(unit_id__in=ids, month=month).values_list(
        "unit_id", "stratum", "shops"
    ):
        shops[unit][stratum] = number
    rows = UnitStratumMonth.objects.filter(
        unit_id__in=ids, month=month, subject_kind=subject.kind, subject_id=subject.id
    )
    told: defaultdict[int, dict[int, UnitStratumMonth]] = defaultdict(dict)
    for row in rows:
        told[row.unit_id][row.stratum] = row
    return {unit: _expanded(shops[unit], told[unit]) for unit in ids}


def _expanded(shops: Mapping[int, int], told: Mapping[int, UnitStratumMonth]) -> Expanded:
    known = [(number, told.get(stratum)) for stratum, number in shops.items()]
    points = sum(row.points for row in told.values())
    short = tuple(sorted(s for s, number in shops.items() if number and (s not in told or told[s].points < FEWEST)))
    sales = estimate(list(starmap(_sold, known)))
    stock = estimate(list(starmap(_held, known)))
    if sales is None or stock is None:
        reason = FEW_POINTS if short else NO_SHOPS
        return Expanded(None, None, None, None, sum(shops.values()), points, reason, short)
    return Expanded(sales.total, sales.error, stock.total, stock.error, sum(shops.values()), points)


def _sold(shops: int, row: UnitStratumMonth | None) -> Sampled:
    return Sampled(shops, row.points, row.sold, row.sold_squares) if row else _unasked(shops)


def _held(shops: int, row: UnitStratumMonth | None) -> Sampled:
    return Sampled(shops, row.points, Decimal(row.stock), row.stock_squares) if row else _unasked(shops)


def _unasked(shops: int) -> Sampled:
    return Sampled(shops, 0, Decimal(), Decimal())
