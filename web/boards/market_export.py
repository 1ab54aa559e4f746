"""Taking a market board along as a file: asks for an export of its figures and tells how far it is.

Called by market_views.py; the verbs are those of POST /api/v1/exports (docs/exports.md).
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend import clock
from backend.errors import FieldError, Problem
from backend.exports import asking
from backend.http.auth import actor, signed_in
from backend.models import Export
from backend.scope import Actor, visible_to
from web.boards import place
from web.boards.acts import Form
from web.boards.market_place import Asked

OPEN = (Export.State.QUEUED, Export.State.RUNNING)


def ask(form: Form, asked: Asked) -> str:
    """The figures of the unit and those right below it, of the month, as a file. Problems as asking.start."""
    month, wanted = asked.here.month, form.text("format")
    if wanted not in Export.Format.values:
        raise Problem("invalid", errors=[FieldError("invalid", pointer="/format")])
    asking.start(
        actor=form.actor,
        asked=asking.Asked(
            kind="figures",
            format=wanted,
            unit_id=asked.here.unit.pk,
            since=month,
            until=clock.month_end(month),
            filters=asked.about,
            is_english=place.is_english(),
        ),
    )
    return _("The file is being made; it stands below the figures when it is ready.")


def newest(who: Actor) -> Export | None:
    """The reader's newest export of figures that has a file or will have one. One query."""
    if not who.can("exports.run"):
        return None
    mine = visible_to(Export.objects.filter(person_id=who.person_id, kind="figures"), who)
    return mine.filter(state__in=(*OPEN, Export.State.READY)).order_by("-asked_at", "-id").first()


@require_safe
@never_cache
@signed_in
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/market/exports/<id>`: how far an export is, as a part of a page that asks again by itself. One query."""
    place.known(request)
    who = actor(request)
    found = visible_to(Export.objects.filter(person_id=who.person_id), who).filter(pk=pk).first()
    if found is None:
        raise Problem("not_found")
    return render(request, "boards/_market_export.html", {"export": found})
