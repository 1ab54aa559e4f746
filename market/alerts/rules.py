"""Verbs on alert rules: write, change, switch off, try out before switching on; and the rules that ship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from backend import audit, clock
from backend.errors import FieldError, Problem
from backend.models import Level
from backend.reach import require_unit
from backend.scope import Actor
from market import queries
from market.alerts import watching
from market.alerts.line import line_of, month_watched
from market.figures import subjects, values
from market.figures.subjects import EVERYONE
from market.models import AlertRule

EDIT, READ = "alerts.edit", "boards.read"
MONTHS_TRIED = 12
LATEST_DAY = 28  # every month has it


@dataclass(frozen=True)
class Shipped:
    """A rule that ships: switched on for a unit by its code, and changed there like any other."""

    code: str
    values: Mapping[str, Any]
    source: str


def _rule(code: str, names: tuple[str, str], kpi: str, source: str, **rest: Any) -> Shipped:
    named = {"name": names[0], "name_en": names[1], "kpi": kpi, "owner_role_id": "county_leader", "level": Level.COUNTY}
    return Shipped(code, {**named, **rest}, source)


# Thresholds of trade usage ([S] in docs/method.md) where it names one, else ours.
SHIPPED: dict[str, Shipped] = {
    one.code: one
    for one in (
        _rule("coverage", ("走访覆盖率", "visit coverage"), "visit_coverage_rate", "ours", below=Decimal(90),
              from_day=25, level=Level.TERRITORY, owner_role_id="market_manager"),
        _rule("sales_behind", ("销量落后于时间进度", "sales behind time"), "sales_against_target", "ours",
              compared=AlertRule.Compared.TARGET, below=Decimal(-5), margin=Decimal(1)),
        _rule("sales_fell", ("销量同比下降", "sales fell"), "sales", "ours", compared=AlertRule.Compared.YEAR,
              below=Decimal(-20), margin=Decimal(2), from_day=28),
        _rule("sell_through", ("动销率低", "low sell-through"), "sell_through_rate", "trade usage", below=Decimal(50),
              margin=Decimal(2), from_day=25),
        _rule("stockout", ("公司断货率高", "company stock-outs"), "company_stockout_rate", "trade usage",
              above=Decimal(15), margin=Decimal(1)),
        _rule("stock_high", ("存销比高", "stock to sales"), "stock_to_sales", "trade usage", above=Decimal("3.5"),
              margin=Decimal("0.2")),
        _rule("price_low", ("价格指数低", "low price index"), "price_index", "ours", below=Decimal(95),
              margin=Decimal(1)),
        _rule("price_high", ("价格指数高", "high price index"), "price_index", "ours", above=Decimal(105),
              margin=Decimal(1)),
        _rule("tags", ("明码标价率低", "price tags"), "price_tag_rate", "ours", below=Decimal(95),
              level=Level.OFFICE, owner_role_id="market_manager"),
        _rule("satisfaction", ("走访满意度低", "satisfaction"), "visit_satisfaction", "ours", below=Decimal(4)),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """In how many units the rule's line would have been crossed in a month, of how many whose figure could be told."""

    month: date
    crossed: int
    told: int


def write(*, actor: Actor, given: Mapping[str, Any]) -> AlertRule:
    """The rule watches from the next tick on. `alerts.edit` over its unit, else `not_found`; `invalid` with a pointer
    for a figure that cannot be told of the subject, a level above the unit, or none or two lines."""
    require_unit(actor, EDIT, given["unit"].pk)
    rule = AlertRule(**given)
    _check(rule)
    with transaction.atomic():
        rule.save()
        audit.record(actor, "alertrule.add", rule, after=audit.snapshot(rule), unit_id=rule.unit_id)
    return rule


def change(*, actor: Actor, rule: AlertRule, given: Mapping[str, Any]) -> AlertRule:
    """The rule carries the values; what is open is looked at anew with the next tick, and closed where the rule was
    switched off. `alerts.edit` over its unit, else `not_found`; `invalid` as for write. The caller holds the row."""
    require_unit(actor, EDIT, rule.unit_id)
    before = audit.snapshot(rule)
    for name, value in given.items():
        setattr(rule, name, value)
    _check(rule)
    rule.version += 1
    rule.looked_at = None
    rule.save()
    if not rule.is_on:
        watching.close_all(rule)
    audit.record(actor, "alertrule.edit", rule, before=before, after=audit.snapshot(rule), unit_id=rule.unit_id)
    return rule


def adopt(*, actor: Actor, unit: Any, code: str) -> AlertRule:
    """A rule that ships watches the unit from now on. As write; `invalid` for an unknown code; `conflict` where the
    unit has a rule of its name on."""
    shipped = SHIPPED.get(code)
    if shipped is None:
        raise Problem("invalid", errors=[FieldError("bad_choice", pointer="/code")])
    given = {**shipped.values, "unit": unit}
    given["level"] = max(int(given["level"]), unit.level)
    if AlertRule.objects.filter(unit=unit, name=given["name"], is_on=True).exists():
        raise Problem("conflict")
    return write(actor=actor, given=given)


def tried(rule: AlertRule, actor: Actor) -> list[Tried]:
    """What the rule would have said, of the units whose boards the actor reads, of the month it watches now and of the
    months before, newest first. Nothing is written and nobody told. A constant number of queries."""
    month = month_watched(clock.today(), rule.from_day)
    mine = set(queries.board_units(actor).values_list("pk", flat=True))
    months = [clock.add_months(month, -back) for back in range(MONTHS_TRIED)]
    watched = {at: mine.intersection(units) for at, units in watching.watched(rule, months).items()}
    found, line = watching.compared(rule, sorted(set().union(*watched.values())), months), line_of(rule)
    told = {at: [value for unit, (_, value) in found[at].items() if unit in watched[at]] for at in months}
    return [Tried(at, sum(map(line.is_crossed, told[at])), len(told[at])) for at in months]


def _check(rule: AlertRule) -> None:
    faults = []
    try:
        subject, segment = subjects.subject(rule.subject), subjects.segment(rule.segment)
        if rule.kpi not in values.told_of(subject.kind, segment):
            faults.append(_fault("kpi", "该指标不适用于所选对象", "This figure cannot be told of the subject"))
        if segment != EVERYONE and rule.level > Level.COUNTY:
            faults.append(_fault("segment", "客群只能在县级及以上监测", "Classes of shops only from the county up"))
    except ValueError:
        faults.append(_fault("subject", "对象或客群写法不对", "No such subject or class of shops"))
    if rule.level < rule.unit.level:
        faults.append(_fault("level", "监测层级不能高于本单位", "The level watched is above the unit"))
    if READ not in rule.owner_role.capabilities:
        faults.append(_fault("owner_role", "该岗位不能查看看板", "This post may not read boards"))
    if (rule.below is None) == (rule.above is None):
        faults.append(_fault("below", "下限和上限填一个", "Give one of below and above"))
    if not 1 <= rule.from_day <= LATEST_DAY:
        faults.append(_fault("from_day", f"应在 1 到 {LATEST_DAY} 之间", f"Between 1 and {LATEST_DAY}"))
    if rule.margin < 0:
        faults.append(_fault("margin", "不能小于 0", "Not below 0"))
    if not rule.quiet_until < rule.quiet_from:
        faults.append(_fault("quiet_until", "免打扰应在早上结束、晚上开始", "Quiet hours end before they begin"))
    if faults:
        raise Problem("invalid", errors=faults)


def _fault(field: str, zh: str, en: str) -> FieldError:
    return FieldError("invalid", zh, en, pointer=f"/{field}")
