"""Verbs on promises to a retailer: made, said otherwise, kept, dropped with a reason, or taken back.

Called by api.py and, for what phones push, by papers.py.

A promise belongs to the shop, not to who made it: after a handover the next account manager keeps or drops it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from backend import audit, clock
from backend.errors import Problem
from backend.ids import uuid7
from backend.scope import Actor
from retail import news, withdrawing
from retail.gate import county_on
from retail.models import Promise

EDITED = frozenset({"text", "due_on"})


@dataclass(frozen=True)
class NewPromise:
    """What was promised to the shop, when, by when, and on which visit."""

    retailer_id: UUID
    text: str
    promised_on: date
    due_on: date
    origin_visit_id: UUID | None = None
    id: UUID = field(default_factory=uuid7)


def make(*, actor: Actor, new: NewPromise) -> Promise:
    """The promise is open. `retail.edit` over the shop on the day it was made, else `not_found`; `bad_date` for a day
    to come, or due before it was made; `conflict` for the id of one that was taken back. Six queries."""
    if not new.promised_on <= clock.today() or new.due_on < new.promised_on:
        raise Problem("bad_date")
    county = county_on(actor, new.retailer_id, new.promised_on)
    with transaction.atomic():
        if withdrawing.was_taken_back(new.id):
            raise Problem("conflict")
        promise = Promise.objects.create(promised_by_id=actor.person_id, **vars(new))
        audit.record(actor, "promise.make", promise, after=audit.snapshot(promise), unit_id=county)
        news.tell_document("promises", promise, news.days_of(promise))
    return promise


def keep(*, actor: Actor, promise: Promise, on: date, outcome: str = "") -> Promise:
    """The promise is kept. Errors and queries as for drop, without a reason asked for."""
    return _settle(actor, promise, (Promise.State.KEPT, on, outcome))


def drop(*, actor: Actor, promise: Promise, on: date, reason: str) -> Promise:
    """The promise is dropped, with the reason. `retail.edit` over the shop on the day or today, else `not_found`;
    `conflict` when it is settled already; `invalid` without a reason; `bad_date` before it was made, or to come. Seven
    queries."""
    if not reason.strip():
        raise Problem("invalid")
    return _settle(actor, promise, (Promise.State.DROPPED, on, reason))


def _settle(actor: Actor, promise: Promise, end: tuple[Promise.State, date, str]) -> Promise:
    state, on, outcome = end
    county = county_on(actor, promise.retailer_id, on, clock.today())
    with transaction.atomic():
        held = _open(promise)
        if not held.promised_on <= on <= clock.today():
            raise Problem("bad_date")
        before = audit.snapshot(held)
        held.state, held.settled_on, held.outcome = state, on, outcome
        held.version += 1
        held.save(update_fields=["state", "settled_on", "outcome", "version"])
        after = audit.snapshot(held)
        audit.record(actor, f"promise.{state}", held, before=before, after=after, reason=outcome, unit_id=county)
        news.tell_document("promises", held, news.days_of(held))
    return held


def edit(*, actor: Actor, promise: Promise, values: Mapping[str, Any]) -> Promise:
    """The open promise says this (of EDITED). `retail.edit` over the shop today, else `not_found`; `conflict` when it
    is settled; `bad_date` where it is due before it was made; `read_only_field` for anything else. Six queries."""
    if not values.keys() <= EDITED:
        raise Problem("read_only_field")
    county = county_on(actor, promise.retailer_id, clock.today())
    with transaction.atomic():
        held = _open(promise)
        if values.get("due_on", held.due_on) < held.promised_on:
            raise Problem("bad_date")
        before, days = audit.snapshot(held), news.days_of(held)
        for name, value in values.items():
            setattr(held, name, value)
        held.version += 1
        held.save(update_fields=[*values, "version"])
        audit.record(actor, "promise.edit", held, before=before, after=audit.snapshot(held), unit_id=county)
        news.tell_document("promises", held, days | news.days_of(held))
    return held


def withdraw(*, actor: Actor, promise: Promise) -> None:
    """The promise was never made: who entered it takes it back while it is open. `retail.edit` over the shop on the day
    it was made, else `not_found`; `not_the_author`; `conflict` when it is settled. Eight queries."""
    county = county_on(actor, promise.retailer_id, promise.promised_on)
    with transaction.atomic():
        held = _open(promise)
        withdrawing.take_back(actor, held, held.promised_by_id, county)


def _open(promise: Promise) -> Promise:
    held = Promise.objects.select_for_update().get(pk=promise.pk)
    if held.state != Promise.State.OPEN:
        raise Problem("conflict")
    return held
