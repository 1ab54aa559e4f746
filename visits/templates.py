"""Display templates: opened for a unit, written in versions, released, retired; which of them a shop is checked by.

The verbs are called by visits/template_api.py and by visits/schemes.py, which brings the schemes that ship; the rule of
`applicable` is the one that a phone follows with what its `templates` collection tells it (docs/method.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max, QuerySet

from backend import audit, clock, marks
from backend.errors import FieldError, Problem
from backend.models import Unit
from backend.reach import require_unit
from backend.scope import Actor
from brands.models import Product
from visits import scoring
from visits.models import DisplayTemplate, TemplateVersion

EDIT = "policies.edit"
MARK = "templates"


@dataclass(frozen=True)
class NewTemplate:
    """A scheme as its editor names it."""

    unit: Unit
    code: str
    name: str
    name_en: str = ""


@dataclass(frozen=True)
class NewVersion:
    """What is checked, and in which shops; an empty list and a missing tier mean all."""

    items: Sequence[dict[str, Any]]
    terminal_types: Sequence[str] = ()
    market_types: Sequence[str] = ()
    tier_from: int | None = None
    tier_to: int | None = None


def open_template(*, actor: Actor, new: NewTemplate) -> DisplayTemplate:
    """The unit has the scheme; what it checks comes in versions. policies.edit over the unit (not_found), else
    conflict for a known code."""
    require_unit(actor, EDIT, new.unit.pk)
    try:
        with transaction.atomic():
            template = DisplayTemplate.objects.create(**vars(new))
            audit.record(actor, "template.open", template, after=audit.snapshot(template), unit_id=template.unit_id)
    except IntegrityError as error:
        raise Problem("conflict") from error
    return template


def write_version(*, actor: Actor, template: DisplayTemplate, new: NewVersion) -> TemplateVersion:
    """The next version of the scheme stands as a draft. Its items never change, because scores are given by them: a
    correction is the next number. Problem invalid, with the places that cannot be scored."""
    require_unit(actor, EDIT, template.unit_id)
    _check(new)
    with transaction.atomic():
        DisplayTemplate.objects.select_for_update().get(pk=template.pk)  # two editors get two numbers
        last = template.versions.aggregate(last=Max("number"))["last"] or 0
        given = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(new).items()}
        version = TemplateVersion.objects.create(template=template, number=last + 1, **given)
        audit.record(actor, "template.write", version, after=audit.snapshot(version), unit_id=template.unit_id)
    return version


def release(*, actor: Actor, version: TemplateVersion, from_date: date) -> TemplateVersion:
    """Shops are checked by the version from a day on, today at the earliest (bad_date); what was in force ends there.

    Once only, and not before a version that is to come (conflict).
    """
    require_unit(actor, EDIT, version.template.unit_id)
    if from_date < clock.today():
        raise Problem("bad_date")
    with transaction.atomic():
        held = _held(version)
        others = TemplateVersion.objects.filter(template_id=held.template_id, during__isnull=False)
        if held.during is not None or others.filter(during__startswith__gte=from_date).exists():
            raise Problem("conflict")
        for standing in others.filter(during__contains=from_date):  # one at most: they exclude each other
            _end(actor, standing, from_date)
        before = audit.snapshot(held)
        held.during = DateRange(from_date, None)
        held.save(update_fields=["during"])
        _told(actor, "template.release", held, before)
    return held


def retire(*, actor: Actor, version: TemplateVersion, on: date) -> TemplateVersion:
    """Nothing is checked by the version from a day on, tomorrow at the earliest (bad_date): what was checked today
    keeps its scheme. Only what is in force, or to come, can end (conflict)."""
    require_unit(actor, EDIT, version.template.unit_id)
    if on <= clock.today():
        raise Problem("bad_date")
    with transaction.atomic():
        held = _held(version)
        if held.during is None or held.during.upper is not None or on <= held.during.lower:
            raise Problem("conflict")
        _end(actor, held, on)
    return held


def readable(actor: Actor, rows: QuerySet[TemplateVersion]) -> QuerySet[TemplateVersion]:
    """Drafts are for those who write them; everybody else sees what has been released."""
    return rows if actor.can(EDIT) else rows.filter(during__isnull=False)


# The nearest unit's scheme wins; of several there the one that says most closely which shops it is for, then the
# newest. A shop whose classes are unknown gets only what is for all shops.
_APPLICABLE = """
SELECT DISTINCT ON (a.retailer_id) a.retailer_id, v.id
FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id
JOIN visits_displaytemplate t ON t.unit_id = ANY(u.ancestors)
JOIN visits_templateversion v ON v.template_id = t.id AND v.during @> %(on)s::date
LEFT JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> %(on)s::date
WHERE a.retailer_id = ANY(%(retailers)s::uuid[]) AND a.during @> %(on)s::date
AND (v.terminal_types = '{}' OR c.terminal_type = ANY(v.terminal_types))
AND (v.market_types = '{}' OR c.market_type = ANY(v.market_types))
AND (v.tier_from IS NULL OR c.tier >= v.tier_from) AND (v.tier_to IS NULL OR c.tier <= v.tier_to)
ORDER BY a.retailer_id, array_position(u.ancestors, t.unit_id) DESC,
    (v.terminal_types <> '{}')::int + (v.market_types <> '{}')::int
        + (v.tier_from IS NOT NULL OR v.tier_to IS NOT NULL)::int DESC,
    lower(v.during) DESC, v.id DESC
"""


def applicable(retailer_ids: Iterable[UUID], on: date) -> dict[UUID, int]:
    """The template version by which each shop is to be checked on a day; shops without one are left out. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_APPLICABLE, {"retailers": list(retailer_ids), "on": on})
        return dict(cursor.fetchall())


_UNSCORED = ("该检查项无法计分", "This item cannot be scored")
_TIERS = ("档位起止颠倒", "The tiers are in the wrong order")
_PRODUCT = ("商品不存在", "The product does not exist")


def _check(new: NewVersion) -> None:
    """Items that can be scored and name known products; tiers from low to high."""
    items = list(new.items)
    errors = [
        FieldError("invalid", *_UNSCORED, pointer="/" + fault.replace("[", "/").replace("]", ""))
        for fault in scoring.faults(items)
    ]
    if new.tier_from is not None and new.tier_to is not None and new.tier_from > new.tier_to:
        errors.append(FieldError("invalid", *_TIERS, pointer="/tier_to"))
    if not errors:
        named = {product for item in items for product in item.get("products", ())}
        known = set(Product.objects.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
        errors = [
            FieldError("unknown_reference", *_PRODUCT, pointer=f"/items/{n}/products")
            for n, item in enumerate(items)
            if not set(item.get("products", ())) <= known
        ]
    if errors:
        raise Problem("invalid", errors=errors)


def _held(version: TemplateVersion) -> TemplateVersion:
    """The version, with its template locked: releases of one template take turns."""
    DisplayTemplate.objects.select_for_update().get(pk=version.template_id)
    return TemplateVersion.objects.select_for_update(of=("self",)).select_related("template").get(pk=version.pk)


def _end(actor: Actor, standing: TemplateVersion, on: date) -> None:
    before = audit.snapshot(standing)
    standing.during = DateRange(standing.during.lower, on)
    standing.save(update_fields=["during"])
    _told(actor, "template.end", standing, before)


def _told(actor: Actor, act: str, held: TemplateVersion, before: dict[str, Any]) -> None:
    unit = held.template.unit_id
    audit.record(actor, act, held, before=before, after=audit.snapshot(held), unit_id=unit)
    marks.mark(MARK, [(unit, clock.today())])
