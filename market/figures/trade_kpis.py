"""What each figure of the trade means: sell-through, stock, prices, supply, shares. Formulas: formulas.py.

The period is no part of a formula: it is told with the figure. Rules, metrics and scorecards of cycles/ rest on four
weeks (docs/decisions/0012-four-weeks-not-calendar-months.md), boards on calendar months; "before" is as many days, or
the month, before. Another use of one word is a version with a name of its own: one id is one formula.
"""

from __future__ import annotations

from backend.kpis import Kpi, Unit, register
from market.kpis import GROWING

STANDARD = "YC/T 455.3"
OURS = "docs/method.md, Figures"
SHOPS = "a calendar month on boards, four weeks in rules; shops of the unit on its last day"
SEEN = "a calendar month; observations by the unit stamped on their visit"


def _kpi(id: str, names: tuple[str, str], formula: str, unit: Unit, source: str) -> Kpi:  # noqa: A002 - Kpi's own name
    return Kpi(id, 1, *names, formula, unit, SHOPS, source, id in GROWING)


def _seen(id: str, names: tuple[str, str], formula: str, unit: Unit) -> Kpi:  # noqa: A002 - Kpi's own name
    return Kpi(id, 1, *names, formula, unit, SEEN, OURS)


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

WEIGHTED = _kpi(
    "weighted_distribution",
    ("加权铺货率", "weighted distribution"),
    "cartons of all products of the shops that have it on the shelf / of the shops where somebody looked x 100",
    "percent",
    "trade usage",
)
DEMAND_RATE = _kpi(
    "demand_rate",
    ("需求率", "demand rate"),
    "shops with a demand in the period / shops with an order in the 3 periods before x 100",
    "percent",
    f"{STANDARD} (11)",
)
SELL_THROUGH_12M = _kpi(
    "sell_through_rate_12m",
    ("动销率（12个月）", "sell-through rate, 12 months"),
    "sum over 12 months of shops with an order / sum over the same months of shops with an order in the 3 months"
    " before x 100",
    "percent",
    OURS,
)
SELL_THROUGH_MEAN = _kpi(
    "sell_through_rate_mean_order",
    ("动销率（户均订货）", "sell-through rate by mean order"),
    "(cartons / shops with an order) of the month / the same of the month before x 100",
    "percent",
    OURS,
)
STOCKOUT_DAYS = _kpi(
    "company_stockout_days",
    ("断货率（天数）", "stock-out rate by days"),
    "days out of stock / (observations that asked x days of the month) x 100",
    "percent",
    OURS,
)
SOCIAL_STOCK = _kpi(
    "social_stock",
    ("社会库存", "social stock"),
    "sum over shops counted twice of the stock at the last look",
    "packs",
    OURS,
)
SALES_EXPANDED = _kpi(
    "social_sales_expanded",
    ("社会销量（推算）", "social sales, expanded"),
    "sum over strata of shops x mean social sales of the stratum's collection points",
    "packs",
    OURS,
)
SALES_ERROR = _kpi(
    "social_sales_error",
    ("社会销量抽样误差", "sampling error of social sales"),
    "sqrt(sum over strata N^2 (1 - n/N) s^2 / n)",
    "packs",
    OURS,
)
STOCK_EXPANDED = _kpi(
    "social_stock_expanded",
    ("社会库存（推算）", "social stock, expanded"),
    "sum over strata of shops x mean stock of the stratum's collection points",
    "packs",
    OURS,
)
STOCK_ERROR = _kpi(
    "social_stock_error",
    ("社会库存抽样误差", "sampling error of social stock"),
    "sqrt(sum over strata N^2 (1 - n/N) s^2 / n)",
    "packs",
    OURS,
)
FILL_RATE = _kpi(
    "order_fill_rate",
    ("订单满足率", "order fill rate"),
    "sum of min(allotted, demanded) / sum of demanded x 100, over order lines that tell both",
    "percent",
    OURS,
)
TAKEN_RATE = _kpi(
    "offer_taken_rate",
    ("订足率", "offer taken"),
    "cartons ordered / cartons offered x 100, over order lines that tell what was offered",
    "percent",
    OURS,
)
REACH_RATE = _kpi(
    "offer_reach_rate",
    ("订购率", "offer reach"),
    "shops that ordered / shops offered x 100",
    "percent",
    OURS,
)
CARTON_VALUE = _kpi(
    "price_per_carton", ("单条值", "price per carton"), "wholesale revenue / cartons ordered", "fen", "trade usage"
)
MARGIN = _kpi(
    "retailer_margin",
    ("零售毛利率", "retail margin"),
    "sum((average price seen - wholesale price) x cartons) / sum(average price seen x cartons) x 100, over products"
    " with a price seen and a wholesale price",
    "percent",
    OURS,
)
FACINGS = _seen(
    "share_of_facings", ("陈列份额", "share of facings"), "facings of it / facings of all products x 100", "percent"
)
COMPLIANCE = _seen(
    "price_compliance",
    ("价格到位率", "price compliance"),
    "prices seen at the guide price within the tolerance / prices seen of products with a guide price x 100",
    "percent",
)
FLOW_PRICE = _seen(
    "flow_price",
    ("市场流通价", "flow price"),
    "mean of the prices among dealers that were told, per carton",
    "fen",
)
_OF = (
    ("brand", "品牌", "brand"),
    ("class", "价类", "class"),
    ("band", "价位段", "price band"),
    ("product", "规格", "product"),
)
SHARES: tuple[Kpi, ...] = tuple(
    _kpi(f"{code}_share", (f"{name}销量占比", f"share of the {name_en}"),
         "cartons of it / cartons of all products x 100", "percent", OURS)
    for code, name, name_en in _OF
)  # fmt: skip
AMOUNT_SHARES: tuple[Kpi, ...] = tuple(
    _kpi(f"{code}_amount_share", (f"{name}销额占比", f"share of the {name_en} in the amount"),
         "amount of it / amount of all products x 100", "percent", OURS)
    for code, name, name_en in _OF
)  # fmt: skip

SUPPLY_FIGURES: tuple[Kpi, ...] = (
    DEMAND_RATE,
    FILL_RATE,
    TAKEN_RATE,
    REACH_RATE,
    STOCKOUT_DAYS,
    SELL_THROUGH_12M,
    SELL_THROUGH_MEAN,
    REVENUE_PER_BOX,
    CARTON_VALUE,
    MARGIN,
    WEIGHTED,
    FACINGS,
    COMPLIANCE,
    SOCIAL_STOCK,
    *SHARES,
    *AMOUNT_SHARES,
)
EXPANDED_FIGURES: tuple[Kpi, ...] = (SALES_EXPANDED, SALES_ERROR, STOCK_EXPANDED, STOCK_ERROR)

register(*SUPPLY_FIGURES, *EXPANDED_FIGURES, FLOW_PRICE)
