"""Does large imports: reads, checks, applies and takes back what waits; called by manage.py run_import.

A run is worked on under a session lock that its process's end lets go: killed anywhere, the next tick has it taken up
(launching.py). What was read stands in a schema of the run, unlogged; checking and applying are one transaction each,
so the tables that are imported to are as before until that commits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from psycopg import sql

from backend import audit, clock
from backend.errors import Problem
from backend.imports import bulk, files, kinds, profiles
from backend.imports.asking import OPEN, WAITING, State, large_of, refuse_if_changed
from backend.imports.kinds import Context, ImportKind, Tally
from backend.locks import Lock, take
from backend.models import ImportReject, ImportRun
from backend.scope import actor_of

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
LOOKED_AT_FOR = timedelta(days=7)
STRAY_S = 24 * 3600


class Cancelled(Exception):
    """Somebody asked for the end of the run."""


def work() -> bool:
    """The oldest run that waits has been worked on until it is settled or waits for a person. Whether there was one.

    A refusal settles it (`error` is the problem's code). Anything else that is raised leaves it waiting: it is tried
    three times.
    """
    tidy()
    waiting = ImportRun.objects.filter(finished_at=None, state__in=WAITING).order_by("started_at", "id")
    return any(work_on(run_id) for run_id in waiting.values_list("pk", flat=True)[:20])


def work_on(run_id: UUID) -> bool:
    """As `work`, of this run; False where another process is at it, or it does not wait."""
    with alone(run_id) as is_mine:
        if not is_mine:
            return False
        ImportRun.objects.filter(pk=run_id, state__in=WAITING).update(attempts=F("attempts") + 1)
        run = ImportRun.objects.select_related("person", "unit").get(pk=run_id)
        if run.state not in WAITING:
            return False
        try:
            _step(run)
        except Cancelled:
            settle(run, State.CANCELLED)
        except Problem as problem:
            undone = run.state == State.UNDOING
            settle(run, State.APPLIED if undone else State.FAILED, error=problem.code)
        return True


def _step(run: ImportRun) -> None:
    if run.attempts > MOST_ATTEMPTS:
        raise Problem("import_gave_up")
    if run.state == State.UNDOING:
        _undo(run)
        return
    if run.cancel_asked_at is not None:
        raise Cancelled
    context = _context(run)
    if run.state != State.APPLYING or not _is_read(run):
        _read(run)
    if run.mode == ImportRun.Mode.DRY_RUN:
        _check(run, context)
    else:
        ImportRun.objects.filter(pk=run.pk).update(state=State.APPLYING)
        run.state = State.APPLYING
        _apply(run, context)


@contextmanager
def alone(run_id: UUID) -> Iterator[bool]:
    """Whether nobody else works on the run; while the block runs nobody else will. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({Lock.IMPORTS:d}, hashtext(%s))", [f"run {run_id}"])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({Lock.IMPORTS:d}, hashtext(%s))", [f"run {run_id}"])


def _context(run: ImportRun) -> Context:
    """The person's rights are those of now: who lost the post since imports nothing."""
    actor, kind = actor_of(run.person), kinds.kind(run.kind)
    units = actor.units(kind.capability)
    if not run.person.is_active or not actor.can("imports.run") or not units:
        raise Problem("forbidden")
    return Context(actor, clock.today(), units, run_id=run.pk)


# -- reading -----------------------------------------------------------------------------------------------------------


def schema_of(run_id: UUID) -> str:
    """The schema in which the rows of a run stand."""
    return f"import_{run_id.hex}"


def _is_read(run: ImportRun) -> bool:
    """Whether the rows still stand: a crash of the database empties what is unlogged."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{schema_of(run.pk)}.import_row"])
        if not cursor.fetchone()[0]:
            return False
        table = sql.SQL("SELECT EXISTS (SELECT FROM {}.import_row)").format(sql.Identifier(schema_of(run.pk)))
        cursor.execute(table)
        return bool(cursor.fetchone()[0])


def _read(run: ImportRun) -> None:
    """Every row of the file stands in the run's schema, in portions that are committed one by one."""
    kind, own = kinds.kind(run.kind), ImportRun.objects.filter(pk=run.pk)
    if run.state != State.APPLYING:
        own.update(state=State.READING)
        run.state = State.READING
    with files.opened(run.pk) as sheet, connection.cursor() as cursor:
        planned = profiles.plan(kind, sheet.heading, run.rules)
        own.update(
            encoding=sheet.encoding,
            file_format=sheet.file_format,
            rows=0,
            rows_expected=sheet.rows_expected,
            ignored_columns=planned.ignored,
        )
        bulk.prepare(cursor, kind, schema_of(run.pk))
        run.rows = bulk.load(cursor, sheet, planned, schema_of(run.pk), lambda rows: _tell(run, rows))
    if not run.rows:
        raise Problem("import_empty")


def _tell(run: ImportRun, rows: int) -> None:
    ImportRun.objects.filter(pk=run.pk).update(rows=rows)
    _stop_if_cancelled(run)


def _stop_if_cancelled(run: ImportRun) -> None:
    if ImportRun.objects.filter(pk=run.pk).exclude(cancel_asked_at=None).exists():
        raise Cancelled


# -- checking and applying ---------------------------------------------------------------------------------------------


def _check(run: ImportRun, context: Context) -> None:
    """The run says what it would do; nothing else is written."""
    with transaction.atomic(), connection.cursor() as cursor:
        tally = _compared(cursor, run, context)
        _finish(cursor, run, State.CHECKED, tally)


def _apply(run: ImportRun, context: Context) -> None:
    """The good rows stand, all of them or, cancelled or killed before the commit, none."""
    kind = kinds.kind(run.kind)
    with transaction.atomic(), connection.cursor() as cursor:
        tally = _compared(cursor, run, context)
        _stop_if_cancelled(run)
        state = State.APPLIED
        if run.mode == ImportRun.Mode.STRICT and tally.good < run.rows:
            state = State.REFUSED
        else:
            kind.apply(cursor, context)
            counts = {name: value for name, value in vars(tally).items() if name != "difference"}
            audit.record(context.actor, f"import.{kind.code}", run, after=counts, unit_id=run.unit_id)
        _finish(cursor, run, state, tally)
    settle(run, state)


def _compared(cursor: Any, run: ImportRun, context: Context) -> Tally:
    kind = kinds.kind(run.kind)
    take(Lock.IMPORTS, kind.turn)
    cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL jit = off")
    cursor.execute(
        "SELECT set_config('search_path', %s || ',' || current_setting('search_path'), true)",
        [schema_of(run.pk)],
    )
    cursor.execute("DROP TABLE IF EXISTS pg_temp.import_fault")
    cursor.execute("CREATE TEMPORARY TABLE import_fault ON COMMIT DROP AS TABLE cell_fault")
    return compared(cursor, kind, replace(context, in_packs=_in_packs(run)))


def compared(cursor: Any, kind: ImportKind, context: Context) -> Tally:
    """What the rows of `import_row` would do. For the jobs and for what is pushed (market/orders/order_push.py)."""
    kind.check(cursor, context)
    kind.compare(cursor, context)
    return large_of(kind).tally(cursor)


def _in_packs(run: ImportRun) -> frozenset[str]:
    return frozenset(name for name, unit in run.rules.get("units", {}).items() if unit == "packs")


def _finish(cursor: Any, run: ImportRun, state: str, tally: Tally) -> None:
    """The run tells its counts and rejects, unless somebody cancelled it: this is the last moment for that."""
    keep_rejects(cursor, run.pk)
    counts = {**vars(tally), "bad": run.rows - tally.good, "rows": run.rows, "state": state}
    ended = None if state in OPEN else clock.now()
    if not ImportRun.objects.filter(pk=run.pk, cancel_asked_at=None).update(**counts, finished_at=ended):
        raise Cancelled
    run.state = state


def keep_rejects(cursor: Any, run_id: UUID) -> None:
    """What `import_fault` holds are the run's rejects, and nothing else is. Two queries."""
    ImportReject.objects.filter(run_id=run_id)._raw_delete(connection.alias)
    cursor.execute(
        """INSERT INTO backend_importreject (run_id, row_no, "column", severity, code, value)
        SELECT %s, row_no, "column", severity, code, coalesce(left(value, 120), '') FROM import_fault
        ORDER BY row_no, severity, "column", code""",
        [run_id],
    )


def _undo(run: ImportRun) -> None:
    """What the run wrote is as it was before, in one transaction."""
    kind = kinds.kind(run.kind)
    with transaction.atomic(), connection.cursor() as cursor:
        take(Lock.IMPORTS, kind.turn)
        refuse_if_changed(large_of(kind), run)
        large_of(kind).undo(cursor, run.pk)
        settle(run, State.UNDONE)


# -- the end -----------------------------------------------------------------------------------------------------------


def settle(run: ImportRun, state: str, *, error: str = "") -> None:
    """The run has ended so; its rows and its file are gone. Three queries."""
    ImportRun.objects.filter(pk=run.pk).update(state=state, finished_at=clock.now(), error=error)
    run.state = state
    _drop(schema_of(run.pk))
    files.forget(run.pk)


def _drop(schema: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def tidy() -> None:
    """What was looked at and left for a week is cancelled; rows and files of runs that are over are gone."""
    now = clock.now()
    looked_at = ImportRun.objects.filter(finished_at=None, state=State.CHECKED, started_at__lt=now - LOOKED_AT_FOR)
    looked_at.update(state=State.CANCELLED, finished_at=now, error="import_expired")
    wanted = set(ImportRun.objects.filter(finished_at=None).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT nspname FROM pg_namespace WHERE nspname ~ '^import_[0-9a-f]{32}$'")
        strays = {name for (name,) in cursor.fetchall()} - {schema_of(run_id) for run_id in wanted}
    for schema in strays:
        _drop(schema)
    for place in Path(settings.IMPORTS_DIR).glob("*"):
        if place.name.removesuffix(".csv") not in {str(run_id) for run_id in wanted}:
            _unlink_old(place)


def _unlink_old(place: Path) -> None:
    try:
        if place.stat().st_mtime < time.time() - STRAY_S:
            place.unlink()
    except FileNotFoundError:
        return
