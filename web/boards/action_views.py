"""`/actions` and `/improvements`: the plan of a unit's month, and the ledger of what is carried on."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse

from backend.errors import Problem
from backend.http.auth import actor
from backend.models import Level
from cycles.actions_filters import ActionFilters, ImprovementFilters
from cycles.grid import DIMENSION_NAMES, Dimension
from cycles.models import Action, Improvement
from web.boards import acts, chain, decisions, place
from web.boards.place import Place

ACTIONS = chain.Listed(ActionFilters)
LEDGER = chain.Listed(ImprovementFilters, of_month=False)
STANDING = ("proposed", "open")


@acts.page
def actions(request: HttpRequest) -> HttpResponse:
    """`/actions?unit=&month=` and the filters of the API: to accept, to change, to drop. Up to ten queries."""
    here, who = place.of(request, *ACTIONS.narrowing, "after"), actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    done = acts.run(request, decisions.VERBS)
    if isinstance(done, HttpResponse):
        return done
    kept = {name: request.GET[name] for name in ACTIONS.narrowing if name in request.GET}
    everything = chain.with_names(Action.objects.all())
    counts = dict(ACTIONS.narrow(everything, who, here, {}).order_by().values_list("state").annotate(n=Count("pk")))
    rows = ACTIONS.narrow(everything.select_related("result", "became"), who, here, kept)
    found, after = chain.page(rows.order_by("-is_flagged", "id"), request.GET.get("after"))
    told: dict[str, Any] = {
        **_around(here, kept, after, request.path),
        "rows": found,
        "states": [(state, state.label, counts[state]) for state in Action.State if state in counts],
        "drafted": counts.get(Action.State.DRAFTED, 0),
        "reasons": decisions.reasons(),
        "may_plan": decisions.may_plan(who),
        "may_accept_all": decisions.may_plan(who) and here.unit.level == Level.TERRITORY,
    }
    return acts.shown(request, "boards/actions.html", told, done)


@acts.page
def improvements(request: HttpRequest) -> HttpResponse:
    """`/improvements?unit=&month=` and the filters of the API: the oldest first; without `state` and `closed` those
    that stand. Up to ten queries."""
    here, who = place.of(request, *LEDGER.narrowing, "after"), actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    done = acts.run(request, decisions.VERBS)
    if isinstance(done, HttpResponse):
        return done
    kept = {name: request.GET[name] for name in LEDGER.narrowing if name in request.GET}
    everything = chain.with_names(Improvement.objects.all())
    counts = dict(LEDGER.narrow(everything, who, here, {}).order_by().values_list("state").annotate(n=Count("pk")))
    rows = LEDGER.narrow(
        everything, who, here, kept if {"state", "closed"} & kept.keys() else {**kept, "closed": "false"}
    )
    found, after = chain.page(rows.order_by("opened_on", "id"), request.GET.get("after"))
    told: dict[str, Any] = {
        **_around(here, kept, after, request.path),
        "rows": found,
        "states": [(state, state.label, counts[state]) for state in Improvement.State if state in counts],
        "standing": sum(counts.get(state, 0) for state in STANDING),
        "may_plan": decisions.may_plan(who),
    }
    return acts.shown(request, "boards/improvements.html", told, done)


def _around(here: Place, kept: dict[str, str], after: str, path: str) -> dict[str, Any]:
    return {
        "here": here,
        "kept": place.more(kept),
        "narrowed": kept,
        "dimensions": [(str(one), DIMENSION_NAMES[one]) for one in Dimension],
        "next": f"{path}?{place.address(here.unit.pk, here.month, **kept, after=after)}" if after else "",
    }
