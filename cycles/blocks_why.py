"""The three to five sentences of a unit's month: drafted by rule from the figures of its blocks, with what proves each.

Called by cycles/blocks_api.py, the board's page and cycles/report_sentences.py. Pure but for `lines_of`, which reads
the thresholds: those of the rules that make the findings. A sentence is a template's key with parameters, so that each
reader has it in his or her own language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from backend import clock, parameters
from backend.kpis import Kpi
from cycles.forecast import ACCURACY
from cycles.sentences import Template, register, say
from market import kpis
from market.boards import concentration
from market.boards.blocks import Block, Row
from market.figures import trade_kpis
from market.figures.drill import rows_behind
from market.figures.formulas import Figure
from visits import compliance

KIND: Final = "block"  # of the templates
VERSION: Final = 1  # of their words: reports keep it
LEAST, MOST = 3, 5
_WHOLE: Final = 100  # percent of the month's time that has passed
_PLAIN: Final = 90  # from here on a sentence says how it is, not what is wrong

register(
    Template("block.behind", 1, "销量完成目标 {rate:percent}，时间进度 {time:percent}，落后 {gap:points}{below}。",
             "Sales came to {rate:percent} of the target with {time:percent} of the time gone: {gap:points} behind"
             "{below_en}."),
    Template("block.on_target", 1, "销量完成目标 {rate:percent}，不低于时间进度 {time:percent}。",
             "Sales came to {rate:percent} of the target with {time:percent} of the time gone."),
    Template("block.fell", 1, "销量 {cartons:n} 条，同比下降 {change:percent}。",
             "Sales were {cartons:n} cartons, {change:percent} less than last year."),
    Template("block.rose", 1, "销量 {cartons:n} 条，同比增长 {change:percent}。",
             "Sales were {cartons:n} cartons, {change:percent} more than last year."),
    Template("block.sold", 1, "销量 {cartons:n} 条。", "Sales were {cartons:n} cartons."),
    Template("block.state", 1, "市场状态：{word}（{means}）。", "The market is {word_en}: {means_en}."),
    Template("block.refused", 1, "公司断货率 {rate:percent}，不低于上限 {most:percent}。",
             "The company's stock-out rate was {rate:percent}, not below {most:percent}."),
    Template("block.slow", 1, "重点品规 {product} 动销率 {rate:percent}，低于目标 {least:percent}。",
             "The key product {product} had a sell-through of {rate:percent}, below {least:percent}."),
    Template("block.launch", 1, "新品 {product} 第 {number:n} 个月未达标：{missed}。",
             "The launch {product} missed in month {number:n}: {missed_en}."),
    Template("block.launch_so_far", 1, "新品 {product} 第 {number:n} 个月至今未达标：{missed}。",
             "The launch {product} is in month {number:n} and not yet where it should be: {missed_en}."),
    Template("block.unseen", 1, "走访覆盖率 {rate:percent}，低于目标 {target:percent}。",
             "Visit coverage was {rate:percent}, below the target of {target:percent}."),
    Template("block.untagged", 1, "明码标价率 {rate:percent}，低于目标 {least:percent}。",
             "The price tag rate was {rate:percent}, below {least:percent}."),
    Template("block.problem", 1, "最多的问题是“{rule}”：{count:n} 件，{open:n} 件仍存在。",
             "The commonest problem was “{rule_en}”: {count:n} findings, {open:n} still so."),
    Template("block.forecast_off", 1, "需求预测准确率 {rate:percent}，低于目标 {least:percent}。",
             "The forecast was {rate:percent} accurate, below {least:percent}."),
    Template("block.few_shops", 1, "前 20% 的客户占销量 {rate:percent}。",
             "The largest 20 % of the shops made {rate:percent} of the sales."),
)  # fmt: skip


@dataclass(frozen=True)
class Lines:
    """Where a figure is no longer as it should be; percent."""

    refused: Decimal
    sell_through: Decimal
    tags: Decimal
    forecast: Decimal
    moved: Decimal  # sales against last year


_KEYS = ("brand.company_stockout", "brand.sell_through", "market.price_tag_rate", "market.forecast_accuracy",
         "market.sales_moved")  # fmt: skip


def lines_of(unit_id: int, month: date) -> Lines:
    """Those in force in the unit on the month's last day. One query."""
    held = parameters.values(_KEYS, [unit_id], clock.month_end(month))[unit_id]
    return Lines(*(Decimal(str(held[key])) for key in _KEYS))


@dataclass(frozen=True)
class Drafted:
    """What a rule says: a code with parameters, and the block, figure and records that prove it. The smaller weight is
    said first."""

    code: str
    weight: int
    block: int
    parameters: dict[str, Any] = field(default_factory=dict)
    kpi: str = ""
    rows: str = ""

    def text(self, *, english: bool | None = None) -> str:
        """The sentence (default: in the reader's language)."""
        return say(f"{KIND}.{self.code}", VERSION, self.parameters, english=english)


@dataclass(frozen=True)
class Case:
    """A unit's month as the rules look at it."""

    unit_id: int
    month: date
    blocks: Mapping[int, Block]
    lines: Lines

    def figure(self, number: int, kpi: Kpi) -> Figure:
        return self.blocks[number].figure(kpi)

    def value(self, number: int, kpi: Kpi) -> Decimal | None:
        value = self.figure(number, kpi).value
        return None if value is None else Decimal(value)

    def rows(self, number: int, table: str) -> Sequence[Row]:
        found = self.blocks[number].table(table)
        return () if found is None else found.rows

    def said(self, code: str, weight: int, block: int, kpi: Kpi, told: dict[str, Any]) -> Drafted:
        """A sentence that a figure proves."""
        return Drafted(code, weight, block, told, kpi.id, rows_behind(kpi, self.unit_id, self.month))


def draft(case: Case) -> list[Drafted]:
    """Three to five sentences, what is wrong before what is; fewer only where there is nothing to tell. Pure."""
    found = sorted((one for rule in _RULES for one in rule(case)), key=lambda one: one.weight)
    wrong = [one for one in found if one.weight < _PLAIN]
    return wrong[:MOST] if len(wrong) >= LEAST else found[:LEAST]


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _known(rows: Iterable[Row], place: int) -> Iterable[tuple[Decimal, Row]]:
    """The rows that have a number in a column, with it."""
    return ((Decimal(value), row) for row in rows if (value := row.values[place]) is not None)


def _target(case: Case) -> Iterable[Drafted]:
    rate, time = case.value(1, kpis.SALES_RATE), case.figure(1, kpis.SALES_RATE).target
    if rate is None or time is None:
        return
    gap = Decimal(time) - rate
    told: dict[str, Any] = {"rate": _plain(rate), "time": _plain(Decimal(time))}
    if gap <= 0:
        yield case.said("on_target", _PLAIN, 1, kpis.SALES_RATE, told)
        return
    rates = list(_known(case.rows(1, "units"), 2))
    below = {"below": "", "below_en": ""}
    if rates:
        least, row = min(rates, key=lambda pair: pair[0])
        below = {"below": f"，最低的是{row.label}（{least}%）", "below_en": f"; lowest in {row.label_en} ({least}%)"}
    yield case.said("behind", 10, 1, kpis.SALES_RATE, {**told, "gap": _plain(gap), **below})


def _volume(case: Case) -> Iterable[Drafted]:
    sales = case.figure(1, kpis.SALES)
    if sales.value is None or case.month >= clock.month_of(clock.today()):
        return
    change, cartons = sales.year_change_percent, int(sales.value)
    if change is None:
        yield case.said("sold", _PLAIN + 2, 1, kpis.SALES, {"cartons": cartons})
    elif change < 0:
        weight = 12 if -change > case.lines.moved else _PLAIN + 1
        yield case.said("fell", weight, 1, kpis.SALES, {"cartons": cartons, "change": _plain(-change)})
    else:
        yield case.said("rose", _PLAIN + 1, 1, kpis.SALES, {"cartons": cartons, "change": _plain(change)})


def _state(case: Case) -> Iterable[Drafted]:
    for row in case.rows(4, "state"):
        if None in row.values or row.values[4] == "–":
            return
        (_, _, _, word, means), (_, _, _, word_en, means_en) = row.values, row.values_en
        weight = _PLAIN if word == "平衡" else 20 if word in ("紧", "松") else 40
        told = {"word": word, "means": means, "word_en": word_en, "means_en": means_en}
        yield Drafted("state", weight, 4, told, kpis.INDEX.id, row.rows_url)


def _brands(case: Case) -> Iterable[Drafted]:
    refused = case.value(3, trade_kpis.COMPANY_STOCKOUT)
    if refused is not None and refused >= case.lines.refused:
        told: dict[str, Any] = {"rate": _plain(refused), "most": _plain(case.lines.refused)}
        yield case.said("refused", 24, 3, trade_kpis.COMPANY_STOCKOUT, told)
    table = case.blocks[3].table("key_products")
    if table is not None and table.rows:
        place = [column.code for column in table.columns].index(trade_kpis.SELL_THROUGH_RATE.id)
        slow = [pair for pair in _known(table.rows, place) if pair[0] < case.lines.sell_through]
        if slow:
            rate, row = min(slow, key=lambda pair: pair[0])
            told = {"product": row.label, "rate": _plain(rate), "least": _plain(case.lines.sell_through)}
            yield Drafted("slow", 26, 3, told, trade_kpis.SELL_THROUGH_RATE.id, row.rows_url)
    time = case.figure(1, kpis.SALES_RATE).target
    code = "launch" if time is None or Decimal(time) >= _WHOLE else "launch_so_far"
    for row in case.rows(3, "launches"):
        if row.values[3] != "–" and row.values[1]:
            told = {"product": row.label, "number": row.values[1], "missed": row.values[3],
                    "missed_en": row.values_en[3]}  # fmt: skip
            yield Drafted(code, 22, 3, told, "", row.rows_url)


def _shops(case: Case) -> Iterable[Drafted]:
    rate = case.value(5, concentration.LARGEST)
    if rate is not None:
        yield case.said("few_shops", _PLAIN + 4, 5, concentration.LARGEST, {"rate": _plain(rate)})


def _service(case: Case) -> Iterable[Drafted]:
    one = case.figure(6, kpis.COVERAGE)
    if one.value is not None and one.target is not None and one.value < one.target:
        told = {"rate": _plain(Decimal(one.value)), "target": _plain(Decimal(one.target))}
        yield case.said("unseen", 30, 6, kpis.COVERAGE, told)


def _compliance(case: Case) -> Iterable[Drafted]:
    rate = case.value(7, compliance.TAGS)
    if rate is not None and rate < case.lines.tags:
        yield case.said("untagged", 34, 7, compliance.TAGS, {"rate": _plain(rate), "least": _plain(case.lines.tags)})


def _problems(case: Case) -> Iterable[Drafted]:
    rows = [(n, row) for n, code in ((5, "findings"), (7, "findings"), (9, "problems")) for row in case.rows(n, code)]
    if rows:
        number, most = max(rows, key=lambda pair: int(pair[1].values[0] or 0))
        told = {"rule": most.label, "rule_en": most.label_en, "count": most.values[0], "open": most.values[1]}
        yield Drafted("problem", 36, number, told, "", most.rows_url)


def _forecast(case: Case) -> Iterable[Drafted]:
    rate = case.value(9, ACCURACY)
    if rate is not None and rate < case.lines.forecast:
        told = {"rate": _plain(rate), "least": _plain(case.lines.forecast)}
        address = next((row.rows_url for row in case.rows(9, "forecast")), "")
        yield Drafted("forecast_off", 32, 9, told, ACCURACY.id, address)


_RULES: tuple[Callable[[Case], Iterable[Drafted]], ...] = (
    _target, _volume, _state, _brands, _shops, _service, _compliance, _problems, _forecast,
)  # fmt: skip
