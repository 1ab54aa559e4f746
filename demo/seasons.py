"""How much the whole market buys in each week of the year, Spring Festival above all; called by the loader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

WEEK: Final = timedelta(days=7)
# First day of the lunar year (GB/T 33661 calendar, published by the Purple Mountain Observatory).
SPRING_FESTIVALS: Final = tuple(
    date.fromisoformat(day)
    for day in (
        "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26",
        "2029-02-13", "2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08",
    )
)  # fmt: skip
# Weeks from the festival's own: shops stock up for a month, nobody orders in the festival week, then it is quiet.
AROUND_FESTIVAL: Final = {-5: 1.12, -4: 1.28, -3: 1.45, -2: 1.62, -1: 1.40, 0: 0.0, 1: 0.62, 2: 0.74, 3: 0.86}
BY_MONTH: Final = {1: 1.02, 2: 0.97, 3: 0.96, 4: 0.97, 5: 1.02, 6: 0.98, 7: 0.95, 8: 0.97, 9: 1.08, 10: 1.02, 11: 0.99,
                   12: 1.06}  # fmt: skip


class Week(NamedTuple):
    """A week of orders: `factor` times the usual quantity; `turn` counts the Mondays of its month from 0."""

    no: int
    monday: date
    factor: float
    turn: int


def weeks(first: date, until: date) -> Iterator[Week]:
    """The weeks that touch [first, until), numbered over all time so that the same week always has the same number."""
    monday = first - timedelta(days=first.weekday())
    while monday < until:
        yield Week(monday.toordinal() // 7, monday, factor(monday), (monday.day - 1) // 7)
        monday += WEEK


def factor(monday: date) -> float:
    """Demand of the week that starts on `monday` over that of an ordinary one."""
    for festival in SPRING_FESTIVALS:
        away = (monday - (festival - timedelta(days=festival.weekday()))).days // 7
        if away in AROUND_FESTIVAL:
            return AROUND_FESTIVAL[away]
    return BY_MONTH[monday.month]


def month_weeks(month: date) -> float:
    """How many ordinary weeks' orders a month makes: its days by the factor of their week, divided by seven."""
    day, total = month, 0.0
    while day.month == month.month:
        total += factor(day - timedelta(days=day.weekday()))
        day += timedelta(days=1)
    return round(total / 7, 4)
