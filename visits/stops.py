"""Verbs on planned stops by hand: put, move, arrange, drop, order a day, say why one was missed.

Called by visits/stop_api.py, cycles/plan_api.py and, for what phones push, visits/plan_push.py.

What makes them done and missed without a hand (`link`, `miss_past`) is visits/following.py.

Who may: `cycles.plan` over the shop today, and on the day that a stop is put on. What is set by hand is its maker's: no
draft changes it after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from backend import audit, clock, scope
from backend.audit import Act
from backend.errors import Problem, register
from backend.reach import require_unit
from backend.scope import Actor
from visits.following import MARK, link, miss_past, tell
from visits.models import PlannedStop

__all__ = [
    "MARK",
    "NewStop",
    "arrange",
    "drop",
    "link",
    "miss_past",
    "move",
    "put",
    "reorder",
    "say_why_missed",
]

PLAN = "cycles.plan"
State = PlannedStop.State

register(
    "stop_settled",
    409,
    ("该计划走访已了结", "This stop is settled already"),
    (
        "已完成、已错过或已取消的计划走访不能再改期。",
        "What was done, missed or taken off the plan stays as it is.",
    ),
)


@dataclass(frozen=True)
class NewStop:
    """A shop to be visited on a day, and what for, in words."""

    retailer_id: UUID
    on_date: date
    words: str = ""


def put(*, actor: Actor, new: NewStop) -> PlannedStop:
    """The shop stands last in the day's order, set by hand. `not_found` without `cycles.plan` over it on the day;
    `bad_date` for a day that is past; `conflict` where it stands on that day already. Four queries."""
    stamp = scope.writable(actor, PLAN, [(new.retailer_id, new.on_date)]).get((new.retailer_id, new.on_date))
    if stamp is None:
        raise Problem("not_found")
    _require_to_come(new.on_date)
    with transaction.atomic():
        stop = PlannedStop(
            month=clock.month_of(new.on_date),
            retailer_id=new.retailer_id,
            territory_id=stamp.territory_id,
            county_id=stamp.county_id,
            on_date=new.on_date,
            position=_after_last(stamp.territory_id, new.on_date),
            words=new.words,
            is_own=True,
        )
        _save(stop, new=True)
        audit.record(actor, "stop.put", stop, after=audit.snapshot(stop), unit_id=stop.county_id)
    return stop


def move(*, actor: Actor, stop: PlannedStop, to: date) -> PlannedStop:
    """The stop stands last on another day of its month, from now on set by hand, on the plan of the territory that the
    shop belongs to on that day. `not_found`; `stop_settled` unless it
    is still planned; `bad_date` for a day past or of another month; `conflict` where the shop stands on that day
    already. Six queries."""
    stamp = _require_day(actor, stop, to)
    with transaction.atomic():
        held = _held(stop)
        _require_planned(held)
        before = audit.snapshot(held)
        if (to, stamp.territory_id) != (held.on_date, held.territory_id):
            held.position, held.on_date = _after_last(stamp.territory_id, to), to
        held.territory_id, held.county_id = stamp.territory_id, stamp.county_id
        held.is_own = True
        _save(held)
        audit.record(actor, "stop.move", held, before=before, after=audit.snapshot(held), unit_id=held.county_id)
    return held


def arrange(*, actor: Actor, stop: PlannedStop, to: date, position: int, words: str) -> PlannedStop:
    """The stop stands on the day at this place of its order, set by hand, with these words; other stops keep theirs, so
    two may share a place until each was arranged. Errors and queries as `move`, less one."""
    stamp = _require_day(actor, stop, to)
    with transaction.atomic():
        held = _held(stop)
        _require_planned(held)
        before = audit.snapshot(held)
        held.on_date, held.position, held.words = to, position, words
        held.territory_id, held.county_id = stamp.territory_id, stamp.county_id
        held.is_own = True
        _save(held)
        audit.record(actor, "stop.arrange", held, before=before, after=audit.snapshot(held), unit_id=held.county_id)
    return held


def drop(*, actor: Actor, stop: PlannedStop, words: str) -> PlannedStop:
    """The stop is off the plan, for a reason in words; no draft puts it back. `not_found`; `invalid` without words;
    `stop_settled` unless it is still planned. Five queries."""
    if not words.strip():
        raise Problem("invalid")
    _require(actor, stop, clock.today())
    with transaction.atomic():
        held = _held(stop)
        _require_planned(held)
        before = audit.snapshot(held)
        held.state, held.words, held.is_own = State.DROPPED, words, True
        _save(held)
        after = audit.snapshot(held)
        audit.record(actor, "stop.drop", held, before=before, after=after, reason=words, unit_id=held.county_id)
    return held


def say_why_missed(*, actor: Actor, stop: PlannedStop, reason: str, words: str = "") -> PlannedStop:
    """The missed stop has its reason code. `not_found`; `conflict` when it was not missed; `invalid` for "other"
    without words. Five queries."""
    if reason == PlannedStop.MissReason.OTHER and not words.strip():
        raise Problem("invalid")
    _require(actor, stop, clock.today())
    with transaction.atomic():
        held = _held(stop)
        if held.state != State.MISSED:
            raise Problem("conflict")
        before = audit.snapshot(held)
        held.miss_reason, held.words = reason, words
        _save(held)
        after = audit.snapshot(held)
        audit.record(actor, "stop.reason", held, before=before, after=after, reason=words, unit_id=held.county_id)
    return held


_ORDER = """
UPDATE visits_plannedstop s SET position = w.place, is_own = true, version = s.version + 1
FROM unnest(%s::uuid[]) WITH ORDINALITY AS w(id, place) WHERE s.id = w.id AND (s.position <> w.place OR NOT s.is_own)
"""


def reorder(*, actor: Actor, territory_id: int, on: date, order: Sequence[UUID]) -> list[PlannedStop]:
    """The day's stops stand in this order, from 1, set by hand. `not_found` without `cycles.plan` over the territory;
    `bad_date` for a day that is past; `conflict` unless the order names each stop of the day that the actor reads once
    (not those of shops that have moved on). Six queries."""
    require_unit(actor, PLAN, territory_id)
    _require_to_come(on)
    rows = PlannedStop.objects.exclude(state=State.DROPPED).filter(territory_id=territory_id, on_date=on)
    rows = scope.visible_to(rows, actor)
    with transaction.atomic(), connection.cursor() as cursor:
        held = {stop.pk: stop for stop in rows.select_for_update(of=("self",)).order_by("id")}
        if len(order) != len(held) or set(order) != set(held):
            raise Problem("conflict")
        cursor.execute(_ORDER, [list(order)])
        acts = [
            Act(key, held[key].county_id, {"position": held[key].position}, {"position": place})
            for place, key in enumerate(order, 1)
            if held[key].position != place
        ]
        audit.record_many(actor, "stop.order", PlannedStop, acts)
        tell(stop.retailer_id for stop in held.values())
    return list(rows.order_by("position", "id"))


def _require(actor: Actor, stop: PlannedStop, *days: date) -> dict[tuple[UUID, date], scope.Stamp]:
    """The shop is the actor's to plan for on each of the days; where it belongs on each."""
    pairs = {(stop.retailer_id, day) for day in days}
    stamps = scope.writable(actor, PLAN, pairs)
    if stamps.keys() != pairs:
        raise Problem("not_found")
    return stamps


def _require_day(actor: Actor, stop: PlannedStop, to: date) -> scope.Stamp:
    """The stop may go to the day: the shop is the actor's then and today, the day is to come and of its month."""
    stamp = _require(actor, stop, clock.today(), to)[stop.retailer_id, to]
    _require_to_come(to)
    if clock.month_of(to) != stop.month:
        raise Problem("bad_date", detail_zh="只能在当月内改期。", detail_en="A stop moves within its month.")
    return stamp


def _require_to_come(on: date) -> None:
    if on < clock.today():
        raise Problem("bad_date", detail_zh="计划不能排到过去的日期。", detail_en="A plan is for days to come.")


def _require_planned(held: PlannedStop) -> None:
    if held.state != State.PLANNED:
        raise Problem("stop_settled")


def _held(stop: PlannedStop) -> PlannedStop:
    return PlannedStop.objects.select_for_update().get(pk=stop.pk)


def _after_last(territory_id: int, on: date) -> int:
    day = PlannedStop.objects.exclude(state=State.DROPPED).filter(territory_id=territory_id, on_date=on)
    return (day.aggregate(last=Max("position"))["last"] or 0) + 1


def _save(stop: PlannedStop, *, new: bool = False) -> None:
    """`conflict` where another stop of the shop stands on the day."""
    if not new:
        stop.version += 1
    try:
        with transaction.atomic():
            stop.save(force_insert=new)
            tell([stop.retailer_id])
    except IntegrityError as error:
        raise Problem("conflict") from error
