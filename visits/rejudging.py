"""Visits that were refused because a quiz was missing are judged again when it comes; worked off by the outbox."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend import clock
from backend.http.jsonbody import Item
from backend.models import Quarantined
from backend.scope import Actor
from visits import intake, wire

WAITS_FOR = "briefing_not_open"


def rejudge(payload: dict[str, Any]) -> None:
    """Whatever of the person's (`person`) was refused for want of a quiz, and may stand now, stands under its first
    arrival; the rest stays as it is. Again: no difference. Called with each passed attempt, whatever arrived first."""
    person_id = UUID(payload["person"])
    waiting = Quarantined.objects.filter(
        person_id=person_id, kind=intake.KIND, state=Quarantined.State.OPEN, problem__en__code=WAITS_FOR
    )
    for held in waiting.order_by("received_at", "id"):  # few: the visits of one person that wait for one quiz
        [outcome] = intake.receive_batch(
            actor=Actor(person_id=person_id),
            items=[Item(wire.unwrapped(bytes(held.payload)), None)],
            received_at=held.received_at,
            keep_refused=False,
        )
        if outcome.receipt is not None:
            Quarantined.objects.filter(pk=held.pk, state=Quarantined.State.OPEN).update(
                state=Quarantined.State.RESENT, settled_at=clock.now(), settled_by=person_id, version=held.version + 1
            )
