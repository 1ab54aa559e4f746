"""The kinds of export: columns, filters and rows; apps register theirs at start, the rest of this package reads them.

A kind says what its rows are, and nothing of files: which rows (`rows`, within the scope of whoever asks), which
columns with which types, which of them are personal. Masking, formats and money in yuan are made of that by columns.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from backend.errors import FieldError, Problem
from backend.http.filters import Filters
from backend.scope import Actor


class Type(StrEnum):
    """What stands in a column. MONTH is a date on the wire of the database, 2026-03 in files; FEN also gives yuan."""

    TEXT = "text"
    UUID = "uuid"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    MONTH = "month"
    MOMENT = "moment"
    FEN = "fen"


class Personal(StrEnum):
    """What makes a column personal, and so how it is masked where no reason was given."""

    NAME = "name"  # its first character
    NUMBER = "number"  # of a licence: its first four characters
    HIDDEN = "hidden"  # a phone, an address: nothing of it
    POINT = "point"  # to a hundredth of a degree, about a kilometre
    WORDS = "words"  # free text: without numbers of seven digits or more


@dataclass(frozen=True)
class Column:
    """One column: its name in the kind's SQL and in the manifest, its heading in both languages, and its type."""

    name: str
    title: str
    title_en: str
    type: Type = Type.TEXT
    personal: Personal | None = None
    scale: int = 2  # of a DECIMAL
    values: Mapping[Any, Any] = field(default_factory=dict)  # its codes with their labels, for the manifest


@dataclass(frozen=True)
class Sql:
    """A SELECT that gives every column of the kind by its name, with its parameters."""

    text: str
    params: Sequence[Any] = ()


@dataclass(frozen=True)
class Table:
    """Rows that are reckoned here and not by a SELECT: bounded, and in the order of the kind's columns."""

    rows: Iterable[Sequence[Any]]


@dataclass(frozen=True)
class Wanted:
    """What is asked for: the actor with only those posts that may export this kind, a unit, days, and filters."""

    actor: Actor
    unit_id: int | None = None
    since: date | None = None
    until: date | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    is_english: bool = False

    def filtered(self, filterset: type[Filters], rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that the list with these filters would show. Problem invalid, with a pointer per filter."""
        asked = filterset(data=dict(self.filters), queryset=rows, request=_Asking(self.actor))
        if not asked.is_valid():
            names = list(asked.errors)
            raise Problem("invalid", errors=[FieldError("invalid", pointer=f"/filters/{name}") for name in names])
        return asked.qs

    def in_days(self, rows: QuerySet[Any], day: str = "on_date", month: str = "") -> QuerySet[Any]:
        """The rows of the days asked for; `month` names the column by which only their partitions are read."""
        if self.since:
            rows = rows.filter(**{f"{day}__gte": self.since})
            rows = rows.filter(**{f"{month}__gte": self.since.replace(day=1)}) if month else rows
        if self.until:
            rows = rows.filter(**{f"{day}__lte": self.until})
            rows = rows.filter(**{f"{month}__lte": self.until}) if month else rows
        return rows


@dataclass(frozen=True)
class _Asking:
    """What filters know of a request: who asks."""

    actor: Actor


@dataclass(frozen=True)
class ExportKind:
    """What an export of this kind holds. `rows` narrows by scope, unit, days and filters; it may raise Problems.

    `has_days`: the period narrows it. Whoever exports holds `capability` and exports.run in one post.
    """

    code: str
    title: str
    title_en: str
    capability: str
    columns: tuple[Column, ...]
    rows: Callable[[Wanted], Sql | Table]
    filterset: type[Filters]
    has_days: bool = True


_kinds: dict[str, ExportKind] = {}


def register(*added: ExportKind) -> None:
    """Adds kinds; called by AppConfig.ready."""
    for kind in added:
        _kinds[kind.code] = kind


def kind(code: str) -> ExportKind:
    """The kind of a code; problem invalid at /kind, which names those there are."""
    try:
        return _kinds[code]
    except KeyError:
        known = [found.code for found in catalogue()]
        zh, en = f"可用的有：{'、'.join(known)}", f"There are: {', '.join(known)}"
        raise Problem("invalid", errors=[FieldError("not_found", zh, en, pointer="/kind")]) from None


def catalogue() -> list[ExportKind]:
    """Every kind, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def select(rows: QuerySet[Any]) -> Sql:
    """A queryset's SELECT, unordered, to stand as a subquery in a kind's own."""
    return Sql(*rows.order_by().query.sql_with_params())
