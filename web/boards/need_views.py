"""`/needs`: what retailers asked for, where it was sent and what came back; worked by field and departments alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.scope import Actor, visible_to
from retail import needs as verbs
from retail import requests
from retail.filters import NeedFilters
from retail.models import Need
from web.boards import acts, chain, field_place
from web.boards.acts import Form

READ: Final = "retail.read"
EDIT: Final = "retail.edit"
NARROWING: Final = ("state", "department", "kind", "retailer")
WORDS_MAX: Final = 2_000  # as the API takes them
STATES: Final[Mapping[str, Mapping[str, str]]] = {
    "open": {"is_open": "true"},
    "overdue": {"is_overdue": "true"},
    "closed": {"is_open": "false"},
    "all": {},
}


_STATE_WORDS: Final = {
    Need.State.TAKEN: pgettext_lazy("need", "taken"),
    Need.State.CLOSED: pgettext_lazy("need", "closed"),
}


@acts.page
def needs(request: HttpRequest) -> HttpResponse:
    """`/needs?unit=&state=&department=&kind=&retailer=&after=`: needs of shops under a unit, newest first; without
    `state` the open ones. Up to eight queries."""
    here, who = field_place.of(request, READ, *NARROWING, "after"), actor(request)
    done = acts.run(request, {"route": route, "take": take, "reply": reply, "close": close})
    if isinstance(done, HttpResponse):
        return done
    listed = field_place.narrowed(request, here, *NARROWING)
    rows = _narrowed(who, str(here.unit.pk), listed.kept).select_related("retailer", "raised_by", "taken_by")
    rows = rows.prefetch_related("replies__person").order_by("-raised_on", "id")
    page, after = chain.page(rows, request.GET.get("after"))
    chosen = listed.kept.get("state", "open")
    words = {
        "open": _("open"),
        "overdue": _("a reply is overdue"),
        "closed": pgettext("need", "closed"),
        "all": _("all"),
    }
    told: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "states": [(listed.to(state=one), word, one == chosen) for one, word in words.items()],
        "departments": listed.choices("department", Need.Department.choices, _("every department")),
        "kinds": listed.choices("kind", Need.Kind.choices, _("every kind")),
        "rows": [_shown(who, row) for row in page],
        "to": Need.Department.choices,
        "opens_shops": who.can("cycles.read"),
        "opens_visits": who.can("visits.read"),
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/needs.html", told, done)


def _narrowed(who: Actor, unit: str, kept: Mapping[str, str]) -> QuerySet[Need]:
    """By the filters of the API; problem bad_parameter."""
    state = kept.get("state", "open")
    if state not in STATES:
        raise field_place.bad("state")
    asked = {name: value for name, value in kept.items() if name != "state"}
    filters = NeedFilters({"unit": unit, **asked, **STATES[state]}, queryset=visible_to(Need.objects.all(), who))
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    rows: QuerySet[Need] = filters.qs
    return rows


def _shown(who: Actor, row: Need) -> dict[str, Any]:
    """A need and what its reader may do with it; the verbs say once more whether over this shop."""
    is_open = row.closed_on is None
    return {
        "row": row,
        "state": _STATE_WORDS.get(row.state, row.state.label),
        "is_late": is_open and row.replied_at is None and row.reply_due_at is not None
        and row.reply_due_at < clock.now(),
        "may_edit": is_open and who.can(EDIT),
        "may_answer": is_open and row.department != "" and any(
            requests.DEPARTMENT_OF.get(post.role) == row.department for post in who.held
        ),
    }  # fmt: skip


def route(form: Form) -> str:
    """A department owes a reply. Problems as requests.route."""
    if form.text("department") not in Need.Department.values:
        raise Problem("invalid", detail_zh="请选择部门。", detail_en="Choose a department.")
    made = requests.route(actor=form.actor, need=form.mine(Need.objects.all()), department=form.text("department"))
    return _("Sent to %(department)s, which owes a reply by %(due)s.") % {
        "department": made.get_department_display(),
        "due": f"{clock.business_date(made.reply_due_at):%m-%d}" if made.reply_due_at else "–",
    }


def take(form: Form) -> str:
    _require_answers(form)
    requests.take(actor=form.actor, need=form.mine(Need.objects.all()))
    return _("It is yours to answer.")


def reply(form: Form) -> str:
    """The department has answered. Problems as requests.reply."""
    _require_answers(form)
    words = form.words("words", WORDS_MAX)
    if not words:
        raise Problem("invalid", detail_zh="请写明答复。", detail_en="Say it in words.")
    requests.reply(actor=form.actor, need=form.mine(Need.objects.all()), words=words)
    return _("Answered; the shop's account manager is told.")


def close(form: Form) -> str:
    """It is closed today, with what came of it. Problems as needs.close_need."""
    if not form.actor.can(EDIT):
        raise Problem("forbidden")
    outcome = form.words("outcome", WORDS_MAX)
    if not outcome:
        raise Problem("invalid", detail_zh="请写明结果。", detail_en="Say what came of it.")
    verbs.close_need(actor=form.actor, need=form.mine(Need.objects.all()), on=clock.today(), outcome=outcome)
    return _("Closed, with what came of it.")


def _require_answers(form: Form) -> None:
    if not form.actor.can(requests.ANSWER):
        raise Problem("forbidden")
