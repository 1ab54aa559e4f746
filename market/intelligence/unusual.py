"""Counts of intelligence by place, week and kind, and which of them are unusual; for trends, the digest and block 8.

The test: docs/method.md, Unusual counts. Pure but for `series`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from backend.models import Level

WEEKS: Final = 8  # that a week is held against
FEWEST_WEEKS: Final = 4  # fewer are no measure
FEWEST: Final = 3  # items in a week before it is called unusual
LEVEL: Final = 0.01

# Items that stand, by the territory of their day: the unit asked for, and the places below it.
_SERIES = """
SELECT top.id, u.id, u.name, u.level, i.kind, date_trunc('week', i.on_date)::date, count(*)
FROM unnest(%(units)s::bigint[], %(trusted)s::boolean[]) AS top(id, trusted)
JOIN backend_unit t ON t.ancestors @> ARRAY[top.id]
JOIN market_intelligenceitem i ON i.territory_id = t.id AND i.on_date >= %(since)s AND i.on_date < %(until)s
    AND i.state <> 'withdrawn' AND (top.trusted OR NOT i.is_restricted)
JOIN backend_unit u ON u.id = ANY(t.ancestors) AND u.ancestors @> ARRAY[top.id]
    AND (u.id = top.id OR u.level = ANY(%(levels)s))
GROUP BY top.id, u.id, u.name, u.level, i.kind, 6 ORDER BY top.id, u.level, u.id, i.kind, 6
"""


@dataclass(frozen=True)
class Trend:
    """A place's items of one kind, week by week, the oldest first; the last is the week asked about.

    `probability` of so many or more by chance, null where there are too few weeks to tell; `mean` of the weeks before.
    """

    unit_id: int
    unit_name: str
    level: int
    kind: str
    counts: tuple[int, ...]
    mean: Decimal | None
    probability: float | None

    @property
    def count(self) -> int:
        return self.counts[-1]

    @property
    def is_unusual(self) -> bool:
        return self.count >= FEWEST and self.probability is not None and self.probability < LEVEL


def upper_tail(count: int, total: int, weeks: int) -> float:
    """The probability of `count` items or more in a week when `weeks` weeks before held `total`. Pure.

    The predictive distribution of a Poisson count whose rate is known from those weeks alone (Jeffreys' prior):
    negative binomial with r = total + 1/2 and p = weeks / (weeks + 1).
    """
    r, p = total + 0.5, weeks / (weeks + 1)
    term = p**r
    below = 0.0
    for k in range(count):
        below += term
        term *= (k + r) / (k + 1) * (1 - p)
    return max(0.0, 1.0 - below)


def series(units: Sequence[int], trusted: Collection[int], week: date) -> dict[int, list[Trend]]:
    """For each unit the trends of itself, of the counties and of the offices at or under it; a kind nobody sent is
    missing.

    `week` is a Monday; what is restricted is counted for the units in `trusted` alone. One query for any number.
    """
    since = week - timedelta(weeks=WEEKS)
    levels = [int(Level.COUNTY), int(Level.OFFICE)]
    named: dict[str, Any] = {"units": list(units), "trusted": [unit in trusted for unit in units], "levels": levels}
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, named | {"since": since, "until": week + timedelta(weeks=1)})
        rows = cursor.fetchall()
    first: dict[int, date] = {}
    counted: dict[tuple[int, int, str, int, str], list[int]] = {}
    for top, unit, name, level, kind, on, count in rows:
        first[top] = min(on, first.get(top, week))
        counted.setdefault((top, unit, name, level, kind), [0] * (WEEKS + 1))[(on - since).days // 7] = count
    found: dict[int, list[Trend]] = {unit: [] for unit in units}
    for (top, unit, name, level, kind), counts in counted.items():
        weeks = (week - first[top]).days // 7
        found[top].append(_trend(unit, name, level, kind, counts, weeks))
    return found


def unusual(trends: Sequence[Trend]) -> list[Trend]:
    """Those that are unusual, the least likely first. Pure."""
    return sorted((one for one in trends if one.is_unusual), key=lambda one: (one.probability, one.unit_id, one.kind))


def _trend(unit: int, name: str, level: int, kind: str, counts: Sequence[int], weeks: int) -> Trend:  # noqa: PLR0913
    """`weeks`: how many before the last count; the ones before the first item that anybody sent are no zeros."""
    before = counts[-1 - weeks : -1] if weeks else []
    mean = (Decimal(sum(before)) / weeks).quantize(Decimal("0.01")) if weeks else None
    chance = upper_tail(counts[-1], sum(before), weeks) if weeks >= FEWEST_WEEKS else None
    return Trend(unit, name, level, kind, tuple(counts), mean, chance)
