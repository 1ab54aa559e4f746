"""`/actions` and `/improvements`: the plan of a unit's month, and the ledger of what is carried on."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse

from backend.errors import Problem
from backend.http.auth import actor
from backend.models import Level
from cycles.grid import DIMENSION_NAMES, Dimension
from cycles.models import Action, Improvement, Result
from web.boards import acts, chain, decisions, place
from web.boards.place import Place

OF_ACTIONS = ("state", "flagged", "dimension", "rule", "outcome")
OF_IMPROVEMENTS = ("state", "dimension", "rule")
STANDING = ("proposed", "open")


@acts.page
def actions(request: HttpRequest) -> HttpResponse:
    """`/actions?unit=&month=&state=&flagged=&dimension=&rule=&outcome=`: to accept, to change, to drop. Up to nine
    queries."""
    here, who = place.of(request, *OF_ACTIONS, "after"), actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    done = acts.run(request, decisions.VERBS)
    if isinstance(done, HttpResponse):
        return done
    kept = _kept(
        request, OF_ACTIONS, state=Action.State.values, flagged=("true", "false"), outcome=Result.Outcome.values
    )
    everything = chain.actions(who, here.unit, here.month)
    counts = dict(everything.order_by().values_list("state").annotate(n=Count("pk")))
    rows = everything.filter(**_as_filter(kept, flagged="is_flagged", outcome="result__outcome"))
    found, after = chain.page(rows, request.GET.get("after"))
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
    """`/improvements?unit=&month=&state=&dimension=&rule=`: the oldest first; without a state those that stand. Up to
    nine queries."""
    here, who = place.of(request, *OF_IMPROVEMENTS, "after"), actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    done = acts.run(request, decisions.VERBS)
    if isinstance(done, HttpResponse):
        return done
    kept = _kept(request, OF_IMPROVEMENTS, state=(*Improvement.State.values, "all"))
    everything = chain.improvements(who, here.unit)
    counts = dict(everything.order_by().values_list("state").annotate(n=Count("pk")))
    narrowed = _as_filter({name: value for name, value in kept.items() if value != "all"})
    rows = everything.filter(**narrowed) if "state" in kept else everything.filter(state__in=STANDING, **narrowed)
    found, after = chain.page(rows, request.GET.get("after"))
    told: dict[str, Any] = {
        **_around(here, kept, after, request.path),
        "rows": found,
        "states": [(state, state.label, counts[state]) for state in Improvement.State if state in counts],
        "standing": sum(counts.get(state, 0) for state in STANDING),
        "may_plan": decisions.may_plan(who),
    }
    return acts.shown(request, "boards/improvements.html", told, done)


def _kept(request: HttpRequest, names: tuple[str, ...], **choices: Any) -> dict[str, str]:
    """What the address narrows by; `bad_parameter` for a word that is no choice."""
    known = {"dimension": list(map(str, Dimension)), "rule": chain.rule_codes(), **choices}
    asked = {name: chain.chosen(request.GET.get(name), known[name], name) for name in names}
    return {name: value for name, value in asked.items() if value}


def _as_filter(kept: dict[str, str], **columns: str) -> dict[str, Any]:
    read: dict[str, Any] = {"true": True, "false": False}
    return {columns.get(name, name): read.get(value, value) for name, value in kept.items()}


def _around(here: Place, kept: dict[str, str], after: str, path: str) -> dict[str, Any]:
    return {
        "here": here,
        "kept": place.more(kept),
        "narrowed": kept,
        "dimensions": [(str(one), DIMENSION_NAMES[one]) for one in Dimension],
        "next": f"{path}?{place.address(here.unit.pk, here.month, **kept, after=after)}" if after else "",
    }
