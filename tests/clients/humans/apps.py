"""The feed `humans` of RxDB's own replication suite, keyed by passportId; an app of the test clients' server only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.apps import AppConfig
from django.db import connection

from backend import feeds, synclog
from backend.feeds import CONFLICT, STORED, Feed, Pushed, Sent, Verdict
from backend.scope import Actor

OWNED = frozenset({"firstName", "lastName", "age"})
TABLE = """
CREATE TABLE sync_human (
    id uuid PRIMARY KEY, territory_id bigint NOT NULL, passport_id text NOT NULL, body jsonb NOT NULL,
    is_deleted boolean NOT NULL)
"""
_DOCUMENTS = """
SELECT h.territory_id, h.id, h.body || jsonb_build_object('passportId', h.passport_id, '_deleted', h.is_deleted)
FROM sync_human h
WHERE h.territory_id = ANY(%(units)s) AND (%(ids)s::uuid[] IS NULL OR h.id = ANY(%(ids)s::uuid[]))
"""
_WRITE = """
INSERT INTO sync_human VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET body = excluded.body, is_deleted = excluded.is_deleted
"""


def id_of(passport_id: Any) -> UUID:
    if not isinstance(passport_id, str) or not passport_id:
        raise ValueError(passport_id)
    return uuid5(NAMESPACE_URL, passport_id)


def push(actor: Actor, rows: Sequence[Pushed], sent: Sent) -> list[Verdict]:
    [territory] = actor.units("retail.edit")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(1, hashtext('humans'))")
        cursor.execute("SELECT id, body::text, is_deleted FROM sync_human WHERE id = ANY(%s)", [[r.id for r in rows]])
        standing = {key: (json.loads(body), gone) for key, body, gone in cursor.fetchall()}
        verdicts, written = [], []
        for row in rows:
            stored, is_gone = standing.get(row.id, (None, False))
            verdict = _settled(row, stored, is_gone=is_gone)
            if verdict is None:
                body = json.dumps({name: row.new[name] for name in OWNED if name in row.new})
                cursor.execute(_WRITE, [row.id, territory, row.new["passportId"], body, row.deleted])
                written.append(row.id)
            verdicts.append(verdict or STORED)
    synclog.append("humans", {territory: written})
    return verdicts


def _settled(row: Pushed, stored: Any, *, is_gone: bool) -> Verdict | None:
    """As feeds.settled, for a table that keeps what was deleted."""
    if not is_gone:
        return feeds.settled(row, stored, OWNED)
    if row.deleted:
        return STORED
    return None if row.assumed is not None and row.assumed.get("_deleted") else CONFLICT


FEED = Feed(
    "humans", 0, "retail.edit", _DOCUMENTS, owned=OWNED, push=push, key="passportId", id_of=id_of, tells_deleted=True
)


class HumansConfig(AppConfig):
    name = "tests.clients.humans"
    label = "humans"

    def ready(self) -> None:
        feeds.register(FEED)
