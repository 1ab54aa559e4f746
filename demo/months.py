"""The months that the demo has lived: its last two whole ones and the running one; called by demo/loading.py.

The system does what it does by itself (open, draft, ask, measure, lock) at the moments of its calendar, the managers do
their part in between (demo/acts.py). Visits of a month are written when it has opened, so that nobody plans with
what was still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final

from backend import clock, marks
from cycles import changes, month, stages
from cycles.calendar import MonthDates, dates_of
from cycles.queries import working_calendar
from demo import acts, staging
from demo.staging import Plan
from market.rollups import recompute
from visits import following

MONTHS_LIVED: Final = 2  # whole ones, before the running one
KEYS_AT_ONCE: Final = 2_000  # every month is counted once for so many changes
NOON, EVENING = time(14, 0), time(17, 0)

Act = Callable[[], object]
Write = Callable[[date], object]


@dataclass(frozen=True)
class Event:
    """Something that happens at a moment."""

    at: datetime
    what: str
    act: Act


def first_lived(as_of: date) -> date:
    """The first month that is lived: visits before it are history."""
    return clock.add_months(clock.month_of(as_of), -MONTHS_LIVED)


def count_before(plan: Plan) -> None:
    """The months that those which are lived are held against have their figures: a year before the first, and the month
    before that. Classes of shops are not among them."""
    for one in _before(plan):
        if one >= _first_read(plan.as_of):
            recompute.rebuild(one, classes=False)


def leave_the_rest(plan: Plan) -> None:
    """What nobody needed so far follows by the tick, the latest months first: classes of shops of the months before
    those that were lived, and the months that nothing was held against. In a transaction."""
    for one in _before(plan):
        if one >= _first_read(plan.as_of):
            recompute.postpone_classes(one)
        else:
            recompute.postpone(one)


def _before(plan: Plan) -> list[date]:
    """The months that have figures and were not lived, the latest first."""
    first = first_lived(plan.as_of)
    return [month for month in staging.months_of_totals(plan) if month < first]


def _first_read(as_of: date) -> date:
    return clock.add_months(first_lived(as_of), -13)


def live(now: datetime, write_visits: Write | None) -> Iterator[str]:
    """Everything up to a moment has happened, in order; yields the name of each event that is over.

    `write_visits` writes what was done in the shops in a month. In the caller's transaction.
    """
    for event in sorted(_events(clock.business_date(now), write_visits), key=lambda one: one.at):
        if event.at <= now:
            with clock.at(event.at):
                event.act()
            yield f"{clock.business_date(event.at)} {event.what}"
    with clock.at(now):
        running = clock.month_of(now)
        recompute.rebuild(running)
        following.link(running)
        _tick()


def _events(as_of: date, write_visits: Write | None) -> Iterator[Event]:
    calendar, first = working_calendar(), first_lived(as_of)
    for step in range(MONTHS_LIVED + 1):
        dates = dates_of(clock.add_months(first, step), calendar)
        yield from _plan(dates, is_first=step == 0, write_visits=write_visits)
        yield from _run(dates)
        yield from _end(dates)


def _plan(dates: MonthDates, *, is_first: bool, write_visits: Write | None) -> Iterator[Event]:
    """It opens, is planned on its last working day before, and begins."""
    of, opened_on = dates.month, clock.business_date(dates.opens_at)
    yield Event(dates.opens_at, f"{of:%Y-%m} 打开 · opens", (lambda: _open(of)) if is_first else _tick)
    yield Event(_at(opened_on, NOON), f"{of:%Y-%m} 计划 · is planned", lambda: acts.plan(of))
    yield Event(_at(opened_on, EVENING), f"{of:%Y-%m} 审批计划 · plans are reviewed", lambda: acts.review(of))
    if write_visits is not None:
        yield Event(_at(opened_on, time(20)), f"{of:%Y-%m} 走访 · visits", partial(write_visits, of))


def _run(dates: MonthDates) -> Iterator[Event]:
    """Its forecast is decided, and its analysis handed in, once the month before was measured."""
    of = dates.month
    yield Event(_at(dates.forecast_due_on, time(15)), f"{of:%Y-%m} 预测 · forecasts", lambda: acts.forecast(of))
    yield Event(_at(dates.forecast_due_on, EVENING), f"{of:%Y-%m} 审批 · review", lambda: acts.review(of))


def _end(dates: MonthDates) -> Iterator[Event]:
    """It is measured, its misses have reasons, what is to be improved is decided, and it is locked."""
    of, measured_on = dates.month, clock.business_date(dates.measures_at)

    def measure() -> None:
        recompute.rebuild(of)
        _tick()

    yield Event(dates.measures_at, f"{of:%Y-%m} 评估 · is measured", measure)
    yield Event(_at(measured_on, NOON), f"{of:%Y-%m} 说明原因 · misses have reasons", lambda: acts.evaluate(of))
    yield Event(_at(dates.improvement_due_on, NOON), f"{of:%Y-%m} 改进 · improvements", lambda: acts.improve(of))
    yield Event(_at(dates.improvement_due_on, EVENING), f"{of:%Y-%m} 审批 · review", lambda: acts.review(of))
    yield Event(dates.locks_at + timedelta(minutes=30), f"{of:%Y-%m} 锁定 · is locked", _tick)


def _open(first: date) -> None:
    """The first one alone: the tick would open the month before it as well."""
    month.open_month(first)
    stages.advance()


def _tick() -> None:
    changes.drain_once()
    following.follow()
    # What was mended moves no sale; a lock that finds these marks waiting would sum its whole month anew.
    while marks.drain(recompute.CONSUMER, recompute.REPAIRS, recompute.recompute_repairs, limit=KEYS_AT_ONCE):
        pass
    month.keep()


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=clock.BUSINESS_ZONE)
