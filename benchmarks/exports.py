"""Exporting visits, a row each without lines, against a bare COPY TO of the same rows: `python -m benchmarks.exports`.

The export joins names of shops, people and units, keeps to its person's scope, masks personal data, makes formulas
harmless and hashes what it writes; the bare COPY TO is `COPY (SELECT the same columns of visits_visit) TO STDOUT` into
a file, read by the same client. CPU seconds of client and server together, and wall time. The memory of a fresh process
after an export of a few days and after the whole one must be the same. Then XLSX of more rows than a sheet holds is
refused before anything is written, and with `--xlsx` some days are written as XLSX.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import measure
from benchmarks.measure import Meter, Spent, figure, say
from benchmarks.month import load_shops, server_pid, spent_told, without_parallel_workers

TODAY = date(2026, 3, 31)
RATIO, GROWTH_MB, SHEET_ROWS = 3.0, 64, 1_048_575
SHOPS = 10_000
NOTE = "店主反映软蓝货源偏紧,建议适当增加投放;陈列已按标准调整,明码标价齐全,下次走访跟进。"
_VISITS = """
INSERT INTO visits_visit (id, month, retailer_id, person_id, territory_id, county_id, on_date, started_at, ended_at,
    device_started_at, received_at, lon, lat, datum, accuracy_m, distance_m, presence, flags, away_reason, persons_met,
    note, display_score, typed_s)
SELECT gen_random_uuid(), '2026-03-01', s.retailer_id, %(person)s, s.territory_id, s.county_id,
    date '2026-03-01' + n %% 28,
    timestamptz '2026-03-01 08:00+08' + n %% 28 * interval '1 day' + n %% 500 * interval '1 min',
    timestamptz '2026-03-01 08:20+08' + n %% 28 * interval '1 day' + n %% 500 * interval '1 min',
    timestamptz '2026-03-01 08:00+08' + n %% 28 * interval '1 day', timestamptz '2026-03-31 08:00+08',
    114 + n %% 1000 / 1000.0, 30 + n %% 777 / 1000.0, 'WGS-84', 10 + n %% 20, n %% 90 + 0.5, 'valid', '{}', '', '店主',
    CASE WHEN n %% 3 = 0 THEN %(note)s ELSE '' END, 60 + n %% 40, 100 + n %% 300
FROM generate_series(1, %(visits)s) n
JOIN (SELECT row_number() OVER (ORDER BY r.id) - 1 AS place, r.id AS retailer_id, a.territory_id, r.county_id
    FROM retail_retailer r JOIN retail_assignment a ON a.retailer_id = r.id) s ON s.place = n %% %(shops)s
"""
_BARE = """COPY (SELECT id, month, on_date, retailer_id, person_id, county_id, territory_id, started_at, ended_at,
    received_at, presence, distance_m, lon, lat, datum, flags, away_reason, persons_met, note, display_score,
    unplanned_reason, purposes, tags, typed_s, photos_declared, photos_missing, revision FROM visits_visit)
    TO STDOUT (FORMAT csv)"""


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    visits = asked.visits or (200_000 if asked.quick else 1_000_000)
    with tempfile.TemporaryDirectory(prefix="bench-exports-") as folder:
        os.environ["EXPORTS_DIR"], os.environ["EXPORTS_STORE"] = f"{folder}/making", f"{folder}/store"
        with measure.database("exports", around=TODAY) as url:
            without_parallel_workers(url)
            load_shops(SHOPS)
            leader = _visits(visits)
            passed = [_memory(leader, visits)]
            passed += [_against_copy(leader, visits, kind, Path(folder), asked.rounds) for kind in ("csv", "parquet")]
            passed.append(_sheet(leader, visits, write=asked.xlsx))
    return 0 if all(passed) else 1


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--visits", type=int, default=0, help="how many visits (1000000; with --quick 200000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often the two take turns")
    parser.add_argument("--xlsx", action="store_true", help="also write a tenth of the rows as XLSX")


def _visits(visits: int) -> Any:
    from django.db import connection
    from django.db.backends.postgresql.psycopg_any import DateRange

    from backend.models import Level, Person, Position, Unit

    leader = Person.objects.create(username="leader", name="赵明")
    always = DateRange(date(2020, 1, 1), None)
    for prefecture in Unit.objects.filter(level=Level.PREFECTURE):
        Position.objects.create(person=leader, unit=prefecture, role_id="prefecture_leader", during=always)
    with connection.cursor() as cursor:
        cursor.execute(_VISITS, {"visits": visits, "shops": SHOPS, "person": leader.pk, "note": NOTE})
        cursor.execute("VACUUM ANALYZE")
    say(f"{visits} visits of {SHOPS} shops")
    return leader


def _against_copy(leader: Any, visits: int, file_format: str, folder: Path, rounds: int) -> bool:
    ours, bare = [], []
    for turn in range(rounds):
        bare.append(_copied(folder / "bare.csv"))
        ours.append(_exported(leader, file_format, visits))
        say(f"round {turn + 1} {file_format}: {spent_told(ours[-1])}; COPY: {spent_told(bare[-1])}")
    cpu, wall = (median(getattr(s, kind) for s in ours) for kind in ("cpu", "wall"))
    copied, copied_wall = (median(getattr(s, kind) for s in bare) for kind in ("cpu", "wall"))
    say(
        f"{visits} visits as {file_format}: {cpu:.2f} s CPU, {wall:.2f} s; COPY {copied:.2f} s CPU, {copied_wall:.2f} s"
    )
    return all([
        figure(f"export_{file_format}_vs_copy", cpu / copied, RATIO, at_most=True),
        figure(f"export_{file_format}_vs_copy_wall", wall / copied_wall, RATIO, at_most=True),
    ])  # fmt: skip


def _copied(place: Path) -> Spent:
    from django.db import connection

    meter = Meter([server_pid()])
    raw: Any = connection.connection
    with meter.running(), place.open("wb") as out, raw.cursor().copy(_BARE) as reading:
        for line in reading:
            out.write(line)
    return meter.spent


def _exported(leader: Any, file_format: str, expected: int, **more: Any) -> Spent:
    """The export through its own door; what the start of its process takes, about 2 s, is not in it."""
    from backend import clock
    from backend.exports import asking, working
    from backend.exports.asking import Asked
    from backend.models import Export
    from backend.scope import actor_of

    meter = Meter([server_pid()])
    with clock.at(datetime(2026, 3, 31, 9, tzinfo=clock.BUSINESS_ZONE)):
        made = asking.start(actor=actor_of(leader), asked=Asked("visits", file_format, **more))
        with meter.running():
            working.make(made.pk)
    export = Export.objects.get(pk=made.pk)
    if (export.state, export.rows) != ("ready", expected):
        raise SystemExit(f"{export.state} {export.error}: {export.rows} rows")
    return meter.spent


def _memory(leader: Any, visits: int) -> bool:
    """In a fresh process: the most memory after a part of the rows, and after all of them."""
    from django.db import connections

    passed = []
    for file_format in ("csv", "parquet"):
        told: list[float] = []
        reading, writing = os.pipe()
        connections.close_all()
        pid = os.fork()
        if pid == 0:
            _remember(leader, file_format, visits, writing)
        os.close(writing)
        with os.fdopen(reading) as lines:
            told = [float(line) for line in lines]
        os.waitpid(pid, 0)
        part, whole = told
        say(f"{file_format}: {part:.0f} MB after a day's rows, {whole:.0f} MB after all: {whole - part:+.0f} MB")
        passed.append(figure(f"export_{file_format}_growth_mb", whole - part, GROWTH_MB, at_most=True))
    return all(passed)


def _remember(leader: Any, file_format: str, visits: int, writing: int) -> None:
    days = {"since": date(2026, 3, 1), "until": date(2026, 3, 4)}
    try:
        with os.fdopen(writing, "w") as told:
            _exported(leader, file_format, sum(1 for n in range(1, visits + 1) if n % 28 < 4), **days)
            print(_used_mb(), file=told)
            _exported(leader, file_format, visits)
            print(_used_mb(), file=told)
    finally:
        os._exit(0)


def _used_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _sheet(leader: Any, visits: int, *, write: bool) -> bool:
    """More rows than a sheet holds are refused at once; a tenth as XLSX only where it is asked for."""
    from django.db import connection

    from backend import clock
    from backend.errors import Problem
    from backend.exports import asking
    from backend.exports.asking import Asked
    from backend.models import Export
    from backend.scope import actor_of

    with connection.cursor() as cursor:
        more = max(SHEET_ROWS + 1 - visits, 0)
        person = {"shops": SHOPS, "person": leader.pk, "note": NOTE}
        cursor.execute(_VISITS, {**person, "visits": more})
    before, at, code = Export.objects.count(), time.perf_counter(), ""
    with clock.at(datetime(2026, 3, 31, 9, tzinfo=clock.BUSINESS_ZONE)):
        try:
            asking.start(actor=actor_of(leader), asked=Asked("visits", "xlsx"))
        except Problem as problem:
            code = problem.code
    say(f"XLSX of {visits + more} rows: {code or 'not refused'} after {time.perf_counter() - at:.2f} s")
    if write:
        days = {"since": date(2026, 3, 1), "until": date(2026, 3, 3)}
        expected = sum(1 for n in range(1, visits + 1) if n % 28 < 3) + sum(1 for n in range(1, more + 1) if n % 28 < 3)
        say(f"XLSX of {expected} rows: {spent_told(_exported(leader, 'xlsx', expected, **days))}")
    return code == "export_too_many_rows" and Export.objects.count() == before


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main())
