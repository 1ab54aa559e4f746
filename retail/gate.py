"""What every verb on a shop's papers requires: the shop was the actor's on the day; called by needs.py, promises.py."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend import scope
from backend.errors import Problem
from backend.scope import Actor


def county_on(actor: Actor, retailer_id: UUID, on: date) -> int:
    """The shop's county on the day, in whose audit the act shows; `not_found` where the actor may not write. One
    query."""
    stamp = scope.writable(actor, "retail.edit", [(retailer_id, on)]).get((retailer_id, on))
    if stamp is None:
        raise Problem("not_found")
    return stamp.county_id
