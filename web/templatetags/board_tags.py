"""How figures, names and days are written on the pages; used by the templates of web/templates/boards."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backend.admin_site import actor_in
from backend.http.auth import actor
from backend.kpis import Kpi, Number
from backend.models import Unit
from market import kpis
from market.figures import trade_kpis
from market.figures.formulas import Figure
from web.boards import navigation
from web.boards.navigation import Link, Way
from web.boards.place import is_english

register = template.Library()


@register.simple_tag(takes_context=True)
def ways(context: template.Context) -> Way:
    """The areas and pages at the head of a page."""
    request = context["request"]
    return navigation.way(actor(request), context["here"], request.resolver_match.url_name or "")


@register.simple_tag(takes_context=True)
def doors(context: template.Context) -> tuple[Link, ...]:
    """The areas, for a page that stands at no unit."""
    return navigation.doors(actor_in(context["request"]))


@register.simple_tag
def colon() -> str:
    """What stands between a name and what is said of it, in the reader's language."""
    return ": " if is_english() else "："


@register.simple_tag
def semicolon() -> str:
    """What stands between two things that are said of one."""
    return "; " if is_english() else "；"


@register.simple_tag
def built(name: str) -> str:
    """The address of a script that `python -m config.faces` built for the boards; empty before: pages work without."""
    found = finders.find("boards/built.json")
    if not isinstance(found, str):
        return ""
    told = _scripts(found, Path(found).stat().st_mtime_ns).get(name)
    return f"{static(told['script'])}?{told['hash']}" if told else ""


@lru_cache(maxsize=1)
def _scripts(path: str, written_at: int) -> dict[str, dict[str, str]]:
    """What was built, by entry; read anew when it is written anew."""
    scripts: dict[str, dict[str, str]] = json.loads(Path(path).read_text(encoding="utf-8"))
    return scripts


PLACES = {"percent": 1, "index": 1, "points": 1, "packs": 1, "per_person": 1, "ratio": 2, "days": 1}


def plain(value: Number | None, unit: str) -> str:
    """1,234 · 33.3 · 145.00 (fen as yuan) · – for no value."""
    if value is None:
        return "–"
    if unit == "fen":
        return f"{Decimal(value) / 100:,.2f}"
    return f"{value:,.{PLACES.get(unit, 0)}f}"


@register.filter
def number(figure: Figure) -> str:
    return plain(figure.value, figure.kpi.unit)


@register.filter
def target(figure: Figure) -> str:
    return plain(figure.target, figure.kpi.unit)


@register.filter
def measure(kpi: Kpi) -> str:
    """The unit of measure in the reader's words."""
    return {
        "percent": "%",
        "fen": _money(kpi.id),
        "packs": pgettext("measure", "packs"),
        "cartons": pgettext("measure", "cartons"),
        "points": pgettext("measure", "points"),
        "per_person": pgettext("measure", "each"),
    }.get(kpi.unit, "")


def _money(kpi_id: str) -> str:
    if kpi_id == kpis.AMOUNT.id:
        return _("yuan")
    return _("yuan a box") if kpi_id == trade_kpis.REVENUE_PER_BOX.id else pgettext("measure", "yuan a carton")


@register.filter
def change(figure: Figure, is_running: bool = False) -> str:
    """Against the month before: ▲ 1.2, ▼ 0.4, = ; shape and sign before any colour. What adds up as the month runs
    shows what the whole of last month came to."""
    if figure.change is None:
        return ""
    if is_running and figure.kpi.grows:
        return _("last month %s") % plain(Decimal(figure.previous or 0), figure.kpi.unit)
    if figure.change == 0:
        return "="
    sign = "▲" if figure.change > 0 else "▼"
    return f"{sign} {plain(abs(Decimal(figure.change)), figure.kpi.unit)}"


@register.filter
def change_word(figure: Figure, is_running: bool = False) -> str:
    """The same for those who hear the page."""
    if figure.change is None:
        return _("no comparison with the month before")
    if is_running and figure.kpi.grows:
        return change(figure, is_running)
    if figure.change == 0:
        return _("as in the month before")
    words = _("up %s on the month before") if figure.change > 0 else _("down %s on the month before")
    return words % plain(abs(Decimal(figure.change)), figure.kpi.unit)


@register.filter
def called(named: Any) -> str:
    """The name of a KPI, a unit or anything with name and name_en, in the reader's language."""
    return (named.name_en or named.name) if is_english() else named.name


@register.filter
def month_name(month: date) -> str:
    return f"{month:%Y-%m}" if is_english() else f"{month.year}年{month.month}月"


@register.filter
def month_key(month: date) -> str:
    return f"{month:%Y-%m}"


@register.filter
def figure_of(row: Any, kpi_id: str) -> Figure:
    """One figure of a board row by the id of its definition."""
    found: Figure = next(f for f in row.figures if f.kpi.id == kpi_id)
    return found


@register.filter
def yuan(fen: int | None) -> str:
    return plain(fen, "fen")


@register.filter
def level_name(unit: Unit) -> str:
    return str(unit.get_level_display())


@register.filter
def flag_name(flag: str) -> str:
    """What the intake noticed about a visit."""
    return {
        "too_far": _("far from the shop"),
        "no_reason": _("no reason given"),
        "too_short": _("under three minutes"),
        "mock_location": _("mocked position"),
        "late": _("received late"),
        "clock_skew": _("phone's clock was off"),
        "outside_hours": _("outside usual hours"),
        "other_month": _("edited to another month"),
        "left_far": _("left far from the shop"),
    }.get(flag, flag)
