"""The cells of a manager's month as the pages show them: sentences in words, state, reviewer, what the reader may do.

Called by web/boards/month_views.py and review_views.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend import clock
from cycles.calendar import MonthDates
from cycles.drafting import text_of
from cycles.grid import DIMENSION_NAMES, Cell, Dimension
from cycles.manager_month import HERS
from cycles.models import ManagerCycle
from cycles.papers import CellPaper
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


@dataclass(frozen=True)
class Said:
    """One sentence with the number of records that prove it."""

    number: int
    text: str
    rows: int
    is_flagged: bool


@dataclass(frozen=True)
class CellShown:
    """One cell of a manager's month on a page."""

    paper: CellPaper
    due_on: date
    sentences: tuple[Said, ...]

    @property
    def cell(self) -> Cell:
        return self.paper.cell

    @property
    def row(self) -> Any:
        return self.paper.row

    @property
    def key(self) -> str:
        """What a tick on the list of reviews names: the month, the cell and its version as it was read."""
        return f"{self.row.cycle_id}:{self.cell.column}:{self.row.version}"

    @property
    def is_hers(self) -> bool:
        """The reader is the author, and the cell may still be changed."""
        return "words" in self.paper.may

    @property
    def is_withdrawable(self) -> bool:
        return "withdraw" in self.paper.may

    @property
    def is_reviewable(self) -> bool:
        return "approve" in self.paper.may

    @property
    def is_returnable(self) -> bool:
        return "send_back" in self.paper.may

    @property
    def reviewer_names(self) -> str:
        return "、".join(name for _, name in self.paper.reviewers.people)

    @property
    def lacks_words(self) -> bool:
        return self.paper.asks and not self.row.words and self.row.state in HERS

    @property
    def is_blank(self) -> bool:
        """Nothing was drafted and nothing is written: there is nothing to hand in here."""
        return self.row.state == State.DRAFTED and not self.sentences and not self.row.words

    @property
    def is_overdue(self) -> bool:
        return self.row.state in HERS and not self.is_blank and self.due_on < clock.today()


@dataclass(frozen=True)
class DimensionShown:
    """One row of the grid with its five cells."""

    dimension: str
    name: str | StrPromise
    cells: tuple[CellShown, ...]


def shown(papers: Sequence[CellPaper], dates: MonthDates) -> list[CellShown]:
    """The cells in the order of the grid, sentences in the reader's language. No query."""
    return [CellShown(one, one.cell.due_on(dates), tuple(_said(one.sentences))) for one in papers]


def _said(sentences: Sequence[dict[str, Any]]) -> list[Said]:
    return [
        Said(number, text_of(one), int(one["evidence"]["rows"]), bool(one["flagged"]))
        for number, one in enumerate(sentences)
    ]


def by_dimension(cells: Sequence[CellShown]) -> list[DimensionShown]:
    return [
        DimensionShown(one, DIMENSION_NAMES[one], tuple(c for c in cells if c.cell.dimension is one))
        for one in Dimension
    ]


def pictures(cells: Sequence[CellShown]) -> tuple[PictureRow, ...]:
    """The grid that leads to the cells."""
    known = {one.cell.column: one for one in cells}
    return rows_of(lambda cell: _picture(known[cell.column]))


def _picture(one: CellShown) -> Picture:
    return Picture(
        column=one.cell.column,
        name=one.cell.name,
        asks=one.cell.asks,
        dimension=one.cell.dimension,
        fill=_fill(one),
        word=one.row.get_state_display(),
        below=_below(one),
        is_overdue=one.is_overdue,
    )


def _fill(one: CellShown) -> Fill:
    """A cell that the lock found before it was handed in was missed."""
    if one.is_blank:
        return "idle"
    if one.row.state == State.LOCKED and one.row.submitted_at is None:
        return "missed" if one.sentences else "idle"
    return FILLS[one.row.state]


def _below(one: CellShown) -> str:
    if one.lacks_words:
        return _("words wanted")
    said = len(one.sentences)
    return ngettext("%d sentence", "%d sentences", said) % said if said else ""


def in_words(cells: Sequence[CellShown]) -> list[tuple[str, int]]:
    """How many cells are in each state, for the line at the top."""
    counted: dict[Any, int] = {state: sum(one.row.state == state for one in cells) for state in State}
    return [(str(state.label), counted[state]) for state in State if counted[state]]
