"""What the demo's managers do in a month: plan, forecast, review, give reasons, improve; called by demo/months.py.

They act through the verbs of the trade. Everybody takes what is drafted; Lin and every sixth after her also change
and drop some, and answer for misses one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from backend.errors import Problem
from backend.models import Person
from backend.scope import Actor, actor_of
from cycles import actions, gate, manager_month, manager_review
from cycles import evaluate as results
from cycles import forecast as forecasts
from cycles import improve as ledger
from cycles.models import Action, Forecast, Improvement, ManagerCell, ManagerCycle, Result
from cycles.reviewing import reviewers
from demo import manager_words as words
from demo.organisation import HOME_COUNTY

PLANNED: Final = ("client_plan", "brand_plan")
WITH_FORECAST: Final = ("client_analyze", "brand_analyze", "market_analyze", "market_plan")
MEASURED: Final = tuple(f"{name}_{step}" for step in ("execute", "evaluate") for name in ("client", "brand", "market"))
IMPROVED: Final = ("client_improve", "brand_improve", "market_improve")
REASONS: Final = ("supply", "demand", "holder", "target")
LOOKED_AT: Final = 20  # improvements one by one in a month; Lin looks at all of hers
CAREFUL: Final = 6  # every so many-th manager looks at single items

State = ManagerCycle.State


def plan(month: date) -> None:
    """Actions are accepted, some with another number or dropped, and the plans handed in."""
    for number, cycle, actor in _account_managers(month):
        if _is_careful(number):
            _decide_single(actor, cycle, number)
        actions.accept_all(actor=actor, month=month, territory=cycle.unit)
        _submit(actor, cycle, PLANNED)


def forecast(month: date) -> None:
    """Each account manager takes the drafted number or gives another, and hands in what it rests on."""
    for number, cycle, actor in _account_managers(month):
        row = Forecast.objects.filter(month=month, unit=cycle.unit, decided_at=None).first()
        drafted = None if row is None else forecasts.drafted_cartons(row)
        if row is not None and drafted is not None:
            turn = (number + month.month) % 4
            other = {0: 103, 2: 97}.get(turn, 100)
            reason = words.FORECAST_CHANGED[(number + month.month) % len(words.FORECAST_CHANGED)]
            forecasts.decide(
                actor=actor,
                forecast=row,
                cartons=drafted * other // 100,
                reason=reason if other != 100 else "",
            )
        if _is_careful(number):
            _submit(actor, cycle, WITH_FORECAST)


def review(month: date) -> None:
    """Whatever is handed in is approved by whose turn it is; the careful ones' market plan comes back once."""
    submitted = ManagerCell.objects.filter(cycle__month=month, state=State.SUBMITTED)
    cells = list(submitted.select_related("cycle__person", "cycle__unit").order_by("cycle_id", "id"))
    posts = reviewers({cell.cycle_id for cell in cells}, month)
    wanted: dict[UUID, list[manager_review.Review]] = {}
    for cell in cells:
        people = posts[cell.cycle_id][cell.cell].people
        if people:
            returns = cell.cell == "market_plan" and not cell.reviewed_at and _is_home(cell.cycle)
            act: manager_review.Act = "send_back" if returns else "approve"
            reason = words.SENT_BACK if returns else ""
            wanted.setdefault(people[0][0], []).append(manager_review.Review(cell.cycle_id, cell.cell, act, reason))
    for person, reviews in wanted.items():
        manager_review.review_all(actor=_actor(person), wanted=reviews)
    for _, cycle, actor in _account_managers(month):
        if _is_home(cycle) and ManagerCell.objects.filter(cycle=cycle, state=State.SENT_BACK).exists():
            _write(actor, cycle, "market_plan", words.ANSWERED)
            _submit(actor, cycle, ["market_plan"])


def evaluate(month: date) -> None:
    """Every miss of a careful manager has its reason; what was measured is handed in."""
    for number, cycle, actor in _account_managers(month):
        if _is_careful(number):
            _say_why(actor, cycle)
            _submit(actor, cycle, MEASURED)


def improve(month: date) -> None:
    """Improvements proposed are taken on; a careful manager drops the last one and says why. All is handed in."""
    for number, cycle, actor in _account_managers(month):
        if _is_careful(number):
            proposed = Improvement.objects.filter(month=month, territory=cycle.unit, state=Improvement.State.PROPOSED)
            rows = list(gate.planned_by(actor, proposed).order_by("rule", "retailer__code", "id"))
            rows = rows if _is_home(cycle) else rows[:LOOKED_AT]
            for place, row in enumerate(rows):
                if place and place == len(rows) - 1:
                    ledger.drop(actor=actor, improvement=row, reason=words.IMPROVEMENT_DROPPED)
                else:
                    ledger.accept(actor=actor, improvement=row)
        _submit(actor, cycle, IMPROVED if _is_careful(number) else (*WITH_FORECAST, *MEASURED, *IMPROVED))


# -- single items ------------------------------------------------------------------------------------------------------


def _decide_single(actor: Actor, cycle: ManagerCycle, number: int) -> None:
    """Two goals are raised by a tenth, two actions dropped with a reason, and what is flagged is accepted on sight."""
    found = Action.objects.filter(month=cycle.month, territory=cycle.unit, state=Action.State.DRAFTED)
    rows = list(found.order_by("rule", "retailer__code", "id"))
    raised = [row for row in rows if row.metric == "cartons" and row.target > 0][number % 5 :: 7][:2]
    dropped = [row for row in rows if row not in raised][3::11][: len(words.DROPPED) - 1]
    decisions = [
        actions.Decision(row.pk, actions.Do.EDIT, target=(row.target * Decimal("1.1")).quantize(Decimal(1)))
        for row in raised
    ]
    for place, row in enumerate(dropped):
        reason, told = words.DROPPED[(place + number) % len(words.DROPPED)]
        decisions.append(actions.Decision(row.pk, actions.Do.DROP, reason=reason, words=told))
    actions.decide(actor=actor, month=cycle.month, decisions=decisions)
    looked = [row.pk for row in rows if row.is_flagged and row not in dropped]
    accepted = [actions.Decision(key, actions.Do.ACCEPT) for key in [*looked, *(row.pk for row in raised)]]
    actions.decide(actor=actor, month=cycle.month, decisions=accepted)


def _say_why(actor: Actor, cycle: ManagerCycle) -> None:
    missed = Action.objects.filter(month=cycle.month, territory=cycle.unit, result__outcome=Result.Outcome.MISS)
    reasons = [
        results.Reason(row.pk, "not_visited" if row.metric == "visits" else REASONS[place % len(REASONS)])
        for place, row in enumerate(missed.filter(result__reason="").order_by("rule", "retailer__code", "id"))
    ]
    if reasons:
        results.give_reasons(actor=actor, month=cycle.month, reasons=reasons)


# -- papers ------------------------------------------------------------------------------------------------------------


def _submit(actor: Actor, cycle: ManagerCycle, cells: Sequence[str]) -> None:
    """The cells are handed in; where something flagged wants words, these are written first."""
    try:
        _hand_in(actor, cycle, cells)
    except Problem as refusal:
        if refusal.code != "words_wanted":
            raise
        for fault in refusal.errors:
            cell = fault.pointer.rpartition("/")[2]
            told = words.FLAGGED[cell.partition("_")[0]]
            _write(actor, cycle, cell, told[(cycle.unit_id + cycle.month.month) % len(told)])
        _hand_in(actor, cycle, cells)


def _hand_in(actor: Actor, cycle: ManagerCycle, cells: Sequence[str]) -> None:
    with transaction.atomic():
        manager_month.submit(actor=actor, cycle=manager_month.hold(actor, cycle.pk), cells=cells)


def _write(actor: Actor, cycle: ManagerCycle, cell: str, told: str) -> None:
    with transaction.atomic():
        manager_month.write_words(actor=actor, cycle=manager_month.hold(actor, cycle.pk), cell=cell, words=told)


# -- who ---------------------------------------------------------------------------------------------------------------


def _account_managers(month: date) -> Iterator[tuple[int, ManagerCycle, Actor]]:
    """Number, month and actor of each account manager, Lin first: hers is the first territory of the home county."""
    rows = ManagerCycle.objects.filter(month=month, role_id="account_manager").select_related("person", "unit")
    for number, cycle in enumerate(sorted(rows, key=lambda row: (not _is_home(row), row.unit.code))):
        yield number, cycle, actor_of(cycle.person)


def _is_home(cycle: ManagerCycle) -> bool:
    return cycle.unit.code == f"{HOME_COUNTY}-01-01"


def _is_careful(number: int) -> bool:
    return number % CAREFUL == 0


def _actor(person_id: UUID) -> Actor:
    return actor_of(Person.objects.get(pk=person_id))
