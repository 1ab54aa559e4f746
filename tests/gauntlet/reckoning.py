"""What the database holds against what the phones' journals say, and defects planted to see that they are noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from demo.journal import Item, Stored, Tally, read, tally

LINES = ("checkline", "observation", "remark", "briefing", "pitch")
ROLLUPS = ("market_unitmonth", "market_unitproductmonth", "market_unitpricecount")


def journalled(journals: Path) -> dict[str, Item]:
    """Every visit that a phone made, from the disk, as after a crash."""
    return {id_: item for path in sorted(journals.glob("*.jsonl")) for id_, item in read(path).items()}


def acknowledged(journals: Path) -> int:
    """How many visits have a receipt so far."""
    return sum(item.acknowledged is not None for item in journalled(journals).values())


def count(cursor: Any, journals: Path, since: Any) -> Tally:
    """The tally of everything that arrived since a moment, asked of the tables."""
    items = journalled(journals)
    cursor.execute("SELECT id::text FROM visits_visit WHERE received_at >= %s", [since])
    ids = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        "SELECT submission_id::text, encode(sha256, 'hex') FROM backend_receipt WHERE submission_id = ANY(%s::uuid[])",
        [list(items)],
    )
    return tally(items, Stored(ids, dict(cursor.fetchall())))


def halves(cursor: Any, since: Any) -> dict[str, int]:
    """What only a half-stored item would leave: all must be 0."""
    asked = {
        "receipts without a visit": "SELECT count(*) FROM backend_receipt r"
        " WHERE r.received_at >= %s AND kind = 'visit'"
        " AND NOT EXISTS (SELECT FROM visits_visit v WHERE v.id = r.submission_id AND v.month = r.month)"
        " AND NOT EXISTS (SELECT FROM visits_visitrevision w WHERE w.visit_id = r.submission_id"
        " AND w.act = 'withdraw')",
        "visits without a receipt": "SELECT count(*) FROM visits_visit v WHERE v.received_at >= %s"
        " AND NOT EXISTS (SELECT FROM backend_receipt r WHERE r.submission_id = v.id AND r.month = v.month)",
    }
    found = {}
    for name, question in asked.items():
        cursor.execute(question, [since])
        found[name] = cursor.fetchone()[0]
    for line in LINES:
        cursor.execute(
            f"SELECT count(*) FROM visits_{line} l WHERE NOT EXISTS"
            " (SELECT FROM visits_visit v WHERE v.id = l.visit_id AND v.month = l.month)"
        )
        found[f"{line}s without a visit"] = cursor.fetchone()[0]
    return found


def waiting(cursor: Any) -> int:
    """Change marks and outbox items that are still to be worked on."""
    cursor.execute(
        "SELECT (SELECT count(*) FROM backend_changemark)"
        " + (SELECT count(*) FROM backend_outboxitem WHERE parked_at IS NULL AND due_at <= now())"
    )
    return int(cursor.fetchone()[0])


def left(cursor: Any) -> str:
    """What is still to be worked on, for a reader who must find out why: marks by consumer, outbox items by topic."""
    cursor.execute(
        "SELECT consumer || '/' || kind, count(*) FROM backend_changemark GROUP BY 1 UNION ALL"
        " SELECT 'outbox/' || topic || ' ' || left(last_error, 120), count(*) FROM backend_outboxitem"
        " WHERE parked_at IS NULL AND due_at <= now() GROUP BY 1 ORDER BY 1"
    )
    return ", ".join(f"{what}: {number}" for what, number in cursor.fetchall())


def parked(cursor: Any) -> int:
    """Outbox items that were given up."""
    cursor.execute("SELECT count(*) FROM backend_outboxitem WHERE parked_at IS NOT NULL")
    return int(cursor.fetchone()[0])


def rollups(cursor: Any) -> dict[str, tuple[int, str]]:
    """Rows and a hash of each table of roll-ups, but for the moment of their computation."""
    found = {}
    for table in ROLLUPS:
        cursor.execute(
            f"SELECT count(*), coalesce(sum(hashtextextended((to_jsonb(t) - 'computed_at' - 'id')::text, 0)), 0)::text"
            f" FROM {table} t"
        )
        found[table] = cursor.fetchone()
    return found


# -- planted -----------------------------------------------------------------------------------------------------------

_ONE = "(SELECT id FROM visits_visit WHERE received_at >= %s ORDER BY id LIMIT 1)"
PLANTED: dict[str, str] = {
    # the number that must become 1, and how
    "lost": f"DELETE FROM visits_visit WHERE id = {_ONE}",
    "corrupted": f"UPDATE backend_receipt SET sha256 = '\\x00' WHERE submission_id = {_ONE}",
    "invented": "INSERT INTO visits_visit SELECT (jsonb_populate_record(v, jsonb_build_object("
    f"'id', gen_random_uuid()))).* FROM visits_visit v WHERE id = {_ONE}",
    "duplicated": "INSERT INTO visits_visit SELECT (jsonb_populate_record(v, jsonb_build_object("
    f"'month', (v.month - interval '1 month')::date))).* FROM visits_visit v WHERE id = {_ONE}",
}


def unnoticed(connection: psycopg.Connection[Any], measure: Callable[[Any], Tally], since: Any) -> list[str]:
    """Defects that were planted, one after the other and each taken back, and did not show in their number."""
    missed = []
    for name, statement in PLANTED.items():
        with connection.transaction(force_rollback=True), connection.cursor() as cursor:
            cursor.execute(statement, [since])
            if getattr(measure(cursor), name) != 1:
                missed.append(name)
    return missed
