"""How the shops of a unit differ in what they buy: large accounts, quantiles, and the share of the largest shops.

Reads exact counts (UnitVolumeCount), so each is right at every level; called by the boards and by
market/boards/concentration.py. Its rows are made by market/rollups/recompute.py. Only shops with an order are among
them. Definitions: docs/method.md, "Volumes".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate
from math import ceil

from backend.kpis import percent
from market.models import UnitVolumeCount

TABLE = "market_unitvolumecount"
MOST = Decimal(80)  # of the cartons: how many shops make them
FEW = Decimal(20)  # of the shops: how much the largest make

TERRITORIES = f"""
INSERT INTO {TABLE} (month, unit_id, cartons, shops)
SELECT %(month)s, territory_id, cartons, count(*) FROM (
    SELECT a.territory_id, s.retailer_id, sum(s.cartons) AS cartons
    FROM retail_assignment a JOIN market_shopproductmonth s ON s.retailer_id = a.retailer_id AND s.month = %(month)s
    WHERE a.territory_id = ANY(%(units)s::bigint[]) AND a.during @> %(last)s::date
    GROUP BY a.territory_id, s.retailer_id HAVING sum(s.cartons) > 0) bought
GROUP BY territory_id, cartons
"""  # noqa: S608 - constants only
ABOVE = f"""
INSERT INTO {TABLE} (month, unit_id, cartons, shops)
SELECT %(month)s, u.parent_id, c.cartons, sum(c.shops)
FROM backend_unit u JOIN {TABLE} c ON c.unit_id = u.id AND c.month = %(month)s
WHERE u.parent_id = ANY(%(units)s::bigint[]) GROUP BY u.parent_id, c.cartons
"""  # noqa: S608 - constants only


@dataclass(frozen=True)
class Volumes:
    """The shops of a unit that bought in a month, as (cartons, shops), the largest first."""

    counts: tuple[tuple[int, int], ...] = ()

    @property
    def shops(self) -> int:
        """Shops with an order."""
        return sum(shops for _, shops in self.counts)

    @property
    def cartons(self) -> int:
        """Cartons of all of them."""
        return sum(cartons * shops for cartons, shops in self.counts)

    def above(self, cartons: int) -> tuple[int, int]:
        """Large accounts: shops that bought more than so many, and their cartons together."""
        large = [(each, shops) for each, shops in self.counts if each > cartons]
        return sum(shops for _, shops in large), sum(each * shops for each, shops in large)

    def quantile(self, share: Decimal) -> int | None:
        """The smallest volume that at least this share (0 to 1) of the shops do not exceed; None without shops."""
        rank = max(1, ceil(share * self.shops))
        rising = self.counts[::-1]
        upto = accumulate(shops for _, shops in rising)
        return next((cartons for (cartons, _), n in zip(rising, upto, strict=True) if n >= rank), None)

    def shops_making(self, share: Decimal = MOST) -> int | None:
        """The fewest shops that make at least this percentage of the cartons; None where nothing was bought."""
        wanted, made, count = self.cartons * share / 100, 0, 0
        for cartons, shops in self.counts:
            lacking = ceil((wanted - made) / cartons)
            if lacking <= shops:
                return count + lacking
            made, count = made + cartons * shops, count + shops
        return None

    def share_of_largest(self, share: Decimal = FEW) -> Decimal | None:
        """Percentage of the cartons that the largest shops make: so many percent of the shops, rounded up."""
        left, made = ceil(self.shops * share / 100), 0
        for cartons, shops in self.counts:
            taken = min(left, shops)
            made, left = made + taken * cartons, left - taken
        return percent(made, self.cartons)


def by_unit(unit_ids: Sequence[int], months: Sequence[date]) -> dict[tuple[int, date], Volumes]:
    """The volumes of the shops of each unit in each month. One query for any number."""
    rows = UnitVolumeCount.objects.filter(unit_id__in=list(unit_ids), month__in=list(months))
    found: dict[tuple[int, date], list[tuple[int, int]]] = {(unit, at): [] for unit in unit_ids for at in months}
    for unit, at, cartons, shops in rows.order_by("-cartons").values_list("unit_id", "month", "cartons", "shops"):
        found[unit, at].append((cartons, shops))
    return {place: Volumes(tuple(counts)) for place, counts in found.items()}
