"""Verbs on the month's actions: drafted, accepted, given another number, dropped with a reason; one or many at once.

Called by cycles/actions_api.py and the pages; `draft` by stages.py; actions set by hand are in own_actions.py. Both
numbers are kept: what was drafted and what was agreed. A measured month's plan stands (docs/method.md, "Plan").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from cycles import gate, standing
from cycles.goals import AMBITIOUS, is_ambitious
from cycles.models import Action
from cycles.proposals import draft

__all__ = ["Decision", "Do", "DropReason", "Outcome", "accept", "accept_all", "decide", "draft", "drop", "edit"]


class DropReason(TextChoices):
    """Why an action is not to be done; a reason that is none of these is told in words."""

    DONE = "done", _("it is done already")
    NOT_SO = "not_so", _("the finding is not right")
    NO_SUPPLY = "no_supply", _("there is no supply for it")
    HOLDER = "holder", _("the holder does not want to")
    LATER = "later", _("other work goes first")
    EVENT = "event", _("the shop is closed or about to change")
    OTHER = "other", _("other, in words")


class Do(TextChoices):
    """What may be decided about an action."""

    ACCEPT = "accept", _("accept")
    EDIT = "edit", _("change the goal")
    DROP = "drop", _("drop")


@dataclass(frozen=True)
class Decision:
    """What is decided about one action; `version` refuses it where the action has changed since it was read."""

    action_id: UUID
    do: str
    target: Decimal | None = None
    due_on: date | None = None
    reason: str = ""
    words: str = ""
    version: int | None = None


def accept(*, actor: Actor, action: Action) -> Action:
    """The action is to be done. `not_found` where the actor does not plan for its subject, `conflict` when it is
    accepted already, `month_measured`, `month_locked`. Six queries."""
    return _one(actor, action, Decision(action.pk, Do.ACCEPT))


def edit(*, actor: Actor, action: Action, target: Decimal | None = None, due_on: date | None = None) -> Action:
    """Its goal is another number or another day; the drafted number is kept. Beyond what the best of the last 12 months
    allows it is flagged (`is_flagged`), not refused. `bad_date` for a day outside the month; else as `accept`, and
    `conflict` where it was dropped. Seven queries."""
    return _one(actor, action, Decision(action.pk, Do.EDIT, target=target, due_on=due_on))


def drop(*, actor: Actor, action: Action, reason: str, words: str = "") -> Action:
    """It is not to be done, and says why. `invalid` for an unknown reason, or `other` without words; else as `accept`,
    and `conflict` when it was dropped before. Six queries."""
    return _one(actor, action, Decision(action.pk, Do.DROP, reason=reason, words=words))


def _one(actor: Actor, action: Action, decision: Decision) -> Action:
    outcome = decide(actor=actor, month=action.month, decisions=[decision])[action.pk]
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


def decide(*, actor: Actor, month: date, decisions: Sequence[Decision]) -> dict[UUID, Action | Problem]:
    """Each action of the month is as decided, or has its refusal: those of `accept`, `edit` and `drop`, and
    `stale_version`. Of two decisions about one action the last counts. Seven queries for any number."""
    wanted = {decision.action_id: decision for decision in decisions}
    outcomes: dict[UUID, Action | Problem] = {}
    with transaction.atomic():
        standing.hold(month)
        rows = gate.planned_by(actor, Action.objects.select_for_update(of=("self",)).filter(month=month))
        found = {row.pk: row for row in rows.filter(pk__in=wanted).order_by("pk")}
        states = standing.states(month, {gate.unit_of(row) for row in found.values()})
        times = _times(month, [row for row in found.values() if wanted[row.pk].do == Do.EDIT])
        before: dict[UUID, dict[str, Any]] = {}
        for key, decision in wanted.items():
            row = found.get(key)
            fault = Problem("not_found") if row is None else _fault(row, decision, states[gate.unit_of(row)])
            if row is None or fault is not None:
                outcomes[key] = fault or Problem("not_found")
                continue
            before[key] = _told(row)
            _apply(actor, row, decision, times.get(gate.unit_of(row), 0))
            outcomes[key] = row
        _keep(actor, [(found[key], before[key], wanted[key].do) for key in before])
    return outcomes


_COLUMNS = ("state", "target", "due_on", "is_flagged", "drop_reason", "words", "decided_by_id", "decided_at", "version")


def _told(row: Action) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}


def _fault(row: Action, decision: Decision, state: str) -> Problem | None:
    if refused := standing.refusal(state):
        return refused
    if decision.version is not None and decision.version != row.version:
        return Problem("stale_version")
    if row.state == {Do.ACCEPT: Action.State.ACCEPTED}.get(Do(decision.do), Action.State.DROPPED):
        return Problem("conflict")
    if decision.do == Do.DROP and (
        decision.reason not in DropReason.values or (decision.reason == DropReason.OTHER and not decision.words.strip())
    ):
        return Problem("invalid")
    if decision.due_on is not None and not row.month <= decision.due_on <= clock.month_end(row.month):
        return Problem("bad_date")
    return None


def _apply(actor: Actor, row: Action, decision: Decision, times: float) -> None:
    if decision.do == Do.ACCEPT:
        row.state, row.drop_reason, row.words = Action.State.ACCEPTED, "", ""
    elif decision.do == Do.DROP:
        row.state, row.drop_reason, row.words = Action.State.DROPPED, decision.reason, decision.words.strip()
    else:
        row.due_on = decision.due_on or row.due_on
        if decision.target is not None:
            row.target = decision.target
            row.is_flagged = row.is_flagged or is_ambitious(row.goal, row.target, row.best, times)
    row.decided_by_id, row.decided_at, row.version = actor.person_id, clock.now(), row.version + 1


def _keep(actor: Actor, decided: Sequence[tuple[Action, dict[str, Any], str]]) -> None:
    if not decided:
        return
    Action.objects.bulk_update([row for row, _, _ in decided], [name.removesuffix("_id") for name in _COLUMNS])
    for do in Do.values:
        acts = [Act(row.pk, gate.unit_of(row), before, _told(row)) for row, before, did in decided if did == do]
        if acts:
            audit.record_many(actor, f"action.{do}", Action, acts)
    gate.mark(decided[0][0].month, [row for row, _, _ in decided])


def _times(month: date, rows: Iterable[Action]) -> dict[int, float]:
    units = {gate.unit_of(row) for row in rows}
    return {u: v[AMBITIOUS] for u, v in parameters.values([AMBITIOUS], units, month).items()} if units else {}


# -- all of a territory at once ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What accept-all did with one drafted action."""

    action_id: UUID
    outcome: str  # accepted, or flagged: it waits for a look of its own


_ACCEPT = """
UPDATE cycles_action SET state = 'accepted', decided_by_id = %s, decided_at = %s, version = version + 1
WHERE id = ANY(%s)
"""


def accept_all(*, actor: Actor, month: date, territory: Unit) -> list[Outcome]:
    """Every drafted action of the territory that is not flagged is accepted, those of its shops of today and its own;
    the flagged ones stay drafted. `not_found` where the actor does not plan for the territory, `month_measured`,
    `month_locked`. Seven queries for any number of actions."""
    mine = actor.units(gate.CAPABILITY)
    if not mine or not units_under(mine).filter(pk=territory.pk).exists():
        raise Problem("not_found")
    with transaction.atomic(), connection.cursor() as cursor:
        standing.hold(month)
        standing.require_planned(month, territory.pk)
        drafted = list(_drafted(month, territory).order_by("pk").select_for_update())
        if taken := [row for row in drafted if not row.is_flagged]:
            cursor.execute(_ACCEPT, [actor.person_id, clock.now(), [row.pk for row in taken]])
            before, after = {"state": Action.State.DRAFTED}, {"state": Action.State.ACCEPTED}
            acts = [Act(row.pk, gate.unit_of(row), before, after) for row in taken]
            audit.record_many(actor, "action.accept", Action, acts)
            gate.mark(month, taken)
    return [Outcome(row.pk, "flagged" if row.is_flagged else "accepted") for row in drafted]


def _drafted(month: date, territory: Unit) -> QuerySet[Action]:
    own = Exists(scope.assigned("retailer_id", [territory.pk], clock.today()))
    rows = Action.objects.filter(month=month, state=Action.State.DRAFTED)
    return rows.filter(Q(retailer__isnull=False) & Q(own) | Q(retailer__isnull=True, unit_id=territory.pk))
