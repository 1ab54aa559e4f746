"""Makes exports: what waits is written to a file and put into the store; called by manage.py make_export.

An export is worked on under a session lock that its process's end lets go: killed anywhere, the next tick has it made
anew from the beginning (launching.py). Its file is in the store, whole, before its row says so. It holds what its
person may read at the moment of the work, by the posts of that moment.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import override
from psycopg import sql

from backend import audit, clock, parameters
from backend.errors import Problem
from backend.exports import asking, columns, store, writing
from backend.exports.columns import Shown
from backend.exports.kinds import ExportKind, Sql, Table, Type, Wanted
from backend.exports.parameters import KEEP_DAYS
from backend.exports.writing import PORTION, Query, Written
from backend.locks import Lock
from backend.models import Export
from backend.scope import actor_of

log = logging.getLogger(__name__)

State = Export.State
OPEN = (State.QUEUED, State.RUNNING)
MOST_ATTEMPTS = 3
TELL_EVERY_S = 0.5


class Cancelled(Exception):
    """Somebody asked for the end of the export."""


def make(export_id: UUID) -> bool:
    """The export is ready, failed or cancelled; False where another process is at it, or it is over.

    A refusal fails it (`error` is the problem's code). Anything else that is raised leaves it waiting: it is tried
    three times.
    """
    with alone(export_id) as is_mine:
        if not is_mine:
            return False
        own = Export.objects.filter(pk=export_id, state__in=OPEN)
        if not own.update(state=State.RUNNING, attempts=F("attempts") + 1, rows=0):
            return False
        export = Export.objects.select_related("person", "unit", "under").get(pk=export_id)
        try:
            _make(export)
        except Cancelled:
            _settle(export, State.CANCELLED)
        except Problem as problem:
            _settle(export, State.FAILED, error=problem.code)
        return True


@contextmanager
def alone(export_id: UUID) -> Iterator[bool]:
    """Whether nobody else works on the export; while the block runs nobody else will. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({Lock.EXPORTS:d}, hashtext(%s))", [f"export {export_id}"])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({Lock.EXPORTS:d}, hashtext(%s))", [f"export {export_id}"])


def _make(export: Export) -> None:
    if export.attempts > MOST_ATTEMPTS:
        raise Problem("export_gave_up")
    if export.cancel_asked_at is not None:
        raise Cancelled
    if not export.person.is_active:
        raise Problem("forbidden")
    kind, wanted = asking.again(actor_of(export.person), export)
    shown = columns.shown(kind, masked=export.is_masked)
    with store.making(export.pk) as place, _Teller(export.pk) as teller:
        with transaction.atomic(), connection.cursor() as cursor:
            _prepare(cursor)
            export.as_of = clock.now()
            query = Query(_source(cursor, kind, wanted), shown, wanted.is_english)
            teller.expect(_about(cursor, query))
            written = writing.write(cursor, query, export.format, place, teller.tell)
        teller.tell(written.rows, at_once=True)
        export.name = store.keep(export, place)
    _ready(export, kind, shown, written)


def _prepare(cursor: Any) -> None:
    cursor.execute("SET LOCAL TimeZone = 'Asia/Shanghai'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL jit = off")
    cursor.execute("SET LOCAL work_mem = '64MB'")


_SQL_TYPES = {
    Type.TEXT: "text", Type.UUID: "uuid", Type.INTEGER: "bigint", Type.FLOAT: "float8", Type.BOOLEAN: "boolean",
    Type.DATE: "date", Type.MONTH: "date", Type.MOMENT: "timestamptz", Type.FEN: "bigint",
}  # fmt: skip


def _source(cursor: Any, kind: ExportKind, wanted: Wanted) -> Sql:
    """The kind's SELECT; rows that it reckons itself stand in a table that ends with the transaction."""
    found = kind.rows(wanted)
    if isinstance(found, Sql):
        return found
    return _tabled(cursor, kind, found)


def _tabled(cursor: Any, kind: ExportKind, found: Table) -> Sql:
    types = [
        sql.SQL("{} {}").format(
            sql.Identifier(c.name),
            sql.SQL(f"numeric(20, {c.scale})" if c.type == Type.DECIMAL else _SQL_TYPES[c.type]),
        )
        for c in kind.columns
    ]
    cursor.execute("DROP TABLE IF EXISTS pg_temp.export_row")
    table = sql.SQL("CREATE TEMPORARY TABLE export_row (n bigserial, {}) ON COMMIT DROP").format(
        sql.SQL(", ").join(types)
    )
    cursor.execute(table)
    names = sql.SQL(", ").join(sql.Identifier(c.name) for c in kind.columns)
    rows = iter(found.rows)
    while portion := list(islice(rows, PORTION)):  # to reckon the next ones may ask the same connection
        with cursor.copy(sql.SQL("COPY export_row ({}) FROM STDIN").format(names)) as copy:
            for row in portion:
                copy.write_row(row)
    return Sql("SELECT * FROM pg_temp.export_row ORDER BY n")


def _about(cursor: Any, query: Query) -> int:
    """How many rows the planner expects: for the progress, without counting them."""
    cursor.execute(f"EXPLAIN (FORMAT JSON) {query.source.text}", query.source.params)
    told: Any = cursor.fetchone()[0]
    return min(int(told[0]["Plan"]["Plan Rows"]), 2**31 - 1)


class _Teller:
    """Tells the progress, and hears of a cancel, on a connection of its own: the other one is busy with the rows."""

    def __init__(self, export_id: UUID) -> None:
        self.export_id = export_id
        self.other = connection.copy()
        self.told_at = 0.0

    def __enter__(self) -> _Teller:
        return self

    def __exit__(self, *_: object) -> None:
        self.other.close()

    def expect(self, rows: int) -> None:
        with self.other.cursor() as cursor:
            cursor.execute("UPDATE backend_export SET rows_expected = %s WHERE id = %s", [rows, self.export_id])

    def tell(self, rows: int, *, at_once: bool = False) -> None:
        """Raises Cancelled when somebody asked for the end."""
        now = time.monotonic()
        if not at_once and now - self.told_at < TELL_EVERY_S:
            return
        self.told_at = now
        statement = "UPDATE backend_export SET rows = %s WHERE id = %s RETURNING cancel_asked_at"
        with self.other.cursor() as cursor:
            cursor.execute(statement, [rows, self.export_id])
            found = cursor.fetchone()
        if found and found[0] is not None:
            raise Cancelled


# -- the end -----------------------------------------------------------------------------------------------------------


def _ready(export: Export, kind: ExportKind, shown: list[Shown], written: Written) -> None:
    """The export is ready, unless somebody cancelled it: this is the last moment for that."""
    days = parameters.value(KEEP_DAYS, export.unit_id, clock.today())
    export.rows, export.size_bytes, export.sha256 = written.rows, written.size_bytes, written.sha256
    export.finished_at = clock.now()
    export.expires_at = export.finished_at + timedelta(days=max(days, 1))
    export.manifest = manifest(export, kind, shown)
    names = ("rows", "size_bytes", "sha256", "finished_at", "expires_at", "manifest", "name", "as_of")
    with transaction.atomic():
        own = Export.objects.filter(pk=export.pk, state=State.RUNNING, cancel_asked_at=None)
        if not own.update(state=State.READY, error="", **{name: getattr(export, name) for name in names}):
            store.forget(export.name)
            raise Cancelled
        told = {"rows": export.rows, "sha256": written.sha256.hex(), "is_masked": export.is_masked}
        audit.record(
            actor_of(export.person), "export.ready", export, after=told, reason=export.reason, unit_id=export.unit_id
        )


def manifest(export: Export, kind: ExportKind, shown: list[Shown]) -> dict[str, Any]:
    """What the file holds and how it came to be: stands beside it, by stable names. Plain JSON values."""
    with override(export.language):
        values = {c.name: {str(code): str(label) for code, label in c.values.items()} for c in kind.columns if c.values}
    return {
        "export": str(export.pk),
        "kind": kind.code,
        "title": kind.title,
        "title_en": kind.title_en,
        "format": export.format,
        "language": export.language,
        "rows": export.rows,
        "size_bytes": export.size_bytes,
        "sha256": bytes(export.sha256 or b"").hex(),
        "columns": [
            {"name": c.name, "title": c.title, "title_en": c.title_en, "type": str(c.type), "is_masked": c.is_masked}
            | ({"values": values[c.name]} if c.name in values else {})
            for c in shown
        ],
        "unit": {"id": export.under_id, "name": export.under.name} if export.under else None,
        "since": export.since and export.since.isoformat(),
        "until": export.until and export.until.isoformat(),
        "filters": export.filters,
        "as_of": export.as_of and export.as_of.isoformat(),
        "asked_by": {"id": str(export.person_id), "name": export.person.name},
        "asked_at": export.asked_at.isoformat(),
        "is_masked": export.is_masked,
        "reason": export.reason,
    }


def _settle(export: Export, state: str, *, error: str = "") -> None:
    """The export has ended so, without a file."""
    Export.objects.filter(pk=export.pk).update(state=state, finished_at=clock.now(), error=error)
