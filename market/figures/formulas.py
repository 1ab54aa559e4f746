"""The formulas of all figures over what was counted of a unit, month and subject: pure; values.py reads it.

One id is one formula, for every unit, subject, segment and period. A zero or negative base gives None, never 0; what
each figure means stands in market/kpis.py and trade_kpis.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from backend.kpis import Kpi, Number, percent, ratio
from market import kpis
from market.figures import trade
from market.figures import trade_kpis as traded
from market.figures.subjects import Sums
from visits import compliance, satisfaction


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

    @property
    def year_change(self) -> Number | None:
        """Value less that of the same month of the year before."""
        return None if self.value is None or self.last_year is None else self.value - self.last_year

    @property
    def year_change_percent(self) -> Decimal | None:
        """The change in percent of the same month of the year before; None when that was zero."""
        return None if self.year_change is None else percent(self.year_change, self.last_year)


@dataclass(frozen=True)
class Acts:
    """A unit's month of acts and shops, as its roll-up row has it."""

    visits: int = 0
    visits_to_verify: int = 0
    managers: int = 0
    shops_due: int = 0
    shops_seen: int = 0
    notes: int = 0
    checks: int = 0
    score_sum: Decimal = Decimal(0)
    briefings: int = 0
    shops_briefed: int = 0
    observations: int = 0
    remarks: int = 0
    pitches: int = 0
    pitches_accepted: int = 0
    price_median_fen: Decimal | None = None
    computed_at: datetime | None = None
    orders: int = 0
    shops_new: int = 0
    shops_closed: int = 0
    tier_up: int = 0
    tier_down: int = 0
    display_points: Decimal = Decimal(0)
    display_points_full: Decimal = Decimal(0)
    tags_shown: int = 0
    tags_right: int = 0
    licence_looks: int = 0
    licence_right: int = 0
    minors_looks: int = 0
    minors_right: int = 0
    repairs_mended: int = 0
    repair_days: int = 0
    repairs_overdue: int = 0
    needs_raised: int = 0
    needs_closed: int = 0
    replies_due: int = 0
    replies_in_time: int = 0
    promises_due: int = 0
    promises_kept: int = 0
    scores: int = 0
    scores_sum: int = 0
    shops_understood: int = 0


class Priced(NamedTuple):
    """Sums over products of prices by date (pricing.py); None where no product has what its sum needs."""

    index_actual: Decimal | None = None  # average price seen x weight
    index_guide: Decimal | None = None  # guide price x weight
    sold_at_retail: Decimal | None = None  # average price seen x cartons
    sold_at_wholesale: Decimal | None = None  # wholesale price x cartons


class Expansion(NamedTuple):
    """Packs of all shops as the collection points of each stratum tell, with the sampling error; None: too few."""

    sales: Decimal | None = None
    sales_error: Decimal | None = None
    stock: Decimal | None = None
    stock_error: Decimal | None = None


NOTHING = Sums()


class Counted(NamedTuple):
    """All that the figures of one unit, month, subject and segment follow from."""

    days: int  # of the month
    sums: Sums = NOTHING
    everything: Sums = NOTHING  # of all products, in the same unit, month and segment
    last: Sums = NOTHING  # of the same subject in the month before
    acts: Acts = Acts()
    priced: Priced = Priced()
    expansion: Expansion = Expansion()
    median_fen: Decimal | None = None
    year_now: int = 0  # shops with an order, summed over the twelve months that end with this one
    year_before: int = 0  # shops with an order in the three months before, summed so
    flow_n: int = 0
    flow_sum_fen: int = 0
    target: int | None = None  # cartons


Formula = Callable[[Counted], Number | None]


def price_index(actual: Number | None, guide: Number | None) -> Decimal | None:
    """Sum of actual price x weight over sum of guide price x weight, times 100: 303,000 over 300,000 is 101.0."""
    return percent(actual, guide)


def retailer_margin(retail: Number | None, wholesale: Number | None) -> Decimal | None:
    """What the shops keep of the retail value, percent: 120,000 sold that cost 100,000 is 16.7."""
    return None if retail is None or wholesale is None else percent(retail - wholesale, retail)


def mean_order_rate(now: Sums, last: Sums) -> Decimal | None:
    """The mean order of a shop that ordered, against that of the month before: 12.0 over 10.0 cartons is 120.0."""
    return percent(now.cartons * last.shops_now, last.cartons * now.shops_now)


def _median(c: Counted) -> Decimal | None:
    return None if c.median_fen is None else c.median_fen.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)


def _whole(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)


def _ratio_of_stock(s: Sums) -> Decimal | None:
    return trade.sell_through_ratio(s.stock_before_packs, s.ordered_packs, s.end_stock_packs)


# What the acts and the shops of a unit say; of all products and all shops only.
OF_ACTS: dict[str, Formula] = {
    kpis.COVERAGE.id: lambda c: percent(c.acts.shops_seen, c.acts.shops_due),
    kpis.PER_MANAGER.id: lambda c: ratio(c.acts.visits, c.acts.managers, places=1),
    kpis.VISITS.id: lambda c: c.acts.visits,
    kpis.NOTES.id: lambda c: c.acts.notes,
    kpis.CHECKS.id: lambda c: c.acts.checks,
    kpis.BRIEFINGS.id: lambda c: c.acts.briefings,
    kpis.DISPLAY.id: lambda c: ratio(c.acts.score_sum, c.acts.checks, places=1),
    kpis.BRIEFED.id: lambda c: percent(c.acts.shops_briefed, c.acts.shops_due),
    kpis.PITCHED.id: lambda c: percent(c.acts.pitches_accepted, c.acts.pitches),
    kpis.ORDERS.id: lambda c: c.acts.orders,
    kpis.ACTIVE.id: lambda c: c.acts.shops_due,
    kpis.NEW.id: lambda c: c.acts.shops_new,
    kpis.CLOSED.id: lambda c: c.acts.shops_closed,
    kpis.TIER_UP.id: lambda c: c.acts.tier_up,
    kpis.TIER_DOWN.id: lambda c: c.acts.tier_down,
    kpis.COMPLIANT.id: lambda c: percent(c.acts.display_points, c.acts.display_points_full),
    kpis.UNDERSTOOD.id: lambda c: percent(c.acts.shops_understood, c.acts.shops_briefed),
    kpis.RAISED.id: lambda c: c.acts.needs_raised,
    kpis.SETTLED.id: lambda c: c.acts.needs_closed,
    compliance.TAGS.id: lambda c: percent(c.acts.tags_right, c.acts.tags_shown),
    compliance.LICENCE.id: lambda c: percent(c.acts.licence_right, c.acts.licence_looks),
    compliance.MINORS.id: lambda c: percent(c.acts.minors_right, c.acts.minors_looks),
    compliance.MENDING.id: lambda c: ratio(c.acts.repair_days, c.acts.repairs_mended, places=1),
    compliance.LATE.id: lambda c: c.acts.repairs_overdue,
    satisfaction.SATISFACTION.id: lambda c: ratio(c.acts.scores_sum, c.acts.scores, places=2),
    satisfaction.IN_TIME.id: lambda c: percent(c.acts.replies_in_time, c.acts.replies_due),
    satisfaction.KEPT.id: lambda c: percent(c.acts.promises_kept, c.acts.promises_due),
}
# What can be said of any subject, among all shops or those of a segment.
OF_SUMS: dict[str, Formula] = {
    kpis.OBSERVATIONS.id: lambda c: c.sums.observations,
    kpis.PRICE.id: lambda c: ratio(c.sums.price_sum_fen, c.sums.price_n, places=0),
    kpis.INDEX.id: lambda c: price_index(c.priced.index_actual, c.priced.index_guide),
    kpis.STOCK.id: lambda c: ratio(c.sums.stock_sum_packs, c.sums.stock_n, places=1),
    kpis.OUT_OF_STOCK.id: lambda c: percent(c.sums.oos_shops, c.sums.oos_n),
    kpis.ON_SHELF.id: lambda c: percent(c.sums.on_shelf, c.sums.shelf_n),
    kpis.SALES.id: lambda c: c.sums.cartons,
    kpis.AMOUNT.id: lambda c: c.sums.amount_fen,
    kpis.ORDERING.id: lambda c: c.sums.shops_now,
    traded.SELL_THROUGH_RATE.id: lambda c: percent(c.sums.shops_now, c.sums.shops_before),
    traded.SELL_THROUGH_RATIO.id: lambda c: _ratio_of_stock(c.sums),
    traded.REPURCHASE_RATE.id: lambda c: percent(c.sums.shops_again, c.sums.shops_last),
    traded.SOCIAL_SALES.id: lambda c: c.sums.sold_packs if c.sums.counted else None,
    traded.SOCIAL_STOCK.id: lambda c: c.sums.end_stock_packs if c.sums.counted else None,
    traded.STOCK_TO_SALES.id: lambda c: trade.stock_to_sales(c.sums.end_stock_packs, c.sums.sold_packs),
    traded.DAYS_OF_SUPPLY.id: lambda c: trade.days_of_supply(c.sums.end_stock_packs, c.sums.sold_packs, c.days),
    traded.COMPANY_STOCKOUT.id: lambda c: percent(c.sums.refused, c.sums.demanded),
    traded.CLIENT_STOCKOUT.id: lambda c: percent(c.sums.out, c.sums.asked),
    traded.DEMAND_RATE.id: lambda c: percent(c.sums.shops_demanding, c.sums.shops_before),
    traded.FILL_RATE.id: lambda c: percent(c.sums.filled_cartons, c.sums.demanded_cartons),
    traded.TAKEN_RATE.id: lambda c: percent(c.sums.taken_cartons, c.sums.offered_cartons),
    traded.REACH_RATE.id: lambda c: percent(c.sums.shops_taken, c.sums.shops_offered),
    traded.STOCKOUT_DAYS.id: lambda c: percent(c.sums.oos_days_sum, c.sums.oos_n * c.days),
    traded.SELL_THROUGH_12M.id: lambda c: percent(c.year_now, c.year_before),
    traded.SELL_THROUGH_MEAN.id: lambda c: mean_order_rate(c.sums, c.last),
    traded.REVENUE_PER_BOX.id: lambda c: trade.revenue_per_box(c.sums.amount_fen, c.sums.cartons),
    traded.CARTON_VALUE.id: lambda c: ratio(c.sums.amount_fen, c.sums.cartons, places=0),
    traded.MARGIN.id: lambda c: retailer_margin(c.priced.sold_at_retail, c.priced.sold_at_wholesale),
    traded.WEIGHTED.id: lambda c: percent(c.sums.on_shelf_cartons, c.sums.shelf_cartons),
    traded.COMPLIANCE.id: lambda c: percent(c.sums.price_at_guide, c.sums.price_compared),
}
# What can be said only of some subjects, or only of all shops.
MEDIAN: dict[str, Formula] = {kpis.MEDIAN.id: _median}
TARGETED: dict[str, Formula] = {kpis.SALES_RATE.id: lambda c: percent(c.sums.cartons, c.target)}
FACINGS: dict[str, Formula] = {traded.FACINGS.id: lambda c: percent(c.sums.facings_sum, c.everything.facings_sum)}
FLOW: dict[str, Formula] = {traded.FLOW_PRICE.id: lambda c: ratio(c.flow_sum_fen, c.flow_n, places=0)}
SHARES: dict[str, Formula] = {
    **{kpi.id: lambda c: percent(c.sums.cartons, c.everything.cartons) for kpi in traded.SHARES},
    **{kpi.id: lambda c: percent(c.sums.amount_fen, c.everything.amount_fen) for kpi in traded.AMOUNT_SHARES},
}
EXPANDED: dict[str, Formula] = {
    traded.SALES_EXPANDED.id: lambda c: _whole(c.expansion.sales),
    traded.SALES_ERROR.id: lambda c: _whole(c.expansion.sales_error),
    traded.STOCK_EXPANDED.id: lambda c: _whole(c.expansion.stock),
    traded.STOCK_ERROR.id: lambda c: _whole(c.expansion.stock_error),
}
FORMULAS: dict[str, Formula] = {
    **OF_ACTS,
    **OF_SUMS,
    **MEDIAN,
    **TARGETED,
    **FACINGS,
    **FLOW,
    **SHARES,
    **EXPANDED,
}
