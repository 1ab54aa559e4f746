"""`/market/shops`, `/market/orders`, `/market/orders/<id>`: the last steps of a drill, from a figure to its record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from backend.errors import Problem
from backend.http.auth import actor
from backend.models import Unit
from backend.scope import visible_to
from market import queries
from market.figures import drill_lists
from market.figures.drill_lists import Narrowed
from market.filters import OrderFilters
from market.models import Order, OrderLine
from retail.models import Retailer
from web.boards import acts, market_place, place
from web.boards.market_place import Asked
from web.boards.market_views import around

PAGE = 50


@acts.page
def shops(request: HttpRequest) -> HttpResponse:
    """`/market/shops?unit=&month=&subject=&segment=&after=`: the shops that a figure counts, as GET boards/shops."""
    asked, who = market_place.of(request, "after"), actor(request)
    if not who.can(queries.CAPABILITY):
        raise Problem("forbidden")
    narrowed = Narrowed(asked.here.unit.pk, asked.here.month, asked.subject, asked.segment)
    of_subject = narrowed.products()
    found = drill_lists.shops(who, narrowed, _after_code(request), PAGE)
    rows = drill_lists.shop_rows(who, narrowed, found[:PAGE], of_subject)
    told = {
        **around(who, asked),
        "subject_name": market_place.subject_name(asked.subject),
        "rows": [(row, asked.address("market-orders", retailer=row["retailer"])) for row in rows],
        "moved": drill_lists.moved_shops(who, narrowed, of_subject),
        "next": asked.address("market-shops", after=found[PAGE - 1].code) if len(found) > PAGE else "",
    }
    return acts.shown(request, "boards/market_shops.html", told, None)


def _after_code(request: HttpRequest) -> str:
    given = request.GET.get("after", "")
    if len(given) > 20:
        raise market_place.bad("after")
    return given


@acts.page
def orders(request: HttpRequest) -> HttpResponse:
    """`/market/orders?unit=&month=&subject=&segment=&retailer=&after=`: orders behind a figure, as GET orders tells
    them with shops_of: newest first, with what of it moved with shops."""
    asked, who = market_place.of(request, "retailer", "after"), actor(request)
    if not who.can("market.read"):
        raise Problem("forbidden")
    retailer = _shop(request, asked)
    rows = _narrowed(request, asked, retailer)
    narrowed = Narrowed(asked.here.unit.pk, asked.here.month, asked.subject, asked.segment)
    of_subject = narrowed.products()
    page = list(_after(request, rows).select_related("retailer").order_by("-on_date", "-id")[: PAGE + 1])
    kept = {"retailer": retailer.pk if retailer else None}
    told = {
        **around(who, asked),
        "subject_name": market_place.subject_name(asked.subject),
        "retailer": retailer,
        "rows": page[:PAGE],
        "sums": rows.aggregate(n=Count("pk"), cartons=Sum("cartons"), amount=Sum("amount_fen")),
        "moved": None if retailer else drill_lists.moved_orders(who, narrowed, of_subject),
        "next": asked.address("market-orders", **kept, after=page[PAGE - 1].pk) if len(page) > PAGE else "",
    }
    return acts.shown(request, "boards/market_orders.html", told, None)


def _narrowed(request: HttpRequest, asked: Asked, retailer: Retailer | None) -> QuerySet[Order]:
    given = {"shops_of": str(asked.here.unit.pk), "month": f"{asked.here.month:%Y-%m}", **asked.about}
    if retailer is not None:
        given["retailer"] = str(retailer.pk)
    filters = OrderFilters(given, queryset=visible_to(Order.objects.all(), actor(request)))
    if not filters.is_valid():
        raise market_place.bad(next(iter(filters.errors)))
    found: QuerySet[Order] = filters.qs
    return found


def _shop(request: HttpRequest, asked: Asked) -> Retailer | None:
    """The shop that the address narrows to; problem not_found for one out of scope. One query at most."""
    if "retailer" not in request.GET:
        return None
    key = market_place.understood("retailer", lambda: UUID(request.GET["retailer"]))
    found = visible_to(Retailer.objects.filter(pk=key), actor(request)).first()
    if found is None:
        raise Problem("not_found")
    return found


def _after(request: HttpRequest, rows: QuerySet[Order]) -> QuerySet[Order]:
    if "after" not in request.GET:
        return rows
    last = rows.filter(pk=market_place.understood("after", lambda: UUID(request.GET["after"]))).first()
    if last is None:
        raise Problem("invalid_cursor")
    return rows.filter(Q(on_date__lt=last.on_date) | Q(on_date=last.on_date, pk__lt=last.pk))


@acts.page
def order(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/market/orders/<id>`: one order with its lines: the record at the end of a drill. Seven queries."""
    place.known(request)
    who = actor(request)
    if not who.can("market.read"):
        raise Problem("forbidden")
    found = visible_to(Order.objects.filter(pk=pk).select_related("retailer"), who).first()
    if found is None:
        raise Problem("not_found")
    lines = OrderLine.objects.filter(month=found.month, order_id=found.pk).select_related("product")
    unit = Unit.objects.get(pk=found.territory_id or found.county_id)
    told: dict[str, Any] = {
        "here": place.standing(who, unit, found.month),
        "order": found,
        "lines": lines.order_by("-ordered_cartons", "product__code"),
    }
    return render(request, "boards/market_order.html", told)
