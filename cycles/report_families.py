"""The font families that a report may be set in, for cycles/report_fonts.py and for config/fonts.py, which asks before
Django is there. The first that a machine has is used; open ones stand before those of a vendor."""

from __future__ import annotations

FAMILIES = (  # all hold simplified Chinese and Latin
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "SimHei",
    "Heiti SC",
    "STHeiti",
)
