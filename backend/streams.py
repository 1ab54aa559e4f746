"""What a phone pulls: the streams that its person holds today, where it stands in them, and the next page.

Called by backend/http/sync.py and by the process that holds event streams open. Scope is decided here, at each request,
in WHERE and before LIMIT; the order is that of commits (backend/synclog.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import checkpoints, clock, streams_sql, synclog
from backend.checkpoints import Checkpoint
from backend.errors import Problem
from backend.feeds import Feed
from backend.models import Position
from backend.scope import OFFICE, TERRITORY, Actor

LARGEST_PAGE = 1000
PAGE = 200


@dataclass(frozen=True)
class Held:
    """Streams that somebody holds, each with its present number, and what a checkpoint in them is bound to: person,
    collection, and the database as it is (one that was restored numbers anew what it forgot)."""

    numbers: dict[int, int]
    binding: str


# Unit, document, number, whether it is told for the first time since its number, whether the log says that it is gone
# (None: of a stream that is no longer held).
Row = tuple[int, UUID, int, bool, bool | None]


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


def held(feed: Feed, actor: Actor) -> Held:
    """The streams that the actor holds today. Problem forbidden when there are none.

    One query; at a unit's first call of the day some more, that compare what it holds with what it told.
    """
    positions = actor.units(feed.capability, levels=(OFFICE, TERRITORY))
    if not positions:
        raise Problem("forbidden")
    found = _counters(feed, positions, actor)
    stale = [unit for unit, _, on, _ in found if on != clock.today()]
    if stale and not feed.personal:
        synclog.reconcile_today(feed, stale)
        found = _counters(feed, positions, actor)
    database = found[0][3] if found else ""
    return Held({unit: number for unit, number, _, _ in found}, f"{actor.person_id} {feed.collection} {database}")


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
    now = held(feed, actor)
    there = Checkpoint(told=dict(now.numbers))
    return there.write(now.binding), there.lwt


def page(feed: Feed, actor: Actor, since: str, *, limit: int = PAGE) -> Page:
    """What is new for the actor since a checkpoint (empty: everything), at most `limit` documents, oldest change first.

    A document that none of the actor's streams shows is a tombstone. Problems forbidden, bad_parameter. Queries:
    those of `held`, two more where something is new, one at the first telling of a change, one where the log is behind,
    one while a stream that is no longer held is walked down.
    """
    now = held(feed, actor)
    before = _read(since, now)
    after, leaving = _divided(before, now.numbers)
    behind = {unit: after[unit] for unit, number in now.numbers.items() if number > after[unit]}
    if not behind and not leaving:
        return Page([], since, before.lwt, is_new=False)
    entries = _Entries(feed, actor)
    gone = entries.leaving(leaving, now.numbers, limit) if leaving else []
    news = entries.news(behind, gone, limit - len(gone)) if behind and len(gone) < limit else []
    _advance_leaving(leaving, gone, limit)
    if len(gone) < limit:
        _advance(after, behind, now.numbers, news, is_full=len(news) == limit - len(gone))
    then = Checkpoint(after, leaving)
    texts = _told(feed, actor, list(now.numbers), [*gone, *news])
    return Page(texts, then.write(now.binding), then.lwt)


def documents(feed: Feed, actor: Actor, ids: list[UUID]) -> dict[UUID, str]:
    """The documents of these ids that the actor's streams show today, as JSON texts. At most two queries."""
    positions = actor.units(feed.capability, levels=(OFFICE, TERRITORY))
    return _shown(feed, actor, [row[0] for row in _counters(feed, positions, actor)], ids) if positions else {}


def tell_again(feed: Feed, actor: Actor, ids: Sequence[UUID], *, only_entered: bool = False) -> None:
    """The actor's phones will pull these documents once more, as they stand, or as deleted where none of the actor's
    streams shows them; `only_entered`: those that the actor's streams ever told of. Late in the transaction: it takes
    the counters. Two queries, one more where only those, and two for each unit."""
    positions = actor.units(feed.capability, levels=(OFFICE, TERRITORY))
    units = [row[0] for row in _counters(feed, positions, actor)] if positions else []
    if not units:
        return
    with connection.cursor() as cursor:
        if only_entered:
            cursor.execute(streams_sql.ENTERED, [units, feed.collection, list(ids)])
            ids = [document for (document,) in cursor.fetchall()]
        cursor.execute(
            streams_sql.PLACES.format(documents=feed.documents),
            synclog.named(feed, units, list(ids), person=actor.person_id),
        )
        standing: dict[int, list[UUID]] = {}
        for unit, document in cursor.fetchall():
            standing.setdefault(unit, []).append(document)
    gone = set(ids).difference(*standing.values())
    synclog.append(feed.collection, {units[0]: gone}, deleted=True)  # any stream of the actor's will do
    synclog.append(feed.collection, standing)


def with_deleted(feed: Feed, text: str) -> str:
    """A document as it stands on the wire: `_deleted` in front of its own fields."""
    return text if feed.tells_deleted else f'{{"_deleted":false,{text[1:]}'


def tombstone(feed: Feed, document_id: UUID) -> str:
    """What is told of a document that is gone, or of one that is not the actor's to see."""
    return f'{{"_deleted":true,"{feed.key}":"{document_id}"}}'


# ----------------------------------------------------------------------------------------------------------------------


def _counters(feed: Feed, positions: list[int], actor: Actor) -> list[tuple[int, int, date | None, str]]:
    values: dict[str, Any] = {
        "held": positions,
        "offices": actor.units(feed.capability, levels=(OFFICE,)),
        "today": clock.today(),
        "collection": feed.collection,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            streams_sql.MINE.format(streams=streams_sql.WITH_ABOVE if feed.above else streams_sql.TERRITORIES), values
        )
        return cursor.fetchall()


def _read(since: str, now: Held) -> Checkpoint:
    try:
        return checkpoints.read(since, now.binding)
    except checkpoints.Malformed:
        raise Problem("bad_parameter") from None


def _divided(before: Checkpoint, now: Mapping[int, int]) -> tuple[dict[int, int], dict[int, tuple[int, int]]]:
    """Where the phone stands in each stream it holds (0 in a new one, and in one that came back while it was walked
    down), and the streams that are no longer its own."""
    leaving = {unit: at for unit, at in before.leaving.items() if unit not in now}
    leaving |= {unit: (told, 0) for unit, told in before.told.items() if unit not in now and told}
    return {unit: before.told.get(unit, 0) for unit in now}, leaving


@dataclass(frozen=True)
class _Entries:
    """The log as the actor may read it: of a feed of persons only what is the actor's own, deleted or not."""

    feed: Feed
    actor: Actor

    def leaving(self, streams: Mapping[int, tuple[int, int]], now: Mapping[int, int], limit: int) -> list[Row]:
        values: dict[str, Any] = {
            "units": list(streams),
            "told": [told for told, _ in streams.values()],
            "walked": [walked for _, walked in streams.values()],
            "held": list(now),
        }
        return self._rows(streams_sql.LEAVING, values, limit)

    def news(self, behind: Mapping[int, int], gone: list[Row], limit: int) -> list[Row]:
        skip = [row[1] for row in gone]
        values: dict[str, Any] = {"units": list(behind), "after": list(behind.values()), "skip": skip}
        return self._rows(streams_sql.PAGE, values, limit)

    def _rows(self, query: str, values: dict[str, Any], limit: int) -> list[Row]:
        mine = streams_sql.OF_PERSON.format(owners=self.feed.owners) if self.feed.personal else ""
        asked: dict[str, Any] = {"collection": self.feed.collection, "person": self.actor.person_id, "limit": limit}
        with connection.cursor() as cursor:
            cursor.execute(query.format(mine=mine), {**values, **asked})
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
    for unit, _, number, *_ in news:
        after[unit] = max(after[unit], number)


def _told(feed: Feed, actor: Actor, units: list[int], rows: list[Row]) -> list[str]:
    if not rows:
        return []
    ids, untold = [row[1] for row in rows], [row[1] for row in rows if row[3]]
    is_first = bool(untold) and not feed.told_by_writers and not feed.personal
    shown = _first_shown(feed, actor, units, ids, untold) if is_first else _shown(feed, actor, units, ids)
    if not feed.personal:
        doubtful = [row for row in rows if row[4] is not None and row[4] == (row[1] in shown)]
        _doubt(feed, streams_sql.DOUBT, units=[row[0] for row in doubtful], ids=[row[1] for row in doubtful])
    return [with_deleted(feed, shown[d]) if d in shown else tombstone(feed, d) for d in ids]


def _first_shown(
    feed: Feed, actor: Actor, units: list[int], ids: list[UUID], untold: Sequence[UUID]
) -> dict[UUID, str]:
    """The same as `_shown`, and what is told is noted. Of what another page noted meanwhile it is asked whether that
    read the same: a moment lies between two pages, and a change may lie in it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(streams_sql.TURN, [feed.collection, units])
        values = {**synclog.named(feed, units, ids, person=actor.person_id), "collection": feed.collection}
        cursor.execute(streams_sql.FIRST_TOLD.format(documents=feed.documents), values)
        found = cursor.fetchall()
    shown = {document: text for document, text, _ in found}
    noted = {document for document, _, is_noted in found if is_noted}
    others = [document for document in untold if document in shown and document not in noted]
    texts = [shown[document] for document in others]
    _doubt(feed, streams_sql.DOUBT_IF_OTHERWISE, units=units, ids=others, texts=texts)
    return shown


def _doubt(feed: Feed, statement: str, *, units: list[int], ids: list[UUID], **values: Any) -> None:
    """Under the counters, as whoever enters a change: two who take the same entries in another order would wait for
    each other."""
    if ids and feed.kinds:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(streams_sql.COUNTERS_HELD, [units, feed.collection])
            named: dict[str, Any] = {
                "kind": feed.kinds[0],
                "today": clock.today(),
                "now": clock.now(),
                "collection": feed.collection,
            }
            cursor.execute(statement, {**named, "units": units, "ids": ids, **values})


def _shown(feed: Feed, actor: Actor, units: list[int], ids: list[UUID]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            streams_sql.DOCUMENTS.format(documents=feed.documents),
            synclog.named(feed, units, ids, person=actor.person_id),
        )
        return dict(cursor.fetchall())
