"""What phones push and we refuse is kept as it came, and its author's phone is told why: the feed `sync_issues`.

Called by backend/pushing.py for rows of any collection, and by the verbs that settle what was kept.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from backend import errors, feed_shapes, synclog
from backend.errors import Problem
from backend.feeds import Feed
from backend.ids import uuid7
from backend.models import Quarantined
from backend.scope import OFFICE, TERRITORY, Actor

COLLECTION = "sync_issues"

errors.register(
    "sync_conflict", 409,
    ("已被他人修改", "Somebody else changed it first"),
    (
        "服务器上的内容在您修改之前已经改变，保留了服务器上的内容；您的内容保存在待处理记录中。",
        "What is stored changed before your edit arrived and was kept; yours is kept among the refused.",
    ),
)  # fmt: skip

# The same refused bytes again add nothing: one row per author, kind and content. But where they come to conflict, and
# were refused for another reason before (a shop that had left, and is back), the row tells of the conflict from now on:
# both values are to be seen. Kept at the unit where the author holds the capability today, or where it was last held.
_KEEP = """
INSERT INTO backend_quarantined AS q (id, kind, submission_id, person_id, unit_id, sha256, payload, problem, standing,
    received_at, state, version)
SELECT DISTINCT ON (k.sha256) k.id, %(kind)s, k.submission_id, %(person)s, coalesce(%(unit)s, (
    SELECT p.unit_id FROM backend_position p JOIN backend_role r ON r.code = p.role_id
    WHERE p.person_id = %(person)s AND %(capability)s = ANY(r.capabilities)
    ORDER BY upper(p.during) DESC NULLS FIRST LIMIT 1)),
    k.sha256, k.payload, k.problem::jsonb, k.standing::jsonb, %(received_at)s, 'open', 1
FROM unnest(%(ids)s::uuid[], %(submissions)s::uuid[], %(digests)s::bytea[], %(payloads)s::bytea[],
    %(problems)s::text[], %(standing)s::text[]) AS k(id, submission_id, sha256, payload, problem, standing)
ORDER BY k.sha256, k.standing IS NULL
ON CONFLICT (person_id, kind, sha256) DO UPDATE SET problem = excluded.problem, standing = excluded.standing,
    state = 'open', settled_at = NULL, settled_by_id = NULL, version = q.version + 1
WHERE q.standing IS NULL AND excluded.standing IS NOT NULL
RETURNING q.id, q.unit_id
"""
# Rows are taken by id, so that two who settle the same ones cannot wait for each other.
_SETTLE = """
UPDATE backend_quarantined q SET state = 'resent', settled_at = %(settled_at)s, settled_by_id = %(person)s,
    version = q.version + 1
FROM (SELECT id FROM backend_quarantined
    WHERE person_id = %(person)s AND kind = %(kind)s AND state = 'open' AND submission_id = ANY(%(ids)s::uuid[])
    AND problem->'en'->>'code' <> 'sync_conflict'  -- both its values stay to be seen until somebody decides
    ORDER BY id FOR UPDATE) AS held
WHERE q.id = held.id
RETURNING q.id, q.unit_id
"""
# 400 days, like the bytes themselves; what was settled stays on the phone for a month.
_ISSUES = """
SELECT q.unit_id, q.id, json_build_object(
    'id', q.id, 'kind', q.kind, 'submission_id', q.submission_id, 'problem', q.problem, 'conflict', q.standing,
    'received_at', q.received_at, 'state', q.state, 'settled_at', q.settled_at)
FROM backend_quarantined q
WHERE q.person_id = %(person)s AND q.received_at > %(today)s::date - 400
AND (q.state = 'open' OR q.settled_at > %(today)s::date - 31)
AND (%(ids)s::uuid[] IS NULL OR q.id = ANY(%(ids)s::uuid[]))
"""
_OWNERS = "SELECT id FROM backend_quarantined WHERE person_id = %(person)s"

ISSUES = Feed(COLLECTION, 1, "quarantine.read", _ISSUES, above=True, owners=_OWNERS, shape=feed_shapes.SyncIssues)


@dataclass(frozen=True)
class Refused:
    """One row that is not taken: its bytes as they came, its id if it has one, and of a conflict both values."""

    raw: bytes
    submission_id: UUID | None
    problem: Problem
    standing: dict[str, Any] | None = None


def keep(*, actor: Actor, feed: Feed, refused: Sequence[Refused], received_at: datetime) -> int:
    """Each refused row is in quarantine with its reason in both languages, and is news for its author's phones.

    It shows to its author and to those who read the quarantine at or above the unit. Returns how many were not kept
    already, or tell of a conflict only now. Last in the transaction: it takes the phones' sequence. Three queries, none
    for none.
    """
    if not refused:
        return 0
    units = actor.units(feed.capability, levels=(TERRITORY, OFFICE))
    values: dict[str, Any] = {
        "kind": feed.quarantined_as,
        "person": actor.person_id,
        "unit": units[0] if units else None,
        "capability": feed.capability,
        "received_at": received_at,
        "ids": [uuid7() for _ in refused],
        "submissions": [row.submission_id for row in refused],
        "digests": [sha256(row.raw).digest() for row in refused],
        "payloads": [row.raw for row in refused],
        "problems": [_json(row.problem.record()) for row in refused],
        "standing": [None if row.standing is None else _json(row.standing) for row in refused],
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
        kept = cursor.fetchall()
    _tell(kept)
    return len(kept)


def settle(author: UUID, kind: str, ids: Collection[UUID], settled_at: datetime) -> None:
    """What of these documents was refused before is no longer open, for the author has had them accepted since.

    One query, none for none; two more for each unit where something was open. Last in the transaction, as `keep`.
    """
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, {"person": author, "kind": kind, "ids": sorted(ids), "settled_at": settled_at})
        _tell(cursor.fetchall())


def _tell(issues: Sequence[tuple[UUID, int | None]]) -> None:
    changes: dict[int, list[UUID]] = {}
    for issue, unit in issues:
        if unit is not None:
            changes.setdefault(unit, []).append(issue)
    synclog.append(COLLECTION, changes)


def tell(kept: Quarantined) -> None:
    """Its author's phones pull it again, because it was settled. Last in the transaction; two queries."""
    if kept.unit_id is not None:
        synclog.append(COLLECTION, {kept.unit_id: [kept.pk]})


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
