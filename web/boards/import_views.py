"""`/imports`, `/imports/<id>`: send a file, see what it would change and what is wrong, apply it, take it back."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend import errors
from backend.errors import Problem
from backend.http.auth import actor, signed_in
from backend.imports import asking, kinds, reasons
from backend.imports.kinds import ImportKind
from backend.imports.reading import LARGEST_FILE
from backend.imports.running import Upload, run
from backend.models import ImportProfile, ImportReject, ImportRun
from backend.once import Done
from backend.scope import Actor, visible_to
from web.boards import acts, chain, field_place, place
from web.boards.acts import Form

RUN: Final = "imports.run"
NARROWING: Final = ("kind", "state")
REJECTS: Final = 50  # on the page; the file holds all
State = ImportRun.State


@acts.page
def imports(request: HttpRequest) -> HttpResponse:
    """`/imports?kind=&state=`: send a file; what was imported, newest first. A sent file leads to its own page. Up to
    twelve queries, and those of the import."""
    here, who = field_place.of(request, RUN, *NARROWING, "after", "profile"), actor(request)
    done = acts.run(request, {"send": send})
    if isinstance(done, HttpResponse):
        return done
    listed = field_place.narrowed(request, here, *NARROWING)
    if listed.kept.get("state", State.QUEUED) not in State.values:
        raise field_place.bad("state")
    if "kind" in listed.kept and listed.kept["kind"] not in {one.code for one in kinds.catalogue()}:
        raise field_place.bad("kind")
    rows = visible_to(ImportRun.objects.filter(**listed.kept), who).select_related("person")
    page, after = chain.page(rows.order_by("-started_at", "-id"), request.GET.get("after"))
    known = [one for one in kinds.catalogue() if who.units(one.capability)]
    profiles = visible_to(ImportProfile.objects.all(), who).order_by("kind", "name", "id")
    told: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "kinds": [(one, _title(one), [(c.headings, c.is_required) for c in one.columns]) for one in known],
        "profiles": [(one, _named(one)) for one in profiles],
        "chosen": next((one for one in profiles if one.pk == field_place.number(request, "profile")), None),
        "modes": ImportRun.Mode.choices,
        "states": listed.choices("state", State.choices, _("every state")),
        "rows": [(row, _named(row)) for row in page],
        "next": listed.to(after=after) if after else "",
    }
    return acts.shown(request, "boards/imports.html", told, done)


def _title(kind: ImportKind) -> str:
    return kind.title_en if place.is_english() else kind.title


def _named(row: ImportRun | ImportProfile) -> str:
    known = {one.code: one for one in kinds.catalogue()}
    return _title(known[row.kind]) if row.kind in known else row.kind


def _headings(code: str) -> dict[str, str]:
    """Column of the kind -> how its reader calls it."""
    columns = [column for one in kinds.catalogue() if one.code == code for column in one.columns]
    return {one.name: one.name if place.is_english() else one.headings[0] for one in columns}


def send(form: Form) -> Done:
    """The file is looked at, or applied; a large kind waits for its worker; it leads to the import's own page.
    Problems as running.run and asking.start."""
    files = form.request.FILES.getlist("file")
    if len(files) != 1:
        raise Problem("invalid", detail_zh="请选择一个文件。", detail_en="Choose one file.")
    kind, mode = kinds.kind(form.text("kind")), form.text("mode")
    if mode not in ImportRun.Mode.values:
        raise Problem("bad_request")
    made = _start(form, kind, mode, files[0])
    return Done(_("The file was taken."), reverse("import", args=[made.pk]))


def _start(form: Form, kind: ImportKind, mode: str, file: UploadedFile) -> ImportRun:
    profile = _profile(form)
    if kind.large is not None:
        asked = asking.Asked(kind, mode, file.name or "", profile)
        return asking.start(actor=form.actor, asked=asked, pieces=file.chunks())
    if profile is not None:
        raise Problem("invalid", detail_zh="这种文件不用导入方案。", detail_en="Files of this kind take no profile.")
    if (file.size or 0) > LARGEST_FILE:
        raise Problem("import_too_large")
    return run(actor=form.actor, kind_code=kind.code, mode=mode, upload=Upload(file.name or "", file.read()))


def _profile(form: Form) -> int | None:
    given = form.text("profile")
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= 18):
        raise Problem("bad_request")
    return int(given)


@acts.page
def one_import(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/imports/<id>`: how far it is, before and after, the first rows that were wrong; apply, cancel, take back. Up to
    ten queries."""
    place.known(request)
    who = actor(request)
    _one(who, pk)
    done = acts.run(request, {"apply": apply, "strict": strict, "cancel": cancel, "undo": undo})
    if isinstance(done, HttpResponse):
        return done
    row = _one(who, pk)
    here = field_place.nearest(who, RUN, row.unit, row.started_at)
    rejects = visible_to(ImportReject.objects.filter(run_id=pk), who).order_by("row_no", "id")
    titles = _headings(row.kind)
    told: dict[str, Any] = {
        "here": here,
        **_shown(row),
        "difference": row.difference,
        "rejects": [
            (one, titles.get(one.column, one.column), reasons.text(one.code)[place.is_english()])
            for one in rejects[:REJECTS]
        ],
        "most": REJECTS,
    }
    return acts.shown(request, "boards/import.html", told, done)


@require_safe
@never_cache
@signed_in
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`/imports/<id>/progress`: the moving part of the page; when the work is over, the page itself is asked for again.
    Two queries."""
    place.known(request)
    row = _one(actor(request), pk)
    answer = render(request, "boards/_import.html", _shown(row))
    if row.state not in asking.WAITING:
        answer["HX-Refresh"] = "true"
    return answer


def _rows(who: Actor) -> QuerySet[ImportRun]:
    return visible_to(ImportRun.objects.select_related("person", "unit", "profile"), who)


def _one(who: Actor, pk: UUID) -> ImportRun:
    if not who.can(RUN):
        raise Problem("forbidden")
    found = _rows(who).filter(pk=pk).first()
    if found is None:
        raise Problem("not_found")
    return found


def _shown(row: ImportRun) -> dict[str, Any]:
    language = "en" if place.is_english() else "zh-hans"
    is_large = any(one.code == row.kind and one.large is not None for one in kinds.catalogue())
    return {
        "row": row,
        "name": _named(row),
        "why": errors.kind(row.error).title(language) if row.error else "",
        "is_moving": row.state in asking.WAITING,
        "may_apply": is_large and row.state == State.CHECKED,
        "may_cancel": is_large and row.state in (State.QUEUED, State.READING, State.CHECKED, State.APPLYING),
        "may_undo": is_large and row.state == State.APPLIED,
        "is_to_be_sent_again": not is_large and row.state in (State.LOOKED, State.REFUSED),
    }


def apply(form: Form) -> str:
    asking.apply(actor=form.actor, run=form.mine(ImportRun.objects.all()), strict=False)
    return _("Its good rows are being applied.")


def strict(form: Form) -> str:
    asking.apply(actor=form.actor, run=form.mine(ImportRun.objects.all()), strict=True)
    return _("It is being applied, all rows or none.")


def cancel(form: Form) -> str:
    asking.cancel(actor=form.actor, run=form.mine(ImportRun.objects.all()))
    return _("It will write nothing.")


def undo(form: Form) -> str:
    asking.undo(actor=form.actor, run=form.mine(ImportRun.objects.all()))
    return _("It is being taken back.")
