"""Drafted text: a template of a version with parameters, said in the reader's language. Called by API, pages, drafts.

Nothing drafted is stored as words: a sentence is its template's key and version, its parameters and its evidence, so
that Lin reads it in Chinese and an auditor in English, and a corrected word needs no new draft. Parameters are JSON:
numbers, strings, dates as ISO text, lists.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from backend.language import is_english


@dataclass(frozen=True)
class Template:
    """Words with places in braces: `{name}` as it is, `{name:kind}` shaped by kind.

    Kinds: n (thousands, at most one decimal), percent (one decimal and %), points (of a percentage), yuan (from fen),
    date (month and day), day (with the year), list (joined by the language's comma; at most 5, then "and n more"), over
    (codes of a crossed line: GT_1000 is over 1,000 cartons, GT_4X over four times the mean).
    """

    key: str
    version: int
    zh: str
    en: str


_known: dict[tuple[str, int], Template] = {}


def register(*templates: Template) -> None:
    """Adds templates; a second, different one of the same key and version is refused at start."""
    for template in templates:
        held = _known.setdefault((template.key, template.version), template)
        if held != template:
            raise ValueError(f"template {template.key} {template.version} is defined twice")


def say(key: str, version: int, parameters: Mapping[str, Any], *, english: bool | None = None) -> str:
    """The sentence in a language (default: the reader's). KeyError for an unknown template or a missing parameter."""
    told_in_english = is_english() if english is None else english
    template = _known[key, version]
    speaker = _English() if told_in_english else _Chinese()
    return speaker.vformat(template.en if told_in_english else template.zh, (), parameters)


def templates() -> list[Template]:
    """Every template, by key and version."""
    return [_known[one] for one in sorted(_known)]


SHOWN = 5


class _Speaker(string.Formatter):
    comma, more, none = "、", "等 {n} 项", "无"

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return self.none
        shape = getattr(self, f"_{format_spec}", None) if format_spec else str
        if shape is None:
            raise ValueError(f"no such kind: {format_spec}")
        return str(shape(value))

    def _n(self, value: Any) -> str:
        rounded = _rounded(value, 1)
        return f"{rounded:,.0f}" if rounded == rounded.to_integral() else f"{rounded:,}"

    def _percent(self, value: Any) -> str:
        return f"{_rounded(value, 1)}%"

    def _points(self, value: Any) -> str:
        return f"{_rounded(value, 1)} 个百分点"

    def _yuan(self, value: Any) -> str:
        return f"{_rounded(Decimal(str(value)) / 100, 2):,.2f}"

    def _date(self, value: Any) -> str:
        day = date.fromisoformat(value)
        return f"{day.month}月{day.day}日"

    def _day(self, value: Any) -> str:
        day = date.fromisoformat(value)
        return f"{day.year}年{day.month}月{day.day}日"

    def _list(self, value: Any) -> str:
        said = self.comma.join(str(one) for one in value[:SHOWN])
        return said + self.more.format(n=len(value)) if len(value) > SHOWN else said

    def _over(self, value: Any) -> str:
        return self.comma.join(self._line(str(code).removeprefix("GT_")) for code in value)

    def _line(self, limit: str) -> str:
        return f"超过户均 {limit[:-1]} 倍" if limit.endswith("X") else f"超过 {self._n(limit)} 条"


class _Chinese(_Speaker):
    pass


class _English(_Speaker):
    comma, more, none = ", ", " ({n} in all)", "none"

    def _points(self, value: Any) -> str:
        return f"{_rounded(value, 1)} points"

    def _line(self, limit: str) -> str:
        return f"over {limit[:-1]} times the mean" if limit.endswith("X") else f"over {self._n(limit)} cartons"

    def _date(self, value: Any) -> str:
        day = date.fromisoformat(value)
        return f"{day.day} {day:%b}"

    def _day(self, value: Any) -> str:
        day = date.fromisoformat(value)
        return f"{day.day} {day:%b %Y}"


def _rounded(value: Any, places: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
