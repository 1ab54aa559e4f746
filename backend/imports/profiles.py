"""What a profile may say of a source's files, and what follows for the cells of a kind; for asking.py and bulk.py.

A profile names the heading of a column, or a text in which {heading} stands for that cell; gives constants; says how
dates are written, in what money is, and which figures are in packs or are to be multiplied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from backend.errors import FieldError, Problem
from backend.imports import cells, staging
from backend.imports.cells import Fault, Parse
from backend.imports.kinds import Column, ImportKind

DATES = ("auto", "DMY", "MDY", "week")
MONEY = ("yuan", "fen")
MOST_FEN = 100_000_000_000
_PLACE = re.compile(r"\{([^{}]+)\}")
_DAY = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)


@dataclass(frozen=True)
class Source:
    """Where the cells of one column come from: a place in the row, a text put together from places, or a constant."""

    column: Column
    parse: Parse
    place: int | None = None
    made_of: tuple[str | int, ...] = ()
    constant: str = ""


@dataclass(frozen=True)
class Plan:
    """How the rows of one file are read."""

    sources: tuple[Source, ...]
    ignored: list[str]
    in_packs: frozenset[str]


def check(kind: ImportKind, rules: Mapping[str, Any]) -> None:
    """The rules fit the kind; problem invalid with a pointer per fault."""
    names = {column.name for column in kind.columns}
    packs = set(kind.large.packs if kind.large else ())
    wrong: list[FieldError] = []
    for part in ("columns", "constants", "units"):
        wrong += [
            FieldError("invalid", "没有这一列", "There is no such column", pointer=f"/rules/{part}/{name}")
            for name in sorted(set(rules.get(part, {})) - names)
        ]
    for name, unit in rules.get("units", {}).items():
        if unit == "packs":
            if name not in packs:
                text = ("该列不能按包计", "This column cannot be in packs")
                wrong.append(FieldError("invalid", *text, pointer=f"/rules/units/{name}"))
        elif not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", unit, re.ASCII) or not Decimal(unit):
            text = ("须为 packs 或正数", "Either packs or a positive number")
            wrong.append(FieldError("invalid", *text, pointer=f"/rules/units/{name}"))
    if (rules.get("dates") == "week") != bool(rules.get("week_one")):
        text = ("按周计的日期须给出第一周的第一天", "Dates in weeks need the first day of week 1, others do not")
        wrong.append(FieldError("invalid", *text, pointer="/rules/week_one"))
    if wrong:
        raise Problem("invalid", errors=wrong)


def plan(kind: ImportKind, heading: Sequence[str], rules: Mapping[str, Any]) -> Plan:
    """Where each column of the kind stands in this file, and how it is read. Problems import_missing_columns,
    import_repeated_columns."""
    mapped, constants = rules.get("columns", {}), rules.get("constants", {})
    told = {name.strip(): place for place, name in reversed(list(enumerate(heading)))}
    open_columns = tuple(c for c in kind.columns if c.name not in mapped and c.name not in constants)
    used: set[int] = set()
    sources, missing = [], []
    for column in kind.columns:
        if column.name in mapped:
            source = _mapped(column, str(mapped[column.name]), told, rules)
            if source is None:
                missing.append({"column": column.name, "headings": [mapped[column.name]]})
                continue
            used |= {part for part in (source.place, *source.made_of) if isinstance(part, int)}
            sources.append(source)
        elif column.name in constants:
            sources.append(Source(column, parser(column, rules), constant=str(constants[column.name])))
    if missing:
        raise Problem("import_missing_columns", columns=missing)
    rest = [name if place not in used else "" for place, name in enumerate(heading)]
    found = staging.match(kind, rest, only=open_columns)
    sources += [Source(c, parser(c, rules), place=found.places.get(c.name)) for c in open_columns]
    in_packs = frozenset(name for name, unit in rules.get("units", {}).items() if unit == "packs")
    order = {column.name: place for place, column in enumerate(kind.columns)}
    return Plan(tuple(sorted(sources, key=lambda s: order[s.column.name])), found.ignored, in_packs)


def _mapped(column: Column, text: str, told: Mapping[str, int], rules: Mapping[str, Any]) -> Source | None:
    if text in told:
        return Source(column, parser(column, rules), place=told[text])
    parts = _PLACE.split(text)  # text and names of headings take turns
    if len(parts) == 1 or any(name.strip() not in told for name in parts[1::2]):
        return None
    made_of = tuple(told[part.strip()] if turn % 2 else part for turn, part in enumerate(parts))
    return Source(column, parser(column, rules), made_of=made_of)


def parser(column: Column, rules: Mapping[str, Any]) -> Parse:
    """How a cell of the column is read under the rules."""
    parse = column.parse
    if column.means == "money" and rules.get("money") == "fen":
        parse = cells.whole(0, MOST_FEN)
    if column.means == "date":
        written: dict[str, Callable[[Mapping[str, Any]], Parse]] = {
            "DMY": lambda r: _day_in((3, 2, 1)),
            "MDY": lambda r: _day_in((3, 1, 2)),
            "week": lambda r: _day_of_week(date.fromisoformat(r["week_one"])),
        }
        made = written.get(rules.get("dates", "auto"))
        parse = made(rules) if made else parse
    unit = rules.get("units", {}).get(column.name, "packs")
    return parse if unit == "packs" else _times(Decimal(unit), parse)


def _day_in(order: tuple[int, int, int]) -> Parse:
    def parse(cell: str) -> Any:
        found = _DAY.fullmatch(cell)
        if not found:
            return cells.day(cell)
        return cells.day("-".join(found[part] for part in order))

    return parse


def _day_of_week(first: date) -> Parse:
    number = cells.whole(1, 2_000)

    def parse(cell: str) -> Any:
        return first + timedelta(weeks=number(cell) - 1)

    return parse


def _times(factor: Decimal, parse: Parse) -> Parse:
    given = cells.number(-(10**12), 10**12, 12)

    def scaled(cell: str) -> Any:
        product = given(cell) * factor
        if product != product.to_integral_value():
            raise Fault("bad_integer")
        return parse(str(int(product)))

    return scaled
