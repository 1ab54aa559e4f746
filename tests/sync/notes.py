"""A feed of the tests' own: notes about shops, in a table that no app has. Its verb is what a real one does in little.

`with notes_feed():` makes the table and registers the feed; used by the tests beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import connection

from backend import clock, feeds, synclog
from backend.errors import Problem
from backend.feeds import STORED, Feed, Pushed, Sent, Verdict
from backend.scope import Actor, writable

COLLECTION = "notes"
OWNED = frozenset({"retailer_id", "text", "tags"})
TABLE = """
CREATE TABLE IF NOT EXISTS sync_note (
    id uuid PRIMARY KEY, retailer_id uuid NOT NULL, text text NOT NULL, tags jsonb, seen int NOT NULL DEFAULT 0,
    person_name text NOT NULL, changed_at timestamptz NOT NULL)
"""
_DOCUMENTS = """
SELECT a.territory_id, n.id, json_build_object('id', n.id, 'retailer_id', n.retailer_id, 'text', n.text,
    'tags', n.tags, 'seen', n.seen, 'person_name', n.person_name)
FROM sync_note n JOIN retail_assignment a ON a.retailer_id = n.retailer_id AND a.during @> %(today)s
WHERE a.territory_id = ANY(%(units)s) AND (%(ids)s::uuid[] IS NULL OR n.id = ANY(%(ids)s::uuid[]))
"""
_STANDING = """
SELECT id, json_build_object('retailer_id', retailer_id, 'text', text, 'tags', tags)::text, person_name, changed_at
FROM sync_note WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""
_WRITE = """
INSERT INTO sync_note (id, retailer_id, text, tags, person_name, changed_at)
SELECT %s, %s, %s, %s::jsonb, p.name, %s FROM backend_person p WHERE p.id = %s
ON CONFLICT (id) DO UPDATE SET text = excluded.text, tags = excluded.tags, person_name = excluded.person_name,
    changed_at = excluded.changed_at
"""
_OWNER = "SELECT territory_id FROM retail_assignment WHERE retailer_id = %s AND during @> %s"


def push(actor: Actor, rows: Sequence[Pushed], sent: Sent) -> list[Verdict]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(1, hashtext('notes'))")
        cursor.execute(_STANDING, [[row.id for row in rows]])
        standing = {key: (json.loads(text), by, at) for key, text, by, at in cursor.fetchall()}
    return [_one(actor, row, *standing.get(row.id, (None, "", None))) for row in rows]


def _one(actor: Actor, row: Pushed, stored: Any, by: str, at: Any) -> Verdict:
    shop, today = UUID(row.new["retailer_id"]), clock.today()
    if (found := feeds.settled(row, stored, OWNED)) is not None:
        return Verdict(is_conflict=True, by=by, at=at) if found.is_conflict else found
    if (shop, today) not in writable(actor, "retail.edit", [(shop, today)]):
        return Verdict(problem=Problem("not_found"))
    with connection.cursor() as cursor:
        if row.deleted:
            cursor.execute("DELETE FROM sync_note WHERE id = %s", [row.id])
        else:
            tags = json.dumps(row.new.get("tags"))
            cursor.execute(_WRITE, [row.id, shop, row.new["text"], tags, clock.now(), actor.person_id])
    tell(shop, row.id)
    return STORED


def write(note_id: UUID, shop: UUID, text: str, *, told: bool = True) -> None:
    """A note as the server itself writes it; untold: as a writer that leaves a mark and no entry."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_note VALUES (%s, %s, %s, NULL, 0, '', %s)"
            " ON CONFLICT (id) DO UPDATE SET text = excluded.text",
            [note_id, shop, text, clock.now()],
        )
    if told:
        tell(shop, note_id)


def tell(shop: UUID, note_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OWNER, [shop, clock.today()])
        owners = [row[0] for row in cursor.fetchall()]
    for owner in owners:
        synclog.append(COLLECTION, {owner: [note_id]})


FEED = Feed(COLLECTION, 1, "retail.read", _DOCUMENTS, kinds=("retailers",), owned=OWNED, push=push)


@contextmanager
def notes_feed() -> Iterator[None]:
    """The table and the feed, for one test."""
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    with patch.dict(feeds._feeds), patch.dict("backend.marks._subscribers"):
        feeds.register(FEED)
        yield
