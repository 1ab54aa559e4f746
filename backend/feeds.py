"""What phones keep a copy of: one feed per collection, registered by the app that owns it; for backend/http/sync.py.

A feed says what a unit's phones hold, as one statement; the sync log (backend/synclog.py) says what of it changed, in
the order of commits. What a phone may see is decided each time it asks: by the units where it holds the capability
today. See docs/sync.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from backend import marks
from backend.errors import Problem
from backend.scope import Actor

Document = dict[str, Any]


@dataclass(frozen=True)
class Pushed:
    """One row that a phone pushes: the state it took for the server's (None: it knew of none) and its own new one."""

    id: UUID
    assumed: Document | None
    new: Document
    deleted: bool
    raw: bytes  # newDocumentState as it came


@dataclass(frozen=True)
class Verdict:
    """What became of one pushed row: stored (no problem, no conflict), a conflict, or refused with a problem.

    Of a conflict: the name of who wrote what stands, and when, where the verb knows it.
    """

    is_conflict: bool = False
    problem: Problem | None = None
    by: str = ""
    at: datetime | None = None


STORED = Verdict()
CONFLICT = Verdict(is_conflict=True)


@dataclass(frozen=True)
class Sent:
    """What a verb must know of the push beside its rows."""

    received_at: datetime
    sent_at: datetime | None  # by the phone's clock, from the header X-Sent-At; None: it did not say
    until: datetime | None  # the end of the pushing device; later work is refused (device_ended)


Push = Callable[[Actor, Sequence[Pushed], Sent], Sequence[Verdict]]
"""Takes rows of one collection, each wholly or not at all, and tells what became of each, in their order.

Runs in a transaction of the caller's. The rows arrive judged for their shape: ids are UUIDs, fields of the server's are
unchanged. Whether `assumed` is still what stands is the verb's question (`same`): trap 2 of docs/sync.md.
"""


def id_of_text(value: Any) -> UUID:
    """The UUID that a document is keyed by, as the phone writes it; ValueError for anything else."""
    if not isinstance(value, str) or len(value) != 36:
        raise ValueError(value)
    return UUID(value)


@dataclass(frozen=True)
class Feed:
    """One collection of one schema version.

    `documents` is a statement of the app's own: SELECT unit_id, id, document (json) of what phones of %(units)s hold,
    narrowed to %(ids)s::uuid[] where that is not null; %(today)s, %(person)s are at hand. A document has `id`, no
    `_deleted`. A document that it does not give is told as deleted. `above`: the stream of a unit is also served to
    phones of units below it (products, policies); otherwise streams are those of territories. `kinds`: change marks
    after which a unit's documents are compared with what phones were told (backend/synclog.py `reconcile`); a feed
    whose writers call `synclog.append` themselves needs none.

    `told_by_writers`: every change of a document's content is entered by `append`, so that a comparison looks only for
    documents that came or went (its statement should be cheap to ask for ids alone). `kept_as`: the kind of its refused
    rows in quarantine, by default the collection.

    `owners`: of documents of persons in the stream of a unit, told by `append` alone: SELECT id of all that are
    %(person)s's, shown or no longer, so that of another's not even the id is told.

    `shape` describes a document, as a type that msgspec reads (backend/documents.py): the API's description and the
    phone's types are made of it.

    `key`, `id_of` and `tells_deleted` are for documents that are not keyed by a UUID called `id`: a tombstone cannot be
    made from their id alone, so the statement gives deleted documents whole, with `_deleted` in every one.
    """

    collection: str
    version: int
    capability: str
    documents: str
    above: bool = False
    kinds: tuple[str, ...] = ()
    owned: frozenset[str] = frozenset()  # fields that the phone writes; all else is the server's
    push: Push | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)  # further ones that the statement names
    owners: str = ""
    told_by_writers: bool = False
    kept_as: str = ""
    key: str = "id"
    id_of: Callable[[Any], UUID] = id_of_text
    tells_deleted: bool = False
    shape: Any = None

    @property
    def quarantined_as(self) -> str:
        return self.kept_as or self.collection

    @property
    def personal(self) -> bool:
        return bool(self.owners)


PHONES = "phones"  # the consumer of change marks that keeps the log (backend/phones.py)

_feeds: dict[tuple[str, int], Feed] = {}


def register(*feeds: Feed) -> None:
    """Adds feeds, and subscribes phones to the marks they name; called by AppConfig.ready.

    ValueError for a second, different one of the same name and version.
    """
    for feed in feeds:
        if _feeds.setdefault((feed.collection, feed.version), feed) != feed:
            raise ValueError(f"feed {feed.collection}/{feed.version} is registered twice")
        marks.subscribe(PHONES, feed.kinds)


def feed(collection: str, version: int) -> Feed | None:
    """The feed of a collection in a schema version, or None."""
    return _feeds.get((collection, version))


def feeds() -> list[Feed]:
    """Every feed, by collection and version."""
    return [_feeds[key] for key in sorted(_feeds)]


def latest() -> list[Feed]:
    """Of each collection the feed of its newest version: versions share one log, which is kept by the newest."""
    return list({name: _feeds[name, version] for name, version in sorted(_feeds)}.values())


# -- what a verb asks of two states ------------------------------------------------------------------------------------


def fingerprint(document: Mapping[str, Any], owned: Collection[str]) -> bytes:
    """SHA-256 over the canonical JSON (sorted keys, no spaces) of a document's owned fields.

    What JavaScript does not tell apart counts as equal: a field that is null or absent, 2.0 and 2.
    """
    kept = {name: _plain(document[name]) for name in owned if document.get(name) is not None}
    return sha256(json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).digest()


def same(one: Mapping[str, Any], other: Mapping[str, Any], owned: Collection[str]) -> bool:
    """Whether two states of a document agree in the fields that the phone owns: all else is no conflict."""
    return fingerprint(one, owned) == fingerprint(other, owned)


def settled(row: Pushed, stored: Mapping[str, Any] | None, owned: Collection[str]) -> Verdict | None:
    """What a pushed row is before anything is written, by what stands (None: nothing); None: it is to be written.

    STORED when it says what stands already (a lost answer repeated, a second delete), CONFLICT when the phone took
    something else for what stands.
    """
    if stored is None:
        return None if row.assumed is None and not row.deleted else STORED if row.deleted else CONFLICT
    if not row.deleted and same(row.new, stored, owned):
        return STORED
    return None if row.assumed is not None and same(row.assumed, stored, owned) else CONFLICT


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(inner) for name, inner in value.items() if inner is not None}
        case list():
            return [_plain(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
    return value
