"""Reads of the boards with a name: units, products, freshness, phones. For figures: market/figures/values.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from backend import clock
from backend.models import Unit
from backend.scope import Actor, units_under
from brands.models import Brand, PriceBand, Product
from market.models import SubjectKind
from market.rollups import recompute, segments

CAPABILITY = "boards.read"


@dataclass(frozen=True)
class ProductRow:
    """One product on the products board."""

    product_id: int
    code: str
    name: str
    guide_carton_fen: int | None


def board_units(actor: Actor) -> QuerySet[Unit]:
    """The units whose boards the actor may open: at or under a unit where the capability is held today."""
    mine = actor.units(CAPABILITY)
    return Unit.objects.filter(pk__in=units_under(mine)) if mine else Unit.objects.none()


def children(unit: Unit, month: date) -> list[Unit]:
    """Units right below that were in force on a day of the month, by code. One query."""
    during = (month, clock.add_months(month, 1))
    return list(Unit.objects.filter(parent=unit, during__overlap=during).order_by("code"))


def units_below(unit: Unit, level: int, month: date) -> list[Unit]:
    """Units of a level at or under one that were in force on a day of the month, by code. One query."""
    during = (month, clock.add_months(month, 1))
    rows = Unit.objects.filter(ancestors__contains=[unit.pk], level=level, during__overlap=during)
    return list(rows.order_by("code"))


def products(product_ids: Iterable[int]) -> list[ProductRow]:
    """These products, by code. One query."""
    rows = Product.objects.filter(pk__in=list(product_ids)).order_by("code")
    return [ProductRow(*row) for row in rows.values_list("pk", "code", "name", "guide_carton_fen")]


UNKNOWN = "—"


def subject_names(kind: SubjectKind, ids: Iterable[int]) -> dict[int, str]:
    """What these subjects are called, by id, in the order in which they are told. One query at most."""
    wanted = sorted(ids)
    if kind == SubjectKind.PRICE_CLASS:
        return {
            pk: str(pk) if pk else UNKNOWN for pk in [*(pk for pk in wanted if pk), *(pk for pk in wanted if not pk)]
        }
    rows: dict[SubjectKind, QuerySet[Any]] = {
        SubjectKind.BRAND: Brand.objects.order_by("name"),
        SubjectKind.PRICE_BAND: PriceBand.objects.order_by("guide_fen"),
        SubjectKind.PRODUCT: Product.objects.order_by("code"),
    }
    found = dict(rows[kind].filter(pk__in=wanted).values_list("pk", "name"))
    return {**found, **{pk: UNKNOWN for pk in wanted if pk not in found}}


@dataclass(frozen=True)
class Freshness:
    """Everything accepted before `as_of` is in the figures; what waits since then is not yet."""

    as_of: datetime
    waiting: int


_WAITING = """
SELECT count(*), min(m.marked_at) FROM backend_changemark m JOIN backend_unit u ON u.id = m.unit_id
WHERE m.consumer = ANY(%s) AND u.ancestors @> ARRAY[%s::bigint]
"""


def freshness(unit_id: int, *, of_classes: bool = False) -> Freshness:
    """How far the roll-ups of the unit and all under it have come; `of_classes`: those of classes of shops too, which
    come later. One query."""
    consumers = [recompute.CONSUMER, segments.CONSUMER] if of_classes else [recompute.CONSUMER]
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [consumers, unit_id])
        waiting, oldest = cursor.fetchone()
    return Freshness(as_of=oldest or clock.now(), waiting=waiting)


@dataclass(frozen=True)
class Phones:
    """The phones of the people who record visits under a unit today."""

    active: int
    silent: int  # not heard from for longer than the threshold
    unsent_devices: int  # that told of items they have not sent
    unsent_items: int
    silent_after_hours: int


_PHONES = """
SELECT count(*), count(*) FILTER (WHERE d.last_used_at < %(since)s), count(*) FILTER (WHERE d.unsent > 0),
    coalesce(sum(d.unsent), 0)
FROM backend_device d WHERE d.state = 'active' AND EXISTS (
    SELECT 1 FROM backend_position p JOIN backend_role r ON r.code = p.role_id JOIN backend_unit u ON u.id = p.unit_id
    WHERE p.person_id = d.person_id AND p.during @> %(today)s::date AND 'visits.record' = ANY(r.capabilities)
      AND u.ancestors @> ARRAY[%(unit)s::bigint])
"""


def phones(unit_id: int, silent_after_hours: int) -> Phones:
    """How many phones of the unit are silent or hold unsent work. One query."""
    since = clock.now() - timedelta(hours=silent_after_hours)
    with connection.cursor() as cursor:
        cursor.execute(_PHONES, {"since": since, "today": clock.today(), "unit": unit_id})
        active, silent, unsent_devices, unsent_items = cursor.fetchone()
    return Phones(active, silent, unsent_devices, int(unsent_items), silent_after_hours)
