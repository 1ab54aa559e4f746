"""The monthly report of every unit: made by itself after the lock, released, mailed; called by the tick.

What people do with a report (a line, the release) is in cycles/report_acts.py. Nothing is remembered but rows: a missed
tick, a doubled tick and a killed worker end in the same reports (docs/method.md, "Monthly report").
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

from django.db import connection, transaction
from django.db.models import Max

from backend import clock
from backend.errors import Problem
from backend.locks import Lock, take
from backend.models import Unit
from cycles import prefectures, report_acts, report_content, report_files
from cycles.calendar import WorkingCalendar
from cycles.models import MonthlyReport, PrefectureMonth, ReportRun
from cycles.queries import working_calendar
from cycles.report_content import Told
from market.rollups import recompute

TICK_S = 20.0  # files are made so long in one tick; the others have their turn in between
SENT_AT = time_of_day(18, 0)
Cause = ReportRun.Cause

# Locked months without reports of that lock, and those whose locked figures were adjusted on a day before this one.
_DUE = """
SELECT m.month, m.prefecture_id, m.locked_at, coalesce(run.number, 0),
    CASE WHEN run.number IS NULL THEN 'lock' WHEN run.locked_at < m.locked_at THEN 'reopened' ELSE 'adjusted' END,
    run.made_at
FROM cycles_prefecturemonth m LEFT JOIN LATERAL (
    SELECT r.number, r.locked_at, r.made_at FROM cycles_reportrun r
    WHERE r.month = m.month AND r.prefecture_id = m.prefecture_id ORDER BY r.number DESC LIMIT 1) run ON true
WHERE m.state = 'locked' AND (run.number IS NULL OR run.locked_at < m.locked_at OR EXISTS (
    SELECT 1 FROM cycles_adjustment a JOIN backend_unit u ON u.id = a.unit_id
    WHERE a.month = m.month AND a.action_id IS NULL AND a.absorbed_at IS NULL AND a.made_at > run.made_at
        AND a.made_at < %(today)s AND u.ancestors @> ARRAY[m.prefecture_id]))
ORDER BY m.month, m.prefecture_id
"""
_ADJUSTED = """
SELECT DISTINCT a.unit_id FROM cycles_adjustment a JOIN backend_unit u ON u.id = a.unit_id
WHERE a.month = %(month)s AND a.action_id IS NULL AND a.absorbed_at IS NULL AND a.made_at > %(since)s
    AND u.ancestors @> ARRAY[%(prefecture)s::bigint]
"""


@dataclass(frozen=True)
class Due:
    """Reports that should be made: of which lock, after how many makings, and since when figures were adjusted."""

    month: date
    prefecture_id: int
    locked_at: datetime
    made: int
    cause: str
    since: datetime | None


def keep() -> None:
    """The tick: every locked month has its reports, those whose time has come are sent, and their files are made."""
    for due in due_now():
        make(due)
    release_due()
    make_files(within_s=TICK_S)


def due_now() -> list[Due]:
    """What should be made and is not. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"today": clock.start_of(clock.today())})
        return [Due(*row) for row in cursor.fetchall()]


def make(due: Due) -> ReportRun | None:
    """The reports of the prefecture's units stand, figures and sentences, all from the same facts; None where the month
    was opened again meanwhile, was made by another worker, or its roll-ups still follow late facts.

    A unit of which nothing is told anew keeps the report it has. In one transaction; the number of queries does not
    grow with the units.
    """
    with transaction.atomic():
        row = PrefectureMonth.objects.select_for_update().filter(
            month=due.month,
            prefecture_id=due.prefecture_id,
            state=PrefectureMonth.State.LOCKED,
            locked_at=due.locked_at,
        )
        if not row.exists() or _is_made(due):
            return None
        take(Lock.ROLLUPS, due.month, shared=True)  # no figure changes between two reads
        if not recompute.is_current(due.month, prefectures.units_of([due.prefecture_id])):
            return None
        return _write(due, report_content.compose(_units(due), due.month, due.prefecture_id))


def _is_made(due: Due) -> bool:
    rows = ReportRun.objects.filter(month=due.month, prefecture_id=due.prefecture_id, number__gt=due.made)
    return rows.exists()


def _units(due: Due) -> list[Unit]:
    """All units of the prefecture: also where few were adjusted, their parents are told by what their children are."""
    return report_content.units_of(due.prefecture_id, due.month)


def _write(due: Due, told: Sequence[Told]) -> ReportRun:
    newest = _newest(due, told)
    adjusted = _adjusted(due) if due.cause == Cause.ADJUSTED else None
    wanted = [one for one in told if _is_wanted(one, newest.get(one.unit.pk), adjusted)]
    at = clock.now()
    run = ReportRun.objects.create(
        month=due.month, prefecture_id=due.prefecture_id, number=due.made + 1, cause=due.cause,
        locked_at=due.locked_at, made_at=at, of=len(wanted),
    )  # fmt: skip
    rows = []
    for one in wanted:
        before = newest.get(one.unit.pk)
        rows.append(
            MonthlyReport(
                run=run, month=due.month, unit=one.unit, number=before.number + 1 if before else 1,
                template=report_content.TEMPLATE, content=one.content, restricted=one.restricted,
                words=report_acts.carried(before, one.content) if before else {}, made_at=at,
            )
        )  # fmt: skip
    MonthlyReport.objects.bulk_create(rows, batch_size=50)
    if due.cause == Cause.ADJUSTED:  # stands beside what was sent; nobody is asked again
        report_acts.release_all(run, tell=False)
    return run


def _newest(due: Due, told: Sequence[Told]) -> dict[int, MonthlyReport]:
    """The report that each unit has. Two queries."""
    rows = MonthlyReport.objects.filter(month=due.month, unit_id__in=[one.unit.pk for one in told])
    last = dict(rows.values("unit_id").annotate(last=Max("number")).values_list("unit_id", "last").order_by())
    return {row.unit_id: row for row in rows if row.number == last[row.unit_id]} if last else {}


def _adjusted(due: Due) -> set[int]:
    with connection.cursor() as cursor:
        named = {"month": due.month, "since": due.since, "prefecture": due.prefecture_id}
        cursor.execute(_ADJUSTED, named)
        return {unit for (unit,) in cursor.fetchall()}


_OF_THE_MOMENT = ("as_of", "waiting")


def _is_wanted(one: Told, before: MonthlyReport | None, adjusted: set[int] | None) -> bool:
    if adjusted is not None and one.unit.pk not in adjusted:
        return False
    return before is None or _lasting(one.content, one.restricted) != _lasting(before.content, before.restricted)


def _lasting(content: dict[str, object], restricted: dict[str, object]) -> tuple[object, object]:
    return {key: value for key, value in content.items() if key not in _OF_THE_MOMENT}, restricted


# -- sent by themselves ------------------------------------------------------------------------------------------------


def sends_at(run: ReportRun, calendar: WorkingCalendar) -> datetime:
    """When reports that nobody released go out: at the first 18:00 of a working day after they were made, which by
    itself is on the first working day after the lock. Pure."""
    made_on = clock.business_date(run.made_at)
    for day in (calendar.first_from(made_on), calendar.first_from(made_on + timedelta(days=1))):
        found = datetime.combine(day, SENT_AT, tzinfo=clock.BUSINESS_ZONE)
        if found > run.made_at:
            break
    return found


def release_due() -> int:
    """Reports whose time has come are released as they are, and their leaders told; returns how many."""
    runs = list(ReportRun.objects.filter(reports__state=MonthlyReport.State.DRAFTED).distinct())
    if not runs:
        return 0
    calendar, now = working_calendar(), clock.now()
    released = 0
    for run in runs:
        if sends_at(run, calendar) <= now:
            with transaction.atomic():
                released += report_acts.release_all(run, tell=True)
    return released


# -- files -------------------------------------------------------------------------------------------------------------


def make_files(*, within_s: float) -> int:
    """The files of reports are made, the oldest making first, until the time is over; returns how many reports had
    theirs made. What a killed worker made stands; without a font the run says so and files wait for who asks."""
    began, done = time.monotonic(), 0
    for run in ReportRun.objects.filter(done_at=None).order_by("made_at", "id"):
        rows = MonthlyReport.objects.filter(run=run, files=None).order_by("unit__level", "unit_id")
        for report in rows.iterator(chunk_size=20):
            if time.monotonic() - began > within_s:
                _count(run)
                return done
            try:
                with transaction.atomic():  # all of a report's files or none: one that has any is not looked at again
                    for restricted in report_files.kinds(report):
                        report_files.ensure(report, restricted=restricted)
            except Problem as problem:
                _count(run, error=problem.code, is_done=True)
                break
            done += 1
        else:
            _count(run, is_done=True)
    return done


def _count(run: ReportRun, *, error: str = "", is_done: bool = False) -> None:
    run.done = MonthlyReport.objects.filter(run=run).exclude(files=None).distinct().count()
    run.error, run.done_at = error, clock.now() if is_done else None
    run.save(update_fields=["done", "error", "done_at"])
