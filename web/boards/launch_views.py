"""`/launches`: new products planned and on trial, the verdicts of their months against the goals, and the decisions."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backend.errors import Problem
from backend.http.auth import actor
from backend.kpis import kpi
from backend.reach import units_reached
from backend.scope import visible_to
from market.launches import launch as launching
from market.launches.api import LaunchFilters
from market.models import Launch
from web.boards import acts, chain, field_place, launch_planning, place
from web.boards.acts import Form

READ: Final = "brands.read"
State = Launch.State


@acts.page
def launches(request: HttpRequest) -> HttpResponse:
    """`/launches?unit=&state=`: the launches of the unit, of those above it and under it, newest supply first. Up to
    fourteen queries."""
    here, who = field_place.of(request, READ, "state", "after"), actor(request)
    verbs: dict[str, acts.Verb] = {"approve": approve, "keep": keep, "end": end, "edit": launch_planning.edit}
    verbs["plan"] = lambda form: launch_planning.plan(form, here)
    done = acts.run(request, verbs)
    if isinstance(done, HttpResponse):
        return done
    listed = field_place.narrowed(request, here, "state")
    seen = visible_to(Launch.objects.all(), who)
    under = LaunchFilters({"under": str(here.unit.pk), **listed.kept}, queryset=seen)
    above = LaunchFilters(dict(listed.kept), queryset=seen.filter(unit_id__in=here.unit.ancestors))
    if not under.is_valid() or not above.is_valid():
        raise field_place.bad("state")
    rows = Launch.objects.filter(pk__in=under.qs.values("pk")) | Launch.objects.filter(pk__in=above.qs.values("pk"))
    rows = rows.select_related("unit", "product", "planned_by", "approved_by", "decided_by")
    page, after = chain.page(rows.prefetch_related("verdicts").order_by("-supply_on", "id"), request.GET.get("after"))
    decides, plans = units_reached(who, launching.DECIDE), units_reached(who, launching.EDIT)
    told: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "states": listed.choices("state", State.choices, _("every state")),
        "rows": [_shown(row, row.unit_id in decides, row.unit_id in plans) for row in page],
        "planning": launch_planning.fields(Launch()) if here.unit.pk in plans else None,
        "products": launch_planning.products(),
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/launches.html", told, done)


def _shown(row: Launch, is_mine: bool, plans: bool) -> dict[str, Any]:
    """A launch with its verdicts, newest first, each goal by the name of its figure."""
    verdicts = [
        (one, [(kpi(goal["kpi"]), goal) for goal in one.figures]) for one in sorted(row.verdicts.all(), key=_newest)
    ]
    return {
        "row": row,
        "verdicts": verdicts,
        "may_approve": is_mine and row.state == State.DRAFT,
        "editing": launch_planning.fields(row) if plans and row.state == State.DRAFT else None,
        "may_decide": is_mine and row.state == State.EXIT_PROPOSED,
        "behind": f"/market/subject?{place.address(row.unit_id, row.supply_on, subject=f'product:{row.product_id}')}",
    }


def _newest(verdict: Any) -> int:
    return -int(verdict.number)


def approve(form: Form) -> str:
    row = launching.approve(actor=form.actor, launch=form.mine(Launch.objects.select_related("unit", "product")))
    return _("Approved: on trial from %s.") % f"{row.supply_on:%Y-%m-%d}"


def keep(form: Form) -> str:
    _decide(form, keep=True)
    return _("It stays.")


def end(form: Form) -> str:
    _decide(form, keep=False)
    return _("It goes: off the key list today, and its stock is cleared.")


def _decide(form: Form, *, keep: bool) -> None:
    said = form.words("words")
    if not said:
        raise Problem("invalid", detail_zh="请写明理由。", detail_en="Say why.")
    row = form.mine(Launch.objects.select_related("unit", "product"))
    launching.decide(actor=form.actor, launch=row, keep=keep, words=said)
