"""Verbs of people on a monthly report: one line to a section or finding, the release; who is told of it, and fetching.

Called by cycles/report_api.py, the page and cycles/report.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import F

from backend import audit, clock, mail, notices
from backend.errors import FieldError, Problem, register
from backend.mail import Letter, Words
from backend.models import Position
from backend.reach import require_unit
from backend.scope import Actor
from cycles.models import MonthlyReport, ReportRun
from cycles.report_parts import CAPABILITY, RESTRICTED, Part

LINE_MAX = 200
State = MonthlyReport.State

register(
    "report_released",
    409,
    ("报告已发布", "The report is released"),
    ("已发布的报告不再改动；月份重新打开后会另成新版。", "A released report stands; a reopened month makes a new one."),
)
notices.register(
    "report_released", "{unit} {month} 市场分析报告已发布", "The monthly report of {unit_en}, {month}, is released"
)


def write_line(*, actor: Actor, report: MonthlyReport, key: str, words: str) -> MonthlyReport:
    """The section or finding carries this one line, or none where it is empty. The caller holds the row.

    `not_found` without reports.write at or above the unit, `report_released`, `invalid` for an unknown key, a line
    break or more than 200 characters. Audited.
    """
    require_unit(actor, CAPABILITY, report.unit_id)
    if report.state == State.RELEASED:
        raise Problem("report_released")
    line = words.strip()
    if key not in keys(report.content):
        raise Problem("invalid", errors=[FieldError("invalid", "没有这一节或要点", "no such section", pointer="/key")])
    if len(line) > LINE_MAX or "\n" in line or "\r" in line:
        said = (f"只写一行，最多 {LINE_MAX} 字", f"one line of at most {LINE_MAX} characters")
        raise Problem("invalid", errors=[FieldError("invalid", *said, pointer="/words")])
    before = report.words.get(key, "")
    if line == before:
        return report
    report.words = {**{k: v for k, v in report.words.items() if k != key}, **({key: line} if line else {})}
    report.version += 1
    report.save(update_fields=["words", "version"])
    told = [{"key": key, "words": one} for one in (before, line)]
    audit.record(actor, "report.write", report, before=told[0], after=told[1], unit_id=report.unit_id)
    return report


def keys(content: Part) -> list[str]:
    """What may carry a line: the sections and the findings."""
    sections = [f"section-{one['number']}" for one in content["sections"]]
    return [*sections, *(one["key"] for one in content["findings"])]


def carried(before: MonthlyReport, content: Part) -> dict[str, str]:
    """The lines of the report before that still fit: those of sections, and of findings of the same kind. Pure."""
    codes = {one["code"]: one["key"] for one in content["findings"]}
    held = {one["key"]: one["code"] for one in before.content["findings"]}
    moved = {key: codes.get(held[key], "") if key in held else key for key in before.words}
    return {moved[key]: words for key, words in before.words.items() if moved[key]}


def release(*, actor: Actor, report: MonthlyReport) -> MonthlyReport:
    """The report is released as it is worded, and the unit's leaders are told. The caller holds the row.

    `not_found` without reports.write at or above the unit, `report_released`. Audited.
    """
    require_unit(actor, CAPABILITY, report.unit_id)
    if report.state == State.RELEASED:
        raise Problem("report_released")
    now = clock.now()
    report.state, report.released_at, report.released_by_id = State.RELEASED, now, actor.person_id
    leaders = _leaders([report])
    report.mailed_at = now if leaders else None
    report.version += 1
    report.save(update_fields=["state", "released_at", "released_by", "mailed_at", "version"])
    became = [{"state": one.value} for one in (State.DRAFTED, State.RELEASED)]
    audit.record(actor, "report.release", report, before=became[0], after=became[1], unit_id=report.unit_id)
    _tell([report], leaders)
    return report


def release_all(run: ReportRun, *, tell: bool) -> int:
    """Every report of the run that nobody released is released by itself; returns how many. In the caller's
    transaction."""
    rows = MonthlyReport.objects.select_for_update().filter(run=run, state=State.DRAFTED)
    reports = list(rows.select_related("unit").defer("content", "restricted"))
    leaders = _leaders(reports) if tell else {}
    now, ids = clock.now(), [report.pk for report in reports]
    told = [report.pk for report in reports if report.unit_id in leaders]
    MonthlyReport.objects.filter(pk__in=ids).update(state=State.RELEASED, released_at=now, version=F("version") + 1)
    MonthlyReport.objects.filter(pk__in=told).update(mailed_at=now)
    _tell(reports, leaders)
    return len(reports)


def _leaders(reports: Sequence[MonthlyReport]) -> dict[int, list[Any]]:
    """By unit, who writes its reports: those who hold reports.write at the unit itself today. One query."""
    held = Position.objects.filter(
        unit_id__in=[report.unit_id for report in reports],
        during__contains=clock.today(),
        role__capabilities__contains=[CAPABILITY],
    )
    found: dict[int, list[Any]] = {}
    for unit, person in held.values_list("unit_id", "person_id").order_by("unit_id", "person_id").distinct():
        found.setdefault(unit, []).append(person)
    return found


def _tell(reports: Sequence[MonthlyReport], leaders: Mapping[int, Sequence[Any]]) -> None:
    """Each leader is told here, and by a letter as he or she chose. Last in the transaction: it takes the phones'
    sequence."""
    pairs = [(report, person) for report in reports for person in leaders.get(report.unit_id, ())]
    mail.tell([_letter(report, person) for report, person in pairs])
    notices.tell([_notice(report, person) for report, person in pairs])


def _notice(report: MonthlyReport, person: Any) -> notices.Told:
    names = {"unit": report.unit.name, "unit_en": report.unit.name_en or report.unit.name}
    return notices.Told(person, "report_released", report.pk, {**names, "month": f"{report.month:%Y-%m}"})


def _letter(report: MonthlyReport, person: Any) -> Letter:
    name, month = report.unit.name, f"{report.month.year}年{report.month.month}月"
    address = f"{settings.PUBLIC_URL}/reports/{report.pk}"
    return Letter(
        person,
        f"report.{report.pk}",
        Words(f"{name}{month}市场分析报告", f"{name}{month}市场分析报告已发布：{address}"),
        Words(
            f"Monthly report of {report.unit.name_en or name}, {report.month:%Y-%m}",
            f"The monthly report of {report.unit.name_en or name} for {report.month:%Y-%m} is released: {address}",
        ),
    )


def may_read_restricted(actor: Actor, ancestors: Sequence[int]) -> bool:
    """Whether the reader holds restricted.read at the unit or above it: of its own line of units, itself included."""
    return any(RESTRICTED in one.capabilities and one.unit_id in ancestors for one in actor.held)


def fetched(report: MonthlyReport) -> None:
    """The first fetching of the file is kept: who fetched was told. One query at most."""
    if report.fetched_at is None:
        MonthlyReport.objects.filter(pk=report.pk, fetched_at=None).update(fetched_at=clock.now())
