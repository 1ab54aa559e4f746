"""The staging tables and set-based statements behind loading.py; nothing else calls them.

A staged row has its place `n`, the columns as given, the ids that its codes resolve to, and the reason of a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backend.ids import UUID7_SQL


@dataclass(frozen=True)
class Kind:
    """One kind of load: its staging table, the columns given (in the order of the row), and how it is applied."""

    table: str
    columns: tuple[tuple[str, str], ...]
    apply: str = ""
    more: str = ""  # columns that the checks fill


RESOLVED = "retailer_id uuid, product_id bigint, territory_id bigint, county_id bigint"

ORDERS = Kind(
    "staged_order",
    (
        ("order_no", "text"),
        ("retailer_code", "text"),
        ("on_date", "date"),
        ("product_code", "text"),
        ("demanded", "integer"),
        ("allotted", "integer"),
        ("ordered", "integer"),
        ("amount_fen", "bigint"),
    ),
    more=f"{RESOLVED}, month date",
)
TOTALS = Kind(
    "staged_total",
    (
        ("month", "date"),
        ("retailer_code", "text"),
        ("product_code", "text"),
        ("cartons", "integer"),
        ("amount_fen", "bigint"),
    ),
    """INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
    SELECT month, retailer_id, product_id, cartons, amount_fen FROM staged_total WHERE reason IS NULL
    ON CONFLICT (month, retailer_id, product_id)
    DO UPDATE SET cartons = excluded.cartons, amount_fen = excluded.amount_fen""",
    RESOLVED,
)
ALLOTMENTS = Kind(
    "staged_allotment",
    (
        ("retailer_code", "text"),
        ("product_code", "text"),
        ("opens_on", "date"),
        ("closes_on", "date"),
        ("cartons", "integer"),
    ),
    """INSERT INTO market_allotment (retailer_id, product_id, opens_on, closes_on, cartons)
    SELECT retailer_id, product_id, opens_on, closes_on, cartons FROM staged_allotment WHERE reason IS NULL
    ON CONFLICT (retailer_id, product_id, opens_on)
    DO UPDATE SET closes_on = excluded.closes_on, cartons = excluded.cartons""",
    RESOLVED,
)
STOCK = Kind(
    "staged_stock",
    (
        ("retailer_code", "text"),
        ("product_code", "text"),
        ("on_date", "date"),
        ("packs", "integer"),
        ("source", "text"),
    ),
    f"""INSERT INTO market_stockcount (id, retailer_id, product_id, territory_id, county_id, on_date, packs, source)
    SELECT {UUID7_SQL}, retailer_id, product_id, territory_id, county_id, on_date, packs, source
    FROM staged_stock WHERE reason IS NULL
    ON CONFLICT (retailer_id, product_id, on_date, source) DO UPDATE SET packs = excluded.packs""",  # noqa: S608
    RESOLVED,
)
TARGETS = Kind(
    "staged_target",
    (("unit_code", "text"), ("product_code", "text"), ("month", "date"), ("cartons", "integer")),
    """INSERT INTO market_salestarget (unit_id, product_id, month, cartons, version)
    SELECT unit_id, product_id, month, cartons, 1 FROM staged_target WHERE reason IS NULL
    ON CONFLICT (unit_id, product_id, month)
    DO UPDATE SET cartons = excluded.cartons, version = market_salestarget.version + 1""",
    "unit_id bigint, product_id bigint",
)


def fill(cursor: Any, kind: Kind, rows: Iterable[tuple[Any, ...]]) -> int:
    """The staging table holds the rows given and nothing else; returns their number. Two statements."""
    columns = ", ".join(f"{name} {sql_type}" for name, sql_type in kind.columns)
    cursor.execute(f"DROP TABLE IF EXISTS {kind.table}")
    cursor.execute(
        f"CREATE TEMPORARY TABLE {kind.table} (n bigint, {columns}, {kind.more}, reason text) ON COMMIT DROP"
    )
    names = ", ".join(name for name, _ in kind.columns)
    read = 0
    with cursor.copy(f"COPY {kind.table} (n, {names}) FROM STDIN") as copy:
        for read, row in enumerate(rows, start=1):
            copy.write_row((read, *row))
    cursor.execute(f"ANALYZE {kind.table}")
    return read


def _resolve(table: str) -> str:
    return f"""UPDATE {table} s SET
        retailer_id = r.id, product_id = p.id,
        reason = CASE WHEN r.id IS NULL THEN 'unknown_retailer' WHEN p.id IS NULL THEN 'unknown_product' END
    FROM {table} t LEFT JOIN retail_retailer r ON r.code = t.retailer_code
    LEFT JOIN brands_product p ON p.code = t.product_code WHERE t.n = s.n"""  # noqa: S608 - constants


def _stamp(table: str) -> str:
    """The units of the business date; a shop that nobody had that day keeps its county."""
    return f"""UPDATE {table} s SET territory_id = u.id, county_id = coalesce(u.ancestors[4], r.county_id)
    FROM {table} t JOIN retail_retailer r ON r.id = t.retailer_id
    LEFT JOIN retail_assignment a ON a.retailer_id = t.retailer_id AND a.during @> t.on_date
    LEFT JOIN backend_unit u ON u.id = a.territory_id WHERE t.n = s.n AND s.reason IS NULL"""  # noqa: S608 - constants


def _last_of(table: str, key: str) -> str:
    """Of rows with one natural key the last one counts: it is what the source said last."""
    return f"""UPDATE {table} s SET reason = 'repeated' FROM (
        SELECT n, row_number() OVER (PARTITION BY {key} ORDER BY n DESC) AS place FROM {table} WHERE reason IS NULL) d
    WHERE d.n = s.n AND d.place > 1"""  # noqa: S608 - constants


def _first_days(table: str) -> str:
    return f"UPDATE {table} SET reason = 'not_first_day' WHERE reason IS NULL AND extract(day FROM month) <> 1"  # noqa: S608


CHECKS: dict[str, tuple[str, ...]] = {
    "staged_order": (
        _resolve("staged_order"),
        """UPDATE staged_order SET month = date_trunc('month', on_date)::date,
            reason = coalesce(reason, CASE WHEN date_trunc('month', on_date)::date <> ALL(%(months)s::date[])
                THEN 'no_partition' WHEN ordered < 0 OR demanded < 0 OR allotted < 0 THEN 'negative' END)""",
        # One order is of one shop and one day: a line that says otherwise is refused, the order's first line is right.
        """UPDATE staged_order s SET reason = 'other_order' FROM (
            SELECT n, first_value(retailer_id) OVER w AS shop, first_value(on_date) OVER w AS day
            FROM staged_order WHERE reason IS NULL WINDOW w AS (PARTITION BY order_no ORDER BY n)) f
        WHERE f.n = s.n AND (s.retailer_id, s.on_date) <> (f.shop, f.day)""",
        _last_of("staged_order", "order_no, product_id"),
        _stamp("staged_order"),
    ),
    "staged_total": (
        _resolve("staged_total"),
        _first_days("staged_total"),
        "UPDATE staged_total SET reason = 'negative' WHERE reason IS NULL AND cartons < 0",
        _last_of("staged_total", "month, retailer_id, product_id"),
    ),
    "staged_allotment": (
        _resolve("staged_allotment"),
        "UPDATE staged_allotment SET reason = 'bad_window' WHERE reason IS NULL AND closes_on < opens_on",
        "UPDATE staged_allotment SET reason = 'negative' WHERE reason IS NULL AND cartons < 0",
        _last_of("staged_allotment", "retailer_id, product_id, opens_on"),
    ),
    "staged_stock": (
        _resolve("staged_stock"),
        "UPDATE staged_stock SET reason = 'negative' WHERE reason IS NULL AND packs < 0",
        """UPDATE staged_stock SET reason = 'unknown_source'
        WHERE reason IS NULL AND source NOT IN ('count', 'terminal')""",
        _last_of("staged_stock", "retailer_id, product_id, on_date, source"),
        _stamp("staged_stock"),
    ),
    "staged_target": (
        """UPDATE staged_target s SET unit_id = u.id, product_id = p.id,
            reason = CASE WHEN u.id IS NULL THEN 'unknown_unit'
                WHEN t.product_code IS NOT NULL AND p.id IS NULL THEN 'unknown_product' END
        FROM staged_target t LEFT JOIN backend_unit u ON u.code = t.unit_code
        LEFT JOIN brands_product p ON p.code = t.product_code WHERE t.n = s.n""",
        _first_days("staged_target"),
        "UPDATE staged_target SET reason = 'negative' WHERE reason IS NULL AND cartons < 0",
        _last_of("staged_target", "unit_id, product_id, month"),
    ),
}

ORDER_HEADS = f"""
INSERT INTO market_order (id, month, order_no, retailer_id, territory_id, county_id, on_date, cartons, amount_fen)
SELECT {UUID7_SQL}, month, order_no, retailer_id, territory_id, county_id, on_date, sum(ordered), sum(amount_fen)
FROM staged_order WHERE reason IS NULL GROUP BY month, order_no, retailer_id, territory_id, county_id, on_date
ON CONFLICT (month, order_no) DO UPDATE SET retailer_id = excluded.retailer_id, territory_id = excluded.territory_id,
    county_id = excluded.county_id, on_date = excluded.on_date, cartons = excluded.cartons,
    amount_fen = excluded.amount_fen
"""  # noqa: S608 - constants
ORDER_OLD_LINES = """
DELETE FROM market_orderline l USING market_order o, (
    SELECT DISTINCT month, order_no FROM staged_order WHERE reason IS NULL) s
WHERE o.month = s.month AND o.order_no = s.order_no AND l.month = o.month AND l.order_id = o.id
"""
ORDER_LINES = """
INSERT INTO market_orderline (month, order_id, product_id, demanded_cartons, allotted_cartons, ordered_cartons,
    amount_fen)
SELECT s.month, o.id, s.product_id, s.demanded, s.allotted, s.ordered, s.amount_fen
FROM staged_order s JOIN market_order o ON o.month = s.month AND o.order_no = s.order_no WHERE s.reason IS NULL
"""
TOTALS_OLD = """
DELETE FROM market_shopproductmonth t USING (
    SELECT DISTINCT month, retailer_id FROM staged_order WHERE reason IS NULL) s
WHERE t.month = s.month AND t.retailer_id = s.retailer_id
"""
TOTALS_FROM_ORDERS = """
INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
SELECT o.month, o.retailer_id, l.product_id, sum(l.ordered_cartons), sum(l.amount_fen)
FROM (SELECT DISTINCT month, retailer_id FROM staged_order WHERE reason IS NULL) s
JOIN market_order o ON o.month = s.month AND o.retailer_id = s.retailer_id
JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
GROUP BY o.month, o.retailer_id, l.product_id
"""
