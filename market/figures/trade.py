"""The formulas of the trade over counted sums: pure; trade_queries.py counts, boards and rules read the values.

The standard is YC/T 455.3; what it does not name is marked in docs/method.md. A zero or negative base gives None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from backend.kpis import Number, percent, ratio
from market.figures import trade_kpis as kpis

WINDOW_DAYS = 28
CARTONS_PER_BOX = 250


@dataclass(frozen=True)
class Period:
    """Days from `first` up to but not including `until`; the periods before it are as long."""

    first: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.first).days


def window(as_of: date, number: int = 0) -> Period:
    """The four weeks that end before `as_of` (number 0), or the n-th four weeks before those."""
    until = as_of - timedelta(days=WINDOW_DAYS * number)
    return Period(until - timedelta(days=WINDOW_DAYS), until)


@dataclass(frozen=True)
class Trade:
    """What was counted for one product in a unit and period, or for all of them together.

    Of all products together the shops are pairs of a shop and a product, so that the figures are weighted means.
    """

    shops_before: int = 0  # with an order in the three periods before
    shops_now: int = 0  # with an order in the period
    shops_last: int = 0  # with an order in the period before
    shops_again: int = 0  # of these, with an order in the period too
    demanded: int = 0  # records with a demand
    refused: int = 0  # of these, ordered 0
    asked: int = 0  # shops asked for days out of stock that ordered in the three periods before
    out: int = 0  # of these, with at least one day
    counted: int = 0  # shops whose stock was seen before and in the period
    stock_before_packs: int = 0  # in these shops, as all that follows
    ordered_packs: int = 0  # between both looks
    stock_packs: int = 0
    sold_packs: Decimal = Decimal(0)  # social sales, scaled to the length of the period


def social_sales(stock_before: Number, ordered: Number, stock: Number) -> Number:
    """What left the shops: 300 in stock, 500 ordered, 240 left is 560."""
    return stock_before + ordered - stock


def sell_through_ratio(stock_before: Number, ordered: Number, stock: Number) -> Decimal | None:
    """Percent of what was there that left: 560 of 800 is 70.0."""
    return percent(social_sales(stock_before, ordered, stock), stock_before + ordered)


def stock_to_sales(stock: Number, sales: Number) -> Decimal | None:
    """240 in stock on 560 sold is 0.43."""
    return ratio(stock, sales, places=2) if sales > 0 else None


def days_of_supply(stock: Number, sales: Number, days: int) -> Decimal | None:
    """How long the stock lasts at the period's sales a day: 240 on 560 in 30 days is 12.9."""
    return ratio(stock * days, sales, places=1) if sales > 0 else None


def revenue_per_box(amount_fen: Number, cartons: Number) -> Decimal | None:
    """Fen of wholesale revenue for 250 cartons."""
    return ratio(amount_fen * CARTONS_PER_BOX, cartons, places=0)


def values(counted: Trade, days: int) -> dict[str, Number | None]:
    """Every figure of a product in a unit and a period of so many days, by its id."""
    return {
        kpis.SELL_THROUGH_RATE.id: percent(counted.shops_now, counted.shops_before),
        kpis.SELL_THROUGH_RATIO.id: sell_through_ratio(
            counted.stock_before_packs, counted.ordered_packs, counted.stock_packs
        ),
        kpis.REPURCHASE_RATE.id: percent(counted.shops_again, counted.shops_last),
        kpis.SOCIAL_SALES.id: counted.sold_packs if counted.counted else None,
        kpis.STOCK_TO_SALES.id: stock_to_sales(counted.stock_packs, counted.sold_packs),
        kpis.DAYS_OF_SUPPLY.id: days_of_supply(counted.stock_packs, counted.sold_packs, days),
        kpis.COMPANY_STOCKOUT.id: percent(counted.refused, counted.demanded),
        kpis.CLIENT_STOCKOUT.id: percent(counted.out, counted.asked),
    }
