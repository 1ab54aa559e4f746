"""Every read of the market app with a name: roll-up rows of units and products, targets, freshness, phones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from backend import clock
from backend.models import Unit
from backend.scope import Actor, units_under
from market.models import SalesTarget, UnitMonth
from market.rollups import CONSUMER

CAPABILITY = "boards.read"


@dataclass(frozen=True)
class Acts:
    """A unit's month of acts and shops, as its roll-up row has it."""

    visits: int = 0
    visits_to_verify: int = 0
    managers: int = 0
    shops_due: int = 0
    shops_seen: int = 0
    notes: int = 0
    checks: int = 0
    score_sum: Decimal = Decimal(0)
    briefings: int = 0
    shops_briefed: int = 0
    observations: int = 0
    remarks: int = 0
    pitches: int = 0
    pitches_accepted: int = 0
    price_median_fen: Decimal | None = None
    computed_at: datetime | None = None


@dataclass(frozen=True)
class Goods:
    """What was seen and sold of a product, or of all products, in a unit and month."""

    price_n: int = 0
    price_sum_fen: int = 0
    stock_n: int = 0
    stock_sum_packs: int = 0
    oos_n: int = 0
    oos_shops: int = 0
    shelf_n: int = 0
    on_shelf: int = 0
    cartons: int = 0
    amount_fen: int = 0
    index_actual: Decimal | None = None  # sum of average price x weight
    index_guide: Decimal | None = None  # sum of guide price x weight
    price_median_fen: Decimal | None = None


@dataclass(frozen=True)
class ProductRow:
    """One product on the products board, with its goods by month."""

    product_id: int
    code: str
    name: str
    guide_carton_fen: int | None
    months: dict[date, Goods]


def board_units(actor: Actor) -> QuerySet[Unit]:
    """The units whose boards the actor may open: at or under a unit where the capability is held today."""
    mine = actor.units(CAPABILITY)
    return Unit.objects.filter(pk__in=units_under(mine)) if mine else Unit.objects.none()


def children(unit: Unit, month: date) -> list[Unit]:
    """Units right below that were in force on a day of the month, by code. One query."""
    during = (month, clock.add_months(month, 1))
    return list(Unit.objects.filter(parent=unit, during__overlap=during).order_by("code"))


def acts(unit_ids: Iterable[int], months: Iterable[date]) -> dict[tuple[int, date], Acts]:
    """Roll-up rows by (unit, month); absent where nothing was counted. One query."""
    names = [f.name for f in fields(Acts)]
    rows = UnitMonth.objects.filter(unit_id__in=list(unit_ids), month__in=list(months))
    return {(r[0], r[1]): Acts(*r[2:]) for r in rows.values_list("unit_id", "month", *names)}


_SUMS = """
WITH weight AS (
    SELECT unit_id, product_id, extract(year FROM month) + 1 AS for_year, sum(cartons) AS w
    FROM market_unitproductmonth
    WHERE unit_id = ANY(%(units)s) AND month = ANY(%(weight_months)s) AND cartons > 0
    GROUP BY unit_id, product_id, extract(year FROM month))
SELECT p.unit_id, p.month, sum(p.price_n), sum(p.price_sum_fen), sum(p.stock_n), sum(p.stock_sum_packs), sum(p.oos_n),
    sum(p.oos_shops), sum(p.shelf_n), sum(p.on_shelf), sum(p.cartons), sum(p.amount_fen),
    sum(p.price_sum_fen::numeric / nullif(p.price_n, 0) * weight.w) FILTER (WHERE g.guide_carton_fen > 0),
    sum(g.guide_carton_fen * weight.w) FILTER (WHERE p.price_n > 0)
FROM market_unitproductmonth p JOIN brands_product g ON g.id = p.product_id
LEFT JOIN weight ON weight.unit_id = p.unit_id AND weight.product_id = p.product_id
    AND weight.for_year = extract(year FROM p.month)
WHERE p.unit_id = ANY(%(units)s) AND p.month = ANY(%(months)s)
GROUP BY p.unit_id, p.month
"""


def goods(unit_ids: Sequence[int], months: Sequence[date]) -> dict[tuple[int, date], Goods]:
    """All products together, with both sums of the price index, by (unit, month). One query.

    The weight of a product is what the company sold of it to the unit's shops in the calendar year before the month's.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"units": list(unit_ids), "months": list(months), "weight_months": _years_before(months)})
        return {(r[0], r[1]): _goods(r[2:]) for r in cursor.fetchall()}


def _years_before(months: Sequence[date]) -> list[date]:
    return [date(year, number, 1) for year in sorted({m.year - 1 for m in months}) for number in range(1, 13)]


def _goods(row: Any) -> Goods:
    columns: list[Any] = [*(int(value or 0) for value in row[:10]), *row[10:12]]
    return Goods(*columns)


_PRODUCTS = """
SELECT g.id, g.code, g.name, g.guide_carton_fen, p.month, p.price_n, p.price_sum_fen, p.stock_n, p.stock_sum_packs,
    p.oos_n, p.oos_shops, p.shelf_n, p.on_shelf, p.cartons, p.amount_fen,
    CASE WHEN g.guide_carton_fen > 0 THEN p.price_sum_fen::numeric / nullif(p.price_n, 0) END,
    CASE WHEN p.price_n > 0 THEN g.guide_carton_fen::numeric END, p.price_median_fen
FROM market_unitproductmonth p JOIN brands_product g ON g.id = p.product_id
WHERE p.unit_id = %(unit)s AND p.month = ANY(%(months)s) ORDER BY g.code
"""


def products(unit_id: int, months: Sequence[date]) -> list[ProductRow]:
    """Every product that was seen or sold in the unit in one of the months, by code. One query."""
    found: dict[int, ProductRow] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PRODUCTS, {"unit": unit_id, "months": list(months)})
        for row in cursor.fetchall():
            product = found.setdefault(row[0], ProductRow(row[0], row[1], row[2], row[3], {}))
            product.months[row[4]] = Goods(*row[5:])
    return list(found.values())


def product_means(unit_ids: Iterable[int], month: date) -> dict[int, list[tuple[int, Decimal | None, Decimal | None]]]:
    """By product: (unit id, average carton price in fen, average stock in packs), by unit id. One query."""
    found: dict[int, list[tuple[int, Decimal | None, Decimal | None]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id, unit_id, round(price_sum_fen::numeric / nullif(price_n, 0)),"
            " round(stock_sum_packs::numeric / nullif(stock_n, 0), 1)"
            " FROM market_unitproductmonth WHERE month = %s AND unit_id = ANY(%s) ORDER BY unit_id",
            [month, list(unit_ids)],
        )
        for product_id, unit_id, price, stock in cursor.fetchall():
            found.setdefault(product_id, []).append((unit_id, price, stock))
    return found


def sales_targets(unit_ids: Iterable[int], month: date) -> dict[int, int]:
    """Target cartons of all products together, by unit; absent where none was set. One query."""
    rows = SalesTarget.objects.filter(unit_id__in=list(unit_ids), month=month, product=None)
    return dict(rows.values_list("unit_id", "cartons"))


def product_targets(unit_id: int, month: date) -> dict[int, int]:
    """Target cartons by product of one unit. One query."""
    rows = SalesTarget.objects.filter(unit_id=unit_id, month=month, product__isnull=False)
    return dict(rows.values_list(F("product_id"), "cartons"))


@dataclass(frozen=True)
class Freshness:
    """Everything accepted before `as_of` is in the figures; what waits since then is not yet."""

    as_of: datetime
    waiting: int


_WAITING = """
SELECT count(*), min(m.marked_at) FROM backend_changemark m JOIN backend_unit u ON u.id = m.unit_id
WHERE m.consumer = %s AND u.ancestors @> ARRAY[%s::bigint]
"""


def freshness(unit_id: int) -> Freshness:
    """How far the roll-ups of the unit and all under it have come. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [CONSUMER, unit_id])
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
