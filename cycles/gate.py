"""Who plans for what: the write gate of actions, results and improvements, and the marks that verbs of the month leave.

An account manager plans for the shops that are hers today and for her territory, a market or brand manager for what
lies under the unit of the position. Asked by actions.py, evaluate.py, improve.py and misfires.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from django.db import connection
from django.db.models import QuerySet

from backend import clock, marks
from backend.scope import About, Actor
from cycles.models.chain import Subject
from retail import queries

S = TypeVar("S", bound=Subject)

CAPABILITY = "cycles.plan"
MARK = "actions"  # what was decided moves cells; drained by cycles/changes.py
CHAIN = "chain"  # what phones of a territory hold of the month has changed
_PLANNED = About(capability=CAPABILITY)


def planned_by(actor: Actor, rows: QuerySet[S]) -> QuerySet[S]:
    """Those rows whose subject the actor plans for today: in WHERE, no query of its own."""
    return rows.filter(_PLANNED.where(actor, clock.today()))


def mark(month: date, rows: Iterable[Subject]) -> None:
    """The cells of these subjects' territories are derived again for the month, and phones of their owners learn of
    them. Three queries; caller's transaction."""
    told = list(rows)
    territories = {row.territory_id for row in told if row.territory_id is not None}
    marks.mark(MARK, {(territory, month) for territory in territories})
    shops = [row.retailer_id for row in told if row.retailer_id is not None]
    tell(territories | set(queries.owners(shops, clock.today()).values()))


def tell(units: Iterable[int]) -> None:
    """Phones of these units learn of their month anew. One query; caller's transaction."""
    marks.mark(CHAIN, {(unit, clock.today()) for unit in units})


# Those that have now the shops of these territories, or one that they visited or planned for in the month.
_OWNERS = """
SELECT DISTINCT a.territory_id FROM retail_assignment a WHERE a.during @> %(today)s::date AND (
    a.territory_id = ANY(%(territories)s)
    OR a.retailer_id IN (SELECT v.retailer_id FROM visits_visit v
        WHERE v.month = %(month)s AND v.territory_id = ANY(%(territories)s))
    OR a.retailer_id IN (SELECT x.retailer_id FROM cycles_action x
        WHERE x.month = %(month)s AND x.territory_id = ANY(%(territories)s)))
"""


def tell_of_month(month: date, territories: Iterable[int]) -> None:
    """The same after the month's rows of these territories were derived anew. Two queries."""
    told = list(territories)
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS, {"today": clock.today(), "month": month, "territories": told})
        tell({*told, *(territory for (territory,) in cursor.fetchall())})


def unit_of(row: Subject) -> int:
    """The unit in whose audit an act on the subject shows: its territory, else its county, else itself."""
    unit = row.territory_id or row.county_id or row.unit_id
    if unit is None:
        raise ValueError("a subject without a unit")
    return unit
