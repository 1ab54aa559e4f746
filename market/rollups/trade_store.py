"""Stores the sums of the trade: rows of territories and segments from facts, rows above them from the level below.

Parameters as in trade_sums.py; recompute.py and segments.py run these in their order. What a half of
the sums does not own it leaves alone, so that a visit renews only what visits say.
"""

from __future__ import annotations

from market.rollups.leaves import PRODUCT_MEDIANS
from market.rollups.trade_sums import COLUMNS, COUNTIES, KEY, SEEN, SOLD, TERRITORIES, seen, sold, tables

PRODUCTS, SUBJECTS = "market_unitproductmonth", "market_unitsubjectmonth"
_PRODUCT_KEY, _SUBJECT_KEY = "month, unit_id, product_id", f"month, {', '.join(KEY)}"
_MINE = "month = %(month)s AND unit_id = ANY(%(units)s::bigint[])"


def _stored(table: str, key: str, columns: tuple[str, ...], rows: str) -> str:
    """The rows have these columns; a row that stands keeps its others, and is written only where it changes."""
    names = ", ".join(columns)
    new = ", ".join(f"excluded.{name}" for name in columns)
    old = ", ".join(f"{table}.{name}" for name in columns)
    return f"""INSERT INTO {table} ({key}, {names}) {rows}
    ON CONFLICT ({key}) DO UPDATE SET ({names}) = ROW({new}) WHERE ({old}) IS DISTINCT FROM ({new})"""


def _of_territories(sums: str, columns: tuple[str, ...], median: str) -> str:
    """Every row of these territories has the sums, and 0 where there are none any more."""
    told = ", ".join(f"coalesce(s.{name}, 0)" for name in columns)
    products = f"""
    SELECT %(month)s, unit_id, product_id, {told}{", m.fen" if median else ""}
    FROM (SELECT *, subject_id AS product_id FROM sums WHERE subject_kind = 4) s
    FULL JOIN (SELECT unit_id, product_id FROM {PRODUCTS} WHERE {_MINE}) e USING (unit_id, product_id)
    {"LEFT JOIN product_median m USING (unit_id, product_id)" if median else ""}"""  # noqa: S608 - constants only
    subjects = f"""
    SELECT %(month)s, unit_id, segment_kind, segment_value, subject_kind, subject_id, {told}
    FROM (SELECT * FROM sums WHERE subject_kind < 4) s
    FULL JOIN (SELECT {", ".join(KEY)} FROM {SUBJECTS} WHERE {_MINE}) e USING ({", ".join(KEY)})"""  # noqa: S608 - constants only
    more = ("price_median_fen",) if median else ()
    return f"""{sums}{", " + median.strip() if median else ""},
stored AS ({_stored(PRODUCTS, _PRODUCT_KEY, (*columns, *more), products)})
{_stored(SUBJECTS, _SUBJECT_KEY, columns, subjects)}"""


def _pruned(table: str, columns: tuple[str, ...] = COLUMNS) -> str:
    """A row of which nothing is left goes, as a rebuild would not make it."""
    return f"DELETE FROM {table} WHERE {_MINE} AND ({', '.join(columns)}) = ({', '.join('0' for _ in columns)})"  # noqa: S608


TABLES = tables(TERRITORIES)  # run before both of the next
STORE_SEEN = _of_territories(seen(TERRITORIES, stands=True), SEEN, PRODUCT_MEDIANS)
STORE_SOLD = _of_territories(sold(TERRITORIES, stands=True), SOLD, "")
PRUNE = (_pruned(PRODUCTS), _pruned(SUBJECTS))

_SUMMED = ", ".join(f"sum(p.{name})" for name in COLUMNS)
_NAMES = ", ".join(COLUMNS)
_BELOW = "FROM backend_unit u JOIN {table} p ON p.unit_id = u.id AND p.month = %(month)s"
ABOVE_PRODUCTS = f"""
WITH {PRODUCT_MEDIANS.strip()}, below AS (
    SELECT u.parent_id AS unit_id, p.product_id, {", ".join(f"sum(p.{name}) AS {name}" for name in COLUMNS)}
    {_BELOW.format(table=PRODUCTS)} WHERE u.parent_id = ANY(%(units)s) GROUP BY u.parent_id, p.product_id)
INSERT INTO {PRODUCTS} ({_PRODUCT_KEY}, price_median_fen, {_NAMES})
SELECT %(month)s, unit_id, product_id, m.fen, {_NAMES}
FROM below LEFT JOIN product_median m USING (unit_id, product_id)
"""  # noqa: S608 - constants only


def _above_subjects(of: str) -> str:
    return f"""
INSERT INTO {SUBJECTS} ({_SUBJECT_KEY}, {_NAMES})
SELECT %(month)s, u.parent_id, p.segment_kind, p.segment_value, p.subject_kind, p.subject_id, {_SUMMED}
{_BELOW.format(table=SUBJECTS)} WHERE u.parent_id = ANY(%(units)s) AND {of}
GROUP BY u.parent_id, p.segment_kind, p.segment_value, p.subject_kind, p.subject_id
"""


ABOVE = (ABOVE_PRODUCTS, _above_subjects("p.segment_kind = 0"))

# -- segments: every subject, by class of the shops, from the county up ------------------------------------------------


def _of_counties(sums: str, columns: tuple[str, ...]) -> str:
    names = ", ".join((*KEY, *columns))
    return f"{sums} {_stored(SUBJECTS, _SUBJECT_KEY, columns, f'SELECT %(month)s, {names} FROM sums')}"  # noqa: S608


STORE_SEGMENTS = (
    *tables(COUNTIES),
    _of_counties(sold(COUNTIES, stands=True), SOLD),
    _of_counties(seen(COUNTIES, stands=True), SEEN),
)
ABOVE_SEGMENTS = _above_subjects("p.segment_kind > 0")
FORGET_SEGMENTS = f"DELETE FROM {SUBJECTS} WHERE month = %(month)s AND unit_id = ANY(%(units)s) AND segment_kind > 0"  # noqa: S608
PRUNE_SEGMENTS = f"{_pruned(SUBJECTS)} AND segment_kind > 0"
