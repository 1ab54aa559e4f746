"""How a frozen report is said to one reader: figures, sentences and charts in his or her language, ready to be set.

Used by the page (web/boards/report_views.py), the PDF (cycles/report_pdf.py) and nowhere else: all say the same.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from backend.clock import BUSINESS_ZONE
from cycles import report_charts, report_sentences
from cycles.models import MonthlyReport
from cycles.report_parts import Part, with_restricted

PLACES = {"percent": 1, "index": 1, "points": 1, "packs": 1, "per_person": 1, "ratio": 2, "days": 1, "change": 1}
MEASURES = {
    "percent": ("%", "%"), "change": ("%", "%"), "fen": ("元", "yuan"), "packs": ("盒", "packs"),
    "cartons": ("条", "cartons"), "days": ("天", "days"), "points": ("分", "points"), "per_person": ("次/人", "each"),
}  # fmt: skip
TEXTS = ("text", "date")
WORDS = {
    "before": ("环比", "on last month"),
    "year": ("同比", "on last year"),
    "target": ("目标", "target"),
    "time": ("时间进度", "time"),
}


def number(value: str | None, unit: str) -> str:
    """1,234 · 33.3 · 1,234 (fen as whole yuan from 10,000 yuan on, else with its fen) · – for no value."""
    if value is None:
        return "–"
    if unit in TEXTS:
        return value
    exact = Decimal(value)
    if unit == "days" and "." not in value:  # counted, not divided
        return f"{exact:,}"
    if unit == "fen":
        yuan = exact / 100
        return f"{_even(yuan, 0):,}" if abs(yuan) >= 10_000 else f"{_even(yuan, 2):,}"
    if unit == "change":
        sign = "▲ " if exact > 0 else "▼ " if exact < 0 else ""
        return f"{sign}{_even(abs(exact), 1):,}"
    return f"{_even(exact, PLACES.get(unit, 0)):,}"


def _even(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def shown(report: MonthlyReport, *, english: bool, restricted: bool, font: str = "") -> Part:
    """The whole report as texts. `restricted`: with what needs restricted.read; `font` is that of the paper."""
    content = with_restricted(report.content, report.restricted) if restricted else report.content
    unit = content["unit"]
    return {
        "unit": _name(unit, english),
        "way": [_name(one, english) for one in unit["way"]],
        "level": unit["level"],
        "month": _month(content["month"], english),
        "as_of": _moment(content["as_of"]),
        "made_at": _moment(report.made_at.isoformat()),
        "waiting": content["waiting"],
        "number": report.number,
        "findings": [_finding(report, one, english) for one in content["findings"]],
        "sections": [_section(report, one, english, font) for one in content["sections"]],
        "sources": [f"{_name(one, english)} v{one['version']}" for one in content["sources"]],
    }


def _name(one: Part, english: bool) -> str:
    return str((one.get("name_en") if english else "") or one["name"])


def _month(month: str, english: bool) -> str:
    return month if english else f"{month[:4]}年{int(month[5:])}月"


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(BUSINESS_ZONE):%Y-%m-%d %H:%M}"


def _finding(report: MonthlyReport, one: Part, english: bool) -> Part:
    proof = [
        f"{_name(figure, english)} {number(figure['value'], figure['unit'])}{_measure(figure['unit'], english)}"
        for figure in one["evidence"]["figures"]
    ]
    return {
        "key": one["key"],
        "text": report_sentences.text(one, english=english),
        "evidence": proof,
        "page": one["evidence"]["page"],
        "line": report.words.get(one["key"], ""),
    }


def _measure(unit: str, english: bool) -> str:
    found = MEASURES.get(unit)
    if found is None:
        return ""
    return f" {found[1]}" if english else f" {found[0]}"


def _section(report: MonthlyReport, one: Part, english: bool, font: str) -> Part:
    key = f"section-{one['number']}"
    return {
        "key": key,
        "number": one["number"],
        "title": one["title_en"] if english else one["title"],
        "line": report.words.get(key, ""),
        "figures": [_figure(figure, english) for figure in one["figures"]],
        "charts": [
            {"title": chart["title_en"] if english else chart["title"],
             "svg": report_charts.svg(chart, english=english, font=font)}
            for chart in one["charts"]
        ],
        "tables": [_table(table, english) for table in one["tables"]],
    }  # fmt: skip


def _figure(one: Part, english: bool) -> Part:
    against = [
        f"{WORDS[word][english]} {_change(one['value'], one[base], one['unit'], english)}"
        for word, base in (("before", "previous"), ("year", "last_year"))
        if one["value"] is not None and one[base] is not None
    ]
    if one["target"] is not None:
        word = "time" if one["kpi"] == "sales_against_target" else "target"
        against.append(f"{WORDS[word][english]} {number(one['target'], one['unit'])}")
    return {
        "kpi": one["kpi"],
        "name": _name(one, english),
        "value": number(one["value"], one["unit"]),
        "measure": _measure(one["unit"], english).strip(),
        "against": against,
    }


POINTS = ("个百分点", "points")
RATES = ("percent", "index", "ratio", "points", "days", "per_person")


def _change(value: str, base: str, unit: str, english: bool) -> str:
    """▲ 3.2 % of what adds up; the difference in its own unit of what is a rate already."""
    gap = Decimal(value) - Decimal(base)
    if gap == 0:
        return "="
    if unit in RATES or Decimal(base) == 0:
        sign = "▲" if gap > 0 else "▼"
        points = f" {POINTS[english]}" if unit == "percent" else ""
        return f"{sign} {number(str(abs(gap)), unit)}{points}"
    return f"{number(str(100 * gap / abs(Decimal(base))), 'change')}%"


def _table(one: Part, english: bool) -> Part:
    columns = one["columns"]
    return {
        "code": one["code"],
        "title": one["title_en"] if english else one["title"],
        "columns": [
            {"title": _headed(column, english), "is_text": column["unit"] in TEXTS,
             "is_words": column["unit"] == "text"}
            for column in columns
        ],
        "rows": [_row(row, columns, english) for row in one["rows"]],
    }  # fmt: skip


def _headed(column: Part, english: bool) -> str:
    title = str(column["title_en"] if english else column["title"])
    return f"{title} %" if column["unit"] in {"percent", "change"} else title


def _row(row: Part, columns: list[Part], english: bool) -> dict[str, Any]:
    values: list[str | None] = row["values_en"] if english and "values_en" in row else row["values"]
    return {
        "label": row["label_en"] if english else row["label"],
        "unit_id": row.get("unit_id"),
        "cells": [
            {"text": number(value, column["unit"]), "is_text": column["unit"] in TEXTS}
            for value, column in zip(values, columns, strict=True)
        ],
    }
