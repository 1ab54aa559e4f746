"""The import kind `orders`: lines of the company's ordering system become orders; for jobs and for what is pushed.

An order is known by its number, a line by its product: the file says what these orders are, and lines that it does not
name are gone, except of orders with a refused row. An order moves to another day or shop by its number. Registered by
apps.py; docs/imports.md.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend import partitions
from backend.imports import reasons
from backend.imports.cells import day, text, whole, yuan_as_fen
from backend.imports.kinds import Column, Context, ImportKind, Large, Tally
from market.orders import order_import_sql as statements
from market.orders.loading import mark_sales

MOST_CARTONS = 100_000
MOST_YUAN = 100_000_000

COLUMNS = (
    Column("order_no", ("订单号", "订单编号", "order number"), "text", text(32, r"[\w./-]+"), True),
    Column("retailer_code", ("客户编码", "零售户编码", "客户代码"), "text", text(20, r"[\w-]+"), True),
    Column("on_date", ("订单日期", "订货日期", "日期", "date"), "date", day, True, "date"),
    Column("product_code", ("商品编码", "卷烟编码", "product"), "text", text(20, r"[\w.-]+"), True),
    Column("demanded_cartons", ("需求量", "需求量(条)", "需求"), "integer", whole(0, MOST_CARTONS)),
    Column("allotted_cartons", ("限量", "投放量", "可订量", "限量(条)"), "integer", whole(0, MOST_CARTONS)),
    Column("ordered_cartons", ("订货量", "订货量(条)", "订购量", "cartons"), "integer", whole(0, MOST_CARTONS), True),
    Column("amount_fen", ("金额", "金额(元)", "订货金额", "amount"), "bigint", yuan_as_fen(MOST_YUAN), True, "money"),
)  # fmt: skip
_IN_CARTONS = ("demanded_cartons", "allotted_cartons", "ordered_cartons")

for _code, _zh, _en in (
    ("unknown_retailer", "没有此客户，或不在您的管辖范围内", "No such shop, or it is outside your scope"),
    ("unknown_product", "没有此商品", "No such product"),
    ("in_future_order", "订单日期晚于今天", "The order's date lies ahead"),
    ("month_not_kept", "该月份的订单不再接收或尚未开放", "Orders of that month are not kept, or not yet"),
    ("other_order", "同一订单号的客户或日期不一致", "Rows of one order name different shops or days"),
    ("order_not_yours", "该订单号属于管辖范围外的客户", "The order is of a shop outside your scope"),
    ("repeated", "同一订单的同一商品出现多次，以最后一行为准", "The order has this product again; the last row counts"),
    ("not_whole_cartons", "包数不是整条", "The packs are not whole cartons"),
    ("over_allotted", "订货量大于限量", "More was ordered than allotted"),
):
    reasons.register(_code, _zh, _en)


def check(cursor: Any, context: Context) -> None:
    """What of the rows may not be, and `order_given`: the good ones under their orders. At most 17 queries."""
    _drop(cursor)
    cursor.execute("ANALYZE import_row (order_no)")
    months = sorted(partitions.months_ready("market_order") & partitions.months_ready("market_orderline"))
    named = {"today": context.today, "units": context.unit_ids, "months": months}
    cursor.execute(statements.NAMED, named)
    cursor.execute("SELECT DISTINCT month FROM order_named WHERE reason IS NULL")
    said = {month for (month,) in cursor.fetchall()}
    places = [i for i, month in enumerate(months) if month in said]
    near = months[max(min(places) - 1, 0) : max(places) + 2] if places else []
    cursor.execute(statements.HEADS, {"near": near})
    cursor.execute("ANALYZE order_head (head, order_no, order_id, old_month)")
    cursor.execute(statements.GIVEN.format(**{name.split("_")[0]: _cartons(name, context) for name in _IN_CARTONS}))
    cursor.execute(statements.BAD)
    cursor.execute("ANALYZE order_bad")
    cursor.execute(statements.REFUSED_ORDERS)
    cursor.execute(statements.UNKNOWN_PRODUCTS)
    cursor.execute(statements.NOT_YOURS, named)
    for column in sorted(context.in_packs & set(_IN_CARTONS)):
        cursor.execute(statements.NOT_WHOLE.format(column=column))
    if not context.in_packs:
        cursor.execute(statements.OVER_ALLOTTED)
    cursor.execute(statements.LEAVE_OUT)
    _leave_out_repeated(cursor)


def _leave_out_repeated(cursor: Any) -> None:
    cursor.execute("SELECT greatest(count(*), 1) FROM brands_product")
    cursor.execute(statements.WITH_REPEATED.format(products=cursor.fetchone()[0]))
    if heads := cursor.fetchone()[0]:
        cursor.execute(statements.REPEATED, {"heads": heads})


def _cartons(column: str, context: Context) -> str:
    return f"i.{column} / p.packs_per_carton" if column in context.in_packs else f"i.{column}"


def compare(cursor: Any, context: Context) -> None:
    """`order_after` says of each order what would be new, another, the same and gone. Five queries."""
    cursor.execute(statements.BEFORE)
    is_new = cursor.rowcount == 0
    cursor.execute("ANALYZE order_before")
    cursor.execute(statements.AFTER_NEW if is_new else statements.AFTER)
    cursor.execute(statements.TOUCHED)
    cursor.execute("ANALYZE order_touched (head, order_no, order_id, retailer_id, old_month)")


def tally(cursor: Any) -> Tally:
    """The counts of lines; cartons and fen by month and county, of the orders that the file names. Two queries."""
    cursor.execute(statements.TALLY)
    good, created, changed, unchanged, removed, flagged = map(int, cursor.fetchone())
    cursor.execute(statements.DIFFERENCE)
    names = ("month", "county", "county_name", "cartons_before", "cartons_after", "fen_before", "fen_after")
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return Tally(good, flagged, created, changed, unchanged, removed, rows)


def apply(cursor: Any, context: Context) -> None:
    """The touched orders are as the good rows say, totals follow, marks are set. A constant number of queries."""
    cursor.execute("SELECT count(*), count(old_month) FROM order_touched")
    touched, known = cursor.fetchone()
    if not touched:
        return
    cursor.execute(statements.KEEP, {"run": context.run_id})
    if known:
        for statement in (statements.KEPT_LINES, statements.DROP_LINES, statements.DROP_ORDERS):
            cursor.execute(statement)
    cursor.execute(statements.SHOPS)
    cursor.execute("ANALYZE order_shops")
    cursor.execute(statements.KEEP_TOTALS, {"run": context.run_id})
    cursor.execute(statements.HAVE_OTHERS)
    have_others = cursor.fetchone()[0]
    cursor.execute(statements.ADD_ORDERS)
    cursor.execute(statements.ADD_LINES)
    _totals(cursor, statements.ADD_TOTALS if have_others else statements.ADD_TOTALS_NEW)


def _totals(cursor: Any, add: str) -> None:
    cursor.execute(statements.DROP_TOTALS)
    cursor.execute(add)
    mark_sales(cursor, "SELECT DISTINCT retailer_id, on_date FROM order_shops")


def later(cursor: Any, run_id: UUID) -> list[str]:
    """Numbers of orders that a later run changed as well, 20 at most. One query."""
    cursor.execute(statements.LATER, {"run": run_id})
    return [key for (key,) in cursor.fetchall()]


def undo(cursor: Any, run_id: UUID) -> None:
    """The orders that the run wrote are as before it. A constant number of queries."""
    _drop(cursor)
    months = sorted(partitions.months_ready("market_order") & partitions.months_ready("market_orderline"))
    cursor.execute(statements.UNDO_HEADS, {"run": run_id, "months": months})
    cursor.execute(statements.UNDO_SHOPS)
    cursor.execute("ANALYZE order_touched")
    for statement in (statements.DROP_LINES, statements.DROP_ORDERS, statements.UNDO_ORDERS, statements.UNDO_LINES):
        cursor.execute(statement)
    cursor.execute("ANALYZE order_shops")
    _totals(cursor, statements.ADD_TOTALS)
    cursor.execute(statements.UNDO_TOTALS, {"run": run_id})
    cursor.execute(statements.FORGET, {"run": run_id})


def _drop(cursor: Any) -> None:
    """A caller may hold the transaction open for another run."""
    names = ", ".join(f"pg_temp.{name}" for name in statements.TABLES)
    cursor.execute(f"DROP TABLE IF EXISTS {names}")


ORDERS = ImportKind(
    code="orders",
    title="订单",
    title_en="orders",
    capability="market.edit",
    columns=COLUMNS,
    check=check,
    compare=compare,
    apply=apply,
    large=Large(tally, later, undo, packs=_IN_CARTONS),
    turns="sales",
)
