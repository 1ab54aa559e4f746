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
from cycles.models import FrozenFigure
from market import figures, queries
from market.queries import Acts, Goods

Values = dict[int, dict[str, Decimal | None]]
PLACES = Decimal("0.0001")


def units_of(prefecture_id: int, month: date) -> list[int]:
    """The prefecture and every unit below it that was in force on a day of the month. One query."""
    during = (month, clock.add_months(month, 1))
    found = Unit.objects.filter(
        ancestors__contains=[prefecture_id], level__gte=Level.PREFECTURE, during__overlap=during
    )
    return list(found.order_by("pk").values_list("pk", flat=True))


def values(month: date, unit_ids: Sequence[int]) -> Values:
    """Unit id -> KPI id -> value, of every figure of the boards. Three queries for any number of units."""
    acts, goods = queries.acts(unit_ids, [month]), queries.goods(unit_ids, [month])
    targets = queries.sales_targets(unit_ids, month)
    return {
        unit: {
            kpi: _exact(value)
            for kpi, value in figures.unit_values(
                acts.get((unit, month), Acts()), goods.get((unit, month), Goods()), targets.get(unit)
            ).items()
        }
        for unit in unit_ids
    }


def _exact(value: Number | None) -> Decimal | None:
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
    return len(rows)


def frozen(month: date, prefecture_id: int) -> Values:
    """What was frozen at the lock. One query."""
    rows = FrozenFigure.objects.filter(month=month, unit__ancestors__contains=[prefecture_id])
    found: Values = {}
    for unit, kpi, value in rows.values_list("unit_id", "kpi", "value"):
        found.setdefault(unit, {})[kpi] = value
    return found
