"""The lists of the chain of five facts as the pages show them, by the same filters as the API's, and page by page.

Called by the pages of findings, actions, improvements and sentences. Reads pass through the scope gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from backend import clock
from backend.errors import FieldError, Problem
from backend.http.filters import Filters
from backend.scope import Actor, visible_to
from cycles import findings as finding_reads
from cycles.models import Action, Finding, Improvement, Sighting
from cycles.rules.rule import Rule
from web.boards.place import Place

PAGE = 50
M = TypeVar("M", bound=Model)
S = TypeVar("S", Finding, Action, Improvement)


@dataclass(frozen=True)
class FindingRow:
    """A finding with what it said in a month, and how long it has held."""

    finding: Finding
    rule: Rule | None  # None: this version of the system has it no more
    sighting: Sighting | None

    @property
    def sentence(self) -> str:
        return finding_reads.sentence(self.finding, self.sighting)

    @property
    def days(self) -> int:
        """Its age: days from the first sight to its end, or to today."""
        return ((self.finding.closed_on or clock.today()) - self.finding.opened_on).days

    @property
    def months(self) -> int:
        return finding_reads.age_months(self.finding)


def with_names(rows: QuerySet[S]) -> QuerySet[S]:
    """With the shop, unit and product that each is about."""
    return rows.select_related("retailer", "unit", "product", "territory")


def as_said(found: Iterable[Finding], month: date | None) -> list[FindingRow]:
    """Each with what it said in the month (None: when it was seen last). One query."""
    rows = list(found)
    seen = finding_reads.sightings_of(rows, month)
    return [FindingRow(row, finding_reads.rule_of(row), seen.get(row.pk)) for row in rows]


@dataclass(frozen=True)
class Listed:
    """A list of the API: its rows, the filters that may narrow it, and whether it is of one month."""

    filters: type[Filters]
    of_month: bool = True

    @property
    def narrowing(self) -> tuple[str, ...]:
        return tuple(name for name in self.filters.base_filters if name not in {"unit", "month"})

    def narrow(self, rows: QuerySet[M], actor: Actor, here: Place, asked: Mapping[str, str]) -> QuerySet[M]:
        """The rows of the place that the actor may see, narrowed as the API would; problem bad_parameter."""
        given = {"unit": str(here.unit.pk), **asked}
        if self.of_month:
            given["month"] = f"{here.month:%Y-%m}"
        found = self.filters(given, queryset=visible_to(rows, actor))
        if not found.is_valid():
            raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter=next(iter(found.errors)))])
        narrowed: QuerySet[M] = found.qs
        return narrowed


def page(rows: QuerySet[M], given: str | None) -> tuple[list[M], str]:
    """The rows after the one that the address names, and the key of the next page's. `invalid_cursor` for a stranger.

    Two queries at most: the place of a row in the order is read from the row itself.
    """
    if given is not None:
        rows = rows.filter(_after(rows, given))
    found = list(rows[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else ""


def _after(rows: QuerySet[Any], given: str) -> Q:
    try:
        last = rows.filter(pk=UUID(given)).first()
    except ValueError:
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter="after")]) from None
    if last is None:
        raise Problem("invalid_cursor")
    beyond, equal = Q(pk__in=[]), Q()
    for name in rows.query.order_by:
        field = str(name).lstrip("-")
        value = getattr(last, field)
        beyond |= equal & Q(**{f"{field}__{'lt' if str(name).startswith('-') else 'gt'}": value})
        equal &= Q(**{field: value})
    return beyond
