"""What is odd about a photo: taken elsewhere, at another time, or used before; for processing and the change marks.

Signals, not verdicts: each names its figures, and a person decides (visits/signalling.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import clock, marks, parameters
from backend.marks import Key
from retail import places
from visits.parameters import PHOTO_FAR_M, PHOTO_OFF_MIN
from visits.signalling import Raised, raise_signals

CONSUMER = "photos"
KINDS = ("visits",)
ALIKE = 4  # of the 64 bits of two difference hashes
BACK = "13 months"
LONGEST_VISIT = timedelta(hours=4)  # of one whose end nobody told
PLAIN = 6  # a picture with fewer edges than this (a wall, a black frame) looks like every other one

# `earlier`: the photo that came first with the very same bytes, anywhere; else one that looks the same, of the same
# shop or person and another visit. Photos of one visit may look alike, and signatures always do.
_ASKED = f"""
SELECT s.id, s.visit_id, s.month, v.territory_id, v.on_date, e.taken_at, e.lon, e.lat,
    v.lon AS visit_lon, v.lat AS visit_lat, v.datum, v.accuracy_m, v.device_started_at, v.device_ended_at,
    o.id AS earlier_id, o.visit_id AS earlier_visit_id, o.arrived_at AS earlier_at, o.bits
FROM visits_storedphoto s
JOIN visits_visit v ON v.month = s.month AND v.id = s.visit_id
LEFT JOIN visits_photoexif e ON e.photo_id = s.id
LEFT JOIN LATERAL (
    (SELECT x.id, x.visit_id, x.arrived_at, 0 AS bits FROM visits_storedphoto x
     WHERE x.sha256 = s.sha256 AND (x.arrived_at, x.id) < (s.arrived_at, s.id)
     ORDER BY x.arrived_at, x.id LIMIT 1)
    UNION ALL
    (SELECT x.id, x.visit_id, x.arrived_at, bit_count((x.phash # s.phash)::bit(64))::int FROM visits_storedphoto x
     WHERE (x.retailer_id = s.retailer_id OR x.person_id = s.person_id) AND x.state = 'ready'
     AND x.visit_id <> s.visit_id AND x.kind <> 'signature' AND s.kind <> 'signature'
     AND (x.arrived_at, x.id) < (s.arrived_at, s.id) AND x.arrived_at >= s.arrived_at - interval '{BACK}'
     AND bit_count(s.phash::bit(64)) BETWEEN {PLAIN} AND {64 - PLAIN}
     AND bit_count((x.phash # s.phash)::bit(64)) <= {ALIKE}
     ORDER BY 4, x.arrived_at, x.id LIMIT 1)
    ORDER BY bits LIMIT 1) AS o ON true
WHERE s.state = 'ready' AND s.id = ANY(%s::uuid[])
ORDER BY s.id
"""  # noqa: S608 - our own numbers
_OF_KEYS = """
SELECT s.id FROM visits_storedphoto s
JOIN visits_visit v ON v.month = s.month AND v.id = s.visit_id
JOIN unnest(%s::bigint[], %s::date[]) AS k(unit_id, on_date) ON k.unit_id = v.territory_id AND k.on_date = v.on_date
WHERE v.month = ANY(%s::date[]) AND s.state = 'ready'
"""
# Derived until somebody says something: what is found no more goes.
_GONE = """
DELETE FROM visits_signal s
WHERE s.photo_id = ANY(%s::uuid[]) AND s.kind LIKE 'photo\\_%%' AND s.state = 'open'
AND NOT EXISTS (SELECT FROM unnest(%s::uuid[], %s::text[], %s::uuid[]) AS f(visit_id, kind, photo_id)
    WHERE (f.visit_id, f.kind, f.photo_id) = (s.visit_id, s.kind, s.photo_id))
"""


def odd(photo_ids: Iterable[UUID]) -> list[Raised]:
    """What is odd about those of the photos that are ready and have their visit. Two queries for any number."""
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, [sorted(set(photo_ids))])
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if not rows:
        return []
    pairs = {(row["territory_id"], row["on_date"]) for row in rows}
    limits = parameters.values_at((PHOTO_FAR_M, PHOTO_OFF_MIN), pairs)
    found = []
    for row in rows:
        limit = limits[row["territory_id"], row["on_date"]]
        for kind, figures in (
            ("photo_reuse", _reused(row)),
            ("photo_far", _far(row, limit[PHOTO_FAR_M])),
            ("photo_time", _off(row, timedelta(minutes=limit[PHOTO_OFF_MIN]))),
        ):
            if figures:
                found.append(Raised(row["visit_id"], row["month"], kind, row["id"], figures))
    return found


def examine(photo_ids: Iterable[UUID]) -> list[Raised]:
    """Signals about these photos are what is odd about them now; one that somebody has spoken to stays as it is.

    Returns what is odd. Four queries for any number of photos, none for none.
    """
    ids = sorted(set(photo_ids))
    if not ids:
        return []
    with transaction.atomic():
        found = odd(ids)
        with connection.cursor() as cursor:
            cursor.execute(
                _GONE,
                [ids, [f.visit_id for f in found], [f.kind for f in found], [f.photo_id for f in found]],
            )
        raise_signals(found)
    return found


def follow() -> int:
    """The tick: photos of visits that came, changed or went are looked at again. Returns keys taken."""
    return marks.drain(CONSUMER, KINDS, _visits_changed)


# ----------------------------------------------------------------------------------------------------------------------


def _visits_changed(keys: Sequence[Key]) -> None:
    units, days = [key.unit_id for key in keys], [key.on_date for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(_OF_KEYS, [units, days, sorted({clock.month_of(day) for day in days})])
        ids = [row[0] for row in cursor.fetchall()]
    examine(ids)


def _reused(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["earlier_id"] is None:
        return None
    visit = row["earlier_visit_id"]
    return {
        "earlier_photo": str(row["earlier_id"]),
        "earlier_visit": visit and str(visit),
        "earlier_at": row["earlier_at"].astimezone(UTC).isoformat(),
        "bits": row["bits"],
    }


def _far(row: dict[str, Any], limit_m: int) -> dict[str, Any] | None:
    """Both points by the same phone: EXIF speaks WGS-84."""
    if row["lon"] is None or row["visit_lon"] is None:
        return None
    visit = places.to_wgs84(row["visit_lon"], row["visit_lat"], row["datum"])
    if visit is None:
        return None
    distance = round(places.distance_m((row["lon"], row["lat"]), visit))
    return {"distance_m": distance, "limit_m": limit_m} if distance - (row["accuracy_m"] or 0) > limit_m else None


def _off(row: dict[str, Any], tolerated: timedelta) -> dict[str, Any] | None:
    """By the phone's own clock on both sides, so that a wrong clock is not held against the photo as well."""
    taken: datetime | None = row["taken_at"]
    if taken is None:
        return None
    begun = row["device_started_at"]
    ended = max(row["device_ended_at"] or begun + LONGEST_VISIT, begun)
    off = max(begun - taken, taken - ended, timedelta())
    if off <= tolerated:
        return None
    return {"minutes": round(off.total_seconds() / 60), "limit_min": round(tolerated.total_seconds() / 60)}
