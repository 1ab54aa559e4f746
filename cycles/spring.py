"""How much is ordered on a day for the Spring Festival's sake; asked by cycles/forecast_model.py. Pure.

The festival moves between 21 January and 20 February, so that months of two years compare only by their days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from backend import clock

# First day of the lunar year by GB/T 33661-2017 (almanac of the Purple Mountain Observatory). The published calendar
# of working days (chinese_calendar) has the days off of each festival but not the day itself, nor any year to come.
FESTIVALS: Final = {
    day.year: day
    for day in (
        date.fromisoformat(text)
        for text in (
            "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17",
            "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03", "2031-01-23", "2032-02-11", "2033-01-31",
            "2034-02-19", "2035-02-08", "2036-01-28", "2037-02-15", "2038-02-04", "2039-01-24", "2040-02-12",
        )
    )
}  # fmt: skip

# Orders of a week against an ordinary one, by weeks from the festival's own: stocking, the dead week, the quiet after.
# Ours (docs/method.md); how strong the stocking is where, the model reads from the prefecture's own past festivals.
AROUND: Final = {-4: 1.2, -3: 1.4, -2: 1.6, -1: 1.4, 0: 0.0, 1: 0.6, 2: 0.8, 3: 0.9}
FIRST_WEEK_BACK = 7 * -min(AROUND)  # days, from the Monday of the festival's week


@dataclass
class OrderDays:
    """What a weekday of a month comes to, in ordinary days: all of them, `base` without and `uplift` by stocking."""

    days: float = 0.0
    base: float = 0.0
    uplift: float = 0.0
    ordinary: float = 0.0  # of the days, those that no festival touches


def day_weight(day: date) -> float:
    """Orders of a day against those of an ordinary one, before the season: 1.0 away from the festival."""
    # The weeks before an early festival begin in December of the year before.
    festival = FESTIVALS.get((day + timedelta(days=FIRST_WEEK_BACK)).year)
    if festival is None:
        return 1.0
    return AROUND.get((_monday(day) - _monday(festival)).days // 7, 1.0)


def order_days(month: date, before: date | None = None) -> dict[int, OrderDays]:
    """For each weekday (1 is Monday) of the month what its days come to; only days before `before` where given."""
    end = clock.add_months(month, 1)
    end = end if before is None else min(end, before)
    found: dict[int, OrderDays] = {}
    for offset in range((end - month).days):
        day = month + timedelta(days=offset)
        weight, sums = day_weight(day), found.setdefault(day.isoweekday(), OrderDays())
        sums.days += 1
        sums.base += min(weight, 1.0)
        sums.uplift += max(weight - 1.0, 0.0)
        sums.ordinary += weight == 1.0
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
