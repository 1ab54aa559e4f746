"""What the line of an alert rule says to a reader."""

from __future__ import annotations

from decimal import Decimal

import pytest

from market.alerts.words import said_watch
from market.models import AlertRule


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        ({"kpi": "visit_coverage_rate", "below": 80}, "低于 80 %", "below 80 %"),
        (
            {"kpi": "sales", "compared": "month", "below": -10},
            "环比下降超过 10 %",
            "down by more than 10 % on the month before",
        ),
        (
            {"kpi": "sales", "compared": "year", "above": 15},
            "同比上升超过 15 %",
            "up by more than 15 % on the year before",
        ),
        ({"kpi": "sales", "compared": "year", "below": 5}, "同比变化低于 5 %", "below 5 % against the year before"),
        (
            {"kpi": "sales_against_target", "compared": "target", "below": -5},
            "落后目标进度超过 5 个百分点",
            "more than 5 points behind its target",
        ),
        (
            {"kpi": "sales", "compared": "target", "above": 200},
            "高于目标进度超过 200 条",
            "more than 200 cartons above its target",
        ),
    ],
)
def test_a_reader_is_told_in_words_what_line_was_crossed(rule: dict[str, object], zh: str, en: str) -> None:
    numbers = {key: Decimal(str(value)) if key in ("below", "above") else value for key, value in rule.items()}
    assert said_watch(AlertRule(**numbers)) == (zh, en)
