"""`/reviews?unit=&month=`: the managers' months below a unit, and the cells that wait for the reader's review."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.scope import Actor, units_under, visible_to
from cycles import manager_review, queries, reviewing
from cycles.grid import CELLS
from cycles.manager_review import Review
from cycles.models import ManagerCell, ManagerCycle
from cycles.papers import CellPaper
from cycles.reviewing import Reviewers
from web.boards import acts, month_cells, place
from web.boards.acts import Form
from web.boards.pictures import PictureRow
from web.boards.place import Place

_PICKED = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([a-z_]{1,20}):(\d{1,9})")
State = ManagerCycle.State


@dataclass(frozen=True)
class Month:
    """One manager's month on the list: its picture, its cells by state, and those that wait for the reader."""

    cycle: ManagerCycle
    pictures: tuple[PictureRow, ...]
    in_words: list[tuple[str, int]]
    waiting: list[month_cells.CellShown]


@acts.page
def reviews(request: HttpRequest) -> HttpResponse:
    """Approve several cells at once, or send several back with a reason. Up to twelve queries."""
    here, who = place.of(request), actor(request)
    if not who.can("cycles.read"):
        raise Problem("forbidden")
    done = acts.run(request, {"approve": approve, "send_back": send_back})
    if isinstance(done, HttpResponse):
        return done
    found = _months(who, here)
    told: dict[str, Any] = {
        "here": here,
        "waiting": [one for one in found if one.waiting],
        "months": found,
        "may_review": who.can(reviewing.CAPABILITY),
        "picked": set(request.POST.getlist("cell")) if done else set(),
    }
    return acts.shown(request, "boards/reviews.html", told, done)


def _months(who: Actor, here: Place) -> list[Month]:
    rows = ManagerCycle.objects.filter(month=here.month, unit_id__in=units_under([here.unit.pk]))
    rows = visible_to(rows, who).exclude(person_id=who.person_id)
    cycles = list(rows.select_related("person", "unit", "role").order_by("unit__level", "unit__code", "pk"))
    keys = [one.pk for one in cycles]
    held: dict[UUID, dict[str, ManagerCell]] = {}
    for row in ManagerCell.objects.filter(cycle_id__in=keys).select_related("reviewer"):
        held.setdefault(row.cycle_id, {})[row.cell] = row
    by = reviewing.reviewers(keys, clock.today())
    prefectures = {one.pk: queries.prefecture_of(one.unit) for one in cycles}
    dates = queries.dates_at((unit, here.month) for unit in prefectures.values())
    found = []
    for one in cycles:
        cells = _cells(who, one, held.get(one.pk, {}), by.get(one.pk, {}))
        shown = month_cells.shown(cells, dates[prefectures[one.pk], here.month])
        waiting = [cell for cell in shown if cell.is_reviewable]
        found.append(Month(one, month_cells.pictures(shown), month_cells.in_words(shown), waiting))
    return found


def _cells(who: Actor, cycle: ManagerCycle, rows: dict[str, ManagerCell], by: dict[str, Reviewers]) -> list[CellPaper]:
    """The cells as they are kept: who reviews reads what was handed in."""
    found = []
    for cell in CELLS:
        row = rows.get(cell.column) or ManagerCell(cycle=cycle, cell=cell.column)
        reviewers = by.get(cell.column, Reviewers())
        waits = row.state == State.SUBMITTED and who.can(reviewing.CAPABILITY) and reviewers.has(who.person_id)
        sentences = row.draft if row.submitted is None else row.submitted
        found.append(CellPaper(cell, row, sentences, row.needs_words, reviewers, 0, ("approve",) if waits else ()))
    return found


def approve(form: Form) -> str:
    n, refused = _review(form, "approve")
    return ngettext("%d cell approved.", "%d cells approved.", n) % n + refused


def send_back(form: Form) -> str:
    if not form.text("reason"):
        raise Problem("invalid", detail_zh="退回须写明原因。", detail_en="Say why it is sent back.")
    n, refused = _review(form, "send_back")
    return ngettext("%d cell sent back.", "%d cells sent back.", n) % n + refused


def _review(form: Form, act: manager_review.Act) -> tuple[int, str]:
    """How many cells became so, and what was refused, in words. The first refusal where all were."""
    wanted = list(_picked(form.request.POST.getlist("cell"), act, form.words("reason")))
    if not wanted:
        raise Problem("invalid", detail_zh="请先勾选要处理的格。", detail_en="Tick the cells first.")
    outcomes = manager_review.review_all(actor=form.actor, wanted=wanted)
    refused = [one.problem for one in outcomes if one.problem is not None]
    if len(refused) == len(outcomes):
        raise refused[0]
    if not refused:
        return len(outcomes), ""
    told = "; ".join(dict.fromkeys(one.kind.title(get_language() or "") for one in refused))
    return len(outcomes) - len(refused), " " + _("%(n)d refused: %(why)s") % {"n": len(refused), "why": told}


def _picked(values: Iterable[str], act: manager_review.Act, reason: str) -> Iterable[Review]:
    for value in values:
        found = _PICKED.fullmatch(value)
        if found is None:
            raise Problem("bad_request")
        yield Review(UUID(found[1]), found[2], act, reason, int(found[3]))
