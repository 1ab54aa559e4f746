"""`/reports?unit=&month=`, `/reports/<id>` and its PDF: the monthly reports, with a line to write in place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from backend.errors import Problem
from backend.http.auth import actor
from backend.scope import Actor, units_under, visible_to
from cycles import report_acts, report_words
from cycles.models import MonthlyReport
from cycles.report_api import READ, later_ones, paper
from cycles.report_parts import CAPABILITY, Part
from web.boards import acts, months_state, place
from web.boards.acts import Form

_REPORTS = MonthlyReport.objects.select_related("run", "unit__parent", "released_by")


@acts.page
def reports(request: HttpRequest) -> HttpResponse:
    """The newest report of the unit and of each below it, of a month; the newest that has any where the address names
    none; who may, opens a locked month once more. Up to eleven queries."""
    here, who = place.of(request), actor(request)
    if not who.can(READ):
        raise Problem("forbidden")
    done = acts.run(request, {"reopen": lambda form: months_state.reopen(form, here)})
    if isinstance(done, HttpResponse):
        return done
    held = visible_to(_REPORTS.filter(unit_id__in=units_under([here.unit.pk])), who)
    newest = held.aggregate(month=Max("month"))["month"]
    if newest is not None and "month" not in request.GET:
        here = replace(here, month=newest)
    rows = held.filter(month=here.month).exclude(Exists(later_ones())).defer("content", "restricted")
    told = {
        "here": here,
        "rows": rows.order_by("unit__level", "unit__code"),
        "newest": newest,
        "month": months_state.state(who, here),
    }
    return acts.shown(request, "boards/reports.html", told, done)


@acts.page
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One report in nine sections; who leads the unit writes lines and releases it. Up to ten queries."""
    place.known(request)
    who = actor(request)
    held = _held(who, pk)
    done = acts.run(request, {"write": write, "release": release})
    if isinstance(done, HttpResponse):
        return done
    restricted = report_acts.may_read_restricted(who, held.unit.ancestors)
    told: dict[str, Any] = {
        "here": place.standing(who, held.unit, held.month),
        "report": held,
        "shown": _safe(report_words.shown(held, english=place.is_english(), restricted=restricted)),
        "may_write": held.state == MonthlyReport.State.DRAFTED and _leads(who, held),
        "versions": _others(who, held),
        "line_max": report_acts.LINE_MAX,
        "typed_key": done.form.text("key") if done else "",
        "typed_words": done.form.text("words") if done else "",
    }
    return acts.shown(request, "boards/report.html", told, done)


@acts.page
def report_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same on paper, as its reader may have it."""
    place.known(request)
    who = actor(request)
    return paper(who, _held(who, pk), request.META.get("HTTP_IF_NONE_MATCH", ""))


def _held(who: Actor, pk: UUID) -> MonthlyReport:
    if not who.can(READ):
        raise Problem("forbidden")
    found = visible_to(_REPORTS, who).filter(pk=pk).first()
    if found is None:
        raise Problem("not_found")
    return found


def _leads(who: Actor, held: MonthlyReport) -> bool:
    return bool(set(who.units(CAPABILITY)) & set(held.unit.ancestors))


def _others(who: Actor, held: MonthlyReport) -> QuerySet[MonthlyReport]:
    rows = visible_to(MonthlyReport.objects.filter(month=held.month, unit=held.unit), who)
    return rows.defer("content", "restricted").order_by("number")


def _safe(shown: Part) -> Part:
    """The pictures are drawn by us, every word in them escaped (cycles/report_charts.py)."""
    for section in shown["sections"]:
        for chart in section["charts"]:
            chart["svg"] = mark_safe(chart["svg"])
    return shown


def write(form: Form) -> str:
    held = form.mine(_REPORTS)
    report_acts.write_line(actor=form.actor, report=held, key=form.text("key"), words=form.text("words"))
    return _("The line is kept.")


def release(form: Form) -> str:
    report_acts.release(actor=form.actor, report=form.mine(_REPORTS))
    return _("The report is released.")
