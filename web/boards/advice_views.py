"""`/advice?unit=&month=`: the operating advice sheets of a unit's month, and the account manager's sentence on each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.errors import Problem
from backend.http.auth import actor
from backend.models import Level
from backend.scope import Actor, units_under, visible_to
from cycles import advice, advice_alike, gate, standing
from cycles.models import AdviceSheet
from web.boards import acts, chain, place
from web.boards.acts import Form


@acts.page
def sheets(request: HttpRequest) -> HttpResponse:
    """Each sheet with the shop's own figures; those that say nearly the same are marked. Up to twelve queries."""
    here, who = place.of(request, "after"), actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    done = acts.run(request, {"write": write, "prepare": prepare})
    if isinstance(done, HttpResponse):
        return done
    rows = AdviceSheet.objects.filter(month=here.month, territory_id__in=units_under([here.unit.pk]))
    rows = visible_to(rows, who).select_related("retailer", "territory", "person").order_by("id")
    found, after = chain.page(rows, request.GET.get("after"))
    told: dict[str, Any] = {
        "here": here,
        "rows": found,
        "alike": _alike(who, here, found),
        "may_write": who.can(gate.CAPABILITY),
        "may_prepare": who.can(gate.CAPABILITY) and here.unit.level == Level.TERRITORY,
        "next": f"{request.path}?{place.address(here.unit.pk, here.month, after=after)}" if after else "",
    }
    return acts.shown(request, "boards/advice.html", told, done)


def _alike(who: Actor, here: place.Place, rows: list[AdviceSheet]) -> set[Any]:
    """The sheets on the page that say nearly what another says, as far as the reader is told of it by now."""
    territories = sorted({row.territory_id for row in rows})
    found = advice_alike.alike(here.month, territories) if territories else []
    shown = {sheet for one in found if one.told_to_all for sheet in one.sheets}
    own = {sheet for one in found for sheet in one.sheets}
    return shown | {row.pk for row in rows if row.person_id == who.person_id and row.pk in own}


def write(form: Form) -> str:
    sheet = form.mine(AdviceSheet.objects.select_related("retailer"), before=lambda row: standing.hold(row.month))
    words = form.words("words", advice.WORDS_MAX)
    advice.write(actor=form.actor, sheet=sheet, words=words)
    return _("The sheet of %s is kept.") % sheet.retailer.name


def prepare(form: Form) -> str:
    """Sheets for the shops of the page's territory that have findings."""
    here = place.of(form.request, "after")
    made = advice.prepare(actor=form.actor, month=here.month, territory=here.unit.pk)
    return ngettext("%d sheet was drafted.", "%d sheets were drafted.", made) % made
