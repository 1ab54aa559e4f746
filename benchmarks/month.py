"""Opening a month, against a COPY of the same rows into a table with the same indexes: `python -m benchmarks.month`.

CPU seconds of client and server together, parallel workers off on both sides so that all of it is counted; the two take
turns, and the middle round counts. The second run must add nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import measure
from benchmarks.measure import Meter, Spent, figure, say

SHOPS_PER_TERRITORY = 180
TERRITORIES_PER_OFFICE = 8
FIRST_MONTH = date(2026, 3, 1)
MEMORY_GOAL_MB = 300

# One county of the tree above as many offices and territories as the shops need; a trigger writes `ancestors`.
_TREE = """
WITH levels(level, code, above) AS (
    VALUES (0, 'CN', NULL), (1, 'P', 'CN'), (2, 'C', 'P'), (3, 'X', 'C')),
offices AS (SELECT 'O' || n AS code FROM generate_series(0, %(territories)s / %(per_office)s) n),
territories AS (
    SELECT 'T' || n AS code, 'O' || n / %(per_office)s AS above FROM generate_series(0, %(territories)s) n)
SELECT level, code, above FROM levels
UNION ALL SELECT 4, code, 'X' FROM offices
UNION ALL SELECT 5, code, above FROM territories
ORDER BY level
"""
_UNITS = """
INSERT INTO backend_unit (code, level, name, name_en, parent_id, ancestors, during, version)
SELECT w.code, w.level, w.code, '', p.id, '{}', daterange('2020-01-01', NULL), 1
FROM wanted w LEFT JOIN backend_unit p ON p.code = w.above WHERE w.level = %s
"""
# Ids in the order of their making, as version 7 UUIDs are.
_ID = "('019a0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_SHOPS = (
    f"""INSERT INTO retail_retailer
    (id, code, licence_no, name, holder, address, county_id, datum, opened_on, version)
    SELECT {_ID}, 'R' || n, 'L' || n, 'shop', 'holder', '', (SELECT id FROM backend_unit WHERE code = 'X'),
        'unknown', '2020-01-01', 1 FROM generate_series(0, %(shops)s - 1) n""",
    f"""INSERT INTO retail_classification
    (retailer_id, during, state, business_type, market_type, scale, integrity_grade, terminal_type, trade_area,
     visit_class)
    SELECT {_ID}, daterange('2020-01-01', NULL), CASE WHEN n %% 50 = 0 THEN 'suspended' ELSE 'active' END,
        'B', 'C', 2, '', 'ordinary', '', 'C' FROM generate_series(0, %(shops)s - 1) n""",
    f"""INSERT INTO retail_assignment (retailer_id, territory_id, during)
    SELECT {_ID}, u.id, daterange('2020-01-01', NULL)
    FROM generate_series(0, %(shops)s - 1) n
    JOIN backend_unit u ON u.code = 'T' || (n * 7919::bigint %% %(territories)s) ORDER BY n""",
)
# The guards against overlapping ranges cost minutes of loading at millions of shops; opening a month neither reads nor
# checks by them, so this database does without.
_GUARDS = (("retail_classification", "classification_once"), ("retail_assignment", "assignment_once"))


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    shops = asked.retailers or (200_000 if asked.quick else 500_000)
    with measure.database("month", around=FIRST_MONTH) as url:
        without_parallel_workers(url)
        load_shops(shops)
        return 0 if _measure(shops, rounds=asked.rounds) else 1


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--retailers", type=int, default=0, help="how many shops (500000; with --quick 200000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often the two take turns")


def without_parallel_workers(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as own:
        for setting in ("max_parallel_workers_per_gather", "max_parallel_maintenance_workers"):
            own.execute(f'ALTER DATABASE "{own.info.dbname}" SET {setting} = 0')
    from django.db import connections

    connections.close_all()


def load_shops(shops: int) -> None:
    from django.db import connection

    territories = max(1, shops // SHOPS_PER_TERRITORY)
    values = {"shops": shops, "territories": territories, "per_office": TERRITORIES_PER_OFFICE}
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE wanted AS {_TREE}", values)
        for level in range(6):
            cursor.execute(_UNITS.replace("'{}'", "ARRAY[]::bigint[]"), [level])
        for table, name in _GUARDS:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for statement in _SHOPS:
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
    say(f"loaded {shops} shops of {territories} territories")


def _measure(shops: int, *, rounds: int) -> bool:
    from backend.clock import add_months

    opened, again, copied = [], [], []
    peak_mb = 0.0
    for turn in range(rounds):
        month = add_months(FIRST_MONTH, turn)
        opened.append(_timed_opening(month, shops))
        peak_mb = peak_mb or measure.peak_memory_mb()  # before this process did anything but open a month
        again.append(_timed_opening(month, 0))
        copied.append(_timed_copy(month, shops))
        for name, spent in (("open", opened[-1]), ("again", again[-1]), ("copy", copied[-1])):
            say(f"round {turn + 1} {name}: {spent_told(spent)}")
    ours, second, reference = (median(s.cpu for s in side) for side in (opened, again, copied))
    say(f"{shops} shops: open {ours:.2f} s CPU, again {second:.2f}, copy {reference:.2f}; process {peak_mb:.0f} MB")
    passed = [
        figure("month_open_vs_copy", ours / reference, 1.0, at_most=True),
        figure("month_second_run", second / ours, 0.5, at_most=True),
        figure("month_memory", peak_mb / MEMORY_GOAL_MB, 1.0, at_most=True),
    ]
    return all(passed)


def _timed_opening(month: date, expected: int) -> Spent:
    """Opens the month; it must add exactly so many rows."""
    from datetime import datetime, time

    from backend import clock
    from cycles.month import open_month

    meter = Meter([server_pid()])
    with clock.at(datetime.combine(month, time(9), tzinfo=clock.BUSINESS_ZONE)), meter.running():
        done = open_month(month)
    if not done.is_open or done.added != expected:
        raise SystemExit(f"{month}: added {done.added} rows, not {expected}")
    return meter.spent


def _timed_copy(month: date, expected: int) -> Spent:
    """The same rows by binary COPY into a table with the keys and indexes of the month's own, committed once."""
    from django.db import connection

    source = f"cycles_retailercycle_{month:%Y%m}"
    connection.ensure_connection()
    raw: Any = connection.connection
    with tempfile.TemporaryDirectory() as folder, connection.cursor() as cursor:
        file = Path(folder) / "rows"
        with file.open("wb") as out, raw.cursor().copy(f"COPY {source} TO STDOUT (FORMAT binary)") as reading:
            for data in reading:
                out.write(data)
        cursor.execute("DROP TABLE IF EXISTS reference")
        cursor.execute(f"CREATE TABLE reference (LIKE {source} INCLUDING INDEXES)")
        cursor.execute("CHECKPOINT")
        cursor.execute("SET wal_compression = off")  # as the month itself is built
        meter = Meter([server_pid()])
        copy = "COPY reference FROM STDIN (FORMAT binary)"
        with meter.running(), file.open("rb") as rows, raw.cursor().copy(copy) as writing:
            while data := rows.read(1 << 18):
                writing.write(data)
        cursor.execute("RESET wal_compression")
        cursor.execute("SELECT count(*) FROM reference")
        if cursor.fetchone()[0] != expected:
            raise SystemExit("the reference holds other rows than the month")
    return meter.spent


def server_pid() -> int:
    from django.db import connection

    connection.ensure_connection()
    return measure.backend_pid(connection.connection)


def spent_told(spent: Spent) -> str:
    return f"{spent.cpu:.2f} s CPU (client {spent.client_cpu:.2f}, server {spent.server_cpu:.2f}), {spent.wall:.2f} s"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main())
