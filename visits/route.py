"""A day's stops in a short order: nearest neighbour, then 2-opt, never longer than the order that was given. Pure;
called by cycles/plan_api.py for one day at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from uuid import UUID

from retail.places import Point, distance_m

LATE_OPENING, EARLY_CLOSING = time(10), time(12)


@dataclass(frozen=True)
class Place:
    """A stop on the ground: its point in WGS-84 (None: unknown) and the shop's hours."""

    id: UUID
    point: Point | None
    opens_at: time | None = None
    closes_at: time | None = None

    @property
    def part(self) -> int:
        """When in the day its hours ask for it: 0 before noon only, 1 any time, 2 not first, 3 after noon only."""
        if self.closes_at and self.closes_at <= EARLY_CLOSING and self.closes_at > (self.opens_at or time.min):
            return 0
        if self.opens_at is None or self.opens_at < LATE_OPENING:
            return 1
        return 2 if self.opens_at < EARLY_CLOSING else 3


def length_m(order: Sequence[Place]) -> float:
    """Metres from the first stop to the last, straight from each to the next; stops without a point count nothing."""
    points = [place.point for place in order if place.point]
    return sum(distance_m(here, there) for here, there in pairwise(points))


def shorter(given: Sequence[Place]) -> list[Place]:
    """The same stops in an order that keeps to their hours, or as given where that is not shorter. Stops without a
    point come last in their part of the day, as they were."""
    found: list[Place] = []
    for part in range(4):
        of_part = [place for place in given if place.part == part]
        placed = _opened([p for p in of_part if p.point], found)
        found += [*placed, *(p for p in of_part if not p.point)]
    return found if length_m(found) < length_m(given) else list(given)


def _opened(places: list[Place], before: Sequence[Place]) -> list[Place]:
    """The shortest that nearest neighbour and 2-opt find, from each start, or from the last stop before."""
    if len(places) < 2:
        return places
    last = next((place for place in reversed(before) if place.point), None)
    starts = [min(places, key=lambda p: _between(last, p))] if last else places
    tours = (_two_opt(_nearest(places, start), last) for start in starts)
    return min(tours, key=lambda tour: length_m([last, *tour] if last else tour))


def _nearest(places: list[Place], start: Place) -> list[Place]:
    left, tour = [p for p in places if p is not start], [start]
    while left:
        following = min(left, key=lambda p: _between(tour[-1], p))
        left.remove(following)
        tour.append(following)
    return tour


def _two_opt(tour: list[Place], last: Place | None) -> list[Place]:
    """Turns stretches round for as long as that makes the way shorter by a metre."""
    better = True
    while better:
        better = False
        for i in range(len(tour) - 1):
            for j in range(i + 1, len(tour)):
                before = tour[i - 1] if i else last
                after = tour[j + 1] if j + 1 < len(tour) else None
                saved = _between(before, tour[i]) + _between(tour[j], after)
                saved -= _between(before, tour[j]) + _between(tour[i], after)
                if saved > 1:
                    tour[i : j + 1] = reversed(tour[i : j + 1])
                    better = True
    return tour


def _between(here: Place | None, there: Place | None) -> float:
    if here is None or there is None or here.point is None or there.point is None:
        return 0.0
    return distance_m(here.point, there.point)
