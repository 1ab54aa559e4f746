"""What a goal is measured by: one statement per metric gives the value of every action that asks for it in a month.

Called by cycles/evaluate.py (results) and own_actions.py (where a goal set by hand stands). The metrics themselves
stand in cycles/metrics_*.py; null says that the month's facts do not tell (never 0 for what nobody looked at).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from backend.clock import add_months
from backend.kpis import Unit


@dataclass(frozen=True)
class Metric:
    """`sql` is a SELECT of (action_id, value) over the table `subject` (action_id, retailer_id, unit_id, product_id,
    territory_id, county_id, parameters), for the month [%(month)s, %(next)s) with its last day %(last)s.

    It may leave an action out or give null: not measurable. Named placeholders only; a literal per cent is doubled.
    `bases` are the tables of cycles/bases.py that it reads as well, as they stand on the first day after the month, so
    that a rule and the goal that it proposed are counted from the same facts.
    """

    name: str
    unit: Unit
    zh: str
    en: str
    sql: str
    bases: tuple[str, ...] = ()


_registered: dict[str, Metric] = {}


def register(*metrics: Metric) -> None:
    """Adds metrics; a second, different one of the same name is refused at start."""
    for metric in metrics:
        if _registered.setdefault(metric.name, metric) != metric:
            raise ValueError(f"metric {metric.name} is defined twice")


def metric(name: str) -> Metric:
    """A metric by its name; KeyError when there is none."""
    return _registered[name]


def unit_of(name: str) -> str:
    """What a metric is counted in; nothing where it is gone: actions outlive their metrics."""
    return _registered[name].unit if name in _registered else ""


def metrics() -> list[Metric]:
    """Every metric, by name."""
    return [_registered[name] for name in sorted(_registered)]


def names() -> Iterable[str]:
    """The name of every metric."""
    return _registered.keys()


def days_of(month: date) -> dict[str, Any]:
    """The days that a metric's statement names."""
    after = add_months(month, 1)
    return {"month": month, "next": after, "last": after - timedelta(days=1)}


@dataclass(frozen=True)
class SubjectKey:
    """A subject that has no action yet: a shop, a unit, or a product in a unit, with its stamps."""

    retailer_id: UUID | None = None
    unit_id: int | None = None
    product_id: int | None = None
    territory_id: int | None = None
    county_id: int | None = None


_ONE = """
WITH subject(action_id, retailer_id, unit_id, product_id, territory_id, county_id, parameters) AS (
    SELECT gen_random_uuid(), %(retailer)s::uuid, %(unit)s::bigint, %(product)s::bigint, %(territory)s::bigint,
        %(county)s::bigint, '{{}}'::jsonb)
SELECT m.value FROM ({sql}) AS m(action_id, value)
"""


def value_of(name: str, subject: SubjectKey, month: date) -> Decimal | None:
    """What one subject comes to in a month; None when the facts do not tell, or where it takes bases. One query."""
    if metric(name).bases:
        return None
    asked = {
        **days_of(month),
        "retailer": subject.retailer_id,
        "unit": subject.unit_id,
        "product": subject.product_id,
        "territory": subject.territory_id,
        "county": subject.county_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ONE.format(sql=metric(name).sql), asked)
        row = cursor.fetchone()
    return None if row is None or row[0] is None else Decimal(row[0])
