"""One import from file to result; called by backend/imports/api.py.

A run is one transaction: either the good rows, the run and its list of rejects are all stored, or nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, connection, transaction

from backend import audit, clock
from backend.errors import Problem
from backend.imports import kinds, reading, staging
from backend.imports.kinds import Context, ImportKind
from backend.locks import Lock, take
from backend.models import ImportRun
from backend.scope import Actor


@dataclass(frozen=True)
class Upload:
    """A file as it came."""

    name: str
    content: bytes


@dataclass
class _Counts:
    rows: int = 0
    good: int = 0
    bad: int = 0
    flagged: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0


def run(*, actor: Actor, kind_code: str, mode: str, upload: Upload) -> ImportRun:
    """The file has been looked at (`dry_run`), its good rows are written (`apply`), or all of them or none (`strict`).

    The returned run says what was or would be created, changed and left as it is; its rejects name row, column and
    reason. Problems: forbidden, unknown_import_kind, import_unreadable, import_too_large, import_empty,
    import_missing_columns, import_repeated_columns, conflict. The number of queries does not depend on the rows.
    """
    if not actor.can("imports.run"):
        raise Problem("forbidden")
    kind = kinds.kind(kind_code)
    context = Context(actor, clock.today(), actor.units(kind.capability))
    if not context.unit_ids:
        raise Problem("forbidden")
    started = clock.now()
    sheet = reading.read(upload.content)
    heading = staging.match(kind, sheet.heading)
    try:
        return _run(kind, context, (upload, started, mode), (sheet, heading))
    except IntegrityError as error:  # somebody wrote the same code between our check and our write
        raise Problem("conflict") from error


def _run(
    kind: ImportKind,
    context: Context,
    asked: tuple[Upload, datetime, str],
    file: tuple[reading.Sheet, staging.Heading],
) -> ImportRun:
    upload, started, mode = asked
    with transaction.atomic(), connection.cursor() as cursor:
        # Two imports of one kind would compare themselves with the same past: the second waits.
        take(Lock.IMPORTS, kind.turn)
        counts = _stage(cursor, kind, context, file)
        state = _settle(cursor, kind, context, (mode, counts.bad))
        made = _record(context.actor, kind, upload, started, (mode, state, *file, counts))
        _keep_rejects(cursor, made)
        cursor.execute("DROP TABLE import_row, import_fault")  # a caller may hold the transaction open for another run
        if state == ImportRun.State.APPLIED:
            audit.record(context.actor, f"import.{kind.code}", made, after=vars(counts), unit_id=made.unit_id)
    return made


def _stage(cursor: Any, kind: ImportKind, context: Context, file: tuple[reading.Sheet, staging.Heading]) -> _Counts:
    staging.prepare(cursor, kind)
    counts = _Counts(rows=staging.load(cursor, kind, *file))
    if not counts.rows:
        raise Problem("import_empty")
    staging.refuse_duplicates(cursor, kind)
    kind.check(cursor, context)
    staging.leave_out_faulty(cursor)
    kind.compare(cursor, context)
    cursor.execute(
        """SELECT count(*), count(*) FILTER (WHERE effect = 'created'), count(*) FILTER (WHERE effect = 'changed'),
               count(*) FILTER (WHERE effect = 'unchanged'),
               count(*) FILTER (WHERE row_no IN (SELECT row_no FROM import_fault)) FROM import_row"""
    )
    counts.good, counts.created, counts.changed, counts.unchanged, counts.flagged = cursor.fetchone()
    counts.bad = counts.rows - counts.good
    return counts


def _settle(cursor: Any, kind: ImportKind, context: Context, wanted: tuple[str, int]) -> str:
    mode, bad = wanted
    if mode == ImportRun.Mode.DRY_RUN:
        return ImportRun.State.LOOKED
    if mode == ImportRun.Mode.STRICT and bad:
        return ImportRun.State.REFUSED
    kind.apply(cursor, context)
    return ImportRun.State.APPLIED


def _record(
    actor: Actor,
    kind: ImportKind,
    upload: Upload,
    started: datetime,
    outcome: tuple[str, str, reading.Sheet, staging.Heading, _Counts],
) -> ImportRun:
    mode, state, sheet, heading, counts = outcome
    held = min((p for p in actor.held if "imports.run" in p.capabilities), key=lambda p: p.level)
    return ImportRun.objects.create(
        kind=kind.code,
        mode=mode,
        state=state,
        person_id=actor.person_id,
        unit_id=held.unit_id,
        file_name=staging.shown(upload.name),
        file_format=sheet.file_format,
        encoding=sheet.encoding,
        size_bytes=len(upload.content),
        sha256=sha256(upload.content).digest(),
        ignored_columns=heading.ignored,
        started_at=started,
        finished_at=clock.now(),
        **vars(counts),
    )


def _keep_rejects(cursor: Any, made: ImportRun) -> None:
    cursor.execute(
        """INSERT INTO backend_importreject (run_id, row_no, "column", severity, code, value)
        SELECT %s, row_no, "column", severity, code, coalesce(value, '') FROM import_fault
        ORDER BY row_no, severity, "column", code""",
        [made.pk],
    )
