"""`/plan?unit=&day=`: the stops of a territory's day in their order, why each, and what may be done with them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from backend import clock
from backend.errors import FieldError, Problem
from backend.http.auth import actor
from backend.http.serializers import EARLIEST, LATEST
from backend.models import Level, Unit
from backend.scope import units_under
from cycles import plan
from visits import stops as stop_verbs
from visits.models import PlannedStop
from web.boards import acts, days, forecasting, leaves, place, plan_acts


@acts.page
def day(request: HttpRequest) -> HttpResponse:
    """One day of a territory; of a unit above, its territories' plans in numbers. Up to twenty queries."""
    where, who = place.of(request, "day"), actor(request)
    if not who.can("visits.read"):
        raise Problem("forbidden")
    asked = _day(request.GET.get("day"))
    here = replace(where, month=clock.month_of(asked or where.month))
    if here.unit.level < Level.TERRITORY:
        return acts.shown(request, "boards/plans.html", _overview(here), None)
    month = days.of_month(who, here.unit, here.month)
    on = (
        asked
        or days.first_to_come(month, clock.today())
        or max(here.month, min(clock.today(), clock.month_end(here.month)))
    )
    done = acts.run(request, plan_acts.verbs(here.unit, on))
    if isinstance(done, HttpResponse):
        return done
    found, off = days.stops_of(who, here.unit, on), leaves.of_month(who, here.unit, here.month)
    told: dict[str, Any] = {
        "here": here,
        "on": on,
        "is_past": on < clock.today(),
        "yesterday": on - timedelta(days=1),
        "tomorrow": on + timedelta(days=1),
        "week": days.week_of(month, on),
        "month": days.calendar_of(month, here.month),
        "stops": found,
        "summary": plan.summary(here.unit.pk, here.month),
        "replans": days.replans(who, here.unit, here.month),
        "expected": forecasting.of_month(who, here.unit, here.month),
        "leaves": off,
        "off_today": [one for one in off if one.holds_on(on)],
        "people": leaves.people(here.unit, here.month),
        "miss_reasons": PlannedStop.MissReason.choices,
        "may_plan": who.can(stop_verbs.PLAN),
        "can_be_lost": any(one.is_open for one in found),
    }
    return acts.shown(request, "boards/plan.html", told, done)


def _overview(here: place.Place) -> dict[str, Any]:
    """Every territory at or under the unit with its plan of the month."""
    below = Unit.objects.filter(pk__in=units_under([here.unit.pk]), level=Level.TERRITORY)
    during = (here.month, clock.add_months(here.month, 1))
    territories = list(below.filter(during__overlap=during).order_by("code"))
    found = plan.summaries(here.month, [unit.pk for unit in territories])
    return {"here": here, "rows": [(unit, found[unit.pk]) for unit in territories if unit.pk in found]}


def _day(given: str | None) -> date | None:
    """2026-03-16 in the address, if there is one; problem bad_date."""
    if given is None:
        return None
    try:
        found = date.fromisoformat(given) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", given, re.ASCII) else None
    except ValueError:
        found = None
    if found is None or not EARLIEST <= found <= LATEST:
        raise Problem("bad_date", errors=[FieldError("bad_date", parameter="day")])
    return found
