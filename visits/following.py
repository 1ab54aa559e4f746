"""Planned stops follow what happened: a visit that lands makes one done, a day that goes by makes one missed.

Called by the tick for every arrival (`follow`) and by the month before it measures (`link`). All of it
is recomputed from visits, so a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db import connection, transaction

from backend import clock, marks
from backend.locks import Lock, take
from backend.marks import Key
from retail import queries
from visits.presence import counts

CONSUMER = "stops"
KINDS = ("visits",)
MARK = "stops"  # what phones hold of the plan has changed

# A visit serves one stop and a stop is served by one visit: that of its own day first (there is one stop of a shop a
# day; of several visits the earliest serves), then what is left of both meets week by week (Monday to Sunday), in the
# order of days.
_LINK = f"""
WITH stops AS MATERIALIZED (
    SELECT s.id, s.retailer_id, s.on_date, s.state, s.visit_id FROM visits_plannedstop s
    WHERE s.month = %(month)s AND s.state <> 'dropped'
    AND (%(territories)s::bigint[] IS NULL OR s.retailer_id IN (
        SELECT x.retailer_id FROM visits_plannedstop x
        WHERE x.month = %(month)s AND x.territory_id = ANY(%(territories)s)
        UNION
        SELECT v.retailer_id FROM visits_visit v
        WHERE v.month = %(month)s AND v.territory_id = ANY(%(territories)s)))),
landed AS MATERIALIZED (
    SELECT v.id, v.retailer_id, v.on_date, row_number() OVER own_day AS nth,
        row_number() OVER (PARTITION BY v.retailer_id, date_trunc('week', v.on_date) ORDER BY v.started_at, v.id) AS o
    FROM visits_visit v
    WHERE v.month = %(month)s AND {counts()}
    AND v.retailer_id IN (SELECT retailer_id FROM stops)
    WINDOW own_day AS (PARTITION BY v.retailer_id, v.on_date ORDER BY v.started_at, v.id)),
same_day AS MATERIALIZED (
    SELECT s.id, v.id AS visit_id FROM stops s
    JOIN landed v ON v.retailer_id = s.retailer_id AND v.on_date = s.on_date AND v.nth = 1),
unserved AS (
    SELECT s.id, s.retailer_id, date_trunc('week', s.on_date) AS week,
        row_number() OVER (PARTITION BY s.retailer_id, date_trunc('week', s.on_date) ORDER BY s.on_date, s.id) AS place
    FROM stops s WHERE s.id NOT IN (SELECT id FROM same_day)),
spare AS (
    SELECT v.id, v.retailer_id, date_trunc('week', v.on_date) AS week,
        row_number() OVER (PARTITION BY v.retailer_id, date_trunc('week', v.on_date) ORDER BY v.o) AS place
    FROM landed v WHERE v.id NOT IN (SELECT visit_id FROM same_day)),
served AS (
    SELECT id, visit_id FROM same_day
    UNION ALL
    SELECT u.id, v.id FROM unserved u
    JOIN spare v ON v.retailer_id = u.retailer_id AND v.week = u.week AND v.place = u.place),
wanted AS (
    SELECT s.id, d.visit_id,
        CASE WHEN d.visit_id IS NOT NULL THEN 'done' WHEN s.on_date < %(today)s THEN 'missed'
             ELSE 'planned' END AS state
    FROM stops s LEFT JOIN served d ON d.id = s.id
    WHERE d.visit_id IS NOT NULL OR s.state = 'done')
UPDATE visits_plannedstop s SET state = w.state, visit_id = w.visit_id, miss_reason = '', version = s.version + 1
FROM wanted w WHERE s.id = w.id AND (s.state, s.visit_id) IS DISTINCT FROM (w.state, w.visit_id)
RETURNING s.retailer_id
"""  # noqa: S608 - our own condition
_PASSED = "SELECT DISTINCT month FROM visits_plannedstop WHERE state = 'planned' AND on_date < %s ORDER BY month"
_MISS = """
UPDATE visits_plannedstop SET state = 'missed', version = version + 1 WHERE state = 'planned' AND on_date < %s
RETURNING retailer_id
"""


def link(month: date, territories: Sequence[int] | None = None) -> int:
    """A stop of the month is done exactly when a landed visit (its place not to be verified) serves it: one of its
    shop on that day, else in the same week. Stops of these territories, and of shops visited by them; default all.

    Returns how many stops changed. In the caller's transaction; two queries, two more where any did.
    """
    values = {
        "month": month,
        "territories": None if territories is None else list(territories),
        "today": clock.today(),
    }
    with connection.cursor() as cursor:
        lock(month)
        cursor.execute(_LINK, values)
        return tell(shop for (shop,) in cursor.fetchall())


def miss_past(today: date) -> int:
    """Stops still planned for days before `today` were missed; their reason is still to be said. In the caller's
    transaction; one query where there is none, else four and one for each month."""
    with connection.cursor() as cursor:
        cursor.execute(_PASSED, [today])
        if not (months := [month for (month,) in cursor.fetchall()]):
            return 0
        for month in months:
            lock(month)
        cursor.execute(_MISS, [today])
        return tell(shop for (shop,) in cursor.fetchall())


def tell(retailer_ids: Iterable[UUID]) -> int:
    """Phones of today's owners learn of the stops of these shops; returns how many were given. Two queries, none for
    none."""
    told = list(retailer_ids)
    if told:
        owners = queries.owners(set(told), clock.today())
        marks.mark(MARK, {(territory, clock.today()) for territory in owners.values()})
    return len(told)


def lock(month: date) -> None:
    """Until the end of this transaction no other set-based writer changes the month's stops."""
    take(Lock.STOPS, month)


def follow() -> int:
    """The tick: stops follow the visits that arrived, then the days that went by. Idempotent; returns keys and stops
    that changed."""
    taken = marks.drain(CONSUMER, KINDS, _visits_changed)
    with transaction.atomic():
        return taken + miss_past(clock.today())


def _visits_changed(keys: Sequence[Key]) -> None:
    territories: dict[date, set[int]] = {}
    for key in keys:
        territories.setdefault(clock.month_of(key.on_date), set()).add(key.unit_id)
    for month in sorted(territories):
        link(month, sorted(territories[month]))
