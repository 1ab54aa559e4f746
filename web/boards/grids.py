"""The sign of the method, the 3 x 5 grid, as shapes: the same picture at every size. Called by the board views.

Fill = share done, hatched = missed, outline = open, grey = nothing asked for. A cell is a square of 20 units in a step
of 24, so the whole grid is 120 x 72; templates scale it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cycles.grid import CELLS, COLUMNS, DIMENSION_NAMES, STEP_NAMES, CellState, Dimension, Step
from cycles.models import RetailerCycle
from cycles.queries import Progress

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

SIDE, STEP = 20, 24


@dataclass(frozen=True)
class CellShape:
    """One cell: what it says, and where its parts are drawn."""

    column: str
    name: str | StrPromise
    asks: str | StrPromise
    dimension: str
    done: int
    open: int
    missed: int
    x: int
    y: int

    @property
    def due(self) -> int:
        """Shops of which the cell asks something."""
        return self.done + self.open + self.missed

    @property
    def percent(self) -> int | None:
        """Whole percent done, rounded down so that 100 means all; None where nothing is asked for."""
        return self.done * 100 // self.due if self.due else None

    @property
    def done_height(self) -> float:
        return round(SIDE * self.done / self.due, 2) if self.due else 0

    @property
    def done_offset(self) -> float:
        """From the top of the cell; the fill stands on its floor."""
        return round(SIDE - self.done_height, 2)

    @property
    def done_y(self) -> float:
        return round(self.y + self.done_offset, 2)

    @property
    def missed_height(self) -> float:
        return round(SIDE * self.missed / self.due, 2) if self.due else 0

    @property
    def missed_offset(self) -> float:
        return round(self.done_offset - self.missed_height, 2)

    @property
    def missed_y(self) -> float:
        return round(self.y + self.missed_offset, 2)


@dataclass(frozen=True)
class GridRow:
    """One dimension with its five cells."""

    dimension: str
    name: str | StrPromise
    cells: tuple[CellShape, ...]


@dataclass(frozen=True)
class Grid:
    """A unit's month as three rows of five."""

    rows: tuple[GridRow, ...]

    @property
    def cells(self) -> list[CellShape]:
        return [cell for row in self.rows for cell in row.cells]


STEPS = tuple(STEP_NAMES.values())


def grid_of(progress: Progress) -> Grid:
    """The grid of one unit's progress."""
    return Grid(tuple(_row(progress, place, dimension) for place, dimension in enumerate(Dimension)))


def _row(progress: Progress, place: int, dimension: Dimension) -> GridRow:
    return GridRow(dimension, DIMENSION_NAMES[dimension], tuple(_cells(progress, place, dimension)))


def _cells(progress: Progress, place: int, dimension: Dimension) -> list[CellShape]:
    columns = list(Step)
    return [
        CellShape(
            column=cell.column,
            name=cell.name,
            asks=cell.asks,
            dimension=dimension,
            done=progress.cells[cell.column][CellState.DONE],
            open=progress.cells[cell.column][CellState.OPEN],
            missed=progress.cells[cell.column][CellState.MISSED],
            x=2 + STEP * columns.index(cell.step),
            y=2 + STEP * place,
        )
        for cell in CELLS
        if cell.dimension is dimension
    ]


def grid_of_shop(cycle: RetailerCycle) -> Grid:
    """The grid of one shop's month: each cell is done, open, missed or idle as a whole."""
    alone = Progress(unit=cycle.territory)
    alone.add([getattr(cycle, column) for column in COLUMNS], 1)
    return grid_of(alone)
