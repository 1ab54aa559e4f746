"""The planned stops as phones push them: another day or place in its order, taken off, why one was missed.

For visits/feeds.py. Each row goes through the verbs of stops.py. A phone neither plans a new stop nor makes one done:
what makes it done is the visit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from backend import rowwise
from backend.errors import Problem
from backend.feeds import Document, Pushed, Sent, Verdict
from backend.rowwise import Stored
from backend.scope import Actor
from visits import following, stops
from visits.models import PlannedStop


class StopState(Struct, frozen=True):
    """What a phone says of a stop."""

    on_date: date
    position: Annotated[int, Meta(ge=1, le=1_000)]
    state: Literal["planned", "done", "missed", "dropped"]
    miss_reason: (
        Literal["shop_closed", "holder_away", "weather", "duty", "leave", "vehicle", "no_time", "other"] | None
    ) = None
    words: Annotated[str, Meta(max_length=200)] | None = None


OWNED = frozenset(StopState.__struct_fields__)
_PLACE = frozenset({"on_date", "position"})
_REASON = frozenset({"miss_reason", "words"})


def push(actor: Actor, rows: Sequence[Pushed], sent: Sent) -> list[Verdict]:
    """Stops are arranged, taken off the plan, or say why they were missed. Problems are those of stops.py, `invalid`
    for a state that only visits and days make, `not_found` for a stop that is not on the plan, `device_ended`.

    Two queries, one for each month, and for each row written those of its verb and two.
    """

    def write(row: Pushed, stored: Document | None) -> None:
        rowwise.require_before_end(sent, None)
        if stored is None:
            raise Problem("not_found")
        if row.deleted:
            raise Problem("invalid", detail_zh="取消计划走访须说明原因。", detail_en="A stop is dropped with a reason.")
        new = rowwise.shaped(row, StopState)
        _bring(actor, PlannedStop.objects.get(pk=row.id), new, rowwise.changed(rowwise.plain(new), stored))

    return rowwise.one_by_one(rows, owned=OWNED, read=_read, write=write)


def _bring(actor: Actor, stop: PlannedStop, new: StopState, changes: set[str]) -> None:
    words = new.words or ""
    if changes & _PLACE or ("words" in changes and new.state == "planned"):
        told = words if new.state == "planned" else stop.words
        stop = stops.arrange(actor=actor, stop=stop, to=new.on_date, position=new.position, words=told)
    if "state" in changes:
        if new.state != "dropped" or new.miss_reason:
            raise Problem("invalid")
        stops.drop(actor=actor, stop=stop, words=words)
    elif changes & _REASON and new.state == "missed":
        if new.miss_reason is None:
            raise Problem("invalid")
        stops.say_why_missed(actor=actor, stop=stop, reason=new.miss_reason, words=words)
    elif "miss_reason" in changes or ("words" in changes and new.state != "planned"):
        raise Problem("stop_settled")


def _read(ids: Iterable[UUID]) -> dict[UUID, Stored]:
    """Under the lock of their months, as every set-based writer of stops, so that neither waits for the other twice."""
    wanted = PlannedStop.objects.filter(pk__in=list(ids))
    for month in sorted(set(wanted.values_list("month", flat=True))):
        following.lock(month)
    return {
        row.pk: Stored(_told(row), kind=PlannedStop._meta.label_lower)
        for row in wanted.select_for_update(of=("self",)).order_by("pk")
    }


def _told(row: PlannedStop) -> Document:
    return {
        "on_date": row.on_date.isoformat(),
        "position": row.position,
        "state": str(row.state),
        "miss_reason": row.miss_reason or None,
        "words": row.words or None,
    }
