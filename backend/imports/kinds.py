"""The kinds of file that are taken: columns, checks and what applying means; apps register theirs at start.

A kind works on two temporary tables that backend/imports/running.py fills:
`import_row(row_no, <its columns>, effect)` holds the rows whose cells could be read, `import_fault(row_no, "column",
severity, code, value)` what is wrong. `check` adds faults, `compare` sets `effect` to created, changed or unchanged,
`apply` writes; each is set-based SQL whose number of statements does not depend on the number of rows.

A large kind (`large`) takes files of a million rows as jobs (working.py). Its `import_row` holds every row that could
be told apart, the cells of a faulty one NULL; it is read only. `check` adds faults and makes what the others work on,
`compare` compares, `large.tally` says what came out; a million rows are passed over as few times as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from backend.errors import Problem
from backend.imports.cells import Parse
from backend.scope import Actor


@dataclass(frozen=True)
class Column:
    """One column of a file: its name in `import_row`, headings that mean it, SQL type, and how a cell is read.

    `is_required`: the heading must be there and no cell may be empty. An empty cell of any other column is NULL.
    `means`: "money" or "date", which profiles may tell to be read otherwise.
    """

    name: str
    headings: tuple[str, ...]
    sql_type: str
    parse: Parse
    is_required: bool = False
    means: str = ""


@dataclass(frozen=True)
class Context:
    """Who imports, on which business day, and the units at which the kind's capability is held."""

    actor: Actor
    today: date
    unit_ids: list[int]
    run_id: UUID | None = None
    in_packs: frozenset[str] = frozenset()  # columns that hold packs where cartons are meant


@dataclass
class Tally:
    """What a file would do or did. `difference`: what stood before and stands after, as the kind groups it."""

    good: int = 0
    flagged: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    difference: list[dict[str, Any]] = field(default_factory=list)


Step = Callable[[Any, Context], None]  # a database cursor inside the run's transaction, and the context


@dataclass(frozen=True)
class Large:
    """What makes a kind a large one, each with a cursor inside a transaction.

    `tally` after `compare`; `later`: keys of a run that a later run changed as well (at most 20); `undo`: what the run
    wrote is as it was before.
    """

    tally: Callable[[Any], Tally]
    later: Callable[[Any, UUID], list[str]]
    undo: Callable[[Any, UUID], None]
    packs: tuple[str, ...] = ()  # columns in cartons, which a profile may say hold packs


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
    turns: str = ""  # kinds of one name write the same facts, and take turns; else each kind by itself
    large: Large | None = None

    @property
    def turn(self) -> str:
        """What an import holds while it compares itself with the past (Lock.IMPORTS)."""
        return self.turns or self.code


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
        zh, en = f"可用的有：{'、'.join(known)}", f"There are: {', '.join(known)}"
        raise Problem("unknown_import_kind", detail_zh=zh, detail_en=en) from None


def catalogue() -> list[ImportKind]:
    """Every kind, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def fault(cursor: Any, sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> None:
    """Adds the faults that a SELECT row_no, "column", severity, code, value finds. One query."""
    cursor.execute(f'INSERT INTO import_fault (row_no, "column", severity, code, value) {sql}', params)
