"""Sections 1 to 4 and the figures of the others: what the market's figures tell of many units at once, as frozen parts.

No formula is here. Called by cycles/report_content.py; a constant number of queries for any number of units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from backend import clock
from backend.kpis import percent
from backend.models import Unit
from brands.models import KeyProduct
from cycles import report_parts as parts
from cycles.report_parts import Part
from market import kpis
from market.figures import counting, trade_kpis, values
from market.figures.beside import Asked
from market.figures.formulas import Figure
from market.figures.subjects import EVERYONE, Segment
from market.models import SegmentKind, SubjectKind
from visits import compliance, satisfaction

MONTHS = 13  # a chart shows the month, and the same month of the year before at its other end
MARKET_TYPES = (("C", "城镇", "urban"), ("X", "乡村", "rural"))
CLASSES = (
    (1, "一类", "class 1"), (2, "二类", "class 2"), (3, "三类", "class 3"), (4, "四类", "class 4"),
    (5, "五类", "class 5"), (0, "未定", "unknown"),
)  # fmt: skip
FIGURES: dict[int, tuple[str, ...]] = {
    1: (kpis.SALES.id, kpis.SALES_RATE.id, kpis.AMOUNT.id, trade_kpis.REVENUE_PER_BOX.id),
    2: (trade_kpis.CARTON_VALUE.id, kpis.ORDERING.id, trade_kpis.FILL_RATE.id, trade_kpis.TAKEN_RATE.id),
    3: (trade_kpis.SELL_THROUGH_RATE.id, trade_kpis.REPURCHASE_RATE.id, trade_kpis.COMPANY_STOCKOUT.id,
        trade_kpis.CLIENT_STOCKOUT.id),
    4: (kpis.INDEX.id, trade_kpis.STOCK_TO_SALES.id, trade_kpis.DAYS_OF_SUPPLY.id, trade_kpis.MARGIN.id,
        trade_kpis.COMPLIANCE.id, trade_kpis.SELL_THROUGH_RATIO.id),
    5: (kpis.ACTIVE.id, kpis.NEW.id, kpis.CLOSED.id, kpis.TIER_UP.id, kpis.TIER_DOWN.id, kpis.RAISED.id),
    6: (kpis.COVERAGE.id, kpis.PER_MANAGER.id, kpis.SETTLED.id, satisfaction.SATISFACTION.id, satisfaction.IN_TIME.id,
        satisfaction.KEPT.id, kpis.BRIEFED.id, kpis.UNDERSTOOD.id),
    7: (compliance.TAGS.id, compliance.LICENCE.id, compliance.MINORS.id, kpis.COMPLIANT.id, compliance.MENDING.id,
        compliance.LATE.id),
    8: (kpis.NOTES.id, kpis.OBSERVATIONS.id),
}  # fmt: skip
OF_PRODUCT = (
    kpis.SALES.id, kpis.ON_SHELF.id, trade_kpis.WEIGHTED.id, trade_kpis.SELL_THROUGH_RATE.id,
    trade_kpis.REPURCHASE_RATE.id, trade_kpis.COMPANY_STOCKOUT.id, trade_kpis.STOCK_TO_SALES.id,
)  # fmt: skip
_OF_CLASS = frozenset({kpis.SALES.id, "class_share", "class_amount_share", trade_kpis.MARGIN.id,
                       trade_kpis.STOCK_TO_SALES.id})  # fmt: skip
Counts = Mapping[tuple[int, date, int], values.Values]


@dataclass(frozen=True)
class Trade:
    """What was read for all units of a prefecture, by unit, month and subject."""

    month: date
    figures: dict[int, dict[str, Figure]]
    months: dict[tuple[int, date], values.Values]
    classes: Counts
    market_types: dict[str, Counts]
    products: dict[tuple[int, int], values.Values]
    key: dict[int, list[tuple[int, str, bool]]]  # unit -> (product, name, is a launch)


def read(units: Sequence[Unit], month: date) -> Trade:
    """All that the sections need of these units."""
    ids = [unit.pk for unit in units]
    told = [kpi_id for section in FIGURES.values() for kpi_id in section]
    shown = months_of(month)
    key = _key_products(units, month)
    return Trade(
        month,
        values.figures(ids, month, told),
        values.by_month(ids, shown, [kpis.SALES.id, kpis.INDEX.id, trade_kpis.STOCK_TO_SALES.id]),
        _by_class(ids, shown, EVERYONE, _OF_CLASS),
        {
            code: _by_class(ids, [month], Segment(SegmentKind.MARKET_TYPE, code), frozenset({trade_kpis.MARGIN.id}))
            for code, *_ in MARKET_TYPES
        },
        values.of_products(ids, month, OF_PRODUCT) if any(key.values()) else {},
        key,
    )


def months_of(month: date) -> list[date]:
    """The months of a chart, oldest first."""
    return [clock.add_months(month, step - MONTHS + 1) for step in range(MONTHS)]


def _by_class(ids: Sequence[int], months: Sequence[date], segment: Segment, wanted: frozenset[str]) -> Counts:
    asked = Asked(tuple(ids), tuple(months), SubjectKind.PRICE_CLASS, None, segment, wanted)
    return {key: values.figures_of(found, sorted(wanted)) for key, found in counting.read(asked).items()}


def _key_products(units: Sequence[Unit], month: date) -> dict[int, list[tuple[int, str, bool]]]:
    """The products on the key list of each unit or of one above it on the month's last day, by code. One query."""
    above = {one for unit in units for one in unit.ancestors}
    rows = KeyProduct.objects.filter(unit__in=above, during__contains=clock.month_end(month))
    held: dict[int, dict[int, tuple[str, bool]]] = {}
    rows = rows.select_related("product").order_by("product__code", "unit")
    for listed in rows:
        held.setdefault(listed.unit_id, {})[listed.product_id] = (listed.product.name, listed.is_launch)
    found = {}
    for unit in units:
        mine: dict[int, tuple[str, bool]] = {}
        for one in unit.ancestors:
            for product, (name, launch) in held.get(one, {}).items():
                mine[product] = (name, launch or mine.get(product, ("", False))[1])
        found[unit.pk] = [(product, name, launch) for product, (name, launch) in mine.items()]
    return found


def figures(trade: Trade, unit_id: int, number: int) -> list[Part]:
    """The figures of a section, those that were never counted left out."""
    found = [trade.figures[unit_id][kpi_id] for kpi_id in FIGURES.get(number, ())]
    return [parts.figure(one) for one in found if (one.value, one.previous, one.last_year) != (None, None, None)]


def headline(trade: Trade, unit: Unit, children: Sequence[Unit]) -> Part:
    """Section 1: sales against target and time, thirteen months, and the units below."""
    shown = months_of(trade.month)
    cartons = [trade.months[unit.pk, month][kpis.SALES.id] for month in shown]
    line = parts.chart(
        "lines", ("近13个月销量(条)", "sales of 13 months, cartons"), [f"{month:%Y-%m}" for month in shown],
        [parts.series("销量", "sales", cartons)], "cartons",
    )  # fmt: skip
    return parts.section(1, figures(trade, unit.pk, 1), _below(trade, children), [*line, *_bars(trade, children)])


def _below(trade: Trade, children: Sequence[Unit]) -> list[Part]:
    columns = [
        parts.column("sales", "销量(条)", "sales, cartons", "cartons"),
        parts.column("share", "占比", "share", "percent"),
        parts.column("month", "环比", "on last month", "change"),
        parts.column("year", "同比", "on last year", "change"),
        parts.column("target", "目标完成率", "of target", "percent"),
        parts.column("amount", "销售额(元)", "amount, yuan", "fen"),
    ]
    whole = sum(int(trade.figures[child.pk][kpis.SALES.id].value or 0) for child in children)
    return parts.table("below", ("下级单位", "units below"), columns, [_child(trade, one, whole) for one in children])


def _child(trade: Trade, child: Unit, whole: int) -> Part:
    found = trade.figures[child.pk]
    sales = found[kpis.SALES.id]
    told: list[Any] = [sales.value, percent(sales.value, whole), sales.change_percent, sales.year_change_percent,
                       found[kpis.SALES_RATE.id].value, found[kpis.AMOUNT.id].value]  # fmt: skip
    return parts.row(child.name, child.name_en, told, child.pk)


def _bars(trade: Trade, children: Sequence[Unit]) -> list[Part]:
    """Change on last year of each unit below: what compares units of different size."""
    change = [trade.figures[one.pk][kpis.SALES.id].year_change_percent for one in children]
    if len(children) < 2:
        return []
    names = [one.name for one in children]
    titles = ("下级单位销量同比(%)", "sales on last year by unit below, percent")
    return parts.chart("bars", titles, names, [parts.series("同比", "on last year", change)], "percent")


def structure(trade: Trade, unit: Unit) -> Part:
    """Section 2: price classes beside last month and last year, and as they shifted."""
    before, year = clock.add_months(trade.month, -1), clock.add_months(trade.month, -12)
    rows = []
    for code, name, name_en in CLASSES:
        now = trade.classes.get((unit.pk, trade.month, code))
        if now is None:
            continue
        sold = [Decimal((_of(trade, unit, at, code, kpis.SALES.id)) or 0) for at in (trade.month, before, year)]
        change = [None if not base else percent(sold[0] - base, base) for base in sold[1:]]
        shares = [_of(trade, unit, at, code, "class_share") for at in (trade.month, year)]
        told = [now[kpis.SALES.id], shares[0], shares[1], *change, now["class_amount_share"]]
        rows.append(parts.row(name, name_en, told))
    columns = [
        parts.column("sales", "销量(条)", "sales, cartons", "cartons"),
        parts.column("share", "占比", "share", "percent"),
        parts.column("share_before", "上年同月占比", "share a year before", "percent"),
        parts.column("month", "环比", "on last month", "change"),
        parts.column("year", "同比", "on last year", "change"),
        parts.column("amount", "销额占比", "share of amount", "percent"),
    ]
    table = parts.table("classes", ("价类结构", "price classes"), columns, rows)
    return parts.section(2, figures(trade, unit.pk, 2), table, _shifted(trade, unit))


def _shifted(trade: Trade, unit: Unit) -> list[Part]:
    shown = months_of(trade.month)
    series = [
        parts.series(name, name_en, [_of(trade, unit, month, code, kpis.SALES.id) for month in shown])
        for code, name, name_en in CLASSES
        if any((unit.pk, month, code) in trade.classes for month in shown)
    ]
    titles = ("近13个月各价类销量(条)", "sales by price class, 13 months, cartons")
    return parts.chart("stacked", titles, [f"{month:%Y-%m}" for month in shown], series, "cartons")


def _of(trade: Trade, unit: Unit, month: date, code: int, kpi_id: str) -> Any:
    return trade.classes.get((unit.pk, month, code), {}).get(kpi_id)


def brands(trade: Trade, unit: Unit) -> Part:
    """Section 3: each key product; launches say so."""
    rows = []
    for product, name, launch in trade.key[unit.pk]:
        found = trade.products.get((unit.pk, product), {})
        label = (f"{name}(新品)", f"{name} (launch)") if launch else (name, name)
        rows.append(parts.row(*label, [found.get(kpi_id) for kpi_id in OF_PRODUCT]))
    columns = [
        parts.column(kpi_id, title, title_en, unit_of)
        for kpi_id, (title, title_en, unit_of) in zip(OF_PRODUCT, _PRODUCT_COLUMNS, strict=True)
    ]
    table = parts.table("key_products", ("重点品规", "key products"), columns, rows)
    return parts.section(3, figures(trade, unit.pk, 3), table)


_PRODUCT_COLUMNS = (
    ("销量(条)", "sales, cartons", "cartons"),
    ("上柜率", "on shelf", "percent"),
    ("加权铺货率", "weighted", "percent"),
    ("动销率", "sell-through", "percent"),
    ("复购率", "repurchase", "percent"),
    ("公司断货率", "company stock-out", "percent"),
    ("存销比", "stock to sales", "ratio"),
)


def status(trade: Trade, unit: Unit) -> Part:
    """Section 4: price, stock and margin; by class and market type."""
    rows = []
    for code, name, name_en in CLASSES:
        now = trade.classes.get((unit.pk, trade.month, code), {})
        types = [trade.market_types[one].get((unit.pk, trade.month, code), {}) for one, *_ in MARKET_TYPES]
        told = [
            now.get(trade_kpis.MARGIN.id),
            *(one.get(trade_kpis.MARGIN.id) for one in types),
            now.get(trade_kpis.STOCK_TO_SALES.id),
        ]
        if any(value is not None for value in told):
            rows.append(parts.row(name, name_en, told))
    columns = [
        parts.column("margin", "零售毛利率", "retail margin", "percent"),
        *(parts.column(f"margin_{code}", f"{zh}", en, "percent") for code, zh, en in MARKET_TYPES),
        parts.column("stock_to_sales", "存销比", "stock to sales", "ratio"),
    ]
    table = parts.table("margins", ("毛利率与存销比(按价类、市场类型)", "margin and stock by class"), columns, rows)
    shown = months_of(trade.month)
    index = [trade.months[unit.pk, month][kpis.INDEX.id] for month in shown]
    line = parts.chart(
        "lines", ("近13个月价格指数", "price index of 13 months"), [f"{month:%Y-%m}" for month in shown],
        [parts.series("价格指数", "price index", index)], "index",
    )  # fmt: skip
    return parts.section(4, figures(trade, unit.pk, 4), table, line)
