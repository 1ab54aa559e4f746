"""The one clock: every reading of "now" and every business date comes from here; all apps call it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


class NaiveDatetime(ValueError):
    """A datetime without a time zone reached the business clock."""


def now() -> datetime:
    """The present moment, aware, UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """The business day of now in Asia/Shanghai."""
    return business_date(now())


def business_date(moment: datetime) -> date:
    """The Asia/Shanghai calendar day of an aware moment; NaiveDatetime for a naive one."""
    if moment.tzinfo is None:
        raise NaiveDatetime("a naive datetime has no business day")
    return moment.astimezone(BUSINESS_ZONE).date()


def month_of(moment: datetime | date) -> date:
    """First day of the business month of a moment or a date."""
    day = business_date(moment) if isinstance(moment, datetime) else moment
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """First day of the month `count` months after `month` (negative: before)."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def month_end(month: date) -> date:
    """Last day of the month that starts on `month`."""
    return add_months(month, 1) - timedelta(days=1)


def start_of(day: date) -> datetime:
    """The aware first moment of a business day."""
    return datetime(day.year, day.month, day.day, tzinfo=BUSINESS_ZONE)


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Hold the clock at an aware moment: for tests, and for loading a demo 'as of' a day."""
    if moment.tzinfo is None:
        raise NaiveDatetime("the clock is held at an aware moment only")
    token = _frozen.set(moment)
    try:
        yield moment
    finally:
        _frozen.reset(token)


def month_sql(count: int = 0) -> str:
    """First day of the month `count` months after that of %(today)s, in SQL, a date: months are found by index."""
    return f"(date_trunc('month', %(today)s::timestamp) + interval '{count} months')::date"
