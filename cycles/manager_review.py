"""Verbs of those who review managers' months: approve and send back, one cell or many at once; called by the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import F

from backend import audit, clock
from backend.errors import FieldError, Problem
from backend.scope import Actor, visible_to
from cycles import gate, manager_month, standing
from cycles.models import ManagerCell, ManagerCycle
from cycles.reviewing import CAPABILITY, Reviewers, reviewers

State = ManagerCycle.State
Act = Literal["approve", "send_back"]
# A reviewer may take an approval back by sending the cell back; a sent-back cell waits for its author.
REVIEWED_FROM: dict[Act, tuple[str, ...]] = {
    "approve": (State.SUBMITTED,),
    "send_back": (State.SUBMITTED, State.APPROVED),
}
BECOMES: dict[Act, State] = {"approve": State.APPROVED, "send_back": State.SENT_BACK}


@dataclass(frozen=True)
class Review:
    """What is to be done with one cell; `version`, where given, is that of the cell as the reviewer read it."""

    cycle_id: UUID
    cell: str
    act: Act
    reason: str = ""
    version: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one review: the cell as it is now, or the problem."""

    review: Review
    row: ManagerCell | None = None
    problem: Problem | None = None


def require_reviewer(actor: Actor, cycle: ManagerCycle, cell: str) -> None:
    """Passes for who reviews the cell today, else `not_found`. One query."""
    if not actor.can(CAPABILITY) or not reviewers([cycle.pk], clock.today())[cycle.pk][cell].has(actor.person_id):
        raise Problem("not_found")


def review(*, actor: Actor, wanted: Review) -> ManagerCell:
    """One cell is approved or sent back; problems as for `review_all`, raised. Called with the month held."""
    [outcome] = review_all(actor=actor, wanted=[wanted])
    if outcome.problem is not None:
        raise outcome.problem
    assert outcome.row is not None
    return outcome.row


def review_all(*, actor: Actor, wanted: Sequence[Review]) -> list[Outcome]:
    """Each cell is approved, or sent back with a reason; one outcome per item, in order, and a refused one hinders no
    other. Problems: `not_found` for a cell that is not the actor's to review, `stale_version`, `month_locked`,
    `cell_not_so`, `invalid` for a cell sent back without a reason. Ten queries for any number of cells."""
    with transaction.atomic():
        papers = _hold(actor, {one.cycle_id for one in wanted})
        rows = {(row.cycle_id, row.cell): row for row in ManagerCell.objects.filter(cycle_id__in=papers)}
        mine = reviewers(papers, clock.today())
        outcomes, befores = [], {}
        for one in wanted:
            row, problem = rows.get((one.cycle_id, one.cell)), None
            try:
                before = _reviewed(actor, one, row, mine.get(one.cycle_id, {}).get(one.cell, Reviewers()))
            except Problem as refused:
                problem = refused
            else:
                befores[id(one)] = before
            outcomes.append(Outcome(one, None if problem else row, problem))
        done = [outcome for outcome in outcomes if outcome.row is not None]
        manager_month.save(*{id(o.row): o.row for o in done if o.row}.values())
        _tell(actor, papers, done, befores)
    return outcomes


def _hold(actor: Actor, ids: set[UUID]) -> dict[UUID, ManagerCycle]:
    """The months that the actor may see, locked until the end of the transaction."""
    for month in ManagerCycle.objects.filter(pk__in=ids).order_by("month").values_list("month", flat=True).distinct():
        standing.hold(month)
    list(ManagerCycle.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values("pk"))
    return {row.pk: row for row in visible_to(ManagerCycle.objects.filter(pk__in=ids), actor)}


def _reviewed(actor: Actor, one: Review, row: ManagerCell | None, by: Reviewers) -> str:
    """The cell has become what the review says; returns what it was."""
    if not actor.can(CAPABILITY) or not by.has(actor.person_id):
        raise Problem("not_found")
    if one.act == "send_back" and not one.reason.strip():
        raise Problem("invalid", errors=[FieldError("invalid", pointer="/reason")])
    if row is not None and row.state == State.LOCKED:
        raise Problem("month_locked")
    if row is None or row.state not in REVIEWED_FROM[one.act]:
        raise Problem("cell_not_so")
    if one.version is not None and one.version != row.version:
        raise Problem("stale_version")
    before, row.state = row.state, BECOMES[one.act]
    row.reviewer_id, row.reviewed_at = actor.person_id, clock.now()
    row.reason = one.reason.strip() if one.act == "send_back" else ""
    return before


def _tell(actor: Actor, papers: dict[UUID, ManagerCycle], done: Sequence[Outcome], befores: dict[int, str]) -> None:
    """Each month with a reviewed cell is one version on; every act is in the audit of the manager's unit; phones of the
    unit learn of it."""
    gate.tell({papers[o.review.cycle_id].unit_id for o in done})
    ManagerCycle.objects.filter(pk__in={o.review.cycle_id for o in done}).update(version=F("version") + 1)
    for act, became in BECOMES.items():
        acts = [
            audit.Act(
                outcome.row.pk,
                papers[outcome.review.cycle_id].unit_id,
                {"cell": outcome.review.cell, "state": befores[id(outcome.review)]},
                {"cell": outcome.review.cell, "state": became, "reason": outcome.review.reason},
            )
            for outcome in done
            if outcome.row is not None and outcome.review.act == act
        ]
        if acts:
            audit.record_many(actor, f"manager_cell.{act}", ManagerCell, acts)
