"""Whether a month's visits fit into its days, for any number of territories, before the month opens too; and if they do
not, which are to go. Called by cycles/plan.py.

Example: 30 shops weekly, 80 fortnightly, 76 monthly are 120 + 160 + 76 = 356 visits; 20 working days of at most 20
hold 400, so they fit (17.8 a day); of at most 12 they hold 240, so 116 are to go, none of them a shop's only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend import kpis
from cycles import cadence
from cycles.queries import working_calendar


@dataclass(frozen=True)
class Cut:
    """A shop that would be visited less often than it needs: from so many visits to so many."""

    retailer_id: UUID
    code: str
    name: str
    visits: int
    keep: int


@dataclass(frozen=True)
class Capacity:
    """A territory's month: what its shops need, and what its days hold. `days`: working days less leave."""

    territory_id: int
    shops: int
    required: int
    days: int
    per_day: int
    cuts: tuple[Cut, ...] = ()

    @property
    def room(self) -> int:
        return self.days * self.per_day

    @property
    def short(self) -> int:
        """Visits that are needed and do not fit; 0 when all do."""
        return max(0, self.required - self.room)

    @property
    def spare(self) -> int:
        """Visits that would fit beside those that are needed."""
        return max(0, self.room - self.required)

    @property
    def load(self) -> Decimal | None:
        """Visits needed for each day; None without a day."""
        return kpis.ratio(self.required, self.days, places=1)

    @property
    def unplaced(self) -> int:
        """Visits that no cut frees room for: shops that would not be seen once."""
        return self.short - sum(cut.visits - cut.keep for cut in self.cuts)


_CHECK = f"""
WITH {cadence.NEEDS}, {cadence.DAYS},
days AS (SELECT territory_id, count(*) AS days FROM worked GROUP BY territory_id),
needed AS (SELECT territory_id, count(*) AS shops, sum(required) AS required FROM need GROUP BY territory_id)
SELECT t.territory_id, coalesce(n.shops, 0), coalesce(n.required, 0), coalesce(d.days, 0), t.per_day
FROM terr t LEFT JOIN needed n ON n.territory_id = t.territory_id LEFT JOIN days d ON d.territory_id = t.territory_id
ORDER BY t.territory_id
"""  # noqa: S608  statements of our own
_CUTS = f"""
WITH {cadence.NEEDS},
visit AS (
    SELECT n.retailer_id, n.territory_id, n.required, nth,
        row_number() OVER (PARTITION BY n.territory_id ORDER BY {cadence.PRIORITY}) AS place
    FROM need n CROSS JOIN LATERAL generate_series(1, n.required) nth),
kept AS (
    SELECT v.territory_id, v.retailer_id, v.required, GREATEST(1, count(*) FILTER (WHERE v.place <= l.room)) AS keep
    FROM visit v JOIN unnest(%(territories)s::bigint[], %(rooms)s::bigint[]) AS l(territory_id, room)
        ON l.territory_id = v.territory_id
    GROUP BY v.territory_id, v.retailer_id, v.required)
SELECT k.territory_id, k.retailer_id, r.code, r.name, k.required, k.keep
FROM kept k JOIN retail_retailer r ON r.id = k.retailer_id WHERE k.keep < k.required
ORDER BY k.territory_id, k.required - k.keep DESC, r.code
"""  # noqa: S608  statements of our own


def check(month: date, territories: Iterable[int]) -> dict[int, Capacity]:
    """What each territory's shops need in the month against what its days hold; where that is too little, the cuts
    that make it fit: by need, the last one's first, and nobody below one visit.

    Of the whole month, whatever has been done of it, and whether it has opened or not. Three queries for any number of
    territories, five where one is short.
    """
    asked = cadence.ask(month, territories)
    if not asked.territories:
        return {}
    days = cadence.working_days(month, working_calendar())
    found = [Capacity(*row) for row in cadence.rows(_CHECK, {**asked.values, "days": days})]
    cuts = _cuts(month, {one.territory_id: one.room for one in found if one.short})
    return {
        one.territory_id: Capacity(
            one.territory_id, one.shops, int(one.required), one.days, one.per_day, tuple(cuts.get(one.territory_id, ()))
        )
        for one in found
    }


def _cuts(month: date, rooms: Mapping[int, int]) -> dict[int, list[Cut]]:
    """The cuts that make each territory's visits fit into its room."""
    found: dict[int, list[Cut]] = {}
    if not rooms:
        return found
    asked = cadence.ask(month, rooms)
    values: dict[str, Any] = {**asked.values, "rooms": [rooms[unit] for unit in asked.territories]}
    for territory_id, *cut in cadence.rows(_CUTS, values):
        found.setdefault(territory_id, []).append(Cut(*cut))
    return found
