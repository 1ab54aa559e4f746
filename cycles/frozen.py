"""Every figure of a unit's month as boards and managers' papers show it, and what is kept of it at the lock.

Called by locking.py, adjustments.py and recompute.py. No formula is here: values come from the functions that the
boards read, so that the surfaces agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from backend import clock, kpis
from backend.kpis import Number
from backend.models import Level, Unit
from cycles import scorecard
from cycles.models import FrozenFigure, ManagerCycle
from market.figures import values as market_values
from market.kpis import UNIT_FIGURES

Values = dict[int, dict[str, Decimal | None]]
PLACES = Decimal("0.0001")
# The shop's file has no history: how complete it was is known at the lock only, and asked no more afterwards.
NOT_ASKED_AGAIN = frozenset({scorecard.UPKEEP.id})


def units_of(prefecture_id: int, month: date) -> list[int]:
    """The prefecture and every unit below it that was in force on a day of the month. One query."""
    during = (month, clock.add_months(month, 1))
    found = Unit.objects.filter(
        ancestors__contains=[prefecture_id], level__gte=Level.PREFECTURE, during__overlap=during
    )
    return list(found.order_by("pk").values_list("pk", flat=True))


def values(month: date, unit_ids: Sequence[int]) -> Values:
    """Unit id -> KPI id -> value, of every figure of the boards and of the managers' scorecards. Seven queries for any
    number of units."""
    scores = scorecard.scorecards(month, unit_ids)
    told = market_values.by_month(unit_ids, [month], [figure.id for figure in UNIT_FIGURES])
    found: Values = {}
    for unit in unit_ids:
        figured = {**told[unit, month], **scores[unit]}
        found[unit] = {kpi: exact(value) for kpi, value in figured.items()}
    return found


def exact(value: Number | str | None) -> Decimal | None:
    """With four decimals, as figures are frozen."""
    return None if value is None else Decimal(value).quantize(PLACES, rounding=ROUND_HALF_EVEN)


def freeze(month: date, prefecture_id: int) -> int:
    """The figures of the prefecture's units stand as they are now, in place of those of an earlier lock. Returns how
    many. In the caller's transaction, under the month's lock; five queries and one for each 1,000 figures."""
    unit_ids = units_of(prefecture_id, month)
    FrozenFigure.objects.filter(month=month, unit__ancestors__contains=[prefecture_id]).delete()
    rows = [
        FrozenFigure(month=month, unit_id=unit, kpi=kpi, kpi_version=kpis.kpi(kpi).version, value=value)
        for unit, found in values(month, unit_ids).items()
        for kpi, value in found.items()
    ]
    FrozenFigure.objects.bulk_create(rows, batch_size=1_000)
    _keep_scorecards(month, unit_ids)
    return len(rows)


def _keep_scorecards(month: date, unit_ids: Sequence[int]) -> None:
    """Each manager's month keeps the seven figures of its unit, as they were told: 80.5 in percent, null for none."""
    cycles = list(ManagerCycle.objects.filter(month=month, unit_id__in=unit_ids))
    scores = scorecard.scorecards(month, sorted({cycle.unit_id for cycle in cycles}))
    for cycle in cycles:
        found = scores[cycle.unit_id]
        cycle.scorecard = {kpi: None if value is None else str(value) for kpi, value in found.items()}
    ManagerCycle.objects.bulk_update(cycles, ["scorecard"], batch_size=1_000)


def frozen(month: date, prefecture_id: int) -> Values:
    """What was frozen at the lock. One query."""
    rows = FrozenFigure.objects.filter(month=month, unit__ancestors__contains=[prefecture_id])
    found: Values = {}
    for unit, kpi, value in rows.values_list("unit_id", "kpi", "value"):
        found.setdefault(unit, {})[kpi] = value
    return found
