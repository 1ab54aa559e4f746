"""`/filters?page=`: the reader's own filters of a list, keeping the one he came with, and removing one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from backend.errors import Problem
from backend.http.auth import actor
from backend.models import SavedFilter
from backend.once import Done
from web.boards import acts, field_place, saved
from web.boards.acts import Form
from web.boards.place import Place


@acts.page
def filters(request: HttpRequest) -> HttpResponse:
    """Of a list that the address names; problems not_found and forbidden. Up to seven queries."""
    page = request.GET.get("page", "")
    here = field_place.of(request, saved.list_named(page).capability, "page")
    done = acts.run(request, {"keep": lambda form: keep(form, page, here), "remove": remove})
    if isinstance(done, HttpResponse):
        return done
    who = actor(request)
    told = {
        "here": here,
        "list": f"{reverse(page)}?{here.query}",
        "rows": [(row, saved.address(row, here)) for row in saved.of(who, page)],
        "typed": {"name": done.form.text("name"), "query": done.form.text("query")} if done else {},
    }
    return acts.shown(request, "boards/filters.html", told, done)


def keep(form: Form, page: str, here: Place) -> Done:
    row = saved.keep(actor=form.actor, page=page, name=form.text("name"), query=form.text("query"))
    return Done(saved.kept_words(row.name), saved.address(row, here))


def remove(form: Form) -> str:
    """Of one's own, by its id; nobody else's is there."""
    found = SavedFilter.objects.filter(person_id=form.actor.person_id, pk__in=form.keys("id")).first()
    if found is None:
        raise Problem("not_found")
    found.delete()
    return _("%(name)s is removed.") % {"name": found.name}
