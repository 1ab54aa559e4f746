"""What happened in the shop comes in here: a batch of submitted visits becomes facts, one outcome per item, in order.

Called by visits/api.py (batch and single), by phones that sync (visits/pushed.py) and for what was in quarantine
(visits/fixing.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction

from backend.errors import Problem
from backend.http.jsonbody import Item
from backend.scope import Actor
from visits import judging, news, photos, quarantine, receipts, references, storing, verdict, wire
from visits.news import News, Place
from visits.parameters import OLDEST_DAYS
from visits.receipts import Receipt
from visits.storing import Row
from visits.wire import Submitted

KIND = "visit"

Word = Literal["created", "duplicate", "conflict", "rejected"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: created and duplicate carry the receipt, conflict and rejected the problem.

    `missing`: with a receipt, the visit's declared photos whose bytes have not come.
    """

    word: Word
    submission_id: UUID | None
    receipt: Receipt | None = None
    problem: Problem | None = None
    missing: tuple[UUID, ...] = ()


@dataclass
class Batch:
    """A batch on its way: the items as read, and their outcomes as they become known (by position)."""

    actor: Actor
    received_at: datetime
    until: datetime | None
    items: list[Submitted]
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def refuse(self, position: int, problem: Problem) -> None:
        self.outcomes[position] = Outcome("rejected", self.items[position].submission_id, problem=problem)

    def settle(self, position: int, receipt: Receipt, *, fresh: bool = False) -> None:
        """Same id, same content, same author: the same receipt. Anything else under that id is a conflict."""
        item = self.items[position]
        same = receipt.sha256 == item.sha256 and receipt.person_id == self.actor.person_id
        if same and receipt.kind == KIND:
            self.outcomes[position] = Outcome("created" if fresh else "duplicate", item.submission_id, receipt)
        else:
            self.outcomes[position] = Outcome("conflict", item.submission_id, problem=Problem("submission_conflict"))

    def open(self) -> list[int]:
        """Positions that have no outcome yet."""
        return [n for n in range(len(self.items)) if n not in self.outcomes]


def receive_batch(
    *,
    actor: Actor,
    items: Sequence[Item],
    received_at: datetime,
    until: datetime | None = None,
    keep_refused: bool = True,
) -> list[Outcome]:
    """Every item is wholly stored or wholly absent, and has its outcome: created, duplicate, conflict or rejected.

    At most 200 items (too_many_items). The author is `actor`; what was dated after `until` (the end of the author's
    device) is refused. Rejected and conflicting items are kept in quarantine as they came, unless `keep_refused` is
    False: they come from there. The number of queries depends on the territories touched, not on the items. Rules:
    docs/method.md, docs/decisions/0006 (month), 0004 (gates).
    """
    if len(items) > wire.MAX_ITEMS:
        raise Problem("too_many_items", limit=wire.MAX_ITEMS)
    read = [wire.read(item.raw if keep_refused else wire.unwrapped(item.raw), item.problem) for item in items]
    batch = Batch(actor, received_at, until, read)
    changed = News()
    with transaction.atomic():
        outcomes = take_in(batch, changed)
        if keep_refused:
            _keep_refused(batch)
        outcomes = _with_missing(batch, outcomes)
        news.tell(changed)
    return outcomes


def take_in(batch: Batch, changed: News, known: Mapping[UUID, Receipt] | None = None) -> list[Outcome]:
    """The same without keeping what is refused and without telling `changed`: both are the caller's, in whose
    transaction it runs. `known`: the receipts of these ids, where the caller has read them."""
    ids = {item.submission_id for item in batch.items if item.submission_id is not None}
    _settle_known(batch, receipts.standing(ids) if known is None else known)
    stored = _store(batch, _judge(batch), changed)
    photos.link(photo.id for row in stored for photo in row.photos)
    for row in stored:
        changed.came(row.id, Place(row.retailer_id, row.territory_id, row.on_date))
    return [batch.outcomes[n] for n in range(len(batch.items))]


def _with_missing(batch: Batch, outcomes: list[Outcome]) -> list[Outcome]:
    """Tells what is missing of each accepted visit. One query; none where every visit is new and declares no photo."""
    asked = [
        outcome.receipt
        for item, outcome in zip(batch.items, outcomes, strict=True)
        if outcome.receipt and (outcome.word == "duplicate" or (item.visit and item.visit.photos))
    ]
    if not asked:
        return outcomes
    missing = receipts.missing_photos(asked)
    return [replace(o, missing=missing.get(o.submission_id, ())) if o.receipt else o for o in outcomes]


def _settle_known(batch: Batch, known: Mapping[UUID, Receipt]) -> None:
    """Items whose id has a receipt need no judging: what was right when it was accepted stays accepted."""
    for position, item in enumerate(batch.items):
        if item.submission_id is not None and item.submission_id in known:
            batch.settle(position, known[item.submission_id])
        elif item.problem is not None:
            batch.refuse(position, item.problem)


def _judge(batch: Batch) -> dict[int, Row]:
    """Rows of the items that may be stored, by position; the others are refused."""
    dated: dict[int, verdict.Times] = {}
    for position in batch.open():
        visit = batch.items[position].visit
        assert visit is not None  # an item without a problem was read
        times = verdict.corrected(visit, batch.received_at)
        if problem := _untimely(times, batch):
            batch.refuse(position, problem)
        else:
            dated[position] = times
    context = references.load(batch.actor, [(batch.items[n].visit, t.on_date) for n, t in dated.items()])  # type: ignore[misc]
    rows = {}
    for position, times in dated.items():
        try:
            rows[position] = judging.row(batch.items[position], times, context, batch.received_at)
        except Problem as problem:
            batch.refuse(position, problem)
    return rows


def _untimely(times: verdict.Times, batch: Batch) -> Problem | None:
    if times.started_at < batch.received_at - timedelta(days=OLDEST_DAYS):
        return Problem("too_old")
    if batch.until is not None and times.started_at >= batch.until:
        return Problem("device_ended")
    return None


def _store(batch: Batch, rows: dict[int, Row], changed: News) -> list[Row]:
    """Stores the first row of each id; a second one of the batch, and a claim that somebody else won, are settled
    against the receipt that stands."""
    if not rows:
        return []
    first: dict[UUID, int] = {}
    for position, row in rows.items():
        first.setdefault(row.id, position)
    mine = [rows[position] for position in first.values()]
    won, settled = storing.store(
        mine, person_id=batch.actor.person_id, device_id=batch.actor.device_id, received_at=batch.received_at
    )
    changed.mended(settled)
    made = {row.id: _receipt(batch, row) for row in mine if row.id in won}
    standing = {**made, **(receipts.standing(set(first) - won) if len(won) < len(first) else {})}
    for position, row in rows.items():
        batch.settle(position, standing[row.id], fresh=row.id in won and first[row.id] == position)
    return [row for row in mine if row.id in won]


def _receipt(batch: Batch, row: Row) -> Receipt:
    return Receipt(
        submission_id=row.id,
        kind=KIND,
        sha256=bytes.fromhex(row.sha256),
        person_id=batch.actor.person_id,
        month=row.month,
        received_at=batch.received_at,
    )


def _keep_refused(batch: Batch) -> None:
    refused = [
        (batch.items[n], outcome.problem) for n, outcome in batch.outcomes.items() if outcome.problem is not None
    ]
    if refused:
        quarantine.keep(actor=batch.actor, refused=refused, received_at=batch.received_at)
