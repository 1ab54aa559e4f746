"""The thresholds of field work: how near is near enough, how short is too short, which hours are ordinary."""

from __future__ import annotations

from backend.parameters import Declared, declare

URBAN_M = "visits.near_m_urban"
RURAL_M = "visits.near_m_rural"
SHORTEST_S = "visits.shortest_s"
LATE_H = "visits.late_h"
EVERY_DAYS = {"A": "visits.every_days_a", "B": "visits.every_days_b", "C": "visits.every_days_c"}
EVERY_DAYS_TERMINAL = {
    "ordinary": "visits.every_days_ordinary",
    "modern": "visits.every_days_modern",
    "franchise": "visits.every_days_franchise",
}
PER_DAY = "visits.per_day"
DAY_FROM = "visits.day_from"
DAY_TO = "visits.day_to"

ALL = (URBAN_M, RURAL_M, SHORTEST_S, LATE_H, DAY_FROM, DAY_TO)

SKEW_TOLERATED_S = 120  # not per unit: it decides the month of a fact, which must be the same everywhere
OLDEST_DAYS = 400

_SOURCE = "our proposal; docs/method.md"

declare(
    Declared(URBAN_M, int, 200, "城镇到店距离上限(米)", "at the shop within, urban (m)", _SOURCE),
    Declared(RURAL_M, int, 500, "乡村到店距离上限(米)", "at the shop within, rural (m)", _SOURCE),
    Declared(SHORTEST_S, int, 180, "最短走访时长(秒)", "shortest visit (s)", _SOURCE),
    Declared(LATE_H, int, 24, "视为迟报的小时数", "late after (h)", _SOURCE),
    Declared(EVERY_DAYS["A"], int, 7, "A 类零售户走访间隔(天)", "class A is visited every (days)", _SOURCE),
    Declared(EVERY_DAYS["B"], int, 14, "B 类零售户走访间隔(天)", "class B is visited every (days)", _SOURCE),
    Declared(EVERY_DAYS["C"], int, 30, "C 类零售户走访间隔(天)", "class C is visited every (days)", _SOURCE),
    Declared(
        EVERY_DAYS_TERMINAL["ordinary"],
        int,
        30,
        "普通终端走访间隔(天)",
        "an ordinary terminal is visited every (days)",
        _SOURCE,
    ),
    Declared(
        EVERY_DAYS_TERMINAL["modern"],
        int,
        14,
        "现代终端走访间隔(天)",
        "a modern terminal is visited every (days)",
        _SOURCE,
    ),
    Declared(
        EVERY_DAYS_TERMINAL["franchise"],
        int,
        14,
        "加盟终端走访间隔(天)",
        "a franchise terminal is visited every (days)",
        _SOURCE,
    ),
    Declared(PER_DAY, int, 20, "每日走访户数上限", "planned visits a day at most", _SOURCE),
    Declared(DAY_FROM, str, "08:30", "走访时段开始", "visits begin", _SOURCE),
    Declared(DAY_TO, str, "17:30", "走访时段结束", "visits end", _SOURCE),
)
