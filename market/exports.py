"""What of the market is exported: orders, their lines, and the figures of boards; registered by market/apps.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from backend import clock, reach
from backend.errors import FieldError, Problem
from backend.exports.kinds import Column, ExportKind, Sql, Table, Type, Wanted, select
from backend.http.filters import Filters, TextFilter, WholeNumberFilter
from backend.models import Level, Unit
from backend.scope import units_under, visible_to
from market import queries
from market.figures import subjects, values
from market.filters import OrderFilters
from market.models import Order

MOST_MONTHS = 24

_ORDER = (
    Column("order_id", "订单编号", "order id", Type.UUID),
    Column("order_no", "订单号", "order number"),
    Column("month", "月份", "month", Type.MONTH),
    Column("on_date", "业务日期", "business date", Type.DATE),
    Column("retailer_id", "客户编号", "shop id", Type.UUID),
    Column("retailer_code", "客户编码", "shop code"),
    Column("retailer_name", "店名", "shop"),
    Column("county_name", "县", "county"),
    Column("territory_code", "片区编码", "territory code"),
    Column("territory_name", "片区", "territory"),
)
_NAMED = """
JOIN retail_retailer r ON r.id = o.retailer_id
JOIN backend_unit c ON c.id = o.county_id
LEFT JOIN backend_unit t ON t.id = o.territory_id"""
_NAMES = """o.id AS order_id, o.order_no, o.month, o.on_date, o.retailer_id, r.code AS retailer_code,
    r.name AS retailer_name, c.name AS county_name, t.code AS territory_code, t.name AS territory_name"""


def _asked(wanted: Wanted) -> QuerySet[Any]:
    rows = wanted.filtered(OrderFilters, visible_to(Order.objects.all(), wanted.actor))
    if wanted.unit_id is not None:
        below = units_under([wanted.unit_id])
        rows = rows.filter(Q(territory_id__in=below) | Q(territory_id=None, county_id__in=below))
    return wanted.in_days(rows, month="month")


def orders(wanted: Wanted) -> Sql:
    """One row an order, without its lines."""
    inner = select(_asked(wanted))
    return Sql(f"SELECT {_NAMES}, o.cartons, o.amount_fen FROM ({inner.text}) o {_NAMED}", inner.params)  # noqa: S608


def order_lines(wanted: Wanted) -> Sql:
    """One row a product of an order; zero is kept."""
    inner = select(_asked(wanted))
    return Sql(
        f"""SELECT {_NAMES}, g.code AS product_code, g.name AS product_name, l.demanded_cartons, l.allotted_cartons,
            l.ordered_cartons, l.amount_fen
        FROM ({inner.text}) o JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
        JOIN brands_product g ON g.id = l.product_id {_NAMED}""",  # noqa: S608
        inner.params,
    )


# -- figures -----------------------------------------------------------------------------------------------------------


class FigureFilters(Filters):
    """`level` (2 prefecture to 5 territory): the units of that level; without it the unit and those right below it.
    `subject` and `segment` as the boards take them."""

    level = WholeNumberFilter(method="as_given", min_value=0, max_value=5)
    subject = TextFilter(method="as_given")
    segment = TextFilter(method="as_given")

    class Meta:
        model = Unit
        fields: tuple[str, ...] = ()

    def as_given(self, rows: QuerySet[Unit], name: str, value: Any) -> QuerySet[Unit]:
        """Read by `figures`."""
        return rows


_FIGURE = (
    Column("month", "月份", "month", Type.MONTH),
    Column("unit_id", "单位编号", "unit id", Type.INTEGER),
    Column("unit_code", "单位编码", "unit code"),
    Column("unit_name", "单位", "unit"),
    Column("level", "层级", "level", Type.INTEGER, values=dict(Level.choices)),
    Column("kpi", "指标代码", "KPI"),
    Column("version", "口径版本", "version", Type.INTEGER),
    Column("name", "指标", "figure"),
    Column("counted_in", "计量", "counted in"),
    Column("value", "数值", "value", Type.DECIMAL, scale=4),
    Column("previous", "上月", "month before", Type.DECIMAL, scale=4),
    Column("last_year", "上年同月", "same month of last year", Type.DECIMAL, scale=4),
    Column("target", "目标", "target", Type.DECIMAL, scale=4),
    Column("subject", "对象", "subject"),
    Column("segment", "客群", "segment"),
)


def figures(wanted: Wanted) -> Table:
    """One row a unit, month and figure, as the boards tell them. Problem invalid for what boards do not take."""
    wanted.filtered(FigureFilters, Unit.objects.none())
    subject, segment = _subject(wanted), _segment(wanted)
    unit = reach.unit_for(wanted.actor, queries.CAPABILITY, wanted.unit_id)
    months = _months(wanted)
    return Table(_figure_rows(wanted, unit, months, (subject, segment)))


def _figure_rows(
    wanted: Wanted, unit: Unit, months: list[date], about: tuple[subjects.Subject, subjects.Segment]
) -> Iterator[tuple[Any, ...]]:
    for month in months:
        units = _units(unit, wanted.filters.get("level"), month)
        found = values.figures([one.pk for one in units], month, None, *about)
        for one in units:
            for figure in found[one.pk].values():
                kpi = figure.kpi
                name = kpi.name_en if wanted.is_english else kpi.name
                told = (figure.value, figure.previous, figure.last_year, figure.target)
                yield (month, one.pk, one.code, one.name, one.level, kpi.id, kpi.version, name, kpi.unit, *told,
                       str(about[0]), str(about[1]))  # fmt: skip


def _units(unit: Unit, level: str | None, month: date) -> list[Unit]:
    if level is None:
        return [unit, *queries.children(unit, month)]
    return queries.units_below(unit, int(level), month)


def _months(wanted: Wanted) -> list[date]:
    last = clock.month_of(wanted.until or clock.today())
    month = clock.month_of(wanted.since) if wanted.since else last
    found = []
    while month <= last:
        found.append(month)
        month = clock.add_months(month, 1)
        if len(found) > MOST_MONTHS:
            raise Problem("invalid", errors=[FieldError("bad_date", pointer="/period/since")])
    return found


def _subject(wanted: Wanted) -> subjects.Subject:
    try:
        return subjects.subject(wanted.filters.get("subject", "all"))
    except ValueError:
        raise Problem("invalid", errors=[FieldError("invalid", pointer="/filters/subject")]) from None


def _segment(wanted: Wanted) -> subjects.Segment:
    try:
        return subjects.segment(wanted.filters.get("segment", "all"))
    except ValueError:
        raise Problem("invalid", errors=[FieldError("invalid", pointer="/filters/segment")]) from None


KINDS = (
    ExportKind(
        "orders",
        "订单",
        "orders",
        "market.read",
        (*_ORDER, Column("cartons", "条数", "cartons", Type.INTEGER), Column("amount_fen", "金额", "amount", Type.FEN)),
        orders,
        OrderFilters,
    ),
    ExportKind(
        "order_lines",
        "订单明细",
        "order lines",
        "market.read",
        (
            *_ORDER,
            Column("product_code", "商品编码", "product code"),
            Column("product_name", "商品", "product"),
            Column("demanded_cartons", "需求(条)", "demanded, cartons", Type.INTEGER),
            Column("allotted_cartons", "限量(条)", "allotted, cartons", Type.INTEGER),
            Column("ordered_cartons", "订货(条)", "ordered, cartons", Type.INTEGER),
            Column("amount_fen", "金额", "amount", Type.FEN),
        ),
        order_lines,
        OrderFilters,
    ),
    ExportKind("figures", "看板指标", "figures of boards", queries.CAPABILITY, _FIGURE, figures, FigureFilters),
)
