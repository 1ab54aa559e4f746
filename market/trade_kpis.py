"""What each figure of the trade means: sell-through, stock, prices, tags; market/trade.py has the formulas.

They rest on four weeks (docs/decisions/0012-four-weeks-not-calendar-months.md), unless their reader asks for another
period; "before" is as many days again.
"""

from __future__ import annotations

from backend.kpis import Kpi, Unit, register

STANDARD = "YC/T 455.3"
OURS = "docs/method.md, Figures"
SHOPS = "four weeks; shops of the unit on their last day"


def _kpi(id: str, names: tuple[str, str], formula: str, unit: Unit, source: str) -> Kpi:  # noqa: A002 - Kpi's own name
    return Kpi(id, 1, *names, formula, unit, SHOPS, source)


SELL_THROUGH_RATE = _kpi(
    "sell_through_rate",
    ("动销率", "sell-through rate"),
    "shops with an order in the period / shops with an order in the 3 periods before x 100",
    "percent",
    f"{STANDARD} (12)",
)
SELL_THROUGH_RATIO = _kpi(
    "sell_through_ratio",
    ("动销比", "sell-through ratio"),
    "(stock before + ordered - stock now) / (stock before + ordered) x 100, over shops counted twice",
    "percent",
    f"{STANDARD} (13)",
)
REPURCHASE_RATE = _kpi(
    "repurchase_rate",
    ("复购率", "repurchase rate"),
    "shops with an order in both the period and the one before / shops with an order in the one before x 100",
    "percent",
    OURS,
)
SOCIAL_SALES = _kpi(
    "social_sales",
    ("社会销量", "social sales"),
    "sum over shops counted twice of (stock before + ordered between both counts - stock now) x days of the period"
    " / days between both counts",
    "packs",
    OURS,
)
STOCK_TO_SALES = _kpi(
    "stock_to_sales",
    ("存销比", "stock to sales"),
    "stock at the end / social sales of the period, over the same shops",
    "ratio",
    "trade usage",
)
DAYS_OF_SUPPLY = _kpi(
    "days_of_supply",
    ("可销天数", "days of supply"),
    "stock at the end / (social sales of the period / its days), over the same shops",
    "days",
    "trade usage",
)
COMPANY_STOCKOUT = _kpi(
    "company_stockout_rate",
    ("公司断货率", "company stock-out rate"),
    "order lines with a demand and an order of 0 / order lines with a demand x 100",
    "percent",
    f"{STANDARD} (14)",
)
CLIENT_STOCKOUT = _kpi(
    "client_stockout_rate",
    ("客户断货率", "client stock-out rate"),
    "shops asked that had a day out of stock / shops asked, of those with an order in the 3 periods before, x 100",
    "percent",
    f"{STANDARD} (15)",
)
REVENUE_PER_BOX = _kpi(
    "revenue_per_box",
    ("单箱销售收入", "revenue per box"),
    "wholesale revenue / (cartons ordered / 250)",
    "fen",
    "trade usage",
)

TRADE_FIGURES: tuple[Kpi, ...] = (
    SELL_THROUGH_RATE,
    SELL_THROUGH_RATIO,
    REPURCHASE_RATE,
    SOCIAL_SALES,
    STOCK_TO_SALES,
    DAYS_OF_SUPPLY,
    COMPANY_STOCKOUT,
    CLIENT_STOCKOUT,
)

register(*TRADE_FIGURES, REVENUE_PER_BOX)
