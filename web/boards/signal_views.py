"""`/field/signals` and `/field/verify`: what somebody should look at in visits, answered and decided by people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.errors import Problem
from backend.http.auth import actor
from backend.scope import Actor, visible_to
from visits import checkin, earlier, points, signalling
from visits.follow_filters import PointFilters, SignalFilters
from visits.models import PointProposal, PresenceVerdict, Signal
from web.boards import acts, chain, field_place, lists, place
from web.boards.acts import Form
from web.boards.place import Place

READ, RECORD = "visits.read", "visits.record"
SIGNALS, POINTS = chain.Listed(SignalFilters), chain.Listed(PointFilters, of_month=False)
NARROWING = ("kind", "state", "waiting", "retailer", "person", "visit_id")


@dataclass(frozen=True)
class Row:
    """A signal in words, and what its reader may do with it."""

    signal: Signal
    reason: str
    may_answer: bool
    may_decide: bool

    @property
    def earlier(self) -> dict[str, Any]:
        """Of a photo used before: the earlier visit, or as much of it as the reader may know."""
        told: dict[str, Any] = self.signal.figures_told  # type: ignore[attr-defined]  # told by visits/earlier.py
        return told


@acts.page
def signals(request: HttpRequest) -> HttpResponse:
    """`/field/signals?unit=&month=&kind=&state=&waiting=&after=`: signals, newest first. Up to ten queries."""
    here = field_place.of(request, READ, *NARROWING, "after")
    who, listed = actor(request), field_place.narrowed(request, here, *NARROWING)
    done = acts.run(request, {"answer": answer, "accept": accept, "dismiss": dismiss})
    if isinstance(done, HttpResponse):
        return done
    rows = SIGNALS.narrow(Signal.objects.select_related("retailer", "person", "decided_by"), who, here, listed.kept)
    page, after = chain.page(rows.order_by("-raised_at", "-id"), request.GET.get("after"))
    earlier.tell(who, page)
    told = {
        "here": here,
        "listed": listed,
        "total": rows.order_by().count(),
        "states": [
            (listed.to(state=None, waiting="true"), _("waiting"), listed.kept.get("waiting") == "true"),
            *listed.choices("state", Signal.State.choices, _("all")),
        ],
        "kinds": listed.choices("kind", Signal.Kind.choices, _("all kinds")),
        "rows": [_row(who, one) for one in page],
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/signals.html", told, done)


def _row(who: Actor, signal: Signal) -> Row:
    is_open = signal.state in (Signal.State.OPEN, Signal.State.ANSWERED)
    is_own = signal.person_id == who.person_id
    reason = signalling.words(signal.kind, signal.figures)[place.is_english()]
    return Row(
        signal, reason, is_open and is_own and who.can(RECORD), is_open and not is_own and who.can(signalling.VERIFY)
    )


def answer(form: Form) -> str:
    require(form, RECORD)
    signalling.answer(actor=form.actor, signal=form.mine(Signal.objects.all()), text=said(form, "answer"))
    return _("Your answer stands beside the signal.")


def accept(form: Form) -> str:
    require(form, signalling.VERIFY)
    held = form.mine(Signal.objects.all())
    signalling.decide(actor=form.actor, signal=held, accepted=True, text=form.words("words"))
    return _("Taken as explained.")


def dismiss(form: Form) -> str:
    require(form, signalling.VERIFY)
    held = form.mine(Signal.objects.all())
    signalling.decide(actor=form.actor, signal=held, accepted=False, text=said(form, "words"))
    return _("Found to be as signalled. Nothing else follows from it by itself.")


# -- visits whose place is to be verified, and points that visits propose ----------------------------------------------


@acts.page
def verify(request: HttpRequest) -> HttpResponse:
    """`/field/verify?unit=&month=`: what waits for somebody to say whether it was at the shop; decided ones may be
    decided anew. Up to fourteen queries."""
    here, who = field_place.of(request, READ, "after"), actor(request)
    verbs = {"valid": valid, "rejected": rejected, "confirm": confirm, "reject": reject}
    done = acts.run(request, verbs)
    if isinstance(done, HttpResponse):
        return done
    visits = lists.visits_behind(who, here, {"presence": "to_verify"})
    page, has_more = lists.page(visits)
    proposed = POINTS.narrow(PointProposal.objects.select_related("retailer", "person"), who, here, {"state": "open"})
    told = {
        "here": here,
        "rows": [(visit, visit.person_id != who.person_id) for visit in page],
        "has_more": has_more,
        "points": list(proposed.order_by("-proposed_at", "-id")[: lists.PAGE]),
        "decided": _decided(who, here),
        "may_decide": who.can(checkin.VERIFY),
        "picked": set(request.POST.getlist("visit")) if done else set(),
    }
    return acts.shown(request, "boards/verify.html", told, done)


def _decided(who: Actor, here: Place) -> list[PresenceVerdict]:
    """The last that were decided of the month, newest first. One query."""
    rows = PresenceVerdict.objects.filter(month=here.month, territory__ancestors__contains=[here.unit.pk])
    rows = visible_to(rows, who).select_related("retailer", "person", "decided_by")
    return list(rows.order_by("-decided_at", "visit_id")[: lists.PAGE])


def valid(form: Form) -> str:
    n = _decide(form, is_valid=True, text=form.words("words"))
    return ngettext("%d visit counts from now on.", "%d visits count from now on.", n) % n


def rejected(form: Form) -> str:
    n = _decide(form, is_valid=False, text=said(form, "words"))
    told = ngettext(
        "%d visit was rejected: it counts neither for coverage nor for a cell.",
        "%d visits were rejected: they count neither for coverage nor for a cell.",
        n,
    )
    return told % n


def _decide(form: Form, *, is_valid: bool, text: str) -> int:
    require(form, checkin.VERIFY)
    wanted = form.keys("visit")
    if not wanted:
        raise Problem("invalid", detail_zh="请先勾选走访。", detail_en="Tick the visits first.")
    if len(wanted) > checkin.MOST:
        raise Problem("too_many_items")
    return len(checkin.verify(actor=form.actor, visit_ids=wanted, valid=is_valid, text=text))


def confirm(form: Form) -> str:
    require(form, points.VERIFY)
    held = form.mine(PointProposal.objects.all())
    points.confirm(actor=form.actor, proposal=held, text=form.words("words", 200))
    return _("The shop stands at that point from now on.")


def reject(form: Form) -> str:
    require(form, points.VERIFY)
    held = form.mine(PointProposal.objects.all())
    points.reject(actor=form.actor, proposal=held, text=said(form, "words", 200))
    return _("The point was rejected; the next visit proposes another.")


def require(form: Form, capability: str) -> None:
    if not form.actor.can(capability):
        raise Problem("forbidden")


def said(form: Form, name: str, most: int = acts.WORDS_MAX) -> str:
    """What must be written; invalid, in a sentence, without it."""
    if not form.text(name):
        raise Problem("invalid", detail_zh="请写明理由。", detail_en="Say why, in words.")
    return form.words(name, most)
