"""What a phone pulls: the streams that its person holds today, where it stands in them, and the next page.

Called by backend/http/sync.py and by the process that holds event streams open. Scope is decided here, at each request,
in WHERE and before LIMIT; the order is that of commits (backend/synclog.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from backend import checkpoints, clock, synclog
from backend.checkpoints import Checkpoint
from backend.errors import Problem
from backend.feeds import Feed
from backend.models import Position
from backend.scope import OFFICE, TERRITORY, Actor

LARGEST_PAGE = 1000
PAGE = 200

_MINE = """
WITH mine AS (
    SELECT u.id, u.level, u.ancestors FROM backend_unit u
    WHERE (u.id = ANY(%(held)s) OR u.parent_id = ANY(%(offices)s)) AND u.during @> %(today)s)
SELECT s.id, coalesce(k.value, 0), k.reconciled_on
FROM ({streams}) AS s(id)
LEFT JOIN backend_synccounter k ON k.territory_id = s.id AND k.collection = %(collection)s
ORDER BY s.id
"""
_TERRITORIES = "SELECT id FROM mine WHERE level = 5"
_WITH_ABOVE = "SELECT DISTINCT unnest(ancestors) FROM mine"

# A document in several of my streams is told in the last of them only, so that a page never holds it twice and is
# never shorter than asked for while there is more: a client stops at a short page.
_PAGE = """
WITH streams AS (SELECT * FROM unnest(%(units)s::bigint[], %(after)s::bigint[]) AS s(unit_id, after))
SELECT e.territory_id, e.document_id, e.sequence
FROM streams s CROSS JOIN LATERAL (
    SELECT n.territory_id, n.document_id, n.sequence FROM backend_syncentry n
    WHERE n.territory_id = s.unit_id AND n.collection = %(collection)s AND n.sequence > s.after
    AND n.document_id <> ALL(%(skip)s::uuid[])
    AND NOT EXISTS (
        SELECT FROM streams l JOIN backend_syncentry o ON o.territory_id = l.unit_id
            AND o.collection = %(collection)s AND o.document_id = n.document_id AND o.sequence > l.after
        WHERE l.unit_id > s.unit_id)
    ORDER BY n.sequence LIMIT %(limit)s) AS e
ORDER BY e.territory_id, e.sequence LIMIT %(limit)s
"""
# What the phone can have been told of a stream that it no longer holds, less what another stream of its holds.
_LEAVING = """
SELECT e.territory_id, e.document_id, e.sequence
FROM unnest(%(units)s::bigint[], %(told)s::bigint[], %(walked)s::bigint[]) AS s(unit_id, told, walked)
CROSS JOIN LATERAL (
    SELECT n.territory_id, n.document_id, n.sequence FROM backend_syncentry n
    WHERE n.territory_id = s.unit_id AND n.collection = %(collection)s
    AND n.first_sequence <= s.told AND n.sequence > s.walked
    AND NOT EXISTS (
        SELECT FROM backend_syncentry o WHERE o.territory_id = ANY(%(held)s) AND o.collection = %(collection)s
        AND o.document_id = n.document_id AND NOT o.deleted)
    ORDER BY n.sequence LIMIT %(limit)s) AS e
ORDER BY e.territory_id, e.sequence LIMIT %(limit)s
"""
_DOCUMENTS = "SELECT d.id, d.document::text FROM ({documents}) AS d(unit_id, id, document)"

Row = tuple[int, UUID, int]  # unit, document, number


@dataclass(frozen=True)
class Page:
    """Documents as JSON texts with `_deleted`, and the checkpoint after them. `is_new`: it tells or moves anything."""

    documents: list[str]
    checkpoint_id: str
    lwt: int
    is_new: bool = True

    def encoded(self) -> bytes:
        """The body of a pull, and the data of an event."""
        head = f'{{"documents":[{",".join(self.documents)}],"checkpoint":'
        return f'{head}{{"id":"{self.checkpoint_id}","lwt":{self.lwt}}}}}'.encode()


def held(feed: Feed, actor: Actor, *, fresh: bool = True) -> dict[int, int]:
    """The streams that the actor holds today, each with its present number. Problem forbidden when there are none.

    One query; with `fresh`, at a unit's first call of the day, four more that compare what it holds with what it told.
    """
    positions = actor.units(feed.capability, levels=(OFFICE, TERRITORY))
    if not positions:
        raise Problem("forbidden")
    found = _counters(feed, positions, actor)
    stale = [unit for unit, (_, on) in found.items() if on != clock.today()]
    if fresh and stale and not feed.personal:
        synclog.reconcile_today(feed, stale)
        found = _counters(feed, positions, actor)
    return {unit: number for unit, (number, _) in found.items()}


def holds_any(actor: Actor) -> bool:
    """Whether the actor holds a position today at which there are streams."""
    return any(position.level in (OFFICE, TERRITORY) for position in actor.held)


def has_ever_held(actor: Actor, capability: str = "") -> bool:
    """Whether the actor holds or once held the capability (none named: any position) where there are streams: late work
    is taken. One query at most."""
    if actor.units(capability, levels=(OFFICE, TERRITORY)) if capability else holds_any(actor):
        return True
    posts = Position.objects.filter(person_id=actor.person_id, unit__level__in=(OFFICE, TERRITORY))
    return posts.filter(role__capabilities__contains=[capability] if capability else []).exists()


def current(feed: Feed, actor: Actor) -> tuple[str, int]:
    """The checkpoint of a phone that has been told everything: where an event stream begins. Queries as `held`."""
    now = Checkpoint(told=held(feed, actor))
    return now.write(actor.person_id, feed.collection), now.lwt


def page(feed: Feed, actor: Actor, since: str, *, limit: int = PAGE) -> Page:
    """What is new for the actor since a checkpoint (empty: everything), at most `limit` documents, oldest change first.

    A document that none of the actor's streams shows is a tombstone. Problems forbidden, bad_parameter. Queries: one
    when nothing is new, three else, one more while a stream that is no longer held is walked down.
    """
    try:
        before = checkpoints.read(since, actor.person_id, feed.collection)
    except checkpoints.Malformed:
        raise Problem("bad_parameter") from None
    now = held(feed, actor)
    after, leaving = _divided(before, now)
    behind = {unit: after[unit] for unit, number in now.items() if number > after[unit]}
    if not behind and not leaving:
        return Page([], since, before.lwt, is_new=False)
    gone = _leave(feed, leaving, now, limit) if leaving else []
    news = _news(feed, behind, gone, limit - len(gone)) if behind and len(gone) < limit else []
    _advance_leaving(leaving, gone, limit)
    if len(gone) < limit:
        _advance(after, behind, now, news, is_full=len(news) == limit - len(gone))
    then = Checkpoint(after, leaving)
    texts = _told(feed, actor, list(now), [document for _, document, _ in [*gone, *news]])
    return Page(texts, then.write(actor.person_id, feed.collection), then.lwt)


def documents(feed: Feed, actor: Actor, ids: list[UUID]) -> dict[UUID, str]:
    """The documents of these ids that the actor's streams show today, as JSON texts. At most two queries."""
    positions = actor.units(feed.capability, levels=(OFFICE, TERRITORY))
    return _shown(feed, actor, list(_counters(feed, positions, actor)), ids) if positions else {}


def with_deleted(feed: Feed, text: str) -> str:
    """A document as it stands on the wire: `_deleted` in front of its own fields."""
    return text if feed.tells_deleted else f'{{"_deleted":false,{text[1:]}'


def tombstone(feed: Feed, document_id: UUID) -> str:
    """What is told of a document that is gone, or of one that is not the actor's to see."""
    return f'{{"_deleted":true,"{feed.key}":"{document_id}"}}'


# ----------------------------------------------------------------------------------------------------------------------


def _counters(feed: Feed, positions: list[int], actor: Actor) -> dict[int, tuple[int, date | None]]:
    values: dict[str, Any] = {
        "held": positions,
        "offices": actor.units(feed.capability, levels=(OFFICE,)),
        "today": clock.today(),
        "collection": feed.collection,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MINE.format(streams=_WITH_ABOVE if feed.above else _TERRITORIES), values)
        return {unit: (number, on) for unit, number, on in cursor.fetchall()}


def _divided(before: Checkpoint, now: Mapping[int, int]) -> tuple[dict[int, int], dict[int, tuple[int, int]]]:
    """Where the phone stands in each stream it holds (0 in a new one, and in one that came back while it was walked
    down), and the streams that are no longer its own."""
    leaving = {unit: at for unit, at in before.leaving.items() if unit not in now}
    leaving |= {unit: (told, 0) for unit, told in before.told.items() if unit not in now and told}
    # A number beyond the counter can only come from before a restore: from the start, then.
    told = {unit: number if number <= now.get(unit, 0) else 0 for unit, number in before.told.items()}
    return {unit: told.get(unit, 0) for unit in now}, leaving


def _leave(feed: Feed, leaving: Mapping[int, tuple[int, int]], now: Mapping[int, int], limit: int) -> list[Row]:
    values = {
        "units": list(leaving),
        "told": [told for told, _ in leaving.values()],
        "walked": [walked for _, walked in leaving.values()],
        "held": list(now),
        "collection": feed.collection,
        "limit": limit,
    }
    return _rows(_LEAVING, values)


def _news(feed: Feed, behind: Mapping[int, int], gone: list[Row], limit: int) -> list[Row]:
    values = {
        "units": list(behind),
        "after": list(behind.values()),
        "skip": [document for _, document, _ in gone],
        "collection": feed.collection,
        "limit": limit,
    }
    return _rows(_PAGE, values)


def _rows(query: str, values: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def _advance_leaving(leaving: dict[int, tuple[int, int]], gone: list[Row], limit: int) -> None:
    """In place: a stream whose end was reached leaves the checkpoint; the page's last one may have more."""
    last = gone[-1][0] if len(gone) == limit else None
    for unit in list(leaving):
        if last is None or unit < last:
            del leaving[unit]
        elif unit == last:
            leaving[unit] = leaving[unit][0], gone[-1][2]


def _advance(
    after: dict[int, int], behind: Mapping[int, int], now: Mapping[int, int], news: list[Row], *, is_full: bool
) -> None:
    """In place: a stream whose end was reached stands at its counter as it was before the page was read (all up to
    there is committed), or at what the page told beyond."""
    last = news[-1][0] if is_full else None
    for unit in behind:
        if last is None or unit < last:
            after[unit] = now[unit]
    for unit, _, number in news:
        after[unit] = max(after[unit], number)


def _told(feed: Feed, actor: Actor, units: list[int], ids: list[UUID]) -> list[str]:
    if not ids:
        return []
    shown = _shown(feed, actor, units, ids)
    return [with_deleted(feed, shown[d]) if d in shown else tombstone(feed, d) for d in ids]


def _shown(feed: Feed, actor: Actor, units: list[int], ids: list[UUID]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            _DOCUMENTS.format(documents=feed.documents), synclog.named(feed, units, ids, person=actor.person_id)
        )
        return dict(cursor.fetchall())
