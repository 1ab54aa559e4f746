"""`/quarantine`, `/quarantine/<id>`: what was refused, from whom and why; mended and sent again, or let go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.errors import Problem
from backend.http import jsonbody
from backend.http.auth import actor
from backend.models import Quarantined
from backend.scope import Actor, units_under, visible_to
from visits import fixing, withheld
from visits.filters import QuarantineFilters
from web.boards import acts, chain, field_place, place, quarantine_mending, quarantine_outcome
from web.boards.acts import Form
from web.boards.place import Place

READ = "quarantine.read"
NARROWING = ("state", "person", "submission_id")
REASON_MAX = 500
State = Quarantined.State


@acts.page
def quarantine(request: HttpRequest) -> HttpResponse:
    """`/quarantine?unit=&state=&person=&after=`: what was refused under a unit, and one's own; without `state` what is
    open. Up to eight queries."""
    here, who = field_place.of(request, READ, *NARROWING, "after"), actor(request)
    done = acts.run(request, {"dismiss": dismiss, "reopen": reopen})
    if isinstance(done, HttpResponse):
        return done
    listed = field_place.narrowed(request, here, *NARROWING)
    everything = _under(who, here)
    filters = QuarantineFilters({"state": State.OPEN, **listed.kept}, queryset=everything)
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    rows = filters.qs.select_related("person", "unit").order_by("-received_at", "-id")
    page, after = chain.page(rows, request.GET.get("after"))
    counts = dict(everything.order_by().values_list("state").annotate(n=Count("pk")))
    chosen = listed.kept.get("state", State.OPEN)
    told: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "states": [(listed.to(state=s), s.label, counts.get(s.value, 0), s == chosen) for s in State],
        "is_open": chosen == State.OPEN,
        "rows": [(row, quarantine_mending.reason(row), _pickable(who, row)) for row in page],
        "may_pick": any(_pickable(who, row) for row in page),
        "picked": set(request.POST.getlist("item")) if done else set(),
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/quarantine.html", told, done)


def _pickable(who: Actor, row: Quarantined) -> bool:
    """It may be ticked: to be let go while it is open, to be taken back shortly after it was let go."""
    return fixing.may_let_go(who, row) and (row.state == State.OPEN or fixing.may_return(row))


def _under(who: Actor, here: Place) -> QuerySet[Quarantined]:
    under = Q(unit_id__in=units_under([here.unit.pk])) | Q(person_id=who.person_id)
    return visible_to(Quarantined.objects.all(), who).filter(under)


@acts.page
def refused(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/quarantine/<id>?q=`: one refused item, readable, with what was wrong beside it; `q` looks for the shop that it
    meant. Up to fifteen queries."""
    place.known(request, "q")
    who = actor(request)
    if not who.can(READ):
        raise Problem("forbidden")
    rows = visible_to(Quarantined.objects.select_related("person", "unit", "settled_by"), who)
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Problem("not_found")
    here = field_place.nearest(who, READ, row.unit, row.received_at)
    verbs = {"resend": resend, "resend_whole": resend_whole, "dismiss": dismiss_one, "reopen": reopen_one}
    done = acts.run(request, verbs)
    if isinstance(done, HttpResponse):
        return done
    read, why = quarantine_mending.read(row, withheld.shown(who, row)), quarantine_mending.reason(row)
    may_fix = row.state == State.OPEN and who.can(fixing.FIX)
    is_shop_wrong = may_fix and quarantine_outcome.is_shop_wrong(row, why)
    told = {
        "here": here,
        "row": row,
        "reason": why,
        "read": read,
        "shops": quarantine_mending.named(who, read),
        "is_shop_wrong": is_shop_wrong,
        "search": quarantine_outcome.shops(who, request.GET.get("q", "")) if is_shop_wrong else None,
        "came_as": next((line.text for line in read.lines if line.pointer == quarantine_outcome.SHOP), ""),
        "faults": [line for line in read.faults if not (is_shop_wrong and line.pointer == quarantine_outcome.SHOP)],
        "became": quarantine_outcome.became(who, row),
        "may_fix": may_fix,
        "may_let_go": row.state == State.OPEN and fixing.may_let_go(who, row),
        "may_return": fixing.may_return(row) and fixing.may_let_go(who, row),
        "is_own": row.person_id == who.person_id,
    }
    return acts.shown(request, "boards/quarantined.html", told, done)


def dismiss(form: Form) -> str:
    """Lets the ticked items go, all or none."""
    reason, found = _reason(form), _ticked(form)
    for row in found:
        fixing.dismiss(actor=form.actor, quarantined=row, reason=reason)
    return ngettext(
        "%d item was let go. What came is kept.", "%d items were let go. What came is kept.", len(found)
    ) % (len(found))


def dismiss_one(form: Form) -> str:
    reason = _reason(form)
    fixing.dismiss(actor=form.actor, quarantined=form.mine(Quarantined.objects.all()), reason=reason)
    return _("The item was let go. What came is kept.")


def reopen(form: Form) -> str:
    """The ticked items wait again, all or none. Problems as fixing.reopen."""
    fixing.require_lets_go(form.actor)
    found = _ticked(form)
    for row in found:
        fixing.reopen(actor=form.actor, quarantined=row)
    return ngettext("%d item waits again.", "%d items wait again.", len(found)) % len(found)


def reopen_one(form: Form) -> str:
    """What was let go less than ten minutes ago waits again. Problems as fixing.reopen."""
    fixing.require_lets_go(form.actor)
    fixing.reopen(actor=form.actor, quarantined=form.mine(Quarantined.objects.all()))
    return _("The item waits again, as if nothing had been.")


def _ticked(form: Form) -> list[Quarantined]:
    """The ticked items by their keys, so that two who tick the same ones cannot wait for each other. One query."""
    keys = form.keys("item")
    if not keys:
        raise Problem("invalid", detail_zh="请先勾选条目。", detail_en="Tick the items first.")
    found = list(visible_to(Quarantined.objects.all(), form.actor).filter(pk__in=keys).order_by("pk"))
    if len(found) != len(set(keys)):
        raise Problem("not_found")
    return found


def resend(form: Form) -> str:
    """The item as it came, with the fields put right that the form shows."""
    held = _held(form)
    return _send(form, held, quarantine_mending.mended(held, withheld.shown(form.actor, held), form.request.POST))


def resend_whole(form: Form) -> str:
    """The item as it was written anew, as a whole."""
    return _send(form, _held(form), form.text("whole").encode())


def _send(form: Form, held: Quarantined, payload: bytes) -> str:
    jsonbody.decode(payload)
    outcome = fixing.resend(actor=form.actor, quarantined=held, payload=payload)
    if outcome.problem is not None:
        raise outcome.problem
    if outcome.word == "duplicate":
        return _("It was here already; the item is settled.")
    return _("It was taken, as its author's and with the time when it first came.")


def _held(form: Form) -> Quarantined:
    if not form.actor.can(fixing.FIX):
        raise Problem("forbidden")
    return form.mine(Quarantined.objects.all())


def _reason(form: Form) -> str:
    fixing.require_lets_go(form.actor)
    if not form.text("reason"):
        raise Problem("invalid", detail_zh="请写明不再处理的原因。", detail_en="Say why it is let go.")
    return form.words("reason", REASON_MAX)
