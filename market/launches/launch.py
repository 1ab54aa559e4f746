"""Verbs on launches: planned, edited, approved onto the key list, and (after two missed verdicts) kept or ended.

Called by api.py; the verdicts of months are verdicts.py's. Rule: docs/method.md, Launches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import audit, clock, notices, parameters
from backend.errors import FieldError, Problem, register
from backend.models import Position, Unit
from backend.reach import require_unit
from backend.scope import Actor
from brands import key_products
from brands.models import KeyProduct
from brands.queries import products_on
from market.models import Launch
from market.parameters import LAUNCH_CLEAR_MONTHS

EDIT, DECIDE = "brands.edit", "launches.decide"
ASKED = ("how", "places", "audience", "first_cartons")  # beside when: open, none is approved
State = Launch.State
DECIDED = "launch.decided"

notices.register(
    DECIDED,
    "新品“{product}”（{unit}）：{word_zh}。{words}",
    "Launch of {product} ({unit}): {word_en}. {words}",
)
register(
    "launch_incomplete",
    409,
    ("新品方案不完整", "The launch is not fully planned"),
    (
        "时间、方法、地点、对象和首批购进量都须填写后才能批准。",
        "When, how, where, to whom and the first purchase must all be told before it is approved.",
    ),
)
register(
    "first_purchase_too_large",
    409,
    ("首批购进量过大", "The first purchase is too large"),
    (
        "首批购进量不得超过同价类规格的月均销量。",
        "It may not exceed the mean monthly sales of a product of its price class.",
    ),
)


_SOLD = """
SELECT coalesce(sum(cartons), 0), count(DISTINCT product_id) FROM market_unitproductmonth
WHERE unit_id = %(unit)s AND month = ANY(%(months)s::date[]) AND product_id = ANY(%(products)s::bigint[])
    AND cartons > 0
"""


def plan(*, actor: Actor, values: Mapping[str, Any]) -> Launch:
    """The launch of a product in a unit is a draft. brands.edit over the unit (not_found); conflict while another
    launch of the product is under way there. Four queries."""
    require_unit(actor, EDIT, values["unit"].pk)
    try:
        with transaction.atomic():
            made = Launch.objects.create(planned_by_id=actor.person_id, **values)
            audit.record(actor, "launch.plan", made, after=audit.snapshot(made), unit_id=made.unit_id)
    except IntegrityError as error:
        raise Problem("conflict") from error
    return made


def edit(*, actor: Actor, launch: Launch, values: Mapping[str, Any]) -> Launch:
    """The draft says this. brands.edit over its unit (not_found); conflict once it is approved. The caller holds the
    row. Three queries."""
    require_unit(actor, EDIT, launch.unit_id)
    if launch.state != State.DRAFT:
        raise Problem("conflict")
    before = audit.snapshot(launch)
    for name, value in values.items():
        setattr(launch, name, value)
    with transaction.atomic():
        _save(actor, "launch.edit", launch, before)
    return launch


def approve(*, actor: Actor, launch: Launch) -> Launch:
    """The trial runs from the day of supply, and the product is on the unit's key list as a launch from then on.

    launches.decide over the unit (not_found); conflict when it is no draft; launch_incomplete, naming what is open;
    first_purchase_too_large. Ten queries at most.
    """
    require_unit(actor, DECIDE, launch.unit_id)
    with transaction.atomic():
        held = _held(launch, State.DRAFT)
        if missing := [name for name in ASKED if getattr(held, name) in ("", None)]:
            raise Problem("launch_incomplete", errors=[FieldError("invalid", pointer=f"/{name}") for name in missing])
        most = category_mean(held)
        if most is not None and (held.first_cartons or 0) > most:
            raise Problem("first_purchase_too_large", errors=[FieldError("invalid", pointer="/first_cartons")])
        before = audit.snapshot(held)
        held.state, held.approved_by_id, held.approved_at = State.TRIAL, actor.person_id, clock.now()
        _save(actor, "launch.approve", held, before)
        _put_on_list(actor, held)
    return held


def decide(*, actor: Actor, launch: Launch, keep: bool, words: str) -> Launch:
    """What was proposed for exit stays after all, or goes: off the key list today, its stock to be cleared in three
    months (market.launch_clear_months). Who planned it hears of it.

    launches.decide over the unit (not_found); invalid without words; conflict unless an exit is proposed.
    """
    require_unit(actor, DECIDE, launch.unit_id)
    if not words.strip():
        raise Problem("invalid", errors=[FieldError("invalid", pointer="/words")])
    with transaction.atomic():
        held = _held(launch, State.EXIT_PROPOSED)
        before = audit.snapshot(held)
        held.state = State.KEPT if keep else State.CLEARING
        held.decided_by_id, held.decided_at, held.decided_words = actor.person_id, clock.now(), words
        if not keep:
            months = parameters.value(LAUNCH_CLEAR_MONTHS, held.unit_id, clock.today())
            held.clear_by = clock.month_end(clock.add_months(clock.month_of(clock.today()), months))
        _save(actor, "launch.decide", held, before)
        leave_list(actor, held, stays=keep)
        word_zh, word_en = ("保留", "kept") if keep else ("退出", "to leave")
        more = {"word_zh": word_zh, "word_en": word_en, "words": words}
        notices.tell(told(held, DECIDED, held.pk, [held.planned_by_id], **more))
    return held


def category_mean(launch: Launch) -> Decimal | None:
    """Cartons that a product of the launch's price class sold a month in the unit, on average over the three months
    before its supply; None where the class is not known or sold nothing. Two queries."""
    own = products_on(launch.supply_on).filter(pk=launch.product_id).values_list("price_class", flat=True).first()
    if own is None:
        return None
    alike = products_on(launch.supply_on).filter(price_class=own).exclude(pk=launch.product_id)
    first = clock.month_of(launch.supply_on)
    named: dict[str, Any] = {
        "unit": launch.unit_id,
        "products": list(alike.values_list("pk", flat=True)),
        "months": [clock.add_months(first, -back) for back in (1, 2, 3)],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, named)
        cartons, products = cursor.fetchone()
    return Decimal(cartons) / (3 * products) if products else None


def people(unit: Unit, capability: str) -> set[UUID]:
    """Who holds the capability today at the unit or above it. One query."""
    posts = Position.objects.filter(
        unit_id__in=unit.ancestors, during__contains=clock.today(), role__capabilities__contains=[capability]
    )
    return set(posts.values_list("person_id", flat=True))


def told(launch: Launch, kind: str, subject: UUID, to: Iterable[UUID], **more: str) -> list[notices.Told]:
    """A notice about the launch for each of these people."""
    params = {"launch": str(launch.pk), "product": launch.product.name, "unit": launch.unit.name, **more}
    return [notices.Told(person, kind, subject, params) for person in sorted(to)]


def leave_list(actor: Actor | None, launch: Launch, *, stays: bool) -> None:
    """From today on the product is on the unit's key list as a launch no more; where it stays, as any key product. In
    the caller's transaction; nothing where it is not on it. Four queries."""
    today = clock.today()
    listed = KeyProduct.objects.select_for_update().filter(unit_id=launch.unit_id, product_id=launch.product_id)
    held = listed.filter(during__contains=today, is_launch=True).first()
    if held is None or held.during.lower is None or held.during.lower >= today:
        return
    until, before = held.during.upper, audit.snapshot(held)
    held.during, held.version = DateRange(held.during.lower, today), held.version + 1
    held.save(update_fields=["during", "version"])
    audit.record(actor, "keyproduct.end", held, before=before, after=audit.snapshot(held), unit_id=held.unit_id)
    if stays:
        _listed(actor, launch, DateRange(today, until), is_launch=False)
    key_products.changed(held.unit_id, today)


def _put_on_list(actor: Actor, launch: Launch) -> None:
    """As a launch from the day of supply on, unless the unit lists the product then, or later, already."""
    during = DateRange(launch.supply_on, None)
    listed = KeyProduct.objects.filter(unit_id=launch.unit_id, product_id=launch.product_id, during__overlap=during)
    if not listed.exists():
        _listed(actor, launch, during, is_launch=True)
        key_products.changed(launch.unit_id, launch.supply_on)


def _listed(actor: Actor | None, launch: Launch, during: DateRange, *, is_launch: bool) -> None:
    made = KeyProduct.objects.create(
        unit_id=launch.unit_id, product_id=launch.product_id, during=during, is_launch=is_launch
    )
    audit.record(actor, "keyproduct.add", made, after=audit.snapshot(made), unit_id=made.unit_id)


def _held(launch: Launch, state: State) -> Launch:
    held = Launch.objects.select_for_update(of=("self",)).select_related("unit", "product").get(pk=launch.pk)
    if held.state != state:
        raise Problem("conflict")
    return held


def _save(actor: Actor | None, act: str, held: Launch, before: Mapping[str, Any]) -> None:
    held.version += 1
    held.save()
    audit.record(actor, act, held, before=dict(before), after=audit.snapshot(held), unit_id=held.unit_id)


def first_month(supply_on: date) -> date:
    """The first whole month of a launch: that of the supply if it began with it, else the next one. Pure."""
    month = clock.month_of(supply_on)
    return month if supply_on == month else clock.add_months(month, 1)
