"""The 15 cells as data: three dimensions by five steps, what each asks for, what state it can be in. Read by all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend import clock
from cycles.calendar import MonthDates

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Dimension(StrEnum):
    CLIENT = "client"
    BRAND = "brand"
    MARKET = "market"


class Step(StrEnum):
    ANALYZE = "analyze"
    PLAN = "plan"
    EXECUTE = "execute"
    EVALUATE = "evaluate"
    IMPROVE = "improve"


class CellState(models.IntegerChoices):
    """What a cell of a retailer's month can be. Derived from facts, never ticked by hand."""

    NONE = 0, _("nothing to do")
    OPEN = 1, _("open")
    DONE = 2, _("done")
    MISSED = 3, _("missed")
    NOT_APPLICABLE = 4, _("not applicable")


class Due(StrEnum):
    """By when a cell is to be ready: one of the month's dates (cycles/calendar.py)."""

    OPENING = "opening"
    FORECAST = "forecast"
    MONTH_END = "month_end"
    EVALUATION = "evaluation"
    IMPROVEMENT = "improvement"
    LOCK = "lock"


@dataclass(frozen=True)
class Cell:
    """One of the 15: its place, what it asks for, the role that reviews it, and when it is due."""

    dimension: Dimension
    step: Step
    name: str | StrPromise
    asks: str | StrPromise
    reviewer: str
    due: Due

    @property
    def column(self) -> str:
        """Its column in RetailerCycle and its key in ManagerCycle.cells."""
        return f"{self.dimension}_{self.step}"

    @property
    def opens_as(self) -> CellState:
        """What a shop's cell is when the month opens. Every shop is to be seen, so its execute cells are open; the
        other steps ask for nothing until there is a finding: such a shop costs nobody a keystroke."""
        return CellState.OPEN if self.step is Step.EXECUTE else CellState.NONE

    def due_on(self, dates: MonthDates) -> date:
        """The last day for this cell in a month."""
        return {
            Due.OPENING: dates.plan_due_on,
            Due.FORECAST: dates.forecast_due_on,
            Due.MONTH_END: clock.month_end(dates.month),
            Due.EVALUATION: clock.business_date(dates.evaluation_due_at),
            Due.IMPROVEMENT: dates.improvement_due_on,
            Due.LOCK: dates.lock_on,
        }[self.due]

    def due_at(self, dates: MonthDates) -> datetime | None:
        """The hour on that day, where the method names one (the evaluation)."""
        return dates.evaluation_due_at if self.due is Due.EVALUATION else None


DIMENSION_NAMES: dict[Dimension, str | StrPromise] = {
    Dimension.CLIENT: _("client"),
    Dimension.BRAND: _("brand"),
    Dimension.MARKET: _("market"),
}
STEP_NAMES: dict[Step, str | StrPromise] = {
    Step.ANALYZE: _("analyze"),
    Step.PLAN: _("plan"),
    Step.EXECUTE: _("execute"),
    Step.EVALUATE: _("evaluate"),
    Step.IMPROVE: _("improve"),
}

_C, _B, _M = Dimension
_ANALYZE, _PLAN, _EXECUTE, _EVALUATE, _IMPROVE = Step
_MM, _BM = "market_manager", "brand_manager"

CELLS: tuple[Cell, ...] = (
    Cell(
        _C,
        _ANALYZE,
        _("client: analyze"),
        _("shops that fell, jumped or stopped ordering, each with its figures"),
        _MM,
        Due.OPENING,
    ),
    Cell(
        _C,
        _PLAN,
        _("client: plan"),
        _("the month's visits, and a number to reach for each target shop"),
        _MM,
        Due.OPENING,
    ),
    Cell(_C, _EXECUTE, _("client: execute"), _("a visit at the shop"), _MM, Due.MONTH_END),
    Cell(
        _C,
        _EVALUATE,
        _("client: evaluate"),
        _("hit or miss for each goal, with the reason of each miss"),
        _MM,
        Due.EVALUATION,
    ),
    Cell(
        _C,
        _IMPROVE,
        _("client: improve"),
        _("the next action, and an advice sheet where one is needed"),
        _MM,
        Due.IMPROVEMENT,
    ),
    Cell(_B, _ANALYZE, _("brand: analyze"), _("which shops lack which key products, and why"), _BM, Due.OPENING),
    Cell(_B, _PLAN, _("brand: plan"), _("target shops, and what each is to take on"), _BM, Due.OPENING),
    Cell(
        _B, _EXECUTE, _("brand: execute"), _("a key product looked at or recommended at the shop"), _BM, Due.MONTH_END
    ),
    Cell(
        _B,
        _EVALUATE,
        _("brand: evaluate"),
        _("on shelf, sell-through and repurchase against the target"),
        _BM,
        Due.EVALUATION,
    ),
    Cell(
        _B,
        _IMPROVE,
        _("brand: improve"),
        _("keep, change shops, change the display, or propose an exit"),
        _BM,
        Due.IMPROVEMENT,
    ),
    Cell(
        _M,
        _ANALYZE,
        _("market: analyze"),
        _("volume, structure, price and stock of the territory against the county"),
        _MM,
        Due.OPENING,
    ),
    Cell(_M, _PLAN, _("market: plan"), _("the demand forecast, and what to collect where"), _MM, Due.FORECAST),
    Cell(_M, _EXECUTE, _("market: execute"), _("a price or a stock seen at the shop"), _MM, Due.MONTH_END),
    Cell(
        _M,
        _EVALUATE,
        _("market: evaluate"),
        _("forecast accuracy, price index and stock against sales"),
        _MM,
        Due.EVALUATION,
    ),
    Cell(
        _M,
        _IMPROVE,
        _("market: improve"),
        _("what to ask of the county and the prefecture, answered by the lock"),
        _MM,
        Due.LOCK,
    ),
)
COLUMNS: tuple[str, ...] = tuple(cell.column for cell in CELLS)
