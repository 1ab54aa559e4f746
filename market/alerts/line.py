"""Whether a figure has crossed a rule's line, and whether it is back: pure; watching.py asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from backend import clock
from backend.kpis import Number
from backend.workdays import Calendar
from market.figures.formulas import Figure
from market.models import AlertRule


@dataclass(frozen=True)
class Line:
    """A line and on which side of it is wrong. `margin`: how far a figure must be back before it counts as back, so
    that one that moves about the line does not open and close every day."""

    below: Decimal | None
    above: Decimal | None
    margin: Decimal = Decimal(0)

    @property
    def at(self) -> Decimal:
        found = self.below if self.below is not None else self.above
        if found is None:
            raise ValueError("a rule has one line")
        return found

    def is_crossed(self, measured: Decimal) -> bool:
        """At the line is not across it."""
        return measured < self.at if self.below is not None else measured > self.at

    def is_back(self, measured: Decimal) -> bool:
        """On the right side, by the margin at least."""
        return measured >= self.at + self.margin if self.below is not None else measured <= self.at - self.margin

    def worse(self, one: Decimal, other: Decimal) -> Decimal:
        return min(one, other) if self.below is not None else max(one, other)


def line_of(rule: AlertRule) -> Line:
    return Line(rule.below, rule.above, rule.margin)


def measured(figure: Figure, compared: str) -> Decimal | None:
    """What a rule compares of a figure, or None where it cannot be told (no value, no month before, no target)."""
    found: Number | None
    match compared:
        case AlertRule.Compared.VALUE:
            found = figure.value
        case AlertRule.Compared.MONTH:
            found = figure.change_percent
        case AlertRule.Compared.YEAR:
            found = figure.year_change_percent
        case _:
            found = None if figure.value is None or figure.target is None else figure.value - figure.target
    return None if found is None else Decimal(found)


def month_watched(today: date, from_day: int) -> date:
    """The running month from its n-th day on; before that its figures say little, so the month before."""
    running = clock.month_of(today)
    return running if today.day >= from_day else clock.add_months(running, -1)


def when_to_tell(now: datetime, quiet: tuple[time, time], calendar: Calendar) -> datetime:
    """Now on a working day outside the quiet hours (from, until), else when the next working day's begin to be over."""
    quiet_from, quiet_until = quiet
    local = now.astimezone(clock.BUSINESS_ZONE)
    day = calendar.nth_from(local.date(), 1)
    if day == local.date():
        if quiet_until <= local.time() < quiet_from:
            return now
        if local.time() >= quiet_from:
            day = calendar.nth_from(day + timedelta(days=1), 1)
    return clock.start_of(day) + timedelta(hours=quiet_until.hour, minutes=quiet_until.minute)
