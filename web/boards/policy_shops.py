"""Which shop knows which policy version: `/policies/shops`, `/policies/<version>/shops` and its second touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db.models import Exists
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.scope import Actor, assigned, units_under, visible_to
from retail.models import Retailer
from visits import queries, reach, sealing
from visits.models import Briefed, Briefing, PolicyVersion
from visits.policy_filters import BriefedFilters, SecondTouchFilters
from web.boards import acts, chain, field_place, policy_views
from web.boards.place import Place

READ = "visits.read"
COLUMNS = 8  # versions side by side, the newest
State = Literal["passed", "not_passed", "told", "due", "none"]


@dataclass(frozen=True)
class Mark:
    """What a shop has of a version: passed, told without proof, told and not passed, to be told, or not for it."""

    state: State
    briefed: Briefed | None


@dataclass(frozen=True)
class Line:
    """A shop and what it has of each version."""

    shop: Retailer
    marks: list[Mark]


@acts.page
def matrix(request: HttpRequest) -> HttpResponse:
    """`/policies/shops?unit=&after=`: shops down, the newest versions in force across. A constant number of queries."""
    here, who = field_place.of(request, READ, "after"), actor(request)
    _require_policies(who)
    listed = field_place.narrowed(request, here)
    rows = visible_to(Retailer.objects.all(), who)
    rows = rows.filter(Exists(assigned("pk", units_under([here.unit.pk]), clock.today())))
    page, after = chain.page(rows.order_by("code", "id"), request.GET.get("after"))
    versions = _in_force(who, here)
    told = {
        "here": here,
        "versions": versions,
        "rows": _lines(who, page, versions),
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/policy_matrix.html", told, None)


def _in_force(who: Actor, here: Place) -> list[PolicyVersion]:
    """Released, neither recalled nor superseded, of the unit or above or below it; the newest. One query."""
    rows = visible_to(PolicyVersion.objects.filter(released_at__isnull=False), who)
    rows = queries.policy_versions(who, rows.filter(recalled_at=None, superseded_at=None))
    rows = rows.filter(policy__unit__in=here.unit.ancestors) | rows.filter(
        policy__unit__ancestors__contains=[here.unit.pk]
    )
    return list(rows.select_related("policy").order_by("-released_at", "-id")[:COLUMNS])


def _lines(who: Actor, shops: Sequence[Retailer], versions: Sequence[PolicyVersion]) -> list[Line]:
    """Two queries."""
    keys = [shop.pk for shop in shops]
    known = visible_to(Briefed.objects.filter(policy_version__in=versions, retailer__in=keys), who)
    briefed = {(row.policy_version_id, row.retailer_id): row for row in known}
    named = reach.named_among(versions, keys, clock.today())
    return [Line(shop, [_mark(shop, one, briefed, named) for one in versions]) for shop in shops]


def _mark(shop: Retailer, version: PolicyVersion, briefed: dict[Any, Briefed], named: set[tuple[int, UUID]]) -> Mark:
    row = briefed.get((version.pk, shop.pk))
    if row is None:
        return Mark("due" if (version.pk, shop.pk) in named else "none", None)
    return Mark(_state(row), row)


def _state(row: Briefed) -> State:
    return "told" if row.passed is None else "passed" if row.passed else "not_passed"


@acts.page
def told_shops(request: HttpRequest, pk: int) -> HttpResponse:
    """`/policies/<version>/shops?unit=&passed=&asked=&after=`: shops that were told, by which briefing, and whether its
    receipt is sealed. Up to twelve queries."""
    names = ("passed", "asked", "channel")
    here, who = field_place.of(request, READ, *names, "after"), actor(request)
    _require_policies(who)
    version, listed = policy_views.version_for(who, pk), field_place.narrowed(request, here, *names)
    given = {"unit": str(here.unit.pk), "policy_version": str(version.pk), **listed.kept}
    filters = BriefedFilters(given, queryset=visible_to(Briefed.objects.select_related("retailer", "person"), who))
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    rows = filters.qs.order_by("-briefed_at", "retailer_id")
    page, after = _page(rows, field_place.key(request, "after"))
    seals = sealing.seals_of((row.visit_id, version.pk) for row in page)
    total = rows.order_by().count()
    context = {
        "here": here,
        "listed": listed,
        "version": version,
        "total": total,
        "uncounted": 0 if listed.kept else total - _counted(version, here),
        "passed": [
            (listed.to(passed=None, asked=None), _("all"), not listed.kept),
            (listed.to(passed="true", asked=None), _("understood"), listed.kept.get("passed") == "true"),
            (listed.to(passed="false", asked=None), _("not understood"), listed.kept.get("passed") == "false"),
            (listed.to(passed=None, asked="false"), _("nothing proves it"), listed.kept.get("asked") == "false"),
        ],
        "rows": [(row, _state(row), _channel(row.channel), seals.get((row.visit_id, version.pk))) for row in page],
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/policy_shops.html", context, None)


def _counted(version: PolicyVersion, here: Place) -> int:
    """Shops that were told and that the reach counts today. One query."""
    return sum(row.briefed for row in reach.by_unit(version, here.unit, here.unit.level, clock.today()))


def _channel(code: str) -> str:
    return str(dict(Briefing.Channel.choices).get(code, code))


def _page(rows: Any, after: UUID | None) -> tuple[list[Briefed], str]:
    """A page of one version's shops: of a version each shop stands once. Two queries at most."""
    if after is not None:
        last = rows.filter(retailer_id=after).first()
        if last is None:
            raise Problem("invalid_cursor")
        same = rows.filter(briefed_at=last.briefed_at, retailer_id__gt=last.retailer_id)
        rows = rows.filter(briefed_at__lt=last.briefed_at) | same
    found = list(rows[: field_place.PAGE + 1])
    return found[: field_place.PAGE], str(found[field_place.PAGE - 1].retailer_id) if len(
        found
    ) > field_place.PAGE else ""


@acts.page
def second_touch(request: HttpRequest, pk: int) -> HttpResponse:
    """`/policies/<version>/second-touch?unit=&after=`: shops that do not know it yet, as GET second-touches tells them.
    Up to eleven queries."""
    here, who = field_place.of(request, READ, "after"), actor(request)
    _require_policies(who)
    version, listed = policy_views.version_for(who, pk), field_place.narrowed(request, here)
    given = {"policy_version": str(version.pk), "unit": str(here.unit.pk)}
    filters = SecondTouchFilters(given, queryset=Retailer.objects.all(), request=request)
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    page, after = chain.page(filters.qs.order_by("code", "id"), request.GET.get("after"))
    told = {
        "here": here,
        "version": version,
        "begins": reach.second_touch_on(version),
        "is_over": version.recalled_at is not None or version.superseded_at is not None,
        "today": clock.today(),
        "rows": list(_touched(page)),
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/second_touch.html", told, None)


def _touched(page: Iterable[Any]) -> Iterable[tuple[Any, str]]:
    words = {
        "not_briefed": _("not told yet"),
        "not_passed": _("told, not understood"),
        "not_asked": _("told, nothing proves that it was understood"),
    }
    return ((row, words[row.touch_state]) for row in page)


def _require_policies(who: Actor) -> None:
    if not who.can(policy_views.READ):
        raise Problem("forbidden")
