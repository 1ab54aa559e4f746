"""A visit as its phone would tell it, rebuilt from the rows that stand; for edits, their history and phones' copies.

Written by the database as JSON: `content` gives the expression, `told` reads visits whole. What is told here and
pushed again is the same state (docs/sync.md). Called by visits/revising.py and visits/visit_feed.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from visits import wire
from visits.json_sql import array, field, obj, plain, quoted
from visits.parameters import SKEW_TOLERATED_S
from visits.wire import VisitIn

Key = tuple[UUID, date]

OWNED = wire.TOLD
"""What the phone writes; all else of the document is the server's."""


def utc(column: str) -> str:
    """SQL of a moment as phones write it: UTC, `Z`, no more digits than it has."""
    text = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    return f"rtrim(rtrim({text}, '0'), '.') || 'Z'"


def lines(table: str, line: str, only: str) -> str:
    """SQL of a list of a visit's lines in their order, as text, null for none. `only` names the months, so that the
    database need not plan for all others."""
    return (
        f"(SELECT {array(line, 'l.line_no')} FROM visits_{table} l"  # noqa: S608
        f" WHERE l.month = v.month AND l.visit_id = v.id AND {only})"
    )


def _same(*columns: str) -> list[str]:
    return [field(column, f"l.{column}") for column in columns]


def _unless(default: str, *columns: str, of: str = "l") -> list[str]:
    return [field(column, f"nullif({of}.{column}, {default})") for column in columns]


def _list(column: str) -> str:
    return f"CASE WHEN cardinality({column}) > 0 THEN {column} END"


def _place(prefix: str, *more: str) -> str:
    place = obj(
        plain("lon", f"v.{prefix}lon"),
        plain("lat", f"v.{prefix}lat"),
        field("datum", f"nullif(v.{prefix}datum, 'unknown')"),
        plain("accuracy_m", f"v.{prefix}accuracy_m"),
        *more,
    )
    return f"CASE WHEN v.{prefix}lon IS NOT NULL THEN {place} END"


_SEEN = (
    "product_id", "on_shelf", "carton_price_fen", "pack_price_fen", "stock_packs", "facings", "oos_days", "confidence",
)  # fmt: skip
_OBSERVATION = obj(*(plain(column, f"l.{column}") for column in _SEEN))
_REMARK = obj(
    *_same("kind", "text", "product_id", "policy_id", "confidence", "price_fen", "quantity"),
    *_unless("''", "counter_proposal", "place", "campaign"),
)
_BRIEFING = obj(
    *_same("policy_version_id", "understanding"),
    *_unless("''", "told_to", "question"),
    *_unless("'visit'", "channel"),
    plain("answers", "jsonb_strip_nulls(nullif(l.answers, '[]'))"),
    quoted("signature", "l.signature_photo_id"),
    *_unless("false", "unanswered"),
)
_PITCH = obj(*_same("product_id", "accepted"), *_unless("''", "refusal", "words"))
_TRAINING = obj(*_same("topic", "minutes", "understanding"), *_unless("''", "told_to"))
_COMPLIANCE = obj(
    *_same(
        "tags_shown", "tags_missing", "tags_mismatched", "tags_altered", "tags_over_cap", "licence_shown",
        "holder_trades", "goods_genuine", "minors_sign", "id_asked", "near_school",
    ),
    *_unless("''", "words"),
)  # fmt: skip
# The phone's own time: what was taken off for its clock is put back (visits/verdict.py).
_SHIFT = (
    f"CASE WHEN abs(v.device_offset_s) > {SKEW_TOLERATED_S} THEN make_interval(secs => v.device_offset_s)"
    " ELSE interval '0' END"
)
_PHOTO = obj(
    quoted("id", "l.photo_id"),
    quoted("sha256", "encode(l.sha256, 'hex')"),
    plain("bytes", "l.size_bytes"),
    quoted("taken_at", utc(f"(l.taken_at + {_SHIFT})")),
    *_unless("'other'", "kind"),
    field("item", "nullif(l.item_code, '')"),
)
# An answer is stored as text; what it was the template's item says. Null, not applicable, is said.
_ANSWER = """CASE WHEN l.products IS NOT NULL THEN to_json(l.products)::text WHEN l.answer = '' THEN 'null'
    ELSE CASE k.kinds ->> l.item_code WHEN 'yes_no' THEN (l.answer = '1')::text
    WHEN 'count' THEN l.answer::numeric::text ELSE to_json(l.answer)::text END END"""
_CHECKED = obj(
    field("item", "l.item_code"),
    plain("answer", _ANSWER),
    *_unless("false", "fixed"),
    quoted("before", "l.before_photo_id"),
    quoted("after", "l.after_photo_id"),
)


def content(months: str, remarks: str = "true") -> list[str]:
    """SQL of the phone's own fields (visits/json_sql.py), defaults left out: of visits_visit `v` joined with `k`
    (KINDS). `months` says in which months lines `l` are looked for, `remarks` which remarks are told. A retailer's
    score of the visit stands nowhere beside it, and is not told."""
    checks = f"""'{{"template_version_id":' || coalesce(v.template_version_id::text, 'null')
        || ',"answers":' || {lines("checkline", _CHECKED, months)} || '}}'"""
    return [
        quoted("submission_id", "v.id"),
        quoted("retailer_id", "v.retailer_id"),
        quoted("started_at", utc("v.device_started_at")),
        quoted("ended_at", utc("v.device_ended_at")),
        plain("place", _place("", plain("mock", "CASE WHEN 'mock_location' = ANY(v.flags) THEN true END"))),
        plain("left", _place("left_")),
        *_unless("''", "away_reason", "persons_met", "note", "unplanned_reason", "confirmed_by", of="v"),
        quoted("stop_id", "v.stop_id"),
        field("purposes", _list("v.purposes")),
        field("tags", _list("v.tags")),
        quoted("signature", "v.signature_photo_id"),
        plain("typed_s", "v.typed_s"),
        plain("observations", lines("observation", _OBSERVATION, months)),
        plain("remarks", lines("remark", _REMARK, f"{months} AND {remarks}")),
        plain("briefings", lines("briefing", _BRIEFING, months)),
        plain("pitches", lines("pitch", _PITCH, months)),
        plain("trainings", lines("training", _TRAINING, months)),
        plain("compliance", lines("compliancecheck", _COMPLIANCE, months) + "::json -> 0"),
        plain("photos", lines("photo", _PHOTO, months)),
        plain("check", checks),
    ]


KINDS = """
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(i ->> 'code', i ->> 'kind') AS kinds
    FROM visits_templateversion t, jsonb_array_elements(t.items) i WHERE t.id = v.template_version_id) k ON true
"""
OF_MONTHS = "l.month = ANY(%(months)s::date[])"
_TOLD = f"""
SELECT v.id, {obj(*content(OF_MONTHS))} FROM visits_visit v {KINDS}
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
