"""Prices seen against guide and wholesale prices, summed over the products of a subject; for counting.py.

Guide, wholesale and transfer prices, class and band are those of each month's last day (today while it runs).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from backend import clock
from brands.queries import priced_on
from market.figures.formulas import Priced
from market.models import SubjectKind
from market.rollups.frame import counted_on

Key = tuple[int, date, int]  # unit, month, id of the subject

GOODS = f"""
good AS MATERIALIZED (
    SELECT d.month, p.id AS product_id, {{subject}} AS subject_id, price.guide_fen, price.wholesale_fen
    FROM unnest(%(months)s::date[], %(lasts)s::date[]) AS d(month, last) CROSS JOIN {priced_on("d.last")}
    WHERE %(subject)s::bigint IS NULL OR {{subject}} = %(subject)s)"""  # noqa: S608 - our own statement
SUBJECT_OF = {
    SubjectKind.ALL: "0::bigint",
    SubjectKind.BRAND: "p.brand_id",
    SubjectKind.PRICE_CLASS: "coalesce((SELECT c.price_class FROM brands_priceclassband c WHERE c.during @> d.last"
    " AND c.transfer_fen @> price.transfer_fen), 0)::bigint",
    SubjectKind.PRICE_BAND: "coalesce((SELECT b.id FROM brands_priceband b WHERE b.during @> d.last"
    " AND b.guide_fen @> price.guide_fen), 0)::bigint",
    SubjectKind.PRODUCT: "p.id",
}
# The weight of a product is what the company sold of it to the unit's shops in the calendar year before the month's,
# whatever the segment. The index of one product alone needs none: its weight would stand above and below the line.
_SOLD_BEFORE = """
    SELECT unit_id, product_id, extract(year FROM month)::integer + 1 AS for_year, sum(cartons) AS w
    FROM market_unitproductmonth
    WHERE unit_id = ANY(%(units)s) AND month = ANY(%(weight_months)s) AND cartons > 0
    GROUP BY unit_id, product_id, extract(year FROM month)"""
_ONE_EACH = """
    SELECT s.unit_id, s.product_id, extract(year FROM s.month)::integer AS for_year, 1 AS w FROM seen s
    GROUP BY s.unit_id, s.product_id, extract(year FROM s.month)"""
_PRICED = """
WITH {goods}, seen AS MATERIALIZED ({seen}), weight AS MATERIALIZED ({weight})
SELECT s.unit_id, s.month, g.subject_id,
    sum(s.price_sum_fen::numeric / s.price_n * weight.w) FILTER (WHERE g.guide_fen > 0),
    sum(g.guide_fen::numeric * weight.w) FILTER (WHERE g.guide_fen > 0),
    sum(s.price_sum_fen::numeric / s.price_n * s.cartons) FILTER (WHERE g.wholesale_fen IS NOT NULL AND s.cartons > 0),
    sum(g.wholesale_fen::numeric * s.cartons) FILTER (WHERE g.wholesale_fen IS NOT NULL AND s.cartons > 0)
FROM seen s JOIN good g USING (month, product_id)
LEFT JOIN weight ON weight.unit_id = s.unit_id AND weight.product_id = s.product_id
    AND weight.for_year = extract(year FROM s.month)::integer
GROUP BY s.unit_id, s.month, g.subject_id
"""
_OF_EVERYONE = """
    SELECT unit_id, month, product_id, price_n, price_sum_fen, cartons FROM market_unitproductmonth
    WHERE unit_id = ANY(%(units)s) AND month = ANY(%(months)s) AND price_n > 0"""
_OF_SEGMENT = """
    SELECT unit_id, month, subject_id AS product_id, price_n, price_sum_fen, cartons FROM market_unitsubjectmonth
    WHERE unit_id = ANY(%(units)s) AND month = ANY(%(months)s) AND price_n > 0
        AND segment_kind = %(segment_kind)s AND segment_value = %(segment_value)s AND subject_kind = 4"""
_TOLD = """
    SELECT * FROM unnest(%(told_units)s::bigint[], %(told_months)s::date[], %(told_products)s::bigint[],
        %(told_n)s::bigint[], %(told_fen)s::bigint[], %(told_cartons)s::bigint[])
        AS told(unit_id, month, product_id, price_n, price_sum_fen, cartons)"""


def named(units: Sequence[int], months: Sequence[date], subject_id: int | None) -> dict[str, Any]:
    """The parameters that GOODS and the statement of prices take."""
    return {
        "units": list(units),
        "months": list(months),
        "lasts": [counted_on(month) for month in months],
        "subject": subject_id,
        "weight_months": [
            date(year, number, 1) for year in sorted({m.year - 1 for m in months}) for number in range(1, 13)
        ],
    }


def goods(kind: SubjectKind) -> str:
    """A table `good` (month, product_id, subject_id, guide_fen, wholesale_fen) for a WITH; parameters as `named`."""
    return GOODS.format(subject=SUBJECT_OF[kind])


def priced(parameters: dict[str, Any], kind: SubjectKind, segment: tuple[int, str] | None = None) -> dict[Key, Priced]:
    """By (unit, month, subject id), among all shops or those of a stored segment. One query."""
    seen = _OF_EVERYONE if segment is None else _OF_SEGMENT
    kept = {} if segment is None else {"segment_kind": segment[0], "segment_value": segment[1]}
    return _read(seen, kind, {**parameters, **kept})


def priced_of(
    parameters: dict[str, Any], kind: SubjectKind, told: Sequence[tuple[int, date, int, int, int, int]]
) -> dict[Key, Priced]:
    """As `priced`, of rows counted live: (unit, month, product, prices, their sum in fen, cartons). One query."""
    names = ("told_units", "told_months", "told_products", "told_n", "told_fen", "told_cartons")
    columns = zip(*told, strict=True) if told else ((),) * len(names)
    lists = {name: list(column) for name, column in zip(names, columns, strict=True)}
    return _read(_TOLD, kind, {**parameters, **lists})


def _read(seen: str, kind: SubjectKind, parameters: dict[str, Any]) -> dict[Key, Priced]:
    with connection.cursor() as cursor:
        weight = _ONE_EACH if kind == SubjectKind.PRODUCT else _SOLD_BEFORE
        cursor.execute(_PRICED.format(goods=goods(kind), seen=seen, weight=weight), parameters)
        return {(unit, month, subject): Priced(*sums) for unit, month, subject, *sums in cursor.fetchall()}


def days_of(month: date) -> int:
    return (clock.month_end(month) - month).days + 1
