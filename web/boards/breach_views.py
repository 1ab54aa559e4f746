"""`/breaches`: what visits found against the law: the bureau's queue, and for managers that it was reported."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backend.errors import Problem
from backend.http.auth import actor
from backend.scope import Actor, visible_to
from visits import breaches as verbs
from visits.follow_filters import BreachFilters
from visits.follow_shapes import may_read_words
from visits.models import Breach
from web.boards import acts, chain, field_place
from web.boards.acts import Form

READ: Final = "breaches.read"
NARROWING: Final = ("state", "kind", "severity", "retailer")
State = Breach.State


@acts.page
def breaches(request: HttpRequest) -> HttpResponse:
    """`/breaches?unit=&state=&kind=&severity=&retailer=&after=`: breaches under a unit, newest first; without `state`
    those that are not closed. Up to seven queries."""
    here, who = field_place.of(request, READ, *NARROWING, "after"), actor(request)
    done = acts.run(request, {"see": see, "close": close})
    if isinstance(done, HttpResponse):
        return done
    listed = field_place.narrowed(request, here, *NARROWING)
    asked = dict(listed.kept)
    state = asked.pop("state", "open")
    rows = visible_to(Breach.objects.all(), who)
    if state == "open":
        rows = rows.exclude(state=State.CLOSED)
    elif state != "all":
        asked["state"] = state
    page, after = chain.page(_narrowed(rows, str(here.unit.pk), asked), request.GET.get("after"))
    words = {"open": _("not closed"), **dict(State.choices), "closed": pgettext("need", "closed"), "all": _("all")}
    told: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "states": [(listed.to(state=one), word, one == state) for one, word in words.items()],
        "kinds": listed.choices("kind", Breach.Kind.choices, _("every kind")),
        "rows": [_shown(who, row) for row in page],
        "opens_shops": who.can("cycles.read"),
        "opens_visits": who.can("visits.read"),
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/breaches.html", told, done)


def _narrowed(rows: QuerySet[Breach], unit: str, asked: dict[str, str]) -> QuerySet[Breach]:
    """By the filters of the API; problem bad_parameter."""
    filters = BreachFilters({"unit": unit, **asked}, queryset=rows)
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    found: QuerySet[Breach] = filters.qs
    return found.select_related("retailer", "person", "territory", "seen_by", "closed_by").order_by(
        "-reported_at", "-id"
    )


def _shown(who: Actor, row: Breach) -> dict[str, Any]:
    """A breach; its words for whom they are, and what the bureau may do with it."""
    settles = who.can(verbs.SETTLE)
    return {
        "row": row,
        "state": pgettext("need", "closed") if row.state == State.CLOSED else row.get_state_display(),
        "is_told": may_read_words(who, row),
        "may_see": settles and row.state == State.REPORTED,
        "may_close": settles and row.state != State.CLOSED,
    }


def see(form: Form) -> str:
    """The bureau has seen it. Problems as breaches.see."""
    _require_settles(form)
    verbs.see(actor=form.actor, breach=form.mine(Breach.objects.all()))
    return _("Marked as seen.")


def close(form: Form) -> str:
    """What became of it. Problems as breaches.close."""
    _require_settles(form)
    outcome = form.words("outcome")
    if not outcome:
        raise Problem("invalid", detail_zh="请写明结果。", detail_en="Say what came of it.")
    verbs.close(actor=form.actor, breach=form.mine(Breach.objects.all()), outcome=outcome)
    return _("Closed, with what came of it.")


def _require_settles(form: Form) -> None:
    if not form.actor.can(verbs.SETTLE):
        raise Problem("forbidden")
