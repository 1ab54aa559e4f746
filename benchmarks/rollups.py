"""Roll-ups of a prefecture, against GROUP BYs of the same facts: `python -m benchmarks.rollups [--quick]`.

18,000 shops of 105 territories, 120 products, four months of totals, six weeks of orders of 25 lines, two months of
visits with 8 observations. First 450,000 lines more arrive and their month is recomputed (territories and all above,
then classes of shops); the reference groups the same totals and lines once by shop and product. Then visits come in at
300 a second through the intake, in a process of its own, while roll-ups are drained as the tick does and classes of
shops in a third process. At last one visit alone, here as well, at nine times the demo's size: how long until it is on
the boards, the tick's wait included.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import threading
import time
from typing import Any

from benchmarks import measure, rollups_data
from benchmarks.measure import Meter, Spent, figure, say
from benchmarks.month import server_pid, spent_told, without_parallel_workers
from benchmarks.rollups_data import MONTH

WALL_GOAL_S, LAG_GOAL_S, FRESH_GOAL_S, RATIO_GOAL = 20, 30, 5, 10
VISITS_A_SECOND, BATCH = 300, 20

_GROUPED = (
    """SELECT count(*), sum(cartons), sum(fen), bool_or(bought) FROM (
    SELECT retailer_id, product_id, sum(cartons) AS cartons, sum(amount_fen) AS fen, bool_or(cartons > 0) AS bought
    FROM market_shopproductmonth WHERE month BETWEEN %(month)s::date - interval '3 months' AND %(month)s
    GROUP BY retailer_id, product_id) totals""",
    """SELECT count(*), sum(ordered), sum(allotted), sum(demanded) FROM (
    SELECT o.retailer_id, l.product_id, sum(l.ordered_cartons) AS ordered, sum(l.allotted_cartons) AS allotted,
        count(*) FILTER (WHERE l.demanded_cartons > 0) AS demanded
    FROM market_order o JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
    WHERE o.month = %(month)s AND l.month = %(month)s GROUP BY o.retailer_id, l.product_id) lines""",
)


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    if asked.play:
        return _play(asked.play, asked.seconds)
    shops = asked.shops or (1_800 if asked.quick else 18_000)
    passed = []
    with measure.database("rollups", around=MONTH) as url:
        without_parallel_workers(url)
        rollups_data.load(shops)
        passed += _import(asked.slowest, shops / 18_000)
        passed += _intake(asked.seconds or (10 if asked.quick else 60), asked.slowest)
        passed.append(_fresh())
    return 0 if all(passed) else 1


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shops", type=int, default=0, help="how many shops (18000; with --quick 1800)")
    parser.add_argument("--seconds", type=int, default=0, help="how long visits come in (60; with --quick 10)")
    parser.add_argument("--slowest", type=int, default=0, help="print so many of the slowest statements")
    parser.add_argument("--play", choices=("visits", "segments"), help=argparse.SUPPRESS)


# -- an import ---------------------------------------------------------------------------------------------------------


def _import(slowest: int, scale: float) -> list[bool]:
    """One week's lines come in, the month's roll-ups are recomputed, and the facts are grouped once beside it."""
    from django.db import connection

    from market.rollups import recompute as rollups
    from market.rollups import segments

    building = Meter([server_pid()])
    with building.running():
        rollups.rebuild(MONTH)
    say(f"rebuild: {spent_told(building.spent)}")
    lines = rollups_data.another_week()
    spent = _spent(rollups.drain, slowest)
    classes = _spent(segments.drain, slowest)
    reference = Meter([server_pid()])
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '64MB'")
        for timed in (False, True):  # the first warms the caches for both
            for statement in _GROUPED:
                with reference.running() if timed else Meter().running():
                    cursor.execute(statement, {"month": MONTH})
        cursor.execute("RESET work_mem")
    say(f"recompute after {lines:,} lines: {spent_told(spent)}; classes of shops {spent_told(classes)}")
    say(f"GROUP BY of the same facts: {spent_told(reference.spent)}; process {measure.peak_memory_mb():.0f} MB")
    return [
        figure("rollups_prefecture_month_seconds", spent.wall / WALL_GOAL_S / scale, 1.0, at_most=True),
        figure("rollups_vs_group_by", spent.cpu / reference.spent.cpu, RATIO_GOAL, at_most=True),
        figure("segments_vs_group_by", classes.cpu / reference.spent.cpu, RATIO_GOAL, at_most=True),
    ]


def _spent(work: Any, slowest: int) -> Spent:
    from django.db import connection

    statements: list[tuple[float, str]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            statements.append((time.perf_counter() - began, " ".join(str(sql).split())))

    meter = Meter([server_pid()])
    with connection.execute_wrapper(watch), meter.running():
        work()
    for seconds, words in sorted(statements, reverse=True)[:slowest]:
        say(f"{seconds:8.2f} s  {words[:60]} ... {words[-60:]}")
    return meter.spent


# -- intake ------------------------------------------------------------------------------------------------------------


def _intake(seconds: int, slowest: int) -> list[bool]:
    """The greatest age of a mark while visits come in and the roll-ups are drained as often as the tick comes."""
    from config.celery import FRESH_S
    from market.rollups import recompute as rollups

    rollups_data.people()
    players = [_player("visits", seconds), _player("segments", seconds)]
    ages: list[float] = []
    over = threading.Event()
    watching = threading.Thread(target=_watch, args=(ages, over))
    watching.start()
    drains: list[Spent] = []
    while players[0].poll() is None:
        drains.append(_spent(rollups.drain, slowest))
        time.sleep(FRESH_S)
    rollups.drain()
    over.set()
    watching.join()
    told = [player.communicate()[0].strip() for player in players]
    if any(player.returncode for player in players):
        raise SystemExit("a process ended badly: " + " | ".join(told))
    came = float(told[0].split()[0])
    say(f"{told[0]}; {told[1]}")
    mean = sum(one.cpu for one in drains) / len(drains)
    say(f"{len(drains)} drains, {mean:.2f} s CPU each; oldest mark at most {max(ages):.1f} s")
    return [
        figure("rollups_intake_a_second", came / VISITS_A_SECOND, 0.95),
        figure("rollups_lag_seconds", max(ages) / LAG_GOAL_S, 1.0, at_most=True),
    ]


def _player(part: str, seconds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.rollups", "--play", part, "--seconds", str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _watch(ages: list[float], over: threading.Event) -> None:
    from django.db import connection

    from backend import marks
    from market.rollups import recompute as rollups

    while not over.wait(0.5):
        oldest = marks.lag(rollups.CONSUMER).oldest_at
        ages.append(0.0 if oldest is None else time.time() - oldest.timestamp())
    connection.close()


def _play(part: str, seconds: int) -> int:
    """One of the other processes: visits pushed at their pace, or classes of shops drained as the tick does."""
    import django

    django.setup()
    from market.rollups import segments

    began = time.monotonic()
    if part == "segments":
        keys = 0
        while time.monotonic() - began < seconds:
            keys += segments.follow()
            time.sleep(5)
        print(f"classes of shops: {keys} keys")
        return 0
    count = rollups_data.push(seconds, VISITS_A_SECOND, BATCH, random.Random(135))
    spent = time.monotonic() - began
    print(f"{count / max(spent, seconds):.0f} visits a second over {spent:.0f} s")
    return 0


# -- freshness ---------------------------------------------------------------------------------------------------------


def _fresh() -> bool:
    """From one visit's commit to the board: the tick may have just been, so its whole wait is added."""
    from config.celery import FRESH_S
    from market.rollups import recompute as rollups

    waits = []
    for turn in range(5):
        rollups_data.push_one(random.Random(turn))
        began = time.perf_counter()
        rollups.drain()
        waits.append(time.perf_counter() - began)
    worst = FRESH_S + max(waits)
    say(f"a visit is on the boards after at most {worst:.2f} s ({max(waits):.2f} s to recompute, {FRESH_S} s to wait)")
    return figure("rollups_fresh_seconds", worst / FRESH_GOAL_S, 1.0, at_most=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main())
