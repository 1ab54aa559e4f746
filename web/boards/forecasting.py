"""What a territory is expected to order in the month, decided on the page of its plan; called by plan_views.py.

The verb is forecast.decide; the drafted number stays beside what the manager says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from backend.errors import FieldError, Problem
from backend.models import Unit
from backend.scope import Actor, visible_to
from cycles import forecast, standing
from cycles.forecast_api import MOST_CARTONS
from cycles.models import Forecast
from web.boards.acts import Form


@dataclass(frozen=True)
class Expected:
    """The forecast of a territory's month: what was drafted, what holds, and by whom."""

    row: Forecast

    @property
    def drafted(self) -> int | None:
        return forecast.drafted_cartons(self.row)

    @property
    def is_changed(self) -> bool:
        return self.row.decided_at is not None and self.row.cartons != self.drafted


def of_month(actor: Actor, territory: Unit, month: date) -> Expected | None:
    """None where none was drafted. One query."""
    rows = visible_to(Forecast.objects.filter(unit_id=territory.pk, month=month), actor)
    row = rows.select_related("decided_by").first()
    return None if row is None else Expected(row)


def decide(form: Form) -> str:
    """The territory's forecast is what was typed. Problems as forecast.decide."""
    text = form.text("cartons")
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) > MOST_CARTONS:
        raise Problem("invalid", errors=[FieldError("invalid", "请填写条数", "Give the cartons", "/cartons")])
    row = form.mine(Forecast.objects.all(), lambda seen: standing.hold(seen.month))
    made = forecast.decide(actor=form.actor, forecast=row, cartons=int(text), reason=form.words("reason"))
    return _("The forecast is %d cartons; what was drafted stays beside it.") % int(made.cartons or 0)
