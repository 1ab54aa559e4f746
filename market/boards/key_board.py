"""The key products of a unit's month: each against its goals, and where a launch stands. Boards and block 3 read it.

A unit's key list is its own and those of all units above it, as of the month's last day. A product that is being
launched, or leaves, is shown as well. Goals of a launch are judged by market/launches/verdicts.py, here as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.db.models import QuerySet

from backend import clock
from backend.kpis import Number
from backend.models import Unit
from backend.scope import Actor, visible_to
from brands.models import KeyProduct, Product
from market import kpis
from market.figures import pricing, trade_kpis, values
from market.figures.formulas import Counted, Figure
from market.figures.subjects import Subject
from market.launches.launch import first_month
from market.launches.verdicts import GOALS, LEFT, held_against
from market.models import Launch, LaunchVerdict, SubjectKind

SHOWN: Final = (
    kpis.SALES.id, kpis.SALES_RATE.id, kpis.ON_SHELF.id, trade_kpis.WEIGHTED.id, trade_kpis.SELL_THROUGH_RATE.id,
    trade_kpis.REPURCHASE_RATE.id, trade_kpis.COMPANY_STOCKOUT.id, trade_kpis.CLIENT_STOCKOUT.id,
    trade_kpis.STOCK_TO_SALES.id,
)  # fmt: skip
READ: Final = (*SHOWN, trade_kpis.SOCIAL_STOCK.id)  # what is left of a product that leaves
Figures = Mapping[str, Figure]
State = Launch.State
RUNNING = (State.TRIAL, State.CURE, State.EXIT_PROPOSED, State.CLEARING)


@dataclass(frozen=True)
class Trial:
    """A launch as the month shows it. `number`: the month of the launch, 0 before its first whole one; `goals` as
    launch_verdicts.held_against; `verdict`: the last one up to the month."""

    launch: Launch
    number: int
    goals: tuple[dict[str, Any], ...]
    verdict: LaunchVerdict | None

    @property
    def missed(self) -> tuple[str, ...]:
        return tuple(line["goal"] for line in self.goals if not line["met"])


@dataclass(frozen=True)
class KeyLine:
    """A key product; the targets of its figures are those of its launch where it is on trial."""

    product: Product
    is_key: bool
    is_launch: bool
    figures: tuple[Figure, ...]
    trial: Trial | None

    @property
    def subject(self) -> Subject:
        return Subject(SubjectKind.PRODUCT, self.product.pk)

    def figure(self, kpi_id: str) -> Figure:
        return next(one for one in self.figures if one.kpi.id == kpi_id)


def board(actor: Actor, unit: Unit, month: date) -> tuple[KeyLine, ...]:
    """Every key product of the unit's month, by code. A constant number of queries for any number of products."""
    return of(actor, unit, month, values.of_subjects(unit.pk, month, SubjectKind.PRODUCT, kpi_ids=READ))


def of(actor: Actor, unit: Unit, month: date, found: Mapping[int, Figures]) -> tuple[KeyLine, ...]:
    """The same from figures already read (all of READ, by product). Seven queries at most."""
    listed: dict[int, bool] = {}
    for product, is_launch in _listed(unit, month):
        listed[product] = listed.get(product, False) or is_launch
    launches = {launch.product_id: launch for launch in _launches(actor, unit, month)}  # the nearest unit's comes last
    products = Product.objects.filter(pk__in={*listed, *launches}).order_by("code")
    nothing = _nothing(unit, month)
    return tuple(
        _line(product, listed.get(product.pk), found.get(product.pk, nothing), launches.get(product.pk), month)
        for product in products
    )


def _listed(unit: Unit, month: date) -> QuerySet[KeyProduct, tuple[int, bool]]:
    rows = KeyProduct.objects.filter(unit_id__in=unit.ancestors, during__contains=clock.month_end(month))
    return rows.values_list("product_id", "is_launch")


def _launches(actor: Actor, unit: Unit, month: date) -> QuerySet[Launch]:
    """Launches under way in the unit or above it that had been supplied by the month's end, the nearest unit's last."""
    rows = visible_to(Launch.objects.all(), actor).filter(
        unit_id__in=unit.ancestors, supply_on__lte=clock.month_end(month), state__in=RUNNING
    )
    return rows.select_related("unit").prefetch_related("verdicts").order_by("unit__level", "supply_on", "id")


def _nothing(unit: Unit, month: date) -> Figures:
    """The figures of a product that nobody saw, sold or wanted, with the unit's thresholds."""
    none = values.figures_of(Counted(pricing.days_of(month)), READ)
    goals = values.thresholds([unit.pk], [month], READ)[unit.pk, month]
    return values.side_by_side([none, none, none], goals, month)


def _line(product: Product, is_launch: bool | None, found: Figures, launch: Launch | None, month: date) -> KeyLine:
    trial = None if launch is None else _trial(launch, found, month)
    goals = {} if launch is None else {goal.kpi: getattr(launch, goal.column) for goal in GOALS}
    figures = tuple(_aimed(found[kpi_id], goals.get(kpi_id)) for kpi_id in SHOWN)
    return KeyLine(product, is_launch is not None, bool(is_launch) or launch is not None, figures, trial)


def _aimed(figure: Figure, goal: Number | None) -> Figure:
    """The figure held against the launch's goal; sales so that a target of the unit itself goes before it."""
    if goal is None or (figure.kpi == kpis.SALES and figure.target is not None):
        return figure
    return replace(figure, target=goal)


def _trial(launch: Launch, found: Figures, month: date) -> Trial:
    goals = held_against(launch, {kpi_id: found[kpi_id].value for kpi_id in (*(g.kpi for g in GOALS), LEFT.kpi)})
    verdicts = [one for one in launch.verdicts.all() if one.month <= month]
    first = first_month(launch.supply_on)
    number = max(0, (month.year - first.year) * 12 + month.month - first.month + 1)
    return Trial(launch, number, tuple(goals), max(verdicts, key=lambda one: one.month, default=None))
