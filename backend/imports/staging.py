"""Fills the temporary tables of a run: cells typed in one pass, COPY, what concerns the file as a whole in SQL."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from backend.errors import Problem
from backend.imports import cells
from backend.imports.cells import Fault
from backend.imports.kinds import Column, ImportKind
from backend.imports.reading import Sheet

MOST_FAULTS_A_ROW = 5
_NOISE = re.compile(r"[\s_\-*::]+")

FaultRow = tuple[int, str, str, str, str]  # row number, column, severity, code, what stood there


@dataclass
class Heading:
    """Where each column of the kind stands in the file, and which columns of the file are not read."""

    places: dict[str, int]
    ignored: list[str]


def match(kind: ImportKind, heading: Sequence[str], only: Sequence[Column] | None = None) -> Heading:
    """Finds the kind's columns (or only these of it) by their headings, Chinese or English. Problems
    import_missing_columns (lists them), import_repeated_columns."""
    wanted = kind.columns if only is None else only
    known = {plain(word): column.name for column in wanted for word in (column.name, *column.headings)}
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, word in enumerate(heading):
        name = known.get(plain(word))
        if name is None:
            if word.strip():
                ignored.append(word.strip()[:40].encode("utf-8", "replace").decode().replace("\x00", "?"))
        elif name in places:
            raise Problem("import_repeated_columns", columns=[name])
        else:
            places[name] = place
    missing = [column for column in wanted if column.is_required and column.name not in places]
    if missing:
        raise Problem("import_missing_columns", columns=[_told(column) for column in missing])
    return Heading(places, ignored[:100])


def plain(word: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", word)).casefold()


def _told(column: Column) -> dict[str, Any]:
    return {"column": column.name, "headings": list(column.headings)}


def prepare(cursor: Any, kind: ImportKind) -> None:
    """Makes the two temporary tables of this transaction."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.sql_type)) for c in kind.columns
    )
    cursor.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE import_row (row_no integer PRIMARY KEY, {}, effect text) ON COMMIT DROP"
        ).format(columns)
    )
    cursor.execute(
        'CREATE TEMPORARY TABLE import_fault (row_no integer, "column" text, severity text, code text, value text)'
        " ON COMMIT DROP"
    )


def load(cursor: Any, kind: ImportKind, sheet: Sheet, heading: Heading) -> int:
    """Types every row and copies it; a row with a fault is listed, not copied. Returns the number of rows read."""
    faults: list[FaultRow] = []
    read = 0
    names = sql.SQL(", ").join(map(sql.Identifier, ["row_no", *(c.name for c in kind.columns)]))
    with cursor.copy(sql.SQL("COPY import_row ({}) FROM STDIN").format(names)) as copy:
        for number, found, wrong in _typed(kind, sheet, heading.places):
            read += 1
            if wrong:
                faults += wrong
            else:
                copy.write_row((number, *found))
    with cursor.copy('COPY import_fault (row_no, "column", severity, code, value) FROM STDIN') as copy:
        for row in faults:
            copy.write_row(row)
    cursor.execute("ANALYZE import_row")
    return read


def _typed(
    kind: ImportKind, sheet: Sheet, places: Mapping[str, int]
) -> Iterator[tuple[int, list[Any], list[FaultRow]]]:
    width = len(sheet.heading)
    columns = [(column, places.get(column.name)) for column in kind.columns]
    for number, row in sheet.rows:
        found: list[Any] = []
        wrong: list[FaultRow] = []
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            wrong.append((number, "", "error", "too_many_cells", ""))
        for column, place in columns:
            cell = row[place] if place is not None and place < len(row) else ""
            try:
                found.append(_value(column, cell))
            except Fault as fault:
                wrong.append((number, column.name, "error", fault.code, shown(cell)))
                found.append(None)
        yield number, found, wrong[:MOST_FAULTS_A_ROW]


def _value(column: Column, cell: str) -> Any:
    tidy = cells.clean(cell)
    if tidy:
        return column.parse(tidy)
    if column.is_required:
        raise Fault("missing_value")
    return None


def shown(cell: str) -> str:
    """What stood in a cell, short and fit to be stored: unfit characters become question marks."""
    return cell[:120].encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")


def refuse_duplicates(cursor: Any, kind: ImportKind) -> None:
    """Rows of the file that share a value which may stand once only are all left out: which one is right is unknown."""
    for name in kind.unique:
        cursor.execute(
            sql.SQL(
                """INSERT INTO import_fault (row_no, "column", severity, code, value)
                SELECT row_no, {text}, 'error', 'duplicate_in_file', left(value, 120) FROM (
                    SELECT row_no, {name}::text AS value, count(*) OVER (PARTITION BY {name}) AS times
                    FROM import_row WHERE {name} IS NOT NULL) AS seen WHERE times > 1"""
            ).format(text=sql.Literal(name), name=sql.Identifier(name))
        )


def leave_out_faulty(cursor: Any) -> None:
    """From here on `import_row` holds good rows only."""
    cursor.execute("DELETE FROM import_row WHERE row_no IN (SELECT row_no FROM import_fault WHERE severity = 'error')")
