"""Composes the market boards from roll-ups: one unit, its children side by side, its products. Read by api and pages.

A board holds no rule of its own: figures come from market/figures/values.py by the definitions of market/kpis.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from backend import clock, parameters, reach
from backend.errors import FieldError, Problem
from backend.kpis import Kpi, Number
from backend.models import Unit
from backend.scope import Actor
from market import kpis, queries
from market.figures import counting, values
from market.figures.drill import BEHIND as BEHIND
from market.figures.drill import SOLD as SOLD
from market.figures.formulas import Acts, Figure
from market.figures.subjects import Crossed, Segment, Subject
from market.models import SubjectKind
from market.parameters import SILENT_HOURS
from market.queries import Freshness, Phones, ProductRow


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

    @property
    def subject(self) -> Subject:
        return Subject(SubjectKind.PRODUCT, self.product.product_id)

    def figure(self, kpi: Kpi) -> Figure:
        return next(f for f in self.figures if f.kpi == kpi)


@dataclass(frozen=True)
class SubjectRow:
    """One brand, price class, price band or product in the table of subjects."""

    subject: Subject
    name: str
    figures: tuple[Figure, ...]


Row = TypeVar("Row", Child, ProductBoardRow, SubjectRow)


def unit_for(actor: Actor, unit_id: int | None) -> Unit:
    """The unit if its board is the actor's to open, else `not_found`; without an id the highest of the actor's own."""
    return reach.unit_for(actor, queries.CAPABILITY, unit_id)


def children_board(unit: Unit, month: date, sort: str = "") -> list[Child]:
    """The units right below, side by side; seven queries at most for any number.

    `sort` names a figure (`-` before it: largest first); units without a value come last. Without it by code.
    """
    units = queries.children(unit, month)
    return _children(units, _read([u.pk for u in units], month), sort)


def unit_and_children(unit: Unit, month: date, sort: str = "") -> tuple[UnitBoard, list[Child]]:
    """Both boards from one read of the unit and those right below it. Ten queries at most for any number."""
    units = queries.children(unit, month)
    read = _read([unit.pk, *(u.pk for u in units)], month)
    return _unit_board(unit, month, read), _children(units, read, sort)


class _Read(NamedTuple):
    """Figures and acts by unit."""

    figures: dict[int, dict[str, Figure]]
    acts: dict[int, Acts]


def _read(unit_ids: Sequence[int], month: date) -> _Read:
    acts = counting.acts(unit_ids, [month])
    return _Read(values.figures(unit_ids, month, _UNIT), {pk: acts.get((pk, month), Acts()) for pk in unit_ids})


def _unit_board(unit: Unit, month: date, read: _Read) -> UnitBoard:
    held = parameters.values([SILENT_HOURS], [unit.pk], clock.month_end(month))[unit.pk]
    return UnitBoard(
        unit=unit,
        month=month,
        figures=tuple(read.figures[unit.pk].values()),
        acts=read.acts[unit.pk],
        time_progress=values.time_progress(month),
        freshness=queries.freshness(unit.pk),
        phones=queries.phones(unit.pk, held[SILENT_HOURS]),
    )


def _children(units: Iterable[Unit], read: _Read, sort: str) -> list[Child]:
    return in_order([Child(u, tuple(read.figures[u.pk].values()), read.acts[u.pk]) for u in units], sort)


_UNIT = [k.id for k in kpis.UNIT_FIGURES]
_PRODUCT = [k.id for k in kpis.PRODUCT_FIGURES]


def products_board(unit: Unit, month: date, sort: str = "") -> list[ProductBoardRow]:
    """Every product seen or sold in the unit in the month; five queries. `sort` as for children."""
    found = values.of_subjects(unit.pk, month, SubjectKind.PRODUCT, kpi_ids=_PRODUCT)
    rows = [ProductBoardRow(p, tuple(found[p.product_id][k] for k in _PRODUCT)) for p in queries.products(found)]
    return in_order(rows, sort)


def product_means(unit: Unit, month: date) -> dict[tuple[int, int], values.Values]:
    """By (unit right below, product): its average carton price and average stock, by unit. Two queries."""
    ids = [child.pk for child in queries.children(unit, month)]
    return values.of_products(ids, month, [kpis.PRICE.id, kpis.STOCK.id])


def subjects_board(
    unit: Unit, month: date, kind: SubjectKind, segment: Segment | Crossed, kpi_ids: Sequence[str]
) -> list[SubjectRow]:
    """Every subject of a kind that was seen, sold or wanted in the unit's month, by name (products by code); what is
    of no known class or band comes last. As many queries as values.of_subjects asks, and one."""
    found = values.of_subjects(unit.pk, month, kind, segment, kpi_ids)
    names = queries.subject_names(kind, found)
    return [SubjectRow(Subject(kind, pk), names[pk], tuple(found[pk].values())) for pk in names]


def ranked(units: Sequence[Unit], found: dict[int, Figure], falling: bool) -> list[tuple[int | None, Unit, Figure]]:
    """(rank, unit, figure): equal values share a rank; units without a value come last, without one. Pure."""
    valued = [(found[u.pk].value, u) for u in units]
    known = sorted(((v, u) for v, u in valued if v is not None), key=lambda pair: pair[0], reverse=falling)
    places: dict[Number, int] = {}
    for place, (value, _) in enumerate(known, start=1):
        places.setdefault(value, place)
    told: list[tuple[int | None, Unit, Figure]] = [(places[v], u, found[u.pk]) for v, u in known]
    return told + [(None, u, found[u.pk]) for v, u in valued if v is None]


def in_order(rows: list[Row], sort: str) -> list[Row]:
    """The rows by a figure, those without a value last; `bad_parameter` when `sort` names none of theirs. Pure."""
    if not sort:
        return rows
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    if not rows:
        return rows
    place = next((n for n, f in enumerate(rows[0].figures) if f.kpi.id == name), None)
    if place is None:
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter="sort")])
    valued = [(row.figures[place].value, row) for row in rows]
    known = sorted([(v, row) for v, row in valued if v is not None], key=lambda pair: pair[0], reverse=falling)
    return [row for _, row in known] + [row for v, row in valued if v is None]
