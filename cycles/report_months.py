"""The charts of a monthly report: thirteen months of sales, price classes and price index, and the units below.

Called by cycles/report_content.py. What they show is read once for all units of a prefecture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend import clock
from cycles import report_parts as parts
from cycles.report_parts import Part
from market import kpis
from market.boards.blocks import Block
from market.boards.blocks_trade import CLASSES, ON_YEAR
from market.figures import counting, values
from market.figures.beside import Asked
from market.figures.subjects import EVERYONE
from market.models import SubjectKind

MONTHS = 13  # the month, and the same month of the year before at the other end


@dataclass(frozen=True)
class Months:
    """By unit and month (oldest first), and by unit, month and price class."""

    shown: list[date]
    figures: dict[tuple[int, date], values.Values]
    classes: Mapping[tuple[int, date, int], Any]

    @property
    def labels(self) -> list[str]:
        return [f"{month:%Y-%m}" for month in self.shown]


def read(unit_ids: Sequence[int], month: date) -> Months:
    """A constant number of queries for any number of units."""
    shown = [clock.add_months(month, step - MONTHS + 1) for step in range(MONTHS)]
    wanted = [kpis.SALES.id]
    asked = Asked(tuple(unit_ids), tuple(shown), SubjectKind.PRICE_CLASS, None, EVERYONE, frozenset(wanted))
    classes = {key: values.figures_of(found, wanted)[kpis.SALES.id] for key, found in counting.read(asked).items()}
    return Months(shown, values.by_month(unit_ids, shown, [kpis.SALES.id, kpis.INDEX.id]), classes)


def charts(found: Months, unit_id: int, headline: Block) -> dict[int, list[Part]]:
    """The charts of a unit by the number of their section. Pure."""
    sales, index = (
        [found.figures[unit_id, month][kpi.id] for month in found.shown] for kpi in (kpis.SALES, kpis.INDEX)
    )
    titles = ("近13个月销量(条)", "sales of 13 months, cartons")
    line = parts.chart("lines", titles, found.labels, [parts.series("销量", "sales", sales)], "cartons")
    titles = ("近13个月价格指数", "price index of 13 months")
    prices = parts.chart("lines", titles, found.labels, [parts.series("价格指数", "price index", index)], "index")
    return {1: [*line, *_below(headline)], 2: _shifted(found, unit_id), 4: prices}


def _below(headline: Block) -> list[Part]:
    """Change on last year of each unit below: what compares units of different size."""
    table = headline.table("units")
    if table is None or len(table.rows) < 2:
        return []
    place = [one.code for one in table.columns].index(ON_YEAR.code)
    change: list[Any] = [row.values[place] for row in table.rows]
    titles = ("下级单位销量同比(%)", "sales on last year by unit below, percent")
    series = [parts.series("同比", "on last year", change)]
    return parts.chart("bars", titles, [row.label for row in table.rows], series, "percent")


def _shifted(found: Months, unit_id: int) -> list[Part]:
    series = [
        parts.series(name, name_en, [found.classes.get((unit_id, month, code)) for month in found.shown])
        for code, (name, name_en) in CLASSES.items()
        if any((unit_id, month, code) in found.classes for month in found.shown)
    ]
    titles = ("近13个月各价类销量(条)", "sales by price class, 13 months, cartons")
    return parts.chart("stacked", titles, found.labels, series, "cartons")
