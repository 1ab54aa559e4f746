"""Drafts the 15 cells of every manager's month from the facts of the chain; called by stages.py and papers.py.

A sentence is {"template", "version", "parameters", "evidence", "flagged"}: no evidence, no sentence. Evidence is
{"kind", "query", "ids": at most 50, "rows"} and finds its records again (manager_facts.rows). A flagged sentence asks
for words.
The account manager's cells speak of her territory; the market manager's and the brand manager's are the same sums over
their units, with the unit that stands out, and for brand managers the products that findings name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from backend import clock
from cycles import manager_sentences  # noqa: F401 - registers the templates
from cycles.drafting_sql import STATEMENTS
from cycles.grid import COLUMNS
from cycles.manager_facts import moments
from cycles.rules.rule import rules
from cycles.sentences import say

VERSION = 1  # of every template of manager_sentences.py so far


@dataclass(frozen=True)
class Draft:
    """What stands drafted in a cell: its sentences in order, and whether one of them asks for words."""

    sentences: list[dict[str, Any]]

    @property
    def asks(self) -> bool:
        return any(sentence["flagged"] for sentence in self.sentences)


_SENTENCE = """
jsonb_build_object('template', s.template, 'version', %(version)s::int, 'parameters', s.parameters,
    'evidence', s.evidence, 'flagged', s.flagged)
"""
_KEEP = """
CREATE TEMP TABLE drafted_sentence (cycle_id uuid, cell text, position int, sentence jsonb, flagged boolean)
ON COMMIT DROP
"""
_OF_MANAGERS = """
FROM cycles_managercycle m JOIN backend_unit u ON u.id = m.unit_id
WHERE m.month = %(month)s AND (%(prefectures)s::bigint[] IS NULL OR u.ancestors && %(prefectures)s::bigint[])
"""
_STORE = f"""
WITH wanted AS (
    SELECT m.id AS cycle_id, c.cell, coalesce(jsonb_agg(d.sentence ORDER BY d.position)
        FILTER (WHERE d.cell IS NOT NULL), '[]') AS draft, coalesce(bool_or(d.flagged), false) AS asks
    FROM (SELECT m.id {_OF_MANAGERS}) m CROSS JOIN unnest(%(cells)s::text[]) WITH ORDINALITY AS c(cell, place)
    LEFT JOIN drafted_sentence d ON d.cycle_id = m.id AND d.cell = c.cell
    GROUP BY m.id, c.cell, c.place ORDER BY m.id, c.place),
stored AS (
    INSERT INTO cycles_managercell AS old (cycle_id, cell, state, draft, drafted_at, needs_words, words, reason,
        version)
    SELECT cycle_id, cell, 'drafted', draft, %(now)s, asks, '', '', 1 FROM wanted
    ON CONFLICT (cycle_id, cell) DO UPDATE
        SET draft = excluded.draft, drafted_at = excluded.drafted_at, needs_words = excluded.needs_words,
            version = old.version + 1
        WHERE old.state IN ('drafted', 'sent_back')
            AND (old.draft, old.needs_words) IS DISTINCT FROM (excluded.draft, excluded.needs_words)
    RETURNING cycle_id),
told AS (
    UPDATE cycles_managercycle SET version = version + 1 WHERE id IN (SELECT cycle_id FROM stored))
SELECT count(*) FROM stored
"""  # noqa: S608  names of our own


def draft_cells(month: date, prefectures: Sequence[int] | None = None) -> int:
    """The drafted and sent-back cells of these managers say what the facts say now; returns how many cells changed.

    Submitted, approved and locked cells keep their text. In the caller's transaction, under the month's lock. Twelve
    queries for any number of managers and shops; a second run changes nothing.
    """
    values = _values(month, prefectures=prefectures)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT m.id {_OF_MANAGERS} ORDER BY m.id FOR NO KEY UPDATE OF m", values)
        cursor.execute("DROP TABLE IF EXISTS drafted_sentence")
        cursor.execute(_KEEP)
        for statement in STATEMENTS:
            cursor.execute(
                f"INSERT INTO drafted_sentence SELECT s.cycle_id, s.cell, s.position, {_SENTENCE}, s.flagged"  # noqa: S608
                f" FROM ({statement}) s",
                values,
            )
        cursor.execute(_STORE, values)
        return int(cursor.fetchone()[0])


def drafts_of(month: date, cycles: Iterable[UUID]) -> dict[tuple[UUID, str], Draft]:
    """What the cells of these managers would be drafted as at this moment, by (manager's month, cell); a cell without
    sentences is missing. Changes nothing. One query for each kind of fact, for any number of managers."""
    values = _values(month, cycles=list(cycles))
    found: list[tuple[UUID, str, int, dict[str, Any]]] = []
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(
                f"SELECT s.cycle_id, s.cell, s.position, {_SENTENCE} FROM ({statement}) s",  # noqa: S608
                values,
            )
            found += [(cycle, cell, place, json.loads(sentence)) for cycle, cell, place, sentence in cursor.fetchall()]
    drafts: dict[tuple[UUID, str], Draft] = {}
    for cycle, cell, _, sentence in sorted(found, key=lambda row: row[2]):
        drafts.setdefault((cycle, cell), Draft([])).sentences.append(sentence)
    return drafts


def text_of(sentence: dict[str, Any]) -> str:
    """A drafted sentence in the reader's language."""
    return say(sentence["template"], sentence["version"], sentence["parameters"])


def _values(
    month: date, *, prefectures: Sequence[int] | None = None, cycles: Sequence[UUID] | None = None
) -> dict[str, Any]:
    return {
        **moments(month),
        "prefectures": None if prefectures is None else list(prefectures),
        "cycles": cycles,
        "names": json.dumps({rule.code: [rule.name, rule.name_en] for rule in rules()}),
        "version": VERSION,
        "cells": list(COLUMNS),
        "today": clock.today(),
        "now": clock.now(),
    }
