"""The pages of findings: a unit's month of them, and one that explains itself down to the records behind it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from backend.errors import Problem
from backend.http.auth import actor
from backend.models import Unit
from backend.scope import visible_to
from cycles import findings as finding_reads
from cycles.finding_api import FindingFilters
from cycles.grid import DIMENSION_NAMES, Dimension
from cycles.models import Action, Finding
from cycles.rules.rule import rules
from web.boards import acts, chain, misfire_views, place, proof

LISTED = chain.Listed(FindingFilters)
SEVERITIES = ("1", "2", "3")


@acts.page
def findings(request: HttpRequest) -> HttpResponse:
    """`/findings?unit=&month=` and the filters of the API: what the rules noticed. Up to twelve queries."""
    here, who = place.of(request, *LISTED.narrowing, "after"), actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    kept = {name: request.GET[name] for name in LISTED.narrowing if name in request.GET}
    everything = LISTED.narrow(chain.with_names(Finding.objects.all()), who, here, {})
    rows = LISTED.narrow(chain.with_names(Finding.objects.all()), who, here, kept)
    found, after = chain.page(rows.order_by("severity", "-opened_on", "-id"), request.GET.get("after"))
    chosen = next((one for one in finding_reads.rules_for(who) if one.code == kept.get("rule")), None)
    told: dict[str, Any] = {
        "here": here,
        "kept": place.more(kept),
        "narrowed": kept,
        "by_rule": _by_rule(everything),
        "total": rows.order_by().count(),
        "rows": chain.as_said(found, here.month),
        "dimensions": [(str(one), DIMENSION_NAMES[one]) for one in Dimension],
        "severities": SEVERITIES,
        "chosen": chosen,
        "reads": finding_reads.reads_of(chosen) if chosen else "",
        "misfiring": misfire_views.under(who, here).filter(answered_at=None).count(),
        "next": f"{request.path}?{place.address(here.unit.pk, here.month, **kept, after=after)}" if after else "",
    }
    return render(request, "boards/findings.html", told)


@acts.page
def finding(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/findings/<id>`: rule, version, threshold, the records behind it, its age, its actions and what became of them.

    Who plans for its subject says here that its rule misfires. Up to fourteen queries.
    """
    place.known(request)
    who = actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    row = chain.with_names(visible_to(Finding.objects.all(), who)).filter(pk=pk).first()
    if row is None:
        raise Problem("not_found")
    done = acts.run(request, {"misfire": lambda form: misfire_views.tell(form, row)})
    if isinstance(done, HttpResponse):
        return done
    said = chain.as_said([row], None)[0]
    unit: Unit = row.territory or row.unit  # the one or the other: a shop has its territory
    acted = visible_to(Action.objects.filter(finding=row), who).select_related("result", "became", "decided_by")
    told = {
        "here": place.standing(who, unit, row.last_month),
        "row": said,
        "reads": finding_reads.reads_of(said.rule) if said.rule else "",
        "why": proof.of(who, said) if said.sighting else None,
        "actions": list(chain.with_names(acted).order_by("month", "id")),
        "misfires": misfire_views.of_finding(who, row),
        "may_tell": misfire_views.may_tell(who, row),
    }
    return acts.shown(request, "boards/finding.html", told, done)


def _by_rule(rows: QuerySet[Finding]) -> list[dict[str, Any]]:
    """How many findings each rule has, in the order of the rules. One query."""
    counted = dict(rows.order_by().values_list("rule").annotate(n=Count("pk")))
    return [{"rule": one, "n": counted[one.code]} for one in rules() if one.code in counted]
