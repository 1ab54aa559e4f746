"""The one statement that makes visits true: it claims receipts and writes visits and lines; called by visits/intake.py.

Rows go as one JSON document, so the cost is the same behind a pooler and no statement grows with the batch. Lines are
validated before, which is why their tables carry no foreign keys. An edit (visits/revising.py) writes the same rows by
the same parts over a visit that stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from msgspec import Struct

from visits.scoring import Line
from visits.storing_sql import REWRITE, STORE
from visits.wire import Briefing, Compliance, Observation, Pitch, Remark, Training


class BriefingRow(Briefing, omit_defaults=True):
    """A briefing with what its answers come to; null = not asked."""

    passed: bool | None = None


class DeclaredPhoto(Struct, omit_defaults=True):
    """A photo of the visit, its time corrected as the visit's are."""

    id: UUID
    sha256: str
    bytes: int
    taken_at: datetime
    kind: str
    item: str = ""


class Row(Struct, omit_defaults=True):
    """One visit as it will stand in the database, its lines inside."""

    id: UUID
    month: date
    sha256: str
    retailer_id: UUID
    territory_id: int
    county_id: int
    on_date: date
    started_at: datetime
    device_started_at: datetime
    presence: str
    flags: list[str]
    ended_at: datetime | None = None
    device_ended_at: datetime | None = None
    device_offset_s: int | None = None
    lon: float | None = None
    lat: float | None = None
    datum: str | None = None
    accuracy_m: float | None = None
    distance_m: float | None = None
    away_reason: str = ""
    persons_met: str = ""
    note: str = ""
    template_version_id: int | None = None
    display_score: Decimal | None = None
    checks: list[Line] = []
    observations: list[Observation] = []
    remarks: list[Remark] = []
    briefings: list[Briefing] = []
    pitches: list[Pitch] = []
    stop_id: UUID | None = None
    unplanned_reason: str = ""
    purposes: list[str] = []
    tags: list[str] = []
    left_lon: float | None = None
    left_lat: float | None = None
    left_datum: str | None = None
    left_accuracy_m: float | None = None
    left_distance_m: float | None = None
    typed_s: int | None = None
    confirmed_by: str = ""
    signature: UUID | None = None
    photos_declared: int = 0
    score: int | None = None
    trainings: list[Training] = []
    compliance: list[Compliance] = []
    photos: list[DeclaredPhoto] = []
    revision: int = 1


LINE_TABLES = (
    "visits_checkline", "visits_observation", "visits_remark", "visits_briefing", "visits_pitch", "visits_training",
    "visits_compliancecheck", "visits_photo",
)  # fmt: skip
_OF = "month = ANY(%(months)s::date[]) AND {} = ANY(%(ids)s::uuid[])"
_CLEAR = ", ".join(f"{table} AS (DELETE FROM {table} WHERE {_OF.format('visit_id')})" for table in LINE_TABLES)  # noqa: S608


class Written(NamedTuple):
    """The ids whose claim was won, and what left the quarantine by it, by unit."""

    won: set[UUID]
    settled: dict[int, list[UUID]]


def store(rows: Sequence[Row], *, person_id: UUID, device_id: UUID | None, received_at: datetime) -> Written:
    """The visits stand with all their lines, each under its receipt; what had been refused of them before is settled.
    One query.

    Waits for a parallel transaction that claims one of the ids, and leaves that id to it if it commits.
    """
    made = Written(set(), {})
    for is_won, key, unit in _written(STORE, [msgspec.json.encode(rows).decode(), person_id, device_id, received_at]):
        if is_won:
            made.won.add(key)
        elif unit is not None:
            made.settled.setdefault(unit, []).append(key)
    return made


def rewrite(rows: Sequence[Row]) -> None:
    """Visits that stand (their receipts locked by the caller) say what these rows say, lines and all: under the same
    id, month, person, device and first receipt. A retailer's score is not counted again; which photos are here is for
    visits/photos.py to link. Two queries."""
    clear([(row.id, row.month) for row in rows], whole=False)
    _written(REWRITE, [msgspec.json.encode(rows).decode()])


def clear(keys: Iterable[tuple[UUID, date]], *, whole: bool) -> None:
    """These visits have no lines any more; with `whole` they are gone altogether. One query."""
    wanted = list(keys)
    visit = f", visit AS (DELETE FROM visits_visit WHERE {_OF.format('id')})" if whole else ""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {_CLEAR}{visit} SELECT 1",
            {"ids": [id_ for id_, _ in wanted], "months": sorted({month for _, month in wanted})},
        )


def _written(statement: str, values: list[Any]) -> list[Any]:
    connection.ensure_connection()
    # Bound by the server: merged into the statement, a document of 200 KB would be escaped here and parsed there.
    bound: Any = ServerBindingCursor
    with connection._prepare_cursor(bound(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, values)
        return cursor.fetchall()
