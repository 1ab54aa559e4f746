"""The pages behind a number: the shops of a cell, the visits of a unit's month, one visit with what it carries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.errors import FieldError, Problem
from backend.http.auth import actor, signed_in
from brands.models import Product
from cycles.grid import CellState
from cycles.queries import progress
from visits.queries import moved_with_shop
from web.boards import field_place, lists, place, visit_page
from web.boards.place import Place


@require_safe
@never_cache
@signed_in
def cell(request: HttpRequest, column: str) -> HttpResponse:
    """`/cells/client_execute?unit=&month=&state=open`: the shops behind a cell of the grid. Seven queries."""
    here, who = place.of(request, "state", "after"), actor(request)
    named = lists.cell_named(column)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    state = _state(request.GET.get("state"))
    rows = lists.shops_of_cell(who, here, column, state)
    if after := request.GET.get("after"):
        rows = lists.after_shop(rows, after)
    cycles, has_more = lists.page(rows)
    counts = progress(who, here.unit, here.month).cells[column]
    told: dict[str, Any] = {
        "here": here,
        "cell": named,
        "kept": place.more({"state": request.GET["state"]} if state is not None else {}),
        "states": [(s, s.name.lower(), counts[s]) for s in CellState if counts[s]],
        "state": state,
        "rows": lists.as_rows(cycles, column),
        "next": _next(request, here, str(cycles[-1].retailer_id), "state") if has_more else "",
    }
    return render(request, "boards/cell.html", told)


@require_safe
@never_cache
@signed_in
def visits(request: HttpRequest) -> HttpResponse:
    """`/visits?unit=&month=` and the filters of the API: the visits behind a figure. Up to twelve queries."""
    here, who = place.of(request, *lists.NARROWING, "after"), actor(request)
    if not who.can("visits.read"):
        raise Problem("forbidden")
    narrowed = field_place.asked(request, *lists.NARROWING)
    rows = lists.visits_behind(who, here, narrowed)
    total = rows.order_by().count()
    if after := request.GET.get("after"):
        rows = lists.after_visit(rows, after)
    found, has_more = lists.page(rows)
    told = {
        "here": here,
        "kept": place.more(narrowed),
        "visits": found,
        "total": total,
        "moved": 0 if narrowed else moved_with_shop(who, here.unit.pk, here.month).count(),
        "narrowed": narrowed,
        "retailer": found[0].retailer if found and "retailer" in narrowed else None,
        "product": Product.objects.filter(pk=int(narrowed["product"])).first() if "product" in narrowed else None,
        "next": _next(request, here, str(found[-1].pk), *narrowed) if has_more else "",
    }
    return render(request, "boards/visits.html", told)


@require_safe
@never_cache
@signed_in
def visit(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """`/visits/<id>`: one visit with everything it carries. Sixteen queries, one more where a check lists
    products."""
    place.known(request)
    who = actor(request)
    if not who.can("visits.read"):
        raise Problem("forbidden")
    found = visit_page.visit_with_lines(who, visit_id)
    here = place.standing(who, found.visit.territory, found.visit.month)
    return render(request, "boards/visit.html", {"here": here, **vars(found)})


def _state(given: str | None) -> CellState | None:
    if given is None:
        return None
    if given not in lists.STATES:
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter="state")])
    return lists.STATES[given]


def _next(request: HttpRequest, here: Place, after: str, *kept: str) -> str:
    more = {name: request.GET[name] for name in kept if name in request.GET}
    return f"{request.path}?{place.address(here.unit.pk, here.month, **more, after=after)}"
