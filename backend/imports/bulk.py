"""Reads the rows of a large file into the tables of its run, a portion at a time; called by working.py.

The rows go on by COPY, so that a million of them never stand in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from psycopg import sql

from backend.imports import files
from backend.imports.kinds import ImportKind
from backend.imports.plain import PlainReader
from backend.imports.profiles import Plan
from backend.imports.rows import Reader


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
    with _source(reader) as source:
        while not reader.is_done:
            with cursor.copy(copy_rows) as copy:
                for text in source.portion():
                    copy.write(text)
            if reader.faults:
                with cursor.copy(copy_faults) as copy:
                    for fault in reader.faults:
                        copy.write_row(fault)
                reader.faults.clear()
            told(reader.rows)
    return reader.rows


@contextmanager
def _source(reader: Reader) -> Iterator[Reader | PlainReader]:
    if reader.sheet.raw is None:
        yield reader
        return
    with closing(PlainReader(reader, reader.sheet.raw)) as source:
        yield source
