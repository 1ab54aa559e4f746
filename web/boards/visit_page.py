"""One visit with everything it carries, in words, for its page; through the scope gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backend.errors import Problem
from backend.scope import Actor, visible_to
from brands.models import Product
from visits import photo_store, queries
from visits.models import (
    Briefing,
    CheckLine,
    ComplianceCheck,
    Observation,
    Photo,
    Pitch,
    Remark,
    StoredPhoto,
    Training,
    Visit,
    VisitRevision,
)
from web.boards.place import is_english

SMALL, LARGE = photo_store.SIZES


@dataclass(frozen=True)
class CheckRow:
    """One answered item of a display check, in words."""

    name: str
    answer: str
    line: CheckLine


@dataclass(frozen=True)
class PhotoRow:
    """A declared photo: where its copies are for five minutes, or in words why there are none."""

    line: Photo
    small: str
    large: str
    missing: str


@dataclass(frozen=True)
class RevisionRow:
    """An edit or the withdrawal, and the names of what it changed."""

    row: VisitRevision
    changed: str


@dataclass(frozen=True)
class VisitWithLines:
    """One visit with everything it carries that its reader may see."""

    visit: Visit
    purposes: list[str]
    checks: list[CheckRow]
    observations: list[Observation]
    briefings: list[Briefing]
    pitches: list[Pitch]
    remarks: list[Remark]
    trainings: list[Training]
    compliance: list[tuple[str, str]]
    photos: list[PhotoRow]
    revisions: list[RevisionRow]


def visit_with_lines(actor: Actor, visit_id: UUID) -> VisitWithLines:
    """One visit with everything it carries; `not_found` outside the scope. Eleven queries, twelve where a check lists
    products."""
    rows = visible_to(Visit.objects.filter(pk=visit_id), actor)
    visit = rows.select_related("retailer", "person", "territory", "template_version__template").first()
    if visit is None:
        raise Problem("not_found")
    of_visit = {"month": visit.month, "visit_id": visit.pk}
    purposes = dict(Visit.Purpose.choices)
    return VisitWithLines(
        visit=visit,
        purposes=[str(purposes.get(purpose, purpose)) for purpose in visit.purposes],
        checks=_checks(visit, list(CheckLine.objects.filter(**of_visit).order_by("line_no"))),
        observations=list(Observation.objects.filter(**of_visit).select_related("product").order_by("line_no")),
        briefings=list(
            Briefing.objects.filter(**of_visit).select_related("policy_version__policy").order_by("line_no")
        ),
        pitches=list(Pitch.objects.filter(**of_visit).select_related("product").order_by("line_no")),
        remarks=list(queries.remarks_of(actor, visit).select_related("product", "policy").order_by("line_no")),
        trainings=list(Training.objects.filter(**of_visit).order_by("line_no")),
        compliance=_compliance(ComplianceCheck.objects.filter(**of_visit).first()),
        photos=_photos(actor, visit, list(Photo.objects.filter(**of_visit).order_by("line_no"))),
        revisions=[RevisionRow(row, _changed(row)) for row in queries.revisions(actor, visit.pk)],
    )


def _checks(visit: Visit, lines: Sequence[CheckLine]) -> list[CheckRow]:
    listed = {product for line in lines for product in line.products or ()}
    names = dict(Product.objects.filter(pk__in=listed).values_list("pk", "name")) if listed else {}
    return [_check_row(visit, line, names) for line in lines]


def _check_row(visit: Visit, line: CheckLine, products: dict[int, str]) -> CheckRow:
    items: list[dict[str, Any]] = visit.template_version.items if visit.template_version else []
    item = next((item for item in items if item.get("code") == line.item_code), {})
    english = item.get("name_en") if is_english() else None
    return CheckRow(str(english or item.get("name") or line.item_code), _answer(item, line, products), line)


def _answer(item: dict[str, Any], line: CheckLine, products: dict[int, str]) -> str:
    """Yes or no in words, a count beside what passes (14 / 16), products by name, a choice as it was chosen; a dash
    where not asked."""
    if line.passed is None:
        return "–"
    if line.products is not None:
        return _(", ").join(products.get(product, str(product)) for product in line.products) or "–"
    if item.get("kind") == "yes_no":
        return yes_no(line.answer == "1")
    if item.get("kind") == "count":
        return f"{line.answer} / {item['pass_at']}"
    return line.answer


def yes_no(said: bool) -> str:
    return _("yes") if said else _("no")


def _compliance(found: ComplianceCheck | None) -> list[tuple[str, str]]:
    """(what was looked at, what was found); what was not looked at is left out."""
    if found is None:
        return []
    told = [
        (_("products on show"), found.tags_shown),
        (_("without a tag"), found.tags_missing),
        (_("tag of another price"), found.tags_mismatched),
        (_("tag altered"), found.tags_altered),
        (_("above the highest price allowed"), found.tags_over_cap),
        (_("licence hung up"), found.licence_shown),
        (_("the holder trades"), found.holder_trades),
        (_("goods are genuine"), found.goods_genuine),
        (_("sign for minors"), found.minors_sign),
        (_("asks for identity cards"), found.id_asked),
        (_("a school nearby"), found.near_school),
        (_("words"), found.words or None),
    ]
    return [
        (name, yes_no(value) if isinstance(value, bool) else str(value)) for name, value in told if value is not None
    ]


def _photos(actor: Actor, visit: Visit, lines: Sequence[Photo]) -> list[PhotoRow]:
    stored = {row.pk: row for row in visible_to(StoredPhoto.objects.filter(visit_id=visit.pk), actor)}
    return [_photo_row(actor, line, stored.get(line.photo_id)) for line in lines]


def _photo_row(actor: Actor, line: Photo, stored: StoredPhoto | None) -> PhotoRow:
    if stored is None:
        return PhotoRow(line, "", "", _("not yet received"))
    if stored.state != StoredPhoto.State.READY:
        return PhotoRow(line, "", "", str(stored.get_reason_display() or stored.get_state_display()))
    small, large = (photo_store.address(stored.pk, stored.name, size, actor.person_id) for size in (SMALL, LARGE))
    return PhotoRow(line, small, large, "")


def _changed(row: VisitRevision) -> str:
    """The names of what an edit changed, in the order of the page; nothing for a withdrawal, and for whoever may not
    read what stood before."""
    if row.after is None or not row.before:
        return ""
    after, names = row.after, field_names()
    changed = [key for key in {**row.before, **after} if row.before.get(key) != after.get(key)]
    return _(", ").join(dict.fromkeys(capfirst(names[key]) for key in names if key in changed))


def field_names() -> dict[str, str]:
    """Of the phone's own fields that an edit may change (visits/wire.py)."""
    return {
        "retailer_id": _("shop"),
        "started_at": _("time"),
        "ended_at": _("time"),
        "place": pgettext("place", "position"),
        "left": pgettext("place", "position"),
        "away_reason": _("why away from the shop"),
        "persons_met": _("persons met"),
        "stop_id": _("planned stop"),
        "unplanned_reason": _("unplanned"),
        "purposes": _("purposes"),
        "tags": _("tags"),
        "note": _("note"),
        "check": _("display check"),
        "observations": _("market observations"),
        "remarks": _("opinions and rivals' moves"),
        "briefings": _("policy briefings"),
        "pitches": _("pitches"),
        "trainings": _("training"),
        "compliance": _("compliance"),
        "photos": _("photos"),
        "confirmed_by": _("confirmed by"),
        "signature": _("signature"),
    }
