"""The prefecture of benchmarks/rollups.py: shops, totals, orders and visits by rule, and visits as phones push them."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from benchmarks import analyze, field
from benchmarks.measure import say

MONTH = date.today().replace(day=1)  # noqa: DTZ011 - phones push visits of this very hour
SHOPS_PER_TERRITORY, PRODUCTS, LINES = 172, 120, 25
WEEKS = (-2, -1, 0, 1, 2)  # of orders, the first Monday of the month being week 0; week 3 is the import
_SHOP = "('019a0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_TERRITORY = "JOIN backend_unit u ON u.code = 'T' || n / %(per_territory)s"
_ALL = f"generate_series(0, %(shops)s - 1) n {_TERRITORY}"
# A shop carries 40 of the 120 products, orders 25 of them a week and is looked at for 8.
_CARRIED = "(1 + (n * 7 + ({}) %% 40 * 3) %% 120)"
_BRANDS = (
    """INSERT INTO brands_brand (name, name_en, maker, is_home, version)
    SELECT 'brand ' || n, '', '', true, 1 FROM generate_series(0, 34) n""",
    """INSERT INTO brands_product (id, brand_id, code, name, packs_per_carton, blend, guide_carton_fen, wholesale_fen,
        transfer_fen, on_sale, version)
    SELECT n, (SELECT min(id) FROM brands_brand) + n %% 35, 'G' || n, 'product ' || n, 10, '', 5000 + n * 400,
        4400 + n * 350, 1000 + n * 140, true, 1 FROM generate_series(1, 120) n""",
)
_CLASSES = """UPDATE retail_classification c SET tier = 1 + s.n %% 30
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM retail_retailer) s WHERE s.id = c.retailer_id"""
_PLACES = "UPDATE retail_retailer SET lon = 114.3, lat = 30.5, datum = 'WGS-84'"
_TOTALS = f"""
INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
SELECT m::date, {_SHOP}, {_CARRIED.format("k")}, 1 + (n + k) %% 9, (1 + (n + k) %% 9) * 12000
FROM generate_series(%(month)s::date - interval '3 months', %(month)s::date - interval '1 month', '1 month') m,
    generate_series(0, %(shops)s - 1) n, generate_series(0, 39) k ORDER BY 1, 2
"""
_ON = "(%(month)s::date + %(week)s * 7 + (n %% 5)::int)"
_ORDER = "('019b0000-0000-7000-8000-' || lpad(to_hex((%(week)s + 9) * 1000000::bigint + n), 12, '0'))::uuid"
_ORDERS = f"""
INSERT INTO market_order (id, month, order_no, retailer_id, territory_id, county_id, on_date, cartons, amount_fen)
SELECT {_ORDER}, date_trunc('month', {_ON})::date, 'N' || %(week)s || '-' || n, {_SHOP}, u.id, u.ancestors[4], {_ON},
    {LINES} * 3, {LINES} * 36000 FROM {_ALL}
"""
_LINES = f"""
INSERT INTO market_orderline (month, order_id, product_id, demanded_cartons, allotted_cartons, ordered_cartons,
    amount_fen)
SELECT date_trunc('month', {_ON})::date, {_ORDER}, {_CARRIED.format("%(week)s * 11 + 99 + k")}, 2 + (n + k) %% 5,
    1 + (n + k) %% 4, (n + k) %% 4, (n + k) %% 4 * 12000
FROM generate_series(0, %(shops)s - 1) n, generate_series(0, {LINES} - 1) k
"""
_TOTALS_NOW = (
    "DELETE FROM market_shopproductmonth WHERE month = %(month)s",
    """INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
    SELECT o.month, o.retailer_id, l.product_id, sum(l.ordered_cartons), sum(l.amount_fen)
    FROM market_order o JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
    WHERE o.month = %(month)s AND l.month = %(month)s GROUP BY o.month, o.retailer_id, l.product_id""",
)
_SEEN_ON = "(m::date + (n %% 27)::int)"
_VISIT = "('019c0000-0000-7000-8000-' || lpad(to_hex(extract(month FROM m)::bigint * 1000000 + n), 12, '0'))::uuid"
_MONTHS = "generate_series(%(month)s::date - interval '1 month', %(month)s::date, '1 month') m"
_VISITS = f"""
INSERT INTO visits_visit (id, month, retailer_id, person_id, territory_id, county_id, on_date, started_at,
    device_started_at, received_at, datum, presence, flags, away_reason, persons_met, note, display_score)
SELECT {_VISIT}, m::date, {_SHOP}, gen_random_uuid(), u.id, u.ancestors[4], {_SEEN_ON}, {_SEEN_ON} + interval '2 hours',
    {_SEEN_ON} + interval '2 hours', {_SEEN_ON} + interval '3 hours', 'unknown', 'valid', ARRAY[]::varchar[], '', '',
    '', 70 + n %% 31 FROM {_MONTHS}, {_ALL}
"""
_OBSERVATIONS = f"""
INSERT INTO visits_observation (month, visit_id, line_no, product_id, on_shelf, carton_price_fen, stock_packs, facings,
    oos_days)
SELECT m::date, {_VISIT}, k, {_CARRIED.format("k * 5")}, (n + k) %% 9 > 0, 5000 + (n + k) %% 50 * 100,
    20 + (n + k) %% 30, 1 + k %% 4, (n + k) %% 8 / 6
FROM {_MONTHS}, generate_series(0, %(shops)s - 1) n, generate_series(0, 7) k
"""


def _named(shops: int) -> dict[str, Any]:
    return {
        "month": MONTH,
        "shops": shops,
        "territories": -(-shops // SHOPS_PER_TERRITORY),
        "per_territory": SHOPS_PER_TERRITORY,
        "per_office": 6,
        "per_county": 3,
        "per_prefecture": 6,
    }


def load(shops: int) -> None:
    """The prefecture with its facts, five weeks of orders among them; nothing is summed yet."""
    from django.db import connection

    began, values = time.perf_counter(), _named(shops)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE wanted AS {analyze._TREE}", values)
        for level in range(6):
            cursor.execute(analyze._UNITS, [level])
        for statement in (*analyze._SHOPS, *_BRANDS, _CLASSES, _PLACES, _TOTALS, _VISITS, _OBSERVATIONS):
            cursor.execute(statement, values)
        for week in WEEKS:
            for statement in (_ORDERS, _LINES):
                cursor.execute(statement, {**values, "week": week})
        for statement in _TOTALS_NOW:
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
    say(f"loaded {shops} shops in {time.perf_counter() - began:.0f} s")


def another_week() -> int:
    """The fourth week's orders arrive, with the marks that an import leaves; how many lines."""
    from django.db import connection, transaction

    from backend import marks
    from backend.models import Level, Unit
    from retail.models import Retailer

    values = {**_named(Retailer.objects.count()), "week": 3}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ORDERS, values)
        cursor.execute(_LINES, values)
        lines = int(cursor.rowcount)
        for statement in _TOTALS_NOW:
            cursor.execute(statement, values)
        territories = Unit.objects.filter(level=Level.TERRITORY).values_list("pk", flat=True)
        marks.mark("orders", [(unit, MONTH) for unit in territories])
    return lines


# -- visits as phones push them ----------------------------------------------------------------------------------------


def people() -> None:
    """An account manager with a phone in every territory, and what their checks are held against."""
    from backend import clock
    from backend.models import Device, Level, Person, Position, Unit
    from visits.models import DisplayTemplate, TemplateVersion

    now, always = clock.now(), field._always()
    for unit in Unit.objects.filter(level=Level.TERRITORY):
        person = Person.objects.create(username=unit.code, name=unit.code, password="!")
        Position.objects.create(person=person, unit=unit, role_id="account_manager", during=always)
        Device.objects.create(
            person=person, device_id=unit.code, name=unit.code, token_hash=sha256(unit.code.encode()).digest(),
            signed_in_at=now, last_used_at=now, expires_at=now + timedelta(days=30),
        )  # fmt: skip
    scheme = DisplayTemplate.objects.create(unit=Unit.objects.get(level=Level.NATION), code="ten", name="十项检查")
    items = [
        {"code": f"item-{n}", "name": f"第{n}项", "name_en": f"item {n}", "kind": "yes_no", "weight": 10, "pass_at": 1}
        for n in range(field.CHECKS)
    ]
    TemplateVersion.objects.create(template=scheme, number=1, during=always, items=items)


def push(seconds: int, a_second: int, batch: int, rng: random.Random) -> int:
    """So many visits a second through the intake, in batches of one person each; how many came in."""
    fields = _fields()
    began, count = time.monotonic(), 0
    while count < seconds * a_second:
        _push(rng.choice(fields), rng, batch)
        count += batch
        time.sleep(max(0.0, began + count / a_second - time.monotonic()))
    return count


def push_one(rng: random.Random) -> None:
    """One visit through the intake."""
    _push(rng.choice(_fields()), rng, 1)


def _fields() -> list[field.Field]:
    """Every account manager with the shops and products that the phone holds."""
    from django.db.models import OuterRef, Subquery

    from backend.models import Device, Unit
    from brands.models import Product
    from retail.models import Assignment, Retailer
    from visits.models import TemplateVersion

    products, template = list(Product.objects.all()), TemplateVersion.objects.get()
    units, found = {unit.code: unit for unit in Unit.objects.filter(level=5)}, []
    shops: dict[int, list[Any]] = {}
    owner = Assignment.objects.filter(retailer=OuterRef("pk")).values("territory_id")[:1]
    for shop in Retailer.objects.annotate(unit=Subquery(owner)):
        shops.setdefault(shop.unit, []).append(shop)
    for device in Device.objects.select_related("person"):
        unit = units[device.device_id]
        found.append(field.Field(device.person, device, unit, None, shops[unit.pk], products, template))
    return found


def _push(made: field.Field, rng: random.Random, size: int) -> None:
    from backend import clock
    from backend.http import jsonbody
    from backend.scope import actor_of
    from visits import intake

    body = field.encoded(field.batch(made, rng, clock.now(), size))
    actor = actor_of(made.person, device_id=made.device.pk)
    for outcome in intake.receive_batch(actor=actor, items=jsonbody.decode_list(body, 200), received_at=clock.now()):
        assert outcome.word == "created", outcome.problem and outcome.problem.document()
