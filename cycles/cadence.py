"""How many visits each shop needs in a month, and why: by need, never by size. Read by plan.py and capacity.py.

Once a month for everybody; more by visit class and by terminal type; one more where a finding asks to be looked at
first. Tier, scale and volume are not read here (docs/method.md, "The plan, and equal service").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from backend import clock, parameters
from cycles.calendar import WorkingCalendar
from cycles.sentences import Template, register
from visits.parameters import EVERY_DAYS, EVERY_DAYS_TERMINAL, PER_DAY
from visits.presence import counts

WEEKLY = 4  # a month of the method counts four weeks; a finding adds a visit up to that
REASONS = 5  # at most so many are told of a stop

# The day's norm and the intervals of each territory, as columns of one row each.
TERRITORIES = """
terr AS MATERIALIZED (
    SELECT t.*, u.ancestors, u.ancestors[4] AS county_id
    FROM unnest(%(territories)s::bigint[], %(per_day)s::int[], %(class_a)s::int[], %(class_b)s::int[],
        %(class_c)s::int[], %(ordinary)s::int[], %(modern)s::int[], %(franchise)s::int[])
        AS t(territory_id, per_day, class_a, class_b, class_c, ordinary, modern, franchise)
    JOIN backend_unit u ON u.id = t.territory_id)
"""
# Of a policy the newest released version is to be told, as the rules ask; an older one is no reason for a visit.
# Nobody was told of a policy before the month of its release: older partitions are not read.
_RELEASED = "SELECT date_trunc('month', min(released_at) AT TIME ZONE 'Asia/Shanghai')::date FROM due"
# `need` ranks what a shop is visited for beyond the once that everybody gets: 1 a finding to look at first, 2 another,
# 3 a promise, 4 a policy to be told, 5 an improvement carried on, 6 its terminal type, 7 its visit class.
NEEDS = f"""
{TERRITORIES},
shop AS MATERIALIZED (
    SELECT a.retailer_id, t.territory_id, t.county_id, t.ancestors, x.visit_class, x.terminal_type,
        GREATEST(1, 28 / GREATEST(1, CASE x.visit_class WHEN 'A' THEN t.class_a WHEN 'B' THEN t.class_b
            ELSE t.class_c END)) AS by_class,
        GREATEST(1, 28 / GREATEST(1, CASE x.terminal_type WHEN 'modern' THEN t.modern
            WHEN 'franchise' THEN t.franchise ELSE t.ordinary END)) AS by_terminal
    FROM terr t JOIN retail_assignment a ON a.territory_id = t.territory_id AND a.during @> %(on)s::date
    JOIN retail_classification x ON x.retailer_id = a.retailer_id AND x.during @> %(on)s::date AND x.state = 'active'),
finding AS MATERIALIZED (
    SELECT f.id, f.retailer_id, f.severity, f.rule, f.opened_on
    FROM cycles_finding f JOIN shop s ON s.retailer_id = f.retailer_id
    WHERE f.closed_on IS NULL AND NOT f.is_restricted AND f.last_month >= %(month)s
    AND NOT EXISTS (SELECT 1 FROM cycles_action x
        WHERE x.month = %(month)s AND x.finding_id = f.id AND x.state = 'dropped')),
promise AS MATERIALIZED (
    SELECT p.id, p.retailer_id, p.due_on, left(p.text, 60) AS text
    FROM retail_promise p JOIN shop s ON s.retailer_id = p.retailer_id
    WHERE p.state = 'open' AND p.due_on <= %(month_end)s),
due AS MATERIALIZED (
    SELECT p.id, p.brief_by, p.released_at, y.title, y.unit_id
    FROM (SELECT DISTINCT ON (policy_id) * FROM visits_policyversion WHERE released_at <= %(now)s
        ORDER BY policy_id, number DESC) p JOIN visits_policy y ON y.id = p.policy_id
    WHERE p.brief_by BETWEEN %(month)s AND %(month_end)s),
told AS MATERIALIZED (
    SELECT DISTINCT v.retailer_id, b.policy_version_id
    FROM due d JOIN visits_briefing b ON b.policy_version_id = d.id
    JOIN visits_visit v ON v.month = b.month AND v.id = b.visit_id AND {counts()}
    WHERE b.month BETWEEN ({_RELEASED}) AND %(month)s),
policy AS MATERIALIZED (
    SELECT d.id, s.retailer_id, d.brief_by, d.title FROM due d JOIN shop s ON d.unit_id = ANY(s.ancestors)
    LEFT JOIN told t ON t.retailer_id = s.retailer_id AND t.policy_version_id = d.id WHERE t.retailer_id IS NULL),
improvement AS MATERIALIZED (
    SELECT i.id, i.retailer_id, i.due_on FROM cycles_improvement i JOIN shop s ON s.retailer_id = i.retailer_id
    WHERE i.state = 'open'),
asks AS (
    SELECT retailer_id, CASE severity WHEN 1 THEN 1 ELSE 2 END AS need, NULL::date AS due_on
    FROM finding WHERE severity < 3
    UNION ALL SELECT retailer_id, 3, due_on FROM promise
    UNION ALL SELECT retailer_id, 4, brief_by FROM policy
    UNION ALL SELECT retailer_id, 5, NULL FROM improvement),
need AS MATERIALIZED (
    SELECT s.*, LEAST(GREATEST(s.base, {WEEKLY}), s.base + (coalesce(a.need, 9) = 1)::int) AS required,
        LEAST(coalesce(a.need, 9), CASE WHEN s.by_terminal > s.by_class THEN 6 ELSE 7 END) AS need, a.due_on
    FROM (SELECT *, GREATEST(by_class, by_terminal) AS base FROM shop) s
    LEFT JOIN (SELECT retailer_id, min(need) AS need, min(due_on) AS due_on FROM asks GROUP BY retailer_id) a
        ON a.retailer_id = s.retailer_id)
"""  # noqa: S608  numbers of our own
# What each shop's stops are for: [all reasons] for its first stop of the month, [those that last] for the others. A
# promise or a policy is served by the first.
REASONS_OF = f"""
reason AS (
    SELECT retailer_id, CASE severity WHEN 1 THEN 1 WHEN 2 THEN 2 ELSE 8 END AS rank, opened_on AS since, id::text,
        true AS lasts, 'finding' AS code, 'finding' AS kind,
        jsonb_build_object('rule', rule, 'since', opened_on) AS parameters FROM finding
    UNION ALL
    SELECT retailer_id, 3, due_on, id::text, false, 'promise', 'promise',
        jsonb_build_object('due_on', due_on, 'text', text) FROM promise
    UNION ALL
    SELECT retailer_id, 4, brief_by, id::text, false, 'policy', 'policy_version',
        jsonb_build_object('brief_by', brief_by, 'title', title) FROM policy
    UNION ALL
    SELECT retailer_id, 5, due_on, id::text, true, 'improvement', 'improvement',
        jsonb_build_object('due_on', due_on) FROM improvement
    UNION ALL
    SELECT retailer_id, 6, NULL, retailer_id::text, true, 'terminal_' || terminal_type, 'retailer',
        jsonb_build_object('visits', by_terminal) FROM need WHERE by_terminal > 1
    UNION ALL
    SELECT retailer_id, 7, NULL, retailer_id::text, true, CASE WHEN by_class > 1 THEN 'cadence' ELSE 'floor' END,
        'retailer', CASE WHEN by_class > 1 THEN jsonb_build_object('visit_class', visit_class, 'visits', by_class)
            ELSE '{{}}'::jsonb END FROM need),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY retailer_id ORDER BY rank, since, id) AS place,
        row_number() OVER (PARTITION BY retailer_id, lasts ORDER BY rank, since, id) AS place_lasting FROM reason),
reasons AS MATERIALIZED (
    SELECT retailer_id, jsonb_agg(told ORDER BY place) FILTER (WHERE place <= {REASONS}) AS first,
        jsonb_agg(told ORDER BY place) FILTER (WHERE lasts AND place_lasting <= {REASONS}) AS later
    FROM (SELECT *, jsonb_build_object('code', code, 'kind', kind, 'id', id, 'parameters', parameters) AS told
          FROM placed) p GROUP BY retailer_id)
"""  # noqa: S608  numbers of our own
# Working days less the days on which the territory's account manager is on leave.
DAYS = """
off AS MATERIALIZED (
    SELECT DISTINCT p.unit_id AS territory_id, d.on_date FROM visits_leave l
    JOIN unnest(%(days)s::date[]) AS d(on_date) ON l.during @> d.on_date
    JOIN backend_position p ON p.person_id = l.person_id AND p.role_id = 'account_manager' AND p.during @> d.on_date),
worked AS MATERIALIZED (
    SELECT t.territory_id, t.per_day, d.on_date FROM terr t CROSS JOIN unnest(%(days)s::date[]) AS d(on_date)
    LEFT JOIN off o ON o.territory_id = t.territory_id AND o.on_date = d.on_date WHERE o.on_date IS NULL)
"""
# Which visits stand when there is not room for all: each shop's first, then the second ones by need, then the third.
# Equals take turns by a number that changes with the month.
PRIORITY = "nth, need, hashtextextended(retailer_id::text, %(turn)s), retailer_id"

register(
    Template("stop.finding", 1, "规则“{rule}”自{since:date}起成立", "rule {rule} has held since {since:date}"),
    Template("stop.promise", 1, "已承诺{due_on:date}前：{text}", "promised by {due_on:date}: {text}"),
    Template("stop.policy", 1, "须在{brief_by:date}前宣讲《{title}》", "to be told of “{title}” by {brief_by:date}"),
    Template("stop.improvement", 1, "延续的改进，{due_on:date}到期", "an improvement carried on, due {due_on:date}"),
    Template("stop.terminal_ordinary", 1, "普通终端，每月{visits:n}次", "ordinary terminal: {visits:n} visits a month"),
    Template("stop.terminal_modern", 1, "现代终端，每月{visits:n}次", "modern terminal: {visits:n} visits a month"),
    Template(
        "stop.terminal_franchise", 1, "加盟终端，每月{visits:n}次", "franchise terminal: {visits:n} visits a month"
    ),
    Template(
        "stop.cadence", 1, "{visit_class} 类零售户，每月{visits:n}次", "class {visit_class}, {visits:n} visits a month"
    ),
    Template("stop.floor", 1, "每户每月至少走访一次", "every shop is visited at least once a month"),
)


@dataclass(frozen=True)
class Asked:
    """A month's needs of some territories, as they stand on a day (not before the month)."""

    month: date
    on: date
    territories: tuple[int, ...]
    values: dict[str, Any]  # for the statements above; `days` are still to be said


def ask(month: date, territories: Iterable[int]) -> Asked:
    """What the statements above ask with. One query."""
    wanted, on = tuple(territories), max(month, min(clock.today(), clock.month_end(month)))
    keys = {"per_day": PER_DAY, **{f"class_{c.lower()}": key for c, key in EVERY_DAYS.items()}, **EVERY_DAYS_TERMINAL}
    held = parameters.values(keys.values(), wanted, on) if wanted else {}
    columns = {name: [max(1, held[unit][key]) for unit in wanted] for name, key in keys.items()}
    values = {
        **columns,
        "territories": list(wanted),
        "month": month,
        "month_end": clock.month_end(month),
        "on": on,
        "now": clock.now(),
        "turn": month.year * 12 + month.month,
    }
    return Asked(month, on, wanted, values)


def working_days(month: date, calendar: WorkingCalendar, since: date | None = None) -> list[date]:
    """The working days of a month, from a day on. Pure."""
    first, last = max(month, since or month), clock.month_end(month)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if calendar.is_working(day)]


_WORKED = f"""
WITH {TERRITORIES}, {DAYS}
SELECT territory_id, array_agg(on_date ORDER BY on_date) FROM worked GROUP BY territory_id
"""  # noqa: S608  statements of our own


def worked_days(asked: Asked, days: Sequence[date]) -> dict[int, list[date]]:
    """Of these days those on which each territory's account manager is not on leave. One query."""
    return dict(rows(_WORKED, {**asked.values, "days": list(days)}))


def rows(query: str, values: dict[str, Any]) -> Sequence[Any]:
    """The rows of a query over the tables above. One query."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
