"""How much of a unit's volume rests on few shops: 80/20, large accounts, median. Boards and block 5 read it.

Every figure follows from exact counts of shops by cartons (market/figures/volumes.py), so it is right at every level.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from backend import clock, parameters
from backend.kpis import Kpi, Number, Unit, percent, register
from market.figures import volumes
from market.figures.formulas import Figure
from market.figures.trade_kpis import OURS, SHOPS
from market.figures.values import months_shown
from market.figures.volumes import FEW, MOST, Volumes

LARGE_CARTONS = "client.large_cartons"  # declared by the rule of large accounts: one line for findings and boards
_HALF = Decimal("0.5")


def _kpi(id: str, names: tuple[str, str], formula: str, unit: Unit) -> Kpi:  # noqa: A002 - Kpi's own name
    return Kpi(id, 1, *names, formula, unit, SHOPS, OURS)


MAKING: Final = _kpi(
    "shops_making_most",
    (f"占销量{MOST}%的户数", f"shops that make {MOST} %"),
    f"fewest shops whose cartons come to {MOST} % of all",
    "count",
)
MAKING_SHARE: Final = _kpi(
    "shops_making_most_share",
    (f"占销量{MOST}%的户数比例", f"share of shops that make {MOST} %"),
    f"fewest shops whose cartons come to {MOST} % of all / shops with an order x 100",
    "percent",
)
LARGEST: Final = _kpi(
    "share_of_largest_shops",
    (f"前{FEW}%客户销量占比", f"share of the largest {FEW} %"),
    f"cartons of the largest {FEW} % of shops with an order, rounded up / cartons x 100",
    "percent",
)
LARGE: Final = _kpi(
    "large_accounts",
    ("大户户数", "large accounts"),
    "shops that bought more cartons than client.large_cartons",
    "count",
)
LARGE_SHARE: Final = _kpi(
    "large_accounts_share",
    ("大户销量占比", "share of large accounts"),
    "cartons of large accounts / cartons x 100",
    "percent",
)
MEDIAN: Final = _kpi(
    "shop_cartons_median",
    ("户销量中位数", "median cartons of a shop"),
    "median cartons of the shops with an order",
    "cartons",
)
FIGURES: Final[tuple[Kpi, ...]] = (MAKING, MAKING_SHARE, LARGEST, LARGE, LARGE_SHARE, MEDIAN)
register(*FIGURES)


def figures_of(found: Volumes, large_cartons: int) -> dict[str, Number | None]:
    """The six, by id; None where nothing was bought. Pure."""
    shops, cartons = found.above(large_cartons)
    making = found.shops_making(MOST)
    return {
        MAKING.id: making,
        MAKING_SHARE.id: percent(making, found.shops),
        LARGEST.id: found.share_of_largest(FEW),
        LARGE.id: shops,
        LARGE_SHARE.id: percent(cartons, found.cartons),
        MEDIAN.id: found.quantile(_HALF),
    }


def figures(unit_ids: Sequence[int], month: date) -> dict[int, dict[str, Figure]]:
    """Unit id -> KPI id -> figure, with the month before and the same month of the year before.

    A large account is one by the line in force on the month's last day, in all three. Two queries for any number.
    """
    held = parameters.values([LARGE_CARTONS], unit_ids, clock.month_end(month))
    shown = months_shown(month)
    sold = volumes.by_unit(unit_ids, shown)
    found = {}
    for unit in unit_ids:
        now, before, year_ago = (figures_of(sold[unit, at], held[unit][LARGE_CARTONS]) for at in shown)
        found[unit] = {k.id: Figure(k, now[k.id], before[k.id], year_ago[k.id]) for k in FIGURES}
    return found
