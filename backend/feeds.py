"""What phones keep a copy of: one feed per collection, registered by the app that owns it; for backend/http/sync.py.

A feed says what a unit's phones hold, as one statement; the sync log (backend/synclog.py) says what of it changed, in
the order of commits. What a phone may see is decided each time it asks: by the units where it holds the capability
today. See docs/sync.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

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
    """What became of one pushed row: stored (no problem, no conflict), a conflict, or refused with a problem."""

    is_conflict: bool = False
    problem: Problem | None = None


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


@dataclass(frozen=True)
class Feed:
    """One collection of one schema version.

    `documents` is a statement of the app's own: SELECT unit_id, id, document (json) of what phones of %(units)s hold,
    narrowed to %(ids)s::uuid[] where that is not null; %(today)s, %(person)s are at hand. A document has `id`, no
    `_deleted`. A document that it does not give is told as deleted. `above`: the stream of a unit is also served to
    phones of units below it (products, policies); otherwise streams are those of territories. `kinds`: change marks
    after which a unit's documents are compared with what phones were told (backend/synclog.py `reconcile`); a feed
    whose writers call `synclog.append` themselves needs none.
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


_feeds: dict[tuple[str, int], Feed] = {}


def register(*feeds: Feed) -> None:
    """Adds feeds; called by AppConfig.ready. ValueError for a second, different one of the same name and version."""
    for feed in feeds:
        if _feeds.setdefault((feed.collection, feed.version), feed) != feed:
            raise ValueError(f"feed {feed.collection}/{feed.version} is registered twice")


def feed(collection: str, version: int) -> Feed | None:
    """The feed of a collection in a schema version, or None."""
    return _feeds.get((collection, version))


def feeds() -> list[Feed]:
    """Every feed, by collection and version."""
    return [_feeds[key] for key in sorted(_feeds)]
