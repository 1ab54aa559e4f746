"""The board page: a unit's month as grid, figures, children and products. Reads the same queries as the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor, signed_in
from backend.kpis import Kpi
from backend.scope import Actor
from cycles import gate
from cycles.moved import Moved, moved
from cycles.queries import Progress, progress
from market import kpis
from market.boards import overview as boards
from market.boards.overview import Child, UnitBoard
from market.boards.why import why
from retail import requests
from visits import breaches
from web.boards import grids, month_block, place
from web.boards.columns import Table
from web.boards.place import Place

# The market block, in reading order; what stands in one line belongs together.
BLOCKS: tuple[tuple[Kpi, ...], ...] = (
    (kpis.COVERAGE, kpis.PER_MANAGER, kpis.BRIEFED, kpis.PITCHED),
    (kpis.NOTES, kpis.CHECKS, kpis.BRIEFINGS, kpis.OBSERVATIONS),
    (kpis.PRICE, kpis.MEDIAN, kpis.INDEX, kpis.STOCK),
    (kpis.OUT_OF_STOCK, kpis.DISPLAY, kpis.SALES, kpis.SALES_RATE),
)
CHILD_COLUMNS = (kpis.COVERAGE, kpis.VISITS, kpis.PER_MANAGER, kpis.BRIEFED, kpis.PRICE, kpis.INDEX, kpis.STOCK,
                 kpis.OUT_OF_STOCK, kpis.SALES, kpis.SALES_RATE)  # fmt: skip
PRODUCT_COLUMNS = (kpis.PRICE, kpis.MEDIAN, kpis.INDEX, kpis.STOCK, kpis.OUT_OF_STOCK, kpis.ON_SHELF, kpis.SALES)
PRODUCTS_SHOWN = 30
BEST_SELLING = f"-{kpis.SALES.id}"
KEPT = ("sort", "products_sort", "products")  # in the address from month to month


@dataclass(frozen=True)
class Card:
    """One child unit on the wall: its grid, how far it moved against last month, and its coverage."""

    child: Child
    grid: grids.Grid
    shops: int
    moved: Moved


@require_safe
@never_cache
@signed_in
def board(request: HttpRequest) -> HttpResponse:
    """`/?unit=&month=&sort=&products_sort=&products=all`: the first page. 35 queries at most, for any unit."""
    who = actor(request)
    if not who.can("boards.read"):
        return _elsewhere(who)
    here = place.of(request, *KEPT)
    kept = {name: request.GET[name] for name in KEPT if name in request.GET}
    sort, products_sort = kept.get("sort", ""), kept.get("products_sort", BEST_SELLING)
    found, children = boards.unit_and_children(here.unit, here.month, sort)
    products = boards.products_board(here.unit, here.month, products_sort)
    whole = progress(who, here.unit, here.month) if who.can("cycles.read") else Progress(here.unit)
    shown = len(products) if kept.get("products") == "all" else PRODUCTS_SHOWN
    told: dict[str, Any] = {
        "here": here,
        "kept": place.more(kept),
        "board": found,
        "is_blank": not (whole.shops or products or any(figure.value for figure in found.figures)),
        "why": why(found, children),
        "grid": grids.grid_of(whole),
        "shops": whole.shops,
        "method": month_block.of(who, here) if who.can("cycles.read") and whole.shops else None,
        "has_month": who.can(gate.CAPABILITY),
        "steps": grids.STEPS,
        "wall": _wall(who, here, children, whole),
        "blocks": [[_linked(here, found, kpi) for kpi in block] for block in BLOCKS],
        "children": children,
        "child_columns": Table("sort", "h-children", sort, kept).columns(here, CHILD_COLUMNS),
        "products": products[:shown],
        "product_columns": Table("products_sort", "products", products_sort, kept).columns(here, PRODUCT_COLUMNS),
        "more_products": len(products) - shown if len(products) > shown else 0,
        "is_best_selling": products_sort == BEST_SELLING,
    }
    return render(request, "boards/board.html", told)


def _elsewhere(who: Actor) -> HttpResponse:
    """Who keeps master data lands at the desk, a department at what waits for it; who has neither is told that it is a
    matter of the position."""
    if who.can("admin.site"):
        return HttpResponseRedirect(reverse("admin:index"))
    if who.can(breaches.SETTLE):
        return HttpResponseRedirect(reverse("breaches"))
    if who.can(requests.ANSWER):
        return HttpResponseRedirect(reverse("needs"))
    raise Problem("forbidden")


def _wall(who: Actor, here: Place, children: Sequence[Child], whole: Progress) -> list[Card]:
    """The grids below, those first that moved most; two queries where there are any."""
    if not whole.children:
        return []
    before = progress(who, here.unit, clock.add_months(here.month, -1))
    then = {part.unit.pk: part for part in before.children}
    now = {part.unit.pk: part for part in whole.children}

    def change(part: Progress) -> Moved:
        return moved(part, then.get(part.unit.pk, Progress(part.unit)), is_running=here.is_running)

    cards = [
        Card(child, grids.grid_of(part), part.shops, change(part))
        for child in children
        if (part := now.get(child.unit.pk))
    ]
    return sorted(cards, key=lambda card: -card.moved.points)


def _linked(here: Place, found: UnitBoard, kpi: Kpi) -> dict[str, Any]:
    """A figure and the page that shows what it adds up from."""
    if kpi in boards.SOLD:
        behind = "#products"
    else:
        narrowed = boards.BEHIND.get(kpi.id, {})
        behind = f"{reverse('visits')}?{place.address(here.unit.pk, here.month, **narrowed)}"
    return {"figure": found.figure(kpi), "behind": behind}
