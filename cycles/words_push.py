"""The words of a manager's own cells as phones push them, through manager_month.write_words; for cycles/feeds.py.

A cell is known to phones by a UUID that follows from its month and its name: every manager's month has all 15, whether
anything was drafted into them or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any
from uuid import UUID

from django.db import connection
from msgspec import Meta, Struct

from backend import rowwise
from backend.errors import Problem
from backend.feeds import Document, Pushed, Sent, Verdict
from backend.rowwise import Stored
from backend.scope import Actor
from cycles import manager_month, standing
from cycles.grid import COLUMNS
from cycles.models import ManagerCycle

KEY = "md5(m.id || '.' || k.cell)::uuid"  # of a month m and a cell k


class WordsState(Struct, frozen=True):
    """What a phone says of a cell."""

    words: Annotated[str, Meta(max_length=manager_month.WORDS_MAX)] | None = None


OWNED = frozenset(WordsState.__struct_fields__)

_FOUND = f"""
SELECT {KEY}, m.id, m.month, k.cell, coalesce(x.words, '')
FROM cycles_managercycle m CROSS JOIN unnest(%(cells)s::text[]) AS k(cell)
LEFT JOIN cycles_managercell x ON x.cycle_id = m.id AND x.cell = k.cell
WHERE m.person_id = %(person)s AND {KEY} = ANY(%(ids)s::uuid[]) ORDER BY m.month, m.id
"""  # noqa: S608  names of our own


def push(actor: Actor, rows: Sequence[Pushed], sent: Sent) -> list[Verdict]:
    """Cells carry the words that their author's phone gives; none clears them. Problems are those of `write_words`
    (`cell_not_so` once submitted, `month_locked`), `not_found` for a cell that is not the actor's, `invalid` for a
    delete, `device_ended`. Three queries, two for each month, and for each row written those of its verb and three."""
    places: dict[UUID, tuple[UUID, str]] = {}

    def read(ids: Iterable[UUID]) -> dict[UUID, Stored]:
        return _read(actor, list(ids), places)

    def write(row: Pushed, stored: Document | None) -> None:
        rowwise.require_before_end(sent, None)
        if stored is None:
            raise Problem("not_found")
        if row.deleted:
            raise Problem("invalid", detail_zh="清除说明请提交空文字。", detail_en="Empty words clear a cell.")
        new = rowwise.shaped(row, WordsState)
        cycle_id, cell = places[row.id]
        cycle = manager_month.hold(actor, cycle_id)
        manager_month.write_words(actor=actor, cycle=cycle, cell=cell, words=new.words or "")

    return rowwise.one_by_one(rows, owned=OWNED, read=read, write=write)


def _read(actor: Actor, ids: list[UUID], places: dict[UUID, tuple[UUID, str]]) -> dict[UUID, Stored]:
    """The words of the actor's own cells, their months held in order, before they are read for good."""
    values: dict[str, Any] = {"cells": list(COLUMNS), "person": actor.person_id, "ids": ids}
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, values)
        found = cursor.fetchall()
        for month in sorted({month for _, _, month, _, _ in found}):
            standing.hold(month)
        cycles = sorted({cycle for _, cycle, _, _, _ in found})
        list(ManagerCycle.objects.select_for_update(no_key=True).filter(pk__in=cycles).order_by("pk").values("pk"))
        cursor.execute(_FOUND, values)
        found = cursor.fetchall()
    places |= {key: (cycle, cell) for key, cycle, _, cell, _ in found}
    return {key: Stored({"words": words or None}) for key, _, _, _, words in found}
