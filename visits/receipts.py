"""Receipts as the intake holds them: who sent which content under which id, and when; read by visits/intake.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection


class Receipt(NamedTuple):
    """One accepted submission; never changes."""

    submission_id: UUID
    kind: str
    sha256: bytes
    person_id: UUID
    month: date
    received_at: datetime


_STANDING = """
SELECT submission_id, kind, sha256, person_id, month, received_at FROM backend_receipt
WHERE submission_id = ANY(%s::uuid[])
"""
_MISSING = """
SELECT visit_id, array_agg(photo_id ORDER BY line_no) FROM visits_photo
WHERE month = ANY(%s) AND visit_id = ANY(%s) AND arrived_at IS NULL GROUP BY visit_id
"""


def standing(ids: Iterable[UUID]) -> dict[UUID, Receipt]:
    """The receipts that stand for these ids. One query for any number."""
    wanted = "{" + ",".join(map(str, ids)) + "}"
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [wanted])
        return {row[0]: Receipt(row[0], row[1], bytes(row[2]), *row[3:]) for row in cursor.fetchall()}


def missing_photos(held: Iterable[Receipt]) -> dict[UUID | None, tuple[UUID, ...]]:
    """The photos that these visits declare and whose bytes have not come, in their order; without those that miss
    none. One query for any number."""
    keys = list(held)
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, [sorted({r.month for r in keys}), [r.submission_id for r in keys]])
        return {visit_id: tuple(photos) for visit_id, photos in cursor.fetchall()}
