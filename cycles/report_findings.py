"""The three to five sentences of a report: drafted by rule from its figures, each with its evidence. Pure but for
`lines_of`, which reads the thresholds.

Called by cycles/report_content.py. A sentence is a template's key and version with parameters (cycles/sentences.py), so
that every reader has it in his or her language; a person may add one line to each. docs/method.md lists the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from backend import clock, parameters
from backend.models import Unit
from cycles.chain_reads import rule_or_none
from cycles.report_chain import Chain
from cycles.report_parts import Part
from cycles.report_trade import Trade
from cycles.sentences import Template, register, say
from market import kpis
from market.figures import trade_kpis
from market.figures.formulas import Figure
from visits import compliance

LEAST, MOST = 3, 5
# The thresholds of the rules that make the findings, as of the month's last day in the unit itself.
KEYS = ("market.sales_moved", "market.index_off", "market.stock_high", "brand.company_stockout", "brand.sell_through",
        "market.price_tag_rate", "market.forecast_accuracy")  # fmt: skip


@dataclass(frozen=True)
class Lines:
    """Where a figure is no longer as it should be, in the figure's own unit."""

    moved: Decimal
    index_off: Decimal
    stock: Decimal
    refused: Decimal
    sell_through: Decimal
    tags: Decimal
    forecast: Decimal


def lines_of(unit_ids: Sequence[int], month: date) -> dict[int, Lines]:
    """Those in force in each unit. One query for any number."""
    held = parameters.values(KEYS, unit_ids, clock.month_end(month))
    return {unit: Lines(*(Decimal(str(held[unit][key])) for key in KEYS)) for unit in unit_ids}


register(
    Template("report.behind_target", 1, "销量完成目标 {rate:percent},差 {gap:n} 条。",
             "Sales came to {rate:percent} of the target, {gap:n} cartons short."),
    Template("report.target_met", 1, "销量完成目标 {rate:percent}。", "Sales came to {rate:percent} of the target."),
    Template("report.fell", 1, "销量同比下降 {change:percent}(减少 {cartons:n} 条){below}。",
             "Sales fell {change:percent} on last year ({cartons:n} cartons less){below_en}."),
    Template("report.rose", 1, "销量同比增长 {change:percent}(增加 {cartons:n} 条){below}。",
             "Sales rose {change:percent} on last year ({cartons:n} cartons more){below_en}."),
    Template("report.steady", 1, "销量 {cartons:n} 条,同比变化 {change:percent}。",
             "Sales were {cartons:n} cartons, {change:percent} against last year."),
    Template("report.sold", 1, "销量 {cartons:n} 条。", "Sales were {cartons:n} cartons."),
    Template("report.unseen", 1, "走访覆盖率 {rate:percent},低于目标 {target:percent}{below}。",
             "Visit coverage was {rate:percent}, below the target of {target:percent}{below_en}."),
    Template("report.index", 1, "价格指数 {index},超出 {low:n}–{high:n} 的正常区间。",
             "The price index was {index}, outside {low:n} to {high:n}."),
    Template("report.stock", 1, "存销比 {ratio},高于 {most}。", "Stock to sales was {ratio}, above {most}."),
    Template("report.refused", 1, "公司断货率 {rate:percent},不低于上限 {most:percent}。",
             "The company's stock-out rate was {rate:percent}, not below {most:percent}."),
    Template("report.slow_key", 1, "重点品规 {product} 动销率 {rate:percent},低于 {least:percent}。",
             "The key product {product} had a sell-through of {rate:percent}, below {least:percent}."),
    Template("report.tags", 1, "明码标价率 {rate:percent},低于 {least:percent}。",
             "The price tag rate was {rate:percent}, below {least:percent}."),
    Template("report.problem", 1, "月末仍在的问题最多的是{rule}:{open:n} 件(全月 {count:n} 件)。",
             "The problem that most still have is “{rule_en}”: {open:n} at the end, {count:n} in the month."),
    Template("report.standing", 1, "有 {long:n} 项改进连续 {months:n} 个月以上未达成(共 {all:n} 项)。",
             "{long:n} improvements have gone {months:n} months or longer without being met, of {all:n}."),
    Template("report.forecast_off", 1, "需求预测准确率 {rate:percent},低于 {least:percent}。",
             "The forecast was {rate:percent} accurate, below {least:percent}."),
    Template("report.forecast", 1, "下月预测销量 {cartons:n} 条。",
             "The forecast for next month is {cartons:n} cartons."),
)  # fmt: skip


@dataclass(frozen=True)
class Drafted:
    """What a rule says, and the figures that prove it; `weight`: the smaller is said first."""

    code: str
    weight: int
    parameters: dict[str, Any]
    figures: Sequence[str] = ()
    page: str = "/"
    narrowed: str = ""


@dataclass(frozen=True)
class Case:
    """A unit's month, as the rules look at it."""

    trade: Trade
    chain: Chain
    lines: Lines
    unit: Unit
    children: Sequence[Unit] = field(default_factory=tuple)

    def figure(self, kpi_id: str) -> Figure:
        return self.trade.figures[self.unit.pk][kpi_id]

    def value(self, kpi_id: str) -> Decimal | None:
        value = self.figure(kpi_id).value
        return None if value is None else Decimal(value)


def draft(case: Case) -> list[Part]:
    """Three to five findings, those to look at first before the others; fewer only where there is nothing to tell."""
    found = sorted((one for rule in _RULES for one in rule(case)), key=lambda one: one.weight)
    serious = [one for one in found if one.weight < _PLAIN]
    chosen = serious[:MOST] if len(serious) >= LEAST else found[:LEAST]
    return [_frozen(number, case, one) for number, one in enumerate(chosen, 1)]


def text(finding: Part, *, english: bool) -> str:
    """The sentence of a frozen finding."""
    return say(f"report.{finding['code']}", finding["version"], finding["parameters"], english=english)


def _frozen(number: int, case: Case, one: Drafted) -> Part:
    address = f"{one.page}?unit={case.unit.pk}&month={case.trade.month:%Y-%m}{one.narrowed}"
    evidence = [
        {"kpi": kpi_id, "name": f.kpi.name, "name_en": f.kpi.name_en, "unit": f.kpi.unit, "value": _text(f.value)}
        for kpi_id in one.figures
        for f in [case.figure(kpi_id)]
    ]
    return {"key": f"finding-{number}", "code": one.code, "version": 1, "parameters": one.parameters,
            "evidence": {"figures": evidence, "page": address}}  # fmt: skip


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


_PLAIN = 90  # from here on a sentence says how it is, not what is wrong


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _target(case: Case) -> Iterable[Drafted]:
    rate, sales = case.value(kpis.SALES_RATE.id), case.figure(kpis.SALES.id)
    if rate is None or sales.target is None or sales.value is None:
        return
    told = {"rate": _number(rate), "gap": int(sales.target) - int(sales.value)}
    behind = rate < 100
    weight = 10 if behind else _PLAIN + 1
    yield Drafted("behind_target" if behind else "target_met", weight, told, (kpis.SALES_RATE.id, kpis.SALES.id))


def _volume(case: Case) -> Iterable[Drafted]:
    sales = case.figure(kpis.SALES.id)
    if sales.value is None:
        return
    change, cartons = sales.year_change_percent, sales.year_change
    if change is None or cartons is None:
        yield Drafted("sold", _PLAIN + 3, {"cartons": int(sales.value)}, (kpis.SALES.id,))
    elif abs(change) <= case.lines.moved:
        told = {"cartons": int(sales.value), "change": _number(change)}
        yield Drafted("steady", _PLAIN + 2, told, (kpis.SALES.id,))
    else:
        below = _moved_most(case, cartons < 0)
        moved: dict[str, Any] = {"change": _number(abs(change)), "cartons": abs(int(cartons)), **below}
        yield Drafted("fell" if change < 0 else "rose", 12 if change < 0 else 40, moved, (kpis.SALES.id,))


def _moved_most(case: Case, fell: bool) -> dict[str, str]:
    changes = [(case.trade.figures[one.pk][kpis.SALES.id].year_change, one) for one in case.children]
    known = [(int(change), one) for change, one in changes if change is not None and (change < 0) == fell and change]
    if not known:
        return {"below": "", "below_en": ""}
    change, one = max(known, key=lambda pair: abs(pair[0]))
    name = one.name_en or one.name
    if fell:
        return {"below": f",其中{one.name}减少 {-change:,} 条", "below_en": f", {-change:,} of them in {name}"}
    return {"below": f",其中{one.name}增加 {change:,} 条", "below_en": f", {change:,} of them in {name}"}


def _coverage(case: Case) -> Iterable[Drafted]:
    one = case.figure(kpis.COVERAGE.id)
    if one.value is None or one.target is None or one.value >= one.target:
        return
    below = {"below": "", "below_en": ""}
    rates = [(case.trade.figures[c.pk][kpis.COVERAGE.id].value, c) for c in case.children]
    if known := [(rate, c) for rate, c in rates if rate is not None]:
        rate, child = min(known, key=lambda pair: (pair[0], pair[1].code))
        below = {"below": f",最低的是{child.name}({rate}%)",
                 "below_en": f"; lowest in {child.name_en or child.name} ({rate}%)"}  # fmt: skip
    told = {"rate": _number(Decimal(one.value)), "target": _number(Decimal(one.target)), **below}
    yield Drafted("unseen", 30, told, (kpis.COVERAGE.id,))


def _market(case: Case) -> Iterable[Drafted]:
    index, stock = case.value(kpis.INDEX.id), case.value(trade_kpis.STOCK_TO_SALES.id)
    off = case.lines.index_off
    if index is not None and abs(index - 100) > off:
        told: dict[str, Any] = {"index": str(index), "low": _number(100 - off), "high": _number(100 + off)}
        yield Drafted("index", 20, told, (kpis.INDEX.id,))
    if stock is not None and stock > case.lines.stock:
        told = {"ratio": str(stock.quantize(Decimal("0.01"))), "most": str(_number(case.lines.stock))}
        yield Drafted("stock", 22, told, (trade_kpis.STOCK_TO_SALES.id, trade_kpis.DAYS_OF_SUPPLY.id))
    refused = case.value(trade_kpis.COMPANY_STOCKOUT.id)
    if refused is not None and refused >= case.lines.refused:
        told = {"rate": _number(refused), "most": _number(case.lines.refused)}
        yield Drafted("refused", 24, told, (trade_kpis.COMPANY_STOCKOUT.id,))


def _key_products(case: Case) -> Iterable[Drafted]:
    rates = [
        (case.trade.products.get((case.unit.pk, product), {}).get(trade_kpis.SELL_THROUGH_RATE.id), name)
        for product, name, _ in case.trade.key[case.unit.pk]
    ]
    slow = [(Decimal(rate), name) for rate, name in rates if rate is not None and rate < case.lines.sell_through]
    if slow:
        rate, name = min(slow)
        told = {"product": name, "rate": _number(rate), "least": _number(case.lines.sell_through)}
        yield Drafted("slow_key", 26, told, (trade_kpis.SELL_THROUGH_RATE.id,))


def _tags(case: Case) -> Iterable[Drafted]:
    rate = case.value(compliance.TAGS.id)
    if rate is not None and rate < case.lines.tags:
        yield Drafted("tags", 34, {"rate": _number(rate), "least": _number(case.lines.tags)}, (compliance.TAGS.id,))


def _problems(case: Case) -> Iterable[Drafted]:
    told = [row for row in case.chain.findings.get(case.unit.pk, ()) if not row[1] and row[3]]
    if told:
        code, _, count, still = max(told, key=lambda row: (row[3], row[2]))
        rule = rule_or_none(code)
        names = {"rule": rule.name if rule else code, "rule_en": rule.name_en if rule else code}
        yield Drafted("problem", 36, {**names, "count": count, "open": still}, (), "/findings", f"&rule={code}")
    for every, long in case.chain.standing.get(case.unit.pk, ()):
        if long:
            yield Drafted("standing", 38, {"long": long, "months": 3, "all": every}, (), "/improvements")


def _forecast(case: Case) -> Iterable[Drafted]:
    held, ahead = case.chain.held.get(case.unit.pk), case.chain.ahead.get(case.unit.pk)
    if held is not None and held.accuracy is not None and held.accuracy < case.lines.forecast:
        yield Drafted("forecast_off", 32, {"rate": _number(held.accuracy), "least": _number(case.lines.forecast)})
    if ahead is not None:
        yield Drafted("forecast", _PLAIN, {"cartons": ahead.cartons})


_RULES: tuple[Callable[[Case], Iterable[Drafted]], ...] = (
    _target, _volume, _coverage, _market, _key_products, _tags, _problems, _forecast,
)  # fmt: skip
