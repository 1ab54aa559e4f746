"""The lock of a month in a prefecture: called by stages.py at the end of the lock day.

After the lock nothing of the month changes there; what arrives becomes a line beside it (cycles/adjustments.py,
docs/decisions/0011-months-are-locked-by-prefecture.md).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from backend import clock
from backend.marks import Key
from cycles import cells, frozen, manager_month, prefectures
from cycles.calendar import MonthDates
from cycles.models import Month, PrefectureMonth
from cycles.prefectures import State
from market.rollups import recompute as rollups


def is_due(row: PrefectureMonth, dates: MonthDates, now: datetime) -> bool:
    """Whether the lock day of the prefecture is over; of a reopened month the day until which it was reopened. Pure."""
    if row.reopened_until is not None:
        return clock.start_of(row.reopened_until + timedelta(days=1)) <= now
    return dates.locks_at <= now


def lock(month: date, prefecture_id: int) -> None:
    """What is still open was missed, the figures are frozen, and the prefecture's month is locked; the month itself
    when it was the last. In the caller's transaction, under the month's lock, with everything derived before."""
    if not rollups.is_current(month, prefectures.units_of([prefecture_id])):
        recount(month, prefecture_id)
    cells.miss_open(month, [prefecture_id])
    frozen.freeze(month, prefecture_id)
    manager_month.lock(month, prefecture_id)
    mine = PrefectureMonth.objects.filter(month=month, prefecture_id=prefecture_id)
    mine.update(state=State.LOCKED, locked_at=clock.now(), reopened_until=None)
    if not PrefectureMonth.objects.filter(month=month).exclude(state=State.LOCKED).exists():
        Month.objects.filter(month=month).update(state=Month.State.LOCKED)


def recount(month: date, prefecture_id: int) -> None:
    """The roll-ups of the prefecture's month equal the facts, whatever marks still wait for them."""
    rollups.recompute([Key(unit, month) for unit in prefectures.territories_of([prefecture_id])])
