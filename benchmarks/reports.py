"""The monthly reports of a prefecture, figures and files: `python -m benchmarks.reports [--quick]`.

18,000 shops of 105 account managers with twelve months of roll-ups behind them, a month that was analyzed, planned and
measured: timed is what the tick does once it is locked, from nothing to the last PDF. The reference is one compilation
of the prefecture's own report in the same run, times the number of files: what setting the pages alone would cost.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import analyze, measure
from benchmarks.measure import Meter, Spent, figure, say
from benchmarks.measuring import LOCKED, MEASURED, MONTH, morning_of, plan_month
from benchmarks.month import server_pid, spent_told, without_parallel_workers

SHOPS, QUICK_SHOPS = 18_000, 2_000
WALL_GOAL_S, MEMORY_GOAL_MB, RATIO_GOAL = 60, 500, 5.0
MONTHS_BEFORE = 12
_EARLIER = """
INSERT INTO {table} (month, {others})
SELECT (month - make_interval(months => n))::date, {others} FROM {table}, generate_series(1, %(months)s) n
WHERE month = %(month)s ON CONFLICT DO NOTHING
"""


def main() -> int:
    asked = measure.arguments(__doc__ or "", _more)
    shops = asked.retailers or (QUICK_SHOPS if asked.quick else SHOPS)
    analyze.SHOPS_PER_TERRITORY, analyze.COUNTIES_PER_PREFECTURE = 172, 7  # 105 managers of one prefecture
    folder = tempfile.mkdtemp(prefix="reports-")
    os.environ["REPORTS_DIR"] = folder
    try:
        with measure.database("reports", around=MEASURED) as url:
            without_parallel_workers(url)
            analyze.load_shops(shops)
            plan_month(shops)
            _lock()
            return 0 if _measure(shops) else 1
    finally:
        shutil.rmtree(folder)


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--retailers", type=int, default=0, help=f"how many shops ({SHOPS}; with --quick {QUICK_SHOPS})"
    )


def _lock() -> None:
    """The months before have figures as well, and every prefecture's month is locked without what locking does: that
    is benchmarks/measuring.py's."""
    from django.db import connection

    from backend import clock
    from cycles import prefectures
    from cycles.models import PrefectureMonth
    from market.models import UnitMonth, UnitProductMonth, UnitSubjectMonth
    from market.rollups import recompute, segments

    with clock.at(morning_of(LOCKED)):
        recompute.drain()
        segments.drain()
        prefectures.ensure(MONTH)
        PrefectureMonth.objects.filter(month=MONTH).update(state="locked", locked_at=clock.now())
    with connection.cursor() as cursor:
        for model in (UnitMonth, UnitProductMonth, UnitSubjectMonth):
            columns = [one.column for one in model._meta.concrete_fields if one.column and one.column != "month"]
            statement = _EARLIER.format(table=model._meta.db_table, others=", ".join(columns))
            cursor.execute(statement, {"months": MONTHS_BEFORE, "month": MONTH})
        cursor.execute("VACUUM ANALYZE")


def _measure(shops: int) -> bool:
    from cycles.models import MonthlyReport, ReportFile, ReportRun

    spent = {"figures": _timed(_figures), "files": _timed(_files)}
    runs = list(ReportRun.objects.all())
    made, files = MonthlyReport.objects.count(), ReportFile.objects.count()
    if not runs or any(run.error or run.done != run.of for run in runs) or made != sum(run.of for run in runs):
        raise SystemExit(f"not every report stands with its file: {made} reports, {files} files")
    for name, one in spent.items():
        say(f"{made} reports, {name}: {spent_told(one)}")
    wall, cpu = (sum(getattr(one, kind) for one in spent.values()) for kind in ("wall", "cpu"))
    peak_mb = measure.peak_memory_mb()
    reference = _reference() * files
    size = sum(ReportFile.objects.values_list("size_bytes", flat=True)) / max(1, files) / 1024
    say(f"{shops} shops, {made} reports, {files} files of {size:.0f} KB each: {wall:.1f} s ({cpu:.1f} CPU)")
    say(f"process {peak_mb:.0f} MB; setting the largest report as often: {reference:.1f} s CPU")
    passed = [
        figure("reports_seconds", wall / WALL_GOAL_S, 1.0, at_most=True),
        figure("reports_memory", peak_mb / MEMORY_GOAL_MB, 1.0, at_most=True),
        figure("reports_vs_setting", cpu / reference, RATIO_GOAL, at_most=True),
    ]
    return all(passed)


def _timed(act: Any) -> Spent:
    from backend import clock

    meter = Meter([server_pid()])
    with clock.at(morning_of(LOCKED) + timedelta(hours=1)), meter.running():
        act()
    return meter.spent


def _figures() -> None:
    from cycles import report

    for due in report.due_now():
        if report.make(due) is None:
            raise SystemExit("a report was not made: its roll-ups are not up to its facts")


def _files() -> None:
    from cycles import report

    report.make_files(within_s=3600)


def _reference() -> float:
    """CPU seconds of setting the prefecture's report once, all fonts loaded by then; the best of five."""
    from cycles import report_pdf
    from cycles.models import MonthlyReport

    largest = MonthlyReport.objects.order_by("unit__level", "unit_id")[0]
    took = []
    for turn in range(5):
        largest.words = {"section-1": f"turn {turn}"}  # nothing is taken from what was set before
        began = time.process_time()
        report_pdf.pdf(largest, restricted=True)
        took.append(time.process_time() - began)
    return min(took)


if __name__ == "__main__":
    sys.exit(main())
