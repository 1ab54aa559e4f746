"""Working days, for apps below the one that keeps the calendar: it registers its source at start, they ask here.

Called by what owes an answer within some working days (visits/faq.py, visits/reach.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Protocol


class Calendar(Protocol):
    """Which days are worked."""

    def nth_from(self, day: date, number: int) -> date:
        """The number-th working day on or after a day (1 = the first)."""
        ...


_source: Callable[[], Calendar] | None = None


def register(source: Callable[[], Calendar]) -> None:
    """Names what reads the calendar in force (one query); called once, by the app that keeps it (AppConfig.ready)."""
    global _source
    _source = source


def calendar() -> Calendar:
    """The calendar in force. One query; read it once per act."""
    if _source is None:
        raise LookupError("no working calendar is registered; an AppConfig must call workdays.register")
    return _source()


def days_after(held: Calendar, day: date, number: int) -> date:
    """The working day that is `number` working days after a day, which itself does not count; 0 is the day itself."""
    return day if number <= 0 else held.nth_from(day + timedelta(days=1), number)
