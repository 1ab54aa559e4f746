"""What stands beside the sums of counting.py: targets, twelve months, prices among dealers, expansions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from backend import clock
from market.figures import strata
from market.figures.formulas import Expansion
from market.figures.pricing import Key
from market.figures.subjects import EVERYONE, Crossed, Segment, Subject
from market.models import SalesTarget, SubjectKind
from visits.presence import counts


@dataclass(frozen=True)
class Asked:
    """What is asked for: units and months of one subject, or (subject_id None) of each subject of a kind."""

    unit_ids: tuple[int, ...]
    months: tuple[date, ...]
    kind: SubjectKind
    subject_id: int | None
    segment: Segment | Crossed
    kpi_ids: frozenset[str]
    is_stored: bool = False  # one class of shops too, of every unit: who asks knows that all are counties or above

    def needs(self, ids: Iterable[str]) -> bool:
        return not self.kpi_ids.isdisjoint(ids)


_ROLLING = """
SELECT s.unit_id, d.month, s.{subject}, sum(s.shops_now), sum(s.shops_before)
FROM unnest(%(of)s::date[], %(at)s::date[]) AS d(month, at) JOIN {table} s ON s.month = d.at
WHERE s.unit_id = ANY(%(units)s) AND (%(subject)s::bigint IS NULL OR s.{subject} = %(subject)s) {of}
GROUP BY s.unit_id, d.month, s.{subject}
"""
_OF_STORED = "AND segment_kind = %(segment_kind)s AND segment_value = %(segment_value)s AND subject_kind = %(kind)s"


def rolling(asked: Asked) -> dict[Key, tuple[int, int]]:
    """Shops with an order, and in the three months before, summed over the twelve months that end with each. One query.

    Of segments that are counted live nothing is kept of the months before.
    """
    if isinstance(asked.segment, Crossed):
        return {}
    pairs = [(month, clock.add_months(month, -back)) for month in asked.months for back in range(12)]
    own = asked.kind == SubjectKind.PRODUCT and asked.segment == EVERYONE
    statement = (
        _ROLLING.format(table="market_unitproductmonth", subject="product_id", of="")
        if own
        else _ROLLING.format(table="market_unitsubjectmonth", subject="subject_id", of=_OF_STORED)
    )
    named: dict[str, Any] = {
        "units": list(asked.unit_ids), "of": [p[0] for p in pairs], "at": [p[1] for p in pairs],
        "kind": int(asked.kind), "subject": asked.subject_id,
        "segment_kind": int(asked.segment.kind), "segment_value": asked.segment.value,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        return {(unit, month, subject): (int(now), int(before)) for unit, month, subject, now, before in cursor}


def targets(asked: Asked) -> dict[Key, int]:
    """Target cartons, where one was set: of all products, or of a product. One query."""
    if asked.kind not in (SubjectKind.ALL, SubjectKind.PRODUCT):
        return {}
    rows = SalesTarget.objects.filter(unit_id__in=asked.unit_ids, month__in=asked.months)
    if asked.kind == SubjectKind.ALL:
        rows = rows.filter(product=None)
    elif asked.subject_id is None:
        rows = rows.exclude(product=None)
    else:
        rows = rows.filter(product_id=asked.subject_id)
    return {
        (unit, month, product or 0): cartons
        for unit, month, product, cartons in rows.values_list("unit_id", "month", "product_id", "cartons")
    }


# Prices among dealers are remarks of visits that count, by the unit stamped on them.
_FLOW = f"""
SELECT k.unit_id, v.month, r.product_id, count(*), sum(r.price_fen::bigint)
FROM unnest(%(units)s::bigint[]) AS k(unit_id) JOIN backend_unit t ON t.ancestors @> ARRAY[k.unit_id] AND t.level = 5
JOIN visits_visit v ON v.territory_id = t.id AND v.month = ANY(%(months)s)
    AND {counts("v")}
JOIN visits_remark r ON r.month = v.month AND r.visit_id = v.id AND r.month = ANY(%(months)s)
WHERE r.kind = 'flow_price' AND r.price_fen > 0 AND NOT r.is_restricted
    AND (%(subject)s::bigint IS NULL AND r.product_id IS NOT NULL OR r.product_id = %(subject)s)
GROUP BY k.unit_id, v.month, r.product_id
"""  # noqa: S608 - the rule of which visits count is our own


def flow(asked: Asked) -> dict[Key, tuple[int, int]]:
    """Prices among dealers of products: how many, and their sum in fen. One query."""
    named: dict[str, Any] = {"units": list(asked.unit_ids), "months": list(asked.months), "subject": asked.subject_id}
    with connection.cursor() as cursor:
        cursor.execute(_FLOW, named)
        return {(unit, month, product): (n, int(total)) for unit, month, product, n, total in cursor}


def expansions(asked: Asked) -> dict[Key, Expansion]:
    """Of one subject only: a query for each month (strata.py)."""
    if asked.subject_id is None:
        return {}
    found: dict[Key, Expansion] = {}
    for month in asked.months:
        told = strata.expanded(asked.unit_ids, month, Subject(asked.kind, asked.subject_id))
        for unit, of in told.items():
            found[unit, month, asked.subject_id] = Expansion(of.sales, of.sales_error, of.stock, of.stock_error)
    return found
