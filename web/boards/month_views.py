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
from backend.scope import visible_to
from cycles import papers
from cycles.drafting import text_of
from cycles.grid import COLUMNS, STEP_NAMES
from cycles.models import ManagerCycle
from web.boards import acts, month_acts, month_cells, place, records, scores
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
    """The grid, each cell with its sentences, words, state and reviewer, the scorecard. About thirty queries."""
    place.known(request)
    who = actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    done = acts.run(request, month_acts.verbs(pk))
    if isinstance(done, HttpResponse):
        return done
    paper = papers.read(who, pk)
    cycle, cells = paper.cycle, month_cells.shown(paper.cells, paper.dates)
    beside = dict(
        ManagerCycle.objects.filter(
            person_id=cycle.person_id,
            unit_id=cycle.unit_id,
            role_id=cycle.role_id,
            month__in=[clock.add_months(cycle.month, step) for step in (-1, 1)],
        ).values_list("month", "pk")
    )
    told: dict[str, Any] = {
        "here": place.standing(who, cycle.unit, cycle.month),
        "cycle": cycle,
        "paper": paper,
        "is_author": who.person_id == cycle.person_id,
        "before": beside.get(clock.add_months(cycle.month, -1)),
        "after": beside.get(clock.add_months(cycle.month, 1)),
        "in_words": month_cells.in_words(cells),
        "pictures": month_cells.pictures(cells),
        "steps": STEPS,
        "dimensions": month_cells.by_dimension(cells),
        "submittable": [(step, name) for step, name in STEP_NAMES.items() if _any_hers(cells, step)],
        "lacking": [one for one in cells if one.lacks_words],
        "scores": scores.of(paper),
        "effort": scores.effort(cycle),
    }
    return acts.shown(request, "boards/month.html", told, done)


@acts.page
def sentence(request: HttpRequest, pk: UUID, column: str, number: int) -> HttpResponse:
    """`/months/<id>/client_plan/0`: one sentence and the records that prove it. About thirty queries."""
    place.known(request)
    who = actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    paper = papers.read(who, pk)
    if column not in COLUMNS or number >= len(paper.cell(column).sentences):
        raise Problem("not_found")
    cycle, cell = paper.cycle, paper.cell(column)
    one = cell.sentences[number]
    told = {
        "here": place.standing(who, cycle.unit, cycle.month),
        "cycle": cycle,
        "row": cell.row,
        "text": text_of(one),
        "proof": records.of(who, one["evidence"], cycle.month),
    }
    return render(request, "boards/sentence.html", told)


def _any_hers(cells: list[month_cells.CellShown], step: str) -> bool:
    return any(one.is_hers and one.cell.step == step for one in cells)
