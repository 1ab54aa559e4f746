"""Display checks as the pages tell them: how many items failed and were put right, and one check explained.

Called by web/boards/field_views.py. The points and their reasons: visits/explaining.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.errors import Problem
from backend.scope import Actor, visible_to
from brands.models import Product
from visits import explaining
from visits.models import CheckLine, DisplayTask, StoredPhoto, Visit
from web.boards import field_photos
from web.boards.field_photos import Shown
from web.boards.place import is_english


@dataclass(frozen=True)
class Summed:
    """A visit with a check: how many of its items failed, how many of these were put right at once."""

    visit: Visit
    failed: int
    fixed: int
    pairs: int  # items with a photo before and one after


@dataclass(frozen=True)
class Item:
    """One item of a check: its points of how many, why, and its photos before and after."""

    name: str
    weight: Any
    points: Any
    passed: bool | None
    why: str
    missing: list[str]
    before: Shown | None
    after: Shown | None


@dataclass(frozen=True)
class Explained:
    """One check: what it came to and from which items."""

    visit: Visit
    template: str
    number: int
    score: Any
    points: Any
    possible: Any
    is_void: bool
    items: list[Item]
    tasks: list[DisplayTask]


def summed(visits: Sequence[Visit]) -> list[Summed]:
    """These visits with what their check lines add up to. One query, none for none."""
    lines: dict[UUID, list[CheckLine]] = {visit.pk: [] for visit in visits}
    wanted = CheckLine.objects.filter(month__in={visit.month for visit in visits}, visit_id__in=list(lines))
    for line in wanted if visits else ():
        lines[line.visit_id].append(line)
    return [_sum(visit, lines[visit.pk]) for visit in visits]


def _sum(visit: Visit, lines: Sequence[CheckLine]) -> Summed:
    pairs = sum(line.before_photo_id is not None and line.after_photo_id is not None for line in lines)
    return Summed(visit, sum(one.passed is False for one in lines), sum(one.fixed for one in lines), pairs)


def explained(actor: Actor, visit_id: UUID) -> Explained:
    """The check of a visit; problem not_found out of scope and where nothing was checked. Ten queries at most."""
    rows = visible_to(Visit.objects.filter(pk=visit_id), actor)
    visit = rows.select_related("retailer", "person", "territory").first()
    told = explaining.explain(visit) if visit is not None else None
    if visit is None or told is None:
        raise Problem("not_found")
    products = _products(told["items"])
    pairs = _pairs(actor, visit)
    tasks = visible_to(DisplayTask.objects.filter(retailer_id=visit.retailer_id, closed_on=None), actor)
    return Explained(
        visit=visit,
        template=_in_words(told, "name"),
        items=[_item(item, products, pairs) for item in told["items"]],
        tasks=list(tasks.order_by("due_on", "id")),
        **{name: told[name] for name in ("number", "score", "points", "possible", "is_void")},
    )


def _item(item: Mapping[str, Any], products: Mapping[int, str], pairs: Mapping[str, Any]) -> Item:
    before, after = pairs.get(item["code"], (None, None))
    return Item(
        name=_in_words(item, "name"),
        why=_in_words(item, "why"),
        missing=[products.get(one, str(one)) for one in item["missing"]],
        before=before,
        after=after,
        **{name: item[name] for name in ("weight", "points", "passed")},
    )


def _in_words(told: Mapping[str, Any], name: str) -> str:
    return str((is_english() and told[f"{name}_en"]) or told[name])


def _products(items: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    named = {product for item in items for product in item["missing"]}
    return dict(Product.objects.filter(pk__in=named).values_list("pk", "name")) if named else {}


def _pairs(actor: Actor, visit: Visit) -> dict[str, tuple[Shown | None, Shown | None]]:
    """The photos of each item, by its code, as far as they are here. Two queries."""
    lines = list(CheckLine.objects.filter(month=visit.month, visit_id=visit.pk))
    wanted = {photo for line in lines for photo in (line.before_photo_id, line.after_photo_id) if photo}
    rows = visible_to(StoredPhoto.objects.filter(pk__in=wanted, visit_id=visit.pk), actor) if wanted else ()
    here = {one.row.pk: one for one in field_photos.shown(actor, rows)}
    return {line.item_code: (_of(here, line.before_photo_id), _of(here, line.after_photo_id)) for line in lines}


def _of(here: Mapping[UUID, Shown], photo: UUID | None) -> Shown | None:
    return here.get(photo) if photo else None
