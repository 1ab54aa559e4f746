"""Composes the market boards from roll-ups: one unit, its children side by side, its products. Read by api and pages.

A board holds no rule of its own: figures come from market/figures.py by the definitions of market/kpis.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from backend import clock, parameters, reach
from backend.errors import FieldError, Problem
from backend.kpis import Kpi, Number, percent
from backend.models import Unit
from backend.scope import Actor
from market import figures, kpis, queries
from market.figures import Figure
from market.parameters import SILENT_HOURS, TARGETS
from market.queries import Acts, Freshness, Goods, Phones, ProductRow

VISITS, ORDERS = "/api/v1/visits", "/api/v1/orders"
SOLD = (kpis.SALES, kpis.SALES_RATE)
# What narrows the visits to those behind a figure; the others rest on all visits of the unit and month.
BEHIND: dict[str, dict[str, str]] = {
    kpis.NOTES.id: {"has_note": "true"},
    kpis.CHECKS.id: {"has": "check"},
    kpis.DISPLAY.id: {"has": "check"},
    kpis.BRIEFINGS.id: {"has": "briefing"},
    kpis.BRIEFED.id: {"has": "briefing"},
    kpis.PITCHED.id: {"has": "pitch"},
    **{k.id: {"has": "observation"} for k in (kpis.OBSERVATIONS, kpis.PRICE, kpis.MEDIAN, kpis.INDEX, kpis.STOCK)},
    kpis.OUT_OF_STOCK.id: {"has": "observation"},
}


@dataclass(frozen=True)
class UnitBoard:
    """One unit's month: figures in the order of kpis.UNIT_FIGURES."""

    unit: Unit
    month: date
    figures: tuple[Figure, ...]
    acts: Acts
    time_progress: Decimal | None  # percent of the month's days that have passed
    freshness: Freshness
    phones: Phones

    @property
    def computed_at(self) -> datetime | None:
        return self.acts.computed_at

    def figure(self, kpi: Kpi) -> Figure:
        return next(f for f in self.figures if f.kpi == kpi)


@dataclass(frozen=True)
class Child:
    """One child unit in the table of children."""

    unit: Unit
    figures: tuple[Figure, ...]
    acts: Acts

    def figure(self, kpi: Kpi) -> Figure:
        return next(f for f in self.figures if f.kpi == kpi)


@dataclass(frozen=True)
class ProductBoardRow:
    """One product in the table of products."""

    product: ProductRow
    figures: tuple[Figure, ...]

    def figure(self, kpi: Kpi) -> Figure:
        return next(f for f in self.figures if f.kpi == kpi)


Row = TypeVar("Row", Child, ProductBoardRow)


def unit_for(actor: Actor, unit_id: int | None) -> Unit:
    """The unit if its board is the actor's to open, else `not_found`; without an id the highest of the actor's own."""
    return reach.unit_for(actor, queries.CAPABILITY, unit_id)


def months_shown(month: date) -> tuple[date, date, date]:
    """The month, the one before it, and the same month of the year before."""
    return month, clock.add_months(month, -1), clock.add_months(month, -12)


def unit_board(unit: Unit, month: date) -> UnitBoard:
    """The board of a unit's month. Six queries."""
    shown = months_shown(month)
    acts, goods = queries.acts([unit.pk], shown), queries.goods([unit.pk], shown)
    held = parameters.values([SILENT_HOURS, *TARGETS.values()], [unit.pk], clock.month_end(month))[unit.pk]
    targets = queries.sales_targets([unit.pk], month)
    return UnitBoard(
        unit=unit,
        month=month,
        figures=_unit_figures(unit.pk, shown, (acts, goods), targets, _wanted(held)),
        acts=acts.get((unit.pk, month), Acts()),
        time_progress=time_progress(month),
        freshness=queries.freshness(unit.pk),
        phones=queries.phones(unit.pk, held[SILENT_HOURS]),
    )


def children_board(unit: Unit, month: date, sort: str = "") -> list[Child]:
    """The units right below, side by side; five queries for any number.

    `sort` names a figure (`-` before it: largest first); units without a value come last. Without it by code.
    """
    units = queries.children(unit, month)
    ids, shown = [u.pk for u in units], months_shown(month)
    acts, goods = queries.acts(ids, shown[:2]), queries.goods(ids, shown[:2])
    held = parameters.values(TARGETS.values(), ids, clock.month_end(month))
    targets = queries.sales_targets(ids, month)
    rows = [
        Child(
            child,
            _unit_figures(child.pk, shown, (acts, goods), targets, _wanted(held[child.pk])),
            acts.get((child.pk, month), Acts()),
        )
        for child in units
    ]
    return _sorted(rows, sort)


def most_changed(children: Sequence[Child]) -> list[Child]:
    """The same children, those first whose coverage moved most against the month before."""
    return sorted(children, key=lambda child: -abs(Decimal(child.figure(kpis.COVERAGE).change or 0)))


def products_board(unit: Unit, month: date, sort: str = "") -> list[ProductBoardRow]:
    """Every product seen or sold in the unit in the month; three queries. `sort` as for children."""
    shown = months_shown(month)
    rows = [row for row in queries.products(unit.pk, shown) if month in row.months]
    held = parameters.values(TARGETS.values(), [unit.pk], clock.month_end(month))[unit.pk]
    targets = queries.product_targets(unit.pk, month)
    return _sorted([_product_row(row, shown, targets.get(row.product_id), _wanted(held)) for row in rows], sort)


def rows_behind(kpi: Kpi, unit_id: int, month: date, product_id: int | None = None) -> str:
    """The address of the facts that a figure adds up from."""
    place = f"unit={unit_id}&month={month:%Y-%m}"
    if kpi in SOLD:
        return f"{ORDERS}?{place}"
    if product_id is not None:
        return f"{VISITS}?{place}&product={product_id}"
    return f"{VISITS}?{place}" + "".join(f"&{name}={value}" for name, value in BEHIND.get(kpi.id, {}).items())


def time_progress(month: date) -> Decimal | None:
    """Percent of the month's days that have passed, today included: what sales against target is held against."""
    passed = min(max((clock.today() - month).days + 1, 0), (clock.month_end(month) - month).days + 1)
    return percent(passed, (clock.month_end(month) - month).days + 1)


_ByMonth = tuple[dict[tuple[int, date], Acts], dict[tuple[int, date], Goods]]


def _unit_figures(
    unit_id: int, shown: Sequence[date], found: _ByMonth, targets: dict[int, int], wanted: dict[str, Decimal]
) -> tuple[Figure, ...]:
    target = targets.get(unit_id)
    now, before, year_ago = (
        figures.unit_values(
            found[0].get((unit_id, month), Acts()),
            found[1].get((unit_id, month), Goods()),
            target if month == shown[0] else None,
        )
        for month in shown
    )
    goal: dict[str, Number | None] = {**wanted, kpis.SALES.id: target, kpis.SALES_RATE.id: time_progress(shown[0])}
    return tuple(Figure(k, now[k.id], before[k.id], year_ago[k.id], goal.get(k.id)) for k in kpis.UNIT_FIGURES)


def _product_row(
    row: ProductRow, shown: Sequence[date], target: int | None, wanted: dict[str, Decimal]
) -> ProductBoardRow:
    now, before, year_ago = (
        figures.product_values(row.months.get(month, Goods()), target if month == shown[0] else None) for month in shown
    )
    goal: dict[str, Number | None] = {**wanted, kpis.SALES.id: target}
    return ProductBoardRow(
        row, tuple(Figure(k, now[k.id], before[k.id], year_ago[k.id], goal.get(k.id)) for k in kpis.PRODUCT_FIGURES)
    )


def _wanted(held: dict[str, object]) -> dict[str, Decimal]:
    return {kpi_id: Decimal(str(held[key])) for kpi_id, key in TARGETS.items()}


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    if not sort:
        return rows
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    if not rows:
        return rows
    wanted = next((f.kpi for f in rows[0].figures if f.kpi.id == name), None)
    if wanted is None:
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter="sort")])
    valued = [(row.figure(wanted).value, row) for row in rows]
    known = sorted([(v, row) for v, row in valued if v is not None], key=lambda pair: pair[0], reverse=falling)
    return [row for _, row in known] + [row for v, row in valued if v is None]
