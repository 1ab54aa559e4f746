"""How complete the weekly samples of a month are, by unit; called by completeness_api.py.

A sample counts in the month of its Monday, once its time is over or it came. Rule: docs/method.md, The weekly sample.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from backend import clock, kpis
from backend.kpis import Kpi, percent

_SOURCE = "docs/method.md, The weekly sample"
_WEEKS = "weeks that begin in the month, by the unit stamped on the sample"
COMPLETENESS = Kpi(
    "sample_completeness", 1, "采集完整率", "sample completeness",
    "products looked at in time / products asked for, of samples that came or whose week is over", "percent", _WEEKS,
    _SOURCE,
)  # fmt: skip
IN_TIME = Kpi(
    "samples_in_time_rate", 1, "采集及时率", "samples in time",
    "samples taken in time / samples that came or whose week is over", "percent", _WEEKS, _SOURCE,
)  # fmt: skip
kpis.register(COMPLETENESS, IN_TIME)

_BY_UNIT = """
WITH wanted AS (
    SELECT u.id, u.code, u.name, u.level FROM backend_unit u WHERE u.id = ANY(%(units)s::bigint[])),
sample AS (
    SELECT w.id AS unit_id, count(*) FILTER (WHERE s.state <> 'due') AS over,
        count(*) FILTER (WHERE s.state = 'due') AS due, count(*) FILTER (WHERE s.state = 'taken') AS taken,
        count(*) FILTER (WHERE s.state = 'late') AS late, count(*) FILTER (WHERE s.state = 'missed') AS missed,
        coalesce(sum(jsonb_array_length(s.products)) FILTER (WHERE s.state <> 'due'), 0) AS asked,
        coalesce(sum(s.seen) FILTER (WHERE s.state = 'taken'), 0) AS seen,
        count(*) FILTER (WHERE s.suspects <> '[]') AS suspect,
        count(*) FILTER (WHERE s.is_accepted) AS accepted, count(*) FILTER (WHERE NOT s.is_accepted) AS returned
    FROM wanted w JOIN backend_unit t ON t.ancestors @> ARRAY[w.id] AND t.level = 5
    JOIN market_sample s ON s.territory_id = t.id AND s.week_on >= %(month)s AND s.week_on < %(next)s
    GROUP BY w.id)
SELECT w.id, w.code, w.name, w.level, coalesce(s.over, 0), coalesce(s.due, 0), coalesce(s.taken, 0),
    coalesce(s.late, 0), coalesce(s.missed, 0), coalesce(s.asked, 0), coalesce(s.seen, 0), coalesce(s.suspect, 0),
    coalesce(s.accepted, 0), coalesce(s.returned, 0)
FROM wanted w LEFT JOIN sample s ON s.unit_id = w.id ORDER BY w.code, w.id
"""


@dataclass(frozen=True)
class Sampled:
    """The samples of one unit in a month: `over` came or can come no more, `due` are still awaited."""

    unit_id: int
    code: str
    name: str
    level: int
    over: int
    due: int
    taken: int
    late: int
    missed: int
    products_asked: int
    products_seen: int
    suspect: int
    accepted: int
    returned: int

    def figures(self) -> dict[str, Decimal | None]:
        """By KPI id; null where nothing is over."""
        return {
            COMPLETENESS.id: percent(self.products_seen, self.products_asked),
            IN_TIME.id: percent(self.taken, self.over),
        }


def by_unit(units: Iterable[int], month: date) -> list[Sampled]:
    """The samples of a month for each of the units, by code. One query for any number."""
    values: dict[str, Any] = {"units": list(units), "month": month, "next": clock.add_months(month, 1)}
    with connection.cursor() as cursor:
        cursor.execute(_BY_UNIT, values)
        return [Sampled(*row) for row in cursor.fetchall()]
