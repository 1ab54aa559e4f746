"""A report on paper: the frozen content set by typst into a PDF in Chinese; called by cycles/report_files.py.

The same report at the same version gives the same bytes: no clock is read, fonts are subset into the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst

from cycles import report_fonts, report_words
from cycles.models import MonthlyReport
from cycles.report_fonts import Found

SOURCE = Path(__file__).with_name("report.typ")


def pdf(report: MonthlyReport, *, restricted: bool) -> bytes:
    """The report as a PDF, about 14 ms a page. Problem report_font_missing."""
    return _compiled(report, restricted=restricted, format="pdf")


def pictures(report: MonthlyReport, *, restricted: bool, ppi: int = 110) -> list[bytes]:
    """Its pages as PNG, for those who look at them."""
    made: Any = _compiled(report, restricted=restricted, format="png", ppi=ppi)
    return made if isinstance(made, list) else [made]


def _compiled(report: MonthlyReport, *, restricted: bool, **how: Any) -> Any:
    font = report_fonts.found()
    told = json.dumps(_told(report, restricted=restricted, font=font.family), ensure_ascii=False)
    stamp = int(report.made_at.timestamp())
    return _compiler(id(font), font).compile(
        input=SOURCE.read_bytes(), sys_inputs={"told": told}, timestamp=stamp, **how
    )


_compilers: dict[int, typst.Compiler] = {}


def _compiler(key: int, font: Found) -> typst.Compiler:
    if key not in _compilers:
        _compilers.clear()
        _compilers[key] = typst.Compiler(font_paths=font.fonts)
    return _compilers[key]


def _told(report: MonthlyReport, *, restricted: bool, font: str) -> dict[str, Any]:
    """What the template sets: all words are Chinese here."""
    shown = report_words.shown(report, english=False, restricted=restricted, font=font)
    for section in shown["sections"]:
        for table in section["tables"]:
            table["long"] = _longest(table)
    waiting = f"，另有 {shown['waiting']:,} 项待汇总" if shown["waiting"] else ""
    edition = f"（第 {shown['number']} 版）" if shown["number"] > 1 else ""
    return {
        **shown,
        "font": font,
        "title": "市场分析报告",
        "way": " › ".join(shown["way"]),
        "month": shown["month"] + edition,
        "as_of": f"数据截至 {shown['as_of']}{waiting}",
        "restricted": "内部受限：含异常流动信息" if restricted and report.restricted else "",
        "findings_title": "本月要点",
        "nothing": "本月无数据。",
        "sources_title": "数据来源与口径",
        "note": f"各指标按所列口径与版本计算；报告生成于 {shown['made_at']}。锁定后到达的数据另成新版，不改本版。",
    }


def _longest(table: dict[str, Any]) -> int:
    """Which text column gets the room: the one with the longest words; -1 without any."""
    lengths = [
        max((len(row["cells"][n]["text"]) for row in table["rows"]), default=0) if column["is_words"] else -1
        for n, column in enumerate(table["columns"])
    ]
    best = max(lengths, default=-1)
    return lengths.index(best) if best >= 0 else -1
