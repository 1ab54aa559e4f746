"""One SQL template for every sum of the trade (TradeSums): trade_store.py stores it, live.py reads it.

Two halves, because a visit changes only the first: SEEN (what visits and stock counts say) and SOLD (orders and monthly
totals). A statement takes the parameters of frame.py. Source: docs/method.md, Figures.
"""

from __future__ import annotations

from dataclasses import dataclass

from market.rollups import trade_facts

STAMPED = (
    "observations", "price_n", "price_sum_fen", "price_compared", "price_at_guide", "stock_n", "stock_sum_packs",
    "facings_n", "facings_sum", "oos_n", "oos_days_sum", "oos_shops",
)  # fmt: skip
ON_SHELVES = ("shelf_n", "on_shelf", "shelf_cartons", "on_shelf_cartons", "asked", "out", "counted")
LOOKED = (*ON_SHELVES, "stock_before_packs", "ordered_packs", "end_stock_packs", "sold_packs")
SALES = (
    "cartons", "amount_fen", "demanded", "refused", "demanded_cartons", "filled_cartons", "offered_cartons",
    "taken_cartons",
)  # fmt: skip
BUYERS = (
    "shops_now", "shops_last", "shops_again", "shops_before", "shops_demanding", "shops_offered", "shops_taken",
)  # fmt: skip
SEEN = (*STAMPED, *LOOKED)
SOLD = (*SALES, *BUYERS)
COLUMNS = (*SEEN, *SOLD)
KEY = ("unit_id", "segment_kind", "segment_value", "subject_kind", "subject_id")

SUBJECTS = "GROUPING SETS ((product_id), (brand_id), (class_id), (band_id), ())"
SUBJECT = """CASE GROUPING(product_id, brand_id, class_id, band_id)
        WHEN 7 THEN 4 WHEN 11 THEN 1 WHEN 13 THEN 2 WHEN 14 THEN 3 ELSE 0 END AS subject_kind,
    coalesce(product_id, brand_id, class_id, band_id, 0) AS subject_id"""
# A shop counts once a subject. What is of one product is counted of its pairs; of a brand, a class, a band or all, the
# bits of a shop's products are put together first.
_WIDER = "GROUPING SETS ((brand_id), (class_id), (band_id), ())"
_WIDER_SUBJECT = """CASE GROUPING(brand_id, class_id, band_id) WHEN 3 THEN 1 WHEN 5 THEN 2 WHEN 6 THEN 3 ELSE 0 END
        AS subject_kind, coalesce(brand_id, class_id, band_id, 0) AS subject_id"""
_SEGMENTS = "GROUPING SETS ((market_type), (business_type), (tier))"
_SEGMENT = """CASE GROUPING(market_type, business_type, tier) WHEN 3 THEN 1 WHEN 5 THEN 2 ELSE 3 END AS segment_kind,
    coalesce(market_type, business_type, tier) AS segment_value"""
_EVERYONE = "0 AS segment_kind, ''::text AS segment_value"
_CLASSES = ("market_type", "business_type", "tier")


@dataclass(frozen=True)
class Grain:
    """Whose rows are asked for: `place` selects (territory_id, unit_id) for the territories of %(units)s. `by_class`
    gives a row for each class of shops, `only` is a condition on a shop's classes (`c`): only such shops count."""

    place: str
    by_class: bool = False
    only: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        return _CLASSES if self.by_class else ()

    @property
    def segment(self) -> str:
        return _SEGMENT if self.by_class else _EVERYONE

    @property
    def grouped(self) -> str:
        return f"unit_id, {_SEGMENTS}" if self.by_class else "unit_id"


TERRITORIES = Grain("SELECT t AS territory_id, t AS unit_id FROM unnest(%(units)s::bigint[]) t")
COUNTIES = Grain(
    "SELECT id AS territory_id, ancestors[4] AS unit_id FROM backend_unit WHERE id = ANY(%(units)s::bigint[])",
    by_class=True,
)


def tables(grain: Grain) -> tuple[str, ...]:
    """Statements that make what both halves begin with stand until the transaction ends: for many shops the planner
    must know how many there are, and how many looks. What takes `stands` rests on them."""
    made = {"rollup_shop": _shop(grain)}
    made |= {name: f"WITH {_SHOP_STANDS}{rows}" for name, rows in trade_facts.LOOKED_TABLES.items()}
    return tuple(
        statement
        for name, rows in made.items()
        for statement in (
            f"DROP TABLE IF EXISTS pg_temp.{name}",
            f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {rows}",
            f"ANALYZE {name}",
        )
    )


def seen(grain: Grain, *, stands: bool = False) -> str:
    """WITH ... of a table `sums` with KEY and the columns of SEEN; to be followed by what reads it."""
    pairs = trade_facts.LOOKED_PAIRS_OF_TABLES if stands else trade_facts.LOOKED_PAIRS
    total = "LEFT JOIN total USING (retailer_id)"
    return f"""
WITH {_frame(grain, stands)}, {trade_facts.stamped(grain)}, {pairs},
looked AS ({_of_pairs(grain, f"{trade_facts.LOOKED_COUNTS}, {trade_facts.LOOKED_PACKS}", total)}),
of_shop AS ({_of_shop()}),
stamped_sums AS ({_of_products(grain, "stamped", STAMPED)}),
looked_sums AS ({_of_products(grain, "looked", LOOKED)}),
shop_sums AS ({_of_shops(grain, trade_facts.LOOKED_COUNTS, total)}),
sums AS MATERIALIZED ({_together(("stamped_sums", STAMPED), ("looked_sums", LOOKED), ("shop_sums", ON_SHELVES))})"""


def sold(grain: Grain, *, stands: bool = False) -> str:
    """WITH ... of a table `sums` with KEY and the columns of SOLD; to be followed by what reads it."""
    whole = ", ".join(f"sum({name})::bigint AS {name}" for name in SALES)
    return f"""
WITH {_frame(grain, stands)}, {trade_facts.BOUGHT_PAIRS},
sale AS ({_of_pairs(grain, f"{whole}, {trade_facts.BUYER_COUNTS}", "")}),
of_shop AS ({_of_shop("WHERE flags > 0")}),
sale_sums AS ({_of_products(grain, "sale", SOLD)}),
shop_sums AS ({_of_shops(grain, trade_facts.BUYER_COUNTS, "")}),
sums AS MATERIALIZED ({_together(("sale_sums", SOLD), ("shop_sums", BUYERS))})"""


_SHOP_STANDS = "shop AS NOT MATERIALIZED (SELECT * FROM rollup_shop)"


def _frame(grain: Grain, stands: bool) -> str:
    """The products with what they were on the day, the places, and the shops of the territories on the day."""
    shop = _SHOP_STANDS if stands else f"shop AS MATERIALIZED ({_shop(grain)})"
    return f"{trade_facts.GOODS}, place AS MATERIALIZED ({grain.place}), {shop}"


def _shop(grain: Grain) -> str:
    classes = "".join(f", coalesce(c.{name}::text, '') AS {name}" for name in grain.classes)
    only = f"AND {grain.only}" if grain.only else ""
    return f"""
    SELECT a.retailer_id, a.territory_id, c.state IS DISTINCT FROM 'closed' AS is_open{classes}
    FROM retail_assignment a
    LEFT JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> %(last)s::date
    WHERE a.territory_id = ANY(%(units)s::bigint[]) AND a.during @> %(last)s::date {only}"""  # noqa: S608 - constants only


def _of_pairs(grain: Grain, sums: str, more: str) -> str:
    keys = ", ".join(("unit_id", *grain.classes, "product_id"))
    return f"""
    SELECT {keys}, {sums}
    FROM pair JOIN shop USING (retailer_id) JOIN place USING (territory_id) {more} GROUP BY {keys}"""  # noqa: S608 - constants only


def _of_shop(of: str = "") -> str:
    return f"""
    SELECT retailer_id, {_WIDER_SUBJECT}, bit_or(flags) AS flags
    FROM pair JOIN good USING (product_id) {of} GROUP BY retailer_id, {_WIDER}"""  # noqa: S608 - constants only


def _of_products(grain: Grain, rows: str, names: tuple[str, ...]) -> str:
    sums = ", ".join(f"sum({name}) AS {name}" for name in names)
    return f"""
    SELECT unit_id, {grain.segment}, {SUBJECT}, {sums}
    FROM {rows} JOIN good USING (product_id) GROUP BY {grain.grouped}, {SUBJECTS}"""  # noqa: S608 - constants only


def _of_shops(grain: Grain, counts: str, more: str) -> str:
    return f"""
    SELECT unit_id, {grain.segment}, subject_kind, subject_id, {counts}
    FROM of_shop JOIN shop USING (retailer_id) JOIN place USING (territory_id) {more}
    GROUP BY {grain.grouped}, subject_kind, subject_id"""  # noqa: S608 - constants only


def _together(*parts: tuple[str, tuple[str, ...]]) -> str:
    """One row a key. Of a column that several parts have, the last one that has a row tells."""
    key, told = ", ".join(KEY), dict[str, list[str]]()
    for table, names in parts:
        for name in names:
            told.setdefault(name, []).insert(0, f"{table}.{name}")
    columns = ", ".join(f"coalesce({', '.join(places)}, 0) AS {name}" for name, places in told.items())
    first, *others = (table for table, _ in parts)
    joined = " ".join(f"FULL JOIN {table} USING ({key})" for table in others)
    return f"SELECT {key}, {columns} FROM {first} {joined}"  # noqa: S608 - constants only
