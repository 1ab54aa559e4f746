"""The findings of a month asked again as of the days on which they were asked; called by recompute.py.

What a rule says is held together with the day whose facts it read (`as_of`). Asked again it must say the same; where it
does not, either facts dated before that day arrived after it (a visit, an order, a correction of a shop's file), or the
rule or its threshold is another: explained.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connection

from backend import clock
from cycles import analyze, prefectures
from cycles.models import PrefectureMonth
from cycles.rules.rule import rules


def compare(row: PrefectureMonth, add: Callable[..., None]) -> None:
    """Calls `add(what, explained=...)` for each finding of the prefecture's month that differs. In a transaction that
    is taken back, under the month's lock."""
    every_day = [rule.code for rule in rules() if rule.every_day]
    values: dict[str, Any] = {
        "month": row.month,
        "units": prefectures.units_of([row.prefecture_id]),
        "counties": prefectures.counties_of([row.prefecture_id]),
        "every_day": every_day,
    }
    whole, daily = _days(values, "<> ALL"), _days(values, "= ANY")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.kept_sighting")
        cursor.execute(f"CREATE TEMP TABLE kept_sighting ON COMMIT DROP AS {_SAID}", values)
        for day in sorted({*whole, *daily}):
            cursor.execute(_FORGET, values)
            analyze.analyze(row.month, day, [row.prefecture_id], only_every_day=day not in whole)
            cursor.execute(_DIFFER, {**values, "as_of": day})
            differing = cursor.fetchall()
            is_late = bool(differing) and _arrived_late(cursor, day, values)
            for what, is_another_rule in differing:
                add(what, explained=is_another_rule or is_late)


def _days(values: dict[str, Any], which: str) -> set[date]:
    """The days as of which the rules of the opening, or those of every day, spoke last of some subject."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT as_of FROM ({_SAID}) s WHERE rule {which}(%(every_day)s::text[])", values)  # noqa: S608
        return {day for (day,) in cursor.fetchall()}


def _arrived_late(cursor: Any, as_of: date, values: dict[str, Any]) -> bool:
    """Whether a visit or an order dated before the day arrived after it began, or a shop's file was changed since."""
    cursor.execute(_LATE, {**values, "as_of": as_of, "begun": clock.start_of(as_of)})
    return bool(cursor.fetchone()[0])


_OF_PREFECTURE = "(f.county_id = ANY(%(counties)s) OR (f.county_id IS NULL AND f.unit_id = ANY(%(units)s)))"
_SAID = f"""
SELECT f.rule, f.retailer_id, f.unit_id, f.product_id, s.rule_version, s.as_of, s.threshold, s.figures
FROM cycles_sighting s JOIN cycles_finding f ON f.id = s.finding_id WHERE s.month = %(month)s AND {_OF_PREFECTURE}
"""  # noqa: S608  names of our own
_FORGET = f"""
DELETE FROM cycles_sighting s USING cycles_finding f
WHERE s.month = %(month)s AND f.id = s.finding_id AND {_OF_PREFECTURE}
"""  # noqa: S608  names of our own
# Of one day: what was said and is not said again, or otherwise; and what is said now and was not then. What a later day
# of the month said of the same subject stands in the place of what this day said.
# Equalities alone: these can be hashed.
_SAME = """n.rule = k.rule AND coalesce(n.unit_id, 0) = coalesce(k.unit_id, 0)
    AND coalesce(n.product_id, 0) = coalesce(k.product_id, 0)
    AND coalesce(n.retailer_id, '00000000-0000-0000-0000-000000000000')
        = coalesce(k.retailer_id, '00000000-0000-0000-0000-000000000000')"""
_DIFFER = f"""
WITH n AS MATERIALIZED (SELECT * FROM ({_SAID}) s WHERE as_of = %(as_of)s),
differing AS (
    SELECT k.rule, k.retailer_id, k.unit_id, k.product_id, k.figures AS kept, n.figures AS now,
        n.rule IS NOT NULL
            AND (k.rule_version, k.threshold) IS DISTINCT FROM (n.rule_version, n.threshold) AS is_another
    FROM kept_sighting k LEFT JOIN n ON {_SAME}
    WHERE k.as_of = %(as_of)s
    AND (k.figures, k.threshold, k.rule_version) IS DISTINCT FROM (n.figures, n.threshold, n.rule_version)
    UNION ALL
    SELECT n.rule, n.retailer_id, n.unit_id, n.product_id, NULL, n.figures, FALSE FROM n
    WHERE NOT EXISTS (SELECT 1 FROM kept_sighting k WHERE {_SAME} AND k.as_of >= %(as_of)s))
SELECT d.rule || coalesce(' of ' || d.retailer_id, '') || coalesce(' unit ' || d.unit_id, '')
    || coalesce(' product ' || d.product_id, '') || ' as of ' || %(as_of)s::date || ': '
    || coalesce(d.kept::text, 'none') || ', recomputed ' || coalesce(d.now::text, 'none'), d.is_another
FROM differing d ORDER BY 1
"""  # noqa: S608  names of our own
# When an order arrived is in its id: version 7 begins with the milliseconds.
_LATE = """
SELECT EXISTS (SELECT 1 FROM visits_visit v WHERE v.county_id = ANY(%(counties)s) AND v.on_date < %(as_of)s
        AND v.on_date >= %(as_of)s::date - 400 AND v.received_at >= %(begun)s)
OR EXISTS (SELECT 1 FROM market_order o WHERE o.county_id = ANY(%(counties)s) AND o.on_date < %(as_of)s
        AND o.on_date >= %(as_of)s::date - 400
        AND ('x' || substr(replace(o.id::text, '-', ''), 1, 12))::bit(48)::bigint
            >= extract(epoch FROM %(begun)s::timestamptz) * 1000)
OR EXISTS (SELECT 1 FROM backend_auditentry a WHERE a.at >= %(begun)s AND a.unit_id = ANY(%(units)s)
        AND (a.object_type LIKE 'retail.%%' OR a.object_type LIKE 'brands.%%'))
"""
