"""What every statement of the roll-ups is asked with: the month, its days and places. Called by recompute.py,
segments.py and live.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from backend import clock, parameters
from market.parameters import PRICE_TOLERANCE

Named = dict[str, Any]

MONTHS_AFTER_SALES = 3  # a month's figures read the sales of the three months before
MONTHS_AFTER_LOOKS = 1  # and what was seen in the month before

# For the caller's transaction alone: the sums of a shop stay in memory, and no statement is long enough to be compiled.
_ROOM = "SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)"

_GROWN = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
WHERE c.relispartition AND c.relkind = 'r' AND c.relname ~ '^(visits|market)_'
    AND s.n_mod_since_analyze > greatest(c.reltuples, 1000)
ORDER BY 1
"""


def counted_on(month: date) -> date:
    """The day on which a month's shops are counted: its last one, or today while it runs."""
    return min(clock.month_end(month), clock.today())


def named(month: date, territories: Sequence[int]) -> Named:
    """%(month)s first day, %(next)s first day after it, %(before)s first day of the month before; %(recent)s both
    months, %(earlier)s the three before, %(months)s all four; %(last)s the day on which shops, classes and prices are
    asked; %(units)s the territories and %(tolerances)s of each the percentage within which a price is at the guide
    price; %(at)s now. One query."""
    last, before = counted_on(month), clock.add_months(month, -1)
    earlier = [clock.add_months(month, -back) for back in range(1, MONTHS_AFTER_SALES + 1)]
    found = parameters.values([PRICE_TOLERANCE], territories, last)
    return {
        "month": month,
        "next": clock.add_months(month, 1),
        "before": before,
        "recent": [month, before],
        "earlier": earlier,
        "months": [month, *earlier],
        "last": last,
        "units": list(territories),
        "tolerances": [found[unit][PRICE_TOLERANCE] for unit in territories],
        "at": clock.now(),
    }


def make_room() -> None:
    """Whole months are summed in memory until the end of the caller's transaction. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_ROOM)


def know_sizes() -> None:
    """Partitions that have more than doubled since anybody looked are analyzed: in the first hours of a month, or after
    an import, the planner takes them for empty and joins them row by row. Not in a transaction, whose end would hold
    back others; one query when nothing has grown."""
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute(_GROWN)
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {table}")


def later_months(month: date, after: int) -> list[date]:
    """The month, and as many after it as have begun."""
    now = clock.month_of(clock.today())
    found = [month, *(clock.add_months(month, step) for step in range(1, after + 1))]
    return [one for one in found if one == month or one <= now]
