"""What a person asks of a large import: start it, apply what was looked at, cancel it, take it back; for api.py.

The work itself is done by working.py, which the tick wakes. docs/imports.md tells the states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from backend import audit, clock
from backend.errors import Problem
from backend.ids import uuid7
from backend.imports import files, kinds, profiles, staging
from backend.imports.kinds import ImportKind, Large
from backend.models import ImportProfile, ImportRun
from backend.reach import reaches
from backend.scope import Actor, visible_to

State = ImportRun.State
WAITING = (State.QUEUED, State.READING, State.APPLYING, State.UNDOING)  # for a worker
OPEN = (*WAITING, State.CHECKED)


@dataclass(frozen=True)
class Asked:
    """A file of a large kind, as it comes in."""

    kind: ImportKind
    mode: str
    name: str
    profile: int | None = None


def start(*, actor: Actor, asked: Asked, pieces: Iterable[bytes]) -> ImportRun:
    """The file stands on disk and its run waits to be read; what it will do is its mode (dry_run, apply, strict).

    A CSV whose heading does not fit is refused at once. Problems: forbidden, import_unreadable, import_empty,
    import_file_too_large, import_missing_columns, import_repeated_columns, storage_full, invalid (no such profile).
    Four queries at most.
    """
    kind = asked.kind
    _require(actor, kind)
    profile = _profile(actor, asked)
    held = min((p for p in actor.held if "imports.run" in p.capabilities), key=lambda p: p.level)
    run_id, started = uuid7(), clock.now()
    kept = files.keep(run_id, pieces)
    made = ImportRun(
        id=run_id,
        kind=kind.code,
        mode=asked.mode,
        state=State.QUEUED,
        person_id=actor.person_id,
        unit_id=held.unit_id,
        file_name=staging.shown(asked.name),
        file_format="csv",
        size_bytes=kept.size_bytes,
        sha256=kept.sha256,
        profile=profile,
        rules=profile.rules if profile else {},
        started_at=started,
    )
    try:
        _look(made, kind)
        made.save(force_insert=True)
    except BaseException:
        files.forget(run_id)
        raise
    return made


def _require(actor: Actor, kind: ImportKind) -> None:
    if not actor.can("imports.run") or not actor.units(kind.capability):
        raise Problem("forbidden")


def _profile(actor: Actor, asked: Asked) -> ImportProfile | None:
    if asked.profile is None:
        return None
    found = visible_to(ImportProfile.objects.filter(pk=asked.profile, kind=asked.kind.code), actor).first()
    if found is None:
        raise Problem("not_found")
    return found


def _look(made: ImportRun, kind: ImportKind) -> None:
    """What a CSV says in its first line; a book is opened by the worker."""
    with files.path_of(made.pk).open("rb") as source:
        if source.read(4) == b"PK\x03\x04":
            made.file_format = "xlsx"
            return
    with files.opened(made.pk) as sheet:
        planned = profiles.plan(kind, sheet.heading, made.rules)
        made.encoding, made.rows_expected = sheet.encoding, sheet.rows_expected
        made.ignored_columns = planned.ignored


def apply(*, actor: Actor, run: ImportRun, strict: bool) -> ImportRun:
    """A run that was looked at will be applied: its good rows, or with `strict` all of them or none.

    Problems forbidden, import_not_checked. The caller holds the row's lock. One query.
    """
    _require(actor, _kind_of(run))
    if run.state != State.CHECKED:
        raise Problem("import_not_checked")
    run.mode = ImportRun.Mode.STRICT if strict else ImportRun.Mode.APPLY
    run.state, run.attempts = State.APPLYING, 0
    run.save(update_fields=["mode", "state", "attempts"])
    return run


def cancel(*, actor: Actor, run: ImportRun) -> ImportRun:
    """A run that is not settled will write nothing: at once where it waits, else as soon as its worker looks, at the
    latest before the apply commits. Problems forbidden, import_settled. The caller holds the row's lock. One query.
    """
    _require(actor, _kind_of(run))
    if run.state not in (State.QUEUED, State.READING, State.CHECKED, State.APPLYING):
        raise Problem("import_settled")
    run.cancel_asked_at = run.cancel_asked_at or clock.now()
    if run.state in (State.QUEUED, State.CHECKED):
        run.state, run.finished_at = State.CANCELLED, clock.now()
    run.save(update_fields=["cancel_asked_at", "state", "finished_at"])
    return run


def undo(*, actor: Actor, run: ImportRun) -> ImportRun:
    """What an applied run wrote will be as it was before. Refused where a later import changed the same keys, which
    are named. Problems forbidden, import_not_applied, import_changed_since. The caller holds the row's lock.
    """
    kind = _kind_of(run)
    _require(actor, kind)
    if not reaches(actor, kind.capability, run.unit_id):
        raise Problem("forbidden")
    if run.state != State.APPLIED:
        raise Problem("import_not_applied")
    refuse_if_changed(large_of(kind), run)
    with transaction.atomic():
        run.state, run.attempts, run.finished_at = State.UNDOING, 0, None
        run.save(update_fields=["state", "attempts", "finished_at"])
        audit.record(actor, f"import.{kind.code}.undo", run, unit_id=run.unit_id)
    return run


def refuse_if_changed(large: Large, run: ImportRun) -> None:
    """Problem import_changed_since, with at most 20 keys that a later import changed. One query."""
    with connection.cursor() as cursor:
        keys = large.later(cursor, run.pk)
    if keys:
        raise Problem("import_changed_since", keys=keys)


def large_of(kind: ImportKind) -> Large:
    """What makes the kind a large one; problem import_not_large."""
    if kind.large is None:
        raise Problem("import_not_large")
    return kind.large


def _kind_of(run: ImportRun) -> ImportKind:
    kind = kinds.kind(run.kind)
    large_of(kind)
    return kind
