"""Which units an actor reaches with a capability: what verbs on units require, and which unit a board is about."""

from __future__ import annotations

from backend.errors import Problem
from backend.models import Unit
from backend.scope import Actor, units_under


def require_unit(actor: Actor, capability: str, unit_id: int) -> None:
    """Passes when the actor holds the capability today at the unit or above it, else `not_found`. One query at most."""
    mine = actor.units(capability)
    if not mine or not units_under(mine).filter(pk=unit_id).exists():
        raise Problem("not_found")


def unit_for(actor: Actor, capability: str, unit_id: int | None) -> Unit:
    """The unit if it is at or under one where the actor holds the capability, else `not_found`; without an id the
    highest of those where he does. One query at most."""
    mine = actor.units(capability)
    if not mine or (unit_id is not None and not 0 < unit_id < 2**63):
        raise Problem("not_found")
    wanted = mine if unit_id is None else [unit_id]
    found = Unit.objects.filter(pk__in=units_under(mine)).filter(pk__in=wanted).order_by("level", "code").first()
    if found is None:
        raise Problem("not_found")
    return found
