"""What becomes of what was refused: mended and sent again under its author, or let go; called by visits/api.py."""

from __future__ import annotations

from django.db import transaction

from backend import audit, clock, pushing, quarantine, scope
from backend.errors import Problem
from backend.feeds import Sent
from backend.http import jsonbody
from backend.models import Quarantined
from backend.scope import Actor
from visits import intake, withheld
from visits.intake import Outcome

FIX = "quarantine.fix"


def resend(*, actor: Actor, quarantined: Quarantined, payload: bytes) -> Outcome:
    """A mended payload goes through the ordinary intake under its author, dated by the first arrival; what phones push
    of other collections through the verb of its feed.

    created or duplicate settles the quarantined item; otherwise nothing changes and the outcome says why. Needs
    quarantine.fix over the item's unit (not_found), an open item (conflict).
    """
    with transaction.atomic():
        held = _held(actor, quarantined)
        payload = withheld.put_back(actor, held, payload)
        outcome = _visit(held, payload) if held.kind == intake.KIND else _document(held, payload)
        if outcome.problem is None:
            _settle(actor, held, Quarantined.State.RESENT, "")
    return outcome


def _visit(held: Quarantined, payload: bytes) -> Outcome:
    [item] = jsonbody.decode_list(b"[" + payload + b"]", 1)
    [outcome] = intake.receive_batch(
        actor=Actor(person_id=held.person_id), items=[item], received_at=held.received_at, keep_refused=False
    )
    return outcome


def _document(held: Quarantined, payload: bytes) -> Outcome:
    problem = pushing.again(held.kind, scope.actor_of(held.person), payload, Sent(held.received_at, None, None))
    return Outcome("rejected" if problem else "created", held.submission_id, problem=problem)


def dismiss(*, actor: Actor, quarantined: Quarantined, reason: str) -> Quarantined:
    """The item is let go, with the reason in the audit; its bytes stay. The same gate as `resend`."""
    with transaction.atomic():
        held = _held(actor, quarantined)
        _settle(actor, held, Quarantined.State.DISMISSED, reason)
    return held


def _held(actor: Actor, quarantined: Quarantined) -> Quarantined:
    mine = actor.units(FIX)
    if not mine:
        raise Problem("not_found")
    reach = Quarantined.objects.select_for_update(of=("self",)).filter(unit_id__in=scope.units_under(mine))
    held = reach.filter(pk=quarantined.pk).first()
    if held is None:
        raise Problem("not_found")
    if held.state != Quarantined.State.OPEN:
        raise Problem("conflict")
    return held


def _settle(actor: Actor, held: Quarantined, state: Quarantined.State, reason: str) -> None:
    before = {"state": held.state}
    held.refresh_from_db(fields=["version"])
    held.state, held.settled_at, held.settled_by_id = state, clock.now(), actor.person_id
    held.version += 1
    held.save(update_fields=["state", "settled_at", "settled_by", "version"])
    audit.record(
        actor,
        f"quarantine.{'resend' if state == Quarantined.State.RESENT else 'dismiss'}",
        held,
        before=before,
        after={"state": held.state},
        reason=reason,
        unit_id=held.unit_id,
    )
    quarantine.tell(held)
