"""How long files of exports are kept; read by working.py."""

from __future__ import annotations

from backend.parameters import Declared, declare

KEEP_DAYS = "exports.keep_days"

declare(
    Declared(
        KEEP_DAYS, int, 7, "导出文件保留天数", "days that files of exports are kept",
        "our proposal: long enough for a week's work, short enough that copies of personal data do not pile up",
    )
)  # fmt: skip
