"""The thresholds of the market app, each with its default; read by market/boards.py."""

from __future__ import annotations

from backend.parameters import Declared, declare

SILENT_HOURS = "boards.device_silent_hours"
TARGETS = {  # KPI id -> parameter
    "visit_coverage_rate": "boards.target.visit_coverage_rate",
    "briefing_reach": "boards.target.briefing_reach",
    "pitch_success_rate": "boards.target.pitch_success_rate",
    "numeric_distribution": "boards.target.numeric_distribution",
}

declare(
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
