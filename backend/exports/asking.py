"""What a person asks of exports: start one, cancel one, fetch its file; called by api.py.

The work itself is done by working.py in a process of its own (launching.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from django.db import connection, transaction

from backend import audit, clock
from backend.errors import FieldError, Problem
from backend.exports import kinds, problems
from backend.exports.kinds import ExportKind, Sql, Wanted
from backend.locks import Lock, take
from backend.models import Export
from backend.scope import Actor, units_under

MOST_OPEN = 3  # exports of one person that wait or run
PERSONAL = "exports.personal"
RETRY_AFTER_S = 30


@dataclass(frozen=True)
class Asked:
    """An export as it is asked for."""

    kind: str
    format: str
    unit_id: int | None = None
    since: date | None = None
    until: date | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    is_english: bool = False


def start(*, actor: Actor, asked: Asked) -> Export:
    """The export waits to be made, and the audit says so, with the reason where personal data was asked for.

    Problems forbidden, invalid (kind, period, filters), not_found (unit), export_limit, export_too_many_rows (XLSX).
    Eight queries at most, and one over the rows for XLSX.
    """
    kind = kinds.kind(asked.kind)
    wanted = wanted_of(actor, kind, asked)
    if asked.since and asked.until and asked.until < asked.since:
        raise Problem("invalid", errors=[FieldError("bad_date", pointer="/period/until")])
    found = kind.rows(wanted)
    if asked.format == Export.Format.XLSX and isinstance(found, Sql):
        _refuse_too_many(found)
    home = min(wanted.actor.held, key=lambda post: post.level).unit_id
    with transaction.atomic():
        _refuse_a_fourth(actor)
        made = Export.objects.create(
            kind=kind.code,
            format=asked.format,
            person_id=actor.person_id,
            unit_id=asked.unit_id or home,
            under_id=asked.unit_id,
            since=asked.since,
            until=asked.until,
            filters=dict(asked.filters),
            language="en" if asked.is_english else "zh-hans",
            reason=asked.reason,
            is_masked=not asked.reason,
            asked_at=clock.now(),
        )
        audit.record(actor, f"export.{kind.code}", made, after=_told(made), reason=made.reason, unit_id=made.unit_id)
    return made


def _told(made: Export) -> dict[str, object]:
    names = ("format", "under_id", "since", "until", "filters", "is_masked")
    return {name: getattr(made, name) for name in names}


def again(actor: Actor, made: Export) -> tuple[ExportKind, Wanted]:
    """The kind of an export and what it may hold by the rights of now. Problems as `start`."""
    kind = kinds.kind(made.kind)
    asked = Asked(made.kind, made.format, made.under_id, made.since, made.until, made.filters, made.reason,
                  made.language == "en")  # fmt: skip
    return kind, wanted_of(actor, kind, asked)


def wanted_of(actor: Actor, kind: ExportKind, asked: Asked) -> Wanted:
    """What may be in it: by those posts alone that hold exports.run and the kind's capability, and for personal data
    exports.personal as well. Problems forbidden, not_found, invalid. One query at most."""
    needed = {"exports.run", kind.capability, *([PERSONAL] if asked.reason else [])}
    posts = tuple(post for post in actor.held if needed <= post.capabilities)
    if not posts:
        raise Problem("forbidden")
    if unknown := sorted(set(asked.filters) - set(kind.filterset.base_filters)):
        raise Problem("invalid", errors=[FieldError("unknown_field", pointer=f"/filters/{name}") for name in unknown])
    if not kind.has_days and (asked.since or asked.until):
        raise Problem("invalid", errors=[FieldError("unknown_field", pointer="/period")])
    mine = [post.unit_id for post in posts]
    if asked.unit_id is not None and not units_under(mine).filter(pk=asked.unit_id).exists():
        raise Problem("not_found")
    acting = replace(actor, held=posts)
    return Wanted(acting, asked.unit_id, asked.since, asked.until, asked.filters, asked.is_english)


def _refuse_too_many(found: Sql) -> None:
    with connection.cursor() as cursor:
        limit = problems.MOST_XLSX_ROWS + 1
        cursor.execute(f"SELECT count(*) FROM (SELECT FROM ({found.text}) q LIMIT {limit}) n", found.params)  # noqa: S608
        if cursor.fetchone()[0] > problems.MOST_XLSX_ROWS:
            raise Problem("export_too_many_rows", most=problems.MOST_XLSX_ROWS)


def _refuse_a_fourth(actor: Actor) -> None:
    take(Lock.EXPORTS, f"person {actor.person_id}")
    if Export.objects.filter(person_id=actor.person_id, finished_at=None).count() >= MOST_OPEN:
        raise Problem("export_limit", headers={"Retry-After": str(RETRY_AFTER_S)}, most=MOST_OPEN)


def cancel(*, actor: Actor, export: Export) -> Export:
    """An export of the actor's own that is not over will have no file: at once where it waits, else as soon as its
    worker looks. Problems not_found (another's), export_settled. The caller holds the row's lock. Two queries."""
    if export.person_id != actor.person_id:
        raise Problem("not_found")
    if export.finished_at is not None:
        raise Problem("export_settled")
    export.cancel_asked_at = export.cancel_asked_at or clock.now()
    if export.state == Export.State.QUEUED:
        export.state, export.finished_at = Export.State.CANCELLED, clock.now()
    with transaction.atomic():
        export.save(update_fields=["cancel_asked_at", "state", "finished_at"])
        audit.record(actor, "export.cancel", export, unit_id=export.unit_id)
    return export


def to_fetch(*, actor: Actor, export: Export) -> Export:
    """The actor's own export, whose file stands in the store; of a unit that the actor may still export, and with
    personal data only who may still have that. Problems not_found (another's), export_not_ready, export_expired,
    forbidden. Two queries at most."""
    if export.person_id != actor.person_id:
        raise Problem("not_found")
    if export.state == Export.State.EXPIRED or (export.expires_at and export.expires_at <= clock.now()):
        raise Problem("export_expired")
    if export.state != Export.State.READY:
        raise Problem("export_not_ready")
    _, wanted = again(actor, export)
    if not units_under([post.unit_id for post in wanted.actor.held]).filter(pk=export.unit_id).exists():
        raise Problem("forbidden")
    return export
