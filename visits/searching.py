"""Keeps the index of words free of waiting entries: the intake only appends, the tick (visits/apps.py) merges.

docs/decisions/0019-search-by-pairs-of-characters.md
"""

from __future__ import annotations

from django.db import connection

# Every partition's index: one that waits for nothing costs the look at one page.
_MERGE = """
SELECT coalesce(sum(gin_clean_pending_list(i.inhrelid)), 0)
FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
WHERE p.relname IN ('visit_words', 'remark_words')
"""


def merge() -> int:
    """No entry waits in the index of words; returns how many pages did. Idempotent; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_MERGE)
        return int(cursor.fetchone()[0])
