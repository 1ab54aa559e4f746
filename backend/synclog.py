"""The order of changes for phones: one counter per territory and collection, taken last in the writer's transaction.

A number handed out early could become visible after a larger one was served, and that document would never be pulled;
the counter row's lock is held to commit, so numbers become visible in their order (docs/sync.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import connection

_COUNT = """
INSERT INTO backend_synccounter (territory_id, collection, value) VALUES (%s, %s, %s)
ON CONFLICT (territory_id, collection) DO UPDATE SET value = backend_synccounter.value + excluded.value
RETURNING value
"""
_ENTER = """
INSERT INTO backend_syncentry (territory_id, collection, document_id, sequence, deleted)
SELECT %s, %s, d.id, %s + d.n, %s FROM unnest(%s::uuid[]) WITH ORDINALITY AS d(id, n)
ON CONFLICT (territory_id, collection, document_id)
DO UPDATE SET sequence = excluded.sequence, deleted = excluded.deleted
"""


def append(collection: str, changes: Mapping[int, Iterable[UUID]], *, deleted: bool = False) -> None:
    """Phones of each territory will pull these documents again (or drop them). Call it last in the transaction.

    Territories are taken in id order, so that two writers cannot wait for each other. Two queries a territory.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a change for phones is entered in the transaction that makes it")
    with connection.cursor() as cursor:
        for territory_id, documents in sorted(changes.items()):
            ids = sorted(set(documents))
            if ids:
                cursor.execute(_COUNT, [territory_id, collection, len(ids)])
                first = cursor.fetchone()[0] - len(ids)
                cursor.execute(_ENTER, [territory_id, collection, first, deleted, ids])
