"""A manager's month as it is read: 15 cells with what is drafted now or was handed in, who reviews, the scorecard.

Called by manager_api.py and the pages. A cell that is still its author's shows what the facts draft at this moment; one
that was handed in shows what was handed in, and how many findings are newer than that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.db import connection

from backend import clock
from backend.errors import Problem
from backend.models import Unit
from backend.scope import Actor, units_under, visible_to
from cycles import drafting, manager_month, scorecard, standing
from cycles.calendar import MonthDates
from cycles.grid import CELLS, Cell, Step
from cycles.manager_facts import FINDINGS, WHO, moments
from cycles.models import ManagerCell, ManagerCycle
from cycles.queries import dates_for
from cycles.reviewing import CAPABILITY, Reviewers, reviewers

State = ManagerCycle.State
TELLS_NEWS = (Step.ANALYZE, Step.PLAN)


@dataclass(frozen=True)
class CellPaper:
    """One cell: its place in the grid, its row, the sentences to show, and what the reader may do with it."""

    cell: Cell
    row: ManagerCell
    sentences: list[dict[str, Any]]
    asks: bool
    reviewers: Reviewers
    new_findings: int  # found after it was handed in
    may: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of the sentences as shown: who submits names it, so that he submits what he read."""
        return digest_of(self.sentences)


@dataclass(frozen=True)
class Paper:
    """One person's month in one role at one unit."""

    cycle: ManagerCycle
    dates: MonthDates
    prefecture_state: str
    cells: tuple[CellPaper, ...]
    scores: Mapping[str, Decimal | None] = field(default_factory=dict)

    def cell(self, column: str) -> CellPaper:
        return next(one for one in self.cells if one.cell.column == column)

    @property
    def digest(self) -> str:
        return digest_of([one.sentences for one in self.cells])


def digest_of(sentences: Any) -> str:
    """Twelve hexadecimal digits of what was drafted, whatever the language it is read in."""
    return blake2b(json.dumps(sentences, sort_keys=True, ensure_ascii=False).encode(), digest_size=6).hexdigest()


def read(actor: Actor, cycle_id: UUID) -> Paper:
    """A manager's month if the actor may see it, else `not_found`. Twenty-one queries for any number of shops."""
    rows = ManagerCycle.objects.select_related("unit", "person", "role")
    cycle = visible_to(rows, actor).filter(pk=cycle_id).first()
    if cycle is None:
        raise Problem("not_found")
    return paper_of(actor, cycle)


def paper_of(actor: Actor, cycle: ManagerCycle) -> Paper:
    """The paper of a month that the actor may see. Twenty queries for any number of shops."""
    held = manager_month.cells_of(cycle)
    drafts = drafting.drafts_of(cycle.month, [cycle.pk])
    by = reviewers([cycle.pk], clock.today())[cycle.pk]
    news = _news(cycle)
    author = _is_author(actor, cycle)
    cells = []
    for cell in CELLS:
        row = held[cell.column]
        draft = drafts.get((cycle.pk, cell.column), drafting.Draft([]))
        is_hers = row.state in manager_month.HERS
        kept = row.draft if row.submitted is None else row.submitted
        cells.append(
            CellPaper(
                cell=cell,
                row=row,
                sentences=draft.sentences if is_hers else kept,
                asks=draft.asks if is_hers else row.needs_words,
                reviewers=by[cell.column],
                new_findings=_newer(cell, row, news),
                may=_may(row, author=author, reviews=_reviews(actor, by[cell.column])),
            )
        )
    return Paper(
        cycle=cycle,
        dates=dates_for(cycle.unit, cycle.month),
        prefecture_state=standing.states(cycle.month, [cycle.unit_id])[cycle.unit_id],
        cells=tuple(cells),
        scores=_scores(cycle),
    )


def _scores(cycle: ManagerCycle) -> dict[str, Decimal | None]:
    """As they stood at the lock, else as they stand now."""
    if cycle.scorecard is not None:
        return {kpi: None if value is None else Decimal(str(value)) for kpi, value in cycle.scorecard.items()}
    return scorecard.scorecards(cycle.month, [cycle.unit_id])[cycle.unit_id]


def _is_author(actor: Actor, cycle: ManagerCycle) -> bool:
    try:
        manager_month.require_author(actor, cycle)
    except Problem:
        return False
    return True


def _reviews(actor: Actor, by: Reviewers) -> bool:
    return actor.can(CAPABILITY) and by.has(actor.person_id)


def _may(row: ManagerCell, *, author: bool, reviews: bool) -> tuple[str, ...]:
    """What the reader may do with the cell in its state: names of verbs."""
    found: list[str] = []
    if author and row.state in manager_month.HERS:
        found += ["words", "submit"]
    if author and row.state == State.SUBMITTED:
        found.append("withdraw")
    if reviews and row.state == State.SUBMITTED:
        found += ["approve", "send_back"]
    if reviews and row.state == State.APPROVED:
        found.append("send_back")
    return tuple(found)


_NEWS = f"WITH {WHO}, fact AS ({FINDINGS}) SELECT dimension, opened_on, count(*) FROM fact GROUP BY 1, 2"  # noqa: S608


def _news(cycle: ManagerCycle) -> list[tuple[str, date, int]]:
    values = {**moments(cycle.month), "cycles": [cycle.pk], "prefectures": None}
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, values)
        return cursor.fetchall()


def _newer(cell: Cell, row: ManagerCell, news: list[tuple[str, date, int]]) -> int:
    if cell.step not in TELLS_NEWS or row.submitted_at is None:
        return 0
    since = clock.business_date(row.submitted_at)
    return sum(count for dimension, opened_on, count in news if dimension == cell.dimension and opened_on > since)


@dataclass(frozen=True)
class Effort:
    """What a month asks of its managers, as drafted: cells that need no typing, sentences that carry evidence."""

    managers: int
    cells: int
    cells_without_typing: int
    sentences: int
    sentences_with_evidence: int


_EFFORT = """
WITH paper AS (
    SELECT m.id FROM cycles_managercycle m WHERE m.month = %(month)s AND m.unit_id = ANY(%(units)s)),
cell AS (
    SELECT x.needs_words, coalesce(x.submitted, x.draft) AS said
    FROM paper p JOIN cycles_managercell x ON x.cycle_id = p.id),
sentence AS (SELECT s FROM cell, jsonb_array_elements(cell.said) s)
SELECT (SELECT count(*) FROM paper), (SELECT count(*) FROM paper) * %(cells)s,
    (SELECT count(*) FROM paper) * %(cells)s - (SELECT count(*) FROM cell WHERE needs_words),
    (SELECT count(*) FROM sentence),
    (SELECT count(*) FROM sentence WHERE (s -> 'evidence' ->> 'rows')::int > 0
        AND jsonb_array_length(s -> 'evidence' -> 'ids') > 0)
"""


def effort(month: date, unit: Unit) -> Effort:
    """The share of work that the month's drafts leave to the managers at or under a unit. Two queries."""
    units = list(units_under([unit.pk]).values_list("id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_EFFORT, {"month": month, "units": units, "cells": len(CELLS)})
        return Effort(*cursor.fetchone())
