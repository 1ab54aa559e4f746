"""Receipts of briefings, readings and quiz attempts, hash-chained, so that a later change shows.

Called by the tick (visits/proof.py), never by the intake, and by `manage.py verify_seals`. See
docs/decisions/0018-receipts-are-sealed-by-the-tick.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from backend import clock
from backend.locks import Lock, take
from backend.marks import Key
from visits import matrix
from visits.models import Seal

FIRST = bytes(32)  # what the first link holds on to

# What a receipt says, as text that depends on no setting of the session and is read in one way only.
_BRIEFING = """sha256(convert_to(jsonb_build_array('briefing', v.id, v.month, v.revision, v.retailer_id, v.person_id,
    v.territory_id, v.on_date, (extract(epoch FROM v.started_at) * 1000000)::bigint, b.policy_version_id, b.channel,
    b.told_to, b.understanding, b.answers, b.passed, b.signature_photo_id, b.unanswered, b.question)::text, 'UTF8'))"""
_READING = """sha256(convert_to(jsonb_build_array('reading', r.id, r.person_id, r.policy_version_id,
    (extract(epoch FROM r.read_at) * 1000000)::bigint)::text, 'UTF8'))"""
_ATTEMPT = """sha256(convert_to(jsonb_build_array('attempt', a.id, a.person_id, a.policy_version_id, a.answers,
    (extract(epoch FROM a.read_at) * 1000000)::bigint, (extract(epoch FROM a.answered_at) * 1000000)::bigint,
    (extract(epoch FROM a.received_at) * 1000000)::bigint, a.asked, a."right", a.passed)::text, 'UTF8'))"""

# The last seal of each receipt of a marked visit, beside what stands. Sealed is a visit that never was, and
# sealed anew what an edit or a withdrawal explains: a higher revision. What else differs is left for verify_seals.
_DUE = f"""
WITH k AS (SELECT * FROM unnest(%(territories)s::bigint[], %(days)s::date[]) AS k(territory_id, on_date)),
marked AS MATERIALIZED (
    SELECT v.* FROM k JOIN visits_visit v ON v.territory_id = k.territory_id AND v.on_date = k.on_date
        AND v.month = ANY(%(months)s::date[])),
stands AS (
    SELECT v.id AS record, b.policy_version_id AS part, v.month, v.revision, {_BRIEFING} AS content
    FROM marked v JOIN visits_briefing b ON b.month = v.month AND b.visit_id = v.id),
edited AS (
    SELECT e.visit_id, max(e.number) AS number, (array_agg(e.act ORDER BY e.number DESC))[1] AS act
    FROM visits_visitrevision e WHERE e.month = ANY(%(months)s::date[]) GROUP BY e.visit_id),
sealed AS (
    SELECT DISTINCT ON (s.record, s.part) s.record, s.part, s.month, s.revision, s.content FROM visits_seal s
    WHERE s.kind = 'briefing' AND (s.record IN (SELECT id FROM marked) OR s.record IN (SELECT visit_id FROM edited))
    ORDER BY s.record, s.part, s.sequence DESC)
SELECT 'briefing', n.record, n.part, n.month, n.revision, n.content FROM stands n
LEFT JOIN sealed s USING (record, part)
WHERE s.revision < n.revision OR (s.record IS NULL AND NOT EXISTS (
    SELECT FROM sealed o WHERE o.record = n.record AND o.revision >= n.revision))
UNION ALL
SELECT 'briefing', s.record, s.part, s.month, e.number, NULL FROM sealed s
JOIN edited e ON e.visit_id = s.record AND e.number > s.revision AND s.content IS NOT NULL
WHERE NOT EXISTS (SELECT FROM visits_briefing b JOIN visits_visit v ON v.id = b.visit_id AND v.month = b.month
    WHERE b.month = s.month AND b.visit_id = s.record AND b.policy_version_id = s.part)
UNION ALL
SELECT 'reading', r.id, 0, NULL, 1, {_READING} FROM visits_policyreading r
WHERE NOT r.is_sealed AND NOT EXISTS (SELECT FROM visits_seal s WHERE s.record = r.id AND s.part = 0)
UNION ALL
SELECT 'attempt', a.id, 0, NULL, 1, {_ATTEMPT} FROM visits_quizattempt a
WHERE NOT a.is_sealed AND NOT EXISTS (SELECT FROM visits_seal s WHERE s.record = a.id AND s.part = 0)
ORDER BY 1, 2, 3
"""  # noqa: S608 - our own SQL
_COLUMNS = ("sequence", "kind", "record", "part", "month", "revision", "content", "previous", "hash")
_LAST = "SELECT sequence, hash FROM visits_seal ORDER BY sequence DESC LIMIT 1"
# What is marked as sealed is not looked at again, so that the work follows what is new; the mark is no part of what is
# sealed, and proves nothing: a reading or attempt that is marked and has no link is named by `verify`.
_ADD = """
WITH reading AS (UPDATE visits_policyreading SET is_sealed = true WHERE id = ANY(%(ids)s::uuid[])),
attempt AS (UPDATE visits_quizattempt SET is_sealed = true WHERE id = ANY(%(ids)s::uuid[]))
INSERT INTO visits_seal (sequence, kind, record, part, month, revision, content, previous, hash, sealed_at)
SELECT s.*, %(now)s FROM unnest(%(sequence)s::bigint[], %(kind)s::text[], %(record)s::uuid[], %(part)s::bigint[],
    %(month)s::date[], %(revision)s::int[], %(content)s::bytea[], %(previous)s::bytea[], %(hash)s::bytea[]) AS s
"""


def seal(keys: Sequence[Key]) -> int:
    """Every briefing of these territories and days, and every reading and attempt, has its link in the chain; returns
    how many were added. In the caller's transaction, which holds the chain to its end; four queries at most."""
    take(Lock.SEALS)
    with connection.cursor() as cursor:
        cursor.execute(_DUE, matrix.places(keys))
        due = cursor.fetchall()
        if due:
            cursor.execute(_LAST)
            links = list(_linked(due, *(cursor.fetchone() or (0, FIRST))))
            columns = dict(zip(_COLUMNS, map(list, zip(*links, strict=True)), strict=True))
            ids = [record for _, kind, record, *_ in links if kind != "briefing"]
            cursor.execute(_ADD, {**columns, "ids": ids, "now": clock.now()})
    return len(due)


def _linked(due: Sequence[Any], sequence: int, previous: bytes) -> Iterator[tuple[Any, ...]]:
    for kind, record, part, month, revision, content in due:
        sequence += 1
        found = linked(previous, content)
        yield sequence, kind, record, part, month, revision, content, bytes(previous), found
        previous = found


def linked(previous: bytes, content: bytes | None) -> bytes:
    """The hash of a link: over the hash before it and its own content, 32 zero bytes for what was withdrawn. Pure."""
    return sha256(bytes(previous) + (bytes(content) if content is not None else bytes(32))).digest()


# -- what a verification finds -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """Something that does not agree with the chain: which link (0: none), which receipt, and how."""

    sequence: int
    kind: str
    record: str
    part: int
    what: str  # "chain", "missing link", "changed", "gone", "came back", "added"


_WHOLE = "SELECT sequence, kind, record, part, content, previous, hash FROM visits_seal ORDER BY sequence"
# Of each receipt the last seal counts: an earlier one is explained by the revision that sealed it anew.
_DIFFERS = f"""
WITH last AS (
    SELECT DISTINCT ON (record, part) sequence, kind, record, part, month, content FROM visits_seal
    ORDER BY record, part, sequence DESC),
compared AS (
    SELECT s.sequence, s.kind, s.record, s.part, s.content AS sealed, {_BRIEFING} AS stands,
        b.visit_id IS NOT NULL AS here
    FROM last s LEFT JOIN visits_visit v ON v.id = s.record AND v.month = s.month
    LEFT JOIN visits_briefing b ON b.month = v.month AND b.visit_id = v.id AND b.policy_version_id = s.part
    WHERE s.kind = 'briefing'
    UNION ALL
    SELECT s.sequence, s.kind, s.record, s.part, s.content, {_READING}, r.id IS NOT NULL
    FROM last s LEFT JOIN visits_policyreading r ON r.id = s.record WHERE s.kind = 'reading'
    UNION ALL
    SELECT s.sequence, s.kind, s.record, s.part, s.content, {_ATTEMPT}, a.id IS NOT NULL
    FROM last s LEFT JOIN visits_quizattempt a ON a.id = s.record WHERE s.kind = 'attempt')
SELECT sequence, kind, record, part,
    CASE WHEN NOT here THEN 'gone' WHEN sealed IS NULL THEN 'came back' ELSE 'changed' END
FROM compared
WHERE CASE WHEN here THEN sealed IS DISTINCT FROM stands ELSE sealed IS NOT NULL END
UNION ALL
SELECT o.sequence, 'briefing', o.record, b.policy_version_id, 'added'
FROM (SELECT DISTINCT ON (record) sequence, record, month, revision FROM visits_seal WHERE kind = 'briefing'
    ORDER BY record, revision DESC, sequence DESC) o
JOIN visits_visit v ON v.id = o.record AND v.month = o.month AND v.revision <= o.revision
JOIN visits_briefing b ON b.month = v.month AND b.visit_id = v.id
WHERE NOT EXISTS (SELECT FROM visits_seal s WHERE s.record = v.id AND s.part = b.policy_version_id)
UNION ALL
SELECT 0, r.kind, r.id, 0, 'added' FROM (
    SELECT 'reading' AS kind, id FROM visits_policyreading WHERE is_sealed
    UNION ALL SELECT 'attempt', id FROM visits_quizattempt WHERE is_sealed) r
WHERE NOT EXISTS (SELECT FROM visits_seal s WHERE s.record = r.id AND s.part = 0)
ORDER BY 1, 4
"""  # noqa: S608 - our own SQL


def verify() -> tuple[list[Fault], tuple[int, str]]:
    """What does not agree, and the head of the chain (sequence, hash in hex) to be kept elsewhere. Two queries; the
    links pass through one at a time."""
    faults: list[Fault] = []
    expected, previous = 1, FIRST
    with connection.chunked_cursor() as cursor:
        cursor.execute(_WHOLE)
        for sequence, kind, record, part, content, before, found in cursor:
            if sequence != expected:
                faults.append(Fault(sequence, kind, str(record), part, "missing link"))
            elif bytes(before) != previous or linked(bytes(before), content) != bytes(found):
                faults.append(Fault(sequence, kind, str(record), part, "chain"))
            expected, previous = sequence + 1, bytes(found)
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERS)
        faults += [Fault(row[0], row[1], str(row[2]), row[3], row[4]) for row in cursor.fetchall()]
    return sorted(faults, key=lambda fault: fault.sequence), (expected - 1, previous.hex())


def seals_of(receipts: Iterable[tuple[UUID, int]]) -> dict[tuple[UUID, int], Seal]:
    """The last link of each of these briefings (visit, policy version) that is in the chain. One query, none for none;
    for the pages of policies."""
    wanted = set(receipts)
    if not wanted:
        return {}
    visits, versions = {visit for visit, _ in wanted}, {version for _, version in wanted}
    rows = Seal.objects.filter(kind=Seal.Kind.BRIEFING, record__in=visits, part__in=versions)
    found = {(row.record, row.part): row for row in rows.order_by("sequence")}
    return {key: row for key, row in found.items() if key in wanted}
