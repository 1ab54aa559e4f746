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
PHOTO_FAR_M = "visits.photo_far_m"
PHOTO_OFF_MIN = "visits.photo_off_min"
ANSWER_DAYS = "visits.answer_working_days"
SECOND_TOUCH_DAYS = "visits.second_touch_working_days"
REPAIR_DAYS = "visits.repair_days"
TAG_RATE = "market.price_tag_rate"

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
    Declared(PHOTO_FAR_M, int, 500, "照片位置偏离上限(米)", "a photo's place differs by at most (m)", _SOURCE),
    Declared(PHOTO_OFF_MIN, int, 30, "照片时间偏离上限(分)", "a photo's time differs by at most (min)", _SOURCE),
    Declared(DAY_FROM, str, "08:30", "走访时段开始", "visits begin", _SOURCE),
    Declared(DAY_TO, str, "17:30", "走访时段结束", "visits end", _SOURCE),
    Declared(REPAIR_DAYS, int, 7, "整改任务期限(天)", "a repair task is due after (days)", _SOURCE),
    Declared(TAG_RATE, float, 95.0, "明码标价率目标(%)", "target of the price tag rate, %", _SOURCE),
    Declared(
        ANSWER_DAYS,
        int,
        3,
        "政策疑问答复期限（工作日）",
        "a policy question is answered within (working days)",
        _SOURCE,
    ),
    Declared(
        SECOND_TOUCH_DAYS,
        int,
        5,
        "政策二次触达起始（工作日）",
        "a second touch from (working days after release)",
        _SOURCE,
    ),
)
