"""What each figure of the market boards means; market/boards.py computes them by these definitions."""

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
        "sales_against_target",
    }
)


def _kpi(id: str, names: tuple[str, str], formula: str, unit: str, period: str) -> Kpi:  # noqa: A002
    return Kpi(id, 1, *names, formula, unit, period, METHOD, id in GROWING)  # type: ignore[arg-type]  # a unit of Kpi's


COVERAGE = _kpi(
    "visit_coverage_rate",
    ("走访覆盖率", "visit coverage"),
    "shops seen by a visit that is not to be verified / active shops",
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
    "sum(average price seen x w) / sum(guide price x w) x 100, w = wholesale cartons of the year before;"
    " a product without a price, a guide price or a weight leaves both sums",
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

register(*UNIT_FIGURES, *PRODUCT_FIGURES)
