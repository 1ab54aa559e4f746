"""The lists of the chain of five facts, as the pages show them: findings, actions, improvements, each said in words.

Called by the pages of findings, actions, improvements and shops. Reads pass through the scope gate; the words come from
the rules and cycles/sentences.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from backend import clock
from backend.errors import FieldError, Problem
from backend.models import Unit
from backend.scope import Actor, units_under, visible_to
from cycles.models import Action, Finding, Improvement, Sighting
from cycles.models.chain import Subject
from cycles.rules.rule import Rule, rule, rules
from cycles.sentences import say

PAGE = 50
S = TypeVar("S", bound=Subject)
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class FindingRow:
    """A finding with what it said in a month (the latest up to it), and how long it has held."""

    finding: Finding
    rule: Rule
    sighting: Sighting | None

    @property
    def sentence(self) -> str:
        seen = self.sighting
        return say(self.rule.template, seen.rule_version, seen.figures) if seen else ""

    @property
    def days(self) -> int:
        """Its age: days from the first sight to its end, or to today."""
        return ((self.finding.closed_on or clock.today()) - self.finding.opened_on).days

    @property
    def months(self) -> int:
        first, last = self.finding.first_month, self.finding.last_month
        return (last.year - first.year) * 12 + last.month - first.month + 1


def about(rows: QuerySet[S], unit: Unit) -> QuerySet[S]:
    """What is said of the unit, of the units below it and of their shops; with the names of all that it is about."""
    under = units_under([unit.pk])
    found = rows.filter(Q(territory_id__in=under) | Q(unit_id__in=under))
    return with_names(found)


def with_names(rows: QuerySet[S]) -> QuerySet[S]:
    return rows.select_related("retailer", "unit", "product", "territory")


def findings(actor: Actor, unit: Unit, month: date) -> QuerySet[Finding]:
    """The findings that held in a month, those to look at first before the others."""
    rows = visible_to(Finding.objects.filter(first_month__lte=month, last_month__gte=month), actor)
    return about(rows, unit).order_by("severity", "-opened_on", "id")


def as_said(found: Iterable[Finding], month: date) -> list[FindingRow]:
    """Each with what it said last, up to the month. One query."""
    rows = list(found)
    seen = Sighting.objects.filter(finding_id__in=[row.pk for row in rows], month__lte=month)
    last: dict[UUID, Sighting] = {one.finding_id: one for one in seen.order_by("month")}
    return [FindingRow(row, rule(row.rule), last.get(row.pk)) for row in rows]


def actions(actor: Actor, unit: Unit, month: date) -> QuerySet[Action]:
    """The actions of a month with their results, those to be decided by themselves before the others."""
    rows = about(visible_to(Action.objects.filter(month=month), actor), unit)
    return rows.select_related("result", "improvement", "decided_by").order_by("-is_flagged", "id")


def improvements(actor: Actor, unit: Unit) -> QuerySet[Improvement]:
    """The ledger, the oldest first."""
    return about(visible_to(Improvement.objects.all(), actor), unit).order_by("opened_on", "id")


def rule_codes() -> list[str]:
    return [one.code for one in rules()]


def chosen(given: str | None, known: Sequence[str], name: str) -> str:
    """A choice of the address, nothing without one; `bad_parameter` for what is none."""
    if given is None:
        return ""
    if given not in known:
        raise Problem("bad_parameter", errors=[FieldError("bad_parameter", parameter=name)])
    return given


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
