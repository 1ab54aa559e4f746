"""Search of what was written on visits, in Chinese or any script: notes and remarks, within scope, the newest first.

Called by visits/search_api.py. Pairs of characters are indexed, and each hit is read again for the very words; a single
character is the beginning of a pair. See docs/decisions/0019-search-by-pairs-of-characters.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from backend import scope
from backend.scope import Actor, visible_to
from visits.models import Remark, Visit

READ, RESTRICTED = "visits.read", "restricted.read"
MOST_WORDS = 5
AROUND = 24  # characters of a snippet on either side of the first hit

_NOTE = F("note")
_REMARK = Func(F("text"), F("counter_proposal"), template="%(expressions)s", arg_joiner=" || ' ' || ")  # as indexed


@dataclass(frozen=True)
class Asked:
    """What is looked for: words that all must stand in one text (none: any text), and what visits are narrowed to."""

    words: Sequence[str]
    unit_id: int | None = None
    since: date | None = None
    until: date | None = None
    tag: str = ""
    person_id: UUID | None = None
    retailer_id: UUID | None = None


def words_of(text: str) -> list[str]:
    """The words of a query: parts between blanks, each once, in their order, as they are compared."""
    return list(dict.fromkeys(_small(text).split()))


def _small(text: str) -> str:
    """Capitals of ASCII small, as the database does it for the index: no character changes its place."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


class Either:
    """Visits found by their note, and those found by a remark: two queries, each ended by its own LIMIT and index, read
    as one list in their common order. What backend/http/cursors.py asks of a queryset, and no more."""

    model = Visit

    def __init__(self, *found: QuerySet[Visit]) -> None:
        self.found = found

    def order_by(self, *order: str) -> Either:
        return Either(*(rows.order_by(*order) for rows in self.found))

    def filter(self, where: Q) -> Either:
        return Either(*(rows.filter(where) for rows in self.found))

    def __getitem__(self, part: slice) -> list[Visit]:
        rows = {row.pk: row for found in self.found for row in found[part]}
        newest = sorted(rows.values(), key=lambda row: (row.started_at, row.pk.int), reverse=True)
        return newest[part]


def find(actor: Actor, asked: Asked) -> Either:
    """Visits within the actor's scope in whose note, or in one of whose remarks that he may read, all words stand."""
    rows = visible_to(Visit.objects.select_related("retailer", "person"), actor)
    if asked.unit_id is not None:
        rows = rows.filter(territory_id__in=scope.units_under([asked.unit_id]))
    narrowed = {
        "on_date__gte": asked.since,
        "on_date__lte": asked.until,
        "tags__contains": [asked.tag] if asked.tag else None,
        "person_id": asked.person_id,
        "retailer_id": asked.retailer_id,
    }
    rows = rows.filter(**{name: value for name, value in narrowed.items() if value is not None})
    if asked.since is not None:
        rows = rows.filter(month__gte=asked.since.replace(day=1))  # only its partitions are read
    if asked.until is not None:
        rows = rows.filter(month__lte=asked.until)
    told = _readable(actor).filter(month=OuterRef("month"), visit_id=OuterRef("pk"))
    in_note = rows.filter(_hold(_NOTE, asked.words)) if asked.words else rows.exclude(note="")
    return Either(in_note, rows.filter(Exists(told.filter(_hold(_REMARK, asked.words)))))


def _readable(actor: Actor) -> QuerySet[Remark]:
    """Remarks that are not restricted, or that the actor wrote, or of visits that he reaches with restricted.read. The
    outer query says of which visit."""
    held = tuple(p for p in actor.held if RESTRICTED in p.capabilities)
    trusted = visible_to(Visit.objects.all(), Actor(actor.person_id, held)) if held else Visit.objects.none()
    own = Visit.objects.filter(person_id=actor.person_id)
    mine = (own | trusted).filter(month=OuterRef("month"), pk=OuterRef("visit_id"))
    return Remark.objects.filter(Q(is_restricted=False) | Exists(mine))


def _hold(text: Func | F, words: Iterable[str]) -> Q:
    """All words stand in the text."""
    return Q(*(_Stands(text, word) for word in words))


class _Stands(Func):
    """A word stands in a text: by its pairs, for the index; then by the word itself, for the truth."""

    conditional = True
    output_field = BooleanField()

    def __init__(self, text: Any, word: str) -> None:
        super().__init__(text, Value(pairs_of(word)), Value(word))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        (text, of_text), (pairs, of_pairs), (word, of_word) = map(compiler.compile, self.get_source_expressions())
        told = f'(visits_pairs({text}) @@ {pairs}::tsquery AND position({word} IN lower(({text}) COLLATE "C")) > 0)'
        return told, (*of_text, *of_pairs, *of_word, *of_text)


def pairs_of(word: str) -> str:
    """The tsquery of a word: all its pairs; of a single character what begins with it. Pure."""
    if len(word) == 1:
        return f"{_lexeme(word)}:*"
    return " & ".join(_lexeme(pair) for pair in dict.fromkeys(map("".join, pairwise(word))))


def _lexeme(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


# -- what of a visit was found -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hit:
    """A text that holds all words: a snippet of it, and where in the snippet they stand, as (from, to)."""

    where: str  # note, or the kind of the remark
    line_no: int
    snippet: str
    marks: list[tuple[int, int]]


def hits(actor: Actor, visits: Sequence[Visit], words: Sequence[str]) -> dict[UUID, list[Hit]]:
    """Every text of these visits that holds all words, the note first. One query for any number."""
    found: dict[UUID, list[Hit]] = {visit.pk: [] for visit in visits}
    for visit in visits:
        _add(found[visit.pk], ("note", 0), visit.note, words)
    wanted = _readable(actor).filter(
        month__in={visit.month for visit in visits}, visit_id__in=[visit.pk for visit in visits]
    )
    for remark in wanted.order_by("visit_id", "line_no") if visits else ():
        told = f"{remark.text} {remark.counter_proposal}".rstrip()
        _add(found[remark.visit_id], (remark.kind, remark.line_no), told, words)
    return found


def _add(found: list[Hit], place: tuple[str, int], text: str, words: Sequence[str]) -> None:
    small = _small(text)
    if text and all(word in small for word in words):
        found.append(_hit(place, text, small, words))


def _hit(place: tuple[str, int], text: str, small: str, words: Sequence[str]) -> Hit:
    first = min((small.index(word) for word in words), default=0)
    begin, end = max(0, first - AROUND), first + max(map(len, words), default=0) + 4 * AROUND
    spans = sorted(_spans(small[begin:end], words))
    merged: list[tuple[int, int]] = []
    for start, stop in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return Hit(*place, text[begin:end], merged)


def _spans(text: str, words: Sequence[str]) -> Iterable[tuple[int, int]]:
    for word in words:
        at = text.find(word)
        while at >= 0:
            yield at, at + len(word)
            at = text.find(word, at + len(word))
