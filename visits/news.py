"""What follows from a change to visits: marks for those who recompute, entries for phones. The verbs call it last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from backend import clock, marks, synclog
from retail import queries

KIND = "visits"
ELSEWHERE = "visited"  # a visit of a shop that is another territory's by now: its phones hold what was seen there
COLLECTION = "visits"


@dataclass(frozen=True)
class Place:
    """Where a visit stood or stands: the shop, and the stamp of its day."""

    retailer_id: UUID
    territory_id: int
    on_date: date


@dataclass
class News:
    """Visits that changed: where each stood before and stands now."""

    left: dict[UUID, Place] = field(default_factory=dict)
    stands: dict[UUID, Place] = field(default_factory=dict)

    def came(self, visit_id: UUID, place: Place) -> None:
        """The visit stands there now."""
        self.stands[visit_id] = place

    def went(self, visit_id: UUID, place: Place) -> None:
        """The visit stood there; unless it `came` as well it is gone."""
        self.left.setdefault(visit_id, place)
        self.stands.pop(visit_id, None)


def tell(news: News) -> None:
    """What counts these visits is recomputed, and the phones of today's owners of their shops pull them again or drop
    them. Last in the transaction: the sequence's lock is held to the commit. One query, one more where a visit is not
    of today, and two for each territory."""
    places = [*news.left.values(), *news.stands.values()]
    marks.mark(KIND, {(place.territory_id, place.on_date) for place in places})
    owners = _owners(places)
    moved = {owners[p.retailer_id] for p in places if owners.get(p.retailer_id, p.territory_id) != p.territory_id}
    marks.mark(ELSEWHERE, {(owner, clock.today()) for owner in moved})
    came = {id_: owner for id_, place in news.stands.items() if (owner := owners.get(place.retailer_id)) is not None}
    gone = {
        id_: owner
        for id_, place in news.left.items()
        if (owner := owners.get(place.retailer_id)) is not None and came.get(id_) != owner
    }
    by_territory, dropped = _turned(came.items()), _turned(gone.items())
    for territory in sorted({*by_territory, *dropped}):  # one order for all writers
        synclog.append(COLLECTION, {territory: dropped.get(territory, ())}, deleted=True)
        synclog.append(COLLECTION, {territory: by_territory.get(territory, ())})


def _owners(places: Iterable[Place]) -> dict[UUID, int]:
    """Today's territory of each shop: of a visit of today its stamp says it."""
    today = clock.today()
    owners = {place.retailer_id: place.territory_id for place in places if place.on_date == today}
    if unknown := {place.retailer_id for place in places} - owners.keys():
        owners |= queries.owners(unknown, today)
    return owners


def _turned(pairs: Iterable[tuple[UUID, int]]) -> dict[int, list[UUID]]:
    found: dict[int, list[UUID]] = {}
    for visit_id, territory in pairs:
        found.setdefault(territory, []).append(visit_id)
    return found
