"""Needs that a department must answer: routed with a clock, taken, replied to; called by api.py.

Whoever works with the shop routes; posts of the department within reach of the shop answer. The account manager of
today hears of each reply. Rule: docs/method.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from backend import audit, clock, notices, parameters, workdays
from backend.errors import Problem, register
from backend.models import Position
from backend.scope import COUNTY, Actor, assignment
from retail import news
from retail.gate import county_on
from retail.models import Need, NeedEvent, NeedReply
from retail.parameters import COMPLAINT_DAYS, REPLY_DAYS

ANSWER = "requests.answer"
DEPARTMENT_OF = {
    "service_desk": Need.Department.SERVICE_DESK,
    "enforcement": Need.Department.ENFORCEMENT,
    "logistics": Need.Department.LOGISTICS,
    "brand_manager": Need.Department.BRAND,
}
NOTICE = "need.replied"
NOTED = ("kind", "priority", "due_on", "department")  # what a change of is kept in the timeline

DEPARTMENT_NAMES = {
    Need.Department.SERVICE_DESK: ("客服", "The service desk"),
    Need.Department.ENFORCEMENT: ("专卖", "Enforcement"),
    Need.Department.BRAND: ("品牌", "The brand department"),
    Need.Department.LOGISTICS: ("物流", "Logistics"),
}

notices.register(NOTICE, "{zh}部门已答复零售户“{shop}”的诉求：{reply}", "{en} replied about {shop}: {reply}")
register(
    "not_routed_to_you",
    403,
    ("该诉求未转给您的部门", "It is not routed to your department"),
    ("只有承办部门可以受理和答复。", "Only the department that it is routed to takes it and replies."),
)


def route(*, actor: Actor, need: Need, department: str, on: date | None = None) -> Need:
    """The department owes a reply: within its working days from now (a complaint sooner), 18:00 of the last one.

    `retail.edit` over the shop on the day (default: today) or today, else `not_found`; `conflict` when it is closed, or
    waits there already. A need that another department had starts there anew. Eight queries.
    """
    county = county_on(actor, need.retailer_id, on or clock.today(), clock.today())
    with transaction.atomic():
        held = _open(need)
        if held.department == department and held.replied_at is None:
            raise Problem("conflict")
        days = COMPLAINT_DAYS if held.kind == Need.Kind.COMPLAINT else REPLY_DAYS
        number = parameters.values([days], [county], clock.today())[county][days]
        due = datetime.combine(
            workdays.days_after(workdays.calendar(), clock.today(), number), time(18), clock.BUSINESS_ZONE
        )
        changes = {
            "department": department, "routed_at": clock.now(), "reply_due_at": due,
            "taken_by": None, "taken_at": None, "replied_at": None,
        }  # fmt: skip
        return _changed(actor, "need.route", held, county, changes)


def take(*, actor: Actor, need: Need) -> Need:
    """Somebody of the department works on it. `not_routed_to_you`; `conflict` when somebody does, or it is closed."""
    with transaction.atomic():
        held = _open(need)
        county = _answering(actor, held)
        if held.taken_at is not None:
            raise Problem("conflict")
        return _changed(actor, "need.take", held, county, {"taken_by_id": actor.person_id, "taken_at": clock.now()})


def reply(*, actor: Actor, need: Need, words: str) -> Need:
    """The department has answered; the shop's account managers of today are told. A further reply is added to the
    first, whose time stands. `not_routed_to_you`; `conflict` when it is closed."""
    with transaction.atomic():
        held = _open(need)
        county = _answering(actor, held)
        made = NeedReply.objects.create(need=held, person_id=actor.person_id, made_at=clock.now(), words=words)
        now = clock.now()
        changes = {"replied_at": held.replied_at or now, "taken_at": held.taken_at or now}
        if held.taken_by_id is None:
            changes["taken_by_id"] = actor.person_id  # type: ignore[assignment]
        done = _changed(actor, "need.reply", held, county, changes)
        notices.tell([notices.Told(person, NOTICE, made.pk, _params(held, words)) for person in _owners(held)])
        return done


def note_changes(actor: Actor, before: Mapping[str, Any], need: Need) -> None:
    """Each change of type, priority, due day or department stands in the need's timeline. One query where there is
    one, else none."""
    made = [
        NeedEvent(
            need=need, person_id=actor.person_id, made_at=clock.now(), what=name,
            before=_text(before[name]), after=_text(getattr(need, name)),
        )
        for name in NOTED
        if before[name] != getattr(need, name)
    ]  # fmt: skip
    if made:
        NeedEvent.objects.bulk_create(made)


def standing(need: Need) -> dict[str, Any]:
    """What `note_changes` compares with: read before the change."""
    return {name: getattr(need, name) for name in NOTED}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _open(need: Need) -> Need:
    held = Need.objects.select_for_update(of=("self",)).select_related("retailer__county").get(pk=need.pk)
    if held.closed_on is not None:
        raise Problem("conflict")
    return held


def _answering(actor: Actor, need: Need) -> int:
    """The shop's county, where the actor holds a post of the need's department at it or above."""
    county = need.retailer.county
    reach = [p for p in actor.held if p.level <= COUNTY and p.unit_id in county.ancestors and ANSWER in p.capabilities]
    if any(DEPARTMENT_OF.get(post.role) == need.department for post in reach):
        return county.pk
    raise Problem("not_routed_to_you")


def _changed(actor: Actor, act: str, held: Need, county: int, changes: Mapping[str, Any]) -> Need:
    before, stood, days = audit.snapshot(held), standing(held), news.days_of(held)
    for name, value in changes.items():
        setattr(held, name, value)
    held.version += 1
    held.save(update_fields=[*changes, "version"])
    note_changes(actor, stood, held)
    audit.record(actor, act, held, before=before, after=audit.snapshot(held), unit_id=county)
    news.tell_document("needs", held, days | news.days_of(held))
    return held


def _owners(need: Need) -> list[Any]:
    """The account managers of the shop's territory today."""
    today = clock.today()
    territories = assignment().rows().filter(retailer_id=need.retailer_id, during__contains=today)
    posts = Position.objects.filter(unit_id__in=territories.values("territory_id"), during__contains=today)
    return list(posts.values_list("person_id", flat=True).distinct())


def _params(need: Need, words: str) -> dict[str, Any]:
    zh, en = DEPARTMENT_NAMES[Need.Department(need.department)]
    return {"need": str(need.pk), "shop": need.retailer.name, "zh": zh, "en": en, "reply": words[:200]}
