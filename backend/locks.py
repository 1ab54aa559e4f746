"""Every advisory lock of ours has its number here alone, so that no two mean the same; for whoever takes one.

PostgreSQL keeps two spaces apart. Those of two integers are below: a number, and what is locked in it. In the space of
one bigint are hashes alone: keys of change marks (backend/marks.py) and of requests (backend/http/idempotency.py).
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """A lock, by what its second number is."""

    TICKS = 135  # a check's name: one worker runs it
    STREAMS = 136  # "unit collection": comparisons take turns, and keep out first tellings
    PHOTOS = 137  # a photo's id: who declares it and who brings it
    UPLOADS = 138  # a person's id: two announcements do not pass the same limit together
    MONTHS = 1351  # yyyymm: the month's rows and its table are changed by one transaction at a time
    STOPS = 1352  # yyyymm: set-based writers of a month's stops take turns
    FINDINGS = 1353  # 0: one analysis at a time enters what it found
    SEALS = 1354  # 0: one hand writes the chain
    PARTITIONS = 1355  # a table's name: of two who make it the second looks again
    IMPORTS = 1356  # a kind, or what several write: two at once would compare themselves with the same past
    ROLLUPS = 1357  # yyyymm: one recomputation of a month at a time
    SEGMENTS = 1359  # yyyymm: one recomputation of a month's classes of shops at a time
    DEMO = 1358  # 0: one loads the demo
    EXPORTS = 1360  # "export id": one process makes it; "person id": two requests do not pass the limit together


def take(lock: Lock, key: int | str | date = 0, *, shared: bool = False) -> None:
    """Holds it to the end of this transaction, once whoever holds it has ended. A text goes by its hash, a date by its
    month. One query."""
    if isinstance(key, date):
        key = key.year * 100 + key.month
    place = "hashtext(%s)" if isinstance(key, str) else "%s"
    kind = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {kind}({lock:d}, {place})", [key])
