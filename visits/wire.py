"""What a phone submits: the In shape of a visit with its bounds, and the hash of its content; read by visits/intake.py.

`read` judges one item at a time, so that a bad one refuses itself only. Described for the API by visits/shapes.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, ValidationError

from backend.errors import FieldError, Problem
from visits import wire_words

MAX_ITEMS = 200
MAX_LINES = 200
MAX_PHOTO_BYTES = 20_000_000
MAX_INT = 2_000_000_000  # well inside a PostgreSQL integer

EARLIEST_YEAR, LATEST_YEAR = 1970, 2199  # of a phone's clock; what is corrected from it is bounded by the intake

Moment = Annotated[datetime, Meta(tz=True)]
Id = Annotated[int, Meta(ge=1, le=2**53)]
Count = Annotated[int, Meta(ge=0, le=MAX_INT)]
Small = Annotated[int, Meta(ge=0, le=32_000)]
Code = Annotated[str, Meta(min_length=1, max_length=32)]
Line = Annotated[str, Meta(max_length=200)]
Paragraph = Annotated[str, Meta(max_length=2_000)]
Level = Annotated[int, Meta(ge=1, le=5)]
Confidence = Annotated[int, Meta(ge=1, le=3)]
Purpose = Literal[
    "service", "order", "display", "brand", "policy", "intelligence", "compliance", "training", "complaint"
]


class Place(Struct, forbid_unknown_fields=True):
    """Where the phone was, raw, in the datum it names."""

    lon: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    datum: Literal["WGS-84", "GCJ-02", "BD-09", "unknown"] = "unknown"
    accuracy_m: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    mock: bool = False


class Answer(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One item of the display check; `answer` null = not applicable, a list = the products seen, of a photo its id.

    What was put right on the spot: `fixed` with the photos before and after.
    """

    item: Code
    answer: (
        bool
        | Annotated[int, Meta(ge=-MAX_INT, le=MAX_INT)]
        | Annotated[str, Meta(max_length=80)]
        | Annotated[list[Id], Meta(max_length=MAX_LINES)]
        | None
    )
    fixed: bool = False
    before: UUID | None = None
    after: UUID | None = None


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
    confidence: Confidence | None = None


class Remark(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What was learnt beside the products: an opinion, a rival's move with what we could do about it, an event ..."""

    kind: Literal[
        "brand_opinion", "policy_opinion", "campaign_opinion", "rival_move", "event", "flow_price", "irregular",
        "consumer_trend", "other",
    ]  # fmt: skip
    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    product_id: Id | None = None
    policy_id: Id | None = None
    counter_proposal: Paragraph = ""
    confidence: Confidence | None = None
    place: Annotated[str, Meta(max_length=120)] = ""
    campaign: Annotated[str, Meta(max_length=80)] = ""
    price_fen: Count | None = None
    quantity: Count | None = None


class QuizAnswer(Struct, forbid_unknown_fields=True):
    """The shop's answer to one question of the policy version, both counted from 0."""

    question: Annotated[int, Meta(ge=0, le=20)]
    choice: Annotated[int, Meta(ge=0, le=20)]


class Briefing(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A policy version told to the retailer; understanding 1 (not at all) to 5 (fully), null = not asked.

    `unanswered`: the account manager could not answer `question`.
    """

    policy_version_id: Id
    told_to: Annotated[str, Meta(max_length=60)] = ""
    understanding: Level | None = None
    question: Paragraph = ""
    channel: Literal["visit", "phone", "group", "wechat"] = "visit"
    answers: Annotated[list[QuizAnswer], Meta(max_length=10)] = []
    signature: UUID | None = None
    unanswered: bool = False


class Pitch(Struct, forbid_unknown_fields=True):
    """A product recommended: taken, or refused for a reason."""

    product_id: Id
    accepted: bool
    refusal: Literal["", "price", "slow", "stock", "unknown", "margin", "other"] = ""
    words: Line = ""


class Training(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The retailer was taught something."""

    topic: Annotated[str, Meta(min_length=1, max_length=120)]
    minutes: Annotated[int, Meta(ge=1, le=600)]
    told_to: Annotated[str, Meta(max_length=60)] = ""
    understanding: Level | None = None


class Compliance(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Price tags, licence and minors as found; null = not looked at. Tags are counted in products on show."""

    tags_shown: Small | None = None
    tags_missing: Small | None = None
    tags_mismatched: Small | None = None
    tags_altered: Small | None = None
    tags_over_cap: Small | None = None
    licence_shown: bool | None = None
    holder_trades: bool | None = None
    goods_genuine: bool | None = None
    minors_sign: bool | None = None
    id_asked: bool | None = None
    near_school: bool | None = None
    words: Annotated[str, Meta(max_length=500)] = ""


class Photo(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A photo that belongs to the visit, declared before its bytes arrive; `item` of the display check."""

    id: UUID
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    bytes: Annotated[int, Meta(ge=1, le=MAX_PHOTO_BYTES)]
    taken_at: Moment
    kind: Literal["shop", "display", "before", "after", "tag", "licence", "away", "signature", "other"] = "other"
    item: Annotated[str, Meta(max_length=32)] = ""


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
    stop_id: UUID | None = None
    unplanned_reason: Literal["", "shop_asked", "nearby", "complaint", "follow_up", "told_to", "other"] = ""
    purposes: Annotated[list[Purpose], Meta(max_length=9)] = []
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=24)]], Meta(max_length=10)] = []
    left: Place | None = None
    trainings: Annotated[list[Training], Meta(max_length=20)] = []
    compliance: Compliance | None = None
    photos: Annotated[list[Photo], Meta(max_length=60)] = []
    confirmed_by: Annotated[str, Meta(max_length=60)] = ""
    signature: UUID | None = None
    score: Level | None = None
    typed_s: Annotated[int, Meta(ge=0, le=86_400)] | None = None


TOLD = frozenset(VisitIn.__struct_fields__) - {"sent_at"}  # the content: what a repeat must say again
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
    return _judged(raw, sha256(_encode_sorted(document)).digest(), _uuid(document.get("submission_id")))


def _judged(raw: bytes, digest: bytes, identity: UUID | None) -> Submitted:
    try:
        visit = _decode(raw)
        return Submitted(raw, digest, visit.submission_id, visit, _beyond_shape(visit))
    except ValidationError as error:
        return Submitted(raw, digest, identity, None, invalid(_field_error(str(error))))


def unwrapped(raw: bytes) -> bytes:
    """A document as phones sync it (it has an `id`) as the visit that it tells, without the server's fields; anything
    else as it is. What was kept in quarantine came by either way."""
    try:
        document = _decode_any(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return raw
    if not isinstance(document, dict) or "id" not in document:
        return raw
    return as_item(document["id"], document)


def as_item(visit_id: Any, document: Mapping[str, Any]) -> bytes:
    """The visit that a synced document tells, as the intake reads it: the phone's own fields, under its id."""
    told = {name: document[name] for name in TOLD & document.keys()}
    told["submission_id"] = visit_id
    return _encode_sorted(told)


def read_told(visit_id: UUID, document: Mapping[str, Any], sent_at: datetime | None = None) -> Submitted:
    """The same read at once, as `read` would; when it was sent is told apart."""
    raw = as_item(str(visit_id), document)
    found = _judged(raw, sha256(raw).digest(), visit_id)
    if found.visit is not None:
        found.visit.sent_at = sent_at
    return found


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
        ("photos", [photo.id for photo in visit.photos]),
        ("purposes", visit.purposes),
        ("tags", visit.tags),
    )
    errors += [
        FieldError("duplicate_line", *_TWICE, pointer=f"/{name}")
        for name, keys in subjects
        if len(set(keys)) != len(keys)
    ]
    if visit.remarks or visit.pitches:
        errors += _remark_errors(visit) + _refusal_errors(visit)
    if visit.photos or visit.signature or visit.check or visit.briefings:
        errors += _photo_errors(visit)
    return invalid(*errors) if errors else None


def _remark_errors(visit: VisitIn) -> list[FieldError]:
    """An opinion speaks of something: a brand opinion of a product, a policy opinion of a policy."""
    needed = {
        "brand_opinion": "product_id", "policy_opinion": "policy_id", "campaign_opinion": "campaign",
        "flow_price": "price_fen",
    }  # fmt: skip
    return [
        FieldError("required", "须指明所评对象", "Say what the opinion is about", pointer=f"/remarks/{n}/{key}")
        for n, remark in enumerate(visit.remarks)
        if (key := needed.get(remark.kind)) and getattr(remark, key) in (None, "")
    ]


def _photo_errors(visit: VisitIn) -> list[FieldError]:
    """What shows a photo names one that the visit declares; what was put right has its photo after."""
    declared = {photo.id for photo in visit.photos}
    shown = [("/signature", visit.signature)]
    shown += [(f"/briefings/{n}/signature", line.signature) for n, line in enumerate(visit.briefings)]
    answers = visit.check.answers if visit.check else []
    for n, answer in enumerate(answers):
        shown += [(f"/check/answers/{n}/before", answer.before), (f"/check/answers/{n}/after", answer.after)]
    unknown = ("该照片未在 photos 中声明", "The visit does not declare this photo in `photos`")
    errors = [
        FieldError("unknown_reference", *unknown, pointer=pointer)
        for pointer, photo in shown
        if photo is not None and photo not in declared
    ]
    errors += [
        FieldError("required", "现场整改须附整改后照片", "What was put right needs a photo after",
                   pointer=f"/check/answers/{n}/after")
        for n, answer in enumerate(answers)
        if answer.fixed and answer.after is None
    ]  # fmt: skip
    errors += [
        FieldError("bad_date", "年份超出范围", "The year is out of range", pointer=f"/photos/{n}/taken_at")
        for n, photo in enumerate(visit.photos)
        if not EARLIEST_YEAR < photo.taken_at.year < LATEST_YEAR
    ]
    return errors


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
    return FieldError(code, wire_words.in_chinese(message), message, pointer=pointer)


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None
