"""Working days and the dates of a month of the method. Pure; asked by month.py, stages.py, queries.py and the API.

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
MEASURING_TIME = time(0, 30)
EVALUATION_TIME = time(18, 0)
LATEST_WORKING_DAY = 15  # a month is measured, improved and locked in the first half of the month after
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

    def nth_until(self, day: date, number: int) -> date:
        """The number-th working day on or before a day, counted back (1 = the last)."""
        found = self.last_until(day)
        for _ in range(number - 1):
            found = self.last_until(found - ONE_DAY)
        return found

    def nth_from(self, day: date, number: int) -> date:
        """The number-th working day on or after a day (1 = the first)."""
        found = self.first_from(day)
        for _ in range(number - 1):
            found = self.first_from(found + ONE_DAY)
        return found


@dataclass(frozen=True)
class Terms:
    """What a prefecture may set about the dates of its months (cycles/terms.py). Their order is not to be set: a term
    that lies before the one that it must follow counts as that one."""

    plan_working_day: int = 1  # before the month, counted back: 1 is the last
    forecast_day: int = 3  # of the month, rolled forward to a working day
    summary_weekday: int = 1  # 1 Monday ... 7 Sunday, rolled forward to a working day
    evaluation_working_day: int = 1  # of the month after, as the two below
    improvement_working_day: int = 3
    lock_working_day: int = 5

    def in_order(self) -> Terms:
        """The same within what a calendar can do. Pure."""
        evaluation = _between(self.evaluation_working_day, 1, LATEST_WORKING_DAY)
        improvement = _between(self.improvement_working_day, evaluation, LATEST_WORKING_DAY)
        return Terms(
            plan_working_day=_between(self.plan_working_day, 1, LATEST_WORKING_DAY),
            forecast_day=_between(self.forecast_day, 1, 28),
            summary_weekday=_between(self.summary_weekday, 1, 7),
            evaluation_working_day=evaluation,
            improvement_working_day=improvement,
            lock_working_day=_between(self.lock_working_day, improvement, LATEST_WORKING_DAY),
        )


def _between(value: int, least: int, most: int) -> int:
    return min(max(value, least), most)


@dataclass(frozen=True)
class MonthDates:
    """When a month opens and what is due when in one prefecture (docs/method.md, "The month"). All in Asia/Shanghai."""

    month: date
    opens_at: datetime
    plan_due_on: date
    forecast_due_on: date
    weekly_summaries_on: tuple[date, ...]
    evaluation_due_at: datetime
    improvement_due_on: date
    lock_on: date
    provisional: bool

    @property
    def measures_at(self) -> datetime:
        """When the system measures the month by itself: early on the day whose evening asks for the evaluation."""
        return _at(clock.business_date(self.evaluation_due_at), MEASURING_TIME)

    @property
    def locks_at(self) -> datetime:
        """The first moment at which the month is frozen: the end of the lock day."""
        return clock.start_of(self.lock_on + ONE_DAY)


def dates_of(month: date, calendar: WorkingCalendar, terms: Terms = Terms()) -> MonthDates:
    """The dates of the month that starts on `month`, by a prefecture's terms. Pure.

    Opening 00:30 on the last working day of the month before, everywhere. By default the plan is due on that day, the
    forecast on the 3rd or the next working day, evaluation 18:00, improvement and lock on the first, third and fifth
    working day of the month after. Provisional while one of the days that decide them lies in a year that is not
    published and is not overridden.
    """
    held, before, after = terms.in_order(), month - ONE_DAY, clock.add_months(month, 1)
    opening, plan = calendar.last_until(before), calendar.nth_until(before, held.plan_working_day)
    forecast_from = month.replace(day=held.forecast_day)
    forecast = calendar.first_from(forecast_from)
    evaluation = calendar.nth_from(after, held.evaluation_working_day)
    lock = calendar.nth_from(after, held.lock_working_day)
    deciding = (*_span(min(plan, opening), before), *_span(forecast_from, forecast), *_span(after, lock))
    return MonthDates(
        month=month,
        opens_at=_at(opening, OPENING_TIME),
        plan_due_on=plan,
        forecast_due_on=forecast,
        weekly_summaries_on=tuple(_summaries(month, calendar, held.summary_weekday)),
        evaluation_due_at=_at(evaluation, EVALUATION_TIME),
        improvement_due_on=calendar.nth_from(after, held.improvement_working_day),
        lock_on=lock,
        provisional=not all(calendar.is_settled(day) for day in deciding),
    )


def _summaries(month: date, calendar: WorkingCalendar, weekday: int) -> Iterator[date]:
    """The days of the weekly summary in the month: one a week, on the next working day of its week where the weekday is
    none, in no week that has none left."""
    day = month + timedelta(days=(weekday - month.isoweekday()) % 7)
    while day.month == month.month:
        worked = calendar.first_from(day)
        if worked.month == month.month and worked < day + timedelta(days=7):
            yield worked
        day += timedelta(days=7)


def _span(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=clock.BUSINESS_ZONE)
