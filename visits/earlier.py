"""What a signal about a photo used before tells its reader of the earlier visit; called by visits/signal_api.py.

Bytes are compared everywhere, so the earlier visit may be one that the reader may not open: then neither it nor its
photo is named, only its month and the nearest unit above it that is the reader's own or above the reader.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from backend.models import Unit
from backend.scope import Actor, visible_to
from visits.models import Signal, Visit

REUSE = "photo_reuse"


def tell(actor: Actor, rows: Iterable[Signal]) -> None:
    """Each of the signals has `figures_told`: its figures, as the actor may read them. No query where none is about a
    photo used before, else one, and two more where there is one whose earlier visit the actor may not open."""
    reused = []
    for row in rows:
        row.figures_told = row.figures  # type: ignore[attr-defined]
        if row.kind == REUSE:
            reused.append(row)
    named = {UUID(visit) for row in reused if (visit := row.figures.get("earlier_visit"))}
    if not reused:
        return
    open_to = (
        set(visible_to(Visit.objects.filter(pk__in=named), actor).values_list("pk", flat=True)) if named else set()
    )
    places = _places(actor, named - open_to)
    for row in reused:
        visit = row.figures.get("earlier_visit")
        if visit is None or UUID(visit) not in open_to:
            row.figures_told = _withheld(row.figures, places.get(UUID(visit)) if visit else None)  # type: ignore[attr-defined]


def _places(actor: Actor, visits: set[UUID]) -> dict[UUID, tuple[str, dict[str, Any] | None]]:
    """Of each visit its month and the lowest unit that it and a position of the actor's stand under."""
    if not visits:
        return {}
    known = {unit for position in actor.held for unit in position.ancestors}
    found = list(Visit.objects.filter(pk__in=visits).values_list("pk", "month", "territory__ancestors"))
    shared = {visit: next((u for u in reversed(above) if u in known), None) for visit, _, above in found}
    units = Unit.objects.in_bulk([unit for unit in shared.values() if unit is not None])
    told = {unit.pk: {"id": unit.pk, "code": unit.code, "name": unit.name} for unit in units.values()}
    return {visit: (f"{month:%Y-%m}", told.get(shared[visit] or 0)) for visit, month, _ in found}


def _withheld(figures: dict[str, Any], place: tuple[str, dict[str, Any] | None] | None) -> dict[str, Any]:
    left = {name: value for name, value in figures.items() if not name.startswith("earlier_")}
    month, unit = place or (None, None)
    return {**left, "earlier_photo": None, "earlier_visit": None, "earlier_month": month, "earlier_unit": unit}
