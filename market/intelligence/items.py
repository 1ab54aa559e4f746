"""Verbs on items of intelligence: verified or returned, sent further up, decided, and told to who sent them.

Called by api.py. Nobody acts on an item of his own. Rule: docs/method.md, Intelligence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import audit, clock, notices
from backend.errors import FieldError, Problem, register
from backend.models import Level, Person
from backend.reach import require_unit
from backend.scope import Actor, actor_of, visible_to
from market.intelligence import news
from market.intelligence.words import ASSIGNED, DECIDED, RETURNED, params
from market.models import IntelligenceEvent, IntelligenceItem

VERIFY, DECIDE = "intelligence.verify", "intelligence.decide"
State, Decision = IntelligenceItem.State, IntelligenceItem.Decision
Act = IntelligenceEvent.Act
OPEN = (State.SUBMITTED, State.VERIFIED, State.ESCALATED)  # somebody above the submitter still has to act

register(
    "own_item",
    409,
    ("不能处理自己上报的信息", "It is your own"),
    ("上报的信息须由他人核实、上转和答复。", "Somebody else verifies, escalates and decides what you sent up."),
)


_HOLD = """
SELECT id FROM market_intelligenceitem
WHERE group_id = (SELECT group_id FROM market_intelligenceitem WHERE id = %s) ORDER BY id FOR UPDATE
"""


def hold(item_id: UUID) -> None:
    """The item and its group are locked until the end of the transaction, in one order for all: two decisions of one
    group never wait for each other. One query; nothing for an item that does not exist."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [item_id])


def verify(*, actor: Actor, item: IntelligenceItem, words: str = "") -> IntelligenceItem:
    """It is so. intelligence.verify over its territory (not_found), of a submitted one (conflict); own_item."""
    with transaction.atomic():
        held = _held(actor, item, VERIFY, item.territory_id, (State.SUBMITTED,))
        held.state = State.VERIFIED
        _save(actor, held, Act.VERIFIED, words)
        news.changed([held.pk])
    return held


def send_back(*, actor: Actor, item: IntelligenceItem, words: str) -> IntelligenceItem:
    """It goes back to its submitter, who is told why and may send it anew by editing the visit.

    intelligence.verify over its territory (not_found), of one that is submitted or verified (conflict); `invalid`
    without words; own_item.
    """
    said = _said(words)
    with transaction.atomic():
        held = _held(actor, item, VERIFY, item.territory_id, (State.SUBMITTED, State.VERIFIED))
        held.state, held.words_back = State.RETURNED, said
        event = _save(actor, held, Act.RETURNED, said)
        news.changed([held.pk])
        notices.tell([notices.Told(held.person_id, RETURNED, event.pk, params(held, words=said))])
    return held


def escalate(*, actor: Actor, item: IntelligenceItem, words: str = "") -> IntelligenceItem:
    """A verified one waits for the county's decision, one that waits there for the prefecture's. intelligence.verify
    over its territory, for the second step intelligence.decide over its county (not_found); conflict; own_item."""
    to_county = item.state != State.ESCALATED
    reach = (VERIFY, item.territory_id) if to_county else (DECIDE, item.county_id)
    with transaction.atomic():
        held = _held(actor, item, *reach, (State.VERIFIED,) if to_county else (State.ESCALATED,))
        if held.level == Level.PREFECTURE:
            raise Problem("conflict")
        held.state, held.level = State.ESCALATED, int(Level.COUNTY if to_county else Level.PREFECTURE)
        _save(actor, held, Act.ESCALATED, words)
        news.changed([held.pk])
    return held


@dataclass(frozen=True)
class Decided:
    """What is decided: the owner carries out what is done, and is named where something is."""

    decision: str
    words: str
    owner: UUID | None = None


def decide(*, actor: Actor, item: IntelligenceItem, decided: Decided) -> IntelligenceItem:
    """It is decided, with all that is still open of its group; everybody who sent one of them is told.

    intelligence.decide over its county, or over the prefecture where it waits there (not_found), of one that is
    verified or escalated (conflict); `invalid` without words, without an owner where something is done, or with an
    owner who may not read it; own_item. Of the group what the actor sent himself stays open.
    """
    said = _said(decided.words)
    if decided.decision == Decision.ACT and decided.owner is None:
        raise Problem("invalid", errors=[FieldError("required", pointer="/owner")])
    unit = item.county.ancestors[Level.PREFECTURE] if item.level == Level.PREFECTURE else item.county_id
    with transaction.atomic():
        held = _held(actor, item, DECIDE, unit, (State.VERIFIED, State.ESCALATED))
        owner = None if decided.owner is None else _reader(held, decided.owner)
        members = [held, *_others(actor, held)]
        for one in members:
            one.state, one.decision, one.words_back = State.DECIDED, decided.decision, said
            one.owner, one.decided_by_id, one.decided_at = owner, actor.person_id, clock.now()
            _save(actor, one, Act.DECIDED, said)
        news.changed([one.pk for one in members])
        told = [notices.Told(one.person_id, DECIDED, one.pk, params(one, words=said)) for one in members]
        if owner is not None and owner.pk != actor.person_id:
            told.append(notices.Told(owner.pk, ASSIGNED, held.pk, params(held)))
        notices.tell(told)
    return held


def assign(*, actor: Actor, item: IntelligenceItem, owner: UUID) -> IntelligenceItem:
    """This person looks after it, and is told. intelligence.verify over its territory (not_found), of an open one
    (conflict); `invalid` for a person who may not read it; own_item."""
    with transaction.atomic():
        held = _held(actor, item, VERIFY, item.territory_id, OPEN)
        held.owner = _reader(held, owner)
        event = _save(actor, held, Act.ASSIGNED, "")
        news.changed([held.pk])
        if owner != actor.person_id:
            notices.tell([notices.Told(owner, ASSIGNED, event.pk, params(held))])
    return held


def _held(
    actor: Actor, item: IntelligenceItem, capability: str, unit_id: int, states: Iterable[str]
) -> IntelligenceItem:
    """The item, locked, in one of these states, for somebody who may do this to it."""
    require_unit(actor, capability, unit_id)
    rows = IntelligenceItem.objects.select_for_update(of=("self",)).select_related("retailer", "county", "product")
    held = rows.get(pk=item.pk)
    if held.person_id == actor.person_id:
        raise Problem("own_item")
    if held.state not in states or held.level != item.level:
        raise Problem("conflict")
    return held


def _others(actor: Actor, held: IntelligenceItem) -> list[IntelligenceItem]:
    """What else is open of the group, as far as the actor may read it, but for his own."""
    rows = visible_to(IntelligenceItem.objects.all(), actor).filter(
        group_id=held.group_id, county_id=held.county_id, is_restricted=held.is_restricted, state__in=OPEN
    )
    if held.level != Level.PREFECTURE:
        rows = rows.exclude(level=Level.PREFECTURE)
    keys = rows.exclude(pk=held.pk).exclude(person_id=actor.person_id).values_list("pk", flat=True)
    open_ones = IntelligenceItem.objects.select_for_update(of=("self",)).select_related("retailer", "product")
    return list(open_ones.filter(pk__in=list(keys), state__in=OPEN).order_by("pk"))


def _reader(held: IntelligenceItem, person_id: UUID) -> Person:
    """The person, who may read the item; anybody else is refused like somebody who does not exist."""
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None or not visible_to(IntelligenceItem.objects.filter(pk=held.pk), actor_of(person)).exists():
        raise Problem("invalid", errors=[FieldError("not_found", pointer="/owner")])
    return person


def _save(actor: Actor, held: IntelligenceItem, act: IntelligenceEvent.Act, words: str) -> IntelligenceEvent:
    """The item as it stands, its event, and the audit's entry, which holds no words of what is restricted."""
    held.version += 1
    held.save()
    event = IntelligenceEvent.objects.create(
        item=held, at=clock.now(), act=act, person_id=actor.person_id, words=words.strip()
    )
    after: dict[str, Any] = {"state": held.state, "level": held.level, "owner": held.owner_id}
    if not held.is_restricted:
        after |= {"decision": held.decision, "words": words.strip()}
    audit.record(actor, f"intelligence.{act.value}", held, after=after, unit_id=held.county_id)
    return event


def _said(words: str) -> str:
    if not words.strip():
        raise Problem("invalid", errors=[FieldError("required", pointer="/words")])
    return words.strip()
