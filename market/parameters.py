"""The thresholds of the market app, each with its default; read by market/boards/overview.py."""

from __future__ import annotations

from backend.parameters import Declared, declare

SILENT_HOURS = "boards.device_silent_hours"
TARGETS = {  # KPI id -> parameter
    "visit_coverage_rate": "boards.target.visit_coverage_rate",
    "briefing_reach": "boards.target.briefing_reach",
    "pitch_success_rate": "boards.target.pitch_success_rate",
    "numeric_distribution": "boards.target.numeric_distribution",
}
POINTS = {"large": "market.points_large", "middle": "market.points_middle", "small": "market.points_small"}
SAMPLE_PRODUCTS = "market.sample_products"
SAMPLE_LAST_WEEKDAY = "market.sample_last_weekday"
PRICE_BAND = "market.sample_price_band"
LAUNCH_CLEAR_MONTHS = "market.launch_clear_months"
PRICE_TOLERANCE = "market.price_tolerance"
SALES_MOVED = "market.sales_moved"
DECIDE_DAYS = "intelligence.decide_days"
OUT_OF_STOCK_DAYS = "intelligence.out_of_stock_days"
ALIKE_PERCENT = "intelligence.alike_percent"
_SAMPLING = "a prefecture's practice: 12 products at six shops a person, Monday to Thursday (docs/method.md)"

declare(
    Declared(POINTS["large"], int, 2, "片区采集点数（大）", "collection points of a territory, large", _SAMPLING),
    Declared(POINTS["middle"], int, 3, "片区采集点数（中）", "collection points of a territory, middle", _SAMPLING),
    Declared(POINTS["small"], int, 1, "片区采集点数（小）", "collection points of a territory, small", _SAMPLING),
    Declared(SAMPLE_PRODUCTS, int, 12, "每周采集规格数", "products of the weekly sample", _SAMPLING),
    Declared(
        SAMPLE_LAST_WEEKDAY,
        int,
        4,
        "每周采集截止（星期几）",
        "the weekly sample is due by weekday (4 = Thursday)",
        _SAMPLING,
    ),
    Declared(PRICE_BAND, float, 20.0, "采集价格可信范围（指导价±%）", "a price fits within guide price ± %", "ours"),
    Declared(
        PRICE_TOLERANCE,
        float,
        0.0,
        "价格到位允许偏差（指导价±%）",
        "a price is at the guide price within ± %",
        "ours: the trade names a tolerance and no number, so none is given away",
    ),
    Declared(SALES_MOVED, float, 5.0, "销量变动显著线(±%)", "sales rise or fall by more than, %", "ours"),
    Declared(
        LAUNCH_CLEAR_MONTHS,
        int,
        3,
        "新品退出后清库存月数",
        "months in which the stock of a launch that leaves is cleared",
        "a company's rule for new products: three months (docs/method.md)",
    ),
    Declared(
        DECIDE_DAYS,
        int,
        5,
        "市场信息答复期限（工作日）",
        "working days in which intelligence is decided",
        "a company's rule for requests from below: five working days (docs/method.md)",
    ),
    Declared(
        OUT_OF_STOCK_DAYS,
        int,
        3,
        "断货多少天自动上报",
        "days out of stock from which an observation is sent up",
        "ours",
    ),
    Declared(
        ALIKE_PERCENT,
        float,
        40.0,
        "市场信息视为同一事项的文字比例(%)",
        "intelligence is about one thing from, % of the pairs of characters",
        "ours",
    ),
    Declared(SILENT_HOURS, int, 24, "设备多少小时未联系即提示", "hours after which a phone is not heard from", "ours"),
    Declared(
        TARGETS["visit_coverage_rate"],
        float,
        100.0,
        "走访覆盖率目标(%)",
        "target of visit coverage, %",
        "ours: nobody is visited less than once a month (docs/method.md)",
    ),
    Declared(
        TARGETS["briefing_reach"], float, 100.0, "政策宣讲到户率目标(%)", "target of briefing reach, percent", "ours"
    ),
    Declared(
        TARGETS["pitch_success_rate"],
        float,
        50.0,
        "推介成功率目标(%)",
        "target of pitch success, %",
        "trade usage",
    ),
    Declared(TARGETS["numeric_distribution"], float, 80.0, "上柜率目标(%)", "target of distribution, %", "trade usage"),
)
