"""The 15 cells as data: three dimensions by five steps, and the states a cell can be in. Pure; read by everything here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


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


@dataclass(frozen=True)
class Cell:
    """One of the 15: its place, its column in RetailerCycle, its name."""

    dimension: Dimension
    step: Step
    name: str | Promise

    @property
    def column(self) -> str:
        return f"{self.dimension}_{self.step}"


DIMENSION_NAMES: dict[Dimension, str | Promise] = {
    Dimension.CLIENT: _("client"),
    Dimension.BRAND: _("brand"),
    Dimension.MARKET: _("market"),
}
STEP_NAMES: dict[Step, str | Promise] = {
    Step.ANALYZE: _("analyze"),
    Step.PLAN: _("plan"),
    Step.EXECUTE: _("execute"),
    Step.EVALUATE: _("evaluate"),
    Step.IMPROVE: _("improve"),
}

CELLS: tuple[Cell, ...] = (
    Cell(Dimension.CLIENT, Step.ANALYZE, _("client: analyze")),
    Cell(Dimension.CLIENT, Step.PLAN, _("client: plan")),
    Cell(Dimension.CLIENT, Step.EXECUTE, _("client: execute")),
    Cell(Dimension.CLIENT, Step.EVALUATE, _("client: evaluate")),
    Cell(Dimension.CLIENT, Step.IMPROVE, _("client: improve")),
    Cell(Dimension.BRAND, Step.ANALYZE, _("brand: analyze")),
    Cell(Dimension.BRAND, Step.PLAN, _("brand: plan")),
    Cell(Dimension.BRAND, Step.EXECUTE, _("brand: execute")),
    Cell(Dimension.BRAND, Step.EVALUATE, _("brand: evaluate")),
    Cell(Dimension.BRAND, Step.IMPROVE, _("brand: improve")),
    Cell(Dimension.MARKET, Step.ANALYZE, _("market: analyze")),
    Cell(Dimension.MARKET, Step.PLAN, _("market: plan")),
    Cell(Dimension.MARKET, Step.EXECUTE, _("market: execute")),
    Cell(Dimension.MARKET, Step.EVALUATE, _("market: evaluate")),
    Cell(Dimension.MARKET, Step.IMPROVE, _("market: improve")),
)
COLUMNS: tuple[str, ...] = tuple(cell.column for cell in CELLS)
