"""The terms of the month: which dates a prefecture has set for itself, in force on the first day of the month.

Declared here as parameters; read by queries.py and by the verbs on months. The opening is national and not among them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from backend import parameters
from backend.parameters import Declared, declare
from cycles.calendar import Terms

_DEFAULT = Terms()
_SOURCED = "published practice of the industry (docs/method.md)"
_TERMS = (  # parameter, field of Terms, what it says in both languages, where its default comes from
    (
        "plan_working_day",
        "计划：上月倒数第几个工作日前提交",
        "plan due: working day before the month, 1 = last",
        _SOURCED,
    ),
    ("forecast_day", "预测：当月几日前提交（顺延至工作日）", "forecast due: day of the month", _SOURCED),
    ("summary_weekday", "周小结：星期几（1 为星期一）", "weekly summary: weekday, 1 is Monday", _SOURCED),
    ("evaluation_working_day", "评估：次月第几个工作日", "evaluation: working day of the month after", _SOURCED),
    ("improvement_working_day", "改进：次月第几个工作日", "improvement: working day of the month after", "ours"),
    (
        "lock_working_day",
        "锁定：次月第几个工作日结束时",
        "lock: end of this working day of the month after",
        "ours",
    ),
)
_FIELDS = {f"cycles.{field}": field for field, *_ in _TERMS}

declare(
    *(Declared(f"cycles.{field}", int, getattr(_DEFAULT, field), zh, en, source) for field, zh, en, source in _TERMS)
)


def terms_of(places: Iterable[tuple[int, date]]) -> dict[tuple[int, date], Terms]:
    """The terms of each (unit, month): those in force at the unit on the month's first day. One query."""
    return {
        place: Terms(**{_FIELDS[key]: value for key, value in held.items()})
        for place, held in parameters.values_at(_FIELDS, places).items()
    }
