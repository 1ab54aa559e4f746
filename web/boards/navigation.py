"""The areas and pages of the boards, as data: the one list that every page's head is drawn from (board_tags.areas).

A page that is added gets its line here. Whoever lacks what an area needs does not see it; the page's own view refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backend.scope import Actor
from web.boards.place import Place

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

PLACED: Final = ("unit", "month")


@dataclass(frozen=True)
class Page:
    """A page by the name of its address. `under`: names of addresses that belong to it; `placed`: what of the place its
    address takes; `needs`: the capability without which it is not shown, beside that of its area."""

    name: StrPromise
    route: str
    under: tuple[str, ...] = ()
    placed: tuple[str, ...] = PLACED
    needs: str = ""


@dataclass(frozen=True)
class Area:
    """What belongs together. It opens with its first page; `needs` is the capability without which it is not shown."""

    name: StrPromise
    needs: str
    pages: tuple[Page, ...]


AREAS: Final[tuple[Area, ...]] = (
    Area(
        _("market"),
        "boards.read",
        (
            Page(_("the nine blocks"), "market"),
            Page(_("one figure: compare and rank"), "market-figure", ("market-shops", "market-orders", "market-order")),
            Page(_("price, volume, stock"), "market-products", ("market-subject",)),
            Page(_("key products and launches"), "market-key"),
            Page(_("few shops: 80/20"), "market-few"),
        ),
    ),
    Area(
        _("135 method"),
        "boards.read",
        (
            Page(_("board"), "board", ("cell", "shop")),
            Page(_("my month"), "my-month", ("month", "sentence"), ("month",)),
            Page(_("day plan"), "plan", placed=("unit",)),
            Page(_("findings"), "findings", ("finding", "misfires")),
            Page(_("actions"), "actions"),
            Page(_("improvements"), "improvements"),
            Page(_("advice sheets"), "advice"),
            Page(_("reviews"), "reviews"),
            Page(_("monthly reports"), "reports", ("report",), ("unit",)),
        ),
    ),
    Area(
        _("field"),
        "visits.read",
        (
            Page(_("visits"), "visits", ("visit",)),
            Page(_("notes and search"), "field"),
            Page(_("display checks"), "field-checks", ("field-check",)),
            Page(_("photos"), "field-photos"),
            Page(_("signals"), "signals"),
            Page(_("to verify"), "verify"),
        ),
    ),
    Area(
        _("needs and breaches"),
        "retail.read",
        (
            Page(_("needs"), "needs", placed=("unit",)),
            Page(_("breaches"), "breaches", placed=("unit",), needs="breaches.read"),
        ),
    ),
    Area(
        _("policies"),
        "policies.read",
        (
            Page(_("policies"), "policies", ("policy", "policy-shops", "second-touch")),
            Page(_("shops and versions"), "policy-matrix", needs="visits.read"),
            Page(_("what was asked"), "policy-questions"),
        ),
    ),
    Area(
        _("intelligence"),
        "visits.read",
        (
            Page(_("inbox"), "intelligence", ("intelligence-item",)),
            Page(_("sent by several"), "intelligence-groups"),
            Page(_("unusual counts"), "intelligence-trends", placed=("unit",), needs="boards.read"),
        ),
    ),
    Area(
        _("alerts"),
        "boards.read",
        (
            Page(_("alerts"), "alerts"),
            Page(_("alert rules"), "alert-rules", ("alert-rule",)),
        ),
    ),
    Area(_("launches"), "brands.read", (Page(_("launches"), "launches"),)),
    Area(_("quarantine"), "quarantine.read", (Page(_("quarantine"), "quarantine", ("quarantined",)),)),
    Area(_("devices"), "devices.read", (Page(_("devices"), "devices", placed=()),)),
    Area(_("imports"), "imports.run", (Page(_("imports"), "imports", ("import", "import-mapping")),)),
    Area(_("exports"), "exports.run", (Page(_("exports"), "exports", ("export",)),)),
    Area(_("master data"), "admin.site", (Page(_("master data"), "admin:index", placed=()),)),
)


@dataclass(frozen=True)
class Link:
    """A name and where it leads; `current`: the reader is there (`page`) or in what is under it (`true`)."""

    name: StrPromise
    href: str
    current: str = ""


@dataclass(frozen=True)
class Way:
    """The areas, and the pages of the one where the reader is."""

    areas: tuple[Link, ...]
    pages: tuple[Link, ...]


def way(actor: Actor, here: Place, route: str) -> Way:
    """What the head of a page shows to its reader. No query."""
    areas: list[Link] = []
    pages: tuple[Link, ...] = ()
    for area in _open_to(actor):
        told = tuple(_link(page, here, route) for page in area.pages if not page.needs or actor.can(page.needs))
        inside = next((link for link in told if link.current), None)
        current = "" if inside is None else "page" if inside == told[0] else "true"
        areas.append(Link(area.name, told[0].href, current))
        if inside is not None and len(told) > 1:
            pages = told
    return Way(tuple(areas), pages)


def doors(actor: Actor) -> tuple[Link, ...]:
    """Each area by its first page, from where no unit and month are chosen: the pages of master data. No query."""
    return tuple(Link(area.name, reverse(area.pages[0].route)) for area in _open_to(actor))


def _open_to(actor: Actor) -> Iterable[Area]:
    return (area for area in AREAS if actor.can(area.needs))


def _link(page: Page, here: Place, route: str) -> Link:
    query = "&".join(_query(page, here))
    current = "page" if route == page.route else "true" if route in page.under else ""
    return Link(page.name, f"{reverse(page.route)}?{query}" if query else reverse(page.route), current)


def _query(page: Page, here: Place) -> Iterator[str]:
    if "unit" in page.placed:
        yield f"unit={here.unit.pk}"
    if "month" in page.placed:
        yield f"month={here.month:%Y-%m}"
