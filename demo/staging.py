"""Temporary tables that the demo's history is generated from, and the dice it is thrown with; for demo/loading.py.

The dice are `hashint8extended` of what is decided (shop, product, week) and of the seed: the same arguments always
throw the same, in any order and at any size, which is what lets the history be made by set-based SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, get_type_hints

from django.db import connection
from django.db.models import Model

from backend import clock
from backend.partitions import name_of
from cycles.queries import working_calendar
from demo import catalogue, seasons
from demo.organisation import Organisation
from demo.shops import Shop, generate

MONTHS_OF_FACTS: Final = 14
MONTHS_OF_TOTALS: Final = 25
FEWEST_WORKING_DAYS: Final = 3  # in a shorter week the visits of its holidays are not made up for
KEPT_FROM: Final = date(2022, 1, 1)  # assignments and positions begin here; shops may be older


@dataclass(frozen=True)
class Plan:
    """What to load: `shops` retailers as of a day, about `lines_per_order` products in each weekly order."""

    as_of: date
    shops: int = 2_000
    lines_per_order: float = 10.0
    seed: int = 135

    @property
    def first(self) -> date:
        """First day with orders and visits."""
        return clock.add_months(clock.month_of(self.as_of), -MONTHS_OF_FACTS)

    def months(self) -> list[tuple[date, date]]:
        """(first day, end) of each month of facts; the last ends on the as-of day, which itself has none."""
        firsts = [clock.add_months(self.first, step) for step in range(MONTHS_OF_FACTS + 1)]
        spans = [(month, min(clock.add_months(month, 1), self.as_of)) for month in firsts]
        return [(month, until) for month, until in spans if month < until]


DICE = """
CREATE OR REPLACE FUNCTION pg_temp.roll(key bigint, die int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashint8extended(key, die + {seed} * 1000::bigint) & 2147483647) / 2147483648.0::float8 $$;
CREATE OR REPLACE FUNCTION pg_temp.bell(key bigint, die int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT 2 * (pg_temp.roll(key, die) + pg_temp.roll(key, die + 1) + pg_temp.roll(key, die + 2) - 1.5) $$;
CREATE OR REPLACE FUNCTION pg_temp.uid(key bigint, die int, at timestamptz) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT (lpad(to_hex((date_part('epoch', at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(die), 3, '0') || '8'
        || lpad(to_hex(hashint8extended(key, die + {seed} * 1000::bigint) & 1152921504606846975), 15, '0'))::uuid $$;
CREATE OR REPLACE FUNCTION pg_temp.one(words text[], key bigint, die int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT words[1 + floor(cardinality(words) * pg_temp.roll(key, die))::int] $$;
"""

TABLES = """
CREATE TEMP TABLE demo_raw (no int, {shop_columns}) ON COMMIT DROP;
CREATE TEMP TABLE demo_week (no int PRIMARY KEY, monday date, factor float8, turn int) ON COMMIT DROP;
CREATE TEMP TABLE demo_day (day date PRIMARY KEY, work_on date) ON COMMIT DROP;
CREATE TEMP TABLE demo_total (month date PRIMARY KEY, weeks float8, number int) ON COMMIT DROP;
"""
COLUMN_TYPES: Final[dict[type, str]] = {float: "float8", date: "date", int: "int", str: "text"}

# Some shops order nothing for a while, some small ones suddenly far too much. `place` numbers the territories, those of
# counties with several first: some of them have a fate of their own (SWINGS).
SHOPS = """
CREATE TEMP TABLE demo_shop ON COMMIT DROP AS
SELECT r.*, pg_temp.uid(r.no, 1, '2020-01-01+08'::timestamptz + r.no * interval '1 s') AS id,
       greatest(r.opened_on, %(kept_from)s) AS since, t.id AS territory_id, c.id AS county_id, t.place,
       q.silent_from, q.silent_from + 24 + floor(40 * pg_temp.roll(r.no, 95))::int AS silent_until, q.surge_from
FROM demo_raw r JOIN (
    SELECT u.id, u.code, row_number() OVER (ORDER BY n.others = 0, u.code) - 1 AS place
    FROM backend_unit u JOIN LATERAL (SELECT count(*) - 1 AS others FROM backend_unit o
        WHERE o.level = 5 AND o.ancestors[4] = u.ancestors[4]) n ON true WHERE u.level = 5) t
    ON t.code = r.territory_code
JOIN backend_unit c ON c.code = r.county_code
CROSS JOIN LATERAL (SELECT
    CASE WHEN pg_temp.roll(r.no, 91) < 0.02 THEN %(as_of)s::date - 10 - floor(150 * pg_temp.roll(r.no, 92))::int END
        AS silent_from,
    CASE WHEN r.tier < 12 AND pg_temp.roll(r.no, 93) < 0.012
        THEN %(as_of)s::date - 20 - floor(80 * pg_temp.roll(r.no, 94))::int END AS surge_from) q;
ALTER TABLE demo_shop ADD PRIMARY KEY (no);
CREATE INDEX ON demo_shop (id);
ANALYZE demo_shop;
"""
# How much a territory's demand is of what it would be on a day: one loses customers, one its dear products' buyers, one
# a key product that most of its shops tried and gave up. Read with `s` (the shop), `p` (the product) and `o.on_date`.
SWINGS: Final = """ * CASE
    WHEN s.place = {falls} THEN power(0.88, greatest(0, least(3.6, (o.on_date - %(as_of)s::date + 105) / 28.0)))
    WHEN s.place = {cheapens} AND o.on_date >= %(as_of)s::date - 50
        THEN CASE WHEN p.wholesale_fen > 13000 THEN 0.25 ELSE 1.15 END
    WHEN s.place = {gives_up} AND p.is_key AND p.no %% 2 = 0 AND o.on_date >= %(as_of)s::date - 62
        AND pg_temp.roll(s.no, 96) < 0.65 THEN 0
    ELSE 1 END * CASE WHEN o.on_date >= s.surge_from AND o.on_date < s.surge_from + 30 THEN 5 ELSE 1 END"""
PLACES: Final = {"falls": 1, "cheapens": 2, "gives_up": 3, "weak_pitches": 4, "few_pitches": 5, "dear": 6, "cheap": 7,
                 "full": 8, "empty": 9}  # fmt: skip
PRODUCTS = """
CREATE TEMP TABLE demo_product (no int PRIMARY KEY, code text, name text, popularity int, is_key bool, sold_from date,
    id bigint, wholesale_fen int, guide_fen int, price_class int, growth float8) ON COMMIT DROP;
"""
PRODUCT_IDS = """
UPDATE demo_product d SET id = p.id, wholesale_fen = p.wholesale_fen, guide_fen = p.guide_carton_fen,
    growth = 0.07 * pg_temp.bell(d.no, 40)
FROM brands_product p WHERE p.code = d.code;
ANALYZE demo_product;
"""
# What each shop is used to buying: its best products by popularity, by how well the price fits the shop's tier, and by
# taste; the best it takes every week, the next every second, the rest every fourth, each in weeks of its own.
HABITS = """
CREATE TEMP TABLE demo_habit ON COMMIT DROP AS
WITH liked AS (
    SELECT s.no AS shop_no, p.no AS product_no, s.weekly_cartons,
           p.popularity * exp(0.9 * pg_temp.bell(s.no * 1000::bigint + p.no, 41)
               - abs(coalesce(p.price_class, 3) - (5.2 - s.tier * 0.13)) * 0.55) AS liking
    FROM demo_shop s CROSS JOIN demo_product p
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY shop_no ORDER BY liking DESC, product_no) AS rank FROM liked
), kept AS (
    SELECT *, CASE WHEN rank <= 0.4 * %(lines)s THEN 1 WHEN rank <= %(lines)s THEN 2 ELSE 4 END AS every
    FROM ranked WHERE rank <= greatest(1, 2.2 * %(lines)s)
)
SELECT k.shop_no, k.product_no, k.rank::int, k.every,
       floor(4 * pg_temp.roll(k.shop_no * 1000::bigint + k.product_no, 44))::int AS phase,
       k.weekly_cartons * sqrt(k.liking) / sum(sqrt(k.liking)) OVER (PARTITION BY k.shop_no) AS weekly,
       CASE WHEN p.sold_from IS NULL THEN '-infinity'::date
            ELSE p.sold_from + floor(150 * pg_temp.roll(k.shop_no * 1000::bigint + k.product_no, 45))::int
            END AS from_on,
       CASE WHEN pg_temp.roll(k.shop_no * 1000::bigint + k.product_no, 46) < 0.08
            THEN %(as_of)s::date - floor(400 * pg_temp.roll(k.shop_no * 1000::bigint + k.product_no, 47))::int
            ELSE 'infinity'::date END AS until_on
FROM kept k JOIN demo_product p ON p.no = k.product_no;
CREATE INDEX ON demo_habit (shop_no, product_no);
ANALYZE demo_habit;
"""


def prepare(plan: Plan) -> None:
    """The dice and the calendar exist for this connection."""
    with connection.cursor() as cursor:
        cursor.execute(DICE.replace("{seed}", str(int(plan.seed))))
        types = ", ".join(f"{name} {COLUMN_TYPES[kind]}" for name, kind in get_type_hints(Shop).items())
        cursor.execute(TABLES.replace("{shop_columns}", types))
    copy("demo_week", seasons.weeks(plan.first, plan.as_of))
    copy("demo_day", _days(plan))
    totals = ((month, seasons.month_weeks(month), month.year * 12 + month.month) for month in months_of_totals(plan))
    copy("demo_total", totals)
    run("ANALYZE demo_week;\nANALYZE demo_day;\nANALYZE demo_total")


def months_of_totals(plan: Plan) -> list[date]:
    """The 24 whole months before the as-of day's; the current one has totals only where it has orders."""
    return [clock.add_months(clock.month_of(plan.as_of), -step) for step in range(1, MONTHS_OF_TOTALS)]


def stage_shops(plan: Plan, organisation: Organisation) -> None:
    """demo_shop holds the generated shops with the ids of their units."""
    copy("demo_raw", ((no, *shop) for no, shop in enumerate(generate(organisation, plan.as_of, plan.seed), start=1)))
    run(SHOPS, {"kept_from": KEPT_FROM, "as_of": plan.as_of})


def stage_products(plan: Plan) -> None:
    """demo_product holds the products with their ids, demo_habit what each staged shop buys of them."""
    run(PRODUCTS)
    columns = "no, code, name, popularity, is_key, sold_from, price_class"
    rows = [
        (no, p.code, p.name, p.popularity, p.is_key, p.sold_since(plan.as_of), p.price_class)
        for no, p in enumerate(catalogue.products(), start=1)
    ]
    copy(f"demo_product ({columns})", rows)
    run(PRODUCT_IDS)
    run(HABITS, {"lines": plan.lines_per_order, "as_of": plan.as_of})


def copy(target: str, rows: Iterable[Sequence[Any]]) -> None:
    """Rows into a table by COPY; `target` is a name of ours, with columns where not all are given."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as sink:
        for row in rows:
            sink.write_row(row)


def run(statements: str, parameters: dict[str, Any] | None = None) -> None:
    """Statements of ours, one after the other."""
    with connection.cursor() as cursor:
        for statement in statements.split(";\n"):
            if statement.strip():
                cursor.execute(statement, parameters or {})


def analyze(month: date, *models: type[Model]) -> None:
    """The planner knows how many rows of these the month has: within one transaction nobody else would tell it."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {name_of(model._meta.db_table, month)}")


def _days(plan: Plan) -> list[tuple[date, date | None]]:
    """Each day with the working day on which its visits are made: itself, else one of its week, if that has enough."""
    calendar = working_calendar()
    day, rows = plan.first - timedelta(days=7), []
    while day < plan.as_of + timedelta(days=7):
        monday = day - timedelta(days=day.weekday())
        week = [other for other in (monday + timedelta(days=n) for n in range(7)) if calendar.is_working(other)]
        moved = week[day.weekday() % len(week)] if len(week) >= FEWEST_WORKING_DAYS else None
        rows.append((day, day if day in week else moved))
        day += timedelta(days=1)
    return rows
