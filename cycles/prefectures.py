"""The prefectures of a month: their rows, their territories, how far each has come, on which days it looks at owners.

Called by month.py, stages.py, locking.py, changes.py and adjustments.py. Conditions for SQL are in standing.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from backend import clock
from backend.models import Level, Unit
from cycles.membership import Days, days_of
from cycles.models import PrefectureMonth
from cycles.queries import dates_at

State = PrefectureMonth.State

_ENSURE = """
INSERT INTO cycles_prefecturemonth (month, prefecture_id, state, version)
SELECT %(month)s, u.id, 'open', 1 FROM backend_unit u
WHERE u.level = %(level)s AND u.during && daterange(%(month)s, %(next)s)
ON CONFLICT DO NOTHING
"""


def ensure(month: date) -> int:
    """Every prefecture in force on a day of the month has its row; returns how many were missing. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_ENSURE, {"month": month, "next": clock.add_months(month, 1), "level": int(Level.PREFECTURE)})
        return cursor.rowcount


def territories_of(prefectures: Iterable[int]) -> list[int]:
    """Every territory that ever was in these prefectures. One query."""
    return _below(prefectures, Level.TERRITORY)


def counties_of(prefectures: Iterable[int]) -> list[int]:
    """Every county that ever was in these prefectures. One query."""
    return _below(prefectures, Level.COUNTY)


def units_of(prefectures: Iterable[int]) -> list[int]:
    """These prefectures and every unit that ever was below them. One query."""
    return list(Unit.objects.filter(ancestors__overlap=list(prefectures)).order_by("pk").values_list("pk", flat=True))


def _below(prefectures: Iterable[int], level: Level) -> list[int]:
    found = Unit.objects.filter(ancestors__overlap=list(prefectures), level=level).order_by("pk")
    return list(found.values_list("pk", flat=True))


@dataclass(frozen=True)
class Part:
    """The territories of one prefecture, with its state in a month."""

    prefecture_id: int
    state: str
    territories: tuple[int, ...]


_PARTS = """
SELECT u.ancestors[3], coalesce(p.state, m.state, 'open'), array_agg(u.id ORDER BY u.id)
FROM backend_unit u
LEFT JOIN cycles_prefecturemonth p ON p.month = %(month)s AND p.prefecture_id = u.ancestors[3]
LEFT JOIN cycles_month m ON m.month = %(month)s
WHERE u.id = ANY(%(territories)s) AND u.level = %(level)s GROUP BY 1, 2 ORDER BY 1
"""


def parts_of(month: date, territories: Sequence[int]) -> list[Part]:
    """These territories by prefecture, each with how far it is with the month. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, {"month": month, "territories": list(territories), "level": int(Level.TERRITORY)})
        return [Part(prefecture, state, tuple(units)) for prefecture, state, units in cursor.fetchall()]


def frozen_counties(month: date) -> list[int]:
    """Counties of the prefectures that have locked the month: no row of them changes. Two queries at most."""
    locked = PrefectureMonth.objects.filter(month=month, state=State.LOCKED).values_list("prefecture_id", flat=True)
    return counties_of(locked) if locked else []


def days_by_prefecture(month: date) -> dict[Days, list[int]]:
    """On which days the prefectures that have not locked the month look at assignments; mostly one answer for all.

    They differ after the month, by the prefecture's lock day (a reopened month keeps the owners of that day). Three
    queries."""
    open_ones = PrefectureMonth.objects.filter(month=month).exclude(state=State.LOCKED).order_by("prefecture_id")
    units = list(open_ones.values_list("prefecture_id", flat=True))
    found: dict[Days, list[int]] = {}
    for (unit, _), dates in dates_at((unit, month) for unit in units).items():
        found.setdefault(days_of(dates, clock.month_end(month), clock.today()), []).append(unit)
    return found
