"""How shops are served: the anonymous score of visits, time typed, replies in time, promises kept; by month.

Called by visits/service_api.py and the scorecards of months. A score belongs to a territory and a month: a shop's first
one of the month, whatever comes of its visit. Each territory tells them by fives: who asks before and after a visit, or
takes the territories' figures from their office's, still does not learn what one shop said. Rule: docs/method.md,
Service; docs/decisions/0015-edits-are-revisions.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection

from backend import clock, kpis
from backend.kpis import Kpi, percent, ratio
from backend.models import Unit
from visits.presence import counts

FEWEST = 5  # scores are told in steps of so many; not per unit, so that nobody can set it to one
BEST = 5

_SOURCE = "docs/method.md, Service"
_ACTS = "acts of the month, by the unit stamped on them"
SATISFACTION = Kpi(
    "visit_satisfaction", 1, "走访满意度", "satisfaction with visits",
    f"mean of the anonymous scores 1 to {BEST}, one a shop, told by territory in steps of {FEWEST}",
    "points", _ACTS, _SOURCE,
)  # fmt: skip
TYPED = Kpi(
    "typed_per_visit", 1, "每次走访录入秒数", "seconds typed per visit",
    "median of the seconds that phones say were spent typing", "count", _ACTS, _SOURCE,
)  # fmt: skip
IN_TIME = Kpi(
    "replies_in_time_rate", 2, "诉求按时答复率", "replies in time",
    "routed needs replied to by their due time / routed needs due in the month", "percent",
    "needs whose reply fell due in the month, of shops of the unit on its last day (today while it runs)", _SOURCE,
)  # fmt: skip
KEPT = Kpi(
    "promises_kept_rate", 2, "承诺兑现率", "promises kept",
    "promises kept by their day / promises due in the month", "percent",
    "promises due in the month, of shops of the unit on its last day (today while it runs)", _SOURCE,
)  # fmt: skip
KPIS = (SATISFACTION, TYPED, IN_TIME, KEPT)
kpis.register(*KPIS)

_BY_UNIT = f"""
WITH wanted AS (
    SELECT u.id, u.code, u.name, u.level FROM backend_unit u WHERE u.id = ANY(%(units)s::bigint[])),
below AS (
    SELECT w.id AS unit_id, t.id AS territory_id FROM wanted w
    JOIN backend_unit t ON t.ancestors @> ARRAY[w.id] AND t.level = 5),
score AS (
    SELECT b.unit_id, count(*) AS n, sum(s.score) AS total FROM below b
    JOIN (SELECT territory_id, score, row_number() OVER (PARTITION BY territory_id ORDER BY id) AS place,
            count(*) OVER (PARTITION BY territory_id) AS n
        FROM visits_visitscore WHERE month = %(month)s) s
        ON s.territory_id = b.territory_id AND s.place <= s.n - s.n %% %(fewest)s
    GROUP BY b.unit_id),
typed AS (
    SELECT b.unit_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY v.typed_s) AS middle FROM below b
    JOIN visits_visit v ON v.month = %(month)s AND v.territory_id = b.territory_id AND v.typed_s IS NOT NULL
    AND {counts()}
    GROUP BY b.unit_id),
shop AS (
    SELECT b.unit_id, a.retailer_id FROM below b
    JOIN retail_assignment a ON a.territory_id = b.territory_id AND a.during @> %(last)s::date),
reply AS (
    SELECT s.unit_id, count(*) AS due, count(*) FILTER (WHERE n.replied_at <= n.reply_due_at) AS kept,
        count(*) FILTER (WHERE n.replied_at IS NULL AND n.closed_on IS NULL) AS late
    FROM shop s JOIN retail_need n ON n.retailer_id = s.retailer_id
    WHERE n.reply_due_at >= %(since)s AND n.reply_due_at < %(until)s
    AND (n.replied_at IS NOT NULL OR n.reply_due_at < %(now)s) GROUP BY s.unit_id),
promise AS (
    SELECT s.unit_id, count(*) AS due, count(*) FILTER (WHERE p.state = 'kept' AND p.settled_on <= p.due_on) AS kept
    FROM shop s JOIN retail_promise p ON p.retailer_id = s.retailer_id
    WHERE p.due_on >= %(month)s AND p.due_on < %(next)s AND (p.state <> 'open' OR p.due_on < %(today)s)
    GROUP BY s.unit_id)
SELECT w.id, w.code, w.name, w.level, coalesce(c.n, 0), coalesce(c.total, 0), t.middle, coalesce(r.due, 0),
    coalesce(r.kept, 0), coalesce(r.late, 0), coalesce(p.due, 0), coalesce(p.kept, 0)
FROM wanted w LEFT JOIN score c ON c.unit_id = w.id LEFT JOIN typed t ON t.unit_id = w.id
LEFT JOIN reply r ON r.unit_id = w.id LEFT JOIN promise p ON p.unit_id = w.id
ORDER BY w.code, w.id
"""  # noqa: S608 - our own condition


@dataclass(frozen=True)
class Service:
    """The service of one unit in a month. `scores` are those that are told, null where there are none."""

    unit_id: int
    code: str
    name: str
    level: int
    scores: int | None
    score_sum: int
    typed_s: Decimal | None
    replies_due: int
    replies_in_time: int
    replies_overdue: int
    promises_due: int
    promises_kept: int

    def figures(self) -> dict[str, Decimal | None]:
        """By KPI id; null where there is nothing to count from, or too little to tell."""
        return {
            SATISFACTION.id: ratio(self.score_sum, self.scores, places=2) if self.scores else None,
            TYPED.id: self.typed_s,
            IN_TIME.id: percent(self.replies_in_time, self.replies_due),
            KEPT.id: percent(self.promises_kept, self.promises_due),
        }


def by_unit(units: Iterable[int], month: date) -> list[Service]:
    """The service of a month for each of the units, by code. One query for any number."""
    after = clock.add_months(month, 1)
    values: dict[str, Any] = {
        "units": list(units),
        "fewest": FEWEST,
        "month": month,
        "next": after,
        "today": clock.today(),
        "last": min(clock.today(), clock.month_end(month)),
        "now": clock.now(),
        "since": datetime.combine(month, time(), clock.BUSINESS_ZONE),
        "until": datetime.combine(after, time(), clock.BUSINESS_ZONE),
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_UNIT, values)
        return [_row(*row) for row in cursor.fetchall()]


def _row(*row: Any) -> Service:
    unit, code, name, level, scores, total, typed, *rest = row
    middle = None if typed is None else Decimal(str(typed)).quantize(Decimal("0.1"))
    return Service(unit, code, name, level, scores or None, total, middle, *rest)


def below(unit: Unit) -> list[int]:
    """The unit itself and the units right below it."""
    return [unit.pk, *Unit.objects.filter(parent_id=unit.pk).order_by("code").values_list("pk", flat=True)]
