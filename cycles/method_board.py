"""What the 135 board of a unit's month shows, from findings to misfires; read by cycles/board_api.py.

Each count is of what the reader may see, and equals the length of the list that its link opens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, Min, Model, OuterRef, Q, QuerySet

from backend import clock
from backend.models import Unit
from backend.scope import Actor, units_under, visible_to
from cycles import forecast_errors
from cycles.models import Action, Finding, Improvement, Misfire, Result, Sighting
from cycles.rules.rule import Rule, rules

OPEN = (Improvement.State.PROPOSED, Improvement.State.OPEN)


@dataclass(frozen=True)
class Fired:
    """A rule's findings of the month: how many, how many still hold, since when the oldest does."""

    rule: Rule
    count: int
    still_open: int
    oldest_on: date
    oldest_days: int


@dataclass(frozen=True)
class Ageing:
    """Open improvements that were measured so many months without being met."""

    months_open: int
    count: int


@dataclass(frozen=True)
class Told:
    """What was said against a rule: waiting for an answer, and answered."""

    rule: str
    waiting: int
    answered: int


@dataclass(frozen=True)
class MethodBoard:
    """The chain of a unit's month in figures; counts by state hold every state, also those of none."""

    findings: tuple[Fired, ...]
    actions: dict[str, int]
    flagged: int
    results: dict[str, int]
    without_reason: int
    improvements: dict[str, int]  # of the month's misses, by what became of them
    ageing: tuple[Ageing, ...]  # those open today, of any month
    oldest_improvement_on: date | None
    forecast: forecast_errors.Held | None
    misfires: tuple[Told, ...]


def method_board(actor: Actor, unit: Unit, month: date) -> MethodBoard:
    """The board of a unit's month over what the actor may see. Seven queries, whatever the size."""
    actions, results = _under(Action, actor, unit, month=month), Result.Outcome
    by_state = _counts(actions, "state", Action.State.values)
    outcomes = _counts(actions.filter(result__isnull=False), "result__outcome", results.values)
    open_ones = _under(Improvement, actor, unit, state__in=OPEN)
    ageing = list(open_ones.values_list("months_open").annotate(Count("pk"), Min("opened_on")).order_by("months_open"))
    return MethodBoard(
        findings=findings(actor, unit, month),
        actions={state: sum(row[:1]) for state, row in by_state.items()},
        flagged=sum(row[1] for row in by_state.values()),
        results={outcome: row[0] for outcome, row in outcomes.items()},
        without_reason=outcomes[results.MISS][2],
        improvements={
            state: row[0]
            for state, row in _counts(
                _under(Improvement, actor, unit, month=month), "state", Improvement.State.values
            ).items()
        },
        ageing=tuple(Ageing(months, count) for months, count, _ in ageing),
        oldest_improvement_on=min((oldest for _, _, oldest in ageing), default=None),
        forecast=forecast_errors.held(month, [unit.pk]).get(unit.pk),
        misfires=_misfires(actor, unit),
    )


def _under(model: type[Model], actor: Actor, unit: Unit, **narrowed: Any) -> QuerySet[Any]:
    """Rows about shops and units at or under one, as far as the actor sees them."""
    below = units_under([unit.pk])
    rows: QuerySet[Any] = model._default_manager.filter(**narrowed)
    return visible_to(rows, actor).filter(Q(territory_id__in=below) | Q(unit_id__in=below)).order_by()


def findings(actor: Actor, unit: Unit, month: date) -> tuple[Fired, ...]:
    """The findings of a unit's month by rule, over what the actor may see. One query."""
    seen = Exists(Sighting.objects.filter(month=month, finding_id=OuterRef("pk")))
    rows = (
        _under(Finding, actor, unit)
        .filter(seen)
        .values_list("rule")
        .annotate(n=Count("pk"), still=Count("pk", filter=Q(closed_on=None)), oldest=Min("opened_on"))
    )
    found = {code: (count, still, oldest) for code, count, still, oldest in rows}
    today = min(clock.today(), clock.month_end(month))
    return tuple(
        Fired(rule, *found[rule.code], oldest_days=max(0, (today - found[rule.code][2]).days))
        for rule in rules()
        if rule.code in found
    )


def _counts(rows: QuerySet[Any], column: str, values: Iterable[str]) -> dict[str, tuple[int, int, int]]:
    """For each value of a column how many rows have it, how many of these are flagged and how many miss a reason."""
    is_action = rows.model is Action
    flagged, unexplained = (Q(is_flagged=True), Q(result__reason="")) if is_action else (Q(pk=None), Q(pk=None))
    found = rows.values_list(F(column)).annotate(
        n=Count("pk"), flagged=Count("pk", filter=flagged), unexplained=Count("pk", filter=unexplained)
    )
    counted = {value: (count, marked, silent) for value, count, marked, silent in found}
    return {value: counted.get(value, (0, 0, 0)) for value in values}


def _misfires(actor: Actor, unit: Unit) -> tuple[Told, ...]:
    rows = visible_to(Misfire.objects.filter(unit_id__in=units_under([unit.pk])), actor).order_by("rule")
    waiting, answered = Q(answered_at=None), Q(answered_at__isnull=False)
    found = rows.values_list("rule").annotate(n=Count("pk", filter=waiting), done=Count("pk", filter=answered))
    return tuple(Told(*row) for row in found)
