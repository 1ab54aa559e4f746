"""`/market/figure`: one figure of a unit's month: over time, on the map, unit beside unit, ranked, with its records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.kpis import Kpi, Number, kpi
from backend.models import Level, Unit
from market import kpis, queries
from market.boards import asking, overview
from market.figures import drill, formulas, values
from market.figures.formulas import Figure
from web.boards import acts, behind, market_blocks, market_place, place
from web.boards.market_blocks import MONTHS
from web.boards.market_charts import MOST_SERIES, Chart, Series, festivals
from web.boards.market_place import Asked, Choice
from web.boards.market_views import around
from web.templatetags.board_tags import measure

PAGE: Final = 50
ORDERS: Final = ("falling", "rising")
LEVELS: Final = {level.name.lower(): level for level in Level if level != Level.NATION}


@dataclass(frozen=True)
class Ranked:
    """A unit in the ranking, with its last thirteen months as a small line."""

    rank: int | None
    unit: Unit
    figure: Figure
    href: str
    line: str  # points of an SVG polyline in a box of 100 x 24, the same scale for all
    is_compared: bool


@acts.page
def figure(request: HttpRequest) -> HttpResponse:
    """`/market/figure?unit=&month=&kpi=&subject=&segment=&level=&order=&page=&units=`. A constant number of queries for
    any number of units."""
    asked, who = market_place.of(request, "kpi", "level", "order", "page", "units"), actor(request)
    if not who.can(queries.CAPABILITY):
        raise Problem("forbidden")
    named = kpi(market_place.figure_id(request, kpis.SALES.id))
    unit, month = asked.here.unit, asked.here.month
    level = LEVELS[market_place.one_of(request, "level", LEVELS, asking.level_of({}, unit).name.lower())]
    order = market_place.one_of(request, "order", ORDERS, ORDERS[0])
    compared = _compared(request)
    [told] = values.figures([unit.pk], month, [named.id], asked.subject, asked.segment)[unit.pk].values()
    units = queries.units_below(unit, level, month)
    rows = overview.ranked(units, _of_units(units, month, named, asked), order == ORDERS[0])
    page = _page(request)
    here = rows[(page - 1) * PAGE : page * PAGE]
    lines = _months(asked, [one for _, one, _ in here], named)
    rows_of = drill.rows_of(unit.pk, month, asked.subject, asked.segment)
    kept = {"kpi": named.id, "level": level.name.lower(), "order": order}
    return acts.shown(
        request,
        "boards/market_figure.html",
        {
            **around(who, asked),
            "kept": f"{asked.kept}{place.more(kept)}",
            "figure": told,
            "subject_name": market_place.subject_name(asked.subject),
            "records": behind.page(rows_of(named.id), asked.here),
            "charts": list(_charts(asked, named, lines, [one for _, one, _ in here if one.pk in compared])),
            "rows": _ranked(here, lines, asked, (named, compared)),
            "count": len(rows),
            "level": level,
            "levels": _levels(unit, level),
            "figures": _figures(asked, named),
            "order": order,
            "turned": asked.address("market-figure", **{**kept, "order": ORDERS[order == ORDERS[0]]}),
            "next": asked.address("market-figure", **kept, page=page + 1) if len(rows) > page * PAGE else "",
        },
        None,
    )


def _compared(request: HttpRequest) -> set[int]:
    """The units to lay side by side, at most as many as one chart holds; problem bad_parameter for what is no id."""
    given = request.GET.getlist("units")
    if any(not (one.isascii() and one.isdigit() and len(one) <= 18) for one in given) or len(given) > asking.UNITS:
        raise market_place.bad("units")
    return {int(one) for one in given[:MOST_SERIES]}


def _page(request: HttpRequest) -> int:
    given = request.GET.get("page", "1")
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= 1_000):
        raise market_place.bad("page")
    return int(given)


def _of_units(units: Sequence[Unit], month: date, named: Kpi, asked: Asked) -> dict[int, Figure]:
    ids = [one.pk for one in units]
    found = values.figures(ids, month, [named.id], asked.subject, asked.segment) if ids else {}
    return {pk: of[named.id] for pk, of in found.items()}


Lines = dict[int, list[Number | None]]


def _months(asked: Asked, units: Sequence[Unit], named: Kpi) -> Lines:
    """The figure of each unit over the last thirteen months, the oldest first."""
    months = _thirteen(asked.here.month)
    ids = [one.pk for one in units]
    if not ids:
        return {}
    found = values.by_month(ids, months, [named.id], asked.subject, asked.segment)
    return {pk: [found[pk, month][named.id] for month in months] for pk in ids}


def _thirteen(last: date) -> list[date]:
    return [clock.add_months(last, -back) for back in reversed(range(MONTHS))]


def _ranked(
    rows: Sequence[tuple[int | None, Unit, Figure]], lines: Lines, asked: Asked, about: tuple[Kpi, set[int]]
) -> list[Ranked]:
    named, compared = about
    top = max((float(value) for line in lines.values() for value in line if value is not None), default=0.0)
    return [
        Ranked(
            rank,
            unit,
            told,
            asked.address("market-figure", unit=unit.pk, kpi=named.id),
            _points(lines[unit.pk], top),
            unit.pk in compared,
        )
        for rank, unit, told in rows
    ]


def _points(line: Sequence[Number | None], top: float) -> str:
    """The polyline of a sparkline from zero; months without a value are passed over."""
    if top <= 0:
        return ""
    step = 100 / (len(line) - 1)
    return " ".join(f"{n * step:.1f},{23 - 22 * float(v) / top:.1f}" for n, v in enumerate(line) if v is not None)


def _charts(asked: Asked, named: Kpi, lines: Lines, chosen: Sequence[Unit]) -> Any:
    """By month; the units chosen side by side; on the map where there are counties below."""
    yield market_blocks.history(asked, named)
    if chosen:
        months = _thirteen(asked.here.month)
        yield Chart(
            key="compared",
            kind="lines",
            title=_("side by side"),
            unit=named.unit,
            measure=measure(named),
            labels=tuple(f"{month:%Y-%m}" for month in months),
            series=tuple(Series(_called(one), tuple(lines[one.pk])) for one in chosen),
            shades=festivals(months),
        )
    if asked.here.unit.level < Level.COUNTY:
        yield market_blocks.on_map(asked, named)


def _called(unit: Unit) -> str:
    return (unit.name_en if place.is_english() else "") or unit.name


def _levels(unit: Unit, chosen: Level) -> list[Choice]:
    """The levels below the unit that its ranking may be of."""
    below = [level for level in LEVELS.values() if level > unit.level] or [Level.TERRITORY]
    return [Choice(level.name.lower(), str(level.label), level == chosen) for level in below]


def _figures(asked: Asked, chosen: Kpi) -> list[Choice]:
    """The figures that can be told of the same products and shops."""
    told = values.told_of(asked.subject.kind, asked.segment)
    named = [kpi(kpi_id) for kpi_id in formulas.FORMULAS if kpi_id in told]
    return [Choice(one.id, market_blocks.called(one), one == chosen) for one in named]
