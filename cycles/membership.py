"""Who belongs to an opened month: joiners get their row, rows follow the shop's owner, managers get their month.

Called by cycles/month.py (each business day, and at opening) and cycles/changes.py (when assignments change). All by
anti-join: a second run finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from backend.ids import UUID7_SQL
from cycles import gate, standing
from cycles.building import OPENING_CELLS, PARENT, ROW_COLUMNS
from cycles.calendar import MonthDates

MANAGER_ROLES = ("account_manager", "market_manager", "brand_manager")

# Shops of the day whose row is missing or stands with another territory: found in one pass, so that a run that finds
# nothing to do costs one reading of each side. A missing row is written only for a member of the month.
_COMPARE = f"""
SELECT a.retailer_id, a.territory_id, u.ancestors[4] AS county_id, c.retailer_id IS NULL AS is_new
FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id
LEFT JOIN "{PARENT}" c ON c.month = %(month)s AND c.retailer_id = a.retailer_id
WHERE a.during @> %(owner_on)s::date AND u.ancestors[4] <> ALL(%(frozen)s::bigint[])
AND (c.county_id IS NULL OR c.county_id <> ALL(%(frozen)s::bigint[]))
AND (c.territory_id <> a.territory_id OR (c.retailer_id IS NULL
    AND EXISTS (SELECT 1 FROM retail_assignment m
        WHERE m.retailer_id = a.retailer_id AND m.during @> %(member_on)s::date)
    AND NOT EXISTS (SELECT 1 FROM retail_classification x
        WHERE x.retailer_id = a.retailer_id AND x.during @> %(member_on)s::date AND x.state = 'closed')))
"""  # noqa: S608  names of our own
_OF_TERRITORIES = f"""
AND a.retailer_id IN (
    SELECT b.retailer_id FROM retail_assignment b
    WHERE b.territory_id = ANY(%(territories)s) AND b.during @> %(owner_on)s::date
    UNION ALL
    SELECT b.retailer_id FROM "{PARENT}" b WHERE b.month = %(month)s AND b.territory_id = ANY(%(territories)s))
"""  # noqa: S608  names of our own
_APPLY = f"""
WITH found AS MATERIALIZED ({{compare}}),
added AS (
    INSERT INTO "{PARENT}" ({ROW_COLUMNS})
    SELECT %(month)s, f.retailer_id, f.territory_id, f.county_id, {OPENING_CELLS}
    FROM found f WHERE f.is_new ORDER BY f.retailer_id
    ON CONFLICT DO NOTHING RETURNING territory_id),
moved AS (
    UPDATE "{PARENT}" c SET territory_id = f.territory_id, county_id = f.county_id
    FROM found f WHERE NOT f.is_new AND c.month = %(month)s AND c.retailer_id = f.retailer_id
    RETURNING f.territory_id)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM moved),
    array(SELECT territory_id FROM added UNION SELECT territory_id FROM moved ORDER BY 1)
"""  # noqa: S608  names of our own
_MANAGERS = f"""
INSERT INTO cycles_managercycle (id, month, role_id, unit_id, person_id, version)
SELECT {UUID7_SQL}, %(month)s, p.role_id, p.unit_id, p.person_id, 1
FROM backend_position p JOIN backend_unit u ON u.id = p.unit_id
WHERE p.role_id = ANY(%(roles)s) AND p.during @> %(on)s::date AND u.during @> %(on)s::date
AND {standing.not_locked("u")}
AND NOT EXISTS (
    SELECT 1 FROM cycles_managercycle m
    WHERE m.month = %(month)s AND m.role_id = p.role_id AND m.unit_id = p.unit_id AND m.person_id = p.person_id)
ON CONFLICT DO NOTHING
RETURNING unit_id
"""  # noqa: S608  names of our own


@dataclass(frozen=True)
class Days:
    """The days on which an opened month looks at assignments. Both are today while the month runs."""

    member_on: date  # a shop assigned on this day (and not closed) belongs to the month
    owner_on: date  # its row carries the territory of this day


def days_of(dates: MonthDates, month_end: date, today: date) -> Days:
    """Membership is decided inside the month; the owner is followed until the lock, then stays. Pure."""
    from_first = max(today, dates.month)
    return Days(member_on=min(from_first, month_end), owner_on=min(from_first, dates.lock_on))


@dataclass(frozen=True)
class Compared:
    """What a comparison of a month with the assignments of its days came to."""

    added: int
    moved: int
    territories: Sequence[int]  # that got a row by it


def compare(month: date, days: Days, territories: Sequence[int] | None = None, frozen: Sequence[int] = ()) -> Compared:
    """Members without a row have one, as at opening; rows of shops that another territory owns stand with it. Of these
    territories, before and after, or of all; no row of a `frozen` county changes or is added. One query."""
    wanted = _COMPARE if territories is None else _COMPARE + _OF_TERRITORIES
    values: dict[str, Any] = {"month": month, "owner_on": days.owner_on, "member_on": days.member_on}
    values["frozen"] = list(frozen)
    with connection.cursor() as cursor:
        cursor.execute(_APPLY.format(compare=wanted), {**values, "territories": list(territories or ())})
        return Compared(*cursor.fetchone())


def draft_managers(month: date, on: date) -> int:
    """Everybody who is an account, market or brand manager on the day has a month of his or her own, but where
    the month is locked; phones of their units learn of it. Two queries."""
    values: dict[str, Any] = {"month": month, "on": on, "roles": list(MANAGER_ROLES)}
    with connection.cursor() as cursor:
        cursor.execute(_MANAGERS, values)
        made = [unit for (unit,) in cursor.fetchall()]
    gate.tell(made)
    return len(made)
