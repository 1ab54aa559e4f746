"""The display schemes that ship, as drafts or in force for a unit; called by `manage.py bring_display_schemes`.

They are schemes that companies of the trade have published; points that no source gives are our proposal
(docs/method.md, "Display score").
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from backend.models import Unit
from backend.scope import Actor
from brands.models import KeyProduct
from visits import templates
from visits.models import TemplateVersion
from visits.templates import NewTemplate, NewVersion

FILE = Path(__file__).with_name("schemes.json")


@cache
def shipped() -> tuple[dict[str, Any], ...]:
    """The schemes as they ship, by their own codes."""
    return tuple(json.loads(FILE.read_text(encoding="utf-8")))


def bring(
    *, actor: Actor, unit: Unit, on: date, codes: Sequence[str] = (), release: bool = False
) -> list[TemplateVersion]:
    """The unit has these schemes (default all) as drafts, or in force from the day on; named products are those that
    are key there on the day. policies.edit over the unit (not_found); conflict where it has one of them already;
    LookupError for a code that does not ship."""
    if unknown := set(codes) - {scheme["code"] for scheme in shipped()}:
        raise LookupError(", ".join(sorted(unknown)))
    products = list(
        KeyProduct.objects.filter(unit_id__in=unit.ancestors, during__contains=on)
        .order_by("product_id").values_list("product_id", flat=True).distinct()
    )  # fmt: skip
    made = []
    with transaction.atomic():
        for scheme in shipped():
            if codes and scheme["code"] not in codes:
                continue
            named = NewTemplate(unit, f"{scheme['code']}-{unit.code}"[:32], scheme["name"], scheme["name_en"])
            template = templates.open_template(actor=actor, new=named)
            items = [_filled(item, products) for item in scheme["items"]]
            new = NewVersion(items=items, terminal_types=scheme["terminal_types"])
            version = templates.write_version(actor=actor, template=template, new=new)
            made.append(templates.release(actor=actor, version=version, from_date=on) if release else version)
    return made


def _filled(item: dict[str, Any], products: Sequence[int]) -> dict[str, Any]:
    """An item with the named products of the unit; where it has named none yet they are counted instead."""
    if item["kind"] != "product_list":
        return dict(item)
    if not products:
        return {**item, "kind": "count"}
    return {**item, "products": list(products), "pass_at": min(item["pass_at"], len(products))}
