"""What proves a finding: rule, threshold, figures, and the records behind them, each a line with its link.

Called by the page of a finding. A record that the reader may not open is counted and not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from backend.language import is_english
from backend.models import Unit
from backend.parameters import UnknownParameter, declared
from backend.scope import Actor, visible_to
from brands.models import Product
from cycles import proof
from market.models import Order, StockCount
from retail.models import Need, Promise, Retailer
from visits.models import PolicyVersion, Visit
from web.boards.chain import FindingRow


@dataclass(frozen=True)
class Fact:
    """One figure or threshold of a finding, with its name."""

    name: str
    value: Any


@dataclass(frozen=True)
class Record:
    """One record behind a finding, in a line."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Why:
    """All that a finding rests on. `unseen`: records that there were, and that are not listed."""

    thresholds: list[Fact]
    records: list[Record]
    rows: int

    @property
    def unseen(self) -> int:
        return max(self.rows - len(self.records), 0)


def of(actor: Actor, row: FindingRow) -> Why:
    """Threshold and records of a finding's last sighting. Two queries."""
    assert row.sighting is not None
    found = proof.find(row.sighting.evidence)
    records = _LINES[found.kind](actor, found.ids) if found.ids else []
    return Why([_threshold(key, value) for key, value in row.sighting.threshold.items()], records, found.rows)


def _threshold(key: str, value: Any) -> Fact:
    """By the name under which the threshold was declared; one that is declared no more keeps its key."""
    try:
        known = declared(key)
    except UnknownParameter:
        return Fact(key, value)
    return Fact(known.title_en if is_english() else known.title, value)


def _orders(actor: Actor, ids: Iterable[str]) -> list[Record]:
    rows = visible_to(Order.objects.filter(pk__in=ids), actor).select_related("retailer").order_by("-on_date", "-id")
    return [
        Record(_("%(day)s · %(shop)s · %(n)d cartons") % {"day": o.on_date, "shop": o.retailer.name, "n": o.cartons})
        for o in rows
    ]


def _visits(actor: Actor, ids: Iterable[str]) -> list[Record]:
    rows = visible_to(Visit.objects.filter(pk__in=ids), actor).select_related("retailer", "person")
    return [
        Record(f"{one.on_date} · {one.retailer.name} · {one.person.name}", reverse("visit", args=[one.pk]))
        for one in rows.order_by("-started_at", "-id")
    ]


def _retailers(actor: Actor, ids: Iterable[str]) -> list[Record]:
    rows = visible_to(Retailer.objects.filter(pk__in=ids), actor).order_by("code")
    return [Record(f"{one.name} · {one.code} · {_licence(one)}") for one in rows]


def _licence(shop: Retailer) -> str:
    return _("licence valid until %s") % (shop.licence_valid_until or "–")


def _promises(actor: Actor, ids: Iterable[str]) -> list[Record]:
    rows = visible_to(Promise.objects.filter(pk__in=ids), actor).select_related("retailer").order_by("due_on", "id")
    return [Record(_("%(shop)s: %(text)s (by %(day)s)") % _told(one)) for one in rows]


def _needs(actor: Actor, ids: Iterable[str]) -> list[Record]:
    rows = visible_to(Need.objects.filter(pk__in=ids), actor).select_related("retailer").order_by("due_on", "id")
    return [Record(_("%(shop)s: %(text)s (by %(day)s)") % _told(one)) for one in rows]


def _told(one: Promise | Need) -> dict[str, Any]:
    return {"shop": one.retailer.name, "text": one.text, "day": one.due_on or "–"}


def _stock(actor: Actor, ids: Iterable[str]) -> list[Record]:
    rows = visible_to(StockCount.objects.filter(pk__in=ids), actor).select_related("retailer", "product")
    words = _("%(day)s · %(shop)s · %(product)s · %(n)d packs")
    return [
        Record(words % {"day": one.on_date, "shop": one.retailer.name, "product": one.product.name, "n": one.packs})
        for one in rows.order_by("-on_date", "id")
    ]


def _policies(actor: Actor, ids: Iterable[str]) -> list[Record]:
    rows = visible_to(PolicyVersion.objects.filter(pk__in=ids), actor).select_related("policy").order_by("id")
    words = _("%(title)s (brief by %(day)s)")
    return [Record(words % {"title": one.policy.title, "day": one.brief_by or "–"}) for one in rows]


def _units(actor: Actor, ids: Iterable[str]) -> list[Record]:
    rows = visible_to(Unit.objects.filter(pk__in=ids), actor).order_by("code")
    return [Record(str(one.name), f"/?unit={one.pk}") for one in rows]


def _products(actor: Actor, ids: Iterable[str]) -> list[Record]:
    rows = visible_to(Product.objects.filter(pk__in=ids), actor).order_by("code")
    return [Record(str(one.name)) for one in rows]


_LINES: dict[str, Callable[[Actor, Iterable[str]], list[Record]]] = {
    "order": _orders,
    "visit": _visits,
    "retailer": _retailers,
    "promise": _promises,
    "need": _needs,
    "stock_count": _stock,
    "policy_version": _policies,
    "unit": _units,
    "product": _products,
}
