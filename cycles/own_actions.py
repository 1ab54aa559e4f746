"""Actions that an account manager sets by hand for a shop of hers; called by cycles/actions_api.py.

A goal is a number and a date (docs/method.md, "Goals"); what stands behind it is said in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from backend import audit, clock, parameters
from backend.errors import Problem
from backend.scope import Actor
from cycles import gate, metrics, standing
from cycles.goals import AMBITIOUS, is_ambitious
from cycles.metrics import SubjectKey
from cycles.models import Action, Goal, RetailerCycle
from cycles.proposals import OWN

MONTHS_BACK = 12


@dataclass(frozen=True)
class NewAction:
    """What to do in words, and a goal: which way the metric is to reach which number by which day."""

    month: date
    retailer_id: UUID
    dimension: str
    words: str
    metric: str
    goal: str
    target: Decimal
    due_on: date
    serves: str = Action.Serves.VISIT
    evidence_needed: int = 1


def add(*, actor: Actor, new: NewAction) -> Action:
    """The shop has one more action, accepted as it is set; flagged where the goal is beyond what the best of the last
    12 months allows. Where it stands (the month before) and that best are read from the facts, where the metric tells.

    `not_found` where the actor does not plan for the shop or it is not in the month; `invalid` for an unknown metric or
    no words; `bad_date` for a day outside the month; `month_measured`, `month_locked`. About 20 queries.
    """
    if new.metric not in metrics.names() or not new.words.strip():
        raise Problem("invalid")
    if not new.month <= new.due_on <= clock.month_end(new.month):
        raise Problem("bad_date")
    with transaction.atomic():
        standing.hold(new.month)
        row = RetailerCycle.objects.filter(month=new.month, retailer_id=new.retailer_id).first()
        if row is None:
            raise Problem("not_found")
        made = _made(actor, new, row)
        if not gate.planned_by(actor, Action.objects.filter(pk=made.pk)).exists():
            raise Problem("not_found")  # the transaction takes it back
        standing.require_planned(new.month, row.territory_id)
        audit.record(actor, "action.add", made, after=audit.snapshot(made), unit_id=row.territory_id)
        gate.mark(new.month, [made])
    return made


def _made(actor: Actor, new: NewAction, row: RetailerCycle) -> Action:
    subject = SubjectKey(retailer_id=row.retailer_id, territory_id=row.territory_id, county_id=row.county_id)
    months = [clock.add_months(new.month, -back) for back in range(1, MONTHS_BACK + 1)]
    past = [metrics.value_of(new.metric, subject, month) for month in months]
    known = [value for value in past if value is not None]
    best = (max(known) if new.goal == Goal.AT_LEAST else min(known)) if known else None
    times = float(parameters.value(AMBITIOUS, row.territory_id, new.month))
    return Action.objects.create(
        month=new.month, retailer_id=row.retailer_id, territory_id=row.territory_id, county_id=row.county_id,
        dimension=new.dimension, rule="", kind=OWN, parameters={"words": new.words.strip()}, metric=new.metric,
        goal=new.goal, baseline=past[0], best=best, drafted_target=new.target, target=new.target, due_on=new.due_on,
        serves=new.serves, evidence_needed=new.evidence_needed, state=Action.State.ACCEPTED,
        is_flagged=is_ambitious(new.goal, new.target, best, times), decided_by_id=actor.person_id,
        decided_at=clock.now(),
    )  # fmt: skip
