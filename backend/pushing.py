"""What a phone pushes: each row judged by its shape, handed to its feed's verb, answered; for backend/http/sync.py.

One bad row never holds up the rest: it is kept in quarantine with its reason and its author's phone is told
(backend/quarantine.py), while the push as a whole is answered 200.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from backend import feeds, quarantine, retelling, streams, synclog
from backend.errors import FieldError, Problem
from backend.feeds import Document, Feed, Pushed, Sent, Verdict
from backend.http.jsonbody import Item
from backend.models import Person
from backend.quarantine import Refused
from backend.scope import Actor

MAX_ROWS = 200


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    """One element of the body, its states still bytes."""

    newDocumentState: msgspec.Raw  # noqa: N815 - as the protocol calls it
    assumedMasterState: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815


_split = msgspec.json.Decoder(_Row).decode
_value = msgspec.json.Decoder().decode


@dataclass
class _Push:
    """A push on its way: what was refused, the edits among it, and the conflicts with what the verb knows of them."""

    feed: Feed
    actor: Actor
    sent: Sent
    refused: list[Refused] = field(default_factory=list)
    edits: list[UUID] = field(default_factory=list)
    conflicts: dict[UUID, tuple[Pushed, Verdict]] = field(default_factory=dict)
    stored: set[UUID] = field(default_factory=set)  # by the last row of each document


def take(feed: Feed, actor: Actor, items: Sequence[Item], sent: Sent) -> list[str]:
    """Every row is stored, kept as a conflict or refused by itself; all of it in one transaction.

    Returns the current documents of the conflicting rows as JSON texts, a tombstone for what the actor may not see. The
    number of queries is the verb's, and at most ten more.
    """
    push = _Push(feed, actor, sent)
    with transaction.atomic(), synclog.gathered():
        rows = _readable(push, items)
        unread = {row.submission_id for row in push.refused}
        while rows:  # a document twice in one push is judged by what its first row left
            once = {row.id: row for row in reversed(rows)}
            _hand_over(push, [row for row in rows if once[row.id] is row])
            rows = [row for row in rows if once[row.id] is not row]
        current = streams.documents(feed, actor, list(push.conflicts)) if push.conflicts else {}
        _keep_losers(push, current)
        if push.edits:  # the phone takes its own word for stored: what stands is told once more
            streams.tell_again(feed, actor, push.edits)
        retelling.later(feed, actor, push.stored.union(push.edits))
        quarantine.keep(actor=actor, feed=feed, refused=push.refused, received_at=sent.received_at)
        quarantine.settle(actor.person_id, feed.quarantined_as, push.stored - unread, sent.received_at)
    return [
        streams.with_deleted(feed, current[document]) if document in current else streams.tombstone(feed, document)
        for document in push.conflicts
    ]


def again(kind: str, author: Actor, payload: bytes, sent: Sent) -> Problem | None:
    """A mended document of a refused row, pushed once more as its author's; what is wrong with it still, or None.

    `kind` is that of the quarantined row; problem conflict for one that no feed takes. In the caller's transaction.
    """
    feed = next((feed for feed in feeds.latest() if feed.push and feed.quarantined_as == kind), None)
    if feed is None or feed.push is None:
        return Problem("conflict")
    try:
        [verdict] = feed.push(author, [_read(feed, b'{"newDocumentState":' + payload + b"}")], sent)
    except Problem as problem:
        return problem
    return Problem("sync_conflict") if verdict.is_conflict else verdict.problem


def _readable(push: _Push, items: Sequence[Item]) -> list[Pushed]:
    found = []
    for item in items:
        if item.problem is not None:
            push.refused.append(Refused(item.raw, _id_within(push.feed, item.raw), item.problem))
            continue
        try:
            found.append(_read(push.feed, item.raw))
        except Problem as problem:
            known_as = _id_within(push.feed, item.raw)
            push.refused.append(Refused(_state_within(item.raw), known_as, problem))
            if known_as is not None and bytes(_split(item.raw).assumedMasterState) != b"null":
                push.edits.append(known_as)
    return found


def _hand_over(push: _Push, rows: Sequence[Pushed]) -> None:
    assert push.feed.push is not None  # asked by the view
    verdicts = push.feed.push(push.actor, rows, push.sent)
    for row, verdict in zip(rows, verdicts, strict=True):
        push.stored.discard(row.id)
        if verdict.problem is not None:
            push.refused.append(Refused(row.raw, row.id, verdict.problem))
            if row.assumed is not None:
                push.edits.append(row.id)
        elif verdict.is_conflict:
            push.conflicts[row.id] = row, verdict
        else:
            push.stored.add(row.id)


def _keep_losers(push: _Push, current: Mapping[UUID, str]) -> None:
    """Both values of a conflict, with their authors and times; of a foreign one only the loser's."""
    if not push.conflicts:
        return
    author = Person.objects.values_list("name", flat=True).get(pk=push.actor.person_id)
    for row, verdict in push.conflicts.values():
        theirs: Document | None = _value(current[row.id].encode()) if row.id in current else None
        standing: dict[str, Any] = {
            "mine": row.new,
            "mine_by": author,
            "mine_at": push.sent.received_at.astimezone(UTC),
            "theirs": theirs,
            "theirs_by": (verdict.by or theirs.get("person_name") or "") if theirs else "",
            "theirs_at": (verdict.at.astimezone(UTC) if verdict.at else theirs.get("received_at")) if theirs else None,
        }
        push.refused.append(Refused(row.raw, row.id, Problem("sync_conflict"), standing))


# -- one row -----------------------------------------------------------------------------------------------------------


def _read(feed: Feed, raw: bytes) -> Pushed:
    """A row as its verb takes it. Problem invalid or read_only_field, with a pointer into newDocumentState."""
    try:
        row = _split(raw)
    except msgspec.MsgspecError:
        raise Problem("invalid", errors=[FieldError("invalid")]) from None
    new, assumed = _value(row.newDocumentState), _value(row.assumedMasterState)
    if not isinstance(new, dict) or not isinstance(assumed, dict | None):
        raise Problem("invalid", errors=[FieldError("invalid")])
    try:
        document_id = feed.id_of(new.get(feed.key))
    except ValueError:
        raise Problem("invalid", errors=[FieldError("invalid", pointer=f"/{feed.key}")]) from None
    deleted = new.get("_deleted", False)
    if not isinstance(deleted, bool):
        raise Problem("invalid", errors=[FieldError("invalid", pointer="/_deleted")])
    if assumed is not None and assumed.get(feed.key) != new[feed.key]:
        raise Problem("read_only_field", errors=[FieldError("read_only_field", pointer=f"/{feed.key}")])
    _refuse_foreign_fields(feed, new, assumed or {})
    return Pushed(document_id, assumed, new, deleted, bytes(row.newDocumentState))


def _refuse_foreign_fields(feed: Feed, new: Document, assumed: Document) -> None:
    """Fields of the server's may come back as they were told, and not otherwise."""
    others = new.keys() - feed.owned - {feed.key, "_deleted"}
    changed = sorted(name for name in others if not feeds.same(new, assumed, (name,)))
    if changed:
        faults = [FieldError("read_only_field", pointer=f"/{name}") for name in changed]
        raise Problem("read_only_field", errors=faults)


def _state_within(raw: bytes) -> bytes:
    """The document of a row that cannot be taken, as it came; the whole row where there is none in it."""
    try:
        return bytes(_split(raw).newDocumentState)
    except (msgspec.MsgspecError, RecursionError):
        return raw


def _id_within(feed: Feed, raw: bytes) -> UUID | None:
    """The id of a row that cannot be taken, if it says one."""
    try:
        return feed.id_of(_value(_state_within(raw))[feed.key])
    except (msgspec.MsgspecError, RecursionError, ValueError, LookupError, TypeError):
        return None
