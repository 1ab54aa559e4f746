"""Takes a phone's pushed rows one at a time, each wholly or not at all; the push verbs of feeds call it.

What decides between silence, a conflict and a write is `feeds.settled`; what is written are the app's own verbs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db import DataError, IntegrityError, transaction

from backend import audit, clock, feeds, synclog
from backend.errors import FieldError, Problem
from backend.feeds import CONFLICT, STORED, Document, Pushed, Sent, Verdict

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class Stored:
    """What stands under an id: its owned fields as JSON would tell them; who made it, and when if it never changes
    after; else the kind ("app.model") under which the audit says who wrote it last, and when."""

    owned: Document
    by: str = ""
    kind: str = ""
    at: datetime | None = None


Read = Callable[[Iterable[UUID]], Mapping[UUID, Stored]]
"""What stands under these ids, locked until the end of the transaction, in the order of ids."""
Write = Callable[[Pushed, Document | None], Verdict | None]
"""Makes a row (None: nothing stands) or brings what stands to its new state; Problem where that is refused. What it
returns, if anything, is what became of the row: nothing was written then."""


def one_by_one(rows: Sequence[Pushed], *, owned: Collection[str], read: Read, write: Write) -> list[Verdict]:
    """What became of each row, in their order. One query of `read` for all, one more for each row written and each
    conflict, and those of the verbs that write."""
    standing = dict(read(row.id for row in rows))
    return [_judged(row, standing, owned, read, write) for row in rows]


def _judged(row: Pushed, standing: dict[UUID, Stored], owned: Collection[str], read: Read, write: Write) -> Verdict:
    stored = standing.get(row.id)
    if found := _settled(row, stored, owned):
        return found
    try:
        with transaction.atomic(), synclog.gathered():
            if unwritten := write(row, None if stored is None else stored.owned):
                return unwritten
    except Problem as problem:
        return Verdict(problem=problem)
    except IntegrityError:  # another request made it meanwhile: what it made decides
        standing.update(read([row.id]))
        return _settled(row, standing.get(row.id), owned) or CONFLICT
    except (DataError, OverflowError):  # a value that nobody foresaw refuses its own row, and no other one
        return Verdict(problem=Problem("invalid"))
    standing.pop(row.id, None)
    standing.update(read([row.id]))
    return STORED


def _settled(row: Pushed, stored: Stored | None, owned: Collection[str]) -> Verdict | None:
    verdict = feeds.settled(row, stored.owned if stored else None, owned)
    if verdict is not None and verdict.is_conflict and stored is not None:
        by, at = (audit.last_act(stored.kind, row.id) if stored.kind else None) or (stored.by, stored.at)
        return Verdict(is_conflict=True, by=by, at=at)
    return verdict


def shaped(row: Pushed, shape: type[S]) -> S:
    """The owned fields of the new state; Problem invalid names the field that does not fit."""
    given = {name: row.new[name] for name in shape.__struct_fields__ if name in row.new}
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as fault:
        _, _, path = str(fault).rpartition(" - at `$")
        pointer = path.rstrip("`").replace(".", "/") if path else ""
        raise Problem("invalid", errors=[FieldError("invalid", pointer=pointer)]) from fault


def plain(value: msgspec.Struct) -> Document:
    """The same as JSON would tell it, to be compared and answered."""
    told: Any = msgspec.to_builtins(value)
    return dict(told)


def changed(new: Mapping[str, Any], stored: Mapping[str, Any]) -> set[str]:
    """Names of the owned fields that the new state changes."""
    return {name for name in stored.keys() | new.keys() if not feeds.same(new, stored, (name,))}


def require_before_end(sent: Sent, day: date | None) -> None:
    """Passes for work of a day on which the device was still in use; `device_ended` else, and for undated work."""
    if sent.until is not None and (day is None or day > clock.business_date(sent.until)):
        raise Problem("device_ended")
