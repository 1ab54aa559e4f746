"""A day was lost: its stops go to the following days with room, nobody falls below once a month, and the act can be
taken back. Called by cycles/plan_api.py; one territory's month at a time, so a few hundred stops at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, QuerySet

from backend import audit, clock, scope
from backend.audit import Act
from backend.errors import Problem
from backend.models import Unit
from backend.reach import require_unit
from backend.scope import Actor
from cycles import cadence
from cycles.queries import working_calendar
from retail.places import Point, distance_m, to_wgs84
from visits import following
from visits.models import PlannedStop, Replan, Visit
from visits.stops import PLAN

State = PlannedStop.State
FAR = float("inf")
MADE_ROOM = "让位于改期的走访 / made room for a stop of a lost day"


@dataclass
class Board:
    """The territory's stops of the month while they are being moved: by day, and how often each shop is seen."""

    days: list[date]  # that stops may go to
    per_day: int
    stops: list[PlannedStop]  # on the plan, those of the lost day left out
    seen: Counter[UUID]  # shop -> stops and visits that it keeps
    points: dict[UUID, Point | None]
    moves: list[dict[str, Any]] = field(default_factory=list)
    touched: list[PlannedStop] = field(default_factory=list)  # in the order of the moves

    def on(self, day: date) -> list[PlannedStop]:
        return [stop for stop in self.stops if stop.on_date == day]

    def free_days(self, stop: PlannedStop, *, full: bool = False) -> list[date]:
        """Days on which the shop does not stand yet, with room left (`full`: with or without)."""
        found = []
        for day in self.days:
            there = self.on(day)
            if all(other.retailer_id != stop.retailer_id for other in there) and (full or len(there) < self.per_day):
                found.append(day)
        return found

    def away(self, stop: PlannedStop, others: Iterable[PlannedStop]) -> float:
        """Metres from the stop to the nearest of the others; FAR where nothing is known."""
        here = self.points[stop.retailer_id]
        there = [self.points[other.retailer_id] for other in others]
        return min((distance_m(here, point) for point in there if point), default=FAR) if here else FAR

    def put(self, stop: PlannedStop, day: date) -> None:
        was = _was(stop)
        stop.position = max((other.position for other in self.on(day)), default=0) + 1
        stop.on_date, stop.state, stop.miss_reason, stop.is_own = day, State.PLANNED, "", True
        self.stops.append(stop)
        self.seen[stop.retailer_id] += 1
        self._moved(stop, was)

    def take_off(self, stop: PlannedStop) -> None:
        was = _was(stop)
        stop.state, stop.words = State.DROPPED, MADE_ROOM
        self.stops.remove(stop)
        self.seen[stop.retailer_id] -= 1
        self._moved(stop, was)

    def _moved(self, stop: PlannedStop, was: dict[str, Any]) -> None:
        stop.version += 1
        to = None if stop.state == State.DROPPED else stop.on_date.isoformat()
        self.moves.append({**was, "to": to, "version": stop.version})
        self.touched.append(stop)


def replan(*, actor: Actor, territory_id: int, lost_on: date) -> Replan:
    """What was not done of the lost day stands on following days of the month: where the shop is nearest to stops that
    are there already, no day above its norm, at the end of its order, set by hand.

    A shop that would not be seen at all in the month comes first: where no day has room, a drafted stop of a shop that
    is seen more often makes room, and where there is none the day goes above its norm. What is a shop's second visit or
    more and finds no room stays on the lost day. `not_found` without `cycles.plan` over the territory; `conflict` when
    there is nothing to move, or no day left. About 12 queries, whatever the number of stops.
    """
    require_unit(actor, PLAN, territory_id)
    with transaction.atomic():
        undone, board = _read(territory_id, lost_on)
        if not undone or not board.days:
            raise Problem("conflict")
        for stop in sorted(undone, key=lambda one: (board.seen[one.retailer_id] > 0, one.position)):
            _place(board, stop)
        made = Replan.objects.create(
            territory_id=territory_id,
            lost_on=lost_on,
            moves=board.moves,
            made_by_id=actor.person_id,
            made_at=clock.now(),
        )
        _write([stop for stop in board.touched if stop.state == State.DROPPED])  # whose place is free from then on
        _write([stop for stop in board.touched if stop.state != State.DROPPED])
        _audit(actor, made, "plan.replan", board.moves)
    return made


def undo(*, actor: Actor, made: Replan) -> list[UUID]:
    """Each stop that the replan moved stands where it stood, unless somebody or a visit has changed it since, or its
    shop has moved on: those are left, and returned. `not_found`; `conflict` when it was taken back already, or a place
    is taken. Seven queries."""
    require_unit(actor, PLAN, made.territory_id)
    with transaction.atomic():
        held = Replan.objects.select_for_update().get(pk=made.pk)
        if held.undone_at is not None:
            raise Problem("conflict")
        moved = {UUID(move["stop"]): move for move in held.moves}
        here = _of_the_territory(made.territory_id).select_for_update(of=("self",))
        rows = {stop.pk: stop for stop in here.filter(pk__in=moved).order_by("pk")}
        back = [key for key, move in moved.items() if key in rows and rows[key].version == move["version"]]
        for key in back:
            _restore(rows[key], moved[key])
        if _taken(held, [rows[key] for key in back]):
            raise Problem("conflict")
        _write([rows[key] for key in back if moved[key]["to"] is not None])
        _write([rows[key] for key in back if moved[key]["to"] is None])
        held.undone_at, held.version = clock.now(), held.version + 1
        held.save(update_fields=["undone_at", "version"])
        _audit(actor, held, "plan.replan_undo", [moved[key] for key in back])
    return sorted(set(moved) - set(back))


def _read(territory_id: int, lost_on: date) -> tuple[list[PlannedStop], Board]:
    """The undone stops of the lost day, and the board of the rest of the month."""
    month = clock.month_of(lost_on)
    rows = _of_the_territory(territory_id).filter(month=month).exclude(state=State.DROPPED)
    held = rows.select_for_update(of=("self",)).select_related("retailer")
    stops = list(held.order_by("on_date", "position", "pk"))
    undone = [s for s in stops if s.on_date == lost_on and s.state in {State.PLANNED, State.MISSED}]
    others = [s for s in stops if s not in undone]
    landed = Visit.objects.filter(month=month, retailer_id__in=[s.retailer_id for s in stops])
    landed = landed.exclude(presence__in=(Visit.Presence.TO_VERIFY, Visit.Presence.REJECTED))
    visited = landed.values_list("retailer_id", flat=True)
    asked, today = cadence.ask(month, [territory_id]), clock.today()
    coming = [s.retailer_id for s in others if s.state == State.PLANNED and s.on_date >= today]
    seen = Counter(visited) + Counter(coming)
    worked = cadence.worked_days(asked, cadence.working_days(month, working_calendar(), max(lost_on, today)))
    open_days = [day for day in worked.get(territory_id, []) if day > lost_on]
    points = {s.retailer_id: _point(s) for s in stops}
    return undone, Board(open_days, asked.values["per_day"][0], others, seen, points)


def _of_the_territory(territory_id: int) -> QuerySet[PlannedStop]:
    """The territory's stops, but for those of shops that have moved on: what becomes of these others decide."""
    own = Exists(scope.assigned("retailer_id", [territory_id], clock.today()))
    return PlannedStop.objects.filter(own, territory_id=territory_id)


def _place(board: Board, stop: PlannedStop) -> None:
    if days := board.free_days(stop):
        board.put(stop, min(days, key=lambda day: (board.away(stop, board.on(day)), len(board.on(day)), day)))
        return
    if board.seen[stop.retailer_id]:
        return
    days = board.free_days(stop, full=True)
    spare = [s for day in days for s in board.on(day) if _may_go(s) and board.seen[s.retailer_id] > 1]
    if spare:
        going = min(spare, key=lambda other: (board.away(stop, [other]), other.on_date, other.position))
        board.take_off(going)
        board.put(stop, going.on_date)
    elif days:
        board.put(stop, min(days, key=lambda day: (len(board.on(day)), day)))


def _may_go(stop: PlannedStop) -> bool:
    return stop.state == State.PLANNED and not stop.is_own


def _point(stop: PlannedStop) -> Point | None:
    shop = stop.retailer
    return None if shop.lon is None or shop.lat is None else to_wgs84(shop.lon, shop.lat, shop.datum)


def _was(stop: PlannedStop) -> dict[str, Any]:
    """What a stop is before it moves: all that taking it back needs."""
    return {
        "stop": str(stop.pk),
        "retailer": str(stop.retailer_id),
        "from": stop.on_date.isoformat(),
        "position": stop.position,
        "state": stop.state,
        "miss_reason": stop.miss_reason,
        "words": stop.words,
        "is_own": stop.is_own,
    }


def _restore(stop: PlannedStop, move: dict[str, Any]) -> None:
    stop.on_date, stop.position = date.fromisoformat(move["from"]), move["position"]
    stop.state, stop.miss_reason, stop.words, stop.is_own = (
        move["state"],
        move["miss_reason"],
        move["words"],
        move["is_own"],
    )
    stop.version += 1


def _taken(made: Replan, going_back: list[PlannedStop]) -> bool:
    """Whether another stop of a shop stands by now where one is to go back to."""
    wanted = {(stop.retailer_id, stop.on_date) for stop in going_back}
    others = PlannedStop.objects.exclude(state=State.DROPPED).exclude(pk__in=[stop.pk for stop in going_back])
    others = others.filter(retailer_id__in=[shop for shop, _ in wanted], month=clock.month_of(made.lost_on))
    return any(place in wanted for place in others.values_list("retailer_id", "on_date"))


_WRITE = """
UPDATE visits_plannedstop s SET on_date = w.on_date, position = w.position, state = w.state,
    miss_reason = w.miss_reason, words = w.words, is_own = w.is_own, version = w.version
FROM unnest(%s::uuid[], %s::date[], %s::int[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::int[])
    AS w(id, on_date, position, state, miss_reason, words, is_own, version)
WHERE s.id = w.id
"""
_COLUMNS = ("pk", "on_date", "position", "state", "miss_reason", "words", "is_own", "version")


def _write(stops: Sequence[PlannedStop]) -> None:
    """These stops stand in the database as they do here."""
    if stops:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [[getattr(stop, name) for stop in stops] for name in _COLUMNS])
        following.tell(stop.retailer_id for stop in stops)


def _audit(actor: Actor, made: Replan, act: str, moves: list[dict[str, Any]]) -> None:
    county = Unit.objects.values_list("ancestors", flat=True).get(pk=made.territory_id)[3]
    acts = [Act(move["stop"], county, {"on_date": move["from"]}, {"on_date": move["to"]}) for move in moves]
    audit.record_many(actor, act, PlannedStop, acts)
