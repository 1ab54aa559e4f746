"""The clock of intelligence: what nobody decided in time is overdue on the county's board, and told once; by the tick.

Rule: docs/method.md, Intelligence.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import clock, notices
from backend.ids import UUID7_SQL
from market.intelligence.words import OVERDUE, params
from market.models import IntelligenceItem

MOST = 1_000  # items at one tick

_OVERDUE = f"""
WITH late AS (
    UPDATE market_intelligenceitem SET overdue_at = %(now)s, version = version + 1
    WHERE id IN (
        SELECT id FROM market_intelligenceitem
        WHERE state IN ('submitted', 'verified', 'escalated') AND due_on < %(today)s AND overdue_at IS NULL
        ORDER BY due_on, id LIMIT {MOST} FOR UPDATE SKIP LOCKED)
    RETURNING id),
told AS (
    INSERT INTO market_intelligenceevent (id, item_id, at, act, words)
    SELECT {UUID7_SQL}, id, %(now)s, 'overdue', '' FROM late)
SELECT id FROM late
"""  # noqa: S608 - our own expression
# Who decides: at the county, or at the prefecture where it waits there. Nobody decides an item of his own, and nobody
# hears of a restricted one who may not read it.
_WHO = """
SELECT i.id, p.person_id FROM market_intelligenceitem i
JOIN backend_unit c ON c.id = i.county_id
JOIN backend_position p ON p.unit_id = CASE WHEN i.level = 2 THEN c.parent_id ELSE c.id END
    AND p.during @> %(today)s::date AND p.person_id <> i.person_id
JOIN backend_role r ON r.code = p.role_id AND 'intelligence.decide' = ANY(r.capabilities)
    AND (NOT i.is_restricted OR 'restricted.read' = ANY(r.capabilities))
WHERE i.id = ANY(%(items)s::uuid[]) ORDER BY i.id, p.person_id
"""


def follow() -> int:
    """What is open after its last day is overdue from now on, and who decides is told once. Idempotent; returns how
    many became overdue. One query where nothing did, else four and what telling takes."""
    named: dict[str, Any] = {"now": clock.now(), "today": clock.today()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OVERDUE, named)
        late: list[UUID] = [item for (item,) in cursor.fetchall()]
        if late:
            cursor.execute(_WHO, named | {"items": late})
            who = cursor.fetchall()
            items = IntelligenceItem.objects.select_related("retailer").in_bulk({item for item, _ in who})
            said = {pk: params(item, due_on=str(item.due_on)) for pk, item in items.items()}
            notices.tell([notices.Told(person, OVERDUE, item, said[item]) for item, person in who])
    return len(late)
