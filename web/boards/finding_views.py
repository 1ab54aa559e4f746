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
from cycles.grid import DIMENSION_NAMES, Dimension
from cycles.models import Action, Finding
from cycles.rules.rule import rule, rules
from web.boards import acts, chain, place, proof

NARROWING = ("rule", "dimension", "severity")
SEVERITIES = ("1", "2", "3")


@acts.page
def findings(request: HttpRequest) -> HttpResponse:
    """`/findings?unit=&month=&rule=&dimension=&severity=`: what the rules noticed. Up to nine queries."""
    here, who = place.of(request, *NARROWING, "after"), actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    narrowed = _narrowed(request)
    everything = chain.findings(who, here.unit, here.month)
    rows = everything.filter(**narrowed)
    found, after = chain.page(rows, request.GET.get("after"))
    kept = {name: str(value) for name, value in narrowed.items()}
    told: dict[str, Any] = {
        "here": here,
        "kept": place.more(kept),
        "narrowed": kept,
        "by_rule": _by_rule(everything, here.query),
        "total": rows.order_by().count(),
        "rows": chain.as_said(found, here.month),
        "dimensions": [(str(one), DIMENSION_NAMES[one]) for one in Dimension],
        "severities": SEVERITIES,
        "chosen": rule(kept["rule"]) if "rule" in kept else None,
        "next": f"{request.path}?{place.address(here.unit.pk, here.month, **kept, after=after)}" if after else "",
    }
    return render(request, "boards/findings.html", told)


@acts.page
def finding(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/findings/<id>`: rule, version, threshold, figures, the records, its age, its actions and what became of them.

    Up to twelve queries.
    """
    place.known(request)
    who = actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    row = chain.with_names(visible_to(Finding.objects.all(), who)).select_related("county").filter(pk=pk).first()
    if row is None:
        raise Problem("not_found")
    said = chain.as_said([row], row.last_month)[0]
    unit: Unit = row.territory or row.unit  # the one or the other: a shop has its territory
    acted = visible_to(Action.objects.filter(finding=row), who).select_related("result", "became", "decided_by")
    told = {
        "here": place.standing(who, unit, row.last_month),
        "row": said,
        "why": proof.of(who, said) if said.sighting else None,
        "actions": list(chain.with_names(acted).order_by("month", "id")),
    }
    return render(request, "boards/finding.html", told)


def _narrowed(request: HttpRequest) -> dict[str, Any]:
    known = {"rule": chain.rule_codes(), "dimension": list(map(str, Dimension)), "severity": SEVERITIES}
    asked = {name: chain.chosen(request.GET.get(name), choices, name) for name, choices in known.items()}
    return {name: value for name, value in asked.items() if value}


def _by_rule(rows: QuerySet[Finding], query: str) -> list[dict[str, Any]]:
    """How many findings each rule has, in the order of the rules. One query."""
    counted = dict(rows.order_by().values_list("rule").annotate(n=Count("pk")))
    return [{"rule": one, "n": counted[one.code]} for one in rules() if one.code in counted]
