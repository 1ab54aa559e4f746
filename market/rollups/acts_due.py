"""What falls due by the passing of time alone is counted: marks for rows that were summed before it did; the tick.

A reply is due at its hour, a promise and a repair when their day is over, and a point may end with a day. No writer
leaves a mark then. Whether a row was summed before tells its `computed_at`, so nothing is remembered and nothing is
marked twice.
"""

from __future__ import annotations

from django.db import connection, transaction

from backend import clock, marks
from market.samples.points import MARK as POINTS
from retail.news import SERVICE
from visits.display_tasks import REPAIRS

_OWNER = """
JOIN retail_assignment a ON a.retailer_id = x.retailer_id
    AND a.during @> least((date_trunc('month', x.on_date) + interval '1 month - 1 day')::date, %(today)s)
"""
_MIDNIGHT = "({day})::timestamp AT TIME ZONE 'Asia/Shanghai'"
# Of this month and the last one: (unit, day, the moment from which it counts otherwise).
_DUE = f"""
WITH due AS (
    SELECT '{SERVICE}' AS kind, a.territory_id AS unit_id, x.on_date, x.passed_at FROM (
        SELECT retailer_id, (reply_due_at AT TIME ZONE 'Asia/Shanghai')::date AS on_date, reply_due_at AS passed_at
        FROM retail_need WHERE replied_at IS NULL AND reply_due_at >= %(since_at)s AND reply_due_at < %(now)s
        UNION ALL
        SELECT retailer_id, due_on, {_MIDNIGHT.format(day="due_on + 1")} FROM retail_promise
        WHERE state = 'open' AND due_on >= %(since)s AND due_on < %(today)s) x {_OWNER}
    UNION ALL
    SELECT '{REPAIRS}', territory_id, due_on + 1, {_MIDNIGHT.format(day="due_on + 1")} FROM visits_displaytask
    WHERE closed_on IS NULL AND due_on >= %(since)s AND due_on < %(today)s
    UNION ALL
    SELECT '{POINTS}', territory_id, upper(during), {_MIDNIGHT.format(day="upper(during)")} FROM market_collectionpoint
    WHERE upper(during) > %(since)s AND upper(during) <= %(today)s)
SELECT DISTINCT d.kind, d.unit_id, d.on_date FROM due d
JOIN market_unitmonth m ON m.unit_id = d.unit_id AND m.month = date_trunc('month', d.on_date)::date
WHERE m.computed_at <= d.passed_at ORDER BY d.kind, d.unit_id, d.on_date
"""  # noqa: S608 - constants only


def follow() -> int:
    """The tick: territories whose rows were summed before something fell due are marked; how many marks. One query when
    nothing did. Run it before the roll-ups are drained, else they follow with the next tick."""
    today = clock.today()
    since = clock.add_months(clock.month_of(today), -1)
    values = {"today": today, "now": clock.now(), "since": since, "since_at": clock.start_of(since)}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_DUE, values)
            rows = cursor.fetchall()
        for kind in sorted({kind for kind, _, _ in rows}):
            marks.mark(kind, [(unit, day) for of, unit, day in rows if of == kind])
    return len(rows)
