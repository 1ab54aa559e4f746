"""Verbs on needs: what a retailer needs is raised, said otherwise, closed with an outcome, or taken back.

Called by api.py and, for what phones push, by papers.py.
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
from retail import news, requests, withdrawing
from retail.gate import county_on
from retail.models import Need

EDITED = frozenset({"kind", "text", "priority", "due_on"})


@dataclass(frozen=True)
class NewNeed:
    """What the shop needs, who first (1) or later (3), and the visit on which it came up."""

    retailer_id: UUID
    kind: str
    text: str
    raised_on: date
    due_on: date | None = None
    priority: int = 2
    origin_visit_id: UUID | None = None
    id: UUID = field(default_factory=uuid7)


def raise_need(*, actor: Actor, new: NewNeed) -> Need:
    """The need is open. `retail.edit` over the shop on the day it was raised, else `not_found` (so work done before a
    handover still lands as its author's); `bad_date` for a day to come; `conflict` for the id of one that was taken
    back. Six queries."""
    if new.raised_on > clock.today():
        raise Problem("bad_date")
    county = county_on(actor, new.retailer_id, new.raised_on)
    with transaction.atomic():
        if withdrawing.was_taken_back(new.id):
            raise Problem("conflict")
        need = Need.objects.create(raised_by_id=actor.person_id, **vars(new))
        audit.record(actor, "need.raise", need, after=audit.snapshot(need), unit_id=county)
        news.tell_document("needs", need, news.days_of(need))
    return need


def close_need(*, actor: Actor, need: Need, on: date, outcome: str) -> Need:
    """The need is closed with what came of it. `retail.edit` over the shop on the day or today, else `not_found`;
    `conflict` when it is closed already; `bad_date` for a day before it was raised, or to come. Six queries."""
    county = county_on(actor, need.retailer_id, on, clock.today())
    with transaction.atomic():
        held = _open(need)
        if not held.raised_on <= on <= clock.today():
            raise Problem("bad_date")
        before = audit.snapshot(held)
        held.closed_on, held.outcome = on, outcome
        held.version += 1
        held.save(update_fields=["closed_on", "outcome", "version"])
        audit.record(actor, "need.close", held, before=before, after=audit.snapshot(held), unit_id=county)
        news.tell_document("needs", held, [on])
    return held


def edit_need(*, actor: Actor, need: Need, values: Mapping[str, Any]) -> Need:
    """The open need says this (of EDITED). `retail.edit` over the shop today, else `not_found`; `conflict` when it is
    closed; `read_only_field` for anything else. Six queries, one more where its timeline notes it."""
    if not values.keys() <= EDITED:
        raise Problem("read_only_field")
    county = county_on(actor, need.retailer_id, clock.today())
    with transaction.atomic():
        held = _open(need)
        before, stood = audit.snapshot(held), requests.standing(held)
        for name, value in values.items():
            setattr(held, name, value)
        held.version += 1
        held.save(update_fields=[*values, "version"])
        requests.note_changes(actor, stood, held)
        audit.record(actor, "need.edit", held, before=before, after=audit.snapshot(held), unit_id=county)
        news.tell_document("needs", held, ())
    return held


def withdraw_need(*, actor: Actor, need: Need) -> None:
    """The need was never one: who raised it takes it back while it is open. `retail.edit` over the shop on the day it
    was raised, else `not_found`; `not_the_author`; `conflict` when it is closed, or a department works on it or has
    replied: then it is closed with what came of it. Eight queries."""
    county = county_on(actor, need.retailer_id, need.raised_on)
    with transaction.atomic():
        held = _open(need)
        if held.taken_at is not None:
            raise Problem("conflict")
        withdrawing.take_back(actor, held, held.raised_by_id, county)


def _open(need: Need) -> Need:
    held = Need.objects.select_for_update().get(pk=need.pk)
    if held.closed_on is not None:
        raise Problem("conflict")
    return held
