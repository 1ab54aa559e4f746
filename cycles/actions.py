"""Verbs on the month's actions: drafted, accepted, given another number, dropped with a reason, or set by hand.

Called by cycles/actions_api.py; `draft` by month.py. Both numbers are kept: what was drafted and what was agreed. Once
the month was measured its plan stands (docs/method.md, "Plan").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from backend import audit, clock, parameters, scope
from backend.audit import Act
from backend.errors import Problem
from backend.models import Unit
from backend.scope import Actor, units_under
from cycles import gate, metrics, standing
from cycles.goals import AMBITIOUS, is_ambitious
from cycles.metrics import SubjectKey
from cycles.models import Action, Goal, RetailerCycle
from cycles.proposals import OWN, draft

__all__ = ["DropReason", "NewAction", "accept", "accept_all", "add", "draft", "drop", "edit"]


class DropReason(TextChoices):
    """Why an action is not to be done; a reason that is none of these is told in words."""

    DONE = "done", _("it is done already")
    NOT_SO = "not_so", _("the finding is not right")
    NO_SUPPLY = "no_supply", _("there is no supply for it")
    HOLDER = "holder", _("the holder does not want to")
    LATER = "later", _("other work goes first")
    EVENT = "event", _("the shop is closed or about to change")
    OTHER = "other", _("other, in words")


@dataclass(frozen=True)
class NewAction:
    """An action set by hand for a shop: what to do in words, and a goal that is a number and a date."""

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


def accept(*, actor: Actor, action: Action) -> Action:
    """The action is to be done. `not_found` where the actor does not plan for its subject, `conflict` when it is
    accepted already, `month_measured`, `month_locked`. Seven queries."""
    with transaction.atomic():
        held = _held(actor, action)
        if held.state == Action.State.ACCEPTED:
            raise Problem("conflict")
        return _save(actor, held, "action.accept", {"state": Action.State.ACCEPTED, "drop_reason": ""})


def edit(*, actor: Actor, action: Action, target: Decimal | None = None, due_on: date | None = None) -> Action:
    """Its goal is another number or another day; the drafted number is kept. Beyond what the best of the last 12 months
    allows it is flagged (`is_flagged`), not refused. `bad_date` for a day outside the month; else as `accept`, and
    `conflict` where it was dropped. Eight queries."""
    with transaction.atomic():
        held = _held(actor, action)
        if held.state == Action.State.DROPPED:
            raise Problem("conflict")
        if due_on is not None and not held.month <= due_on <= clock.month_end(held.month):
            raise Problem("bad_date")
        changes: dict[str, Any] = {} if due_on is None else {"due_on": due_on}
        if target is not None:
            flagged = is_ambitious(held.goal, target, held.best, _times(held))
            changes |= {"target": target, "is_flagged": flagged or held.is_flagged}
        return _save(actor, held, "action.edit", changes)


def drop(*, actor: Actor, action: Action, reason: str, words: str = "") -> Action:
    """It is not to be done, and says why. `invalid` for an unknown reason, or `other` without words; else as `accept`,
    and `conflict` when it was dropped before. Seven queries."""
    if reason not in DropReason.values or (reason == DropReason.OTHER and not words.strip()):
        raise Problem("invalid")
    with transaction.atomic():
        held = _held(actor, action)
        if held.state == Action.State.DROPPED:
            raise Problem("conflict")
        given = {"state": Action.State.DROPPED, "drop_reason": reason, "words": words.strip()}
        return _save(actor, held, "action.drop", given)


@dataclass(frozen=True)
class Outcome:
    """What accept-all did with one drafted action."""

    action_id: UUID
    outcome: str  # accepted, or flagged: it waits for a look of its own


def accept_all(*, actor: Actor, month: date, territory: Unit) -> list[Outcome]:
    """Every drafted action of the territory that is not flagged is accepted, those of its shops of today and its own;
    the flagged ones stay drafted. `not_found` where the actor does not plan for the territory, `month_measured`,
    `month_locked`. Seven queries for any number of actions."""
    mine = actor.units(gate.CAPABILITY)
    if not mine or not units_under(mine).filter(pk=territory.pk).exists():
        raise Problem("not_found")
    with transaction.atomic():
        standing.hold(month)
        standing.require_planned(month, territory.pk)
        drafted = list(_drafted(month, territory).order_by("pk").select_for_update())
        taken = [row for row in drafted if not row.is_flagged]
        _accept(actor, taken)
        gate.mark(month, taken)
    return [Outcome(row.pk, "flagged" if row.is_flagged else "accepted") for row in drafted]


def _drafted(month: date, territory: Unit) -> QuerySet[Action]:
    own = Exists(scope.assigned("retailer_id", [territory.pk], clock.today()))
    rows = Action.objects.filter(month=month, state=Action.State.DRAFTED)
    return rows.filter(Q(retailer__isnull=False) & Q(own) | Q(retailer__isnull=True, unit_id=territory.pk))


def _accept(actor: Actor, rows: Iterable[Action]) -> None:
    taken = list(rows)
    if not taken:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycles_action SET state = 'accepted', decided_by_id = %s, decided_at = %s, version = version + 1"
            " WHERE id = ANY(%s)",
            [actor.person_id, clock.now(), [row.pk for row in taken]],
        )
    before, after = {"state": Action.State.DRAFTED}, {"state": Action.State.ACCEPTED}
    audit.record_many(actor, "action.accept", Action, [Act(row.pk, gate.unit_of(row), before, after) for row in taken])


def add(*, actor: Actor, new: NewAction) -> Action:
    """The shop has one more action, accepted as it is set. Where it stands and the best of the last 12 months are read
    from the facts, where the metric tells. `not_found` where the actor does not plan for the shop or it is not in the
    month; `invalid` for an unknown metric; `bad_date` for a day outside the month; `month_measured`, `month_locked`."""
    if new.metric not in metrics.names() or not new.words.strip():
        raise Problem("invalid")
    if not new.month <= new.due_on <= clock.month_end(new.month):
        raise Problem("bad_date")
    with transaction.atomic():
        standing.hold(new.month)
        row = RetailerCycle.objects.filter(month=new.month, retailer_id=new.retailer_id).first()
        if row is None:
            raise Problem("not_found")
        made = _own(actor, new, row)
        if not gate.planned_by(actor, Action.objects.filter(pk=made.pk)).exists():
            raise Problem("not_found")  # the transaction takes it back
        standing.require_planned(new.month, row.territory_id)
        audit.record(actor, "action.add", made, after=audit.snapshot(made), unit_id=row.territory_id)
        gate.mark(new.month, [made])
    return made


def _own(actor: Actor, new: NewAction, row: RetailerCycle) -> Action:
    subject = SubjectKey(retailer_id=row.retailer_id, territory_id=row.territory_id, county_id=row.county_id)
    past = [metrics.value_of(new.metric, subject, clock.add_months(new.month, -back)) for back in range(1, 13)]
    known = [value for value in past if value is not None]
    best = (max(known) if new.goal == Goal.AT_LEAST else min(known)) if known else None
    made = Action(
        month=new.month, retailer_id=row.retailer_id, territory_id=row.territory_id, county_id=row.county_id,
        dimension=new.dimension, rule="", kind=OWN, parameters={"words": new.words.strip()}, metric=new.metric,
        goal=new.goal, baseline=past[0], best=best, drafted_target=new.target, target=new.target, due_on=new.due_on,
        serves=new.serves, evidence_needed=new.evidence_needed, state=Action.State.ACCEPTED,
        decided_by_id=actor.person_id, decided_at=clock.now(),
    )  # fmt: skip
    made.is_flagged = is_ambitious(new.goal, new.target, best, _times(made))
    made.save(force_insert=True)
    return made


def _times(action: Action) -> float:
    return float(parameters.value(AMBITIOUS, gate.unit_of(action), action.month))


def _held(actor: Actor, action: Action) -> Action:
    """The action, locked, where the actor plans for its subject and the month still takes changes."""
    standing.hold(action.month)
    held = gate.planned_by(actor, Action.objects.select_for_update(of=("self",))).filter(pk=action.pk).first()
    if held is None:
        raise Problem("not_found")
    standing.require_planned(held.month, gate.unit_of(held))
    return held


def _save(actor: Actor, held: Action, act: str, changes: Mapping[str, Any]) -> Action:
    before = audit.snapshot(held)
    for name, value in changes.items():
        setattr(held, name, value)
    held.decided_by_id, held.decided_at, held.version = actor.person_id, clock.now(), held.version + 1
    held.save(update_fields=[*changes, "decided_by", "decided_at", "version"])
    after, reason = audit.snapshot(held), changes.get("drop_reason", "")
    audit.record(actor, act, held, before=before, after=after, reason=reason, unit_id=gate.unit_of(held))
    gate.mark(held.month, [held])
    return held
