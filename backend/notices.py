"""What the system tells one person by itself, in both languages; whoever notices something calls `tell`.

A notice is told once per person, kind and subject; the apps register the words of their kinds at start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from backend import clock, feed_shapes, synclog
from backend.errors import Problem
from backend.feeds import Feed
from backend.ids import UUID7_SQL
from backend.models import Notice
from backend.scope import Actor, visible_to

COLLECTION = "notices"


@dataclass(frozen=True)
class Told:
    """One thing to tell one person; `params` are what its words name."""

    person_id: UUID
    kind: str
    subject: UUID
    params: dict[str, Any] = field(default_factory=dict)


_words: dict[str, tuple[str, str]] = {}


def register(kind: str, zh: str, en: str) -> None:
    """The words of a kind, with its parameters in braces; called by an AppConfig.ready."""
    _words[kind] = (zh, en)


def words(kind: str, params: Mapping[str, Any]) -> dict[str, str]:
    """A notice in both languages. KeyError for a kind without words."""
    zh, en = _words[kind]
    return {"zh-hans": zh.format_map(params), "en": en.format_map(params)}


_TELL = f"""
INSERT INTO backend_notice (id, person_id, kind, subject, params, created_at, version)
SELECT {UUID7_SQL}, d.person_id, d.kind, d.subject, d.params, %s, 1
FROM jsonb_to_recordset(%s::jsonb) AS d(person_id uuid, kind text, subject uuid, params jsonb)
ORDER BY d.person_id, d.kind, d.subject
ON CONFLICT (person_id, kind, subject) DO NOTHING
RETURNING id, person_id
"""  # noqa: S608 - our own expression
_UNITS = """
SELECT person_id, unit_id FROM backend_position WHERE person_id = ANY(%s::uuid[]) AND during @> %s::date
"""
# A notice is with its person, whatever unit's stream tells it. Both languages travel: a phone has no list of kinds.
_DOCUMENTS = """
SELECT p.unit_id, n.id, json_build_object('id', n.id, 'kind', n.kind, 'subject', n.subject, 'params', n.params,
    'created_at', n.created_at, 'read_at', n.read_at)
FROM backend_notice n JOIN backend_position p ON p.person_id = n.person_id AND p.during @> %(today)s::date
WHERE n.person_id = %(person)s AND p.unit_id = ANY(%(units)s::bigint[])
AND n.created_at > %(today)s::date - 92
AND (%(ids)s::uuid[] IS NULL OR n.id = ANY(%(ids)s::uuid[]))
"""
_OWNERS = "SELECT id FROM backend_notice WHERE person_id = %(person)s"
FEED = Feed(COLLECTION, 1, "visits.read", _DOCUMENTS, above=True, owners=_OWNERS, shape=feed_shapes.Notices)


def tell(rows: Sequence[Told]) -> int:
    """Each is told unless it was before. Returns how many were new. In the caller's transaction, last in it: it takes
    the phones' sequence. Two queries for any number and two for each unit of those who hear."""
    if not rows:
        return 0
    worded = [replace(row, params={**row.params, "text": words(row.kind, row.params)}) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_TELL, [clock.now(), msgspec.json.encode(worded).decode()])
        made = cursor.fetchall()
        cursor.execute(_UNITS, [sorted({person for _, person in made}), clock.today()])
        units: dict[UUID, list[int]] = {}
        for person, unit in cursor.fetchall():
            units.setdefault(person, []).append(unit)
    _news((notice, unit) for notice, person in made for unit in units.get(person, []))
    return len(made)


def read(*, actor: Actor, notice: Notice) -> Notice:
    """It was read, now or before. not_found for another's. Four queries."""
    held = visible_to(Notice.objects.select_for_update(), actor).filter(pk=notice.pk).first()
    if held is None:
        raise Problem("not_found")
    if held.read_at is None:
        held.read_at, held.version = clock.now(), held.version + 1
        held.save(update_fields=["read_at", "version"])
        _news((held.pk, position.unit_id) for position in actor.held)
    return held


def _news(pairs: Iterable[tuple[UUID, int]]) -> None:
    changes: dict[int, list[UUID]] = {}
    for notice, unit in pairs:
        changes.setdefault(unit, []).append(notice)
    synclog.append(COLLECTION, changes)
