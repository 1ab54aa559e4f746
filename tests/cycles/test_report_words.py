"""How a report's sentences, figures and charts read: exact words, in both languages. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from decimal import Decimal
from typing import Any

import pytest

from cycles import report_acts, report_charts, report_parts, report_sentences, report_words
from cycles.models import MonthlyReport


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "percent", "–"),
        ("80.5", "percent", "80.5"),
        ("1234567", "cartons", "1,234,567"),
        ("14500", "fen", "145.00"),
        ("3854810800", "fen", "38,548,108"),
        ("0.4285", "ratio", "0.43"),
        ("-5.26", "change", "▼ 5.3"),
        ("3.04", "change", "▲ 3.0"),
        ("0", "change", "0.0"),
        ("听说", "text", "听说"),
        ("2026-03-31", "date", "2026-03-31"),
        ("13.04", "days", "13.0"),
        ("1061", "days", "1,061"),
    ],
)
def test_a_number_is_written_as_its_unit_asks(value: str | None, unit: str, said: str) -> None:
    assert report_words.number(value, unit) == said


@pytest.mark.parametrize(
    ("code", "parameters", "zh", "en"),
    [
        ("behind_target", {"rate": 85.7, "gap": 48796}, "销量完成目标 85.7%，差 48,796 条。",
         "Sales came to 85.7% of the target, 48,796 cartons short."),
        ("fell", {"change": 11.7, "cartons": 38858, "below": "，其中孝南区减少 18,167 条",
                  "below_en": ", 18,167 of them in Xiaonan"},
         "销量同比下降 11.7%（减少 38,858 条），其中孝南区减少 18,167 条。",
         "Sales fell 11.7% on last year (38,858 cartons less), 18,167 of them in Xiaonan."),
        ("problem", {"rule": "店内断货", "rule_en": "out of stock", "count": 9, "open": 4},
         "月末仍在的问题最多的是店内断货：4 件（全月 9 件）。",
         "The problem that most still have is “out of stock”: 4 at the end, 9 in the month."),
    ],
)  # fmt: skip
def test_a_finding_of_the_first_template_is_still_said_in_both_languages(
    code: str, parameters: dict[str, Any], zh: str, en: str
) -> None:
    finding = {"code": code, "version": 1, "parameters": parameters}
    assert report_sentences.text(finding, english=False) == zh
    assert report_sentences.text(finding, english=True) == en


def drawn(kind: str, **values: list[int | None]) -> ET.Element:
    labels = [f"2025-{month:02d}" for month in range(1, 1 + len(next(iter(values.values()))))]
    told = [report_parts.series(name, name, numbers) for name, numbers in values.items()]
    [chart] = report_parts.chart(kind, ("标题 <1>", "title <1>"), labels, told, "cartons")
    return ET.fromstring(report_charts.svg(chart, english=False, font="Noto Sans SC"))


def marks(picture: ET.Element, name: str, kind: str) -> list[ET.Element]:
    return [one for one in picture.iter("{http://www.w3.org/2000/svg}" + name) if one.get("class") == kind]


def test_a_month_that_is_unknown_is_a_gap_in_the_line() -> None:
    lines = marks(drawn("lines", a=[10, 20, None, 15, 12]), "polyline", "line")
    assert [len(str(line.get("points")).split()) for line in lines] == [2, 2]


def test_bars_start_at_zero_and_are_as_long_as_their_numbers() -> None:
    picture = drawn("bars", a=[10, -5, 0, None])
    up, down = (marks(picture, "rect", kind) for kind in ("up", "down"))
    assert float(str(up[0].get("width"))) == pytest.approx(2 * float(str(down[0].get("width"))), abs=0.2)
    end = float(str(down[0].get("x"))) + float(str(down[0].get("width")))
    assert end == pytest.approx(float(str(up[0].get("x"))), abs=0.2)


def test_stacked_columns_share_one_scale() -> None:
    picture = drawn("stacked", a=[10, 20], b=[30, 20])
    first, second = (marks(picture, "rect", kind) for kind in ("k1", "k2"))
    heights = [float(str(one.get("height"))) for one in (*first, *second)]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert heights[0] + heights[2] == pytest.approx(heights[1] + heights[3], abs=0.3)


def test_a_chart_without_any_number_is_not_drawn() -> None:
    assert report_parts.chart("lines", ("a", "a"), ["2025-01"], [report_parts.series("a", "a", [None])], "index") == []


@pytest.mark.parametrize(
    ("value", "zh", "en"), [(371_900, "37.2万", "371.9k"), (9_999, "9,999", "9,999"), (2_600_000, "260.0万", "2.60m")]
)
def test_a_label_is_short(value: int, zh: str, en: str) -> None:
    told = [report_charts.short(Decimal(value), english=english) for english in (False, True)]
    assert told == [zh, en]


def test_lines_go_on_to_the_next_report_where_they_still_fit() -> None:
    before = MonthlyReport(
        words={"section-1": "一", "finding-1": "二", "finding-2": "三"},
        content={"findings": [{"key": "finding-1", "code": "fell"}, {"key": "finding-2", "code": "tags"}]},
    )
    content = {"findings": [{"key": "finding-1", "code": "index"}, {"key": "finding-2", "code": "fell"}]}
    assert report_acts.carried(before, content) == {"section-1": "一", "finding-2": "二"}
