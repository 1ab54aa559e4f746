"""Reads rows of text, a portion at a time, into what COPY takes; for bulk.py, plain.py and market/orders/order_push.py.

Cells are typed by the parsers of cells.py, each different cell of a column once: what a column holds repeats itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, repeat
from typing import Any

from backend.errors import Problem
from backend.imports import cells, files
from backend.imports.cells import Fault
from backend.imports.profiles import Plan, Source
from backend.imports.staging import MOST_FAULTS_A_ROW, FaultRow, shown

PORTION = 50_000  # rows between two looks at whether the run was cancelled
BATCH = 1_000
MOST_REMEMBERED = 200_000  # different cells of a column
NULL = "\\N"


class Bad(str):
    """NULL for COPY, in place of a cell that could not be read, and why not."""

    __slots__ = ("code",)
    code: str


class Cells(dict[str, str]):
    """Cell -> what COPY is told; each different cell that can be read is read once. `bad` counts those that cannot."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.bad = 0

    def __missing__(self, cell: str) -> str:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        try:
            found = self[cell] = self._read(cell)
        except Fault as fault:
            self.bad += 1
            found = Bad(NULL)
            found.code = fault.code
        return found

    def _read(self, cell: str) -> str:
        tidy = cells.clean(cell)
        if not tidy:
            if self.source.column.is_required:
                raise Fault("missing_value")
            return NULL
        return str(self.source.parse(tidy)).replace("\\", "\\\\")


class Reader:
    """Turns rows of text into what COPY takes, and keeps the faults of the portion."""

    def __init__(self, planned: Plan, sheet: files.Sheet) -> None:
        self.sources = planned.sources
        self.sheet = sheet
        self.width = len(sheet.heading)
        self.known = [Cells(source) for source in planned.sources]
        self.number = 1  # as a spreadsheet counts: the heading is row 1
        self.rows = 0
        self.is_done = False
        self.faults: list[FaultRow] = []

    def portion(self) -> Iterator[str]:
        """The next PORTION rows, in pieces."""
        for _ in range(PORTION // BATCH):
            batch = list(islice(self.sheet.rows, BATCH))
            if len(batch) < BATCH:
                self.is_done = True
            if batch:
                first, self.number = self.number + 1, self.number + len(batch)
                yield self.piece(range(first, self.number + 1), batch)
            if self.number > files.MOST_ROWS:
                raise Problem("import_file_too_large")
            if self.is_done:
                return

    def piece(self, counted: Sequence[int], batch: list[list[str]]) -> str:
        """These rows, with their numbers as a spreadsheet counts them, as COPY takes them."""
        numbers, rows = self._shaped(counted, batch)
        self.rows += len(rows)
        if not rows:
            return ""
        by_place = list(zip(*rows, strict=True))
        typed = [
            list(map(known.__getitem__, self._cells(source, by_place, rows)))
            for source, known in zip(self.sources, self.known, strict=True)
        ]
        self._keep_faults(numbers, typed, rows)
        typed.insert(0, list(map(str, numbers)))
        return "\n".join(map("\t".join, zip(*typed, strict=True))) + "\n"

    def _keep_faults(self, numbers: list[int], typed: list[list[str]], rows: list[list[str]]) -> None:
        """The cells of this piece that could not be read, at most so many of a row."""
        found: dict[int, int] = {}
        for source, known, column in zip(self.sources, self.known, typed, strict=True):
            if not known.bad:
                continue
            known.bad = 0
            for place, cell in enumerate(column):
                if isinstance(cell, Bad) and found.setdefault(place, 0) < MOST_FAULTS_A_ROW:
                    found[place] += 1
                    value = source.constant if source.place is None else rows[place][source.place]
                    self.faults.append((numbers[place], source.column.name, "error", cell.code, shown(value)))

    def _shaped(self, counted: Sequence[int], batch: list[list[str]]) -> tuple[list[int], list[list[str]]]:
        """The rows that are not blank, each as wide as the heading, with their numbers."""
        numbers, rows, width = [], [], self.width
        for number, row in zip(counted, batch, strict=True):
            if len(row) != width or not row[0]:
                if not any(cell.strip() for cell in row):
                    continue
                if any(cell.strip() for cell in row[width:]):
                    self.faults.append((number, "", "error", "too_many_cells", shown(row[width])))
                row = row[:width] + [""] * (width - len(row))
            numbers.append(number)
            rows.append(row)
        return numbers, rows

    def _cells(self, source: Source, by_place: Sequence[Sequence[str]], rows: list[list[str]]) -> Any:
        if source.place is not None:
            return by_place[source.place]
        if not source.made_of:
            return repeat(source.constant, len(rows))
        parts = [by_place[part] if isinstance(part, int) else repeat(part, len(rows)) for part in source.made_of]
        return map("".join, zip(*parts, strict=True))
