"""The kinds of file that are taken: columns, checks and what applying means; apps register theirs at start.

A kind works on two temporary tables that backend/imports/running.py fills:
`import_row(row_no, <its columns>, effect)` holds the rows whose cells could be read, `import_fault(row_no, "column",
severity, code, value)` what is wrong. `check` adds faults, `compare` sets `effect` to created, changed or unchanged,
`apply` writes; each is set-based SQL whose number of statements does not depend on the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.errors import Problem
from backend.imports.cells import Parse
from backend.scope import Actor


@dataclass(frozen=True)
class Column:
    """One column of a file: its name in `import_row`, headings that mean it, SQL type, and how a cell is read.

    `is_required`: the heading must be there and no cell may be empty. An empty cell of any other column is NULL.
    """

    name: str
    headings: tuple[str, ...]
    sql_type: str
    parse: Parse
    is_required: bool = False


@dataclass(frozen=True)
class Context:
    """Who imports, on which business day, and the units at which the kind's capability is held."""

    actor: Actor
    today: date
    unit_ids: list[int]


Step = Callable[[Any, Context], None]  # a database cursor inside the run's transaction, and the context


@dataclass(frozen=True)
class ImportKind:
    """What a file of this kind holds and what becomes of it."""

    code: str
    title: str
    title_en: str
    capability: str
    columns: tuple[Column, ...]
    check: Step
    compare: Step
    apply: Step
    unique: tuple[str, ...] = ()  # columns of which a value may stand in one row only


_kinds: dict[str, ImportKind] = {}


def register(added: ImportKind) -> None:
    """Adds a kind; called by AppConfig.ready."""
    _kinds[added.code] = added


def kind(code: str) -> ImportKind:
    """The kind of a code; problem unknown_import_kind, which names those there are."""
    try:
        return _kinds[code]
    except KeyError:
        known = [found.code for found in catalogue()]
        zh, en = f"可用的有:{'、'.join(known)}", f"There are: {', '.join(known)}"
        raise Problem("unknown_import_kind", detail_zh=zh, detail_en=en) from None


def catalogue() -> list[ImportKind]:
    """Every kind, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def fault(cursor: Any, sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> None:
    """Adds the faults that a SELECT row_no, "column", severity, code, value finds. One query."""
    cursor.execute(f'INSERT INTO import_fault (row_no, "column", severity, code, value) {sql}', params)
