"""How figures of the market are held against the month and the year before; used by web/templates/boards/market*."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django import template
from django.utils.translation import gettext as _

from backend.kpis import Number
from market.figures.formulas import Figure
from web.templatetags.board_tags import plain

register = template.Library()

# Figures that are shares or marks themselves move by so many points; others by so many percent.
IN_POINTS: Final = frozenset({"percent", "points", "index", "ratio", "days", "per_person"})


@dataclass(frozen=True)
class Against:
    """What a figure is held against: the word for it, what is written, and what is said to who hears the page."""

    name: str
    text: str
    spoken: str
    short: str  # without the unit, for tables


@register.filter
def against(figure: Figure, is_running: bool = False) -> list[Against]:
    """The month before and the same month of the year before, as far as they are known. A running month of what adds up
    shows what the whole of them came to."""
    whole = is_running and figure.kpi.grows
    on_month, on_year = (
        (_("whole month before"), _("whole month a year before")) if whole else (_("on month"), _("on year"))
    )
    before = (on_month, figure.previous, figure.change, figure.change_percent)
    year = (on_year, figure.last_year, figure.year_change, figure.year_change_percent)
    return [found for one in (before, year) if (found := _held(figure, one, whole)) is not None]


Told = tuple[str, Number | None, Number | None, Number | None]


def _held(figure: Figure, told: Told, whole: bool) -> Against | None:
    name, then, change, percent = told
    unit = figure.kpi.unit
    if then is None:
        return None
    if whole:
        text = plain(then, unit)
        return Against(name, text, text, text)
    moved, written = (change, unit) if unit in IN_POINTS else (percent, "percent")
    if moved is None:
        return None
    if moved == 0:
        return Against(name, "=", _("unchanged"), "=")
    size = plain(abs(Decimal(moved)), written)
    short = f"{'▲' if moved > 0 else '▼'} {size}{'' if unit in IN_POINTS else '%'}"
    if unit == "percent":
        size = _("%s pt") % size
    elif unit not in IN_POINTS:
        size += "%"
    words = _("up %s") if moved > 0 else _("down %s")
    return Against(name, f"{'▲' if moved > 0 else '▼'} {size}", words % size, short)
