"""`/market`: the nine blocks of a unit's month, or what of them can be told of one class of shops."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists
from django.http import HttpRequest, HttpResponse

from backend import clock, parameters
from backend.errors import Problem
from backend.http.auth import actor
from backend.kpis import kpi
from backend.scope import Actor, visible_to
from cycles import blocks_why
from cycles.blocks import blocks
from cycles.blocks_why import Case
from cycles.models import MonthlyReport
from cycles.report_api import READ as REPORTS_READ
from cycles.report_api import later_ones
from market import kpis, queries
from market.boards.blocks_read import FIGURES
from market.figures import values
from market.figures.subjects import ALL, EVERYONE
from market.parameters import SILENT_HOURS
from market.queries import Freshness
from web.boards import acts, behind, market_blocks, market_export, market_place
from web.boards.market_place import Asked

# Of a class of shops: the units below by these.
CHILDREN = (kpis.SALES.id, kpis.ORDERING.id)


@acts.page
def market(request: HttpRequest) -> HttpResponse:
    """`/market?unit=&month=&segment=`: the nine blocks with the sentences that say why. A constant number of queries,
    whatever the unit's size."""
    asked, who = market_place.of(request), actor(request)
    if not who.can(queries.CAPABILITY):
        raise Problem("forbidden")
    if asked.subject != ALL:
        raise market_place.bad("subject")
    done = acts.run(request, {"export": lambda form: market_export.ask(form, asked)})
    if isinstance(done, HttpResponse):
        return done
    told: dict[str, Any] = {"report": _report(who, asked), "export": market_export.newest(who)}
    if asked.segment != EVERYONE:
        told |= {**around(who, asked), **_of_segment(asked)}
        return acts.shown(request, "boards/market_segment.html", told, done)
    unit, month = asked.here.unit, asked.here.month
    found = blocks(who, unit, month)
    case = Case(unit.pk, month, {one.number: one for one in found}, blocks_why.lines_of(unit.pk, month))
    sentences = [(one, behind.page(one.rows, asked.here)) for one in blocks_why.draft(case)]
    told |= {**around(who, asked, found[0].freshness), "why": sentences, "blocks": market_blocks.shown(found, asked)}
    told["is_blank"] = not any(figure.value for block in found for figure in block.figures)
    return acts.shown(request, "boards/market.html", told, done)


def around(who: Actor, asked: Asked, freshness: Freshness | None = None) -> dict[str, Any]:
    """What every page of the market shows around its own: place, freshness, unsent devices, the shops chosen. Three
    queries at most; `freshness`: where it was read already."""
    unit, month = asked.here.unit, asked.here.month
    silent = parameters.values([SILENT_HOURS], [unit.pk], clock.month_end(month))[unit.pk][SILENT_HOURS]
    return {
        "here": asked.here,
        "asked": asked,
        "kept": asked.kept,
        "freshness": freshness or queries.freshness(unit.pk, of_classes=asked.segment != EVERYONE),
        "phones": queries.phones(unit.pk, silent),
        "time_progress": values.time_progress(month),
        "segments": market_place.segment_choices(asked.segment),
        "segment_name": market_place.segment_name(asked.segment),
        "may_export": who.can("exports.run"),
    }


def _of_segment(asked: Asked) -> dict[str, Any]:
    """Those figures of the blocks that can be told of a class of shops, and the units right below by them."""
    unit, month = asked.here.unit, asked.here.month
    told = values.told_of(ALL.kind, asked.segment)
    wanted = [kpi_id for number in FIGURES for kpi_id in FIGURES[number] if kpi_id in told]
    found = values.figures([unit.pk], month, wanted, ALL, asked.segment)[unit.pk]
    units = queries.children(unit, month)
    shown = [kpi_id for kpi_id in CHILDREN if kpi_id in told]
    ids = [one.pk for one in units]
    below = values.figures(ids, month, shown, ALL, asked.segment) if ids else {}
    return {
        "cards": [market_blocks.card(found[kpi_id], asked) for kpi_id in wanted],
        "charts": [market_blocks.history(asked, kpis.SALES)],
        "columns": [kpi(kpi_id) for kpi_id in shown],
        "children": [(one, asked.address("market", unit=one.pk), list(below[one.pk].values())) for one in units],
    }


def _report(who: Actor, asked: Asked) -> MonthlyReport | None:
    """The newest report of the unit's month that the reader may open. One query."""
    if not who.can(REPORTS_READ):
        return None
    rows = visible_to(MonthlyReport.objects.filter(month=asked.here.month, unit=asked.here.unit), who)
    return rows.exclude(Exists(later_ones())).defer("content", "restricted").first()
