"""Thresholds of the retailer's file, with defaults and where they come from; imported by apps.py at start."""

from __future__ import annotations

from backend.parameters import Declared, declare

LICENCE_NOTICE_DAYS = "retail.licence_notice_days"

declare(
    Declared(
        key=LICENCE_NOTICE_DAYS,
        kind=int,
        default=30,
        title="许可证到期前提醒天数",
        title_en="days before its end that a licence is due for renewal",
        source="烟草专卖许可证管理办法: renewal is asked at least 30 days before the end",
    )
)
