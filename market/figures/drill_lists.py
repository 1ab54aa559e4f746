"""The last steps of a drill: the shops of a unit's month and their orders, and what moved away with shops.

A figure counts the shops that the unit had on the month's last day; its reader opens what the gates of
backend/scope.py let through (docs/decisions/0004-two-gates.md). What is listed plus what moved is the figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from backend.models import Level, Unit
from backend.reach import reaches
from backend.scope import Actor, visible_to
from market.figures import pricing
from market.figures.subjects import ALL, EVERYONE, Crossed, Segment, Subject
from market.models import Order, OrderLine, SegmentKind, ShopProductMonth, SubjectKind
from market.rollups.frame import counted_on
from retail.models import Assignment, Classification, Retailer
from visits.models import Visit

_CLASS = {
    SegmentKind.MARKET_TYPE: "market_type",
    SegmentKind.BUSINESS_TYPE: "business_type",
    SegmentKind.TIER: "tier",
}

# Few shops move in a month, which the planner would not know: they come first, by bounds that have an index each.
_MOVED = """
WITH moved AS MATERIALIZED (
    SELECT retailer_id, territory_id FROM retail_assignment WHERE lower(during) > %(month)s AND lower(during) <= %(day)s
        AND (upper(during) IS NULL OR upper(during) > %(day)s)
    UNION
    SELECT retailer_id, territory_id FROM retail_assignment WHERE upper(during) > %(day)s AND lower(during) <= %(day)s),
mine AS MATERIALIZED (
    SELECT moved.retailer_id FROM moved JOIN backend_unit u ON u.id = moved.territory_id
    WHERE u.ancestors @> %(unit)s::bigint[])
SELECT mine.retailer_id FROM mine"""
_OF_CLASS = """CROSS JOIN LATERAL (SELECT FROM retail_classification c
    WHERE c.retailer_id = mine.retailer_id AND c.during @> %(day)s::date AND {} OFFSET 0) classed"""

NONE_MOVED = {"orders": 0, "cartons": 0, "amount_fen": 0}


@dataclass(frozen=True)
class Narrowed:
    """Which shops and products a figure counts: those of a unit and segment on the month's last day, of a subject."""

    unit_id: int
    month: date
    subject: Subject = ALL
    segment: Segment | Crossed = EVERYONE

    def shops(self, shop: str) -> Q:
        """A condition on rows whose shop is the column `shop`: the unit's, and of the segment. Two queries at most.

        The few shops of a market office are named, so that their rows are found by shop; of more, each row is asked.
        """
        day, places = counted_on(self.month), dict(self._places())
        if min(places.values(), default=Level.TERRITORY) >= Level.OFFICE:
            ids = self._held(day, places).values_list("retailer_id", flat=True)
            found = Q(**{f"{shop}__in": list(ids)})
        else:
            found = Q(Exists(self._held(day, places).filter(retailer_id=OuterRef(shop))))
        return found & self._classed(shop, day)

    def moved(self) -> list[UUID]:
        """Those of its shops that came to their territory after the month began, or have left it since. One query."""
        classes = [f"c.{_CLASS[segment.kind]} = %(class_{n})s" for n, segment in enumerate(self._segments())]
        values = {f"class_{n}": segment.value for n, segment in enumerate(self._segments())}
        asked: dict[str, Any] = {"unit": [self.unit_id], "month": self.month, "day": counted_on(self.month), **values}
        with connection.cursor() as cursor:
            cursor.execute(f"{_MOVED} {_OF_CLASS.format(' AND '.join(classes)) if classes else ''}", asked)
            return [row[0] for row in cursor.fetchall()]

    def products(self) -> list[int] | None:
        """Ids of the subject's products; None for all. One query at most."""
        if self.subject.kind == SubjectKind.ALL:
            return None
        if self.subject.kind == SubjectKind.PRODUCT:
            return [self.subject.id]
        statement = f"WITH {pricing.goods(self.subject.kind)} SELECT product_id FROM good"  # noqa: S608 - constants only
        with connection.cursor() as cursor:
            cursor.execute(statement, pricing.named([], [self.month], self.subject.id))
            return [row[0] for row in cursor.fetchall()]

    def _places(self) -> Iterable[tuple[int, int]]:
        """The unit and all below it, with their levels: named, so that the planner knows how many there are."""
        return Unit.objects.filter(ancestors__contains=[self.unit_id]).values_list("pk", "level")

    def _held(self, day: date, places: Mapping[int, int]) -> QuerySet[Assignment]:
        territories = [pk for pk, level in places.items() if level == Level.TERRITORY]
        return Assignment.objects.filter(territory_id__in=territories, during__contains=day)

    def _classed(self, shop: str, day: date) -> Q:
        found = Q()
        for segment in self._segments():
            named = {_CLASS[segment.kind]: segment.value}
            rows = Classification.objects.filter(retailer_id=OuterRef(shop), during__contains=day, **named)
            found &= Q(Exists(rows))
        return found

    def _segments(self) -> list[Segment]:
        if isinstance(self.segment, Crossed):
            return [self.segment.first, self.segment.second]
        return [] if self.segment == EVERYONE else [self.segment]


# -- orders ------------------------------------------------------------------------------------------------------------


def orders(rows: QuerySet[Order], asked: Narrowed, products: Sequence[int] | None) -> QuerySet[Order]:
    """Orders of the month of the unit's shops, with a line of the subject."""
    return _with_lines(rows.filter(month=asked.month), products).filter(asked.shops("retailer_id"))


def moved_orders(actor: Actor, asked: Narrowed, products: Sequence[int] | None) -> dict[str, int]:
    """How many such orders the actor may not open, because they belong to shops that came or went, and their cartons
    and fen of the subject; nothing of a unit that is not the actor's. Three queries."""
    if not reaches(actor, "market.read", asked.unit_id):
        return dict(NONE_MOVED)
    whole = _with_lines(Order.objects.filter(month=asked.month), products).filter(retailer_id__in=asked.moved())
    hidden = whole.exclude(pk__in=visible_to(whole, actor).values("pk"))
    if products is None:
        sums = hidden.aggregate(n=Count("pk"), cartons=Sum("cartons"), amount=Sum("amount_fen"))
        return {"orders": sums["n"], "cartons": sums["cartons"] or 0, "amount_fen": sums["amount"] or 0}
    lines = OrderLine.objects.filter(month=asked.month, order_id__in=hidden.values("pk"), product_id__in=products)
    found = lines.aggregate(
        n=Count("order_id", distinct=True), cartons=Sum("ordered_cartons"), amount=Sum("amount_fen")
    )
    return {"orders": found["n"], "cartons": found["cartons"] or 0, "amount_fen": found["amount"] or 0}


def _with_lines(rows: QuerySet[Order], products: Sequence[int] | None) -> QuerySet[Order]:
    if products is None:
        return rows
    lines = OrderLine.objects.filter(month=OuterRef("month"), order_id=OuterRef("pk"), product_id__in=products)
    return rows.filter(Exists(lines))


# -- shops -------------------------------------------------------------------------------------------------------------


def shops(actor: Actor, asked: Narrowed, after: str, size: int) -> list[Retailer]:
    """Shops of the unit and segment that the actor may open, by code, from behind a code; one more than `size` where
    there are more. One query."""
    rows = visible_to(Retailer.objects.filter(asked.shops("pk")), actor)
    return list(rows.filter(code__gt=after).order_by("code")[: size + 1])


def shop_rows(
    actor: Actor, asked: Narrowed, shops: Sequence[Retailer], products: Sequence[int] | None
) -> list[dict[str, Any]]:
    """What these shops bought of the subject and how often they were seen in the month. Three queries."""
    ids, codes = [shop.pk for shop in shops], [shop.code for shop in shops]
    # By code, for the gate joins the shops anyhow, and would join all of them.
    bought = {row[0]: row[1:] for row in _bought(actor, asked.month, products).filter(retailer__code__in=codes)
              .values("retailer_id").annotate(c=Sum("cartons"), f=Sum("amount_fen"))
              .values_list("retailer_id", "c", "f")}  # fmt: skip
    ordered = _told(visible_to(_with_lines(Order.objects.filter(month=asked.month), products), actor), ids)
    seen = _told(visible_to(Visit.objects.filter(month=asked.month), actor), ids)
    return [
        {
            "retailer": shop.pk, "code": shop.code, "name": shop.name,
            "cartons": bought.get(shop.pk, (0, 0))[0], "amount_fen": bought.get(shop.pk, (0, 0))[1],
            "orders": ordered.get(shop.pk, (0, None))[0], "last_order_on": ordered.get(shop.pk, (0, None))[1],
            "visits": seen.get(shop.pk, (0, None))[0], "last_visit_on": seen.get(shop.pk, (0, None))[1],
        }
        for shop in shops
    ]  # fmt: skip


def moved_shops(actor: Actor, asked: Narrowed, products: Sequence[int] | None) -> dict[str, int]:
    """How many shops that the figure counts the actor may not open any more, and what they bought. Two queries."""
    whole = Retailer.objects.filter(pk__in=asked.moved())
    hidden = list(whole.exclude(pk__in=visible_to(whole, actor).values("pk")).values_list("pk", flat=True))
    rows = ShopProductMonth.objects.filter(month=asked.month, retailer_id__in=hidden)
    found = (rows if products is None else rows.filter(product_id__in=products)).aggregate(
        cartons=Sum("cartons"), amount=Sum("amount_fen")
    )
    return {"shops": len(hidden), "cartons": found["cartons"] or 0, "amount_fen": found["amount"] or 0}


def _bought(actor: Actor, month: date, products: Sequence[int] | None) -> QuerySet[ShopProductMonth]:
    rows = visible_to(ShopProductMonth.objects.filter(month=month), actor)
    return rows if products is None else rows.filter(product_id__in=products)


def _told(rows: QuerySet[Any], ids: Sequence[UUID]) -> dict[UUID, tuple[int, date | None]]:
    found = rows.filter(retailer_id__in=ids).values("retailer_id").annotate(n=Count("pk"), last=Max("on_date"))
    return {row["retailer_id"]: (row["n"], row["last"]) for row in found}
