"""Drafting the stops of a month for a province, against a COPY of the same stops: `python -m benchmarks.plan`.

113,000 shops (16 % weekly, 43 % fortnightly, the rest monthly) with points, findings, promises and one policy to be
told. CPU seconds of client and server, parallel workers off on both sides. The second draft must change nothing; no day
of a territory may hold more than its norm, and each active shop must stand on the plan.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from benchmarks import measure, month
from benchmarks.measure import Meter, Spent, figure, say

MARCH = date(2026, 3, 1)
OPENING_HOUR = (2026, 2, 28, 0, 30)
GOAL = 3.5
SECONDS = 30.0
PER_DAY = 20

_GROUND = (
    # a village every few kilometres, each territory 20 km wide
    """UPDATE retail_retailer r SET datum = 'WGS-84',
        lon = 112 + (a.territory_id % 25) * 0.2 + (hashtextextended(r.id::text, 1) & 1023) / 5120.0,
        lat = 29 + (a.territory_id / 25) * 0.2 + (hashtextextended(r.id::text, 2) & 1023) / 5120.0
    FROM retail_assignment a WHERE a.retailer_id = r.id""",
    """UPDATE retail_classification SET state = 'active', visit_class = CASE
        WHEN hashtextextended(retailer_id::text, 3) & 127 < 20 THEN 'A'
        WHEN hashtextextended(retailer_id::text, 3) & 127 < 75 THEN 'B' ELSE 'C' END""",
    """INSERT INTO cycles_finding (id, dimension, rule, is_restricted, severity, opened_on, first_month, last_month,
        retailer_id, territory_id, county_id)
    SELECT gen_random_uuid(), 'client', 'rule-' || k, false, 1 + k % 3, '2026-02-20', '2026-02-01', '2026-03-01',
        a.retailer_id, a.territory_id, u.ancestors[4]
    FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id, generate_series(1, 6) k
    WHERE (hashtextextended(a.retailer_id::text, k) & 7) < 2""",
    """INSERT INTO retail_promise (id, retailer_id, text, promised_by_id, promised_on, due_on, state, outcome, version)
    SELECT gen_random_uuid(), a.retailer_id, 'a rack', p.id, '2026-02-20', '2026-03-12', 'open', '', 1
    FROM retail_assignment a, backend_person p WHERE hashtextextended(a.retailer_id::text, 9) & 15 = 0""",
    """INSERT INTO visits_policy (unit_id, code, title, title_en, version)
    SELECT id, 'supply', 'supply', '', 1 FROM backend_unit WHERE code = 'P'""",
    """INSERT INTO visits_policyversion (policy_id, number, body, card, released_at, brief_by)
    SELECT id, 1, 'text', '', '2026-02-20', '2026-03-20' FROM visits_policy""",
    "VACUUM ANALYZE",
)


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    shops = asked.retailers or (30_000 if asked.quick else 113_000)
    with measure.database("plan", around=MARCH) as url:
        month.without_parallel_workers(url)
        month.load_shops(shops)
        _furnish()
        return 0 if _measure(shops) else 1


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--retailers", type=int, default=0, help="how many shops (113000; with --quick 30000)")


def _furnish() -> None:
    from django.db import connection

    from backend.models import Person

    Person.objects.create(username="somebody", name="somebody")
    with connection.cursor() as cursor:
        for statement in _GROUND:
            cursor.execute(statement)


def _measure(shops: int) -> bool:
    drafted, stops = _timed_draft()
    again, changed = _timed_draft()
    if changed:
        raise SystemExit(f"the second draft changed {changed} stops")
    _hold(shops)
    peak_mb = measure.peak_memory_mb()
    copied = _timed_copy(stops)
    for name, spent in (("draft", drafted), ("again", again), ("copy", copied)):
        say(f"{name}: {month.spent_told(spent)}")
    say(f"{shops} shops, {stops} stops; process {peak_mb:.0f} MB")
    passed = [
        figure("plan_draft_vs_copy", drafted.cpu / copied.cpu, GOAL, at_most=True),
        figure("plan_draft_cpu_seconds", drafted.cpu, SECONDS, at_most=True),
    ]
    return all(passed)


def _timed_draft() -> tuple[Spent, int]:
    from django.db import transaction

    from backend import clock
    from cycles import building, plan

    meter = Meter([month.server_pid()])
    with clock.at(datetime(*OPENING_HOUR, tzinfo=clock.BUSINESS_ZONE)), meter.running(), transaction.atomic():
        building.lock_month(MARCH)
        changed = plan.draft_stops(MARCH)
    return meter.spent, changed


def _hold(shops: int) -> None:
    """Every shop stands on the plan, and no day holds more than its norm."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT retailer_id) FROM visits_plannedstop")
        planned = cursor.fetchone()[0]
        cursor.execute(
            "SELECT max(n) FROM (SELECT count(*) n FROM visits_plannedstop GROUP BY territory_id, on_date) d"
        )
        fullest = cursor.fetchone()[0]
    if planned != shops or fullest > PER_DAY:
        raise SystemExit(f"{planned} of {shops} shops are planned, {fullest} on the fullest day")


def _timed_copy(expected: int) -> Spent:
    """The same rows by binary COPY into a table with the same indexes and links, committed once."""
    from django.db import connection

    connection.ensure_connection()
    raw: Any = connection.connection
    with tempfile.TemporaryDirectory() as folder, connection.cursor() as cursor:
        file = Path(folder) / "rows"
        with file.open("wb") as out, raw.cursor().copy("COPY visits_plannedstop TO STDOUT (FORMAT binary)") as reading:
            for data in reading:
                out.write(data)
        cursor.execute("CREATE TABLE reference (LIKE visits_plannedstop INCLUDING ALL)")
        for column, other in (
            ("retailer_id", "retail_retailer"),
            ("territory_id", "backend_unit"),
            ("county_id", "backend_unit"),
        ):
            cursor.execute(f"ALTER TABLE reference ADD FOREIGN KEY ({column}) REFERENCES {other} (id)")
        cursor.execute("CHECKPOINT")
        meter = Meter([month.server_pid()])
        copy = "COPY reference FROM STDIN (FORMAT binary)"
        with meter.running(), file.open("rb") as rows, raw.cursor().copy(copy) as writing:
            while data := rows.read(1 << 18):
                writing.write(data)
        cursor.execute("SELECT count(*) FROM reference")
        if cursor.fetchone()[0] != expected:
            raise SystemExit("the reference holds other rows than the plan")
    return meter.spent


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main())
