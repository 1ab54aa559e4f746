"""The month's stops: which shops on which day, in which order, and why. Called by cycles/stages.py and the plans' API.

Drafted set-based for all territories of a province: needs (cadence.py), days and their room, the order on the ground
(curve.py). What a person has decided stays: stops set by hand, and every stop of a plan that was submitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from backend import clock, marks
from backend.ids import UUID7_SQL
from backend.models import Level, Unit
from backend.parameters import declared
from cycles import cadence, capacity, curve
from cycles.capacity import Capacity
from cycles.models import ManagerCell, ManagerCycle, PrefectureMonth
from cycles.queries import working_calendar
from visits import following
from visits.parameters import DAY_FROM
from visits.presence import counts

CELL = "client_plan"
HANDED_IN = (ManagerCycle.State.SUBMITTED, ManagerCycle.State.APPROVED, ManagerCycle.State.LOCKED)

# What stands whatever is drafted: everything but drafted stops of days to come that are still only planned.
_KEPT = """
kept AS MATERIALIZED (
    SELECT p.retailer_id, p.territory_id, p.on_date, p.state, p.position FROM visits_plannedstop p
    WHERE p.month = %(month)s AND NOT (p.state = 'planned' AND NOT p.is_own AND p.on_date >= %(since)s
        AND p.territory_id = ANY(%(territories)s)))
"""
# How many visits each shop still needs. Seen, planned by hand or taken off by hand: each counts as one. What is left is
# asked of the days that are left, no more than their share, so that lost weeks are not crowded into the last one.
_SHOPS = f"""
CREATE TEMP TABLE plan_shop ON COMMIT DROP AS
WITH {cadence.NEEDS}, {cadence.REASONS_OF}, {_KEPT},
seen AS (
    SELECT retailer_id, count(*) AS visits FROM (
        SELECT v.retailer_id FROM visits_visit v
        WHERE v.month = %(month)s AND {counts()}
        UNION ALL
        SELECT k.retailer_id FROM kept k
        WHERE k.state = 'dropped' OR (k.state = 'planned' AND k.on_date >= %(today)s)) x GROUP BY retailer_id)
SELECT n.retailer_id, n.territory_id, n.county_id, n.need, n.due_on, coalesce(s.visits, 0) AS had, r.first, r.later,
    GREATEST(0, LEAST(n.required - coalesce(s.visits, 0),
        (n.required * %(left)s + %(all)s - 1) / %(all)s))::int AS wanted
FROM need n JOIN reasons r ON r.retailer_id = n.retailer_id LEFT JOIN seen s ON s.retailer_id = n.retailer_id
"""  # noqa: S608  statements of our own
_ROOM = f"""
CREATE TEMP TABLE plan_room ON COMMIT DROP AS
WITH {cadence.TERRITORIES}, {cadence.DAYS}, {_KEPT},
taken AS (
    SELECT territory_id, on_date, count(*) AS stops FROM kept WHERE state <> 'dropped' GROUP BY territory_id, on_date),
free AS (
    SELECT w.territory_id, w.on_date, w.per_day - coalesce(t.stops, 0) AS room
    FROM worked w LEFT JOIN taken t ON t.territory_id = w.territory_id AND t.on_date = w.on_date
    WHERE w.per_day > coalesce(t.stops, 0))
SELECT territory_id, array_agg(on_date ORDER BY on_date) AS days, array_agg(upto ORDER BY on_date) AS edges,
    sum(room) AS total
FROM (SELECT *, sum(room) OVER (PARTITION BY territory_id ORDER BY on_date)::float8 AS upto FROM free) f
GROUP BY territory_id
"""  # noqa: S608  statements of our own
# A month is walked in rounds of equal length, four of them (more where somebody is to be seen more often). Each round
# follows the curve once, so that a shop seen weekly keeps its weekday; a shop seen less often takes part in some of the
# rounds, neighbours in different ones, those with the nearest date to keep in the first. The visits in that order are
# laid out evenly over the days' room: a day's share is a stretch of the curve, and never more than its room.
_WANTED = f"""
CREATE TEMP TABLE plan_wanted ON COMMIT DROP AS
WITH {_KEPT},
chosen AS (
    SELECT retailer_id, territory_id, count(*)::int AS visits FROM (
        SELECT s.retailer_id, s.territory_id, r.total,
            row_number() OVER (PARTITION BY s.territory_id ORDER BY {cadence.PRIORITY}) AS place
        FROM (SELECT s.*, s.had + k AS nth FROM plan_shop s CROSS JOIN LATERAL generate_series(1, s.wanted) k) s
        JOIN plan_room r ON r.territory_id = s.territory_id) c
    WHERE place <= total GROUP BY retailer_id, territory_id),
laid AS MATERIALIZED (
    SELECT c.*, LEAST(c.visits, c.rounds) AS n, s.due_on, coalesce(h.h, {curve.SIDE**2}) AS h,
        row_number() OVER curve - 1 AS place, count(*) OVER (PARTITION BY c.territory_id) AS shops,
        GREATEST(1, (cardinality(r.days) + c.rounds - 1) / c.rounds) AS sectors
    FROM (SELECT c.*, LEAST(cardinality(r.days), GREATEST({cadence.WEEKLY},
              max(c.visits) OVER (PARTITION BY c.territory_id))) AS rounds
          FROM chosen c JOIN plan_room r ON r.territory_id = c.territory_id) c
    JOIN plan_room r ON r.territory_id = c.territory_id
    JOIN plan_shop s ON s.retailer_id = c.retailer_id
    LEFT JOIN ({curve.along("plan_shop")}) h ON h.retailer_id = c.retailer_id
    WINDOW curve AS (PARTITION BY c.territory_id ORDER BY coalesce(h.h, {curve.SIDE**2}), c.retailer_id)),
phased AS (
    SELECT l.*, (row_number() OVER (near ORDER BY due_on NULLS LAST, place) - 1)
        * (rounds - ((n - 1) * rounds) / n) / count(*) OVER near AS phase
    FROM (SELECT *, place * sectors / shops AS sector FROM laid) l
    WINDOW near AS (PARTITION BY territory_id, sector, n)),
walked AS (
    SELECT p.retailer_id, p.territory_id, p.h, k,
        row_number() OVER (PARTITION BY p.territory_id ORDER BY ((k - 1) * p.rounds) / p.n + p.phase, p.place) - 1 AS q,
        count(*) OVER (PARTITION BY p.territory_id) AS visits
    FROM phased p CROSS JOIN LATERAL generate_series(1, p.n) k),
dated AS (
    SELECT DISTINCT ON (w.retailer_id, on_date) w.retailer_id, w.territory_id, w.h, on_date
    FROM (SELECT w.*, r.days[width_bucket((w.q * r.total)::float8 / w.visits, r.edges) + 1] AS on_date
          FROM walked w JOIN plan_room r ON r.territory_id = w.territory_id) w
    WHERE NOT EXISTS (SELECT 1 FROM kept k
        WHERE k.retailer_id = w.retailer_id AND k.on_date = w.on_date AND k.state <> 'dropped')
    ORDER BY w.retailer_id, on_date),
already AS (
    SELECT territory_id, on_date, max(position) AS upto FROM kept WHERE state <> 'dropped'
    GROUP BY territory_id, on_date)
SELECT d.retailer_id, d.territory_id, s.county_id, d.on_date,
    (coalesce(a.upto, 0) + row_number() OVER (PARTITION BY d.territory_id, d.on_date
        ORDER BY CASE WHEN r.closes_at <= '12:00' AND r.closes_at > coalesce(r.opens_at, '00:00') THEN 0
            WHEN r.opens_at >= '12:00' THEN 3 WHEN r.opens_at >= '10:00' THEN 2 ELSE 1 END,
        d.h, d.retailer_id))::int AS position,
    CASE WHEN s.had = 0 AND row_number() OVER (PARTITION BY d.retailer_id ORDER BY d.on_date) = 1 THEN s.first
        ELSE coalesce(s.later, s.first) END AS reasons
FROM dated d JOIN plan_shop s ON s.retailer_id = d.retailer_id JOIN retail_retailer r ON r.id = d.retailer_id
LEFT JOIN already a ON a.territory_id = d.territory_id AND a.on_date = d.on_date
"""  # noqa: S608  statements of our own
_OLD = """p.month = %(month)s AND p.state = 'planned' AND NOT p.is_own AND p.on_date >= %(since)s
    AND p.territory_id = ANY(%(territories)s)"""
_DELETE = f"""
DELETE FROM visits_plannedstop p WHERE {_OLD} AND NOT EXISTS (SELECT 1 FROM plan_wanted w
    WHERE w.retailer_id = p.retailer_id AND w.on_date = p.on_date AND w.territory_id = p.territory_id)
"""  # noqa: S608  statements of our own
_UPDATE = f"""
UPDATE visits_plannedstop p SET position = w.position, reasons = w.reasons, version = p.version + 1
FROM plan_wanted w WHERE {_OLD} AND w.retailer_id = p.retailer_id AND w.on_date = p.on_date
AND (p.position, p.reasons) IS DISTINCT FROM (w.position, w.reasons)
"""  # noqa: S608  statements of our own
# Who puts a stop by hand holds no lock of the month: where he does so meanwhile, his stands.
_INSERT = f"""
INSERT INTO visits_plannedstop (id, month, retailer_id, territory_id, county_id, on_date, position, reasons, state,
    miss_reason, words, is_own, version)
SELECT {UUID7_SQL}, %(month)s, w.retailer_id, w.territory_id, w.county_id, w.on_date, w.position, w.reasons, 'planned',
    '', '', false, 1
FROM plan_wanted w WHERE NOT EXISTS (SELECT 1 FROM visits_plannedstop p
    WHERE p.retailer_id = w.retailer_id AND p.on_date = w.on_date AND p.state <> 'dropped')
ORDER BY w.territory_id, w.on_date, w.position
ON CONFLICT DO NOTHING
"""  # noqa: S608  statements of our own


def draft_stops(month: date, prefectures: Sequence[int] | None = None) -> int:
    """Each active shop has the stops that it needs in the month (cadence.py), as far as the days' room goes: no day of
    a territory holds more than its norm, nobody stands twice on a day, neighbours stand on one day.

    From the next day that has not begun. Stops set by hand stay, and so does every stop of a territory whose plan was
    handed in, or whose prefecture has locked the month. Returns how many stops were added, changed or taken away: 0
    when nothing has changed since. In the caller's transaction, under the month's lock; the number of queries does not
    depend on the shops.
    """
    territories = _open_territories(month, prefectures)
    if not territories:
        return 0
    asked, since, calendar = cadence.ask(month, territories), first_day(month), working_calendar()
    days, whole = cadence.working_days(month, calendar, since), cadence.working_days(month, calendar)
    values = {**asked.values, "days": days, "since": since, "today": clock.today(), "left": len(days)}
    values["all"] = max(1, len(whole))
    following.lock(month)
    changed = 0
    with connection.cursor() as cursor:
        for name, statement in (("plan_shop", _SHOPS), ("plan_room", _ROOM), ("plan_wanted", _WANTED)):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
            cursor.execute(statement, values)
            cursor.execute(f"ANALYZE {name}")
        for statement in (_DELETE, _UPDATE, _INSERT):
            cursor.execute(statement, values)
            changed += cursor.rowcount
    if changed:
        marks.mark(following.MARK, ((territory, clock.today()) for territory in territories))
    return changed


def first_day(month: date) -> date:
    """The first day of the month that has not begun yet: today until the hour at which visits begin."""
    now = clock.now().astimezone(clock.BUSINESS_ZONE)
    begun = now.time() >= time.fromisoformat(declared(DAY_FROM).default)
    return max(month, now.date() + timedelta(days=1) if begun else now.date())


def _open_territories(month: date, prefectures: Sequence[int] | None) -> list[int]:
    """Territories in force whose plan for the month may still be drafted."""
    units = Unit.objects.filter(level=Level.TERRITORY, during__contains=max(month, clock.today()))
    if prefectures is not None:
        units = units.filter(ancestors__overlap=list(prefectures))
    locked = PrefectureMonth.objects.filter(month=month, state=PrefectureMonth.State.LOCKED)
    shut = list(locked.values_list("prefecture_id", flat=True))
    if shut:
        units = units.exclude(ancestors__overlap=shut)
    return list(
        units.exclude(pk__in=_handed_in(month).values("cycle__unit_id")).order_by("pk").values_list("pk", flat=True)
    )


def is_handed_in(territory_id: int, month: date) -> bool:
    """Whether the account manager has submitted the territory's plan, and it was not sent back. One query."""
    return _handed_in(month).filter(cycle__unit_id=territory_id).exists()


def _handed_in(month: date) -> QuerySet[ManagerCell]:
    return ManagerCell.objects.filter(
        cycle__month=month, cycle__role_id="account_manager", cell=CELL, state__in=HANDED_IN
    )


_SUMMED = """
SELECT territory_id, count(*) FILTER (WHERE state <> 'dropped'), count(*) FILTER (WHERE state = 'done'),
    count(*) FILTER (WHERE state = 'missed'), count(*) FILTER (WHERE state = 'missed' AND miss_reason = ''),
    count(*) FILTER (WHERE state = 'dropped'), count(*) FILTER (WHERE is_own AND state <> 'dropped'),
    count(DISTINCT retailer_id) FILTER (WHERE state <> 'dropped')
FROM visits_plannedstop WHERE month = %(month)s AND territory_id = ANY(%(territories)s) GROUP BY territory_id
"""


@dataclass(frozen=True)
class Summary:
    """A territory's plan of a month in numbers: its stops by what became of them, and what it needs and has room for.

    `own`: set by hand. `shops`: that stand on the plan. `missed_unsaid`: missed, and nobody has said why.
    """

    month: date
    capacity: Capacity
    stops: int
    done: int
    missed: int
    missed_unsaid: int
    dropped: int
    own: int
    shops: int

    @property
    def evidence(self) -> dict[str, Any]:
        """Finds the same stops again: those of the territory and month that were not taken off the plan."""
        return {
            "query": "stops",
            "territory": self.capacity.territory_id,
            "month": f"{self.month:%Y-%m}",
            "rows": self.stops,
        }


def summaries(month: date, territories: Iterable[int]) -> dict[int, Summary]:
    """The plans of these territories in numbers, by territory. Five queries for any number."""
    checked = capacity.check(month, territories)
    found = {row[0]: row[1:] for row in cadence.rows(_SUMMED, {"month": month, "territories": list(checked)})}
    return {unit: Summary(month, held, *found.get(unit, (0,) * 7)) for unit, held in checked.items()}


def summary(territory_id: int, month: date) -> Summary:
    """One territory's plan in numbers. Five queries."""
    return summaries(month, [territory_id])[territory_id]
