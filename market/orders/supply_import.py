"""The import kinds of supply: allotments, stock counts, targets, monthly totals; one row of a file is one fact.

What a row says of its natural key counts from then on; keys that a file does not name stay as they are. Registered by
apps.py; docs/imports.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from backend.ids import UUID7_SQL
from backend.imports import reasons
from backend.imports.cells import choice, day, text, whole, yuan_as_fen
from backend.imports.kinds import Column, Context, ImportKind, Large, Tally, fault
from market.orders import order_import
from market.orders.loading import mark_sales
from market.orders.order_import_sql import FORGET

_SHOP = Column("retailer_code", ("客户编码", "零售户编码", "客户代码"), "text", text(20, r"[\w-]+"), True)
_PRODUCT = Column("product_code", ("商品编码", "卷烟编码", "product"), "text", text(20, r"[\w.-]+"), True)
_CARTONS = whole(0, 100_000_000)
_OF_SHOP = whole(0, 1_000_000)  # of all products of a shop together they must stay countable (UnitVolumeCount)
_SOURCES = {"count": "count", "盘点": "count", "terminal": "terminal", "终端": "terminal"}
_MONTH = Column("month", ("月份", "月"), "date", day, True, "date")

reasons.register("unknown_unit", "没有此组织，或不在您的管辖范围内", "No such unit, or it is outside your scope")
reasons.register("bad_window", "截止日期早于开始日期", "The window closes before it opens")
reasons.register("not_first_day", "月份须写当月第一天", "A month is told by its first day")
reasons.register("orders_kept", "该客户当月有订单，以订单为准", "The shop's orders of that month are kept, and count")
reasons.register("in_future_count", "盘点日期晚于今天", "The day of the count lies ahead")

# A shop outside the importer's units is told as one that does not exist.
_SHOPS = """
LEFT JOIN (SELECT r.id, r.code, r.county_id FROM retail_retailer r JOIN backend_unit c ON c.id = r.county_id
    WHERE c.ancestors && %(units)s::bigint[]) r ON r.code = i.retailer_code
LEFT JOIN brands_product p ON p.code = i.product_code"""
_NO_SHOP = "r.id IS NULL THEN 'retailer_code:unknown_retailer'"
_NO_PRODUCT = "p.id IS NULL THEN 'product_code:unknown_product'"


@dataclass(frozen=True)
class Facts:
    """A table that a file's rows become: its key and values (name, SQL type, expression over the staged row)."""

    table: str
    key: tuple[tuple[str, str, str], ...]
    values: tuple[tuple[str, str, str], ...]
    joins: str
    faults: str  # the CASE that says column:reason
    more: tuple[tuple[str, str], ...] = ()  # columns that only a new row gets
    month: str = ""  # of the difference; "" where it has none
    county: str = "r.county_id"
    cartons: str = "0"
    fen: str = "0"
    marked: str = ""  # shop and day of the staged row, whose figures are another then

    @property
    def names(self) -> list[str]:
        return [name for name, *_ in (*self.key, *self.values)]


ALLOTMENTS = Facts(
    "market_allotment",
    (("retailer_id", "uuid", "r.id"), ("product_id", "bigint", "p.id"), ("opens_on", "date", "i.opens_on")),
    (("closes_on", "date", "i.closes_on"), ("cartons", "integer", "i.cartons")),
    _SHOPS,
    f"{_NO_SHOP} WHEN {_NO_PRODUCT} WHEN i.closes_on < i.opens_on THEN 'closes_on:bad_window'",
    month="opens_on",
    cartons="cartons",
    marked="opens_on",
)
STOCK = Facts(
    "market_stockcount",
    (
        ("retailer_id", "uuid", "r.id"),
        ("product_id", "bigint", "p.id"),
        ("on_date", "date", "i.on_date"),
        ("source", "text", "coalesce(i.source, 'count')"),
    ),
    (("packs", "integer", "i.packs"),),
    f"""{_SHOPS} LEFT JOIN retail_assignment a ON a.retailer_id = r.id AND a.during @> i.on_date
    LEFT JOIN backend_unit u ON u.id = a.territory_id""",
    f"{_NO_SHOP} WHEN {_NO_PRODUCT} WHEN i.on_date > %(today)s THEN 'on_date:in_future_count'",
    more=(("territory_id", "u.id"), ("county_id", "coalesce(u.ancestors[4], r.county_id)"), ("id", UUID7_SQL)),
    month="on_date",
    marked="on_date",
)
TOTALS = Facts(
    "market_shopproductmonth",
    (("month", "date", "i.month"), ("retailer_id", "uuid", "r.id"), ("product_id", "bigint", "p.id")),
    (("cartons", "integer", "i.cartons"), ("amount_fen", "bigint", "i.amount_fen")),
    f"""{_SHOPS} LEFT JOIN (SELECT DISTINCT o.month, o.retailer_id FROM market_order o
        WHERE o.month IN (SELECT month FROM import_row)) k ON k.month = i.month AND k.retailer_id = r.id""",  # noqa: S608 - constants
    f"""{_NO_SHOP} WHEN {_NO_PRODUCT} WHEN extract(day FROM i.month) <> 1 THEN 'month:not_first_day'
    WHEN i.month > %(today)s THEN 'month:in_future_order' WHEN k.month IS NOT NULL THEN 'month:orders_kept'""",
    month="month",
    cartons="cartons",
    fen="amount_fen",
    marked="month",
)
TARGETS = Facts(
    "market_salestarget",
    (("unit_id", "bigint", "t.id"), ("product_id", "bigint", "p.id"), ("month", "date", "i.month")),
    (("cartons", "integer", "i.cartons"),),
    """LEFT JOIN backend_unit t ON t.code = i.unit_code AND t.ancestors && %(units)s::bigint[]
    LEFT JOIN brands_product p ON p.code = i.product_code""",
    """t.id IS NULL THEN 'unit_code:unknown_unit'
    WHEN i.product_code IS NOT NULL AND p.id IS NULL THEN 'product_code:unknown_product'
    WHEN extract(day FROM i.month) <> 1 THEN 'month:not_first_day'""",
    more=(("version", "1"),),
    month="month",
    county="t.id",
    cartons="cartons",
)


def check(facts: Facts, cursor: Any, context: Context) -> None:
    """What of the rows may not be, and `fact_given`: the good ones. Five queries."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.fact_given, pg_temp.fact_row")
    told = [(name, made) for name, _, made in (*facts.key, *facts.values)] + list(facts.more)
    columns = ", ".join(f"{made} AS {name}" for name, made in told)
    cursor.execute(
        f"""CREATE TEMP TABLE fact_row ON COMMIT DROP AS
        SELECT i.row_no, {columns}, {facts.county} AS place_id, CASE WHEN {facts.faults} END AS reason
        FROM import_row i {facts.joins}
        WHERE i.row_no NOT IN (SELECT row_no FROM import_fault WHERE severity = 'error')""",  # noqa: S608 - constants
        {"units": context.unit_ids, "today": context.today},
    )
    fault(
        cursor,
        """SELECT f.row_no, split_part(f.reason, ':', 1), 'error', split_part(f.reason, ':', 2),
            to_jsonb(i)->>split_part(f.reason, ':', 1)
        FROM fact_row f JOIN import_row i USING (row_no) WHERE f.reason IS NOT NULL""",
    )
    key = ", ".join(name for name, *_ in facts.key)
    cursor.execute(
        f"""CREATE TEMP TABLE fact_given ON COMMIT DROP AS
        SELECT DISTINCT ON ({key}) *, NULL::text AS effect, NULL::jsonb AS before FROM fact_row WHERE reason IS NULL
        ORDER BY {key}, row_no DESC"""  # noqa: S608 - constants
    )
    fault(
        cursor,
        """SELECT f.row_no, '', 'error', 'repeated', '' FROM fact_row f
        WHERE f.reason IS NULL AND f.row_no NOT IN (SELECT row_no FROM fact_given)""",
    )


def compare(facts: Facts, cursor: Any, context: Context) -> None:
    """`fact_given.effect` says what each row would do. One query."""
    differs = " OR ".join(f"g.{name} IS DISTINCT FROM t.{name}" for name, *_ in facts.values)
    old = ", ".join(f"'{name}', t.{name}" for name, *_ in facts.values)
    same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM g.{name}" for name, *_ in facts.key)
    first = facts.key[0][0]
    cursor.execute(
        f"""UPDATE fact_given f SET
            effect = CASE WHEN NOT found THEN 'created' WHEN differs THEN 'changed' ELSE 'unchanged' END,
            before = CASE WHEN found THEN old END
        FROM (SELECT g.row_no, t.{first} IS NOT NULL AS found, ({differs}) AS differs, jsonb_build_object({old}) AS old
            FROM fact_given g LEFT JOIN {facts.table} t ON {same}) known
        WHERE known.row_no = f.row_no"""  # noqa: S608 - constants
    )


def tally(facts: Facts, cursor: Any) -> Tally:
    """The counts, and by month and county (of targets: by unit) cartons and fen of the keys named. Two queries."""
    cursor.execute(
        """SELECT count(*), count(*) FILTER (WHERE effect = 'created'), count(*) FILTER (WHERE effect = 'changed'),
            count(*) FILTER (WHERE effect = 'unchanged') FROM fact_given"""
    )
    good, created, changed, unchanged = cursor.fetchone()
    sums = ", ".join(
        f"coalesce(sum({old}), 0)::bigint, coalesce(sum({new}), 0)::bigint"
        for new, old in (_before(facts.cartons), _before(facts.fen))
    )
    cursor.execute(
        f"""SELECT to_char({facts.month}, 'YYYY-MM') AS m, place_id, c.name, {sums}
        FROM fact_given JOIN backend_unit c ON c.id = place_id GROUP BY m, place_id, c.name ORDER BY m, place_id"""  # noqa: S608 - constants
    )
    names = ("month", "county", "county_name", "cartons_before", "cartons_after", "fen_before", "fen_after")
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return Tally(good, 0, created, changed, unchanged, 0, rows)


def _before(column: str) -> tuple[str, str]:
    return column, "0" if column == "0" else f"(before->>'{column}')::bigint"


def apply(facts: Facts, code: str, cursor: Any, context: Context) -> None:
    """The facts are as the good rows say; marks are set. Three queries and those of the marks."""
    key = ", ".join(f"'{name}', {name}" for name, *_ in facts.key)
    cursor.execute(
        f"""INSERT INTO market_loadedkey (run_id, kind, key, before)
        SELECT %s, %s, jsonb_build_object({key})::text, before FROM fact_given WHERE effect <> 'unchanged'""",  # noqa: S608 - constants
        [context.run_id, code],
    )
    names = ", ".join([*facts.names, *(name for name, _ in facts.more)])
    conflict = ", ".join(name for name, *_ in facts.key)
    said = ", ".join(f"{name} = excluded.{name}" for name, *_ in facts.values)
    if ("version", "1") in facts.more:
        said += f", version = {facts.table}.version + 1"
    cursor.execute(
        f"""INSERT INTO {facts.table} ({names}) SELECT {names} FROM fact_given WHERE effect <> 'unchanged'
        ON CONFLICT ({conflict}) DO UPDATE SET {said}"""  # noqa: S608 - constants
    )
    if facts.marked:
        mark_sales(
            cursor,
            f"SELECT DISTINCT retailer_id, {facts.marked} FROM fact_given WHERE effect <> 'unchanged'",  # noqa: S608 - constants
        )


def later(facts: Facts, cursor: Any, run_id: UUID) -> list[str]:
    """Keys of a run that a later run, or orders since, say otherwise; 20 at most. Two queries at most."""
    found = order_import.later(cursor, run_id)
    if found or facts is not TOTALS:
        return found
    cursor.execute(
        """SELECT key FROM market_loadedkey k WHERE run_id = %s AND EXISTS (SELECT FROM market_order o
            WHERE o.month = (k.key::jsonb->>'month')::date AND o.retailer_id = (k.key::jsonb->>'retailer_id')::uuid)
        ORDER BY key LIMIT 20""",
        [run_id],
    )
    return [key for (key,) in cursor.fetchall()]


def undo(facts: Facts, cursor: Any, run_id: UUID) -> None:
    """The facts that the run wrote are as before it. Five queries and those of the marks."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.fact_back")
    keys = ", ".join(f"(key::jsonb->>'{name}')::{kind} AS {name}" for name, kind, _ in facts.key)
    old = ", ".join(f"(before->>'{name}')::{kind} AS {name}" for name, kind, _ in facts.values)
    cursor.execute(
        f"""CREATE TEMP TABLE fact_back ON COMMIT DROP AS
        SELECT {keys}, {old}, before IS NULL AS is_new FROM market_loadedkey WHERE run_id = %s""",  # noqa: S608 - constants
        [run_id],
    )
    same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM b.{name}" for name, *_ in facts.key)
    said = ", ".join(f"{name} = b.{name}" for name, *_ in facts.values)
    cursor.execute(f"DELETE FROM {facts.table} t USING fact_back b WHERE b.is_new AND {same}")  # noqa: S608 - constants
    cursor.execute(f"UPDATE {facts.table} t SET {said} FROM fact_back b WHERE NOT b.is_new AND {same}")  # noqa: S608 - constants
    if facts.marked:
        mark_sales(cursor, f"SELECT DISTINCT retailer_id, {facts.marked} FROM fact_back")  # noqa: S608 - constants
    cursor.execute(FORGET, {"run": run_id})


def _kind(code: str, titles: tuple[str, str], columns: tuple[Column, ...], facts: Facts) -> ImportKind:
    tallied: Callable[[Any], Tally] = partial(tally, facts)
    return ImportKind(
        code=code,
        title=titles[0],
        title_en=titles[1],
        capability="market.edit",
        columns=columns,
        check=partial(check, facts),
        compare=partial(compare, facts),
        apply=partial(apply, facts, code),
        large=Large(tallied, partial(later, facts), partial(undo, facts)),
        turns="sales" if facts is TOTALS else "",
    )


KINDS = (
    _kind(
        "allotments",
        ("投放量", "allotments"),
        (
            _SHOP,
            _PRODUCT,
            Column("opens_on", ("开始日期", "起始日期"), "date", day, True, "date"),
            Column("closes_on", ("截止日期", "结束日期"), "date", day, True, "date"),
            Column("cartons", ("投放量", "投放量(条)", "限量"), "integer", _CARTONS, True),
        ),
        ALLOTMENTS,
    ),
    _kind(
        "stock-counts",
        ("库存", "stock counts"),
        (
            _SHOP,
            _PRODUCT,
            Column("on_date", ("盘点日期", "日期"), "date", day, True, "date"),
            Column("packs", ("库存(包)", "库存", "包数"), "integer", whole(0, 10_000_000), True),
            Column("source", ("来源",), "text", choice(_SOURCES)),
        ),
        STOCK,
    ),
    _kind(
        "targets",
        ("销售目标", "sales targets"),
        (
            Column("unit_code", ("组织编码", "单位编码"), "text", text(32), True),
            Column("product_code", ("商品编码", "卷烟编码", "product"), "text", text(20, r"[\w.-]+")),
            _MONTH,
            Column("cartons", ("目标", "目标(条)", "计划量"), "integer", _CARTONS, True),
        ),
        TARGETS,
    ),
    _kind(
        "totals",
        ("月度销量", "monthly totals"),
        (
            _MONTH,
            _SHOP,
            _PRODUCT,
            Column("cartons", ("销量", "销量(条)"), "integer", _OF_SHOP, True),
            Column("amount_fen", ("金额", "金额(元)"), "bigint", yuan_as_fen(100_000_000), True, "money"),
        ),
        TOTALS,
    ),
)
