"""A visit as its phone would tell it, rebuilt from the rows that stand; for edits, their history and phones' copies.

Written by the database as JSON: `content` gives the expression, `told` reads visits whole. What is told here and
pushed again is the same state (docs/sync.md). Called by visits/revising.py and visits/feeds.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from visits import wire
from visits.parameters import SKEW_TOLERATED_S
from visits.wire import VisitIn

Key = tuple[UUID, date]

OWNED = wire.TOLD
"""What the phone writes; all else of the document is the server's."""


def utc(column: str) -> str:
    """SQL of a moment as phones write it: UTC, `Z`, no more digits than it has."""
    text = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    return f"rtrim(rtrim({text}, '0'), '.') || 'Z'"


def _lines(table: str, fields: str, only: str = "true") -> str:
    """SQL of a list of lines in their order, null for none. Every null inside is a default, and is left out."""
    return (
        f"(SELECT jsonb_agg(jsonb_build_object({fields}) ORDER BY l.line_no) FROM visits_{table} l"  # noqa: S608
        f" WHERE l.month = v.month AND l.visit_id = v.id AND {only})"
    )


def _same(*columns: str) -> str:
    return ", ".join(f"'{column}', l.{column}" for column in columns)


def _unless(default: str, *columns: str, of: str = "l") -> str:
    return ", ".join(f"'{column}', nullif({of}.{column}, {default})" for column in columns)


def _list(column: str) -> str:
    return f"CASE WHEN cardinality({column}) > 0 THEN to_jsonb({column}) END"


def _place(prefix: str, mock: str) -> str:
    return (
        f"CASE WHEN v.{prefix}lon IS NOT NULL THEN jsonb_build_object('lon', v.{prefix}lon, 'lat', v.{prefix}lat,"
        f" 'datum', nullif(v.{prefix}datum, 'unknown'), 'accuracy_m', v.{prefix}accuracy_m, 'mock', {mock}) END"
    )


_OBSERVATION = _same(
    "product_id", "on_shelf", "carton_price_fen", "pack_price_fen", "stock_packs", "facings", "oos_days", "confidence"
)
_REMARK = (
    _same("kind", "text", "product_id", "policy_id", "confidence", "price_fen", "quantity")
    + ", "
    + _unless("''", "counter_proposal", "place", "campaign")
)
_BRIEFING = (
    _same("policy_version_id", "understanding")
    + ", "
    + _unless("''", "told_to", "question")
    + ", 'channel', nullif(l.channel, 'visit'), 'answers', nullif(l.answers, '[]'), 'signature', l.signature_photo_id,"
    " 'unanswered', nullif(l.unanswered, false)"
)
_PITCH = _same("product_id", "accepted") + ", " + _unless("''", "refusal", "words")
_TRAINING = _same("topic", "minutes", "understanding") + ", " + _unless("''", "told_to")
_COMPLIANCE = (
    _same(
        "tags_shown", "tags_missing", "tags_mismatched", "tags_altered", "tags_over_cap", "licence_shown",
        "holder_trades", "goods_genuine", "minors_sign", "id_asked", "near_school",
    )
    + ", "
    + _unless("''", "words")
)  # fmt: skip
# The phone's own time: what was taken off for its clock is put back (visits/verdict.py).
_SHIFT = (
    f"CASE WHEN abs(v.device_offset_s) > {SKEW_TOLERATED_S} THEN make_interval(secs => v.device_offset_s)"
    " ELSE interval '0' END"
)
_PHOTO = (
    f"'id', l.photo_id, 'sha256', encode(l.sha256, 'hex'), 'bytes', l.size_bytes,"
    f" 'taken_at', {utc(f'(l.taken_at + {_SHIFT})')}, 'kind', nullif(l.kind, 'other'), 'item', nullif(l.item_code, '')"
)
# An answer is stored as text; what it was the template's item says. Null, not applicable, is said.
_ANSWER = """CASE WHEN l.products IS NOT NULL THEN to_jsonb(l.products) WHEN l.answer = '' THEN 'null'::jsonb
    WHEN k.kinds ->> l.item_code = 'yes_no' THEN to_jsonb(l.answer = '1')
    WHEN k.kinds ->> l.item_code = 'count' THEN l.answer::jsonb ELSE to_jsonb(l.answer) END"""
_CHECK = f"""coalesce((SELECT jsonb_build_object('check', jsonb_build_object(
    'template_version_id', v.template_version_id, 'answers', jsonb_agg(
        jsonb_build_object('item', l.item_code, 'answer', {_ANSWER}) || jsonb_strip_nulls(jsonb_build_object(
            'fixed', nullif(l.fixed, false), 'before', l.before_photo_id, 'after', l.after_photo_id))
        ORDER BY l.line_no)))
    FROM visits_checkline l WHERE l.month = v.month AND l.visit_id = v.id HAVING count(*) > 0), '{{}}')"""  # noqa: S608


def content(remarks: str = "true") -> str:
    """SQL of the phone's own fields, defaults left out: of visits_visit `v` joined with `k` (KINDS); `remarks` says
    which remarks `l` are told. A retailer's score of the visit stands nowhere beside it, and is not told."""
    return f"""jsonb_strip_nulls(jsonb_build_object('submission_id', v.id, 'retailer_id', v.retailer_id,
    'started_at', {utc("v.device_started_at")}, 'ended_at', {utc("v.device_ended_at")},
    'place', {_place("", "CASE WHEN 'mock_location' = ANY(v.flags) THEN true END")},
    'left', {_place("left_", "NULL")},
    {_unless("''", "away_reason", "persons_met", "note", "unplanned_reason", of="v")},
    'stop_id', v.stop_id, 'purposes', {_list("v.purposes")}, 'tags', {_list("v.tags")},
    'confirmed_by', nullif(v.confirmed_by, ''), 'signature', v.signature_photo_id, 'typed_s', v.typed_s,
    'observations', {_lines("observation", _OBSERVATION)}, 'remarks', {_lines("remark", _REMARK, remarks)},
    'briefings', {_lines("briefing", _BRIEFING)}, 'pitches', {_lines("pitch", _PITCH)},
    'trainings', {_lines("training", _TRAINING)}, 'compliance', {_lines("compliancecheck", _COMPLIANCE)} -> 0,
    'photos', {_lines("photo", _PHOTO)})) || {_CHECK}"""


KINDS = """
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(i ->> 'code', i ->> 'kind') AS kinds
    FROM visits_templateversion t, jsonb_array_elements(t.items) i WHERE t.id = v.template_version_id) k ON true
"""
_TOLD = f"""
SELECT v.id, ({content()})::text FROM visits_visit v {KINDS}
WHERE v.month = ANY(%(months)s::date[]) AND v.id = ANY(%(ids)s::uuid[])
"""  # noqa: S608  names of our own


def told(keys: Iterable[Key]) -> dict[UUID, dict[str, Any]]:
    """These visits as their phones would tell them, whole, restricted remarks too. One query for any number."""
    wanted = list(keys)
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, {"ids": [id_ for id_, _ in wanted], "months": sorted({month for _, month in wanted})})
        return {id_: msgspec.json.decode(text) for id_, text in cursor.fetchall()}


def state(document: dict[str, Any]) -> VisitIn | None:
    """What a document says of the visit; fields that are not the phone's are passed over. None for what is no visit."""
    owned = {name: value for name, value in document.items() if name in OWNED}
    return wire.read(msgspec.json.encode(owned)).visit


def same_state(one: VisitIn | None, other: VisitIn | None) -> bool:
    """Whether two say the same of a visit, however they spell it: a default said or left out, another zone of time.
    What is stored apart from the visit (a retailer's score, a mocked end) is passed over; what is no visit equals
    nothing."""
    return one is not None and other is not None and _compared(one) == _compared(other)


def _compared(visit: VisitIn) -> VisitIn:
    left = visit.left and msgspec.structs.replace(visit.left, mock=False)
    return msgspec.structs.replace(visit, sent_at=None, score=None, left=left)
