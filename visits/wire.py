"""What a phone submits: the In shape of a visit with its bounds, and the hash of its content; read by visits/intake.py.

`read` judges one item at a time, so that a bad one refuses itself only. Described for the API by visits/shapes.py.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, ValidationError

from backend.errors import FieldError, Problem

MAX_ITEMS = 200
MAX_LINES = 200
MAX_INT = 2_000_000_000  # well inside a PostgreSQL integer

EARLIEST_YEAR, LATEST_YEAR = 1970, 2199  # of a phone's clock; what is corrected from it is bounded by the intake

Moment = Annotated[datetime, Meta(tz=True)]
Id = Annotated[int, Meta(ge=1, le=2**53)]
Count = Annotated[int, Meta(ge=0, le=MAX_INT)]
Small = Annotated[int, Meta(ge=0, le=32_000)]
Code = Annotated[str, Meta(min_length=1, max_length=32)]
Line = Annotated[str, Meta(max_length=200)]
Paragraph = Annotated[str, Meta(max_length=2_000)]


class Place(Struct, forbid_unknown_fields=True):
    """Where the phone was, raw, in the datum it names."""

    lon: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    datum: Literal["WGS-84", "GCJ-02", "BD-09", "unknown"] = "unknown"
    accuracy_m: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    mock: bool = False


class Answer(Struct, forbid_unknown_fields=True):
    """One item of the display check; `answer` null = not applicable."""

    item: Code
    answer: bool | Annotated[int, Meta(ge=-MAX_INT, le=MAX_INT)] | Annotated[str, Meta(max_length=80)] | None


class Check(Struct, forbid_unknown_fields=True):
    """A display check against one version of a template."""

    template_version_id: Id
    answers: Annotated[list[Answer], Meta(min_length=1, max_length=MAX_LINES)]


class Observation(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What was seen of one product; null = not looked at."""

    product_id: Id
    on_shelf: bool | None = None
    carton_price_fen: Count | None = None
    pack_price_fen: Count | None = None
    stock_packs: Count | None = None
    facings: Small | None = None
    oos_days: Annotated[int, Meta(ge=0, le=366)] | None = None


class Remark(Struct, forbid_unknown_fields=True):
    """A retailer's opinion on a brand or policy, or a rival's move with what we could do about it."""

    kind: Literal["brand_opinion", "policy_opinion", "rival_move"]
    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    product_id: Id | None = None
    policy_id: Id | None = None
    counter_proposal: Paragraph = ""


class Briefing(Struct, forbid_unknown_fields=True):
    """A policy version told to the retailer; understanding 1 (not at all) to 5 (fully), null = not asked."""

    policy_version_id: Id
    told_to: Annotated[str, Meta(max_length=60)] = ""
    understanding: Annotated[int, Meta(ge=1, le=5)] | None = None
    question: Paragraph = ""


class Pitch(Struct, forbid_unknown_fields=True):
    """A product recommended: taken, or refused for a reason."""

    product_id: Id
    accepted: bool
    refusal: Literal["", "price", "slow", "stock", "unknown", "margin", "other"] = ""
    words: Line = ""


class VisitIn(Struct, forbid_unknown_fields=True):
    """One visit as the phone tells it, under the phone's own UUID."""

    submission_id: UUID
    retailer_id: UUID
    started_at: Moment
    ended_at: Moment | None = None
    sent_at: Moment | None = None
    place: Place | None = None
    away_reason: Line = ""
    persons_met: Annotated[str, Meta(max_length=120)] = ""
    note: Annotated[str, Meta(max_length=4_000)] = ""
    check: Check | None = None
    observations: Annotated[list[Observation], Meta(max_length=MAX_LINES)] = []
    remarks: Annotated[list[Remark], Meta(max_length=50)] = []
    briefings: Annotated[list[Briefing], Meta(max_length=50)] = []
    pitches: Annotated[list[Pitch], Meta(max_length=50)] = []


_decode = msgspec.json.Decoder(VisitIn).decode
_decode_any = msgspec.json.Decoder().decode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode


class Submitted(Struct, frozen=True):
    """An item as it came: bytes, hash of its content, its id if it has one, and either the visit or what is wrong."""

    raw: bytes
    sha256: bytes
    submission_id: UUID | None
    visit: VisitIn | None
    problem: Problem | None


def read(raw: bytes, problem: Problem | None = None) -> Submitted:
    """One item, judged by itself. `problem` is what the JSON rules already found wrong with it.

    sha256 is over the item's canonical JSON (keys sorted, no spaces, UTF-8) without `sent_at`, which differs at each
    try; over the raw bytes when the item is not readable.
    """
    if problem is not None:
        return Submitted(raw, sha256(raw).digest(), None, None, problem)
    try:
        document = _decode_any(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Submitted(raw, sha256(raw).digest(), None, None, Problem("malformed_json"))
    if not isinstance(document, dict):
        return Submitted(raw, sha256(raw).digest(), None, None, invalid(FieldError("invalid", *_NOT_OBJECT)))
    document.pop("sent_at", None)
    digest = sha256(_encode_sorted(document)).digest()
    try:
        visit = _decode(raw)
        return Submitted(raw, digest, visit.submission_id, visit, _beyond_shape(visit))
    except ValidationError as error:
        identity = _uuid(document.get("submission_id"))
        return Submitted(raw, digest, identity, None, invalid(_field_error(str(error))))


def invalid(*errors: FieldError) -> Problem:
    """The refusal of one item for what is in its fields."""
    return Problem("invalid", errors=errors)


# -- what types alone do not say ---------------------------------------------------------------------------------------

_NOT_OBJECT = ("条目须为 JSON 对象", "An item is a JSON object")
_TWICE = ("同一对象只能出现一次", "The same subject appears twice")


def _beyond_shape(visit: VisitIn) -> Problem | None:
    moments = (("started_at", visit.started_at), ("ended_at", visit.ended_at), ("sent_at", visit.sent_at))
    errors = [
        FieldError("bad_date", "年份超出范围", "The year is out of range", pointer=f"/{name}")
        for name, moment in moments
        if moment is not None and not EARLIEST_YEAR < moment.year < LATEST_YEAR
    ]
    subjects = (
        ("observations", [line.product_id for line in visit.observations]),
        ("briefings", [line.policy_version_id for line in visit.briefings]),
        ("pitches", [line.product_id for line in visit.pitches]),
        ("check/answers", [answer.item for answer in visit.check.answers] if visit.check else ()),
    )
    errors += [
        FieldError("duplicate_line", *_TWICE, pointer=f"/{name}")
        for name, keys in subjects
        if len(set(keys)) != len(keys)
    ]
    if visit.remarks or visit.pitches:
        errors += _remark_errors(visit) + _refusal_errors(visit)
    return invalid(*errors) if errors else None


def _remark_errors(visit: VisitIn) -> list[FieldError]:
    """An opinion speaks of something: a brand opinion of a product, a policy opinion of a policy."""
    needed = {"brand_opinion": "product_id", "policy_opinion": "policy_id"}
    return [
        FieldError("required", "须指明所评对象", "Say what the opinion is about", pointer=f"/remarks/{n}/{key}")
        for n, remark in enumerate(visit.remarks)
        if (key := needed.get(remark.kind)) and getattr(remark, key) is None
    ]


def _refusal_errors(visit: VisitIn) -> list[FieldError]:
    return [
        FieldError(
            "invalid", "接受的推介不应有拒绝原因", "An accepted pitch has no refusal", pointer=f"/pitches/{n}/refusal"
        )
        for n, pitch in enumerate(visit.pitches)
        if pitch.accepted and pitch.refusal
    ]


# -- msgspec's words as ours -------------------------------------------------------------------------------------------

_PLACE = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+|\.\.\.)\]")
_FIELD = re.compile(r"(?:unknown|required) field `([^`]*)`")


def _field_error(said: str) -> FieldError:
    place = _PLACE.search(said)
    pointer = "".join(f"/{a or b}" for a, b in _STEP.findall(place[1])) if place else ""
    message = said[: place.start()] if place else said
    if named := _FIELD.search(message):
        unknown = "unknown" in message
        pointer += f"/{named[1].replace('~', '~0').replace('/', '~1')}"
        return FieldError(
            "unknown_field" if unknown else "required",
            "未知字段" if unknown else "缺少必填字段",
            "Unknown field" if unknown else "A required field is missing",
            pointer=pointer,
        )
    code = "bad_date" if "RFC3339" in message or "timezone" in message or "date" in message else "invalid"
    return FieldError(code, f"取值不符合要求:{message}", message, pointer=pointer)


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None
