"""What a form on a page does: it calls a verb once, then leads back with a line that says what was done.

A refusal is shown on the page itself, in a sentence, with what was typed kept. Called by every page that has a form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.errors import Problem
from backend.http.auth import actor, signed_in
from backend.models import AuditEntry
from backend.once import Done, once
from backend.scope import Actor, visible_to
from cycles.grid import CELLS, Cell

M = TypeVar("M", bound=Model)

WORDS_MAX = 500  # of a reason or a remark
_ANCHOR = re.compile(r"[a-z][a-z0-9_-]{0,60}")


class Stale(Problem):
    """Somebody else changed the row after the reader's page was made."""

    def __init__(self, row: Model) -> None:
        super().__init__("stale_version")
        self.row = row


@dataclass(frozen=True)
class Form:
    """What was sent: its fields as text, and the row that it speaks of."""

    request: HttpRequest
    actor: Actor

    def text(self, name: str) -> str:
        return self.request.POST.get(name, "").strip()

    def words(self, name: str, most: int = WORDS_MAX) -> str:
        """What was written, of at most so many characters, as the API takes it; `invalid` for more."""
        found = self.text(name).replace("\r\n", "\n")
        if len(found) > most:
            raise Problem("invalid", detail_zh=f"最多 {most} 字。", detail_en=f"At most {most} characters.")
        return found

    def keys(self, name: str) -> list[UUID]:
        """The ids of the ticked rows; `bad_request` where one is none."""
        return [_uuid(one) for one in self.request.POST.getlist(name)]

    def row(self, rows: QuerySet[M], before: Callable[[M], object] | None = None) -> M:
        """The row of the form's `id` among these, locked and as the reader saw it; problems not_found and
        stale_version. `before` takes what has to be locked before the row. At most three queries, inside the form's
        transaction."""
        key = _uuid(self.text("id"))
        if before is not None and (seen := rows.filter(pk=key).first()) is not None:
            before(seen)
        list(rows.model._base_manager.select_for_update().filter(pk=key).values_list("pk"))
        found = rows.filter(pk=key).first()
        if found is None:
            raise Problem("not_found")
        if self.text("version") != str(getattr(found, "version", "")):
            raise Stale(found)
        return found

    def mine(self, rows: QuerySet[M], before: Callable[[M], object] | None = None) -> M:
        """The same among the rows that the actor may see."""
        return self.row(visible_to(rows, self.actor), before)


@dataclass(frozen=True)
class Refused:
    """Why nothing was done, for the page that is shown again."""

    problem: Problem
    form: Form

    @property
    def sentence(self) -> str:
        """The refusal in words: the verb's own where it has some, else what kind of refusal it is."""
        problem, language = self.problem, get_language() or "zh-hans"
        own = problem.detail_en if language.startswith("en") else problem.detail_zh
        named = [str(one.as_dict(language)["message"]) for one in problem.errors if one.message]
        if own or named:
            return " ".join([own, *named]).strip()
        about = "" if problem.errors or problem.code == "invalid" else problem.detail(language)
        title = problem.kind.title(language)
        return f"{title}{_stop(language)}{'' if about == title else about}".strip()

    @property
    def cells(self) -> list[Cell]:
        """The cells of a manager's month that the refusal names."""
        named = {one.pointer.rpartition("/")[2] for one in self.problem.errors}
        return [cell for cell in CELLS if cell.column in named]

    @property
    def changed_by(self) -> AuditEntry | None:
        """Who changed the row before this form arrived, where that is known."""
        return _last_change(self.problem.row) if isinstance(self.problem, Stale) else None

    @property
    def about(self) -> str:
        return self.form.text("id")


Verb = Callable[[Form], str | Done]
View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page of the signed-in that may hold forms."""
    return require_http_methods(["GET", "HEAD", "POST"])(never_cache(signed_in(view)))


def run(request: HttpRequest, verbs: Mapping[str, Verb]) -> HttpResponse | Refused | None:
    """Does what the sent form asks: the way back to the page, or why not; None where no form was sent.

    `verbs` maps the form's `act` to what does it and returns the line to show, with another address than the page's
    own where it leads elsewhere. One transaction; the same form sent again does nothing and gets the same answer.
    """
    if request.method != "POST":
        return None
    form = Form(request, actor(request))
    try:
        verb = verbs.get(form.text("act"))
        if verb is None:
            raise Problem("bad_request")
        with transaction.atomic():
            done = once(request, form.actor, lambda: _done(form, verb))
    except Problem as problem:
        return Refused(problem, form)
    messages.success(request, done.said)
    return HttpResponseRedirect(done.to)


def _done(form: Form, verb: Verb) -> Done:
    """What the verb did; it leads back to the place on the page where the form stood, unless it says where."""
    said = verb(form)
    if isinstance(said, Done):
        return said
    at = form.text("at") or form.text("act").partition(":")[2]
    return Done(said, form.request.get_full_path() + (f"#{at}" if _ANCHOR.fullmatch(at) else ""))


def shown(request: HttpRequest, template: str, told: Mapping[str, Any], refused: Refused | None) -> HttpResponse:
    """The page, with the refusal of its form where there was one."""
    status = refused.problem.status if refused else 200
    return render(request, template, {**told, "refused": refused}, status=status)


def _stop(language: str) -> str:
    return ". " if language.startswith("en") else "。"


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise Problem("bad_request") from None


def _last_change(row: Model) -> AuditEntry | None:
    """The last act on the row. One query."""
    acts = AuditEntry.objects.filter(object_type=row._meta.label_lower, object_id=str(row.pk))
    return acts.select_related("actor").order_by("-at").first()
