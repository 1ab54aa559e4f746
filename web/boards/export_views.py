"""`/exports`, `/exports/<id>`: ask for a file, see how far it is and what it holds, fetch it by verbs of the API."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend import errors, reach
from backend.errors import FieldError, Problem
from backend.exports import asking, kinds
from backend.exports.kinds import ExportKind
from backend.http.auth import actor, signed_in
from backend.models import Export
from backend.scope import Actor, visible_to
from web.boards import acts, chain, field_place, place
from web.boards.acts import Form
from web.boards.place import Place

RUN: Final = "exports.run"


@acts.page
def exports(request: HttpRequest) -> HttpResponse:
    """`/exports?unit=`: ask for a file of the unit and all under it; one's own exports, newest first. Up to twelve
    queries."""
    here, who = field_place.of(request, RUN, "after"), actor(request)
    done = acts.run(request, {"ask": lambda form: ask(form, here)})
    if isinstance(done, HttpResponse):
        return done
    page, after = chain.page(_mine(who).order_by("-asked_at", "-id"), request.GET.get("after"))
    told: dict[str, Any] = {
        "here": here,
        "kinds": [(one.code, _title(one), one.has_days) for one in _open_to(who)],
        "formats": Export.Format.choices,
        "may_personal": who.can(asking.PERSONAL),
        "rows": [(one, _named(one)) for one in page],
        "next": f"/exports?{here.query}&after={after}" if after else "",
    }
    return acts.shown(request, "boards/exports.html", told, done)


def _mine(who: Actor) -> QuerySet[Export]:
    return visible_to(Export.objects.filter(person_id=who.person_id), who).select_related("under")


def _open_to(who: Actor) -> list[ExportKind]:
    """The kinds that one of the reader's posts may export."""
    held = [post.capabilities for post in who.held if RUN in post.capabilities]
    return [one for one in kinds.catalogue() if any(one.capability in each for each in held)]


def _title(kind: ExportKind) -> str:
    return kind.title_en if place.is_english() else kind.title


def _named(export: Export) -> str:
    known = {one.code: one for one in kinds.catalogue()}
    return _title(known[export.kind]) if export.kind in known else export.kind


def ask(form: Form, here: Place) -> str:
    """The file will be made of the unit where the page stands. Problems as asking.start."""
    wanted = form.text("format")
    if wanted not in Export.Format.values:
        raise Problem("invalid", detail_zh="请选择文件格式。", detail_en="Choose a format.")
    asking.start(
        actor=form.actor,
        asked=asking.Asked(
            kind=form.text("kind"),
            format=wanted,
            unit_id=here.unit.pk,
            since=_day(form, "since"),
            until=_day(form, "until"),
            reason=form.words("reason"),
            is_english=place.is_english(),
        ),
    )
    return _("The file is being made; this page may be left.")


def _day(form: Form, name: str) -> date | None:
    if not form.text(name):
        return None
    try:
        return date.fromisoformat(form.text(name))
    except ValueError:
        raise Problem("bad_date", errors=[FieldError("bad_date", pointer=f"/period/{name}")]) from None


@acts.page
def export(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/exports/<id>`: how far one's export is, what its file holds, and the file. Up to ten queries."""
    place.known(request)
    who = actor(request)
    _one(who, pk)
    done = acts.run(request, {"cancel": cancel})
    if isinstance(done, HttpResponse):
        return done
    row = _one(who, pk)
    at = reach.unit_for(who, RUN, None) if row.under is None else row.under
    told: dict[str, Any] = {"here": field_place.nearest(who, RUN, at, row.asked_at), **_shown(row)}
    return acts.shown(request, "boards/export.html", told, done)


@require_safe
@never_cache
@signed_in
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/exports/<id>/progress`: the moving part of the page, which asks for itself again. Two queries."""
    place.known(request)
    return render(request, "boards/_export.html", _shown(_one(actor(request), pk)))


def _one(who: Actor, pk: UUID) -> Export:
    if not who.can(RUN):
        raise Problem("forbidden")
    found = _mine(who).filter(pk=pk).first()
    if found is None:
        raise Problem("not_found")
    return found


def _shown(row: Export) -> dict[str, Any]:
    language = "en" if place.is_english() else "zh-hans"
    columns = (row.manifest or {}).get("columns", [])
    return {
        "row": row,
        "name": _named(row),
        "why": errors.kind(row.error).title(language) if row.error else "",
        "sha256": bytes(row.sha256 or b"").hex(),
        "columns": [
            (one["title_en" if place.is_english() else "title"], one["name"], one["is_masked"]) for one in columns
        ],
    }


def cancel(form: Form) -> str:
    asking.cancel(actor=form.actor, export=form.mine(Export.objects.all()))
    return _("There will be no file.")
