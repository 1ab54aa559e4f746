"""The 135 block of a board: how far the month is, findings by rule, improvements by age, forecast, equal service.

Called by the board view. Composed here because the market's figures know nothing of findings (docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from backend import clock
from backend.kpis import Kpi, kpi
from backend.models import Level
from backend.scope import Actor
from cycles import fairness, forecast_errors, method_board, month_reads
from cycles.fairness import Group
from cycles.forecast_errors import Held
from cycles.method_board import Fired, MethodBoard
from cycles.models import Action, PrefectureMonth, Result
from cycles.month_reads import Figure
from cycles.queries import prefecture_of
from retail.models import Classification
from web.boards.place import Place

RULES_SHOWN = 8
State = PrefectureMonth.State


@dataclass(frozen=True)
class Ageing:
    """The improvements that stand: how many were never measured again, once, or more often without being met."""

    fresh: int
    once: int
    longer: int
    oldest: date | None

    @property
    def standing(self) -> int:
        return self.fresh + self.once + self.longer


@dataclass(frozen=True)
class Forecast:
    """The month's forecast, and how far that of the month before was right beside both naive ones, in percent."""

    now: Held | None
    before: Held | None
    last_month: Decimal | None
    last_year: Decimal | None


@dataclass(frozen=True)
class Service:
    """A size of shops: visits a shop, and days until a need was answered."""

    name: str
    group: Group


@dataclass(frozen=True)
class Corrected:
    """A frozen figure with the dated lines beside it."""

    kpi: Kpi
    figure: Figure


@dataclass(frozen=True)
class Block:
    """All of it."""

    states: list[tuple[str, int]]  # state, number of prefectures
    reopened_until: date | None
    findings: list[Fired]  # most findings first
    more_rules: int
    found: int
    actions: list[tuple[str, str, int]]  # state, its name, how many
    flagged: int
    results: list[tuple[str, str, int]]  # outcome, its name, how many
    ageing: Ageing
    forecast: Forecast
    service: list[Service]
    evenness: Decimal | None
    corrected: list[Corrected]
    is_locked: bool


def of(actor: Actor, here: Place) -> Block:
    """What the month of the method says about a unit: the figures of the API's board and what stands beside them. Up to
    twelve queries."""
    states = _states(actor, here)
    named = [State(one["state"]) for one in states]
    told = method_board.method_board(actor, here.unit, here.month)
    by_rule = sorted(told.findings, key=lambda one: -one.count)
    groups = fairness.groups(here.unit.pk, here.month)
    is_locked = State.LOCKED in named and here.unit.level >= Level.PREFECTURE
    return Block(
        states=[(state, named.count(state)) for state in State if state in named],
        reopened_until=next((one["reopened_until"] for one in states if one["reopened_until"]), None),
        findings=by_rule[:RULES_SHOWN],
        more_rules=max(len(by_rule) - RULES_SHOWN, 0),
        found=sum(one.count for one in by_rule),
        actions=[(state, str(state.label), told.actions[state]) for state in Action.State if told.actions[state]],
        flagged=told.flagged,
        results=[(one, str(one.label), told.results[one]) for one in Result.Outcome if told.results[one]],
        ageing=_ageing(told),
        forecast=_forecast(told.forecast, here),
        service=_service(groups),
        evenness=fairness.evenness(groups),
        corrected=_corrected(here) if is_locked else [],
        is_locked=is_locked,
    )


def _states(actor: Actor, here: Place) -> list[dict[str, Any]]:
    """The months of the prefectures that the unit lies in, or that lie in it."""
    found = month_reads.states(actor, [here.month]).get(here.month, [])
    if here.unit.level < Level.PREFECTURE:
        return found
    return [one for one in found if one["unit"] == prefecture_of(here.unit)]


def _ageing(told: MethodBoard) -> Ageing:
    by_age = {one.months_open: one.count for one in told.ageing}
    longer = sum(count for months, count in by_age.items() if months > 1)
    return Ageing(by_age.get(0, 0), by_age.get(1, 0), longer, told.oldest_improvement_on)


def _forecast(now: Held | None, here: Place) -> Forecast:
    before = forecast_errors.held(clock.add_months(here.month, -1), [here.unit.pk]).get(here.unit.pk)
    naive = [
        forecast_errors.accuracy(cartons, before.actual) if before else None
        for cartons in (before.last_month if before else None, before.last_year if before else None)
    ]
    return Forecast(now, before, *naive)


def _service(groups: list[Group]) -> list[Service]:
    names = {str(code): str(name) for code, name in Classification.Scale.choices}
    return [Service(names[one.value], one) for one in groups if one.by == fairness.SCALE and one.value in names]


def _corrected(here: Place) -> list[Corrected]:
    return [Corrected(kpi(one.kpi), one) for one in month_reads.figures(here.unit, here.month) if one.lines]
