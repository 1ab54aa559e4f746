"""The order of changes for phones: one counter per unit and collection, taken last in the writer's transaction.

A number handed out early could become visible after a larger one was served, and that document would never be pulled;
the counter row's lock is held to commit, so numbers become visible in their order (docs/sync.md). Writers call
`append`; what is derived is compared with what phones were told by `reconcile` (backend/phones.py, backend/streams.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import clock
from backend.feeds import Feed
from backend.locks import Lock

CHANNEL = "sync"  # NOTIFY with "<unit id> <collection>", once per transaction and pair: PostgreSQL folds equal ones
_LAST = "sync_issues"  # every writer enters what was refused after everything else

_gathered: ContextVar[dict[tuple[str, int], dict[UUID, bool]] | None] = ContextVar("gathered", default=None)

_COUNT = """
WITH counted AS (
    INSERT INTO backend_synccounter AS k (territory_id, collection, value) VALUES (%s, %s, %s)
    ON CONFLICT (territory_id, collection) DO UPDATE SET value = k.value + excluded.value
    RETURNING territory_id, collection, value)
SELECT value, pg_notify('sync', territory_id || ' ' || collection) FROM counted
"""
_ENTER = """
INSERT INTO backend_syncentry (territory_id, collection, document_id, sequence, first_sequence, deleted)
SELECT %s, %s, d.id, %s + d.n, %s + d.n, %s FROM unnest(%s::uuid[]) WITH ORDINALITY AS d(id, n)
ON CONFLICT (territory_id, collection, document_id)
DO UPDATE SET sequence = excluded.sequence, digest = NULL, deleted = excluded.deleted
"""

# The feed's own statement stands in the middle. What it gives now is held against the entries: a document that is new,
# differs, or came back is told; one that it no longer gives is a tombstone. Counters only where something is told, or
# where today's comparison is the first. Where no digest is asked for, PostgreSQL does not even write the documents.
_RECONCILE = """
WITH given AS MATERIALIZED (
    SELECT g.unit_id, g.id, true AS is_given, {digest} AS digest
    FROM ({documents}) AS g(unit_id, id, document)),
entered AS MATERIALIZED (
    SELECT territory_id AS unit_id, document_id AS id, digest, deleted FROM backend_syncentry
    WHERE territory_id = ANY(%(units)s) AND collection = %(collection)s),
changed AS MATERIALIZED (
    SELECT unit_id, id, g.digest, g.is_given IS NULL AS deleted,
        row_number() OVER (PARTITION BY unit_id ORDER BY id) AS place
    FROM given g FULL JOIN entered e USING (unit_id, id)
    WHERE CASE WHEN g.is_given IS NULL THEN NOT e.deleted OR e.digest = '\\x00'
               ELSE e.deleted IS DISTINCT FROM false OR {differs} END),
counted AS (
    INSERT INTO backend_synccounter AS k (territory_id, collection, value, reconciled_on)
    SELECT u.id, %(collection)s, n.changes, %(today)s
    FROM unnest(%(units)s::bigint[]) AS u(id)
    CROSS JOIN LATERAL (SELECT count(*) AS changes FROM changed c WHERE c.unit_id = u.id) AS n
    WHERE n.changes > 0 OR NOT EXISTS (
        SELECT FROM backend_synccounter s
        WHERE s.territory_id = u.id AND s.collection = %(collection)s AND s.reconciled_on = %(today)s)
    ORDER BY u.id
    ON CONFLICT (territory_id, collection)
    DO UPDATE SET value = k.value + excluded.value, reconciled_on = excluded.reconciled_on
    RETURNING territory_id, value),
numbered AS (
    SELECT c.unit_id, c.id, c.digest, c.deleted, k.value - count(*) OVER (PARTITION BY c.unit_id) + c.place AS sequence
    FROM changed c JOIN counted k ON k.territory_id = c.unit_id),
written AS (
    INSERT INTO backend_syncentry AS e
        (territory_id, collection, document_id, sequence, first_sequence, digest, deleted)
    SELECT unit_id, %(collection)s, id, sequence, sequence, digest, deleted FROM numbered ORDER BY unit_id, id
    ON CONFLICT (territory_id, collection, document_id)
    DO UPDATE SET sequence = excluded.sequence, digest = excluded.digest, deleted = excluded.deleted
    RETURNING territory_id)
SELECT territory_id, count(*), pg_notify('sync', territory_id || ' ' || %(collection)s)
FROM written GROUP BY territory_id ORDER BY territory_id
"""
# How a comparison looks at content. A document gets its digest when it is first told after its number
# (backend/streams.py): without one, nobody was told of it, and whoever pulls gets what it then is. Where a document
# reads otherwise for the person who was told it first, the next comparison tells it once more than it must. One zero
# byte: some phone was told what another was not (DOUBT in backend/streams_sql.py), so it is told again in any case.
_BY_CONTENT = "decode(md5(g.document::text), 'hex')", "e.digest <> g.digest"
_ONLY_IDS = "NULL::bytea", "e.digest = '\\x00'"

# Two comparisons of one unit take turns; the second finds what the first has told and adds nothing.
_TURN = f"""
SELECT pg_advisory_xact_lock({Lock.STREAMS:d}, hashtext(u || ' ' || %s))
FROM (SELECT unnest(%s::bigint[]) AS u ORDER BY 1) AS units
"""  # noqa: S608 - a number of our own
_STALE = """
SELECT u, k.reconciled_on IS NULL FROM unnest(%s::bigint[]) AS units(u)
LEFT JOIN backend_synccounter k ON k.territory_id = u AND k.collection = %s
WHERE k.reconciled_on IS DISTINCT FROM %s
"""


def append(collection: str, changes: Mapping[int, Iterable[UUID]], *, deleted: bool = False) -> None:
    """Phones of each unit will pull these documents again (or drop them). Call it last in the transaction.

    Units are taken in id order, so that two writers cannot wait for each other. Two queries a unit.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a change for phones is entered in the transaction that makes it")
    waiting = _gathered.get()
    for territory_id, documents in sorted(changes.items()):
        if waiting is None:
            _enter(collection, territory_id, sorted(set(documents)), deleted=deleted)
        elif told := dict.fromkeys(documents, deleted):
            waiting.setdefault((collection, territory_id), {}).update(told)


@contextmanager
def gathered() -> Iterator[None]:
    """What is appended within is entered at its end, once and in one order, whichever verbs appended it: two pushes
    that tell several units cannot wait for each other. Of a document told and dropped the later word counts.

    Within another one it hands over to that; a fault within forgets what was appended, as the savepoint around it does.
    """
    changes: dict[tuple[str, int], dict[UUID, bool]] = {}
    outer = _gathered.get()
    token = _gathered.set(changes)
    try:
        yield
    finally:
        _gathered.reset(token)
    for collection, unit in sorted(changes, key=lambda key: (key[0] == _LAST, key)):
        told = changes[collection, unit]
        if outer is not None:
            outer.setdefault((collection, unit), {}).update(told)
            continue
        for deleted in (True, False):
            _enter(collection, unit, sorted(id_ for id_, gone in told.items() if gone is deleted), deleted=deleted)


def is_gathering() -> bool:
    """Whether what is appended now is entered later."""
    return _gathered.get() is not None


def _enter(collection: str, unit: int, ids: list[UUID], *, deleted: bool) -> None:
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [unit, collection, len(ids)])
        first = cursor.fetchone()[0] - len(ids)
        cursor.execute(_ENTER, [unit, collection, first, first, deleted, ids])


def reconcile(feed: Feed, units: Iterable[int]) -> dict[int, int]:
    """What phones of these units hold by the feed is what they will have been told: changed and new documents get a new
    number, those that are gone a tombstone. Returns unit -> how many; without those where nothing changed.

    Set-based: two queries for any number of units and documents. A document is compared by the MD5 of its text, so its
    statement must write equal content equally. What commits meanwhile is told by its own mark or `append`.
    """
    wanted = sorted(set(units))
    if not wanted:
        return {}
    with transaction.atomic():
        _take_turn(feed, wanted)
        return _compare(feed, wanted, is_first=False)


def _compare(feed: Feed, wanted: list[int], *, is_first: bool) -> dict[int, int]:
    """`is_first`: no phone has pulled from the units, so there is no content to compare."""
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        digest, differs = _content(feed, is_first=is_first)
        statement = _RECONCILE.format(documents=feed.documents, digest=digest, differs=differs)
        cursor.execute(statement, {**named(feed, wanted), "collection": feed.collection})
        return {unit: count for unit, count, _ in cursor.fetchall()}


def reconcile_today(feed: Feed, units: Iterable[int]) -> dict[int, int]:
    """The same for those of the units that were not compared yet today: a unit's first pull of a day calls it, so that
    what a date changes (a shop that changes hands, a policy in force, a window of months) needs no mark.

    Another phone of the unit that asks at the same moment waits, and finds it done. Four queries at most.
    """
    asked = sorted(set(units))
    with transaction.atomic(), connection.cursor() as cursor:
        _take_turn(feed, asked)
        cursor.execute(_STALE, [asked, feed.collection, clock.today()])
        stale = cursor.fetchall()
        told = _compare(feed, [unit for unit, is_first in stale if is_first], is_first=True)
        return told | _compare(feed, [unit for unit, is_first in stale if not is_first], is_first=False)


def _take_turn(feed: Feed, units: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TURN, [feed.collection, units])


def _content(feed: Feed, *, is_first: bool) -> tuple[str, str]:
    return _ONLY_IDS if feed.told_by_writers or is_first else _BY_CONTENT


def named(feed: Feed, units: list[int], ids: list[UUID] | None = None, person: UUID | None = None) -> dict[str, Any]:
    """What a feed's statement finds at hand: %(units)s, %(ids)s, %(today)s, %(person)s and its own parameters."""
    return {**feed.parameters, "units": units, "ids": ids, "today": clock.today(), "person": person}
