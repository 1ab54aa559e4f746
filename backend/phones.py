"""Phones follow what changes: marks of the kinds that feeds name are drained, and their units compared with what phones
were told. Run by the tick; a feed subscribes to its kinds when it is registered (backend/feeds.py)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import connection

from backend import feeds, marks, synclog
from backend.feeds import Feed
from backend.marks import Key

# Only units that a phone has pulled from: all others are compared as a whole at their first pull. A mark at a unit
# means the territories at or below it; of a feed whose documents belong to units above, the unit itself.
_TOUCHED = """
SELECT k.territory_id FROM backend_synccounter k JOIN backend_unit u ON u.id = k.territory_id
WHERE k.collection = %s AND k.reconciled_on IS NOT NULL
AND CASE WHEN %s THEN u.id = ANY(%s) ELSE u.ancestors && %s::bigint[] END
ORDER BY k.territory_id
"""


def kinds() -> list[str]:
    """The kinds of marks that feeds name."""
    return sorted({kind for feed in feeds.latest() for kind in feed.kinds})


def follow() -> int:
    """The tick: compares the marked units, kind by kind. Idempotent; returns how many keys were done."""
    return sum(marks.drain_all(feeds.PHONES, kind, partial(_follow, kind)) for kind in kinds())


def _follow(kind: str, keys: Sequence[Key]) -> None:
    marked = sorted({key.unit_id for key in keys})
    for feed in feeds.latest():  # by collection: every transaction takes counters in this order
        if kind in feed.kinds:
            synclog.reconcile(feed, _touched(feed, marked))


def _touched(feed: Feed, marked: list[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, [feed.collection, feed.above, marked, marked])
        return [unit for (unit,) in cursor.fetchall()]
