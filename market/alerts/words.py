"""What an alert says in both languages: the figure, its line, the rule, and why this person is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from backend import notices
from backend.kpis import Kpi, kpi
from market.models import AlertRule, AlertTold

# Chinese and English of what is put after a number, by the unit of the figure.
_UNITS = {
    "percent": (" %", " %"),
    "cartons": (" 条", " cartons"),
    "packs": (" 盒", " packs"),
    "days": (" 天", " days"),
    "points": (" 分", " points"),
}
_COMPARED = {
    AlertRule.Compared.VALUE: ("", ""),
    AlertRule.Compared.MONTH: ("环比变化", " against the month before"),
    AlertRule.Compared.YEAR: ("同比变化", " against the year before"),
    AlertRule.Compared.TARGET: ("与目标相差", " from its target"),
}
_WHY = "您是{place}的{post}，故告知。", "You are told as {post_en} of {place_en}."
_FACT = (
    "{month} {unit} {kpi} {value}，{compared}{line}（预警规则“{rule}”）。",
    "{month} {unit_en}: {kpi_en} {value_en}, {line_en}{compared_en} (rule “{rule_en}”). ",
)

notices.register("alert_owner", _FACT[0] + _WHY[0], _FACT[1] + _WHY[1])
notices.register("alert_reminder", "仍未处理：" + _FACT[0] + _WHY[0], "Still open: " + _FACT[1] + _WHY[1])
notices.register(
    "alert_escalation",
    "下级尚未确认：" + _FACT[0] + _WHY[0],
    "Nobody below has acknowledged it: " + _FACT[1] + _WHY[1],
)
notices.register(
    "alert_returned",
    "已恢复：{month} {unit} {kpi} {value}（预警规则“{rule}”）。",
    "Over: {month} {unit_en}: {kpi_en} {value_en} (rule “{rule_en}”).",
)


def params(told: AlertTold) -> dict[str, Any]:
    """What the words of a telling name. `told` with alert, its rule and unit, role and place."""
    alert, rule = told.alert, told.alert.rule
    figure = kpi(rule.kpi)
    value, line = said(alert.value, figure), said_line(rule)
    return {
        "month": f"{alert.month:%Y-%m}",
        "unit": alert.unit.name,
        "unit_en": alert.unit.name_en or alert.unit.name,
        "kpi": figure.name,
        "kpi_en": figure.name_en,
        "value": value[0],
        "value_en": value[1],
        "compared": _COMPARED[AlertRule.Compared(rule.compared)][0],
        "compared_en": _COMPARED[AlertRule.Compared(rule.compared)][1],
        "line": line[0],
        "line_en": line[1],
        "rule": rule.name,
        "rule_en": rule.name_en or rule.name,
        "place": told.place.name,
        "place_en": told.place.name_en or told.place.name,
        "post": told.role.name,
        "post_en": told.role.name_en,
    }


def subject(told: AlertTold) -> tuple[str, str]:
    """Of a mail, in both languages."""
    named = params(told)
    return "{unit} {kpi} {value}".format_map(named), "{unit_en}: {kpi_en} {value_en}".format_map(named)


def said(value: Decimal, figure: Kpi) -> tuple[str, str]:
    """A figure with its unit in both languages; fen as yuan."""
    if figure.unit == "fen":
        return f"{value / 100:.2f} 元", f"{value / 100:.2f} yuan"
    zh, en = _UNITS.get(figure.unit, ("", ""))
    return f"{plain(value)}{zh}", f"{plain(value)}{en}"


def said_line(rule: AlertRule) -> tuple[str, str]:
    """`低于 80 %`, `above 105`: the line of a rule, in percent where changes are compared."""
    is_change = rule.compared in (AlertRule.Compared.MONTH, AlertRule.Compared.YEAR)
    if rule.below is not None:
        words, at = ("低于 ", "below "), rule.below
    else:
        words, at = ("高于 ", "above "), Decimal(rule.above or 0)
    number = (f"{plain(at)} %",) * 2 if is_change else said(at, kpi(rule.kpi))
    return words[0] + number[0], words[1] + number[1]


_MOVED = {
    AlertRule.Compared.MONTH: ("环比", " on the month before"),
    AlertRule.Compared.YEAR: ("同比", " on the year before"),
}


def said_watch(rule: AlertRule) -> tuple[str, str]:
    """The line as a reader says it: `环比下降超过 10 %`, `落后目标进度超过 5 个百分点`, else as `said_line`."""
    compared, line = AlertRule.Compared(rule.compared), rule.above if rule.below is None else rule.below
    if compared is AlertRule.Compared.VALUE or not line or (line < 0) is (rule.below is None):
        zh, en = said_line(rule)
        return _COMPARED[compared][0] + zh, en + _COMPARED[compared][1]
    number, is_below = plain(abs(line)), rule.below is not None
    if compared in _MOVED:
        zh, en = _MOVED[compared]
        down_or_up = ("下降", "down") if is_below else ("上升", "up")
        return f"{zh}{down_or_up[0]}超过 {number} %", f"{down_or_up[1]} by more than {number} %{en}"
    unit = (" 个百分点", " points") if kpi(rule.kpi).unit == "percent" else _UNITS.get(kpi(rule.kpi).unit, ("", ""))
    behind = ("落后", "behind") if is_below else ("高于", "above")
    return f"{behind[0]}目标进度超过 {number}{unit[0]}", f"more than {number}{unit[1]} {behind[1]} its target"


def plain(value: Decimal) -> str:
    """Without zeros that say nothing: 80, 62.5, -0.75."""
    found = f"{value:f}"
    return found.rstrip("0").rstrip(".") if "." in found else found
