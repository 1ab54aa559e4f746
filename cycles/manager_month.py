"""Verbs on a manager's month: own words, submit, withdraw, send back, approve, lock; called by the API and locking.py.

A cell goes drafted -> submitted -> approved, or submitted -> sent back -> submitted; at the lock every cell is locked.
What was handed in is kept as it was said (`submitted`); no later draft changes it. Each act is audited.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import audit, clock
from backend.errors import FieldError, Problem, register
from backend.scope import Actor, visible_to
from cycles import drafting, gate, scorecard, standing
from cycles.grid import CELLS, COLUMNS, Step
from cycles.models import ManagerCell, ManagerCycle

State = ManagerCycle.State
PLAN = "cycles.plan"
HERS = (State.DRAFTED, State.SENT_BACK)  # what its author may still change
WORDS_MAX = 4_000

register(
    "cell_not_so",
    409,
    ("该格当前状态不允许此操作", "The cell is not in a state for this"),
    ("请重新读取后再试。", "Read it again and retry."),
)
register(
    "words_wanted",
    422,
    ("有标记的内容尚未说明", "Something flagged has no words yet"),
    ("errors 列出了须补充说明的格。", "`errors` names the cells that want words."),
)


def columns_of(step: str | None) -> tuple[str, ...]:
    """The three cells of a step, or all 15."""
    return COLUMNS if step is None else tuple(cell.column for cell in CELLS if cell.step is Step(step))


def hold(actor: Actor, cycle_id: UUID) -> ManagerCycle:
    """The manager's month if the actor may see it, else `not_found`; locked until the end of the transaction."""
    month = ManagerCycle.objects.filter(pk=cycle_id).values_list("month", flat=True).first()
    if month is not None:
        standing.hold(month)
        ManagerCycle.objects.select_for_update(no_key=True).filter(pk=cycle_id).values("pk").first()
    found = visible_to(ManagerCycle.objects.select_related("unit", "person"), actor).filter(pk=cycle_id).first()
    if found is None:
        raise Problem("not_found")
    return found


def cells_of(cycle: ManagerCycle) -> dict[str, ManagerCell]:
    """All 15 cells by column; one that nothing was drafted into yet is a row still to be written. One query."""
    rows = {row.cell: row for row in ManagerCell.objects.filter(cycle_id=cycle.pk).select_related("reviewer")}
    return {column: rows.get(column) or ManagerCell(cycle=cycle, cell=column) for column in COLUMNS}


def require_author(actor: Actor, cycle: ManagerCycle) -> None:
    """Passes for the person whose month it is while the post is held, else `not_found`."""
    posts = {(p.role, p.unit_id) for p in actor.held if PLAN in p.capabilities}
    if actor.person_id != cycle.person_id or (cycle.role_id, cycle.unit_id) not in posts:
        raise Problem("not_found")


def write_words(*, actor: Actor, cycle: ManagerCycle, cell: str, words: str) -> ManagerCell:
    """The cell carries these words (none clears them) beside what is drafted. Its author's alone, else `not_found`;
    `month_locked`; `cell_not_so` once submitted. Called with the month held. Four queries."""
    require_author(actor, cycle)
    row = _in_state(cells_of(cycle), [cell], HERS)[0]
    before = {"words": row.words}
    row.words = words.strip()
    save(row)
    tell(actor, cycle, "manager_cell.words", [(row, before, {"words": row.words})])
    return row


def submit(*, actor: Actor, cycle: ManagerCycle, cells: Sequence[str]) -> list[ManagerCell]:
    """These cells are with their reviewers, as the facts draft them at this moment; those handed in before are left.

    Its author's alone, else `not_found`. `words_wanted` names the cells where something is flagged and no word is
    written, and then nothing is submitted; `cell_not_so` when none is left to submit; `month_locked`. Called with the
    month held. Thirteen queries for any number of cells and shops.
    """
    require_author(actor, cycle)
    held = cells_of(cycle)
    open_now = [column for column in cells if held[column].state in HERS]
    rows = _in_state(held, open_now or cells, HERS)
    drafts = drafting.drafts_of(cycle.month, [cycle.pk])
    now, done = clock.now(), []
    for row in rows:
        draft = drafts.get((cycle.pk, row.cell), drafting.Draft([]))
        before = {"state": row.state}
        row.draft, row.needs_words, row.drafted_at = draft.sentences, draft.asks, now
        row.submitted, row.submitted_at, row.state = draft.sentences, now, State.SUBMITTED
        done.append((row, before, {"state": row.state, "words": row.words, "sentences": draft.sentences}))
    if lacking := [row.cell for row in rows if row.needs_words and not row.words]:
        raise Problem("words_wanted", errors=[FieldError("words_wanted", pointer=f"/cells/{name}") for name in lacking])
    save(*rows)
    tell(actor, cycle, "manager_cell.submit", done)
    return rows


def withdraw(*, actor: Actor, cycle: ManagerCycle, cell: str) -> ManagerCell:
    """A submitted cell that nobody has reviewed is its author's again, as it was before: drafted, or sent back.
    Its author's alone, else `not_found`; `cell_not_so`; `month_locked`. Called with the month held. Four queries."""
    require_author(actor, cycle)
    row = _in_state(cells_of(cycle), [cell], (State.SUBMITTED,))[0]
    row.state = State.SENT_BACK if row.reason else State.DRAFTED
    row.submitted, row.submitted_at = None, None
    save(row)
    tell(actor, cycle, "manager_cell.withdraw", [(row, {"state": State.SUBMITTED}, {"state": row.state})])
    return row


def _in_state(held: dict[str, ManagerCell], cells: Iterable[str], allowed: Sequence[str]) -> list[ManagerCell]:
    rows = [held[column] for column in cells]
    if any(row.state == State.LOCKED for row in rows):
        raise Problem("month_locked")
    if not rows or any(row.state not in allowed for row in rows):
        raise Problem("cell_not_so")
    return rows


_WRITTEN = (
    "state", "draft", "drafted_at", "needs_words", "words", "submitted", "submitted_at", "reviewer", "reviewed_at",
    "reason", "version",
)  # fmt: skip


def save(*rows: ManagerCell) -> None:
    """Each row is one version on; one that was not written yet is. Two queries."""
    old, new = [row for row in rows if row.pk], [row for row in rows if not row.pk]
    for row in rows:
        row.version += 1
    if old:
        ManagerCell.objects.bulk_update(old, _WRITTEN)
    if new:
        ManagerCell.objects.bulk_create(new)


Done = tuple[ManagerCell, dict[str, Any], dict[str, Any]]


def tell(actor: Actor, cycle: ManagerCycle, act: str, done: Sequence[Done]) -> None:
    """The month is one version on, each cell's act is in the audit of the manager's unit, and its phone learns of it.
    Three queries."""
    cycle.version += 1
    cycle.save(update_fields=["version"])
    acts = [audit.Act(row.pk, cycle.unit_id, {"cell": row.cell, **b}, {"cell": row.cell, **a}) for row, b, a in done]
    audit.record_many(actor, act, ManagerCell, acts)
    gate.tell([cycle.unit_id])


# -- the end of the month ----------------------------------------------------------------------------------------------

_OF_PREFECTURE = """
FROM cycles_managercycle m JOIN backend_unit u ON u.id = m.unit_id
WHERE m.month = %(month)s AND u.ancestors @> ARRAY[%(prefecture)s]::bigint[]
"""
_LOCK = f"""
INSERT INTO cycles_managercell AS old (cycle_id, cell, state, draft, needs_words, words, reason, version)
SELECT m.id, c.cell, 'locked', '[]', false, '', '', 1
FROM (SELECT m.id {_OF_PREFECTURE}) m CROSS JOIN unnest(%(cells)s::text[]) AS c(cell) ORDER BY m.id, c.cell
ON CONFLICT (cycle_id, cell) DO UPDATE SET state = 'locked', version = old.version + 1 WHERE old.state <> 'locked'
"""  # noqa: S608  names of our own
# What a cell was before the lock follows from its dates: nothing is lost by locking, so reopening needs no memory.
_UNLOCK = f"""
UPDATE cycles_managercell x SET version = x.version + 1, state = CASE
    WHEN x.submitted_at IS NOT NULL AND (x.reviewed_at IS NULL OR x.reviewed_at < x.submitted_at) THEN 'submitted'
    WHEN x.submitted_at IS NOT NULL AND x.reason = '' THEN 'approved'
    WHEN x.reason <> '' THEN 'sent_back'
    ELSE 'drafted' END
WHERE x.state = 'locked' AND x.cycle_id IN (SELECT m.id {_OF_PREFECTURE})
"""  # noqa: S608  names of our own


_FREEZE = f"""
UPDATE cycles_managercycle c SET scorecard = %(scores)s::jsonb -> c.unit_id::text, version = c.version + 1
FROM (SELECT m.id {_OF_PREFECTURE}) m WHERE m.id = c.id AND c.scorecard IS NULL
"""  # noqa: S608  names of our own
_THAW = f"""
UPDATE cycles_managercycle SET scorecard = NULL, version = version + 1
WHERE scorecard IS NOT NULL AND id IN (SELECT m.id {_OF_PREFECTURE})
"""  # noqa: S608  names of our own


def lock(month: date, prefecture: int) -> int:
    """Every cell of every manager's month in the prefecture is locked, with its words and what was submitted, and each
    scorecard stands as it is now; returns how many cells were not locked before. In the caller's transaction, under the
    month's lock. Eight queries for any number of managers."""
    cycles = _hold_all(month, prefecture)
    values = scorecard.scorecards(month, sorted({unit for _, unit in cycles}))
    scores = {unit: {kpi: None if v is None else str(v) for kpi, v in found.items()} for unit, found in values.items()}
    given: dict[str, Any] = {"month": month, "prefecture": prefecture, "cells": list(COLUMNS)}
    given["scores"] = json.dumps(scores)
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, given)
        cursor.execute(_LOCK, given)
        return cursor.rowcount


def reopen(month: date, prefecture: int) -> int:
    """The locked cells are what they were before the lock, and scorecards follow the facts again; returns how many
    cells. In the caller's transaction. Three queries."""
    _hold_all(month, prefecture)
    given: dict[str, Any] = {"month": month, "prefecture": prefecture}
    with connection.cursor() as cursor:
        cursor.execute(_THAW, given)
        cursor.execute(_UNLOCK, given)
        return cursor.rowcount


def _hold_all(month: date, prefecture: int) -> list[tuple[UUID, int]]:
    """The prefecture's managers' months with their units, locked until the end of the transaction, which there is."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a month is locked and reopened in the transaction that does it")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.id, m.unit_id {_OF_PREFECTURE} ORDER BY m.id FOR NO KEY UPDATE OF m",
            {"month": month, "prefecture": prefecture},
        )
        return cursor.fetchall()
