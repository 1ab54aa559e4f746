"""`/imports/mapping`: say once which column of a source's files is which, and keep it under a name.

The file's own headings and first rows are shown, and each column of the kind is given its heading; what is kept is a
profile of backend/imports/profiles.py, which the page of imports then offers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from backend.errors import Problem
from backend.http.auth import actor
from backend.http.problems import pointers
from backend.imports import head, keeping, kinds, profiles
from backend.imports.head import Head
from backend.imports.kinds import Column, ImportKind
from backend.imports.profile_api import RulesIn
from backend.models import ImportProfile
from backend.once import Done
from backend.scope import Actor, visible_to
from web.boards import acts, field_place, place
from web.boards.acts import Form, Refused
from web.boards.place import Place

RUN: Final = "imports.run"
SALT: Final = "import-mapping"
SECONDS: Final = 24 * 3600  # a head that was read may be mapped
_DATES: Final = {
    "auto": gettext_lazy("year, month, day: 2026-03-09"),
    "DMY": gettext_lazy("day, month, year: 09/03/2026"),
    "MDY": gettext_lazy("month, day, year: 03/09/2026"),
    "week": gettext_lazy("a week's number: 1, 2, 3"),
}
_MONEY: Final = {"yuan": gettext_lazy("yuan"), "fen": gettext_lazy("fen")}
_TEXT = re.compile(r"\{[^{}]+\}")


@dataclass(frozen=True)
class Asked:
    """One column of the kind on the form: how it is called, which heading is chosen, what it always is instead."""

    column: Column
    chosen: str
    always: str
    may_be_packs: bool
    is_packs: bool

    @property
    def title(self) -> str:
        return self.column.name if place.is_english() else self.column.headings[0]


@acts.page
def mapping(request: HttpRequest) -> HttpResponse:
    """A file's head is read and shown with a form; the form is kept as a profile; profiles are listed and removed.
    Up to eleven queries."""
    here, who = field_place.of(request, RUN), actor(request)
    known = [one for one in kinds.catalogue() if one.large is not None and who.units(one.capability)]
    asked: dict[str, Any] = {}
    done: HttpResponse | Refused | None = None
    try:
        asked = _asked(request, who, known)
    except Problem as problem:
        done = Refused(problem, Form(request, who))
    if done is None and request.POST.get("act") != "read":
        done = acts.run(request, {"keep": lambda form: _keep(form, here, asked), "remove": _remove})
    if isinstance(done, HttpResponse):
        return done
    told = {
        "here": here,
        "kinds": [(one, _title(one)) for one in known],
        "kind_code": request.POST.get("kind", ""),
        "profiles": _listed(who, known),
        "dates": [(code, _DATES[code]) for code in profiles.DATES],
        "money": [(code, _MONEY[code]) for code in profiles.MONEY],
        "typed": request.POST,
        **asked,
    }
    return acts.shown(request, "boards/import_mapping.html", told, done)


def _title(kind: ImportKind) -> str:
    return kind.title_en if place.is_english() else kind.title


def _listed(who: Actor, known: Iterable[ImportKind]) -> list[tuple[ImportProfile, str, int]]:
    titles = {one.code: _title(one) for one in known}
    rows = visible_to(ImportProfile.objects.select_related("unit"), who).order_by("kind", "name", "id")
    return [(row, titles.get(row.kind, row.kind), len(row.rules.get("columns", {}))) for row in rows]


# -- the file's head, and what is asked about it -----------------------------------------------------------------------


def _asked(request: HttpRequest, who: Actor, known: Iterable[ImportKind]) -> dict[str, Any]:
    """The form's questions about the file that was sent, or that an earlier page has read; nothing without one."""
    act = request.POST.get("act")
    if act not in ("read", "keep"):
        return {}
    kind = next((one for one in known if one.code == request.POST.get("kind")), None)
    if kind is None:
        raise Problem("bad_request")
    seen = _sent(request) if act == "read" else _carried(request.POST.get("head", ""), kind)
    guessed = head.guess(kind, seen.heading, _rules_of(who, kind)) if act == "read" else {}
    means = {column.means for column in kind.columns}
    return {
        "kind": kind,
        "kind_title": _title(kind),
        "seen": seen,
        "head": signing.dumps([kind.code, seen.heading, seen.rows], salt=SALT, compress=True),
        "headings": [(text, seen.sample(text)) for text in dict.fromkeys(seen.heading) if text],
        "columns": [_column(kind, one, request.POST, guessed) for one in kind.columns],
        "has_dates": "date" in means,
        "has_money": "money" in means,
    }


def _sent(request: HttpRequest) -> Head:
    files = request.FILES.getlist("file")
    if len(files) != 1:
        raise Problem("invalid", detail_zh="请选择一个文件。", detail_en="Choose one file.")
    return head.read(cast(Any, files[0]))


def _carried(token: str, kind: ImportKind) -> Head:
    """What an earlier page has read; the signature says that it was ours."""
    try:
        code, heading, rows = signing.loads(token, salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        raise Problem("invalid", detail_zh="请重新选择文件。", detail_en="Choose the file again.") from None
    if code != kind.code:
        raise Problem("bad_request")
    return Head(heading, rows)


def _rules_of(who: Actor, kind: ImportKind) -> list[Mapping[str, Any]]:
    """How the kind's files were read so far, the newest first. One query."""
    kept = visible_to(ImportProfile.objects.filter(kind=kind.code), who)
    return list(kept.order_by("-id").values_list("rules", flat=True)[:20])


def _column(kind: ImportKind, column: Column, typed: QueryDict, guessed: Mapping[str, str]) -> Asked:
    name = column.name
    chosen = typed.get(f"from:{name}", guessed.get(name, ""))
    may_be_packs = kind.large is not None and name in kind.large.packs
    return Asked(column, chosen, typed.get(f"always:{name}", ""), may_be_packs, f"packs:{name}" in typed)


# -- what is kept ------------------------------------------------------------------------------------------------------


def _keep(form: Form, here: Place, asked: Mapping[str, Any]) -> Done:
    """The mapping stands as a profile of the page's unit, and leads to where it is used. Problems as keeping.keep, and
    import_missing_columns where a required column has neither heading nor text."""
    kind: ImportKind = asked["kind"]
    name = form.words("name", 60)
    if not name:
        raise Problem("invalid", detail_zh="请写明名称。", detail_en="Give it a name.")
    rules = _rules(form, asked)
    profiles.check(kind, rules)
    try:
        profiles.plan(kind, asked["seen"].heading, rules)
        made = keeping.keep(actor=form.actor, kind=kind.code, name=name, unit=here.unit, rules=rules)
    except Problem as problem:
        raise _said(problem, asked["columns"]) from problem
    to = f"{reverse('imports')}?{place.address(here.unit.pk, here.month, profile=str(made.pk))}"
    return Done(_("Kept. It is chosen below: send a file to look at it."), to)


def _rules(form: Form, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says, as the API takes it: a heading, a text with {heading} in it, or what every row has."""
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    for one in asked["columns"]:
        if one.chosen and one.always:
            title = one.title
            zh, en = f"{title}：标题与固定内容只能选一个。", f"{title}: either a heading or a text of its own."
            raise Problem("invalid", detail_zh=zh, detail_en=en)
        if one.chosen or _TEXT.search(one.always):
            columns[one.column.name] = one.chosen or one.always
        elif one.always:
            constants[one.column.name] = one.always
    rules: dict[str, Any] = {"columns": columns, "constants": constants}
    rules |= {"units": {one.column.name: "packs" for one in asked["columns"] if one.is_packs}}
    rules |= {name: form.text(name) for name in ("dates", "week_one", "money") if form.text(name)}
    checked = RulesIn(data={name: given for name, given in rules.items() if given})
    try:
        checked.is_valid(raise_exception=True)
    except ValidationError as error:
        raise Problem("invalid", errors=list(pointers(error.detail))) from error
    return dict(checked.validated_data)


def _said(problem: Problem, columns: Iterable[Asked]) -> Problem:
    """The refusal, with the columns that it names as the form calls them."""
    if problem.code == "conflict":
        zh, en = "本单位已有同名的导入方案。", "This unit has a profile of that name."
        return Problem("conflict", detail_zh=zh, detail_en=en)
    if problem.code == "import_missing_columns":
        named = {one["column"] for one in problem.extra["columns"]}
        titles = [one.title for one in columns if one.column.name in named]
        zh, en = f"请指明：{'、'.join(titles)}。", f"Say where these come from: {', '.join(titles)}."
        return Problem(problem.code, detail_zh=zh, detail_en=en, columns=problem.extra["columns"])
    return problem


def _remove(form: Form) -> str:
    """The profile is gone. Problems bad_request, not_found, stale_version."""
    key = form.text("id")
    if not re.fullmatch(r"\d{1,18}", key, re.ASCII):
        raise Problem("bad_request")
    row = visible_to(ImportProfile.objects.select_for_update(of=("self",)), form.actor).filter(pk=int(key)).first()
    if row is None:
        raise Problem("not_found")
    if form.text("version") != str(row.version):
        raise acts.Stale(row)
    keeping.remove(actor=form.actor, profile=row)
    return _("The profile is gone. Imports that were read by it stay.")
