"""The append-only record of acts on master data; every write verb calls `record` in its own transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.db.transaction import get_connection

from backend import clock
from backend.models import AuditEntry
from backend.scope import Actor

request_id: ContextVar[str] = ContextVar("request_id", default="")  # set per request by backend.http.middleware


_ADD_MANY = """
INSERT INTO backend_auditentry (at, actor_id, act, object_type, reason, request_id, object_id, unit_id, before, after)
SELECT %s, %s, %s, %s, %s, %s, o, u, b::jsonb, a::jsonb
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) AS done(o, u, b, a)
"""


@dataclass(frozen=True)
class Act:
    """What a set-based act did to one object."""

    object_id: Any
    unit_id: int | None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def record(  # noqa: PLR0913 - what is optional is named by the caller
    actor: Actor | None,
    act: str,
    obj: Model,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    unit_id: int | None = None,
) -> AuditEntry:
    """Adds one act on one object; inside the caller's transaction, so that no act is without its entry. One query.

    `unit_id` is the unit in whose audit the entry shows; None shows it to nobody but the database's own readers.
    """
    if not get_connection().in_atomic_block:
        raise RuntimeError(f"{act} must be audited in the transaction that does it")
    return AuditEntry.objects.create(
        at=clock.now(),
        actor_id=actor.person_id if actor else None,
        act=act,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        unit_id=unit_id,
        before=_plain(before),
        after=_plain(after),
        reason=reason,
        request_id=request_id.get(),
    )


def record_many(actor: Actor | None, act: str, kind: type[Model], acts: Iterable[Act], *, reason: str = "") -> None:
    """Adds one entry per object of a set-based act, inside the caller's transaction. One query for any number."""
    if not get_connection().in_atomic_block:
        raise RuntimeError(f"{act} must be audited in the transaction that does it")
    done = list(acts)
    with get_connection().cursor() as cursor:
        cursor.execute(
            _ADD_MANY,
            [
                *(clock.now(), actor.person_id if actor else None, act, kind._meta.label_lower, reason),
                request_id.get(),
                [str(one.object_id) for one in done],
                [one.unit_id for one in done],
                [_text(one.before) for one in done],
                [_text(one.after) for one in done],
            ],
        )


def _text(values: Mapping[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(_plain(values), ensure_ascii=False)


def last_act(kind: str, object_id: Any) -> tuple[str, datetime] | None:
    """Who did the last act on an object ("app.model"), and when; None where there was none, or nobody did it. One
    query."""
    found = AuditEntry.objects.filter(object_type=kind, object_id=str(object_id), actor__isnull=False)
    return found.order_by("-id").values_list("actor__name", "at").first()


def snapshot(obj: Model) -> dict[str, Any]:
    """The column values of an object, for `before` and `after`."""
    return {f.attname: getattr(obj, f.attname) for f in obj._meta.concrete_fields if not _secret(f.name)}


def _secret(name: str) -> bool:
    return name in {"password", "token_hash"}


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {key: _json(value) for key, value in values.items()}


def _json(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    if hasattr(value, "lower") and hasattr(value, "upper"):  # a range
        return {"from": _json(value.lower), "to": _json(value.upper)}
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)
