"""What of a refused visit its readers are not shown: a retailer's score, and restricted remarks from those who may not
read them. Called by visits/shapes.py, and by visits/fixing.py, which puts it back into what they mend.
"""

from __future__ import annotations

from typing import Any

import msgspec

from backend.models import Quarantined
from backend.scope import Actor
from visits.models import Remark

RESTRICTED = "restricted.read"
_SPOKEN_OF = (b'"score"', Remark.Kind.IRREGULAR.value.encode())


def shown(actor: Actor, row: Quarantined) -> bytes | None:
    """The payload as the actor may read it: as it came where nothing is withheld, else without what is; None for what
    is no JSON object and yet speaks of it. One query, if any."""
    payload = bytes(row.payload)
    if row.kind != "visit" or row.person_id == actor.person_id:
        return payload
    document = _document(payload)
    if document is None:
        return None if any(word in payload for word in _SPOKEN_OF) else payload
    left = _without(document, remarks=not _is_trusted(actor, row))
    return payload if left == document else msgspec.json.encode(left)


def put_back(actor: Actor, row: Quarantined, mended: bytes) -> bytes:
    """What the actor mended, with what he was not shown: the author's own score and restricted remarks."""
    kept, new = _document(bytes(row.payload)), _document(mended)
    if row.kind != "visit" or row.person_id == actor.person_id or kept is None or new is None:
        return mended
    if "score" in kept:
        new.setdefault("score", kept["score"])
    if (restricted := [one for one in _remarks(kept) if _is_restricted(one)]) and not _is_trusted(actor, row):
        new["remarks"] = [*_remarks(new), *restricted]
    return msgspec.json.encode(new)


def _without(document: dict[str, Any], *, remarks: bool) -> dict[str, Any]:
    left = {name: value for name, value in document.items() if name != "score"}
    if remarks and any(map(_is_restricted, _remarks(document))):
        left["remarks"] = [one for one in _remarks(document) if not _is_restricted(one)]
    return left


def _remarks(document: dict[str, Any]) -> list[Any]:
    found = document.get("remarks")
    return found if isinstance(found, list) else []


def _is_restricted(remark: Any) -> bool:
    return isinstance(remark, dict) and remark.get("kind") == Remark.Kind.IRREGULAR


def _is_trusted(actor: Actor, row: Quarantined) -> bool:
    return row.unit is not None and not set(actor.units(RESTRICTED)).isdisjoint(row.unit.ancestors)


def _document(payload: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
