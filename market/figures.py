"""The formulas of the board figures over roll-up rows: pure; market/boards.py sets them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from backend.kpis import Kpi, Number, percent, ratio
from market import kpis
from market.queries import Acts, Goods


@dataclass(frozen=True)
class Figure:
    """One figure of a board: its definition, its value, and what it is held against."""

    kpi: Kpi
    value: Number | None
    previous: Number | None = None  # the month before
    last_year: Number | None = None
    target: Number | None = None

    @property
    def change(self) -> Number | None:
        """Value less that of the month before, in the figure's own unit."""
        return None if self.value is None or self.previous is None else self.value - self.previous

    @property
    def change_percent(self) -> Decimal | None:
        """The change in percent of the month before; None when that was zero."""
        return None if self.change is None else percent(self.change, self.previous)


def price_index(actual: Number | None, guide: Number | None) -> Decimal | None:
    """Sum of actual price x weight over sum of guide price x weight, times 100: 303,000 over 300,000 is 101.0."""
    return percent(actual, guide)


def unit_values(acts: Acts, goods: Goods, target: int | None) -> dict[str, Number | None]:
    """Every figure of a unit's month, by its id. A zero denominator gives None."""
    return {
        kpis.COVERAGE.id: percent(acts.shops_seen, acts.shops_due),
        kpis.PER_MANAGER.id: ratio(acts.visits, acts.managers, places=1),
        kpis.VISITS.id: acts.visits,
        kpis.NOTES.id: acts.notes,
        kpis.CHECKS.id: acts.checks,
        kpis.BRIEFINGS.id: acts.briefings,
        kpis.OBSERVATIONS.id: acts.observations,
        kpis.DISPLAY.id: ratio(acts.score_sum, acts.checks, places=1),
        kpis.BRIEFED.id: percent(acts.shops_briefed, acts.shops_due),
        kpis.PITCHED.id: percent(acts.pitches_accepted, acts.pitches),
        **goods_values(goods, acts.price_median_fen, target),
    }


def product_values(goods: Goods, target: int | None) -> dict[str, Number | None]:
    """Every figure of one product in a unit and month."""
    values = goods_values(goods, goods.price_median_fen, target)
    return {**values, kpis.ON_SHELF.id: percent(goods.on_shelf, goods.shelf_n)}


def goods_values(goods: Goods, median: Decimal | None, target: int | None) -> dict[str, Number | None]:
    """Prices in fen, stock in packs, sales in cartons."""
    return {
        kpis.PRICE.id: ratio(goods.price_sum_fen, goods.price_n, places=0),
        kpis.MEDIAN.id: None if median is None else median.quantize(Decimal(1), rounding=ROUND_HALF_EVEN),
        kpis.INDEX.id: price_index(goods.index_actual, goods.index_guide),
        kpis.STOCK.id: ratio(goods.stock_sum_packs, goods.stock_n, places=1),
        kpis.OUT_OF_STOCK.id: percent(goods.oos_shops, goods.oos_n),
        kpis.SALES.id: goods.cartons,
        kpis.SALES_RATE.id: percent(goods.cartons, target),
    }
