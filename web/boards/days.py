"""A day of the plan as it is read: its stops with the reasons in words and their links. Called by plan_views.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from backend import clock
from backend.models import Unit
from backend.scope import Actor, visible_to
from cycles.rules.rule import rule
from cycles.sentences import say
from visits.models import PlannedStop, Replan
from web.boards.place import address
from web.templatetags.board_tags import called

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

    on: date
    stops: int
    done: int


def stops_of(actor: Actor, territory: Unit, on: date) -> list[Stop]:
    """The day's stops in their order, what was taken off last. One query."""
    rows = visible_to(PlannedStop.objects.filter(territory_id=territory.pk, on_date=on), actor)
    found = list(rows.select_related("retailer").order_by("position", "id"))
    found.sort(key=lambda stop: stop.state == State.DROPPED)
    return [Stop(stop, tuple(_reason(stop, one) for one in stop.reasons)) for stop in found]


def strip(actor: Actor, territory: Unit, on: date) -> list[Day]:
    """The days of the month on which something is planned, and the day itself. One query."""
    rows = PlannedStop.objects.filter(territory_id=territory.pk, month=clock.month_of(on)).exclude(state=State.DROPPED)
    counted = (
        visible_to(rows, actor)
        .order_by()
        .values_list("on_date")
        .annotate(stops=Count("pk"), done=Count("pk", filter=Q(state=State.DONE)))
    )
    found = {day: Day(day, stops, done) for day, stops, done in counted}
    found.setdefault(on, Day(on, 0, 0))
    return [found[day] for day in sorted(found)]


def replans(actor: Actor, territory: Unit, month: date) -> list[Replan]:
    """The days of the month that were planned anew and may be taken back, the newest first. One query."""
    rows = Replan.objects.filter(territory_id=territory.pk, lost_on__gte=month, lost_on__lte=clock.month_end(month))
    return list(visible_to(rows, actor).filter(undone_at=None).select_related("made_by").order_by("-made_at")[:5])


def _reason(stop: PlannedStop, told: dict[str, Any]) -> Reason:
    parameters = dict(told["parameters"])
    if "rule" in parameters:
        parameters["rule"] = called(rule(parameters["rule"]))
    return Reason(say(f"stop.{told['code']}", 1, parameters), _href(stop, told))


def _href(stop: PlannedStop, told: dict[str, Any]) -> str:
    """A finding and an improvement have a place of their own; what asks otherwise stands with the shop's visits."""
    match told["kind"]:
        case "finding":
            return reverse("finding", args=[told["id"]])
        case "improvement":
            return f"{reverse('improvements')}?{address(stop.territory_id, stop.month, state='all')}#i-{told['id']}"
        case _:
            return reverse("shop", args=[stop.retailer_id, f"{stop.month:%Y-%m}"])
