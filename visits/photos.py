"""Photos meet their visits: who may send one, what becomes of a whole one, and which visit it completes.

`TAKER` is what backend/uploads.py calls for every file; visits/intake.py and visits/revising.py call `link` for the
photos that a visit declares. A photo may come before its visit or after it. See docs/photos.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection, transaction

from backend import clock, prepared, quarantine, synclog, uploads
from backend.errors import FieldError, Problem, register
from backend.feeds import Feed
from backend.locks import Lock
from backend.models import Upload
from backend.quarantine import Refused
from backend.scope import Actor
from backend.uploads import Announced, Taker
from retail import queries
from visits import photo_store
from visits.models import StoredPhoto
from visits.news import COLLECTION
from visits.wire import MAX_PHOTO_BYTES

REFUSED = Feed("photos", 1, "visits.record", "", kept_as="photo")  # only names where refused photos are kept

register("photo_conflict", 409, ("同一照片编号已有不同内容", "Another photo stands under this id"),
         ("先到的内容有效；本次已拒绝并留存待处理。", "What came or was declared first stands; this one was refused, and kept as an issue."))  # fmt: skip  # noqa: E501

# What is here under the id, and what visits declare under it.
_KNOWN = """
SELECT true, sha256 FROM visits_storedphoto WHERE id = %(photo_id)s::uuid
UNION ALL SELECT false, sha256 FROM visits_photo WHERE photo_id = %(photo_id)s::uuid
"""
# Who declares or brings a photo waits for who brings or declares it at the same moment: the later one sees both.
_LOCK = f"""
SELECT pg_advisory_xact_lock({Lock.PHOTOS:d}, hashtext(id)) FROM (SELECT unnest(%s::text[]) AS id ORDER BY 1) AS ids
"""  # noqa: S608 - a number of our own
_LOCK_ONE = f"SELECT pg_advisory_xact_lock({Lock.PHOTOS:d}, hashtext(%(photo_id)s::uuid::text))"
_CLAIM = """
INSERT INTO visits_storedphoto (id, person_id, device_id, sha256, size_bytes, name, taken_at, arrived_at, state, reason,
    media_type, kind)
SELECT %(photo_id)s::uuid, %(person_id)s::uuid, %(device_id)s::uuid, %(sha256)s::bytea, %(length)s::integer,
    %(name)s::text, %(taken_at)s::timestamptz, %(arrived_at)s::timestamptz, 'arrived', '', '', ''
"""
# A photo that nobody knows: it and the row of its upload, or nothing.
_NEW = f"""
WITH taken AS ({_CLAIM} WHERE NOT EXISTS (SELECT FROM visits_photo WHERE photo_id = %(photo_id)s::uuid)
    ON CONFLICT (id) DO NOTHING RETURNING id)
{uploads.STORE} FROM taken
"""  # noqa: S608  constants of ours
# Of these months alone the statements below are planned: for every month that there is, planning one takes longer than
# all else that becomes of a photo.
_MONTHS = "SELECT DISTINCT month FROM visits_photo WHERE photo_id = ANY(%s::uuid[])"
_LEAVE = """
UPDATE visits_storedphoto SET month = NULL, visit_id = NULL, kind = '', retailer_id = NULL, territory_id = NULL,
    county_id = NULL
WHERE id = ANY(%s::uuid[]) AND visit_id IS NOT NULL
"""
# Photos of one visit that arrive together are counted one after the other.
_VISITS = """
SELECT v.id FROM visits_visit v
WHERE (v.month, v.id) IN (SELECT month, visit_id FROM visits_photo
    WHERE month = ANY(%(months)s::date[]) AND photo_id = ANY(%(ids)s::uuid[]))
AND v.month = ANY(%(months)s::date[])
ORDER BY v.id FOR UPDATE
"""
_LINK = """
WITH declared AS MATERIALIZED (
    SELECT p.month, p.visit_id, p.line_no, p.photo_id, p.kind, p.arrived_at AS known, s.arrived_at,
        s.id IS NOT NULL AS is_here
    FROM visits_photo p JOIN visits_visit v ON v.month = p.month AND v.id = p.visit_id
    LEFT JOIN visits_storedphoto s ON s.id = p.photo_id AND s.sha256 = p.sha256 AND s.person_id = v.person_id
    WHERE p.photo_id = ANY(%(ids)s::uuid[])
    AND p.month = ANY(%(months)s::date[]) AND v.month = ANY(%(months)s::date[])),
lines AS (
    UPDATE visits_photo p SET arrived_at = d.arrived_at FROM declared d
    WHERE (p.month, p.visit_id, p.line_no) = (d.month, d.visit_id, d.line_no)
    AND p.month = ANY(%(months)s::date[]) AND d.known IS DISTINCT FROM d.arrived_at),
counted AS (
    SELECT p.month, p.visit_id, count(*) FILTER (WHERE s.id IS NULL) AS missing
    FROM visits_photo p JOIN visits_visit v ON v.month = p.month AND v.id = p.visit_id
    LEFT JOIN visits_storedphoto s ON s.id = p.photo_id AND s.sha256 = p.sha256 AND s.person_id = v.person_id
    WHERE (p.month, p.visit_id) IN (SELECT month, visit_id FROM declared)
    AND p.month = ANY(%(months)s::date[]) AND v.month = ANY(%(months)s::date[])
    GROUP BY 1, 2),
stamped AS (
    UPDATE visits_storedphoto s SET month = d.month, visit_id = d.visit_id, kind = coalesce(d.kind, ''),
        retailer_id = v.retailer_id, territory_id = v.territory_id, county_id = v.county_id
    FROM unnest(%(ids)s::uuid[]) AS a(id)
    LEFT JOIN LATERAL (SELECT * FROM declared WHERE photo_id = a.id AND is_here
                       ORDER BY visit_id LIMIT 1) d ON true
    LEFT JOIN visits_visit v ON v.month = d.month AND v.id = d.visit_id AND v.month = ANY(%(months)s::date[])
    WHERE s.id = a.id AND (s.visit_id, s.month, s.retailer_id, s.territory_id, s.kind)
        IS DISTINCT FROM (d.visit_id, d.month, v.retailer_id, v.territory_id, coalesce(d.kind, '')))
UPDATE visits_visit v SET photos_missing = c.missing FROM counted c
WHERE v.month = c.month AND v.id = c.visit_id AND v.photos_missing <> c.missing
AND v.month = ANY(%(months)s::date[])
RETURNING v.id, v.retailer_id, v.photos_missing
"""


class Counted(NamedTuple):
    """A visit that misses another number of photos than before."""

    visit_id: UUID
    retailer_id: UUID
    missing: int


def link(photo_ids: Iterable[UUID]) -> list[Counted]:
    """Each of these photos that is here with the hash that a visit of its own sender's declares belongs to that visit,
    any other to none: whoever declares somebody else's photo misses it. The visits that declare them miss exactly what
    is not here. Returns the visits where that changed.

    In the caller's transaction, after the visit's lines (or the photo) are written. Four queries at most, none for no
    photos.
    """
    ids = sorted(set(photo_ids))
    if not ids:
        return []
    hold(ids)
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, [ids])
        months = [month for (month,) in cursor.fetchall()]
        if not months:
            cursor.execute(_LEAVE, [ids])
            return []
        cursor.execute(_VISITS, {"ids": ids, "months": months})
        cursor.execute(_LINK, {"ids": ids, "months": months})
        return [Counted(*row) for row in cursor.fetchall()]


def hold(photo_ids: Iterable[UUID]) -> None:
    """Nobody else brings or declares these photos until the end of the transaction. Called before the rows of a visit
    are rewritten, for whoever brings a photo waits here first and at its visit then. One query, none for no photos."""
    if ids := sorted(map(str, set(photo_ids))):
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [ids])


def judge(announced: Announced) -> bool:
    """The photo may come; True when none is here or declared under its id. One query.

    Problems bad_header, device_ended, photo_conflict (kept in quarantine).
    """
    photo_id = _photo_id(announced.metadata)
    taken_at = _taken_at(announced.metadata)
    if announced.until is not None and (taken_at is None or taken_at >= announced.until):
        raise Problem("device_ended")
    with prepared.cursor() as cursor:
        cursor.execute(_KNOWN, {"photo_id": photo_id})
        known = [(is_here, bytes(digest)) for is_here, digest in cursor.fetchall()]
    stands = [digest for is_here, digest in known if is_here] or [digest for _, digest in known]
    if stands and announced.sha256 not in stands:
        with transaction.atomic():
            _refuse(announced.actor, announced.metadata, announced.sha256)
        raise Problem("photo_conflict")
    return not known


def take(upload: Upload, path: Path) -> None:
    """The whole photo stands in the store, and its visit (if it is known) has it. A repeat changes nothing.

    Other content under the id is kept in quarantine instead. Problem store_unavailable. Five queries, three more where
    a visit has it now.
    """
    photo_id, digest = _photo_id(upload.metadata), bytes(upload.sha256)
    name = photo_store.name_of(photo_id, digest, clock.now().astimezone(UTC))
    made, known = _claim(upload, photo_id, name)
    if not made:
        if known != digest:
            _refuse(Actor(upload.person_id, (), upload.device_id), upload.metadata, digest)
        return
    _keep(name, path)
    _tell(link([photo_id]))


def take_new(upload: Upload, path: Path) -> bool:
    """As `take`, for a photo of which `judge` knew nothing: it stands, and the upload's row; False, and nothing is
    written, when it was brought or declared meanwhile. Problem store_unavailable. Two queries in one round trip."""
    photo_id = _photo_id(upload.metadata)
    name = photo_store.name_of(photo_id, bytes(upload.sha256), clock.now().astimezone(UTC))
    _keep(name, path)  # before it is told: a photo that is known is there
    told = {**uploads.parameters(upload), **_claimed(upload, photo_id, name)}
    return prepared.together([(_LOCK_ONE, {"photo_id": photo_id}), (_NEW, told)]) == 1


TAKER = Taker("visits.record", MAX_PHOTO_BYTES, judge, take, take_new)


# ----------------------------------------------------------------------------------------------------------------------


def _keep(name: str, path: Path) -> None:
    beside = path.with_suffix(".whole")  # the part file stays until the commit: what fails now is tried again
    beside.unlink(missing_ok=True)
    os.link(path, beside)
    try:
        photo_store.put(name, beside)
    finally:
        beside.unlink(missing_ok=True)


def _claim(upload: Upload, photo_id: UUID, name: str) -> tuple[bool, bytes]:
    """Whether the photo is ours to keep, and the hash that stands under its id. Waits for a parallel claim."""
    with prepared.cursor() as cursor:
        cursor.execute(f"{_CLAIM} ON CONFLICT (id) DO NOTHING", _claimed(upload, photo_id, name))
        if cursor.rowcount == 1:
            return True, bytes(upload.sha256)
    stands = StoredPhoto.objects.values_list("sha256", flat=True).get(pk=photo_id)
    return False, bytes(stands)


def _claimed(upload: Upload, photo_id: UUID, name: str) -> dict[str, Any]:
    return {
        "photo_id": photo_id,
        "person_id": upload.person_id,
        "device_id": upload.device_id,
        "sha256": bytes(upload.sha256),
        "length": upload.length,
        "name": name,
        "taken_at": _taken_at(upload.metadata),
        "arrived_at": clock.now(),
    }


def _tell(counted: list[Counted]) -> None:
    """The phones of the shop's territory of today pull the visit again."""
    if counted:
        owners = queries.owners({visit.retailer_id for visit in counted}, clock.today())
        changes: dict[int, list[UUID]] = {}
        for visit in counted:
            if (owner := owners.get(visit.retailer_id)) is not None:
                changes.setdefault(owner, []).append(visit.visit_id)
        synclog.append(COLLECTION, changes)


def _refuse(actor: Actor, metadata: dict[str, str], digest: bytes) -> None:
    told = {**metadata, "sha256": digest.hex()}
    refused = Refused(
        msgspec.json.encode(told, order="sorted"), _photo_id(metadata), Problem("photo_conflict"), standing=None
    )
    quarantine.keep(actor=actor, feed=REFUSED, refused=[refused], received_at=clock.now())


def _photo_id(metadata: dict[str, str]) -> UUID:
    try:
        if len(metadata["photo_id"]) == 36:
            return UUID(metadata["photo_id"])
    except (KeyError, ValueError):
        pass
    raise Problem("bad_header", errors=[FieldError("bad_header", pointer="Upload-Metadata")])


def _taken_at(metadata: dict[str, str]) -> datetime | None:
    text = metadata.get("taken_at")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 2199:
        raise Problem("bad_header", errors=[FieldError("bad_header", pointer="Upload-Metadata")])
    return moment.astimezone(UTC)
