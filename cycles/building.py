"""Builds a whole new month aside: a table that nobody reads yet, filled in chunks, then indexed and attached.

Called by cycles/month.py, from any number of processes at once. Every step is a transaction of its own that looks first
at what is there, so a process killed anywhere leaves work that the next one continues (docs/decisions/0005).
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from backend.clock import add_months
from backend.locks import Lock, take
from backend.partitions import name_of
from cycles.grid import CELLS, COLUMNS
from cycles.models import Month, OpeningChunk, RetailerCycle

PARENT = RetailerCycle._meta.db_table
CHUNK_RETAILERS = 50_000  # about a second of work: what a killed worker loses at most
FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)

ROW_COLUMNS = ", ".join(("month", "retailer_id", "territory_id", "county_id", *COLUMNS))
OPENING_CELLS = ", ".join(str(int(cell.opens_as)) for cell in CELLS)

# A shop is in the month when it is assigned on the day and not closed. Its county is that of the territory. The range
# is said of both tables, so that a chunk reads its share of each and not the whole of one.
_CHUNK_MEMBERS = """
FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id
WHERE a.during @> %(on)s::date AND a.retailer_id > %(after)s AND a.retailer_id <= %(upto)s
AND NOT EXISTS (
    SELECT 1 FROM retail_classification x
    WHERE x.retailer_id = a.retailer_id AND x.during @> %(on)s::date AND x.state = 'closed'
    AND x.retailer_id > %(after)s AND x.retailer_id <= %(upto)s)
ORDER BY a.retailer_id
"""
# From edge to edge along the key of retailers; the last chunk has no end, so that a newcomer falls into one.
_CUT = """
WITH RECURSIVE edge(id) AS (
    SELECT %(first)s::uuid
    UNION ALL
    SELECT (SELECT r.id FROM retail_retailer r WHERE r.id > e.id ORDER BY r.id OFFSET %(size)s - 1 LIMIT 1)
    FROM edge e WHERE e.id IS NOT NULL)
INSERT INTO cycles_openingchunk (month, number, after, upto)
SELECT %(month)s, row_number() OVER w - 1, id, lead(id) OVER w FROM edge WHERE id IS NOT NULL WINDOW w AS (ORDER BY id)
"""


# Every page of a new index goes to the log whole, once. Compressing them costs more than building the index does; who
# may not say so (on a database of somebody else) builds with the setting of the server.
_WRITE_PAGES_PLAIN = (
    "SELECT set_config('wal_compression', 'off', true) WHERE has_parameter_privilege('wal_compression', 'SET')"
)


def lock_month(month: date) -> None:
    """Until the end of this transaction nobody else changes the month's table or derives its rows. Several months are
    locked in their order."""
    take(Lock.MONTHS, month)


def announce(month: date, now: datetime, *, chunk_retailers: int = CHUNK_RETAILERS) -> Month:
    """The month exists, and while it is opening so do its table and its chunks. Whoever comes first decides the day
    (`opening_at`) whose assignments are read, so that a resumed opening reads the same day."""
    with transaction.atomic():
        lock_month(month)
        row, created = Month.objects.get_or_create(month=month, defaults=_first_state(month, now))
        if created and row.state == Month.State.OPENING:
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE TABLE "{name_of(PARENT, month)}" (LIKE "{PARENT}")')
                cursor.execute(_CUT, {"month": month, "size": chunk_retailers, "first": FIRST_ID})
    return row


def _first_state(month: date, now: datetime) -> dict[str, object]:
    """A month whose partition stands already (restored, or made by hand) is open; it gets what it lacks."""
    if is_attached(month):
        return {"state": Month.State.OPEN, "opening_at": now, "opened_at": now}
    return {"state": Month.State.OPENING, "opening_at": now}


def is_attached(month: date) -> bool:
    """Whether the month's table is a partition that readers see. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relispartition FROM pg_class WHERE oid = to_regclass(%s)", [f'"{name_of(PARENT, month)}"']
        )
        found = cursor.fetchone()
    return bool(found and found[0])


def fill_next(month: date, on: date) -> int | None:
    """One unclaimed chunk is filled, wholly or not at all; returns its rows, or None when none is left to claim."""
    with transaction.atomic():
        chunk = (
            OpeningChunk.objects.select_for_update(skip_locked=True)
            .filter(month=month, filled_at=None)
            .order_by("number")
            .first()
        )
        if chunk is None:
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{name_of(PARENT, month)}" ({ROW_COLUMNS})'
                f" SELECT %(month)s, a.retailer_id, a.territory_id, u.ancestors[4], {OPENING_CELLS} {_CHUNK_MEMBERS}",
                {"month": month, "on": on, "after": chunk.after or FIRST_ID, "upto": chunk.upto or LAST_ID},
            )
            rows = cursor.rowcount
            cursor.execute(
                "UPDATE cycles_openingchunk SET filled_at = clock_timestamp(), rows = %s"
                " WHERE month = %s AND number = %s",
                [rows, month, chunk.number],
            )
    return rows


def attach(month: date) -> bool:
    """The filled table gets its keys and becomes a partition; False while a chunk is still being filled elsewhere.

    The table has only one reader until the last statement, which takes no lock that a query of other months waits for.
    """
    name = name_of(PARENT, month)
    with transaction.atomic():
        lock_month(month)
        if is_attached(month):
            return True
        if OpeningChunk.objects.filter(month=month, filled_at=None).exists():
            return False
        first, after = month.isoformat(), add_months(month, 1).isoformat()
        with connection.cursor() as cursor:
            for statement in (
                _WRITE_PAGES_PLAIN,
                f'ALTER TABLE "{name}" ADD PRIMARY KEY (retailer_id, month)',
                f'CREATE INDEX ON "{name}" (territory_id)',
                f"ALTER TABLE \"{name}\" ADD CONSTRAINT in_month CHECK (month >= '{first}' AND month < '{after}')",
                f"ALTER TABLE \"{PARENT}\" ATTACH PARTITION \"{name}\" FOR VALUES FROM ('{first}') TO ('{after}')",
                f'ALTER TABLE "{name}" DROP CONSTRAINT in_month',  # the partition bound says it now
            ):
                cursor.execute(statement)
    return True
