"""A visit that stands is edited or withdrawn by its author, and what stood before is kept; for REST and for phones.

The receipt never changes. An edit rewrites the rows under the same id and month; a withdrawal takes them out of the
facts, so that everything that counts visits is right without knowing of it. Rule: docs/decisions/0015.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from backend.errors import FieldError, Problem
from backend.scope import Actor
from visits import judging, photos, references, storing, telling, verdict
from visits.models import VisitRevision
from visits.news import News, Place
from visits.standing import Held
from visits.storing import Row
from visits.verdict import Times
from visits.wire import Submitted, VisitIn, invalid


@dataclass(frozen=True)
class Edit:
    """A visit as it stands (locked), and what its author says of it now."""

    held: Held
    item: Submitted


def edit(
    *, actor: Actor, edits: Sequence[Edit], made_at: datetime, until: datetime | None, news: News
) -> list[Problem | None]:
    """Each visit says what its author says now, as the next revision, or its problem is told and nothing of it changed.

    Judged like a first submission by its own date (the gate, references, presence, score) but for this: the visit
    keeps its month, so a day of another month is not taken and flagged; its first receipt decides how late it was; a
    retailer's score is not taken again. What says the same as what stands changes nothing. Problems: those of the
    intake; device_ended; a constant number of queries. The caller tells `news`, last in its transaction.
    """
    found: dict[int, Problem] = {}
    dated: dict[int, Times] = {}
    for position, one in enumerate(edits):
        try:
            dated[position] = _dated(one, made_at, until)
        except Problem as problem:
            found[position] = problem
    pairs = [(_said(edits[n]), times.on_date) for n, times in dated.items()]
    context = references.load(actor, pairs)
    rows: dict[int, Row] = {}
    for position, times in dated.items():
        one = edits[position]
        if telling.same_state(_said(one), one.held.state):
            continue
        try:
            rows[position] = _row(one, judging.row(one.item, times, context, one.held.received_at))
        except Problem as problem:
            found[position] = problem
    if rows:
        _rewrite(actor, [(edits[n], row) for n, row in rows.items()], made_at, news)
    return [found.get(n) for n in range(len(edits))]


def withdraw(*, actor: Actor, held: Sequence[Held], reason: str, made_at: datetime, news: News) -> None:
    """These visits (locked, the actor's own) count nowhere any more and are kept whole in their history. A retailer's
    score stays: nothing says whose it was. Two queries, more where photos were declared, none for none."""
    if not held:
        return
    declared = _photos_of(held)
    photos.hold(declared)
    storing.clear([(one.id, one.month) for one in held], whole=True)
    photos.link(declared)
    VisitRevision.objects.bulk_create(
        [
            _revision(actor, one, made_at, act=VisitRevision.Act.WITHDRAW, sha256=one.sha256, reason=reason)
            for one in held
        ]
    )
    for one in held:
        news.went(one.id, one.place)


def _said(one: Edit) -> VisitIn:
    assert one.item.visit is not None  # one without a problem was read
    return one.item.visit


def _dated(one: Edit, made_at: datetime, until: datetime | None) -> Times:
    """When the visit was, as it is told now, within the month that it was accepted in."""
    if one.item.problem is not None:
        raise one.item.problem
    visit, held = _said(one), one.held
    if visit.submission_id != held.id:
        raise invalid(FieldError("invalid", "编号不可更改", "The id cannot change", pointer="/submission_id"))
    times = verdict.held_against(visit, held.offset_s, held.received_at, made_at)
    if times.month != held.month:
        times = replace(times, started_at=held.started_at, ended_at=held.ended_at, on_date=held.on_date, is_moved=True)
    if until is not None and times.started_at >= until:
        raise Problem("device_ended")
    return times


def _row(one: Edit, judged: Row) -> Row:
    judged.revision, judged.score = one.held.revision + 1, None
    return judged


def _photos_of(held: Iterable[Held]) -> set[UUID]:
    return {UUID(photo["id"]) for one in held for photo in one.content.get("photos", ())}


def _rewrite(actor: Actor, written: Sequence[tuple[Edit, Row]], made_at: datetime, news: News) -> None:
    rows = [row for _, row in written]
    declared = _photos_of(one.held for one, _ in written) | {photo.id for row in rows for photo in row.photos}
    photos.hold(declared)
    storing.rewrite(rows)
    photos.link(declared)
    after = telling.told([(row.id, row.month) for row in rows])
    VisitRevision.objects.bulk_create(
        [
            _revision(
                actor, one.held, made_at, act=VisitRevision.Act.EDIT, sha256=one.item.sha256, after=after[row.id],
                retailer_id=row.retailer_id, territory_id=row.territory_id, county_id=row.county_id,
            )
            for one, row in written
        ]
    )  # fmt: skip
    for one, row in written:
        news.went(one.held.id, one.held.place)
        news.came(row.id, Place(row.retailer_id, row.territory_id, row.on_date))


def _revision(actor: Actor, held: Held, made_at: datetime, **more: object) -> VisitRevision:
    stamped: dict[str, object] = {
        "retailer_id": held.retailer_id,
        "territory_id": held.territory_id,
        "county_id": held.county_id,
    }
    return VisitRevision(
        visit_id=held.id,
        month=held.month,
        number=held.revision + 1,
        person_id=actor.person_id,
        device_id=actor.device_id,
        made_at=made_at,
        before=held.content,
        **(stamped | more),
    )
