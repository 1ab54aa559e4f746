"""What the server makes of a phone's clock and position: corrected times, presence, flags. Pure; for visits/intake.py.

A flag is recorded and never a reason to refuse. See docs/method.md and docs/decisions/0006.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from backend import clock
from backend.parameters import declared
from retail import places
from visits import parameters
from visits.models import Visit
from visits.wire import Place, VisitIn

TOO_FAR = "too_far"
NO_REASON = "no_reason"
MOCK = "mock_location"
TOO_SHORT = "too_short"
LATE = "late"
SKEW = "clock_skew"
OUTSIDE = "outside_hours"
OTHER_MONTH = "other_month"
LEFT_FAR = "left_far"
FLAGS = (TOO_FAR, NO_REASON, MOCK, TOO_SHORT, LATE, SKEW, OUTSIDE, OTHER_MONTH, LEFT_FAR)
AWAY = "away"  # the kind of photo that shows where one was instead

_TOLERATED = timedelta(seconds=parameters.SKEW_TOLERATED_S)


@dataclass(frozen=True, slots=True)
class Times:
    """When the visit was, by our clock as well as it can be known."""

    offset_s: int | None
    started_at: datetime
    ended_at: datetime | None
    on_date: date
    skewed: bool
    shift: timedelta = timedelta()  # what was taken off the phone's times
    is_moved: bool = False  # an edit told another month: the day of the first acceptance was kept

    @property
    def month(self) -> date:
        return self.on_date.replace(day=1)


def corrected(visit: VisitIn, received_at: datetime) -> Times:
    """Device time less the measured offset (`sent_at` - received) when that exceeds 120 s; never after receipt.

    An end before its start means that the phone's clock was set back in between: the end is unknown, the visit flagged.
    """
    offset_s = None if visit.sent_at is None else round((visit.sent_at - received_at).total_seconds())
    return held_against(visit, offset_s, received_at, received_at)


def held_against(visit: VisitIn, offset_s: int | None, began_by: datetime, ended_by: datetime) -> Times:
    """The same by an offset that is known already, for an edit: it began before its first receipt, whatever the phone
    says now, and ended before this one."""
    wrong = offset_s is not None and abs(offset_s) > parameters.SKEW_TOLERATED_S
    shift = timedelta(seconds=offset_s or 0) if wrong else timedelta()
    started_at, ended_at = visit.started_at.astimezone(UTC) - shift, visit.ended_at
    ahead = started_at > began_by + _TOLERATED
    started_at = min(started_at, began_by)
    backwards = ended_at is not None and ended_at < visit.started_at
    if ended_at is not None:
        ended_at = None if backwards else max(started_at, min(ended_at.astimezone(UTC) - shift, ended_by))
    return Times(offset_s, started_at, ended_at, clock.business_date(started_at), wrong or ahead or backwards, shift)


@dataclass(frozen=True, slots=True)
class Shop:
    """What a visit is held against: where the shop is, and its hours and market type on the business date."""

    lon: float | None
    lat: float | None
    datum: str
    opens_at: time | None
    closes_at: time | None
    market_type: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """One visit with all that its flags depend on."""

    visit: VisitIn
    times: Times
    shop: Shop
    distance_m: float | None
    received_at: datetime


def distance_m(place: Place | None, shop: Shop) -> float | None:
    """Metres between phone and shop in WGS-84, to a decimetre; None when a point or a datum is unknown."""
    if place is None or shop.lon is None or shop.lat is None:
        return None
    here = places.to_wgs84(place.lon, place.lat, place.datum)
    there = places.to_wgs84(shop.lon, shop.lat, shop.datum)
    return None if here is None or there is None else round(places.distance_m(here, there), 1)


def presence(place: Place | None, distance: float | None, near_m: int) -> Visit.Presence:
    """Valid when the distance less the accuracy is within `near_m`; beyond it, or with a mock location, to verify."""
    if place is not None and place.mock:
        return Visit.Presence.TO_VERIFY
    if place is None or distance is None:
        return Visit.Presence.UNKNOWN
    return Visit.Presence.VALID if not _far(place, distance, near_m) else Visit.Presence.TO_VERIFY


def near_m(shop: Shop, limits: dict[str, Any]) -> int:
    """The limit for this shop; one whose market type is unknown gets the wider."""
    key = parameters.URBAN_M if shop.market_type == "C" else parameters.RURAL_M
    return int(limits[key])


def flags(case: Case, limits: dict[str, Any]) -> list[str]:
    """What a manager may want to look at, in the order of FLAGS."""
    visit, times, shop, distance = case.visit, case.times, case.shop, case.distance_m
    far = visit.place is not None and distance is not None and _far(visit.place, distance, near_m(shop, limits))
    mock = visit.place is not None and visit.place.mock
    stayed = None if times.ended_at is None else (times.ended_at - times.started_at).total_seconds()
    found = {
        TOO_FAR: far,
        NO_REASON: far and not _explained(visit),
        MOCK: mock,
        TOO_SHORT: stayed is not None and stayed < limits[parameters.SHORTEST_S],
        LATE: _late(times, case.received_at, limits),
        SKEW: times.skewed,
        OUTSIDE: _outside(times, shop, limits),
        OTHER_MONTH: times.is_moved,
        LEFT_FAR: _left_far(visit, shop, limits),
    }
    return [flag for flag, raised in found.items() if raised]


def _explained(visit: VisitIn) -> bool:
    """Whoever is away says why, and shows the place by a photo."""
    return bool(visit.away_reason.strip()) and any(photo.kind == AWAY for photo in visit.photos)


def _left_far(visit: VisitIn, shop: Shop, limits: dict[str, Any]) -> bool:
    """The fix at the end is held against the shop as the one at the beginning."""
    distance = distance_m(visit.left, shop)
    return visit.left is not None and distance is not None and _far(visit.left, distance, near_m(shop, limits))


def _late(times: Times, received_at: datetime, limits: dict[str, Any]) -> bool:
    over = times.ended_at or times.started_at
    return received_at - over > timedelta(hours=limits[parameters.LATE_H])


def _far(place: Place, distance: float, limit_m: int) -> bool:
    return distance - (place.accuracy_m or 0) > limit_m


def _outside(times: Times, shop: Shop, limits: dict[str, Any]) -> bool:
    """Started outside the shop's hours, or the unit's where the card says none. Hours may pass midnight."""
    opens = shop.opens_at or _hour(limits[parameters.DAY_FROM], parameters.DAY_FROM)
    closes = shop.closes_at or _hour(limits[parameters.DAY_TO], parameters.DAY_TO)
    at = times.started_at.astimezone(clock.BUSINESS_ZONE).time()
    return not (opens <= at <= closes if opens <= closes else at >= opens or at <= closes)


def _hour(text: str, key: str) -> time:
    """A stored hour; one that is no time of day counts as not set."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        return time.fromisoformat(declared(key).default)
