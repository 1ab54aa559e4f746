"""Needs and promises as phones push them: each row through the verbs of needs.py and promises.py; for retail/feeds.py.

A phone owns what a need or promise says and how it ended. What it cannot change any more (whose it is, when it came up)
is refused with `read_only_field`; its delete takes back what its person entered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import Model
from msgspec import Meta, Struct

from backend import clock, rowwise, synclog
from backend.errors import Problem
from backend.feeds import CONFLICT, Document, Pushed, Sent, Verdict
from backend.rowwise import Stored
from backend.scope import TERRITORY, Actor
from retail import needs, promises, queries, requests, withdrawing
from retail.models import Need, Promise

EDIT = "retail.edit"

Words = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"\S")]
Outcome = Annotated[str, Meta(max_length=2_000)]


class NeedState(Struct, frozen=True):
    """What a phone says of a need; closed once `closed_on` is given, with an outcome; routed once it names a department
    (none says nothing: what was routed stays so)."""

    retailer_id: UUID
    kind: Literal["supply", "brand", "display", "training", "complaint", "request", "other"]
    text: Words
    raised_on: date
    priority: Annotated[int, Meta(ge=1, le=3)] = 2
    due_on: date | None = None
    origin_visit_id: UUID | None = None
    department: Literal["service_desk", "enforcement", "brand", "logistics"] | None = None
    closed_on: date | None = None
    outcome: Outcome | None = None


class PromiseState(Struct, frozen=True):
    """What a phone says of a promise; kept or dropped on `settled_on`."""

    retailer_id: UUID
    text: Words
    promised_on: date
    due_on: date
    origin_visit_id: UUID | None = None
    state: Literal["open", "kept", "dropped"] = "open"
    settled_on: date | None = None
    outcome: Outcome | None = None


NEED_OWNED = frozenset(NeedState.__struct_fields__)
PROMISE_OWNED = frozenset(PromiseState.__struct_fields__)
_CLOSING = frozenset({"closed_on", "outcome"})
_NOT_EDITED = _CLOSING | {"department"}
_SETTLING = frozenset({"state", "settled_on", "outcome"})


def push_needs(actor: Actor, rows: Sequence[Pushed], sent: Sent) -> list[Verdict]:
    """Needs are raised, edited, closed and taken back as phones say. Problems are those of the verbs, `invalid`,
    `read_only_field`, `device_ended`. One query, and for each row written those of its verb and two."""

    def write(row: Pushed, stored: Document | None) -> Verdict | None:
        if row.deleted:
            need = Need.objects.get(pk=row.id)
            rowwise.require_before_end(sent, None)
            needs.withdraw_need(actor=actor, need=need)
            return None
        new = rowwise.shaped(row, NeedState)
        rowwise.require_before_end(sent, new.closed_on or new.raised_on)
        if stored is None:
            if withdrawing.was_taken_back(row.id):
                return CONFLICT
            made = needs.raise_need(actor=actor, new=needs.NewNeed(**_without(new, _NOT_EDITED), id=row.id))
            if new.department:
                made = requests.route(actor=actor, need=made, department=new.department, on=new.raised_on)
            _close(actor, made, new)
            return None
        _change_need(actor, row, new, rowwise.changed(rowwise.plain(new), stored))
        return None

    found = rowwise.one_by_one(rows, owned=NEED_OWNED, read=_needs, write=write)
    _leave_strays(actor, "needs", rows, found)
    return found


def push_promises(actor: Actor, rows: Sequence[Pushed], sent: Sent) -> list[Verdict]:
    """Promises are made, edited, kept, dropped and taken back as phones say. As `push_needs`."""

    def write(row: Pushed, stored: Document | None) -> Verdict | None:
        if row.deleted:
            promise = Promise.objects.get(pk=row.id)
            rowwise.require_before_end(sent, None)
            promises.withdraw(actor=actor, promise=promise)
            return None
        new = rowwise.shaped(row, PromiseState)
        rowwise.require_before_end(sent, new.settled_on or new.promised_on)
        if stored is None:
            if withdrawing.was_taken_back(row.id):
                return CONFLICT
            made = promises.make(actor=actor, new=promises.NewPromise(**_without(new, _SETTLING), id=row.id))
            _settle(actor, made, new)
            return None
        _change_promise(actor, row, new, rowwise.changed(rowwise.plain(new), stored))
        return None

    found = rowwise.one_by_one(rows, owned=PROMISE_OWNED, read=_promises, write=write)
    _leave_strays(actor, "promises", rows, found)
    return found


def _change_need(actor: Actor, row: Pushed, new: NeedState, changes: set[str]) -> None:
    need = Need.objects.get(pk=row.id)
    if edits := {name: getattr(new, name) for name in changes - _NOT_EDITED}:
        need = needs.edit_need(actor=actor, need=need, values=edits)
    if new.department and "department" in changes:
        need = requests.route(actor=actor, need=need, department=new.department)
    if changes & _CLOSING:
        if need.closed_on is not None:
            raise Problem("conflict")
        _close(actor, need, new)


def _close(actor: Actor, need: Need, new: NeedState) -> None:
    if new.closed_on is None:
        if new.outcome:
            raise Problem("invalid")
        return
    if not (new.outcome or "").strip():
        raise Problem("invalid")
    needs.close_need(actor=actor, need=need, on=new.closed_on, outcome=new.outcome or "")


def _change_promise(actor: Actor, row: Pushed, new: PromiseState, changes: set[str]) -> None:
    promise = Promise.objects.get(pk=row.id)
    if edits := {name: getattr(new, name) for name in changes - _SETTLING}:
        promise = promises.edit(actor=actor, promise=promise, values=edits)
    if changes & _SETTLING:
        if promise.state != Promise.State.OPEN:
            raise Problem("conflict")
        _settle(actor, promise, new)


def _settle(actor: Actor, promise: Promise, new: PromiseState) -> None:
    outcome = new.outcome or ""
    if new.state == "open":
        if new.settled_on or outcome:
            raise Problem("invalid")
    elif new.settled_on is None:
        raise Problem("invalid")
    elif new.state == "kept":
        promises.keep(actor=actor, promise=promise, on=new.settled_on, outcome=outcome)
    else:
        promises.drop(actor=actor, promise=promise, on=new.settled_on, reason=outcome)


def _without(new: Struct, names: frozenset[str]) -> dict[str, Any]:
    return {name: getattr(new, name) for name in new.__struct_fields__ if name not in names}


# -- what stands -------------------------------------------------------------------------------------------------------


def _needs(ids: Iterable[UUID]) -> dict[UUID, Stored]:
    return _standing(Need, ids, lambda row: _told(row, NeedState), "raised_by")


def _promises(ids: Iterable[UUID]) -> dict[UUID, Stored]:
    return _standing(Promise, ids, lambda row: _told(row, PromiseState), "promised_by")


def _standing(
    model: type[Need] | type[Promise], ids: Iterable[UUID], told: Callable[[Any], Document], author: str
) -> dict[UUID, Stored]:
    held: Any = model._default_manager.select_for_update(of=("self",), no_key=True).select_related(author)
    rows = held.filter(pk__in=list(ids)).order_by("pk")
    return {row.pk: Stored(told(row), getattr(row, author).name, model._meta.label_lower) for row in rows}


def _told(row: Model, shape: type[NeedState] | type[PromiseState]) -> Document:
    values: Mapping[str, Any] = {name: getattr(row, name) for name in shape.__struct_fields__}
    unsaid = {name: None for name in ("outcome", "department") if name in values and not values[name]}
    return rowwise.plain(shape(**{**values, **unsaid}))


# -- late work of a shop that has moved on -----------------------------------------------------------------------------


def _leave_strays(actor: Actor, collection: str, rows: Sequence[Pushed], verdicts: Sequence[Verdict]) -> None:
    """What landed for a shop that is another's by now is told to its phones by the verbs; the author's own phone is
    told to drop it, as it dropped the shop. Two queries, and two for each of the author's territories."""
    done = [row for row, found in zip(rows, verdicts, strict=True) if found.problem is None and not found.is_conflict]
    mine = set(actor.units(EDIT, levels=[TERRITORY]))
    model: Any = Need if collection == "needs" else Promise
    shops = dict(model.objects.filter(pk__in=[row.id for row in done]).values_list("pk", "retailer_id"))
    owners = queries.owners(set(shops.values()), clock.today()) if mine and shops else {}
    strays = [document for document, shop in shops.items() if owners.get(shop) not in mine]
    if strays and mine:
        synclog.append(collection, dict.fromkeys(mine, strays), deleted=True)
