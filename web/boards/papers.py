"""A manager's month as a page: each of the 15 cells with its sentences, words, state and what may be done with it.

Called by web/boards/month_views.py and review_views.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend import clock
from backend.scope import Actor
from cycles.calendar import MonthDates
from cycles.drafting import text_of
from cycles.grid import CELLS, DIMENSION_NAMES, Cell, Dimension
from cycles.manager_month import HERS
from cycles.models import ManagerCell, ManagerCycle
from cycles.reviewing import CAPABILITY, Reviewers
from web.boards.pictures import Fill, Picture, PictureRow, rows_of

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

State = ManagerCycle.State
FILLS: dict[str, Fill] = {
    State.DRAFTED: "open",
    State.SUBMITTED: "half",
    State.SENT_BACK: "missed",
    State.APPROVED: "done",
    State.LOCKED: "done",
}
NOT_REVIEWED = "–"


@dataclass(frozen=True)
class Said:
    """One sentence with the number of records that prove it."""

    number: int
    text: str
    rows: int
    is_flagged: bool


@dataclass(frozen=True)
class CellOfMonth:
    """One cell of the page."""

    cell: Cell
    row: ManagerCell
    due_on: date
    reviewers: Reviewers
    sentences: tuple[Said, ...]
    is_hers: bool  # the reader is the author, and the cell may still be changed
    is_withdrawable: bool
    is_reviewable: bool  # the reader reviews it, and it waits for that
    is_returnable: bool  # the reader reviews it, and may send it back

    @property
    def key(self) -> str:
        """What a tick on the list of reviews names: the month, the cell and its version as it was read."""
        return f"{self.row.cycle_id}:{self.cell.column}:{self.row.version}"

    @property
    def reviewer_names(self) -> str:
        return "、".join(name for _, name in self.reviewers.people)

    @property
    def lacks_words(self) -> bool:
        return self.row.needs_words and not self.row.words and self.row.state in HERS

    @property
    def is_overdue(self) -> bool:
        return self.row.state in HERS and self.due_on < clock.today()


@dataclass(frozen=True)
class DimensionOfMonth:
    dimension: str
    name: str | StrPromise
    cells: tuple[CellOfMonth, ...]


@dataclass(frozen=True)
class Reader:
    """Who reads the month: its author, a reviewer, or neither."""

    actor: Actor
    is_author: bool


def cells_of_month(
    reader: Reader, rows: Mapping[str, ManagerCell], dates: MonthDates, reviewing: Mapping[str, Reviewers]
) -> list[CellOfMonth]:
    """The 15 cells in the order of the grid. No query."""
    return [_cell(reader, cell, rows[cell.column], dates, reviewing.get(cell.column, Reviewers())) for cell in CELLS]


def _cell(reader: Reader, cell: Cell, row: ManagerCell, dates: MonthDates, by: Reviewers) -> CellOfMonth:
    sentences = row.draft if row.submitted is None else row.submitted
    reviews = reader.actor.can(CAPABILITY) and by.has(reader.actor.person_id)
    return CellOfMonth(
        cell=cell,
        row=row,
        due_on=cell.due_on(dates),
        reviewers=by,
        sentences=tuple(
            Said(number, text_of(one), int(one["evidence"]["rows"]), bool(one["flagged"]))
            for number, one in enumerate(sentences)
        ),
        is_hers=reader.is_author and row.state in HERS,
        is_withdrawable=reader.is_author and row.state == State.SUBMITTED,
        is_reviewable=reviews and row.state == State.SUBMITTED,
        is_returnable=reviews and row.state in (State.SUBMITTED, State.APPROVED),
    )


def by_dimension(cells: list[CellOfMonth]) -> list[DimensionOfMonth]:
    return [
        DimensionOfMonth(one, DIMENSION_NAMES[one], tuple(c for c in cells if c.cell.dimension is one))
        for one in Dimension
    ]


def pictures(cells: list[CellOfMonth]) -> tuple[PictureRow, ...]:
    """The grid that leads to the cells."""
    known = {one.cell.column: one for one in cells}
    return rows_of(lambda cell: _picture(known[cell.column]))


def _picture(one: CellOfMonth) -> Picture:
    return Picture(
        column=one.cell.column,
        name=one.cell.name,
        asks=one.cell.asks,
        dimension=one.cell.dimension,
        fill=FILLS[one.row.state],
        word=one.row.get_state_display(),
        below=_below(one),
        is_overdue=one.is_overdue,
    )


def _below(one: CellOfMonth) -> str:
    if one.lacks_words:
        return _("words wanted")
    said = len(one.sentences)
    return ngettext("%d sentence", "%d sentences", said) % said if said else ""


def in_words(cells: list[CellOfMonth]) -> list[tuple[str, int]]:
    """How many cells are in each state, for the line at the top."""
    counted: dict[Any, int] = {state: sum(one.row.state == state for one in cells) for state in State}
    return [(str(state.label), counted[state]) for state in State if counted[state]]
