"""Reads of a month's plan: a territory's days with their stops, each reason as a sentence; for cycles/plan_api.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists

from backend import clock
from backend.scope import Actor, assigned, visible_to
from cycles import sentences
from cycles.models import Improvement, Sighting
from cycles.rules.rule import rule
from visits.models import PlannedStop

LINKS = {
    "finding": "/api/v1/findings/{id}",
    "promise": "/api/v1/promises/{id}",
    "policy_version": "/api/v1/policy-versions/{id}",
    "improvement": "/api/v1/improvements/{id}",
    "retailer": "/api/v1/retailers/{id}",
}


@dataclass(frozen=True)
class Day:
    """One day of the plan: whether it is worked, and its stops in order."""

    on_date: date
    is_working: bool
    stops: Sequence[PlannedStop]


def stops_of(actor: Actor, territory_id: int, month: date, on: date | None = None) -> list[PlannedStop]:
    """The territory's stops of the month (or of a day of it) that the actor may see, taken off ones left out, each with
    its shop, by day and place. One query."""
    rows = PlannedStop.objects.filter(territory_id=territory_id, month=month).exclude(state=PlannedStop.State.DROPPED)
    if on is not None:
        rows = rows.filter(on_date=on)
    return list(visible_to(rows, actor).select_related("retailer").order_by("on_date", "position", "id"))


def by_day(stops: Iterable[PlannedStop], worked: Iterable[date]) -> list[Day]:
    """Every day that is worked or has a stop, in order. No query."""
    working = set(worked)
    found: dict[date, list[PlannedStop]] = {day: [] for day in working}
    for stop in stops:
        found.setdefault(stop.on_date, []).append(stop)
    return [Day(day, day in working, found[day]) for day in sorted(found)]


def undone(territory_id: int, on: date) -> int:
    """Stops of the territory's shops that stand on the day and were not done. One query."""
    own = Exists(assigned("retailer_id", [territory_id], clock.today()))
    rows = PlannedStop.objects.filter(own, territory_id=territory_id, on_date=on)
    return rows.filter(state__in=[PlannedStop.State.PLANNED, PlannedStop.State.MISSED]).count()


class Sentences:
    """The reasons of many stops in words, in the reader's language. Two queries for all of them."""

    def __init__(self, stops: Sequence[PlannedStop]) -> None:
        ids: dict[str, set[UUID]] = {"finding": set(), "improvement": set()}
        for stop in stops:
            for reason in stop.reasons:
                if reason["kind"] in ids:
                    ids[reason["kind"]].add(UUID(reason["id"]))
        months = {stop.month for stop in stops}
        sightings = Sighting.objects.filter(month__in=months, finding_id__in=ids["finding"]) if ids["finding"] else ()
        carried = Improvement.objects.filter(pk__in=ids["improvement"]) if ids["improvement"] else ()
        self._sightings = {(row.month, str(row.finding_id)): row for row in sightings}
        self._improvements = {str(row.pk): row for row in carried}

    def of(self, stop: PlannedStop) -> list[dict[str, Any]]:
        """Each reason with its sentence and the address of what it rests on."""
        return [
            {**reason, "text": self._say(stop.month, reason), "link": LINKS[reason["kind"]].format(id=reason["id"])}
            for reason in stop.reasons
        ]

    def _say(self, month: date, reason: dict[str, Any]) -> str:
        try:
            if seen := self._sightings.get((month, reason["id"])):
                return sentences.say(rule(reason["parameters"]["rule"]).template, seen.rule_version, seen.figures)
            if carried := self._improvements.get(reason["id"]):
                return sentences.say(f"action.{carried.kind}", 1, carried.parameters)
        except KeyError:  # a rule that is gone, or an older version of its sentence: what was stored says enough
            pass
        return sentences.say(f"stop.{reason['code']}", 1, reason["parameters"])
