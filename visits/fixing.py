"""What becomes of what was refused: mended and sent again under its author, or let go; called by visits/api.py.

Who mends for others may do both; what is one's own one may let go. Rule: docs/decisions/0025.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q

from backend import audit, clock, pushing, quarantine, scope
from backend.errors import FieldError, Problem
from backend.feeds import Sent
from backend.http import jsonbody
from backend.models import Quarantined
from backend.scope import Actor
from visits import intake, withheld
from visits.intake import Outcome

FIX = "quarantine.fix"
RECORD = "visits.record"  # who pushes may be refused
UNDONE_WITHIN = timedelta(minutes=10)


def resend(*, actor: Actor, quarantined: Quarantined, payload: bytes) -> Outcome:
    """A mended payload goes through the ordinary intake under its author, dated by the first arrival; what phones push
    of other collections through the verb of its feed.

    created or duplicate settles the quarantined item; otherwise nothing changes and the outcome says why. Needs
    quarantine.fix over the item's unit (not_found), an open item (conflict).
    """
    with transaction.atomic():
        held = _held(actor, quarantined)
        payload = withheld.put_back(actor, held, payload)
        _require_same(held, payload)
        outcome = _visit(held, payload) if held.kind == intake.KIND else _document(held, payload)
        if outcome.problem is None:
            _settle(actor, held, Quarantined.State.RESENT, "", sha256(payload).hexdigest())
    return outcome


def _visit(held: Quarantined, payload: bytes) -> Outcome:
    [item] = jsonbody.decode_list(b"[" + payload + b"]", 1)
    [outcome] = intake.receive_batch(
        actor=Actor(person_id=held.person_id), items=[item], received_at=held.received_at, keep_refused=False
    )
    return outcome


# What was wrong with an item may be put right; which one it was may not be changed under its author's name.
_MAY_MOVE = {"retailer_id": {"not_your_shop"}, "started_at": {"too_old", "month_not_kept"}}


def _require_same(held: Quarantined, payload: bytes) -> None:
    """The mended item has the id, the shop and the day of the one that was refused, unless these were what was wrong
    with it, or could not be read; and takes nothing away that its author did not. Problem invalid with a pointer."""
    before, after = _read(bytes(held.payload)), _read(payload)
    problem = held.problem["en"]
    wrong = {error.get("pointer", "").strip("/").split("/")[0] for error in problem.get("errors", ())}
    faults = []
    if held.submission_id is not None and _id(after) != str(held.submission_id):
        faults.append("submission_id" if held.kind == intake.KIND else "id")
    if bool(after.get(_GONE)) != bool(before.get(_GONE)):
        faults.append(_GONE)
    for name, codes in _MAY_MOVE.items():
        stands = before.get(name)
        if not isinstance(stands, str) or name in wrong or problem["code"] in codes:
            continue
        told = after.get(name)
        if not isinstance(told, str) or _day(name, stands) != _day(name, told):
            faults.append(name)
    if faults:
        raise Problem("invalid", errors=[FieldError("invalid", *_OTHER, pointer=f"/{name}") for name in faults])


_GONE = "_deleted"  # of a document that a phone pushes
_OTHER = ("须与被拒的原件一致", "It must be that of the item that was refused")


def _read(payload: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _id(document: dict[str, Any]) -> str:
    return str(document.get("submission_id") or document.get("id") or "").lower()


def _day(name: str, text: str) -> str:
    return text[:10] if name == "started_at" else text.lower()


def _document(held: Quarantined, payload: bytes) -> Outcome:
    problem = pushing.again(held.kind, scope.actor_of(held.person), payload, Sent(held.received_at, None, None))
    return Outcome("rejected" if problem else "created", held.submission_id, problem=problem)


def require_lets_go(actor: Actor) -> None:
    """Problem forbidden for who neither mends what others were refused nor records anything."""
    if not (actor.can(FIX) or actor.can(RECORD)):
        raise Problem("forbidden")


def may_let_go(actor: Actor, held: Quarantined) -> bool:
    """Whether the actor may let go an item that she sees, or take that back: one's own, or as one who mends. `dismiss`
    still asks over which units. No query."""
    return actor.can(FIX) or (held.person_id == actor.person_id and actor.can(RECORD))


def dismiss(*, actor: Actor, quarantined: Quarantined, reason: str) -> Quarantined:
    """The item is let go, with the reason in the audit; its bytes stay, and its author's phones are told.

    Needs to be its author, or quarantine.fix over its unit (not_found); an open item (conflict).
    """
    with transaction.atomic():
        held = _held(actor, quarantined, or_own=True)
        _settle(actor, held, Quarantined.State.DISMISSED, reason)
    return held


def reopen(*, actor: Actor, quarantined: Quarantined) -> Quarantined:
    """An item that was let go in the last ten minutes is open again, as if nothing had been; audited. The same gate
    as `dismiss`; Problem conflict for one that was let go earlier, or was not."""
    with transaction.atomic():
        held = _held(actor, quarantined, Quarantined.State.DISMISSED, or_own=True)
        if not may_return(held):
            raise Problem("conflict", detail_zh=_TOO_LATE[0], detail_en=_TOO_LATE[1])
        _settle(actor, held, Quarantined.State.OPEN, "")
    return held


def may_return(held: Quarantined) -> bool:
    """Whether the item was let go so lately that it may be taken back."""
    if held.state != Quarantined.State.DISMISSED or held.settled_at is None:
        return False
    return clock.now() - held.settled_at <= UNDONE_WITHIN


_TOO_LATE = ("超过 10 分钟，不能再撤销。", "It was let go more than 10 minutes ago and stays so.")


def _held(
    actor: Actor, quarantined: Quarantined, state: str = Quarantined.State.OPEN, *, or_own: bool = False
) -> Quarantined:
    """The item, locked, where the actor may settle it."""
    mine = actor.units(FIX)
    reach = Q(unit_id__in=scope.units_under(mine)) if mine else Q(pk__in=())
    if or_own:
        reach |= Q(person_id=actor.person_id)
    held = Quarantined.objects.select_for_update(of=("self",)).filter(reach, pk=quarantined.pk).first()
    if held is None:
        raise Problem("not_found")
    if held.state != state:
        raise Problem("conflict")
    return held


_ACTS = {
    Quarantined.State.OPEN: "quarantine.reopen",
    Quarantined.State.RESENT: "quarantine.resend",
    Quarantined.State.DISMISSED: "quarantine.dismiss",
}


def _settle(actor: Actor, held: Quarantined, state: Quarantined.State, reason: str, sent: str = "") -> None:
    before = {"state": held.state, "sha256": bytes(held.sha256).hex()}
    held.refresh_from_db(fields=["version"])
    is_open = state == Quarantined.State.OPEN
    held.state, held.settled_at = state, None if is_open else clock.now()
    held.settled_by_id = None if is_open else actor.person_id
    held.version += 1
    held.save(update_fields=["state", "settled_at", "settled_by", "version"])
    audit.record(
        actor,
        _ACTS[state],
        held,
        before=before,
        after={"state": held.state, **({"sha256": sent} if sent else {})},
        reason=reason,
        unit_id=held.unit_id,
    )
    quarantine.tell(held)
