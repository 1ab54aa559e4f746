"""The heads of the tables that can be sorted: where each leads, which way it stands. Called by the board view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from backend.kpis import Kpi
from web.boards.place import Place


@dataclass(frozen=True)
class Column:
    """One figure's head: the address that sorts by it, and the direction in which it sorts now, if it does."""

    kpi: Kpi
    href: str
    direction: str  # "ascending", "descending" or nothing: the words of aria-sort

    @property
    def mark(self) -> str:
        return {"ascending": "▴", "descending": "▾"}.get(self.direction, "")


@dataclass(frozen=True)
class Table:
    """A sortable table of the board: the name of its sort in the address, where it stands on the page, what is kept."""

    name: str
    anchor: str
    sort: str
    kept: Mapping[str, str]

    def columns(self, here: Place, kpis: Iterable[Kpi]) -> list[Column]:
        """The heads; a first click sorts the largest first, a second one turns it round."""
        return [self._column(here, kpi) for kpi in kpis]

    def _column(self, here: Place, kpi: Kpi) -> Column:
        falling, rising = f"-{kpi.id}", kpi.id
        direction = {falling: "descending", rising: "ascending"}.get(self.sort, "")
        asked = {**self.kept, self.name: rising if self.sort == falling else falling}
        return Column(kpi, f"/?{here.query}&{urlencode(asked)}#{self.anchor}", direction)
