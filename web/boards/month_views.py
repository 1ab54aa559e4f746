"""`/months/<id>`: one manager's month to read, explain and hand in; and the records behind each of its sentences."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.scope import Actor, visible_to
from cycles import manager_month, queries, reviewing
from cycles.drafting import text_of
from cycles.grid import COLUMNS, STEP_NAMES
from cycles.models import ManagerCycle
from web.boards import acts, month_acts, papers, place, records, scores
from web.boards.grids import STEPS


@acts.page
def mine(request: HttpRequest) -> HttpResponse:
    """`/months/mine?month=`: off to my own month; who has none, to the months of those below. Up to four queries."""
    place.known(request, "month", "unit")
    who = actor(request)
    if not who.can("boards.read"):
        raise Problem("forbidden")
    month = place.month_named(request.GET.get("month"))
    rows = ManagerCycle.objects.filter(month=month, person_id=who.person_id)
    found = visible_to(rows, who).order_by("unit__level", "pk").first()
    if found is None:
        return HttpResponseRedirect(f"{reverse('reviews')}?{urlencode({'month': f'{month:%Y-%m}'})}")
    return HttpResponseRedirect(reverse("month", args=[found.pk]))


@acts.page
def month(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The grid, each cell with its sentences, words, state and reviewer, the scorecard. Up to eighteen queries."""
    place.known(request)
    who = actor(request)
    if not who.can("boards.read"):
        raise Problem("forbidden")
    done = acts.run(request, month_acts.verbs(pk))
    if isinstance(done, HttpResponse):
        return done
    cycle = _cycle(who, pk)
    reader = papers.Reader(who, who.person_id == cycle.person_id)
    rows = manager_month.cells_of(cycle)
    dates = queries.dates_for(cycle.unit, cycle.month)
    cells = papers.cells_of_month(reader, rows, dates, reviewing.reviewers([pk], clock.today()).get(pk, {}))
    beside = dict(ManagerCycle.objects.filter(
        person_id=cycle.person_id, unit_id=cycle.unit_id, role_id=cycle.role_id,
        month__in=[clock.add_months(cycle.month, step) for step in (-1, 1)],
    ).values_list("month", "pk"))  # fmt: skip
    told: dict[str, Any] = {
        "here": place.standing(who, cycle.unit, cycle.month),
        "cycle": cycle,
        "is_author": reader.is_author,
        "before": beside.get(clock.add_months(cycle.month, -1)),
        "after": beside.get(clock.add_months(cycle.month, 1)),
        "in_words": papers.in_words(cells),
        "pictures": papers.pictures(cells),
        "steps": STEPS,
        "dimensions": papers.by_dimension(cells),
        "submittable": [(step, name) for step, name in STEP_NAMES.items() if _any_hers(cells, step)],
        "lacking": [one for one in cells if one.lacks_words],
        "scorecard": scores.of(cycle),
        "effort": scores.effort(cycle),
    }
    return acts.shown(request, "boards/month.html", told, done)


@acts.page
def sentence(request: HttpRequest, pk: UUID, column: str, number: int) -> HttpResponse:
    """`/months/<id>/client_plan/0`: one sentence and the records that prove it. Up to eleven queries."""
    place.known(request)
    who = actor(request)
    if not who.can("boards.read"):
        raise Problem("forbidden")
    cycle = _cycle(who, pk)
    if column not in COLUMNS:
        raise Problem("not_found")
    row = manager_month.cells_of(cycle)[column]
    sentences = row.draft if row.submitted is None else row.submitted
    if number >= len(sentences):
        raise Problem("not_found")
    one = sentences[number]
    told = {
        "here": place.standing(who, cycle.unit, cycle.month),
        "cycle": cycle,
        "row": row,
        "text": text_of(one),
        "proof": records.of(who, one["evidence"], cycle.month),
    }
    return render(request, "boards/sentence.html", told)


def _cycle(who: Actor, pk: UUID) -> ManagerCycle:
    rows = visible_to(ManagerCycle.objects.select_related("person", "unit", "role"), who)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Problem("not_found")
    return found


def _any_hers(cells: list[papers.CellOfMonth], step: str) -> bool:
    return any(one.is_hers and one.cell.step == step for one in cells)
