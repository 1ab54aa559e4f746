"""The 135 block of a board: how far the month is, findings by rule, improvements by age, forecast, equal service.

Called by the board view. Composed here because the market's figures know nothing of findings (docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min

from backend import clock
from backend.kpis import Kpi, kpi
from backend.models import Level, Unit
from backend.scope import Actor
from cycles import fairness, forecast_errors, month_reads
from cycles.actions_filters import ImprovementFilters
from cycles.fairness import Group
from cycles.finding_api import FindingFilters
from cycles.forecast_errors import Held
from cycles.models import Finding, Improvement, PrefectureMonth
from cycles.month_reads import Figure
from cycles.queries import prefecture_of
from cycles.rules.rule import Rule, rules
from retail.models import Classification
from web.boards import chain
from web.boards.place import Place

RULES_SHOWN = 8
State = PrefectureMonth.State


@dataclass(frozen=True)
class ByRule:
    """A rule and how many of its findings held in the month."""

    rule: Rule
    n: int


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
    findings: list[ByRule]
    more_rules: int
    found: int
    ageing: Ageing
    forecast: Forecast
    service: list[Service]
    evenness: Decimal | None
    corrected: list[Corrected]
    is_locked: bool


def of(actor: Actor, here: Place) -> Block:
    """What the month of the method says about a unit. Up to nine queries."""
    states = _states(actor, here)
    named = [State(one["state"]) for one in states]
    by_rule = _findings(actor, here)
    groups = fairness.groups(here.unit.pk, here.month)
    is_locked = State.LOCKED in named and here.unit.level >= Level.PREFECTURE
    return Block(
        states=[(state, named.count(state)) for state in State if state in named],
        reopened_until=next((one["reopened_until"] for one in states if one["reopened_until"]), None),
        findings=by_rule[:RULES_SHOWN],
        more_rules=max(len(by_rule) - RULES_SHOWN, 0),
        found=sum(one.n for one in by_rule),
        ageing=_ageing(actor, here),
        forecast=_forecast(here.unit, here.month),
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


def _findings(actor: Actor, here: Place) -> list[ByRule]:
    """Most findings first."""
    rows = chain.Listed(FindingFilters).narrow(Finding.objects.all(), actor, here, {})
    counted = dict(rows.order_by().values_list("rule").annotate(n=Count("pk")))
    return sorted((ByRule(one, counted[one.code]) for one in rules() if one.code in counted), key=lambda one: -one.n)


def _ageing(actor: Actor, here: Place) -> Ageing:
    listed = chain.Listed(ImprovementFilters, of_month=False)
    rows = listed.narrow(Improvement.objects.all(), actor, here, {"closed": "false"})
    found = list(rows.order_by().values_list("months_open").annotate(n=Count("pk"), since=Min("opened_on")))
    by_age = {months: n for months, n, _ in found}
    longer = sum(n for months, n in by_age.items() if months > 1)
    oldest = min((since for *_, since in found), default=None)
    return Ageing(by_age.get(0, 0), by_age.get(1, 0), longer, oldest)


def _forecast(unit: Unit, month: date) -> Forecast:
    now = forecast_errors.held(month, [unit.pk]).get(unit.pk)
    before = forecast_errors.held(clock.add_months(month, -1), [unit.pk]).get(unit.pk)
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
