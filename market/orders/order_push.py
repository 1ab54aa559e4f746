"""Orders that the company's ordering system pushes: the checks and rules of its files, done at once; for api.py.

A push is an import like a file's (format `api`): it stands in the history with its rejects and can be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from backend import audit, clock
from backend.errors import Problem
from backend.imports import files, profiles, working
from backend.imports.kinds import Context, Tally
from backend.imports.rows import Reader
from backend.locks import Lock, take
from backend.models import ImportReject, ImportRun
from backend.scope import Actor
from market.orders.order_import import COLUMNS, ORDERS

MOST_LINES = 5_000
_OF_ORDER = ("order_no", "retailer_code", "on_date")
_FIRST_ROW = 2  # as in a file, whose heading is row 1


@dataclass(frozen=True)
class Refusal:
    """One thing wrong with one line: which order and line of the push (from 0), and the reject that is kept."""

    order: int
    line: int
    reject: ImportReject


@dataclass(frozen=True)
class Pushed:
    """The import that a push became, and what was refused or flagged in it."""

    run: ImportRun
    refusals: list[Refusal]


def push(*, actor: Actor, orders: Sequence[Mapping[str, Any]], said: bytes) -> Pushed:
    """The orders are as given, but for lines that are refused one by one, as in a file; amounts are fen.

    `orders`: order_no, retailer_code, on_date and `lines`, with the other columns of the kind; cells are text or
    numbers. `said`: the request as it came. Problems forbidden, too_many_items. The number of queries does not depend
    on the lines.
    """
    units = actor.units(ORDERS.capability)
    if not actor.can("imports.run") or not units:
        raise Problem("forbidden")
    places = [(o, n) for o, order in enumerate(orders) for n in range(len(order["lines"]))]
    if len(places) > MOST_LINES:
        raise Problem("too_many_items", limit=MOST_LINES)
    with transaction.atomic(), connection.cursor() as cursor:
        take(Lock.IMPORTS, ORDERS.turn)
        run = _begun(actor, len(places), said)
        _stage(cursor, [_cells(orders[o], orders[o]["lines"][n]) for o, n in places])
        context = Context(actor, clock.today(), units, run_id=run.pk)
        tally = working.compared(cursor, ORDERS, context)
        ORDERS.apply(cursor, context)
        _finish(cursor, run, tally, len(places))
        cursor.execute("DROP TABLE import_row, import_fault")
        audit.record(actor, "import.orders", run, after={"rows": run.rows, "good": run.good}, unit_id=run.unit_id)
    rejects = ImportReject.objects.filter(run=run).order_by("row_no", "id")
    return Pushed(run, [Refusal(*places[one.row_no - _FIRST_ROW], one) for one in rejects])


def _begun(actor: Actor, rows: int, said: bytes) -> ImportRun:
    held = min((p for p in actor.held if "imports.run" in p.capabilities), key=lambda p: p.level)
    return ImportRun.objects.create(
        kind=ORDERS.code,
        mode=ImportRun.Mode.APPLY,
        state=ImportRun.State.APPLIED,
        person_id=actor.person_id,
        unit_id=held.unit_id,
        file_format="api",
        size_bytes=len(said),
        sha256=sha256(said).digest(),
        rows=rows,
        rows_expected=rows,
        started_at=clock.now(),
        finished_at=clock.now(),
    )


def _cells(order: Mapping[str, Any], line: Mapping[str, Any]) -> list[str]:
    given = [(order if column.name in _OF_ORDER else line).get(column.name) for column in COLUMNS]
    return ["" if cell is None else str(cell) for cell in given]


def _stage(cursor: Any, rows: list[list[str]]) -> None:
    """The lines stand where those of a file would, read by the same parsers."""
    heading = [column.name for column in COLUMNS]
    planned = profiles.plan(ORDERS, heading, {"money": "fen"})
    reader = Reader(planned, files.Sheet("api", "", heading, len(rows), iter(rows)))
    columns = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.sql_type)) for c in COLUMNS)
    cursor.execute(sql.SQL("CREATE TEMPORARY TABLE import_row (row_no integer, {}) ON COMMIT DROP").format(columns))
    cursor.execute(
        'CREATE TEMPORARY TABLE import_fault (row_no integer, "column" text, severity text, code text, value text)'
        " ON COMMIT DROP"
    )
    with cursor.copy("COPY import_row FROM STDIN") as copy:
        for piece in reader.portion():
            copy.write(piece)
    with cursor.copy("COPY import_fault FROM STDIN") as copy:
        for fault in reader.faults:
            copy.write_row(fault)


def _finish(cursor: Any, run: ImportRun, tally: Tally, rows: int) -> None:
    working.keep_rejects(cursor, run.pk)
    for name, value in vars(tally).items():
        setattr(run, name, value)
    run.bad = rows - tally.good
    run.save()
