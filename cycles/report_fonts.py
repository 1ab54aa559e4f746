"""The fonts that the PDF of a report is set in: whatever Chinese font this machine has, none of ours in the repository.

Looked for in REPORT_FONT_DIR, in var/fonts (config/fonts.py fetches one there where the system has none), and among the
system's own. Without any the PDF is refused by a problem, not set in boxes. Called by cycles/report_pdf.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import typst
from django.conf import settings

from backend.errors import Problem, register
from cycles.report_families import FAMILIES

register(
    "report_font_missing",
    503,
    ("服务器没有可用的中文字体", "The server has no Chinese font"),
    (
        "请安装中文字体（如 Noto Sans CJK），或在 REPORT_FONT_DIR 指定字体目录，再下载 PDF；网页上的报告不受影响。",
        "Install a Chinese font (Noto Sans CJK, say) or name its folder in REPORT_FONT_DIR. The page is not affected.",
    ),
)


@dataclass(frozen=True)
class Found:
    """Where the fonts are, and the family that the report is set in."""

    fonts: typst.Fonts
    family: str


def found() -> Found:
    """The font of this machine; problem report_font_missing. Looked for once a process, until there is one."""
    here = _found(tuple(str(one) for one in folders()), settings.REPORT_SYSTEM_FONTS)
    if here is None:
        _found.cache_clear()
        raise Problem("report_font_missing")
    return here


def folders() -> list[Path]:
    """Folders beside the system's own."""
    return [one for one in settings.REPORT_FONT_DIRS if Path(one).is_dir()]


@cache
def _found(places: tuple[str, ...], system: bool) -> Found | None:
    fonts = typst.Fonts(include_system_fonts=system, include_embedded_fonts=False, font_paths=list(places))
    families = set(fonts.families())
    family = next((one for one in FAMILIES if one in families), None)
    return None if family is None else Found(fonts, family)
