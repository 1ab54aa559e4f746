"""The facts behind benchmarks/boards.py in DuckDB: what every shop bought, and the figures computed from it directly.

The roll-ups of the benchmark are filled from these facts, so both sides answer the same question about the same sales.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

LINES = 22  # products that a shop buys in a month

# A shop is a number; its territory follows from it, and what it buys of what from a hash. No table of shops is needed.
_FACTS = """
CREATE TABLE sold AS
SELECT m.month, s.shop::INTEGER AS shop, t.territory, p.product,
    (1 + hash(s.shop, p.product, m.month) % 9)::INTEGER AS cartons,
    ((1 + hash(s.shop, p.product, m.month) % 9) * p.price)::BIGINT AS amount_fen
FROM months m CROSS JOIN range({shops}) s(shop)
JOIN territories t ON t.number = s.shop % {territories}
JOIN products p ON hash(s.shop, p.product, m.month + 7) % {products} < {lines}
"""
# Bits of each shop and subject: 1 bought in the month, 2 in the month before, 4 in the three months before.
_COUNTED = """
WITH pair AS (
    SELECT shop, territory{subject},
        bit_or(CASE WHEN month = $month THEN 1 WHEN month = $before THEN 6 ELSE 4 END) AS flags,
        sum(cartons) FILTER (WHERE month = $month) AS cartons,
        sum(amount_fen) FILTER (WHERE month = $month) AS amount_fen
    FROM sold WHERE month <= $month AND month >= $since {only} GROUP BY shop, territory{subject})
SELECT {by}, coalesce(sum(cartons), 0)::BIGINT, coalesce(sum(amount_fen), 0)::BIGINT,
    count(*) FILTER (WHERE flags & 1 > 0), count(*) FILTER (WHERE flags & 2 > 0), count(*) FILTER (WHERE flags & 3 = 3),
    count(*) FILTER (WHERE flags & 4 > 0)
FROM pair GROUP BY {by} ORDER BY {by}
"""
COLUMNS = ("cartons", "amount_fen", "shops_now", "shops_last", "shops_again", "shops_before")


class Facts:
    """Sales of every shop, product and month, in memory."""

    def __init__(
        self, shops: int, territories: Sequence[int], products: Sequence[tuple[int, int]], months: Sequence[date]
    ) -> None:
        import duckdb

        self.db: Any = duckdb.connect()
        self.db.execute("CREATE TABLE months (month DATE)")
        self.db.executemany("INSERT INTO months VALUES (?)", [[month] for month in months])
        self.db.execute("CREATE TABLE territories (number INTEGER, territory BIGINT)")
        self.db.executemany("INSERT INTO territories VALUES (?, ?)", [list(row) for row in enumerate(territories)])
        self.db.execute("CREATE TABLE products (product BIGINT, price BIGINT)")
        self.db.executemany("INSERT INTO products VALUES (?, ?)", [list(row) for row in products])
        self.db.execute(_FACTS.format(shops=shops, territories=len(territories), products=len(products), lines=LINES))

    def __len__(self) -> int:
        return int(self.db.execute("SELECT count(*) FROM sold").fetchone()[0])

    def by_product(self, month: date, territories: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
        """(product, *COLUMNS) of the shops of these territories, or of all: what a table of products answers."""
        return self._counted(month, "product", territories)

    def in_all(self, month: date, territories: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
        """(0, *COLUMNS) of all products together: what a unit's figures answer."""
        return self._counted(month, "", territories)

    def leaves(self, month: date, product: bool) -> str:
        """(territory, product or 0, *COLUMNS) of the month as CSV, for COPY."""
        subject = ", product" if product else ""
        statement = _COUNTED.format(subject=subject, only="", by=f"territory{subject}")
        rows = self.db.execute(statement, _named(month)).fetchall()
        told = io.StringIO()
        csv.writer(told).writerows(rows if product else ((row[0], 0, *row[1:]) for row in rows))
        return told.getvalue()

    def _counted(self, month: date, subject: str, territories: Sequence[int] | None) -> list[tuple[Any, ...]]:
        named = _named(month)
        only = ""
        if territories is not None:
            only, named["only"] = "AND territory IN (SELECT unnest($only))", list(territories)
        statement = _COUNTED.format(subject=f", {subject}" if subject else "", only=only, by=subject or "0::BIGINT")
        if not subject:
            statement = statement.replace("GROUP BY 0::BIGINT ORDER BY 0::BIGINT", "")
        return self.db.execute(statement, named).fetchall()


def _named(month: date) -> dict[str, Any]:
    from backend import clock

    return {"month": month, "before": clock.add_months(month, -1), "since": clock.add_months(month, -3)}


def needed(shown: Sequence[date]) -> Iterator[date]:
    """The months whose sales the figures of these months read."""
    from backend import clock

    yield from sorted({clock.add_months(month, -back) for month in shown for back in range(4)})


_PLACED = """
placed AS (
    SELECT n, md5('S' || n)::uuid AS shop, t.id AS territory, t.county FROM generate_series(0, %(shops)s - 1) n
    JOIN (SELECT id, ancestors[4] AS county, row_number() OVER (ORDER BY id) - 1 AS place FROM backend_unit
        WHERE level = 5) t ON t.place = n %% %(territories)s)"""
_SHOPS = (
    f"""WITH {_PLACED} INSERT INTO retail_retailer (id, code, licence_no, name, holder, address, county_id, datum,
        opened_on, version)
    SELECT shop, 'S' || lpad(n::text, 7, '0'), 'L' || n, 'shop', 'holder', '', county, 'unknown', '2024-01-01', 1
    FROM placed""",
    f"""WITH {_PLACED} INSERT INTO retail_classification (retailer_id, during, state, business_type, market_type, scale,
        tier, integrity_grade, terminal_type, trade_area, visit_class)
    SELECT shop, '[2024-01-01,)', 'active', 'B', CASE n %% 3 WHEN 0 THEN 'X' ELSE 'C' END, 2, 1 + n %% 30, '',
        'ordinary', '', 'C' FROM placed""",
    f"""WITH {_PLACED} INSERT INTO retail_assignment (retailer_id, territory_id, during)
    SELECT shop, territory, CASE WHEN n %% 100 = 0 THEN daterange('2026-03-10', NULL) ELSE daterange('2024-01-01', NULL)
        END FROM placed""",
    f"""WITH {_PLACED} INSERT INTO market_order (id, month, order_no, retailer_id, territory_id, county_id, on_date,
        cartons, amount_fen)
    SELECT md5('O' || n || '-' || week)::uuid, %(month)s, n || '-' || week, shop, territory, county,
        %(month)s::date + week * 7 + n %% 7, 25, 300000 FROM placed, generate_series(0, 1) week""",
    """INSERT INTO market_orderline (month, order_id, product_id, demanded_cartons, allotted_cartons, ordered_cartons,
        amount_fen)
    SELECT o.month, o.id, p.id, 6, 5, 5, 60000 FROM market_order o
    CROSS JOIN LATERAL (SELECT id FROM brands_product
        WHERE id %% 24 = abs(hashtext(o.order_no)) %% 24) p""",
    f"""WITH {_PLACED} INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
    SELECT %(month)s, shop, p.id, 5, 60000 FROM placed CROSS JOIN LATERAL (SELECT id FROM brands_product
        WHERE id %% 8 = n %% 8) p""",
)


def shops(cursor: Any, count: int, month: date) -> None:
    """That many shops of the territories with two orders each and what they bought in the month; one in a hundred
    came within it. What the last steps of a drill read."""
    cursor.execute("SELECT count(*) FROM backend_unit WHERE level = 5")
    named = {"shops": count, "territories": cursor.fetchone()[0], "month": month}
    for statement in _SHOPS:
        cursor.execute(statement, named)
    for table in ("retail_retailer", "retail_classification", "retail_assignment", "market_order", "market_orderline",
                  "market_shopproductmonth"):  # fmt: skip
        cursor.execute(f"ANALYZE {table}")
