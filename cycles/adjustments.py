"""After the lock: what the figures would be now becomes a dated line beside them, never a change of them.

Called by changes.py when a late visit, a late order or a correction reaches a month that its prefecture has locked.
What the figures would be is asked of the same verbs that make them, in a transaction that is taken back
(docs/decisions/0013-adjustments-stand-beside-frozen-figures.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import clock
from backend.marks import Key
from backend.models import Level, Unit
from cycles import cells, frozen, prefectures, stages
from cycles.building import PARENT
from cycles.grid import COLUMNS
from cycles.models import Adjustment, Month, PrefectureMonth
from cycles.prefectures import State
from market.rollups import recompute as rollups

RESULT = "result"


@dataclass(frozen=True)
class Line:
    """One figure that would be another one now."""

    figure: str
    before: Decimal | None
    after: Decimal | None
    retailer_id: UUID | None = None
    unit_id: int | None = None
    territory_id: int | None = None
    county_id: int | None = None
    action_id: UUID | None = None


@dataclass
class Differences:
    """What a locked month would be now, against what was frozen and the lines that stand beside it."""

    cells: list[Line] = field(default_factory=list)
    results: list[Line] = field(default_factory=list)
    figures: list[Line] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        return [*self.cells, *self.results, *self.figures]


def adjust(month: date, prefecture_id: int, territories: Sequence[int]) -> int:
    """Facts of these territories, dated in a month that their prefecture has locked, have changed: each cell, result
    and figure that would be another one now gets a line of today. Returns the number of lines.

    In the caller's transaction, under the month's lock. Nothing of the month itself changes; the same facts again add
    no line. A constant number of queries beside one for each 1,000 lines.
    """
    rollups.recompute([Key(unit, month) for unit in territories])
    found = differences(month, prefecture_id)
    today, now = clock.today(), clock.now()
    Adjustment.objects.bulk_create(
        [Adjustment(month=month, on_date=today, made_at=now, **vars(line)) for line in found.lines], batch_size=1_000
    )
    return len(found.lines)


def differences(month: date, prefecture_id: int) -> Differences:
    """What a locked month would be if it were settled and locked now. The roll-ups are read as they are. Leaves no
    trace; in the caller's transaction, under the month's lock."""
    with transaction.atomic():
        keep_copies(month, prefecture_id)
        settle_as_if_unlocked(month, prefecture_id)
        found = Differences(*since_copies(month, prefecture_id), figures=figures_now(month, prefecture_id))
        transaction.set_rollback(True)
    return found


def keep_copies(month: date, prefecture_id: int) -> None:
    """Cells and results of the prefecture as they stand, for `since_copies` in the same transaction."""
    with connection.cursor() as cursor:
        for name, copy in (("adjusting_cell", _CELLS_BEFORE), ("adjusting_result", _RESULTS_BEFORE)):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
            cursor.execute(copy, _values(month, prefecture_id))


def since_copies(month: date, prefecture_id: int) -> tuple[list[Line], list[Line]]:
    """Cells and results that are not what their copies and the lines beside them say."""
    with connection.cursor() as cursor:
        cursor.execute(_CELLS_DIFFER, _values(month, prefecture_id))
        moved = [_cell_line(row) for row in cursor.fetchall()]
        cursor.execute(_RESULTS_DIFFER, _values(month, prefecture_id))
        return moved, [_result_line(row) for row in cursor.fetchall()]


def settle_as_if_unlocked(month: date, prefecture_id: int) -> None:
    """For a transaction that is taken back: all that the lock would do now, but for freezing."""
    as_if_unlocked(month, prefecture_id)
    stages.settle(month, prefecture_id)
    cells.miss_open(month, [prefecture_id])


def _values(month: date, prefecture_id: int) -> dict[str, Any]:
    return {
        "month": month,
        "prefecture": prefecture_id,
        "counties": prefectures.counties_of([prefecture_id]),
    }


def as_if_unlocked(month: date, prefecture_id: int) -> None:
    """For a transaction that is taken back: the verbs of the month pass over what is locked."""
    PrefectureMonth.objects.filter(month=month, prefecture_id=prefecture_id).update(state=State.MEASURED)
    Month.objects.filter(month=month).update(state=Month.State.OPEN)


_PLACED = ", ".join(f"('{column}', b.{column}, c.{column})" for column in COLUMNS)
_CELLS_BEFORE = f"""
CREATE TEMP TABLE adjusting_cell ON COMMIT DROP AS SELECT retailer_id, {", ".join(COLUMNS)} FROM "{PARENT}"
WHERE month = %(month)s AND county_id = ANY(%(counties)s)
"""  # noqa: S608  names of our own
_CELLS_DIFFER = f"""
WITH line AS (
    SELECT DISTINCT ON (retailer_id, figure) retailer_id, figure, after FROM cycles_adjustment
    WHERE month = %(month)s AND absorbed_at IS NULL AND action_id IS NULL AND retailer_id IS NOT NULL
    ORDER BY retailer_id, figure, id DESC)
SELECT x.figure, coalesce(line.after, x.old), x.new, c.retailer_id, c.territory_id, c.county_id
FROM adjusting_cell b JOIN "{PARENT}" c ON c.month = %(month)s AND c.retailer_id = b.retailer_id
CROSS JOIN LATERAL (VALUES {_PLACED}) AS x(figure, old, new)
LEFT JOIN line ON line.retailer_id = c.retailer_id AND line.figure = x.figure
WHERE x.new <> coalesce(line.after, x.old) ORDER BY c.retailer_id, x.figure
"""  # noqa: S608  names of our own
_OF_PREFECTURE = """
FROM cycles_action a LEFT JOIN cycles_result r ON r.action_id = a.id
WHERE a.month = %(month)s AND a.state = 'accepted'
AND (a.county_id = ANY(%(counties)s) OR (a.county_id IS NULL AND a.unit_id = %(prefecture)s))
"""
_RESULTS_BEFORE = f"""
CREATE TEMP TABLE adjusting_result ON COMMIT DROP AS SELECT a.id, r.value {_OF_PREFECTURE}
"""
_RESULTS_DIFFER = """
WITH line AS (
    SELECT DISTINCT ON (action_id) action_id, after FROM cycles_adjustment
    WHERE month = %(month)s AND absorbed_at IS NULL AND action_id IS NOT NULL ORDER BY action_id, id DESC)
SELECT CASE WHEN line.action_id IS NULL THEN b.value ELSE line.after END, r.value, a.id, a.retailer_id, a.unit_id,
    a.territory_id, a.county_id
FROM adjusting_result b JOIN cycles_action a ON a.id = b.id LEFT JOIN cycles_result r ON r.action_id = a.id
LEFT JOIN line ON line.action_id = a.id
WHERE r.value IS DISTINCT FROM CASE WHEN line.action_id IS NULL THEN b.value ELSE line.after END ORDER BY a.id
"""


def _cell_line(row: Any) -> Line:
    figure, before, after, retailer, territory, county = row
    return Line(figure, before, after, retailer_id=retailer, territory_id=territory, county_id=county)


def _result_line(row: Any) -> Line:
    before, after, action, retailer, unit, territory, county = row
    return Line(RESULT, before, after, retailer, unit, territory, county, action)


def figures_now(month: date, prefecture_id: int) -> list[Line]:
    """Figures of the prefecture's units, as their boards show them now, that are not what was frozen and adjusted."""
    return list(_figure_lines(month, prefecture_id))


def _figure_lines(month: date, prefecture_id: int) -> Iterable[Line]:
    known = frozen.frozen(month, prefecture_id)
    for unit, kpi, after in _latest(month, known):
        known[unit][kpi] = after
    now = frozen.values(month, sorted(known))
    places = dict(Unit.objects.filter(pk__in=known).values_list("pk", "ancestors"))
    for unit in sorted(known):
        for kpi, before in sorted(known[unit].items()):
            after = now[unit].get(kpi)
            if after != before and kpi not in frozen.NOT_ASKED_AGAIN:
                territory, county = _at(places[unit], Level.TERRITORY), _at(places[unit], Level.COUNTY)
                yield Line(kpi, before, after, unit_id=unit, territory_id=territory, county_id=county)


def _latest(month: date, units: Iterable[int]) -> Iterable[tuple[int, str, Decimal | None]]:
    lines = Adjustment.objects.filter(month=month, unit_id__in=list(units), action_id=None, absorbed_at=None)
    yield from lines.order_by("id").values_list("unit_id", "figure", "after")


def _at(ancestors: Sequence[int], level: Level) -> int | None:
    return ancestors[level] if len(ancestors) > level else None
