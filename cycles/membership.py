"""Who belongs to an opened month: joiners get their row, rows follow the shop's owner, managers get their month.

Called by cycles/month.py (each business day, and at opening) and cycles/changes.py (when assignments change). All by
anti-join: a second run finds nothing to do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from cycles.building import ALL_MEMBERS, OPENING_CELLS, PARENT, ROW_COLUMNS
from cycles.calendar import MonthDates
from cycles.grid import COLUMNS
from cycles.models import ManagerCycle

MANAGER_ROLES = ("account_manager", "market_manager", "brand_manager")

_JOIN = f"""
INSERT INTO "{PARENT}" ({ROW_COLUMNS})
SELECT %(month)s, a.retailer_id, a.territory_id, u.ancestors[4], {OPENING_CELLS} {ALL_MEMBERS}
AND NOT EXISTS (SELECT 1 FROM "{PARENT}" c WHERE c.month = %(month)s AND c.retailer_id = a.retailer_id)
"""  # noqa: S608  names of our own
_FOLLOW = f"""
UPDATE "{PARENT}" c SET territory_id = a.territory_id, county_id = u.ancestors[4]
FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id
WHERE c.month = %(month)s AND a.retailer_id = c.retailer_id AND a.during @> %(on)s::date
AND a.territory_id <> c.territory_id
"""  # noqa: S608  names of our own
# A version 7 UUID (RFC 9562): 48 bits of milliseconds laid over a random one. PostgreSQL has its own only from 18.
_UUID7 = """
encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid
"""
_MANAGERS = f"""
INSERT INTO cycles_managercycle (id, month, role_id, unit_id, person_id, cells, version)
SELECT {_UUID7}, %(month)s, p.role_id, p.unit_id, p.person_id, %(cells)s::jsonb, 1
FROM backend_position p JOIN backend_unit u ON u.id = p.unit_id
WHERE p.role_id = ANY(%(roles)s) AND p.during @> %(on)s::date AND u.during @> %(on)s::date
AND NOT EXISTS (
    SELECT 1 FROM cycles_managercycle m
    WHERE m.month = %(month)s AND m.role_id = p.role_id AND m.unit_id = p.unit_id AND m.person_id = p.person_id)
ON CONFLICT DO NOTHING
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


def join(month: date, on: date, territories: Sequence[int] | None = None) -> int:
    """Members of the day without a row get one, as at opening. Returns how many. One query."""
    query = _JOIN
    values: dict[str, Any] = {"month": month, "on": on}
    if territories is not None:
        query += " AND a.territory_id = ANY(%(territories)s)"
        values["territories"] = list(territories)
    return _execute(query + " ORDER BY a.retailer_id ON CONFLICT DO NOTHING", values)


def follow(month: date, on: date, territories: Sequence[int] | None = None) -> int:
    """Rows of shops that another territory owns on the day go there. Returns how many. One query."""
    query = _FOLLOW
    values: dict[str, Any] = {"month": month, "on": on}
    if territories is not None:
        query += " AND (a.territory_id = ANY(%(territories)s) OR c.territory_id = ANY(%(territories)s))"
        values["territories"] = list(territories)
    return _execute(query, values)


def draft_managers(month: date, on: date) -> int:
    """Everybody who is an account, market or brand manager on the day has a month of 15 drafted cells. One query."""
    drafted = {column: {"state": ManagerCycle.State.DRAFTED.value} for column in COLUMNS}
    return _execute(_MANAGERS, {"month": month, "on": on, "roles": list(MANAGER_ROLES), "cells": json.dumps(drafted)})


def _execute(query: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.rowcount
