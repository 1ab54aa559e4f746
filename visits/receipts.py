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


def standing(ids: Iterable[UUID]) -> dict[UUID, Receipt]:
    """The receipts that stand for these ids. One query for any number."""
    wanted = "{" + ",".join(map(str, ids)) + "}"
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [wanted])
        return {row[0]: Receipt(row[0], row[1], bytes(row[2]), *row[3:]) for row in cursor.fetchall()}
