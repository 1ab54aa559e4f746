"""What may be done with an item of intelligence on its page; the verbs are those of the API. Called by its view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from backend.errors import Problem
from backend.models import Level, Person
from backend.reach import reaches
from backend.scope import Actor
from market.intelligence import items
from market.intelligence.items import DECIDE, VERIFY, Decided
from market.launches.launch import people
from market.models import IntelligenceItem
from web.boards.acts import Form, Verb

State = IntelligenceItem.State


def open_to(who: Actor, row: IntelligenceItem) -> frozenset[str]:
    """The acts that the reader finds on the page: those whose verb would not refuse him now. Two queries at most."""
    if row.person_id == who.person_id:
        return frozenset()
    verifies = row.state in items.OPEN and reaches(who, VERIFY, row.territory_id)
    prefecture = row.state == State.ESCALATED and row.level == Level.PREFECTURE
    decides = row.state in (State.VERIFIED, State.ESCALATED) and reaches(
        who, DECIDE, row.county.ancestors[Level.PREFECTURE] if prefecture else row.county_id
    )
    found = {"assign"} if verifies else set()
    if verifies and row.state == State.SUBMITTED:
        found |= {"verify", "send_back"}
    if verifies and row.state == State.VERIFIED:
        found |= {"send_back", "escalate"}
    if decides:
        found |= {"decide"} if prefecture or row.state == State.VERIFIED else {"decide", "escalate"}
    return frozenset(found)


def owners(row: IntelligenceItem) -> list[Person]:
    """Who may look after it: whoever reads it at its territory or above, by name. Two queries."""
    needed = "restricted.read" if row.is_restricted else "visits.read"
    return list(Person.objects.filter(pk__in=people(row.territory, needed), is_active=True).order_by("name", "pk"))


def _held(form: Form) -> IntelligenceItem:
    return form.mine(IntelligenceItem.objects.select_related("county"), before=lambda seen: items.hold(seen.pk))


def verify(form: Form) -> str:
    items.verify(actor=form.actor, item=_held(form), words=form.words("words"))
    return _("Verified. It can be decided now, or sent further up.")


def send_back(form: Form) -> str:
    items.send_back(actor=form.actor, item=_held(form), words=_said(form))
    return _("Returned; its submitter is told why.")


def escalate(form: Form) -> str:
    items.escalate(actor=form.actor, item=_held(form), words=form.words("words"))
    return _("Sent further up.")


def decide(form: Form) -> str:
    wanted = form.text("decision")
    if wanted not in IntelligenceItem.Decision.values:
        raise Problem("invalid", detail_zh="请选择处理结果。", detail_en="Choose what follows.")
    owner = _owner(form)
    if wanted == IntelligenceItem.Decision.ACT and owner is None:
        raise Problem("invalid", detail_zh="请选择由谁办理。", detail_en="Choose who does it.")
    items.decide(actor=form.actor, item=_held(form), decided=Decided(wanted, _said(form), owner))
    return _("Decided; everybody who sent it is told.")


def assign(form: Form) -> str:
    owner = _owner(form)
    if owner is None:
        raise Problem("invalid", detail_zh="请选择由谁负责。", detail_en="Choose who looks after it.")
    items.assign(actor=form.actor, item=_held(form), owner=owner)
    return _("Assigned, and told.")


def _said(form: Form) -> str:
    said = form.words("words")
    if not said:
        raise Problem("invalid", detail_zh="请写明理由或答复。", detail_en="Say why, or what you answer.")
    return said


def _owner(form: Form) -> UUID | None:
    if not form.text("owner"):
        return None
    return form.keys("owner")[0]


VERBS: Final[Mapping[str, Verb]] = {act.__name__: act for act in (verify, send_back, escalate, decide, assign)}
