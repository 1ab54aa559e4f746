"""A launch is planned on `/launches`, and its draft mended; called by launch_views.py, the verbs are launch.py's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from backend.errors import Problem
from backend.http.problems import pointers
from backend.once import Done
from brands.models import Product
from market.launches import launch as launching
from market.launches.api import GIVEN, LaunchEditIn
from market.models import Launch
from web.boards import place
from web.boards.acts import Form
from web.boards.place import Place

WHOLE: Final = ("first_cartons", "volume_goal")  # whole numbers that may be left open
_MODES: Final = {"supply_on": "date", "how": "text", "places": "text", "audience": "text"}


@dataclass(frozen=True)
class Field:
    """One field of the form: its name on the wire and in words, how it is typed, and what stands in it."""

    name: str
    label: str
    kind: str  # date, text, whole or decimal
    value: str

    @property
    def is_needed(self) -> bool:
        """A draft may leave the rest open; whoever approves it asks for them."""
        return self.name not in (*WHOLE, "how", "places", "audience")


def fields(row: Launch) -> list[Field]:
    """What is said of a launch, as it stands in the row; no query."""
    return [
        Field(name, str(Launch._meta.get_field(name).verbose_name), _kind(name), _written(getattr(row, name)))  # type: ignore[union-attr]  # fields of its own
        for name in GIVEN
    ]


def products() -> QuerySet[Product]:
    """What may be brought to shops: on sale, by name."""
    return Product.objects.filter(on_sale=True).order_by("name", "code")


def plan(form: Form, here: Place) -> Done:
    """The launch stands as a draft of the page's unit. Problems as launch.plan."""
    given = _given(form)
    product = Product.objects.filter(pk=_product(form)).first()
    if product is None:
        raise Problem("invalid", detail_zh="请选择卷烟规格。", detail_en="Choose a product.")
    try:
        made = launching.plan(actor=form.actor, values={"unit": here.unit, "product": product, **given})
    except Problem as problem:
        raise _said(problem) from problem
    to = f"{form.request.path}?{place.address(here.unit.pk, here.month)}#l-{made.pk}"
    return Done(_("Planned as a draft. It is approved by who leads the unit, once nothing is open."), to)


def edit(form: Form) -> str:
    """The draft says what was typed, as its reader saw it. Problems as launch.edit."""
    given = _given(form)
    launching.edit(actor=form.actor, launch=form.mine(Launch.objects.select_related("unit", "product")), values=given)
    return _("The draft is kept.")


def _given(form: Form) -> dict[str, Any]:
    """What was typed, by the same rules as the API's; `invalid` names each field at fault."""
    typed: dict[str, Any] = {name: form.text(name) for name in GIVEN}
    for name in WHOLE:
        text = typed[name]
        typed[name] = None if not text else int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else text
    serializer = LaunchEditIn(data=typed)
    try:
        serializer.is_valid(raise_exception=True)
    except ValidationError as error:
        raise _named(error) from error
    return dict(serializer.validated_data)


def _named(error: ValidationError) -> Problem:
    told = []
    for fault in pointers(error.detail):
        known = {one: Launch._meta.get_field(one) for one in GIVEN}
        field = known.get((fault.pointer or "").strip("/"))
        told.append((getattr(field, "verbose_name", ""), fault.as_dict(get_language() or "zh-hans").get("message", "")))
    return Problem(
        "invalid",
        detail_zh="".join(f"{name}：{message}" for name, message in told),
        detail_en=" ".join(f"{name}: {message}" for name, message in told),
    )


def _said(problem: Problem) -> Problem:
    if problem.code != "conflict":
        return problem
    return Problem(
        "conflict",
        detail_zh="该卷烟规格在本单位已有尚未结束的新品方案。",
        detail_en="A launch of this product is under way here already.",
    )


def _product(form: Form) -> int:
    text = form.text("product")
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0


def _kind(name: str) -> str:
    return _MODES.get(name) or ("whole" if name in WHOLE else "decimal")


def _written(value: Any) -> str:
    return "" if value is None else str(value)
