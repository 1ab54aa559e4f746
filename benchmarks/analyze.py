"""Analyzing a province, against one GROUP BY over the same order lines: `python -m benchmarks.analyze`.

All rules over six months of weekly orders of 5 lines, with visits of three months, in one transaction; the reference is
one `GROUP BY shop, product, month` over every one of these lines, with the same memory for sorting. CPU seconds of
client and server together, parallel workers off on both sides so that all of it is counted. A tenth of the shops is
analyzed first, in a database of its own: the whole must cost at most ten times that. A second run must add nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from benchmarks import measure
from benchmarks.measure import Meter, Spent, figure, say
from benchmarks.month import server_pid, spent_told, without_parallel_workers

AS_OF, MONTH = date(2026, 6, 30), date(2026, 7, 1)
WEEKS = 26
SHOPS_PER_TERRITORY, TERRITORIES_PER_OFFICE, OFFICES_PER_COUNTY, COUNTIES_PER_PREFECTURE = 186, 8, 2, 6
PRODUCTS, KEY_PRODUCTS = 60, 5
WALL_GOAL_S, MEMORY_GOAL_MB, RATIO_GOAL = 120, 300, 5

_TREE = """
WITH t AS (SELECT n AS t, n / %(per_office)s AS o FROM generate_series(0, %(territories)s - 1) n),
c AS (SELECT t, o, o / %(per_county)s AS c FROM t), p AS (SELECT t, o, c, c / %(per_prefecture)s AS p FROM c)
SELECT 0 AS level, 'CN' AS code, NULL AS above
UNION ALL SELECT 1, 'P', 'CN'
UNION ALL SELECT DISTINCT 2, 'C' || p, 'P' FROM p
UNION ALL SELECT DISTINCT 3, 'X' || c, 'C' || p FROM p
UNION ALL SELECT DISTINCT 4, 'O' || o, 'X' || c FROM p
UNION ALL SELECT 5, 'T' || t, 'O' || o FROM p
"""
_UNITS = """
INSERT INTO backend_unit (code, level, name, name_en, parent_id, ancestors, during, version)
SELECT w.code, w.level, w.code, '', p.id, ARRAY[]::bigint[], daterange('2020-01-01', NULL), 1
FROM wanted w LEFT JOIN backend_unit p ON p.code = w.above WHERE w.level = %s
"""


def _noise(*over: str) -> str:
    """SQL of a number from 0 to 999 that these decide, the same in every run."""
    return f"(abs(hashint8({' * 1000003 + '.join(f'({one})::bigint' for one in over)})::bigint) %% 1000)"


def _uuid(number: str, kind: int) -> str:
    """SQL of a key in the order of its making, as version 7 UUIDs are."""
    return f"('019a000{kind}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


_SHOP = _uuid("n", 0)
_SHOPS = (
    f"""INSERT INTO retail_retailer (id, code, licence_no, licence_valid_until, name, holder, address, county_id, datum,
        order_weekday, opened_on, version)
    SELECT {_SHOP}, 'R' || n, 'L' || n, '2026-06-01'::date + {_noise("n", "3")}::int * 2, 'shop', 'holder', '',
        u.ancestors[4], 'unknown', 1 + n %% 5, '2020-01-01', 1
    FROM generate_series(0, %(shops)s - 1) n JOIN backend_unit u ON u.code = 'T' || n / %(per_territory)s""",
    f"""INSERT INTO retail_classification (retailer_id, during, state, business_type, market_type, scale,
        integrity_grade, terminal_type, trade_area, visit_class)
    SELECT {_SHOP}, daterange('2020-01-01', NULL), CASE WHEN n %% 50 = 0 THEN 'suspended' ELSE 'active' END,
        (ARRAY['Z', 'B', 'S', 'Y'])[1 + n %% 4], CASE WHEN n %% 3 = 0 THEN 'X' ELSE 'C' END, 1 + n %% 3, '',
        'ordinary', '', (ARRAY['A', 'B', 'C', 'C', 'C'])[1 + n %% 5] FROM generate_series(0, %(shops)s - 1) n""",
    f"""INSERT INTO retail_assignment (retailer_id, territory_id, during)
    SELECT {_SHOP}, u.id, daterange('2020-01-01', NULL)
    FROM generate_series(0, %(shops)s - 1) n JOIN backend_unit u ON u.code = 'T' || n / %(per_territory)s ORDER BY n""",
)
_BRANDS = (
    "INSERT INTO brands_brand (name, name_en, maker, is_home, version) VALUES ('brand', '', '', true, 1)",
    """INSERT INTO brands_product (id, brand_id, code, name, packs_per_carton, blend, guide_carton_fen, on_sale,
        version)
    SELECT n, (SELECT id FROM brands_brand), 'G' || n, 'product ' || n, 10, '', 10000 + n * 300, true, 1
    FROM generate_series(1, %(products)s) n""",
    """INSERT INTO brands_keyproduct (unit_id, product_id, during, is_launch, version)
    SELECT u.id, n, daterange('2020-01-01', NULL), false, 1
    FROM backend_unit u, generate_series(1, %(key_products)s) n WHERE u.code = 'P'""",
)
# Shop n orders on its weekday, 5 of the 12 products that it carries; how much is its scale's and the week's chance.
_ORDERED = f"(1 + {_noise('n', 'week', '{k}')} * (4 - (1 + n %% 3)) / 250)"
_LINE_PRODUCT = "(1 + (n * 7 + ((week * 5 + {k}) %% 12) * 5) %% %(products)s)"
_ON = "(%(first)s::date + week * 7 + (n %% 5)::int)"
_ORDER = _uuid("week * 1000000::bigint + n", 1)
_CARTONS = " + ".join(_ORDERED.format(k=k) for k in range(5))
_ORDERS = f"""
INSERT INTO market_order (id, month, order_no, retailer_id, territory_id, county_id, on_date, cartons, amount_fen)
SELECT {_ORDER}, date_trunc('month', {_ON})::date, 'N' || week || '-' || n, {_SHOP}, u.id, u.ancestors[4], {_ON},
    {_CARTONS}, ({_CARTONS}) * 12000
FROM generate_series(0, %(weeks)s - 1) week CROSS JOIN generate_series(0, %(shops)s - 1) n
JOIN backend_unit u ON u.code = 'T' || n / %(per_territory)s
"""
_LINES = f"""
INSERT INTO market_orderline (month, order_id, product_id, demanded_cartons, allotted_cartons, ordered_cartons,
    amount_fen)
SELECT date_trunc('month', {_ON})::date, {_ORDER}, {_LINE_PRODUCT.format(k="k")}, {_ORDERED.format(k="k")} + 1,
    {_ORDERED.format(k="k")}, {_ORDERED.format(k="k")}, {_ORDERED.format(k="k")} * 12000
FROM generate_series(0, %(weeks)s - 1) week CROSS JOIN generate_series(0, %(shops)s - 1) n
CROSS JOIN generate_series(0, 4) k
"""
# A visit every 28 days for three months, with 5 products looked at.
_SEEN_ON = "(%(as_of)s::date - 1 - visit * 28 - (n %% 28)::int)"
_VISIT = _uuid("visit * 1000000::bigint + n", 2)
_VISITS = f"""
INSERT INTO visits_visit (id, month, retailer_id, person_id, territory_id, county_id, on_date, started_at,
    device_started_at, received_at, datum, presence, flags, away_reason, persons_met, note, display_score)
SELECT {_VISIT}, date_trunc('month', {_SEEN_ON})::date, {_SHOP}, {_uuid("0", 3)}, u.id, u.ancestors[4], {_SEEN_ON},
    {_SEEN_ON} + interval '2 hours', {_SEEN_ON} + interval '2 hours', {_SEEN_ON} + interval '3 hours', 'unknown',
    'valid', ARRAY[]::varchar[], '', '', '', 70 + n %% 31
FROM generate_series(0, 2) visit CROSS JOIN generate_series(0, %(shops)s - 1) n
JOIN backend_unit u ON u.code = 'T' || n / %(per_territory)s
"""
_OBSERVATIONS = f"""
INSERT INTO visits_observation (month, visit_id, line_no, product_id, on_shelf, carton_price_fen, stock_packs, oos_days)
SELECT date_trunc('month', {_SEEN_ON})::date, {_VISIT}, k, 1 + k, {_noise("n", "k", "5")} > 80,
    10000 + (1 + k) * 300 + ({_noise("n", "visit", "k")} - 500), ({_noise("n", "k", "visit")} / 20)::int, 0
FROM generate_series(0, 2) visit CROSS JOIN generate_series(0, %(shops)s - 1) n CROSS JOIN generate_series(0, 4) k
"""
_GROUP_BY = """
SELECT count(*), sum(cartons) FROM (
    SELECT o.retailer_id, l.product_id, l.month, sum(l.ordered_cartons) AS cartons, sum(l.amount_fen) AS amount_fen
    FROM market_orderline l JOIN market_order o ON o.month = l.month AND o.id = l.order_id
    GROUP BY o.retailer_id, l.product_id, l.month) by_month
"""
# Loading neither reads nor checks by these; the key of the lines is built after them, as one builds it.
_GUARDS = (("retail_classification", "classification_once"), ("retail_assignment", "assignment_once"))


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    shops = asked.retailers or (11_300 if asked.quick else 113_000)
    tenth = None if asked.alone else _of_a_tenth(shops // 10)
    with measure.database("analyze", around=AS_OF) as url:
        without_parallel_workers(url)
        load_shops(shops)
        spent, reference = _measure(shops, slowest=asked.slowest)
    peak_mb = measure.peak_memory_mb()
    if tenth is None:
        print(spent.cpu)
        return 0
    say(f"{shops} shops: {spent.cpu:.1f} s CPU, GROUP BY {reference.cpu:.1f}; a tenth {tenth:.1f}; {peak_mb:.0f} MB")
    passed = [
        figure("analyze_vs_group_by", spent.cpu / reference.cpu, RATIO_GOAL, at_most=True),
        figure("analyze_seconds", spent.wall / WALL_GOAL_S, 1.0, at_most=True),
        figure("analyze_growth", spent.cpu / tenth / 10, 1.0, at_most=True),
        figure("analyze_memory", peak_mb / MEMORY_GOAL_MB, 1.0, at_most=True),
    ]
    return 0 if all(passed) else 1


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--retailers", type=int, default=0, help="how many shops (113000; with --quick 11300)")
    parser.add_argument("--slowest", type=int, default=0, help="print so many of the slowest statements")
    parser.add_argument("--alone", action="store_true", help="no tenth beside it; the last line is the CPU seconds")


def _of_a_tenth(shops: int) -> float:
    """CPU seconds of analyzing so many shops, in a process and a database of their own."""
    command = [sys.executable, "-m", "benchmarks.analyze", "--alone", "--retailers", str(shops)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    *lines, cpu = done.stdout.strip().splitlines()
    for line in lines:
        say(line)
    return float(cpu)


def load_shops(shops: int) -> None:
    from django.db import connection

    values: dict[str, Any] = {
        "shops": shops,
        "territories": -(-shops // SHOPS_PER_TERRITORY),
        "per_territory": SHOPS_PER_TERRITORY,
        "per_office": TERRITORIES_PER_OFFICE,
        "per_county": OFFICES_PER_COUNTY,
        "per_prefecture": COUNTIES_PER_PREFECTURE,
        "products": PRODUCTS,
        "key_products": KEY_PRODUCTS,
        "first": AS_OF - timedelta(days=7 * WEEKS),
        "weeks": WEEKS,
        "as_of": AS_OF,
    }
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE wanted AS {_TREE}", values)
        for level in range(6):
            cursor.execute(_UNITS, [level])
        for table, name in _GUARDS:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        cursor.execute("ALTER TABLE market_orderline DROP CONSTRAINT market_orderline_pkey")
        for statement in (*_SHOPS, *_BRANDS, _ORDERS, _LINES, _VISITS, _OBSERVATIONS):
            cursor.execute(statement, values)
        cursor.execute("ALTER TABLE market_orderline ADD PRIMARY KEY (month, order_id, product_id)")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM market_orderline")
        lines = cursor.fetchone()[0]
    say(f"loaded {shops} shops, {lines} order lines in {time.perf_counter() - began:.0f} s")


def _measure(shops: int, *, slowest: int) -> tuple[Spent, Spent]:
    """What one analysis and one GROUP BY cost. The first GROUP BY warms the caches for both and is not counted."""
    _group_by()
    first, added = _analysis(slowest)
    reference = _group_by()
    again, none = _analysis(0)
    for name, spent in (("analysis", first), ("again", again), ("GROUP BY", reference)):
        say(f"{shops} shops, {name}: {spent_told(spent)}")
    say(f"{shops} shops: {added} findings")
    if none or not added:
        raise SystemExit(f"the first run added {added} findings, the second {none}")
    return first, reference


def _analysis(slowest: int) -> tuple[Spent, int]:
    from django.db import connection

    from backend import clock
    from cycles.analyze import analyze

    statements: list[tuple[float, str]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            told = params.get("rule") if isinstance(params, dict) else None
            statements.append((time.perf_counter() - began, f"{told or ''} {' '.join(sql.split())[:90]}"))

    meter = Meter([server_pid()])
    held = clock.at(datetime.combine(AS_OF, time_of_day(9), tzinfo=clock.BUSINESS_ZONE))
    with held, connection.execute_wrapper(watch), meter.running():
        done = analyze(MONTH, AS_OF)
    for seconds, words in sorted(statements, reverse=True)[:slowest]:
        say(f"{seconds:8.2f} s  {words}")
    return meter.spent, done.total.added


def _group_by() -> Spent:
    from django.db import connection, transaction

    from cycles import bases

    meter = Meter([server_pid()])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(bases.ROOM)
        with meter.running():
            cursor.execute(_GROUP_BY)
            cursor.fetchone()
    return meter.spent


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main())
