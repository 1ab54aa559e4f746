"""Reads the rows of a large file into the tables of its run, a portion at a time; called by working.py.

Cells are typed by the parsers of cells.py, each different cell of a column once: what a column holds repeats itself.
The rows go on by COPY, so that a million of them never stand in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, repeat
from typing import Any

from psycopg import sql

from backend.errors import Problem
from backend.imports import cells, files
from backend.imports.cells import Fault
from backend.imports.kinds import ImportKind
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


def prepare(cursor: Any, kind: ImportKind, schema: str) -> None:
    """Empty tables of the run: rows, and what was wrong with cells. Unlogged: what a crash of the database empties is
    read again."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.sql_type)) for c in kind.columns
    )
    place = sql.Identifier(schema)
    cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(place))
    cursor.execute(sql.SQL("CREATE SCHEMA {}").format(place))
    cursor.execute(sql.SQL("CREATE UNLOGGED TABLE {}.import_row (row_no integer, {})").format(place, columns))
    cursor.execute(
        sql.SQL(
            'CREATE UNLOGGED TABLE {}.cell_fault (row_no integer, "column" text, severity text, code text, value text)'
        ).format(place)
    )


def load(
    cursor: Any, sheet: files.Sheet, planned: Plan, schema: str, told: Callable[[int], None] = lambda rows: None
) -> int:
    """Every row stands in the run's tables; returns how many. `told` is called after each portion, and may raise.

    Problems import_unreadable, import_file_too_large.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, ["row_no", *(s.column.name for s in planned.sources)]))
    copy_rows = sql.SQL("COPY {}.import_row ({}) FROM STDIN").format(sql.Identifier(schema), names)
    copy_faults = sql.SQL("COPY {}.cell_fault FROM STDIN").format(sql.Identifier(schema))
    reader = Reader(planned, sheet)
    while True:
        with cursor.copy(copy_rows) as copy:
            for text in reader.portion():
                copy.write(text)
        if reader.faults:
            with cursor.copy(copy_faults) as copy:
                for fault in reader.faults:
                    copy.write_row(fault)
            reader.faults.clear()
        told(reader.rows)
        if reader.is_done:
            return reader.rows


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
                yield self._piece(batch)
            if self.number > files.MOST_ROWS:
                raise Problem("import_file_too_large")
            if self.is_done:
                return

    def _piece(self, batch: list[list[str]]) -> str:
        numbers, rows = self._shaped(batch)
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

    def _shaped(self, batch: list[list[str]]) -> tuple[list[int], list[list[str]]]:
        """The rows that are not blank, each as wide as the heading, with their numbers."""
        numbers, rows, width = [], [], self.width
        for row in batch:
            self.number += 1
            if len(row) != width or not row[0]:
                if not any(cell.strip() for cell in row):
                    continue
                if any(cell.strip() for cell in row[width:]):
                    self.faults.append((self.number, "", "error", "too_many_cells", shown(row[width])))
                row = row[:width] + [""] * (width - len(row))
            numbers.append(self.number)
            rows.append(row)
        return numbers, rows

    def _cells(self, source: Source, by_place: Sequence[Sequence[str]], rows: list[list[str]]) -> Any:
        if source.place is not None:
            return by_place[source.place]
        if not source.made_of:
            return repeat(source.constant, len(rows))
        parts = [by_place[part] if isinstance(part, int) else repeat(part, len(rows)) for part in source.made_of]
        return map("".join, zip(*parts, strict=True))
