"""What stands under the ids of visits, locked, for whoever edits or withdraws them; called by visits/revising.py,
visits/revision_api.py and visits/pushed.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from visits import telling
from visits.json_sql import obj
from visits.news import Place
from visits.receipts import Receipt
from visits.telling import KINDS, OF_MONTHS, content
from visits.wire import VisitIn

_LOCK = """
SELECT submission_id, kind, sha256, person_id, month, received_at FROM backend_receipt
WHERE submission_id = ANY(%s::uuid[]) ORDER BY submission_id FOR UPDATE
"""
_STANDS = f"""
SELECT v.id, v.revision, coalesce(v.content_sha256, r.sha256), v.retailer_id, v.territory_id, v.county_id, v.on_date,
    v.started_at, v.ended_at, v.received_at, v.device_offset_s, v.person_id, p.name,
    coalesce((SELECT max(x.made_at) FROM visits_visitrevision x WHERE x.visit_id = v.id), v.received_at),
    {obj(*content(OF_MONTHS))}
FROM visits_visit v JOIN backend_receipt r ON r.submission_id = v.id JOIN backend_person p ON p.id = v.person_id
{KINDS} WHERE v.month = ANY(%(months)s::date[]) AND v.id = ANY(%(ids)s::uuid[])
"""  # noqa: S608  names of our own


class Held(NamedTuple):
    """A visit as it stands, with what an edit must know of it."""

    id: UUID
    revision: int
    sha256: bytes  # of the content that was told last
    retailer_id: UUID
    territory_id: int
    county_id: int
    on_date: date
    started_at: datetime
    ended_at: datetime | None
    received_at: datetime  # at first
    offset_s: int | None
    person_id: UUID
    person_name: str
    changed_at: datetime
    content: dict[str, Any]  # as its phone would tell it

    @property
    def month(self) -> date:
        return self.on_date.replace(day=1)

    @property
    def place(self) -> Place:
        return Place(self.retailer_id, self.territory_id, self.on_date)

    @property
    def state(self) -> VisitIn | None:
        return telling.state(self.content)


@dataclass(frozen=True)
class Standing:
    """An id that was accepted once; `held` None: withdrawn, or not a visit at all."""

    receipt: Receipt
    held: Held | None


def locked(ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """What stands under these ids, by id; without those that were never accepted. Nobody else edits or withdraws them
    until the end of the transaction: a receipt's row never changes, so it is what writers wait at. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, ["{" + ",".join(map(str, set(ids))) + "}"])
        receipts = {row[0]: Receipt(row[0], row[1], bytes(row[2]), *row[3:]) for row in cursor.fetchall()}
        if not receipts:
            return {}
        cursor.execute(_STANDS, {"months": sorted({r.month for r in receipts.values()}), "ids": list(receipts)})
        held = {row[0]: _held(row) for row in cursor.fetchall()}
    return {id_: Standing(receipt, held.get(id_)) for id_, receipt in receipts.items()}


def _held(row: Any) -> Held:
    return Held._make([*row[:2], bytes(row[2]), *row[3:14], msgspec.json.decode(row[14])])
