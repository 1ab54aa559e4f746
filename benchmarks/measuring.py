"""Measuring and locking a month of a province, results and improvements included: `python -m benchmarks.measuring`.

The province of benchmarks/analyze.py with the findings of its own rules, every proposed action accepted; timed is what
the tick does when the month is measured (evidence, results, improvements, cells) and when it is locked (the same once
more, what is open was missed, figures frozen), prefecture after prefecture. Beside it one COPY of the month's rows, its
results and its improvements into tables with the same indexes. Managers' papers are not in it: nobody holds a position.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.analyze import load_shops
from benchmarks.measure import Meter, Spent, figure, say
from benchmarks.month import server_pid, spent_told, without_parallel_workers

MONTH, OPENED, MEASURED, LOCKED = date(2026, 6, 1), date(2026, 6, 1), date(2026, 7, 1), date(2026, 7, 8)
WALL_GOAL_S = 60
WRITTEN = ("cycles_retailercycle_202606", "cycles_result", "cycles_improvement")

_TOTALS = """
INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
SELECT o.month, o.retailer_id, l.product_id, sum(l.ordered_cartons), sum(l.amount_fen)
FROM market_order o JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
WHERE o.month = %(month)s AND l.month = %(month)s GROUP BY o.month, o.retailer_id, l.product_id
"""
_ACCEPT = "UPDATE cycles_action SET state = 'accepted', decided_at = now() WHERE month = %(month)s"
_PLANNED = "UPDATE cycles_prefecturemonth SET planned_at = now(), analyzed_on = %(month)s, redrafted_at = now()"


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    shops = asked.retailers or (11_300 if asked.quick else 113_000)
    with measure.database("measuring", around=MEASURED) as url:
        without_parallel_workers(url)
        load_shops(shops)
        actions = plan_month(shops)
        spent = {name: _turn(day, asked.slowest) for name, day in (("measure", MEASURED), ("lock", LOCKED))}
        for name, one in spent.items():
            say(f"{shops} shops, {name}: {spent_told(one)}")
        _check(actions)
        reference = _copied()
    wall, cpu = (sum(getattr(one, kind) for one in spent.values()) for kind in ("wall", "cpu"))
    say(f"{shops} shops, {actions} actions: {wall:.1f} s ({cpu:.1f} CPU); COPY of the rows {reference.cpu:.2f} s CPU")
    say(f"measuring_vs_copy {cpu / reference.cpu:.1f} times; process {measure.peak_memory_mb():.0f} MB")
    return 0 if figure("measuring_seconds", wall / WALL_GOAL_S, 1.0, at_most=True) else 1


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--retailers", type=int, default=0, help="how many shops (113000; with --quick 11300)")
    parser.add_argument("--slowest", type=int, default=0, help="print so many of the slowest statements")


def plan_month(shops: int) -> int:
    """The month is open, analyzed as of its first day, and every action that was proposed is accepted; how many."""
    from django.db import connection, transaction

    from backend import clock
    from cycles import actions, cells
    from cycles import month as months
    from cycles.models import Action

    began = time.perf_counter()
    with clock.at(morning_of(OPENED)):
        months.open_month(MONTH)
        for step in (_found, actions.draft, _accepted, cells.derive):
            with transaction.atomic():
                step(MONTH)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")  # as the tick does between its steps
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    planned = Action.objects.count()
    say(f"planned {planned} actions for {shops} shops in {time.perf_counter() - began:.0f} s")
    return planned


def _found(month: date) -> None:
    from cycles import analyze

    analyze.analyze(month, OPENED)


def _accepted(month: date) -> None:
    """Accepted, and the boards' figures are there, as the drains keep them day by day."""
    from django.db import connection

    from market.rollups import recompute

    with connection.cursor() as cursor:
        for statement in (_TOTALS, _ACCEPT, _PLANNED):
            cursor.execute(statement, {"month": month})
    with _at_the_end():
        recompute.rebuild(month)


def _at_the_end() -> Any:
    from backend import clock

    return clock.at(morning_of(MEASURED))


def _turn(day: date, slowest: int) -> Spent:
    """What the tick of that day does to every prefecture's month."""
    from django.db import connection

    from backend import clock
    from cycles import stages

    statements: list[tuple[float, str]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            statements.append((time.perf_counter() - began, " ".join(str(sql).split())[:110]))

    meter = Meter([server_pid()])
    with clock.at(morning_of(day)), connection.execute_wrapper(watch), meter.running():
        stages.advance(within_s=3600)
    for seconds, words in sorted(statements, reverse=True)[:slowest]:
        say(f"{seconds:8.2f} s  {words}")
    return meter.spent


def morning_of(day: date) -> datetime:
    return datetime.combine(day, time_of_day(9), tzinfo=_zone())


def _zone() -> Any:
    from backend import clock

    return clock.BUSINESS_ZONE


def _check(actions: int) -> None:
    """Every action has its result, and the month is locked."""
    from django.db.models import Count

    from cycles.models import Improvement, Month, Result

    outcomes = dict(Result.objects.values_list("outcome").annotate(n=Count("pk")))
    say(f"outcomes: {outcomes}; improvements: {Improvement.objects.count()}")
    if sum(outcomes.values()) != actions or Month.objects.get(month=MONTH).state != Month.State.LOCKED:
        raise SystemExit("not every action was measured, or the month is not locked")


def _copied() -> Spent:
    """The rows that measuring and locking wrote, by binary COPY into tables with the same indexes."""
    from django.db import connection

    connection.ensure_connection()
    raw: Any = connection.connection
    meter = Meter([server_pid()])
    with tempfile.TemporaryDirectory() as folder, connection.cursor() as cursor:
        for table in WRITTEN:
            file = Path(folder) / table
            with file.open("wb") as out, raw.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)") as reading:
                for data in reading:
                    out.write(data)
            cursor.execute(f"CREATE TABLE copied_{table} (LIKE {table} INCLUDING INDEXES)")
            copy = f"COPY copied_{table} FROM STDIN (FORMAT binary)"
            with meter.running(), file.open("rb") as rows, raw.cursor().copy(copy) as writing:
                while data := rows.read(1 << 18):
                    writing.write(data)
    return meter.spent


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main())
