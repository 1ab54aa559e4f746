"""How far a grid moved against the month before: what the wall of grids is sorted by. Called by the board view."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cycles.grid import CELLS, Cell, CellState, Step
from cycles.queries import Progress

AFTER = (Step.EVALUATE, Step.IMPROVE)  # what begins only when the month is over
DUE = (CellState.DONE, CellState.OPEN, CellState.MISSED)


@dataclass(frozen=True)
class Moved:
    """The sum of the cells' absolute changes in share done, in points; and the cell that moved most, if any did."""

    points: Fraction = Fraction(0)
    cell: Cell | None = None
    change: Fraction = Fraction(0)

    @property
    def whole(self) -> int:
        """Whole points by which that cell rose or fell, to the nearest."""
        return abs(round(self.change))

    @property
    def is_fallen(self) -> bool:
        return self.change < 0


def moved(now: Progress, before: Progress, *, is_running: bool) -> Moved:
    """Cells that asked something of a shop in both months count; a tie is the first cell's of the grid. While the month
    runs, the steps that follow it are no change: they stand at nothing everywhere."""
    cells = [cell for cell in CELLS if not (is_running and cell.step in AFTER)]
    changes = [(cell, change) for cell in cells if (change := _change(cell, now, before))]
    if not changes:
        return Moved()
    cell, change = max(changes, key=lambda one: abs(one[1]))
    return Moved(sum((abs(one) for _, one in changes), Fraction(0)), cell, change)


def _change(cell: Cell, now: Progress, before: Progress) -> Fraction:
    here, there = _share(now.cells[cell.column]), _share(before.cells[cell.column])
    return Fraction(0) if here is None or there is None else here - there


def _share(states: dict[CellState, int]) -> Fraction | None:
    """Percent of the shops of which the cell asks something where it is done."""
    due = sum(states[state] for state in DUE)
    return Fraction(100 * states[CellState.DONE], due) if due else None
