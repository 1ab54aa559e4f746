"""A day of the plan as it is read: its stops with the reasons in words and their links. Called by plan_views.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from backend import clock
from backend.models import Unit
from backend.scope import Actor, visible_to
from cycles import plan_reading
from visits.models import PlannedStop, Replan
from web.boards.place import address

State = PlannedStop.State


@dataclass(frozen=True)
class Reason:
    """Why a shop stands on the plan, and the page of what asks for it."""

    text: str
    href: str


@dataclass(frozen=True)
class Stop:
    """One stop of the day."""

    stop: PlannedStop
    reasons: tuple[Reason, ...]

    @property
    def is_open(self) -> bool:
        return self.stop.state in (State.PLANNED, State.MISSED)

    @property
    def wants_reason(self) -> bool:
        return self.stop.state == State.MISSED and not self.stop.miss_reason


@dataclass(frozen=True)
class Day:
    """A day of the strip: how many stops, and how many of them are done."""

    on: date | None
    stops: int = 0
    done: int = 0


def stops_of(actor: Actor, territory: Unit, on: date) -> list[Stop]:
    """The day's stops in their order, each reason in words with its page. Three queries."""
    found = plan_reading.stops_of(actor, territory.pk, clock.month_of(on), on)
    told = plan_reading.Sentences(found)
    return [Stop(one, tuple(Reason(r["text"], _href(one, r)) for r in told.of(one))) for one in found]


def of_month(actor: Actor, territory: Unit, month: date) -> dict[date, Day]:
    """The days of the month on which something is planned. One query."""
    rows = PlannedStop.objects.filter(territory_id=territory.pk, month=month).exclude(state=State.DROPPED)
    counted = (
        visible_to(rows, actor)
        .order_by()
        .values_list("on_date")
        .annotate(stops=Count("pk"), done=Count("pk", filter=Q(state=State.DONE)))
    )
    return {day: Day(day, stops, done) for day, stops, done in counted}


def week_of(found: Mapping[date, Day], on: date) -> list[Day]:
    """The seven days of the week, as far as the month's plan is known."""
    monday = on - timedelta(days=on.weekday())
    return [found.get(day, Day(day)) for day in (monday + timedelta(days=n) for n in range(7))]


def calendar_of(found: Mapping[date, Day], month: date) -> list[Day]:
    """The days of the month in weeks, blanks before the first."""
    days = [month.replace(day=n) for n in range(1, clock.month_end(month).day + 1)]
    return [Day(None)] * month.weekday() + [found.get(day, Day(day)) for day in days]


def first_to_come(found: Mapping[date, Day], today: date) -> date | None:
    """The next day from today on which something is planned."""
    return min((day for day in found if day >= today), default=None)


def replans(actor: Actor, territory: Unit, month: date) -> list[Replan]:
    """The days of the month that were planned anew and may be taken back, the newest first. One query."""
    rows = Replan.objects.filter(territory_id=territory.pk, lost_on__gte=month, lost_on__lte=clock.month_end(month))
    return list(visible_to(rows, actor).filter(undone_at=None).select_related("made_by").order_by("-made_at")[:5])


def _href(stop: PlannedStop, told: dict[str, Any]) -> str:
    """A finding and an improvement have a place of their own; what asks otherwise stands with the shop's visits."""
    match told["kind"]:
        case "finding":
            return reverse("finding", args=[told["id"]])
        case "improvement":
            return f"{reverse('improvements')}?{address(stop.territory_id, stop.month, state='all')}#i-{told['id']}"
        case _:
            return reverse("shop", args=[stop.retailer_id, f"{stop.month:%Y-%m}"])
