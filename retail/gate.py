"""What every verb on a shop's papers requires: the shop was the actor's on the day; called by needs.py, promises.py."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend import scope
from backend.errors import Problem
from backend.scope import Actor


def county_on(actor: Actor, retailer_id: UUID, *days: date) -> int:
    """The shop's county on the first of the days on which the actor may write about it, in whose audit the act shows;
    `not_found` where there is none. One query."""
    stamps = scope.writable(actor, "retail.edit", {(retailer_id, on) for on in days})
    for on in days:
        if stamp := stamps.get((retailer_id, on)):
            return stamp.county_id
    raise Problem("not_found")
