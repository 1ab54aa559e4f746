"""Working days and the dates of a month of the method. Pure; asked by month.py, changes.py, queries.py and the API.

Working days come from the published calendar (PyPI chinesecalendar: lunar holidays and make-up days) under the
overrides of `CalendarDay`. A year not published yet counts as weekdays less 1 January, and its dates as provisional.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache

import chinese_calendar
from chinese_calendar import constants

from backend import clock

OPENING_TIME = time(0, 30)  # one national setting: every unit's month opens at the same moment
EVALUATION_TIME = time(18, 0)
FORECAST_DAY = 3
ONE_DAY = timedelta(days=1)


@cache
def published_years() -> range:
    """Years whose holidays and make-up days are in the published calendar."""
    return range(min(constants.holidays).year, max(constants.holidays).year + 1)


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days are worked: pure, once the overrides are in. `overrides` maps a day to whether it is worked."""

    overrides: Mapping[date, bool] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        if day in self.overrides:
            return self.overrides[day]
        if day.year in published_years():
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5 and (day.month, day.day) != (1, 1)

    def is_settled(self, day: date) -> bool:
        """Whether the day is published or overridden, so that it will not move when the year's calendar appears."""
        return day in self.overrides or day.year in published_years()

    def first_from(self, day: date) -> date:
        """The day itself when it is worked, else the next that is."""
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def last_until(self, day: date) -> date:
        """The day itself when it is worked, else the last before it that is."""
        while not self.is_working(day):
            day -= ONE_DAY
        return day

    def nth_from(self, day: date, number: int) -> date:
        """The number-th working day on or after a day (1 = the first)."""
        found = self.first_from(day)
        for _ in range(number - 1):
            found = self.first_from(found + ONE_DAY)
        return found


@dataclass(frozen=True)
class MonthDates:
    """When a month opens and what is due when (docs/method.md, "The month"). All in Asia/Shanghai."""

    month: date
    opens_at: datetime
    plan_due_on: date
    forecast_due_on: date
    evaluation_due_at: datetime
    improvement_due_on: date
    lock_on: date
    provisional: bool

    @property
    def locks_at(self) -> datetime:
        """The first moment at which the month is frozen: the end of the lock day."""
        return clock.start_of(self.lock_on + ONE_DAY)


def dates_of(month: date, calendar: WorkingCalendar) -> MonthDates:
    """The dates of the month that starts on `month`. Pure.

    Opening 00:30 and plan: last working day of the month before; forecast: the 3rd or the next working day; evaluation
    18:00, improvement and lock: first, third and fifth working day of the month after. Provisional while one of the
    days that decide them lies in a year that is not published and is not overridden.
    """
    before, after = month - ONE_DAY, clock.add_months(month, 1)
    last_before = calendar.last_until(before)
    forecast = calendar.first_from(month.replace(day=FORECAST_DAY))
    first, third, fifth = (calendar.nth_from(after, n) for n in (1, 3, 5))
    deciding = (*_span(last_before, before), *_span(month.replace(day=FORECAST_DAY), forecast), *_span(after, fifth))
    return MonthDates(
        month=month,
        opens_at=_at(last_before, OPENING_TIME),
        plan_due_on=last_before,
        forecast_due_on=forecast,
        evaluation_due_at=_at(first, EVALUATION_TIME),
        improvement_due_on=third,
        lock_on=fifth,
        provisional=not all(calendar.is_settled(day) for day in deciding),
    )


def _span(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=clock.BUSINESS_ZONE)
