"""The 3 x 5 grid of one subject, a shop or a manager: each cell as a whole in one state. Called by those two pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cycles.grid import CELLS, DIMENSION_NAMES, Cell, Dimension, Step
from web.boards.grids import SIDE, STEP

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Fill = Literal["done", "half", "open", "missed", "idle"]


@dataclass(frozen=True)
class Picture:
    """What a cell shows: its fill, its state in a word, a line below, and whether it is overdue."""

    column: str
    name: str | StrPromise
    asks: str | StrPromise
    dimension: str
    fill: Fill
    word: str | StrPromise
    below: str = ""
    is_overdue: bool = False

    @property
    def x(self) -> int:
        """Its place on the small grid (web/boards/grids.py)."""
        return 2 + STEP * list(Step).index(Step(self.column.partition("_")[2]))

    @property
    def y(self) -> int:
        return 2 + STEP * list(Dimension).index(Dimension(self.dimension))

    @property
    def half_y(self) -> int:
        return self.y + SIDE // 2


@dataclass(frozen=True)
class PictureRow:
    dimension: str
    name: str | StrPromise
    cells: tuple[Picture, ...]


def rows_of(of: Callable[[Cell], Picture]) -> tuple[PictureRow, ...]:
    """Three rows of five, each cell drawn by `of`."""
    return tuple(
        PictureRow(dimension, DIMENSION_NAMES[dimension], tuple(of(c) for c in CELLS if c.dimension is dimension))
        for dimension in Dimension
    )
