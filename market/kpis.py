"""What each figure of the market boards means; market/boards/overview.py computes them by these definitions."""

from __future__ import annotations

from backend.kpis import Kpi, register

ACTS = "acts of the month, by the unit stamped on them"
SHOPS = "shops of the unit on the month's last day (today while it runs)"
METHOD = "docs/method.md, Figures"


# What adds up as the month runs: a running month shows what the whole of last month came to, and no arrow.
GROWING = frozenset(
    {
        "visit_coverage_rate",
        "visits_per_manager",
        "visits",
        "notes",
        "display_checks",
        "briefings",
        "observations",
        "briefing_reach",
        "sales",
        "sales_amount",
        "sales_against_target",
        "orders",
        "shops_ordering",
        "shops_new",
        "shops_closed",
        "needs_raised",
        "needs_closed",
        "social_sales",
        "social_sales_expanded",
        "sell_through_rate",
        "demand_rate",
    }
)


# What was reckoned otherwise before: the price index took the guide prices of today.
SECOND = frozenset({"price_index"})


def _kpi(id: str, names: tuple[str, str], formula: str, unit: str, period: str) -> Kpi:  # noqa: A002
    version = 2 if id in SECOND else 1
    return Kpi(id, version, *names, formula, unit, period, METHOD, id in GROWING)  # type: ignore[arg-type]  # its unit


COVERAGE = _kpi(
    "visit_coverage_rate",
    ("走访覆盖率", "visit coverage"),
    "shops seen by a visit that is neither to be verified nor rejected / active shops",
    "percent",
    SHOPS,
)
PER_MANAGER = _kpi(
    "visits_per_manager", ("人均走访", "visits per manager"), "visits / people who visited", "per_person", ACTS
)
VISITS = _kpi("visits", ("走访次数", "visits"), "visits", "count", ACTS)
NOTES = _kpi("notes", ("走访记录", "notes"), "visits with a note", "count", ACTS)
CHECKS = _kpi("display_checks", ("陈列检查", "display checks"), "display checks with a score", "count", ACTS)
BRIEFINGS = _kpi("briefings", ("政策宣讲", "policy briefings"), "policy versions told", "count", ACTS)
OBSERVATIONS = _kpi("observations", ("市场采集", "market observations"), "products observed", "count", ACTS)
DISPLAY = _kpi("display_score", ("陈列得分", "display score"), "sum of scores / display checks", "points", ACTS)
BRIEFED = _kpi("briefing_reach", ("政策宣讲到户率", "briefing reach"), "shops briefed / active shops", "percent", SHOPS)
PITCHED = _kpi(
    "pitch_success_rate", ("推介成功率", "pitch success"), "pitches accepted / pitches made", "percent", ACTS
)
PRICE = _kpi(
    "carton_price_average",
    ("条均零售价", "average carton price"),
    "sum of carton prices seen / number of prices seen",
    "fen",
    ACTS,
)
MEDIAN = _kpi(
    "carton_price_median", ("条零售价中位数", "median carton price"), "median of exact carton prices seen", "fen", ACTS
)
INDEX = _kpi(
    "price_index",
    ("价格指数", "price index"),
    "sum(average price seen x w) / sum(guide price x w) x 100, guide prices of the month's last day, w = cartons sold"
    " to all shops of the unit in the calendar year before, whatever the segment (of one product alone: 1); a product"
    " without a price, a guide price or a weight leaves both sums",
    "index",
    ACTS,
)
STOCK = _kpi(
    "stock_average", ("户均库存", "average stock"), "packs counted / products counted in a shop", "packs", ACTS
)
OUT_OF_STOCK = _kpi(
    "oos_rate",
    ("断货率", "out-of-stock rate"),
    "observations with at least one day out of stock / observations that asked",
    "percent",
    ACTS,
)
ON_SHELF = _kpi(
    "numeric_distribution",
    ("上柜率", "numeric distribution"),
    "shops with the product on the shelf at the last look / shops where somebody looked",
    "percent",
    SHOPS,
)
SALES = _kpi("sales", ("销量", "sales"), "cartons sold to the unit's shops", "cartons", SHOPS)
SALES_RATE = _kpi(
    "sales_against_target", ("目标完成率", "sales against target"), "cartons sold / target cartons", "percent", SHOPS
)

AMOUNT = _kpi("sales_amount", ("销售额", "sales amount"), "wholesale amount of cartons sold", "fen", SHOPS)
ORDERS = _kpi("orders", ("订单数", "orders"), "orders of the unit's shops", "count", SHOPS)
ORDERING = _kpi("shops_ordering", ("订货户数", "shops that ordered"), "shops with an order", "count", SHOPS)
ACTIVE = _kpi("shops_active", ("在营户数", "active shops"), "active shops", "count", SHOPS)
NEW = _kpi("shops_new", ("新增户数", "new shops"), "shops that became clients in the month", "count", SHOPS)
CLOSED = _kpi("shops_closed", ("停业户数", "closed shops"), "shops closed in the month", "count", SHOPS)
TIER_UP = _kpi(
    "tier_up",
    ("升档户数", "tier up"),
    "shops in a higher tier than on the last day of the month before",
    "count",
    SHOPS,
)
TIER_DOWN = _kpi(
    "tier_down", ("降档户数", "tier down"), "shops in a lower tier than on the last day of the month before", "count",
    SHOPS,
)  # fmt: skip
COMPLIANT = _kpi(
    "display_compliance",
    ("陈列达标率", "display compliance"),
    "points earned / points of the applicable items x 100",
    "percent",
    ACTS,
)
UNDERSTOOD = _kpi(
    "briefing_understanding",
    ("政策理解到户率", "shops that understood"),
    "shops briefed that passed a briefing / shops briefed x 100",
    "percent",
    SHOPS,
)
RAISED = _kpi("needs_raised", ("新增诉求", "needs raised"), "needs raised in the month", "count", SHOPS)
SETTLED = _kpi("needs_closed", ("办结诉求", "needs closed"), "needs closed in the month", "count", SHOPS)

UNIT_FIGURES: tuple[Kpi, ...] = (
    COVERAGE,
    PER_MANAGER,
    VISITS,
    NOTES,
    CHECKS,
    BRIEFINGS,
    OBSERVATIONS,
    DISPLAY,
    BRIEFED,
    PITCHED,
    PRICE,
    MEDIAN,
    INDEX,
    STOCK,
    OUT_OF_STOCK,
    SALES,
    SALES_RATE,
)
PRODUCT_FIGURES: tuple[Kpi, ...] = (PRICE, MEDIAN, INDEX, STOCK, OUT_OF_STOCK, ON_SHELF, SALES, SALES_RATE)

SHOP_FIGURES: tuple[Kpi, ...] = (
    AMOUNT,
    ORDERS,
    ORDERING,
    ACTIVE,
    NEW,
    CLOSED,
    TIER_UP,
    TIER_DOWN,
    COMPLIANT,
    UNDERSTOOD,
    RAISED,
    SETTLED,
)

# What a table of brands, classes, bands or products shows unless somebody asks for others.
OF_A_SUBJECT = frozenset(
    {
        "sales", "sales_amount", "sales_against_target", "shops_ordering", "sell_through_rate", "repurchase_rate",
        "company_stockout_rate", "stock_to_sales", "days_of_supply", "price_index", "retailer_margin",
        "price_per_carton", "numeric_distribution", "weighted_distribution", "brand_share", "class_share", "band_share",
        "product_share",
    }
)  # fmt: skip

register(*UNIT_FIGURES, *PRODUCT_FIGURES, *SHOP_FIGURES)
