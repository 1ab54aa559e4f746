"""Thresholds of the retailer's file, with defaults and where they come from; imported by apps.py at start."""

from __future__ import annotations

from backend.parameters import Declared, declare

LICENCE_NOTICE_DAYS = "retail.licence_notice_days"
REPLY_DAYS = "retail.reply_working_days"
COMPLAINT_DAYS = "retail.complaint_working_days"
PROMISE_NOTICE_DAYS = "retail.promise_notice_days"

_OURS = "our proposal; docs/method.md"

declare(
    Declared(
        key=LICENCE_NOTICE_DAYS,
        kind=int,
        default=30,
        title="许可证到期前提醒天数",
        title_en="days before its end that a licence is due for renewal",
        source="烟草专卖许可证管理办法：renewal is asked at least 30 days before the end",
    ),
    Declared(REPLY_DAYS, int, 3, "部门答复期限（工作日）", "a department replies within (working days)", _OURS),
    Declared(
        PROMISE_NOTICE_DAYS, int, 2, "承诺到期前提醒天数", "days before its day that a promise is called to mind", _OURS
    ),
    Declared(
        COMPLAINT_DAYS, int, 1, "投诉答复期限（工作日）", "a complaint is replied to within (working days)", _OURS
    ),
)
