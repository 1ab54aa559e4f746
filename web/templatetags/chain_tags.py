"""How the facts of the chain are written on the pages: sentences, goals, ages; used by web/templates/boards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from backend import clock
from backend.kpis import Kpi, kpi
from backend.language import is_english
from cycles import chain_reads, metrics
from cycles.actions import DropReason
from cycles.evaluate import MissReason
from cycles.grid import CELLS, Cell, CellState, Step
from cycles.metrics import unit_of
from cycles.models import Action, Adjustment, Goal, Improvement
from cycles.models.chain import Subject
from web.boards.acts import Refused
from web.boards.place import address
from web.templatetags.board_tags import called, plain

register = template.Library()


@register.filter
def sentence(action: Action | Improvement) -> str:
    """What is to be done, in the reader's language, with the numbers as they are agreed."""
    return chain_reads.asks(action)


@register.filter
def rule_name(code: str) -> str:
    """The rule that asked for it; of what somebody set by hand, that."""
    return chain_reads.rule_name(code) or _("set by hand")


@register.filter
def drop_reason_name(action: Action) -> str:
    return str(DropReason(action.drop_reason).label)


@register.filter
def miss_reason_name(code: str) -> str:
    return str(MissReason(code).label)


@register.filter
def severity_name(severity: int | str) -> str:
    return {1: _("look first"), 2: _("this month"), 3: _("good to know")}[int(severity)]


@register.filter
def metric_name(name: str) -> str:
    """In the reader's language; of a metric that is gone its name in the data."""
    if name not in metrics.names():
        return name
    found = metrics.metric(name)
    return found.en if is_english() else found.zh


@register.filter
def metric_measure(name: str) -> str:
    """The unit of measure of a metric, in the reader's words."""
    return {
        "percent": "%",
        "fen": pgettext("measure", "yuan"),
        "packs": pgettext("measure", "packs"),
        "cartons": pgettext("measure", "cartons"),
        "points": pgettext("measure", "points"),
        "days": pgettext("measure", "days"),
    }.get(unit_of(name), "")


@register.filter
def measured(value: Decimal | int | None, name: str) -> str:
    """A value of a metric: 1,234, 80.5 %, 210.00 yuan; at most two places, none that say nothing; – for no value."""
    if value is None:
        return "–"
    return f"{_shaped(Decimal(value), name, ',')} {metric_measure(name)}".rstrip()


@register.filter
def typable(value: Decimal | int | None, name: str) -> str:
    """The same as it is written into a field: no thousands, no unit."""
    return "" if value is None else _shaped(Decimal(value), name, "")


def _shaped(value: Decimal, name: str, thousands: str) -> str:
    if unit_of(name) == "fen":
        return format(value / 100, f"{thousands}.2f")
    return format(value, f"{thousands}.2f").rstrip("0").rstrip(".")


@register.filter
def goal(action: Action | Improvement) -> str:
    """At least 12, at most 2."""
    words = _("at least %s") if action.goal == Goal.AT_LEAST else _("at most %s")
    return words % measured(action.target, action.metric)


@register.filter
def age(improvement: Improvement) -> int:
    """Days since it was opened, to its end or to today."""
    return ((improvement.closed_on or clock.today()) - improvement.opened_on).days


@register.filter
def adjusted(line: Adjustment) -> str:
    """What a locked month would say now: client: execute, missed → done."""
    names = {cell.column: cell.name for cell in CELLS}
    if line.figure in names:
        before, after = (CellState(int(one)).label if one is not None else "–" for one in (line.before, line.after))
        return f"{names[line.figure]}: {before} → {after}"
    name = _("result of an action") if line.figure == "result" else str(called(kpi(line.figure)))
    return f"{name}: {_decimal(line.before)} → {_decimal(line.after)}"


def _decimal(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


@register.filter
def nothing_of(cell: Cell, state: CellState) -> str:
    """What an empty cell of a shop means."""
    if state == CellState.NOT_APPLICABLE:
        return _("No key product is in force for this territory.")
    return {
        Step.ANALYZE: _("The rules noticed nothing here."),
        Step.PLAN: _("Nothing is planned: nothing was found."),
        Step.EXECUTE: _("No visit stands here yet."),
        Step.EVALUATE: _("Nothing was measured yet."),
        Step.IMPROVE: _("Nothing is carried on."),
    }[cell.step]


@register.filter
def days_old(days: int) -> str:
    return ngettext("for %d day", "for %d days", days) % days if days > 0 else _("since today")


@register.filter
def month_state_name(state: str) -> str:
    """How far a prefecture is with a month."""
    return {"open": _("running"), "measured": _("measured"), "locked": _("locked")}[state]


@register.filter
def subject_name(subject: Subject) -> str:
    """The shop, the unit, or the product in the unit."""
    if subject.retailer is not None:
        return str(subject.retailer.name)
    unit = called(subject.unit)
    return f"{subject.product.name} · {unit}" if subject.product is not None else str(unit)


@register.simple_tag
def subject_href(subject: Subject, month: date) -> str:
    """The page of what it is about: the shop's month, or the unit's board."""
    if subject.retailer_id is not None:
        return reverse("shop", args=[subject.retailer_id, f"{month:%Y-%m}"])
    assert subject.unit_id is not None  # about a shop or about a unit
    return f"/?{address(subject.unit_id, month)}"


@register.simple_tag
def typed(refused: Refused | None, key: object, name: str, otherwise: Any = "") -> str:
    """What was typed into a field of a form that was refused; otherwise what is stored."""
    if refused is not None and refused.about == str(key) and name in refused.form.request.POST:
        return refused.form.request.POST[name]
    return "" if otherwise is None else str(otherwise)


@register.simple_tag
def is_refused(refused: Refused | None, key: object) -> bool:
    """Whether it was this row's form that was refused, so that it stays open."""
    return refused is not None and refused.about == str(key)


@register.filter
def day_name(day: date) -> str:
    """3月16日 星期一, or Mon 16 Mar."""
    return (
        f"{day:%a} {day.day} {day:%b}" if is_english() else f"{day.month}月{day.day}日 星期{_WEEKDAYS[day.weekday()]}"
    )


@register.filter
def weekday_name(day: date) -> str:
    return f"{day:%a}" if is_english() else _WEEKDAYS[day.weekday()]


_WEEKDAYS = "一二三四五六日"


@register.filter
def whole(value: int | None) -> str:
    """1,234; – for no value."""
    return "–" if value is None else f"{value:,}"


@register.filter
def exact(value: Decimal | None, of: Kpi) -> str:
    """A stored figure as its board shows it."""
    return plain(value, of.unit)
