"""Photos with the addresses of their copies for five minutes; called by the pages of the field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backend.scope import Actor
from visits import photo_store
from visits.models import Photo, StoredPhoto

SMALL, LARGE = photo_store.SIZES


@dataclass(frozen=True)
class Shown:
    """A photo: what it shows in a word, and where its copies are; without them it is not ready to be shown."""

    row: StoredPhoto
    kind: str
    small: str
    large: str


def shown(actor: Actor, rows: Iterable[StoredPhoto]) -> list[Shown]:
    """Each with addresses that are the actor's own. The rows have passed the scope gate. No query."""
    return [_one(actor, row) for row in rows]


def _one(actor: Actor, row: StoredPhoto) -> Shown:
    kind = str(dict(Photo.Kind.choices).get(row.kind, row.kind))
    if row.state != StoredPhoto.State.READY:
        return Shown(row, kind, "", "")
    small, large = (photo_store.address(row.pk, row.name, size, actor.person_id) for size in (SMALL, LARGE))
    return Shown(row, kind, small, large)
