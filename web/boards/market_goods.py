"""`/market/products`, `/market/subject`, `/market/key`, `/market/few`: what is sold, and on how few shops it rests."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.kpis import kpi
from backend.models import Unit
from brands.models import Product
from market import kpis, queries
from market.boards import concentration, key_board, overview, status
from market.boards.blocks_trade import key_products, side, sides
from market.boards.overview import SubjectRow
from market.boards.status import TABLE, WORDS, Line, Word
from market.figures import spread, trade_kpis, values
from market.figures.formulas import Figure
from market.figures.subjects import ALL, EVERYONE
from market.models import SubjectKind
from web.boards import acts, market_blocks, market_place, place
from web.boards.market_charts import Chart, Series
from web.boards.market_place import Asked
from web.boards.market_views import around
from web.templatetags.board_tags import measure

# What is told of a brand, a class, a band or a product on its own page, in reading order.
OF_SUBJECT: Final = (
    kpis.SALES.id, kpis.SALES_RATE.id, kpis.AMOUNT.id, kpis.PRICE.id, kpis.MEDIAN.id, kpis.INDEX.id, kpis.ON_SHELF.id,
    trade_kpis.WEIGHTED.id, trade_kpis.SELL_THROUGH_RATE.id, trade_kpis.REPURCHASE_RATE.id,
    trade_kpis.COMPANY_STOCKOUT.id, trade_kpis.CLIENT_STOCKOUT.id, trade_kpis.STOCK_TO_SALES.id,
    trade_kpis.DAYS_OF_SUPPLY.id, trade_kpis.MARGIN.id, kpis.STOCK.id,
)  # fmt: skip
OF_BRAND: Final = (
    kpis.SALES.id,
    "brand_share",
    "brand_amount_share",
    trade_kpis.SELL_THROUGH_RATE.id,
    kpis.ON_SHELF.id,
)
BRANDS_SHOWN: Final = 15
SPREAD: Final = ("least", "lower", "median", "upper", "most")


@acts.page
def products(request: HttpRequest) -> HttpResponse:
    """`/market/products?unit=&month=&word=`: price, volume and stock of every product, folded to one of five words."""
    asked = market_place.of(request, "word")
    told = _told(request, asked)
    word = market_place.one_of(request, "word", Word, "")
    board = status.board(asked.here.unit.pk, asked.here.month)
    shown = [line for line in board.products if word in ("", line.status.word)]
    shown.sort(key=lambda line: -int(line.figures[1].value or 0))
    told |= {
        "whole": _line(board.whole, asked),
        "lines": [_line(line, asked) for line in shown],
        "words": [
            (name, WORDS[name][place.is_english()], n, asked.address("market-products", word=name))
            for name, n in board.counts.items()
        ],
        "word": word,
        "kept": place.more({"word": word} if word else {}),
        "limits": board.limits,
        "is_over": status.is_over(asked.here.month),
    }
    return acts.shown(request, "boards/market_products.html", told, None)


def _line(line: Line, asked: Asked) -> dict[str, Any]:
    """One product's state: its three sides, its word, what that means, and where each number leads."""
    english = place.is_english()
    state = line.status.state
    word, means = ("", "") if state is None else (WORDS[TABLE[state][0]][english], TABLE[state][1 + english])
    about = None if line.subject == ALL else line.subject
    return {
        "name": line.name,
        "href": asked.address("market-subject", subject=about) if about else "",
        "cells": [
            (figure, side(code)[english], code, asked.address("market-figure", kpi=figure.kpi.id, subject=about))
            for figure, code in zip(line.figures, sides(line), strict=True)
        ],
        "code": line.status.word or "",
        "word": word,
        "means": means,
    }


@acts.page
def subject(request: HttpRequest) -> HttpResponse:
    """`/market/subject?unit=&month=&subject=product:1`: one product, brand, class or band: figures, months, prices."""
    asked = market_place.of(request)
    told = _told(request, asked, may_be_of_segment=True)
    if asked.subject == ALL:
        raise market_place.bad("subject")
    unit, month = asked.here.unit, asked.here.month
    name = market_place.subject_name(asked.subject)
    known = values.told_of(asked.subject.kind, asked.segment)
    wanted = [kpi_id for kpi_id in OF_SUBJECT if kpi_id in known]
    found = values.figures([unit.pk], month, wanted, asked.subject, asked.segment)[unit.pk]
    charts = [market_blocks.history(asked, kpis.SALES)]
    prices = None
    if asked.subject.kind == SubjectKind.PRODUCT and asked.segment == EVERYONE:
        prices = _prices(asked, [unit, *queries.children(unit, month)])
    told |= {
        "name": name,
        "cards": [market_blocks.card(one, asked) for one in found.values()],
        "charts": [*charts, *([prices] if prices else [])],
        "children": asked.address("market-figure", kpi=kpis.SALES.id),
        "shops": asked.address("market-shops"),
    }
    return acts.shown(request, "boards/market_subject.html", told, None)


def _prices(asked: Asked, units: list[Unit]) -> Chart | None:
    """How the carton prices of a product are spread, in the unit and each right below. Two queries; None where none was
    seen."""
    month = asked.here.month
    found = spread.of_units(asked.subject.id, [one.pk for one in units], month)
    shown = [one for one in units if one.pk in found]
    if not shown:
        return None
    names = (_("least"), _("lower quartile"), _("median"), _("upper quartile"), _("most"))
    guide = Product.objects.filter(pk=asked.subject.id).values_list("guide_carton_fen", flat=True).first()
    return Chart(
        key="prices",
        kind="range",
        title=_("carton prices seen, least to most, with quartiles and median"),
        unit="fen",
        measure=measure(kpis.PRICE),
        labels=tuple(_called(one) for one in shown),
        series=tuple(
            Series(name, tuple(getattr(found[one.pk], part) for one in shown))
            for name, part in zip(names, SPREAD, strict=True)
        ),
        links=tuple(asked.address("market-subject", unit=one.pk) for one in shown),
        reference=None if guide is None else (_("guide price"), guide),
    )


def _called(unit: Unit) -> str:
    return (unit.name_en if place.is_english() else "") or unit.name


@acts.page
def key(request: HttpRequest) -> HttpResponse:
    """`/market/key?unit=&month=`: key products against their goals, where each launch stands, the largest brands."""
    asked = market_place.of(request)
    told = _told(request, asked)
    who, unit, month = actor(request), asked.here.unit, asked.here.month
    lines = key_board.board(who, unit, month)
    _keys, launches = market_blocks.tables(key_products(lines, unit.pk, month), asked)
    told |= {
        "columns": [kpi(kpi_id) for kpi_id in key_board.SHOWN],
        "lines": [
            (line, asked.address("market-subject", subject=line.subject),
             [(one, asked.address("market-figure", kpi=one.kpi.id, subject=line.subject)) for one in line.figures])
            for line in lines
            if line.is_key
        ],
        "launches": launches,
        **_brands(asked),
    }  # fmt: skip
    return acts.shown(request, "boards/market_key.html", told, None)


def _brands(asked: Asked) -> dict[str, Any]:
    """The best selling brands of the unit's month. As many queries as overview.subjects_board asks."""
    found = overview.subjects_board(asked.here.unit, asked.here.month, SubjectKind.BRAND, EVERYONE, OF_BRAND)
    rows = overview.in_order(found, f"-{kpis.SALES.id}")[:BRANDS_SHOWN]
    return {
        "brand_columns": [kpi(kpi_id) for kpi_id in OF_BRAND],
        "brands": [_brand(row, asked) for row in rows],
    }


def _brand(row: SubjectRow, asked: Asked) -> tuple[str, str, list[tuple[Figure, str]]]:
    """Its name, where that leads, its figures in the order of the columns and where each leads."""
    told = {one.kpi.id: one for one in row.figures}
    cells = [(told[kpi_id], asked.address("market-figure", kpi=kpi_id, subject=row.subject)) for kpi_id in OF_BRAND]
    return row.name, asked.address("market-subject", subject=row.subject), cells


@acts.page
def few(request: HttpRequest) -> HttpResponse:
    """`/market/few?unit=&month=`: how much rests on few shops (80/20, large accounts), of the unit and each below."""
    asked = market_place.of(request)
    told = _told(request, asked)
    unit, month = asked.here.unit, asked.here.month
    units = [unit, *queries.children(unit, month)]
    found = concentration.figures([one.pk for one in units], month)
    told |= {
        "columns": concentration.FIGURES,
        "rows": [(one, asked.address("market-few", unit=one.pk), list(found[one.pk].values())) for one in units],
        "shops": asked.address("market-shops"),
        "charts": [_few_chart(units, found, asked)],
    }
    return acts.shown(request, "boards/market_few.html", told, None)


def _few_chart(units: list[Unit], found: Any, asked: Asked) -> Chart:
    largest = concentration.LARGEST
    return Chart(
        key="few",
        kind="bars",
        title=market_blocks.called(largest),
        unit=largest.unit,
        measure="%",
        labels=tuple(_called(one) for one in units),
        series=(Series(market_blocks.called(largest), tuple(found[one.pk][largest.id].value for one in units)),),
        links=tuple(asked.address("market-few", unit=one.pk) for one in units),
    )


def _told(request: HttpRequest, asked: Asked, *, may_be_of_segment: bool = False) -> dict[str, Any]:
    """What these pages share; problems forbidden, and bad_parameter for a class of shops where none can be told."""
    who = actor(request)
    if not who.can(queries.CAPABILITY):
        raise Problem("forbidden")
    if asked.segment != EVERYONE and not may_be_of_segment:
        raise market_place.bad("segment")
    return {**around(who, asked), "today": clock.today()}
