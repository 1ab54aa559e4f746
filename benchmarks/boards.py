"""The market boards at the roll-ups of 500,000 shops over 12 months, against computing the same from facts.

`python -m benchmarks.boards [--quick]`. Server time is the CPU of the whole request: this process (middleware, log-in,
queries, JSON) and the database's. Walls are told beside it; they are what they are on a machine that others use too.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import measure

MONTH = date(2026, 3, 1)
GOAL_MS = 50
SHOPS_PER_TERRITORY = 180
FULL_SHOPS, QUICK_SHOPS = 500_000, 50_000
PRODUCTS = 120
LOOKS_PER_VISIT = 8

# 1 nation, 1 province, then prefectures of 9 counties of 4 offices of 5 territories.
_TREE = (
    ("SELECT 'CN', 0, NULL::bigint",),
    ("SELECT 'P', 1, id FROM backend_unit WHERE level = 0",),
    ("SELECT 'P' || n, 2, id FROM backend_unit, generate_series(1, {prefectures}) n WHERE level = 1",),
    ("SELECT code || '-' || n, 3, id FROM backend_unit, generate_series(1, 9) n WHERE level = 2",),
    ("SELECT code || '-' || n, 4, id FROM backend_unit, generate_series(1, 4) n WHERE level = 3",),
    ("SELECT code || '-' || n, 5, id FROM backend_unit, generate_series(1, 5) n WHERE level = 4",),
)
_PRODUCTS = """
WITH b AS (INSERT INTO brands_brand (name, name_en, maker, is_home, version) VALUES ('B', '', '', true, 1) RETURNING id)
INSERT INTO brands_product (brand_id, code, name, packs_per_carton, blend, guide_carton_fen, wholesale_fen, on_sale,
    version)
SELECT b.id, 'P' || n, 'product ' || n, 10, '', 5000 + n * 500, 4400 + n * 440, true, 1
FROM b, generate_series(1, {products}) n
"""
_LEAF_PRODUCTS = """
INSERT INTO market_unitproductmonth (month, unit_id, product_id, observations, price_n, price_sum_fen, price_median_fen,
    stock_n, stock_sum_packs, facings_n, facings_sum, oos_n, oos_days_sum, oos_shops, shelf_n, on_shelf, cartons,
    amount_fen)
SELECT %(month)s, u.id, p.id, 12, 10, 10 * (p.guide_carton_fen + u.id %% 300), p.guide_carton_fen, 11,
    11 * (u.id %% 20), 9, 18, 12, 3, 1, 10, 8, 200 + (u.id + p.id) %% 300, 1000000 + p.guide_carton_fen
FROM backend_unit u, brands_product p WHERE u.level = 5
"""
_LEAF_UNITS = """
INSERT INTO market_unitmonth (month, unit_id, visits, visits_to_verify, managers, shops_due, shops_seen, notes, checks,
    score_sum, briefings, shops_briefed, observations, remarks, pitches, pitches_accepted,
    price_median_fen, computed_at)
SELECT %(month)s, id, 240, 3, 1, 180, 100 + id %% 80, 150, 90, 7200, 120, 110, 1440, 4, 60, 31, 12000, %(at)s
FROM backend_unit WHERE level = 5
"""
_ABOVE_UNITS = """
INSERT INTO market_unitmonth (month, unit_id, visits, visits_to_verify, managers, shops_due, shops_seen, notes, checks,
    score_sum, briefings, shops_briefed, observations, remarks, pitches, pitches_accepted,
    price_median_fen, computed_at)
SELECT m.month, u.parent_id, sum(visits), sum(visits_to_verify), sum(managers), sum(shops_due), sum(shops_seen),
    sum(notes), sum(checks), sum(score_sum), sum(briefings), sum(shops_briefed), sum(observations), sum(remarks),
    sum(pitches), sum(pitches_accepted), 12000, min(computed_at)
FROM market_unitmonth m JOIN backend_unit u ON u.id = m.unit_id
WHERE m.month = %(month)s AND u.level = %(level)s GROUP BY m.month, u.parent_id
"""
_ABOVE_PRODUCTS = """
INSERT INTO market_unitproductmonth (month, unit_id, product_id, observations, price_n, price_sum_fen, price_median_fen,
    stock_n, stock_sum_packs, facings_n, facings_sum, oos_n, oos_days_sum, oos_shops, shelf_n, on_shelf, cartons,
    amount_fen)
SELECT m.month, u.parent_id, m.product_id, sum(observations), sum(price_n), sum(price_sum_fen), min(price_median_fen),
    sum(stock_n), sum(stock_sum_packs), sum(facings_n), sum(facings_sum), sum(oos_n), sum(oos_days_sum), sum(oos_shops),
    sum(shelf_n), sum(on_shelf), sum(cartons), sum(amount_fen)
FROM market_unitproductmonth m JOIN backend_unit u ON u.id = m.unit_id
WHERE m.month = %(month)s AND u.level = %(level)s GROUP BY m.month, u.parent_id, m.product_id
"""
# Facts of one prefecture's month, to compute the same from: a visit per shop, eight products looked at.
_VISITS = """
INSERT INTO visits_visit (id, month, retailer_id, person_id, territory_id, county_id, on_date, started_at,
    device_started_at, received_at, datum, presence, flags, away_reason, persons_met, note)
SELECT gen_random_uuid(), %(month)s, gen_random_uuid(), gen_random_uuid(), u.id, u.ancestors[4], %(month)s, now(),
    now(), now(), 'unknown', 'valid', '{}', '', '', ''
FROM backend_unit u, generate_series(1, %(shops)s) n WHERE u.level = 5 AND u.ancestors[3] = %(prefecture)s
"""
_LOOKS = """
INSERT INTO visits_observation (month, visit_id, line_no, product_id, carton_price_fen, stock_packs, oos_days)
SELECT v.month, v.id, n, (SELECT min(id) FROM brands_product) + (n * 37 + get_byte(uuid_send(v.id), 0)) %% %(products)s,
    12000, 10, 0
FROM visits_visit v, generate_series(1, %(looks)s) n
"""


@dataclass(frozen=True)
class Measured:
    """One endpoint over a number of units."""

    name: str
    p95_ms: float
    wall_p95_ms: float
    queries: set[int]


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    shops = asked.shops or (QUICK_SHOPS if asked.quick else FULL_SHOPS)
    with measure.database("boards", around=MONTH):
        from backend import clock

        with clock.at(datetime(2026, 3, 16, 10, tzinfo=clock.BUSINESS_ZONE)):
            return _run(shops, quick=asked.quick)


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shops", type=int, help="how many shops the roll-ups stand for")


def _run(shops: int, *, quick: bool) -> int:
    began = time.perf_counter()
    prefectures = max(shops // (SHOPS_PER_TERRITORY * 180), 1)
    _seed(prefectures, _months(quick))
    client, units = _reader(), _units()
    measure.say(f"roll-ups of {prefectures * 180} territories made in {time.perf_counter() - began:.0f} s")
    passed = True
    for name, path, more in (
        ("boards_market", "/api/v1/boards/market", {}),
        ("boards_children", "/api/v1/boards/market/children", {}),
        ("boards_products", "/api/v1/boards/market/products", {}),
        ("boards_products_by_county", "/api/v1/boards/market/products", {"children": "true"}),
    ):
        shown = [u for u in units if u[1] == 2] if "county" in name else units
        found = _endpoint(client, name, path, more, shown)
        same = "constant" if len(found.queries) == 1 else f"NOT constant: {sorted(found.queries)}"
        measure.say(
            f"{name}: p95 {found.p95_ms:.1f} ms of CPU ({found.wall_p95_ms:.1f} ms wall)"
            f" over {len(shown)} units, {max(found.queries)} queries, {same}"
        )
        passed &= measure.figure(f"{name}_p95_over_50ms", found.p95_ms / GOAL_MS, 1, at_most=True)
        passed &= len(found.queries) == 1
    passed &= _against_facts(next(u[0] for u in units if u[1] == 2), 40 if quick else SHOPS_PER_TERRITORY)
    return 0 if passed else 1


def _months(quick: bool) -> list[date]:
    """The month shown, the one before, the same of the year before, and the year that weighs the price index."""
    from backend import clock

    whole = [clock.add_months(MONTH, -back) for back in range(15)]
    return [m for m in whole if m >= date(2025, 12, 1) or m.month % 3 == 0] if quick else whole


def _seed(prefectures: int, months: list[date]) -> None:
    from django.db import connection

    from backend import clock

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
        for (select,) in _TREE:
            cursor.execute(
                "INSERT INTO backend_unit (code, level, parent_id, name, name_en, ancestors, during, version)"
                " SELECT code, level, parent, code, '', '{}', '[2020-01-01,)', 1 FROM ("
                + select.format(prefectures=prefectures)
                + ") AS s(code, level, parent)"
            )
        cursor.execute(_PRODUCTS.format(products=PRODUCTS))
        cursor.execute("SET session_replication_role = replica")  # keys are right by making; their checks cost most
        for month in months:
            named = {"month": month, "at": clock.now()}
            cursor.execute(_LEAF_PRODUCTS, named)
            cursor.execute(_LEAF_UNITS, named)
            for level in range(5, 0, -1):
                cursor.execute(_ABOVE_PRODUCTS, {**named, "level": level})
                cursor.execute(_ABOVE_UNITS, {**named, "level": level})
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE market_unitproductmonth")
        cursor.execute("ANALYZE market_unitmonth")
        cursor.execute("SELECT count(*) FROM market_unitproductmonth")
        measure.say(f"{cursor.fetchone()[0]:,} product rows in {len(months)} months")


def _reader() -> Any:
    """The phone of somebody who leads the province."""
    from django.db.backends.postgresql.psycopg_any import DateRange
    from rest_framework.test import APIClient

    from backend import clock
    from backend.models import Device, Person, Position, Unit

    person = Person.objects.create(username="leader", name="leader", password="!")
    token = secrets.token_urlsafe(32)
    during = DateRange(date(2020, 1, 1), None)
    Position.objects.create(person=person, unit=Unit.objects.get(level=0), role_id="province_leader", during=during)
    now = clock.now()
    Device.objects.create(
        person=person,
        device_id="bench",
        name="bench",
        token_hash=sha256(token.encode()).digest(),
        signed_in_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=30),
    )
    client = APIClient(SERVER_NAME="localhost")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def _units() -> list[tuple[int, int]]:
    """(id, level): the nation, the province, and some of each level below."""
    from backend.models import Unit

    found: list[tuple[int, int]] = []
    for level, wanted in enumerate((1, 1, 4, 12, 12, 12)):
        found += Unit.objects.filter(level=level).order_by("-code").values_list("pk", "level")[:wanted]
    return found


def _endpoint(client: Any, name: str, path: str, more: dict[str, str], units: list[tuple[int, int]]) -> Measured:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    costs, queries = [], set()
    for unit, level in units:
        asked = {"unit": str(unit), "month": f"{MONTH:%Y-%m}", **more}

        def ask(asked: dict[str, str] = asked) -> None:
            answer = client.get(path, asked)
            if answer.status_code != 200:
                raise SystemExit(f"{name} answered {answer.status_code}: {answer.content[:300]!r}")

        costs.append(_cost(ask))
        with CaptureQueriesContext(connection) as counted:
            ask()
        if level < 5:  # a territory has no children to ask about
            queries.add(len(counted))
    return Measured(name, _p95_ms([c.cpu for c in costs]), _p95_ms([c.wall for c in costs]), queries)


def _p95_ms(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)] * 1000


def _cost(ask: Callable[[], object]) -> measure.Spent:
    """What it costs once caches are warm: the cheapest of three, here and in the database."""
    from django.db import connection

    connection.ensure_connection()
    found = []
    for _ in range(3):
        meter = measure.Meter([measure.backend_pid(connection.connection)])
        with meter.running():
            ask()
        found.append(meter.spent)
    return min(found, key=lambda spent: spent.cpu)


def _against_facts(prefecture: int, shops_per_territory: int) -> bool:
    """Average price and stock per product and county of one prefecture: from its facts, and from roll-ups."""
    from django.db import connection
    from django.db.models import Avg, OuterRef, Subquery

    from backend.models import Unit
    from market import queries
    from visits.models import Observation, Visit

    named: dict[str, date | int] = {
        "month": MONTH,
        "prefecture": prefecture,
        "shops": shops_per_territory,
        "looks": LOOKS_PER_VISIT,
        "products": PRODUCTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_VISITS, named)
        visits = cursor.rowcount
        cursor.execute(_LOOKS, named)
        looks = cursor.rowcount
        cursor.execute("ANALYZE visits_visit")
        cursor.execute("ANALYZE visits_observation")
    counties = list(Unit.objects.filter(parent_id=prefecture).values_list("pk", flat=True))
    county = Visit.objects.filter(month=MONTH, pk=OuterRef("visit_id")).values("county_id")[:1]

    def from_facts() -> object:
        rows = Observation.objects.filter(month=MONTH).annotate(county=Subquery(county))
        means = rows.filter(county__in=counties).values("county", "product_id")
        return list(means.annotate(price=Avg("carton_price_fen"), stock=Avg("stock_packs")))

    facts = _cost(from_facts).cpu
    rollups = _cost(lambda: queries.product_means(counties, MONTH)).cpu
    measure.say(
        f"price and stock per product and county: {rollups * 1000:.1f} ms from roll-ups,"
        f" {facts * 1000:.0f} ms from {visits:,} visits with {looks:,} observations of one prefecture"
    )
    passed = measure.figure("product_means_over_50ms", rollups * 1000 / GOAL_MS, 1, at_most=True)
    return measure.figure("facts_over_rollups", facts / rollups, 10) and passed


if __name__ == "__main__":
    raise SystemExit(main())
