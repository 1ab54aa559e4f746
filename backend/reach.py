"""Which units an actor reaches with a capability: what verbs on units require, what pages offer, whose board it is."""

from __future__ import annotations

from backend.errors import Problem
from backend.models import Unit
from backend.scope import Actor, units_under


def reaches(actor: Actor, capability: str, unit_id: int) -> bool:
    """Whether the actor holds the capability today at the unit or above it. One query at most."""
    mine = actor.units(capability)
    return bool(mine) and units_under(mine).filter(pk=unit_id).exists()


def units_reached(actor: Actor, capability: str) -> set[int]:
    """Ids of the units where that is so. One query at most."""
    mine = actor.units(capability)
    return set(units_under(mine).values_list("pk", flat=True)) if mine else set()


def require_unit(actor: Actor, capability: str, unit_id: int) -> None:
    """Passes when the actor reaches the unit with the capability, else `not_found`. One query at most."""
    if not reaches(actor, capability, unit_id):
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
