"""`/policies`, `/policies/<version>`: what retailers are told, for whom, since when, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.models import Level
from backend.scope import Actor, visible_to
from market import queries as boards
from retail.models import Classification
from visits import queries, reach
from visits.filters import PolicyFilters
from visits.models import Policy, PolicyAnswer, PolicyReading, PolicyVersion, QuizAttempt
from visits.reach import Reached
from web.boards import acts, chain, field_place, place
from web.boards.market_charts import Chart, Series
from web.boards.place import Place
from web.templatetags.board_tags import called

READ = "policies.read"
SHAPES = "/api/v1/boards/shapes"
MOST = 300  # policies on the page; more are found by a word of their title


@dataclass(frozen=True)
class Row:
    """A policy with its versions that the reader may see, the newest first."""

    policy: Policy
    versions: list[PolicyVersion]


@dataclass(frozen=True)
class Reaching:
    """How far a version came: the whole, the units below, and the counties as a map."""

    whole: Reached
    units: list[tuple[Reached, str]]
    chart: Chart | None
    second_touch_on: Any


@acts.page
def policies(request: HttpRequest) -> HttpResponse:
    """`/policies?q=`: policies of the reader's units and of those above with their versions, the newest first. Seven
    queries."""
    here, who = field_place.of(request, READ, "q"), actor(request)
    listed = field_place.narrowed(request, here, "q")
    found = PolicyFilters(listed.kept, queryset=visible_to(Policy.objects.select_related("unit", "product"), who))
    if not found.is_valid():
        raise field_place.bad(next(iter(found.errors)))
    newest = found.qs.annotate(released=Max("versions__released_at"))
    rows = list(newest.order_by(F("released").desc(nulls_last=True), "code")[:MOST])
    versions = queries.policy_versions(who, visible_to(PolicyVersion.objects.filter(policy__in=rows), who))
    by_policy: dict[int, list[PolicyVersion]] = {row.pk: [] for row in rows}
    for version in versions.order_by("policy_id", "-number"):
        by_policy[version.policy_id].append(version)
    told = {
        "here": here,
        "listed": listed,
        "rows": [Row(row, by_policy[row.pk]) for row in rows if by_policy[row.pk] or who.can("policies.edit")],
        "today": clock.today(),
    }
    return acts.shown(request, "boards/policies.html", told, None)


@acts.page
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    """`/policies/<version>?unit=&month=`: one version: its text, its reach, what was asked about it, its seals. Up to
    eighteen queries."""
    here, who = field_place.of(request, READ), actor(request)
    version = version_for(who, pk)
    answers = visible_to(PolicyAnswer.objects.filter(policy_version__policy=version.policy_id), who)
    told = {
        "here": here,
        "version": version,
        "audience": audience(version),
        "others": others(who, version),
        "reaching": _reaching(who, here, version) if _has_boards(who, here, version) else None,
        "may_visit": who.can("visits.read"),
        "answers": list(answers.select_related("answered_by").order_by("-answered_at", "-id")[: chain.PAGE]),
        "sealed": _sealed(who, version),
    }
    return acts.shown(request, "boards/policy.html", told, None)


def version_for(who: Actor, pk: int) -> PolicyVersion:
    """The version, if its reader may see it; problem not_found. One query."""
    rows = queries.policy_versions(who, visible_to(PolicyVersion.objects.filter(pk=pk), who))
    found = rows.select_related("policy__unit", "policy__product").first()
    if found is None:
        raise Problem("not_found")
    return found


def others(who: Actor, version: PolicyVersion) -> list[PolicyVersion]:
    """All versions of the same policy that the reader may see, newest first. One query."""
    rows = visible_to(PolicyVersion.objects.filter(policy_id=version.policy_id), who)
    return list(queries.policy_versions(who, rows).order_by("-number"))


def _has_boards(who: Actor, here: Place, version: PolicyVersion) -> bool:
    return version.released_at is not None and not set(who.units(boards.CAPABILITY)).isdisjoint(here.unit.ancestors)


def _reaching(who: Actor, here: Place, version: PolicyVersion) -> Reaching:
    """By the shops of today. Four queries at most."""
    unit, today = here.unit, clock.today()
    rows = reach.by_unit(version, unit, reach.level_below(unit), today)
    address = reverse("policy", args=[version.pk])
    counties: Sequence[Reached] = ()
    if unit.level < Level.COUNTY:
        counties = rows if unit.level + 1 == Level.COUNTY else reach.by_unit(version, unit, Level.COUNTY, today)
    return Reaching(
        whole=reach.whole(unit, rows),
        units=[(row, f"{address}?{place.address(row.unit_id, here.month)}") for row in rows],
        chart=_map(here, address, counties) if counties else None,
        second_touch_on=reach.second_touch_on(version),
    )


def _map(here: Place, address: str, rows: Sequence[Reached]) -> Chart:
    """The reach of every county, on our own shapes."""
    return Chart(
        key="reach",
        kind="map",
        title=_("%(figure)s by county") % {"figure": called(reach.REACH)},
        unit=reach.REACH.unit,
        measure="%",
        labels=tuple(called(row) for row in rows),
        series=(Series(called(reach.REACH), tuple(row.figures()[reach.REACH.id] for row in rows)),),
        links=tuple(f"{address}?{place.address(row.unit_id, here.month)}" for row in rows),
        codes=tuple(row.code for row in rows),
        shapes=f"{SHAPES}?unit={here.unit.pk}",
    )


def _sealed(who: Actor, version: PolicyVersion) -> tuple[int, int]:
    """How many readings and quiz attempts that the reader may see are in the chain of seals, and how many there are.
    Two queries."""
    counted = {"n": Count("pk"), "sealed": Count("pk", filter=Q(is_sealed=True))}
    found = [
        visible_to(rows.filter(policy_version=version), who).aggregate(**counted)
        for rows in (PolicyReading.objects.all(), QuizAttempt.objects.all())
    ]
    return sum(one["sealed"] for one in found), sum(one["n"] for one in found)


def audience(version: PolicyVersion) -> list[str]:
    """For which shops it is, in words; empty for all under its unit."""
    told = [
        *_names(Classification.MarketType, version.market_types),
        *_names(Classification.BusinessType, version.business_types),
        *_names(Classification.TerminalType, version.terminal_types),
    ]
    if version.tier_from or version.tier_to:
        told.append(_("tiers %(low)s to %(high)s") % {"low": version.tier_from or 1, "high": version.tier_to or 30})
    return told


def _names(kinds: Any, given: Sequence[str]) -> list[str]:
    names = dict(kinds.choices)
    return [str(names.get(one, one)) for one in given]
