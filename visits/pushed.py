"""What a phone's sync pushes of visits: new ones through the intake, others as edits and withdrawals of what stands.

The push verb of the feed in visits/visit_feed.py. What a pushed row comes to is decided against what stands, locked:
docs/sync.md, "Conflicts".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from backend.errors import Problem
from backend.feeds import CONFLICT, STORED, Document, Pushed, Sent, Verdict
from backend.scope import Actor
from visits import intake, news, revising, standing, telling, wire
from visits.intake import Batch
from visits.news import News
from visits.revising import Edit
from visits.standing import Held, Standing
from visits.wire import Submitted

REASON = ""  # a phone gives none when it deletes


@dataclass
class _Push:
    """One push on its way, its verdicts by position as they become known."""

    actor: Actor
    sent: Sent
    rows: Sequence[Pushed]
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    read: dict[int, Submitted] = field(default_factory=dict)
    news: News = field(default_factory=News)

    def content(self, position: int) -> Submitted:
        """The new state of a row as the intake reads it."""
        if position not in self.read:
            row = self.rows[position]
            self.read[position] = wire.read_told(row.id, row.new, self.sent.sent_at)
        return self.read[position]


def push(actor: Actor, rows: Sequence[Pushed], sent: Sent) -> list[Verdict]:
    """What became of each row. New visits land by the intake's own statement, all at once; an edit or a withdrawal is
    its author's, of the state that stands; the same state again is silent; everything else is a conflict.

    Each id once. In the caller's transaction. A constant number of queries; the sequence of phones is taken last.
    """
    batch = _Push(actor, sent, rows)
    _take(batch, range(len(rows)))
    news.tell(batch.news)
    return [batch.verdicts[n] for n in range(len(rows))]


def _take(batch: _Push, positions: Sequence[int]) -> None:
    stands = standing.locked(batch.rows[n].id for n in positions)
    _create(batch, [n for n in positions if batch.rows[n].id not in stands])
    edits: dict[int, Held] = {}
    gone: dict[int, Held] = {}
    for position in positions:
        if position in batch.verdicts:
            continue
        row, found = batch.rows[position], stands[batch.rows[position].id]
        verdict, held = _decided(batch, row, found, batch.content(position))
        if verdict is not None:
            batch.verdicts[position] = verdict
        elif held is not None:
            (gone if row.deleted else edits)[position] = held
    _edit(batch, edits)
    _withdraw(batch, gone)


def _decided(batch: _Push, row: Pushed, found: Standing, content: Submitted) -> tuple[Verdict | None, Held | None]:
    """Either what became of a row already, or the visit that it edits or withdraws."""
    held = found.held
    if held is None:
        mine = found.receipt.kind == intake.KIND and found.receipt.person_id == batch.actor.person_id
        return (STORED if row.deleted and mine else CONFLICT), None
    stands = Verdict(is_conflict=True, by=held.person_name, at=held.changed_at)
    if held.person_id != batch.actor.person_id:
        return stands, None
    state = held.state
    if not row.deleted and telling.same_state(content.visit, state):
        if row.new.get("revision") != held.revision:  # its answer was lost: what the server says is told once more
            batch.news.asked(held.id, held.place)
        return STORED, None
    return (None, held) if row.assumed is not None and _assumes(row.id, row.assumed, held) else (stands, None)


def _assumes(visit_id: UUID, assumed: Document, held: Held) -> bool:
    """Whether the state that the phone took for the server's is the one that stands: the content it told last, byte
    for byte in canonical form, or what we tell of the visit."""
    if assumed.get("_deleted"):
        return False
    told = wire.read_told(visit_id, assumed)
    return told.sha256 == held.sha256 or telling.same_state(told.visit, held.state)


def _create(batch: _Push, positions: Sequence[int]) -> None:
    """New visits by the intake. One that was deleted before it was ever sent lands and is withdrawn, so that a late
    copy of it finds its receipt; where it could not have landed there is nothing to withdraw."""
    if not positions:
        return
    items = [batch.content(n) for n in positions]
    for position, item in zip(positions, items, strict=True):
        if batch.rows[position].deleted and item.visit is not None:
            item.visit.score = None  # it counts nowhere, and a score that was counted stays
    fresh = Batch(batch.actor, batch.sent.received_at, batch.sent.until, items)
    outcomes = intake.take_in(fresh, batch.news, known={})
    for position, outcome in zip(positions, outcomes, strict=True):
        if outcome.receipt is not None:
            batch.verdicts[position] = STORED
        elif outcome.word == "conflict":  # somebody else's claim was committed meanwhile
            batch.verdicts[position] = CONFLICT
        else:
            batch.verdicts[position] = STORED if batch.rows[position].deleted else Verdict(problem=outcome.problem)
    deleted = [batch.rows[n].id for n in positions if batch.rows[n].deleted]
    if deleted:
        found = standing.locked(deleted)
        held = [one.held for one in found.values() if one.held and one.held.person_id == batch.actor.person_id]
        _take_back(batch, held)


def _edit(batch: _Push, edits: dict[int, Held]) -> None:
    """Each edit stands or has its problem."""
    if not edits:
        return
    asked = [Edit(held, batch.content(position)) for position, held in edits.items()]
    problems = revising.edit(
        actor=batch.actor, edits=asked, made_at=batch.sent.received_at, until=batch.sent.until, news=batch.news
    )
    for (position, held), problem in zip(edits.items(), problems, strict=True):
        batch.verdicts[position] = Verdict(problem=problem) if problem else STORED
        if problem:  # the phone takes its own word for stored: what stands is told once more
            batch.news.asked(held.id, held.place)


def _withdraw(batch: _Push, gone: dict[int, Held]) -> None:
    kept: list[Held] = []
    for position, held in gone.items():
        late = batch.sent.until is not None and held.started_at >= batch.sent.until
        batch.verdicts[position] = Verdict(problem=Problem("device_ended")) if late else STORED
        if late:
            batch.news.asked(held.id, held.place)
        else:
            kept.append(held)
    _take_back(batch, kept)


def _take_back(batch: _Push, held: Sequence[Held]) -> None:
    revising.withdraw(actor=batch.actor, held=held, reason=REASON, made_at=batch.sent.received_at, news=batch.news)
