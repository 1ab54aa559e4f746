"""Whether one submitted visit may become a fact, and which, in the context of its batch; called by visits/intake.py."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from msgspec.structs import replace

from backend.errors import FieldError, Problem, register
from backend.scope import Stamp
from visits import briefings, scoring, verdict
from visits.references import Context
from visits.scoring import Line, UnfitAnswer
from visits.storing import DeclaredPhoto, Row
from visits.verdict import Case, Times
from visits.wire import Submitted, VisitIn

register(
    "submission_conflict",
    409,
    ("同一编号已有不同内容", "Other content stands under this id"),
    ("先到的内容有效，本次内容已留存待处理。", "What came first stands; this content is kept for somebody to decide."),
)
register(
    "not_your_shop",
    422,
    ("该日期此零售户不由您负责", "The shop was not yours on that date"),
    (
        "业务日期当天，该零售户未分配给您的片区。",
        "On the business date the shop was not assigned to a territory of yours.",
    ),
)
register(
    "unknown_reference",
    422,
    ("引用的内容不存在", "Something it refers to does not exist"),
    (
        "errors 列出了不存在、未发布或不适用于该片区的引用。",
        "`errors` lists what is absent, not released or not for this territory.",
    ),
)
register(
    "too_old",
    422,
    ("记录过旧", "The record is too old"),
    (
        "只接受 400 天以内的记录，已留存待处理。",
        "Records go back 400 days at most; this one is kept for somebody to decide.",
    ),
)
register(
    "month_not_kept",
    422,
    ("该月份尚无存储", "The month has no place to be stored"),
    ("记录已留存待处理。", "The record is kept for somebody to decide."),
)

_UNKNOWN = ("不存在或不适用", "It does not exist or is not for this territory")
_UNFIT = ("答案不符合该检查项", "The item does not take this answer")


def row(item: Submitted, times: Times, context: Context, received_at: datetime) -> Row:
    """The fact of one item. Problems: not_your_shop, month_not_kept, unknown_reference, policy_recalled,
    briefing_not_open, invalid. No query."""
    visit = item.visit
    assert visit is not None
    pair = (visit.retailer_id, times.on_date)
    stamp, shop = context.stamps.get(pair), context.shops.get(pair)
    if stamp is None or shop is None:
        raise Problem("not_your_shop")
    if times.month not in context.months:
        raise Problem("month_not_kept")
    if errors := _unknown(visit, stamp, context):
        raise Problem("unknown_reference", errors=errors)
    told = briefings.rows(visit.briefings, context.briefable, times.started_at) if visit.briefings else []
    lines, score = _scored(visit, context)
    _put_right(visit, lines)
    limits = context.limits[stamp.territory_id, times.on_date]
    distance = verdict.distance_m(visit.place, shop)
    case = Case(visit, times, shop, distance, received_at)
    made = Row(
        id=visit.submission_id,
        month=times.month,
        sha256=item.sha256.hex(),
        retailer_id=visit.retailer_id,
        territory_id=stamp.territory_id,
        county_id=stamp.county_id,
        on_date=times.on_date,
        started_at=times.started_at,
        device_started_at=visit.started_at.astimezone(UTC),  # PostgreSQL knows no offset of 16 hours and more
        presence=str(verdict.presence(visit.place, distance, verdict.near_m(shop, limits))),
        flags=verdict.flags(case, limits),
        ended_at=times.ended_at,
        distance_m=distance,
        left_distance_m=verdict.distance_m(visit.left, shop),
        display_score=score,
        checks=lines,
        briefings=told,
    )
    _copy(visit, times, made)
    return made


def _copy(visit: VisitIn, times: Times, made: Row) -> None:
    """What is stored as it was told."""
    made.device_ended_at, made.device_offset_s = visit.ended_at and visit.ended_at.astimezone(UTC), times.offset_s
    if visit.check is not None:
        made.template_version_id = visit.check.template_version_id
    if visit.place is not None:
        made.lon, made.lat = visit.place.lon, visit.place.lat
        made.datum, made.accuracy_m = visit.place.datum, visit.place.accuracy_m
    made.away_reason, made.persons_met, made.note = visit.away_reason, visit.persons_met, visit.note
    made.observations, made.remarks = visit.observations, visit.remarks
    made.pitches = visit.pitches
    made.stop_id, made.unplanned_reason, made.purposes = visit.stop_id, visit.unplanned_reason, list(visit.purposes)
    made.tags, made.trainings, made.typed_s = visit.tags, visit.trainings, visit.typed_s
    made.confirmed_by, made.signature, made.score = visit.confirmed_by, visit.signature, visit.score
    if visit.compliance is not None:
        made.compliance = [visit.compliance]
    if visit.left is not None:
        made.left_lon, made.left_lat = visit.left.lon, visit.left.lat
        made.left_datum, made.left_accuracy_m = visit.left.datum, visit.left.accuracy_m
    if visit.photos:
        made.photos_declared = len(visit.photos)
        made.photos = [
            DeclaredPhoto(p.id, p.sha256, p.bytes, p.taken_at.astimezone(UTC) - times.shift, p.kind, p.item)
            for p in visit.photos
        ]


def _unknown(visit: VisitIn, stamp: Stamp, context: Context) -> list[FieldError]:
    """Pointers to references that the territory does not know: foreign and absent look the same."""
    missing: list[str] = []
    for name in ("observations", "pitches", "remarks"):
        missing += [
            f"/{name}/{n}/product_id"
            for n, line in enumerate(getattr(visit, name))
            if line.product_id is not None and line.product_id not in context.products
        ]
    above = stamp.ancestors
    missing += [
        f"/remarks/{n}/policy_id"
        for n, remark in enumerate(visit.remarks)
        if remark.policy_id is not None and context.policies.get(remark.policy_id) not in above
    ]
    missing += [
        f"/briefings/{n}/policy_version_id"
        for n, briefing in enumerate(visit.briefings)
        if (found := context.briefable.get(briefing.policy_version_id)) is None or found.unit_id not in above
    ]
    if visit.check and context.templates.get(visit.check.template_version_id, (None,))[0] not in above:
        missing.append("/check/template_version_id")
    return [FieldError("unknown_reference", *_UNKNOWN, pointer=pointer) for pointer in missing]


def _put_right(visit: VisitIn, lines: list[Line]) -> None:
    """What was put right on the spot is said of its line; the score stays as it was found."""
    for answer, line in zip(visit.check.answers if visit.check else (), lines, strict=True):
        if answer.fixed or answer.before or answer.after:
            line.fixed, line.before, line.after = answer.fixed, answer.before, answer.after


def _scored(visit: VisitIn, context: Context) -> tuple[list[Line], Decimal | None]:
    if visit.check is None:
        return [], None
    items = context.templates[visit.check.template_version_id][1]
    before = context.before.get(visit.submission_id, scoring.NOTHING_BEFORE)
    if visit.photos:
        before = replace(before, photos=frozenset(photo.item for photo in visit.photos if photo.item))
    try:
        return scoring.score(items, [(answer.item, answer.answer) for answer in visit.check.answers], before)
    except UnfitAnswer as unfit:
        place = f"/check/answers/{unfit.position}"
        error = (
            FieldError("unknown_reference", *_UNKNOWN, pointer=f"{place}/item")
            if unfit.unknown_item
            else FieldError("invalid", *_UNFIT, pointer=f"{place}/answer")
        )
        raise Problem("unknown_reference" if unfit.unknown_item else "invalid", errors=[error]) from None
