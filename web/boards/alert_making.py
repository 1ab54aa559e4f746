"""Making an alert rule of one's own on `/alerts/rules`; called by alert_views.py, the verb is rules.write."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from backend.errors import FieldError, Problem
from backend.kpis import kpi
from backend.models import Level, Role
from backend.once import Done
from market.alerts import rules
from market.figures import subjects, values
from market.models import AlertRule
from web.boards.acts import Form
from web.boards.place import Place

NAME_MAX: Final = 60


def choices(here: Place) -> dict[str, Any]:
    """What a rule of the unit can watch, at which levels, and who can be told. One query."""
    return {
        "figures": [kpi(one) for one in values.told_of(subjects.subject("all").kind)],
        "levels": [(level, word) for level, word in Level.choices if level >= here.unit.level],
        "compared": AlertRule.Compared.choices,
        "roles": Role.objects.filter(capabilities__contains=[rules.READ]).order_by("code"),
    }


def make(form: Form, here: Place) -> Done:
    """The rule stands switched off and leads to its page, which tries it out. Problems as rules.write."""
    made = rules.write(
        actor=form.actor,
        given={
            "unit": here.unit,
            "name": _name(form),
            "kpi": form.text("kpi"),
            "compared": _one_of(form, "compared", AlertRule.Compared.values),
            "level": int(_one_of(form, "level", [str(level) for level in Level.values])),
            "below": decimal(form, "below"),
            "above": decimal(form, "above"),
            "margin": decimal(form, "margin") or Decimal(0),
            "owner_role": _role(form),
            "is_on": False,
        },
    )
    return Done(_("Made, and still switched off: see what it would have said."), reverse("alert-rule", args=[made.pk]))


def decimal(form: Form, name: str) -> Decimal | None:
    """The number of a field, None where it is empty; `invalid` for anything else."""
    text = form.text(name)
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,9}(\.\d{1,4})?", text, re.ASCII):
        raise no_number(name)
    return Decimal(text)


def no_number(name: str) -> Problem:
    return Problem("invalid", errors=[FieldError("invalid", "请填数字", "Give a number", pointer=f"/{name}")])


def _name(form: Form) -> str:
    name = form.words("name", NAME_MAX)
    if not name:
        raise Problem("invalid", detail_zh="请为规则起个名称。", detail_en="Give the rule a name.")
    return name


def _one_of(form: Form, name: str, known: list[str]) -> str:
    if form.text(name) not in known:
        raise Problem("bad_request")
    return form.text(name)


def _role(form: Form) -> Role:
    found = Role.objects.filter(code=form.text("owner_role")).first()
    if found is None:
        raise Problem("bad_request")
    return found
