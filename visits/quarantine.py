"""Refused visits are kept as they came, with their reason; called by visits/intake.py in the intake's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection

from backend.errors import Problem
from backend.ids import uuid7
from backend.scope import Actor
from visits.wire import Submitted

# The same refused bytes again add nothing: one row per author and content.
_KEEP = """
INSERT INTO backend_quarantined (id, kind, submission_id, person_id, unit_id, sha256, payload, problem, received_at,
    state, version)
SELECT k.id, 'visit', k.submission_id, %s, coalesce(%s, (
    SELECT p.unit_id FROM backend_position p JOIN backend_role r ON r.code = p.role_id
    WHERE p.person_id = %s AND 'visits.record' = ANY(r.capabilities)
    ORDER BY upper(p.during) DESC NULLS FIRST LIMIT 1)),
    k.sha256, k.payload, k.problem::jsonb, %s, 'open', 1
FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[], %s::bytea[], %s::text[])
    AS k(id, submission_id, sha256, payload, problem)
ORDER BY k.sha256
ON CONFLICT (person_id, kind, sha256) DO NOTHING
"""


def keep(*, actor: Actor, refused: Sequence[tuple[Submitted, Problem]], received_at: datetime) -> None:
    """Each refused item is in quarantine with its bytes and its reason in both languages. One query.

    It shows to its author, and to those who read the quarantine at or above the unit where the author records today
    (where she last did, once her positions have ended).
    """
    units = actor.units("visits.record")
    rows = [
        (uuid7(), item.submission_id, item.sha256, item.raw, msgspec.json.encode(problem.record()).decode())
        for item, problem in refused
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            [
                actor.person_id,
                units[0] if units else None,
                actor.person_id,
                received_at,
                *([row[n] for row in rows] for n in range(5)),
            ],
        )
