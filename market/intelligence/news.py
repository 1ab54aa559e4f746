"""Tells phones and submitters what became of their intelligence; called by whatever changes an item.

A document is its submitter's alone, whatever unit's stream tells it (docs/sync.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection

from backend import clock, synclog
from backend.feeds import Feed
from market.feed_shapes import IntelligenceItems

COLLECTION = "intelligence_items"

_UNITS = """
SELECT i.id, p.unit_id FROM market_intelligenceitem i
JOIN backend_position p ON p.person_id = i.person_id AND p.during @> %s::date
WHERE i.id = ANY(%s::uuid[])
"""
_DOCUMENTS = """
SELECT p.unit_id, i.id, json_build_object('id', i.id, 'visit_id', i.visit_id, 'retailer_id', i.retailer_id,
    'on_date', i.on_date, 'kind', i.kind, 'product_id', i.product_id, 'text', i.text, 'place', i.place,
    'state', i.state, 'level', i.level, 'sent_at', i.sent_at, 'due_on', i.due_on, 'decision', nullif(i.decision, ''),
    'words', nullif(i.words_back, ''), 'decided_at', i.decided_at)
FROM market_intelligenceitem i JOIN backend_position p ON p.person_id = i.person_id AND p.during @> %(today)s::date
WHERE i.person_id = %(person)s AND p.unit_id = ANY(%(units)s::bigint[])
AND i.on_date > %(today)s::date - 92 AND i.state <> 'withdrawn'
AND (%(ids)s::uuid[] IS NULL OR i.id = ANY(%(ids)s::uuid[]))
"""
_OWNERS = "SELECT id FROM market_intelligenceitem WHERE person_id = %(person)s"
FEED = Feed(COLLECTION, 1, "visits.record", _DOCUMENTS, above=True, owners=_OWNERS, shape=IntelligenceItems)


def changed(items: Iterable[UUID]) -> None:
    """The phones of who sent these items hear of them. In the caller's transaction, last in it; one query and two for
    each unit of those who hear."""
    wanted: Sequence[UUID] = sorted(set(items))
    if not wanted:
        return
    units: dict[int, list[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_UNITS, [clock.today(), list(wanted)])
        for item, unit in cursor.fetchall():
            units.setdefault(unit, []).append(item)
    synclog.append(COLLECTION, units)
