"""Whether everybody is served alike: visits a shop, and days until a need or a promise is answered, by the size of
shops and by terminal type. One figure of it is a KPI. Called by cycles/plan_api.py.

Retailers are served alike whatever they sell (docs/method.md, "The plan, and equal service"); what differs shows here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from backend import clock, kpis
from backend.kpis import Kpi
from visits.presence import counts

EVENNESS = Kpi(
    "visit_evenness",
    1,
    "走访均衡度",
    "evenness of visits",
    "visits a shop where it is highest / where it is lowest, of large, middle and small shops; 1 is even",
    "index",
    "active shops of the unit on the month's last day (today while it runs), and the month's visits to them",
    "docs/method.md, The plan, and equal service",
)
kpis.register(EVENNESS)

SCALE, TIER, TERMINAL = "scale", "tier", "terminal_type"

_GROUPS = f"""
WITH shop AS MATERIALIZED (
    SELECT a.retailer_id, x.scale::text AS scale, x.terminal_type,
        CASE WHEN x.tier IS NULL THEN '' WHEN x.tier <= 10 THEN '1-10' WHEN x.tier <= 20 THEN '11-20'
            ELSE '21-30' END AS tier
    FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id AND %(unit)s = ANY(u.ancestors)
    JOIN retail_classification x ON x.retailer_id = a.retailer_id AND x.during @> %(on)s::date AND x.state = 'active'
    WHERE a.during @> %(on)s::date),
visit AS (
    SELECT v.retailer_id, count(*) AS visits FROM visits_visit v JOIN shop s ON s.retailer_id = v.retailer_id
    WHERE v.month = %(month)s AND {counts()} GROUP BY v.retailer_id),
need AS (
    SELECT n.retailer_id, count(*) AS answered, sum(n.closed_on - n.raised_on) AS days
    FROM retail_need n JOIN shop s ON s.retailer_id = n.retailer_id
    WHERE n.closed_on BETWEEN %(month)s AND %(on)s GROUP BY n.retailer_id),
promise AS (
    SELECT p.retailer_id, count(*) AS answered, sum(p.settled_on - p.promised_on) AS days
    FROM retail_promise p JOIN shop s ON s.retailer_id = p.retailer_id
    WHERE p.settled_on BETWEEN %(month)s AND %(on)s GROUP BY p.retailer_id)
SELECT CASE WHEN GROUPING(s.scale) = 0 THEN 'scale' WHEN GROUPING(s.tier) = 0 THEN 'tier' ELSE 'terminal_type' END,
    coalesce(s.scale, s.tier, s.terminal_type), count(*), coalesce(sum(v.visits), 0)::int,
    coalesce(sum(n.answered), 0)::int, sum(n.days)::int, coalesce(sum(p.answered), 0)::int, sum(p.days)::int
FROM shop s LEFT JOIN visit v ON v.retailer_id = s.retailer_id LEFT JOIN need n ON n.retailer_id = s.retailer_id
LEFT JOIN promise p ON p.retailer_id = s.retailer_id
GROUP BY GROUPING SETS ((s.scale), (s.tier), (s.terminal_type)) ORDER BY 1, 2
"""  # noqa: S608 - our own condition


@dataclass(frozen=True)
class Group:
    """Shops of one size or terminal type, how often they were seen, and how long they waited for an answer."""

    by: str  # scale, tier or terminal_type
    value: str  # 1 large, 2 middle, 3 small; a band of tiers ("": none); a terminal type
    shops: int
    visits: int
    needs: int  # closed in the month
    need_days: int | None
    promises: int  # settled in the month
    promise_days: int | None

    @property
    def visits_per_shop(self) -> Decimal | None:
        return kpis.ratio(self.visits, self.shops, places=2)

    @property
    def days_per_need(self) -> Decimal | None:
        """Days from raised to closed; None where none was closed."""
        return kpis.ratio(self.need_days, self.needs, places=1)

    @property
    def days_per_promise(self) -> Decimal | None:
        """Days from promised to settled; None where none was settled."""
        return kpis.ratio(self.promise_days, self.promises, places=1)


def groups(unit_id: int, month: date) -> list[Group]:
    """A unit's shops in their groups, by kind of group and value. One query."""
    values: dict[str, Any] = {
        "unit": unit_id,
        "month": month,
        "on": max(month, min(clock.today(), clock.month_end(month))),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, values)
        return [Group(*row) for row in cursor.fetchall()]


def evenness(found: Sequence[Group], by: str = SCALE) -> Decimal | None:
    """How many times as often shops of the most visited group are seen as those of the least visited one: 1 is even.
    None where there is one group only, or one that was not visited at all."""
    of_kind = [group for group in found if group.by == by and group.value]
    rates = [Decimal(group.visits) / group.shops for group in of_kind]
    if len(rates) < 2 or not min(rates):
        return None
    return (max(rates) / min(rates)).quantize(Decimal("0.01"))
