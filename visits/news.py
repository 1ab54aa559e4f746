"""What follows from a change to visits: marks for those who recompute, entries for phones. The verbs call it last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from backend import clock, marks, quarantine, synclog
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
    again: dict[UUID, Place] = field(default_factory=dict)
    issues: dict[int, list[UUID]] = field(default_factory=dict)

    def came(self, visit_id: UUID, place: Place) -> None:
        """The visit stands there now."""
        self.stands[visit_id] = place

    def went(self, visit_id: UUID, place: Place) -> None:
        """The visit stood there; unless it `came` as well it is gone."""
        self.left.setdefault(visit_id, place)
        self.stands.pop(visit_id, None)

    def asked(self, visit_id: UUID, place: Place) -> None:
        """Nothing changed, but a phone does not know yet what the server says of it."""
        self.again[visit_id] = place

    def mended(self, issues: Mapping[int, Iterable[UUID]]) -> None:
        """These left the quarantine, by the unit where they are kept: their author's phone shows them as open."""
        for unit, kept in issues.items():
            self.issues.setdefault(unit, []).extend(kept)


def tell(news: News) -> None:
    """What counts these visits is recomputed, and the phones of today's owners of their shops pull them again or drop
    them. Last in the transaction: the sequence's lock is held to the commit. One query, one more where a visit is not
    newly stamped today, and two for each territory and each unit where something left the quarantine."""
    places = [*news.left.values(), *news.stands.values()]
    marks.mark(KIND, {(place.territory_id, place.on_date) for place in places})
    owners = _owners(news)
    moved = {owners[p.retailer_id] for p in places if owners.get(p.retailer_id, p.territory_id) != p.territory_id}
    marks.mark(ELSEWHERE, {(owner, clock.today()) for owner in moved})
    told: dict[int, set[UUID]] = {}
    dropped: dict[int, set[UUID]] = {}
    for id_, place in (news.again | news.stands).items():
        owner = owners.get(place.retailer_id)
        if owner is not None:
            told.setdefault(owner, set()).add(id_)
        if owner != place.territory_id:  # whoever recorded it was perhaps told already that the shop had left
            dropped.setdefault(place.territory_id, set()).add(id_)
    for id_, place in news.left.items():
        for territory in {owners.get(place.retailer_id, place.territory_id), place.territory_id}:
            dropped.setdefault(territory, set()).add(id_)
    for territory in sorted({*told, *dropped}):  # one order for all writers
        here = told.get(territory, set())
        synclog.append(COLLECTION, {territory: dropped.get(territory, set()) - here}, deleted=True)
        synclog.append(COLLECTION, {territory: here})
    synclog.append(quarantine.COLLECTION, news.issues)


def _owners(news: News) -> dict[UUID, int]:
    """Today's territory of each shop: of a visit of today that was stamped just now its stamp says it."""
    today = clock.today()
    owners = {place.retailer_id: place.territory_id for place in news.stands.values() if place.on_date == today}
    places = (*news.left.values(), *news.stands.values(), *news.again.values())
    if unknown := {place.retailer_id for place in places} - owners.keys():
        owners |= queries.owners(unknown, today)
    return owners
