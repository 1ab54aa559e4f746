"""What the demo's departments owe shops, and how shops score visits: set-based, over what was written; for loading.py.

Of the needs of the last weeks some are routed to a department, most are answered in time, some late, some not at all.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from backend import clock
from cycles.queries import working_calendar
from demo.staging import Plan, run

WEEKS: Final = 10  # of needs that departments were asked about
COMPLAINT_DAYS, OTHER_DAYS = 1, 3  # working days, as the parameters say where nobody set others

# One visit in three is scored, a shop once a month; a territory has its own way of being received.
SCORES: Final = """
WITH scored AS (SELECT DISTINCT ON (v.month, v.retailer_id) v.retailer_id, v.month, v.territory_id, v.county_id,
    greatest(1, least(5, round(4.2 + 0.5 * pg_temp.bell(v.territory_id, 301)
        + 0.9 * pg_temp.bell(k.key, 302))))::int AS score
FROM visits_visit v CROSS JOIN LATERAL (SELECT hashtextextended(v.id::text, 0) AS key) k
WHERE v.month = %(first)s AND pg_temp.roll(k.key, 303) < 0.33
ORDER BY v.month, v.retailer_id, v.started_at, v.id),
shops AS (INSERT INTO visits_scoredshop (month, retailer_id) SELECT month, retailer_id FROM scored)
INSERT INTO visits_visitscore (month, territory_id, county_id, score)
SELECT month, territory_id, county_id, score FROM scored ORDER BY hashtextextended(retailer_id::text, 304)
"""

# What is told of each, and to whom; `share` of the needs of the kind are routed.
_KINDS: Final = (
    ("complaint", "logistics", 1.0),
    ("supply", "logistics", 0.3),
    ("brand", "brand", 0.7),
    ("display", "service_desk", 0.6),
    ("training", "service_desk", 0.5),
    ("other", "enforcement", 0.6),
)
_ROLES: Final = (
    ("service_desk", "service_desk"), ("enforcement", "enforcement"), ("brand", "brand_manager"),
    ("logistics", "logistics"),
)  # fmt: skip
_REPLIES: Final = (
    ("logistics", "已核实线路，下次送货提前到上午，破损的一条随车补换。"),
    ("logistics", "本周配送已加派一车，按订单足额送达。"),
    ("brand", "新品试销名单下月更新，已把该店列入候选。"),
    ("brand", "该规格月底到货，按档位投放。"),
    ("service_desk", "物料已登记，随下次走访带到。"),
    ("service_desk", "已预约本周四上门指导网上订货。"),
    ("enforcement", "到期前三十日可在网上申请延续，所需材料已发给客户经理。"),
    ("enforcement", "已派员上门核查，结果当面告知店主。"),
)

_ROUTED = """
CREATE TEMP TABLE demo_routed ON COMMIT DROP AS
WITH asked AS (
    SELECT n.id, n.closed_on, k.department, h.person_id, h.at_most, x.key,
        (n.raised_on + time '17:30') AT TIME ZONE 'Asia/Shanghai' AS routed_at,
        CASE WHEN n.kind = 'complaint' THEN d.complaint_due ELSE d.other_due END AS due_at, n.raised_by_id
    FROM retail_need n JOIN retail_retailer r ON r.id = n.retailer_id
    JOIN backend_unit u ON u.id = r.county_id
    JOIN unnest(%(kinds)s::text[], %(departments)s::text[], %(shares)s::float8[]) AS k(kind, department, share)
        ON k.kind = n.kind
    JOIN unnest(%(days)s::date[], %(complaint_due)s::timestamptz[], %(other_due)s::timestamptz[])
        AS d(day, complaint_due, other_due) ON d.day = n.raised_on
    CROSS JOIN LATERAL (SELECT hashtextextended(n.id::text, 0) AS key) x
    JOIN LATERAL (
        SELECT p.person_id, %(now)s::timestamptz AS at_most FROM backend_position p
        JOIN unnest(%(role_of)s::text[], %(roles)s::text[]) AS o(department, role) ON o.role = p.role_id
        WHERE o.department = k.department AND p.unit_id = ANY(u.ancestors) AND p.during @> %(as_of)s::date
        ORDER BY p.id LIMIT 1) h ON true
    WHERE n.department = '' AND pg_temp.roll(x.key, 310) < k.share),
answered AS (
    SELECT *, CASE
        WHEN pg_temp.roll(key, 311) < 0.80 THEN routed_at + (due_at - routed_at) * (0.3 + 0.65 * pg_temp.roll(key, 312))
        WHEN pg_temp.roll(key, 311) < 0.92 THEN due_at + (4 + 40 * pg_temp.roll(key, 312)) * interval '1 hour'
        END AS wanted_at
    FROM asked),
bounded AS (
    SELECT *, CASE WHEN wanted_at < at_most
            AND (closed_on IS NULL OR (wanted_at AT TIME ZONE 'Asia/Shanghai')::date <= closed_on)
        THEN wanted_at END AS replied_at
    FROM answered)
SELECT *, CASE WHEN replied_at IS NOT NULL THEN routed_at + (replied_at - routed_at) / 3
    WHEN pg_temp.roll(key, 313) < 0.5 AND routed_at + interval '16 hours' < at_most THEN routed_at + interval '16 hours'
    END AS taken_at
FROM bounded;
UPDATE retail_need n SET department = d.department, routed_at = d.routed_at, reply_due_at = d.due_at,
    taken_at = d.taken_at, taken_by_id = CASE WHEN d.taken_at IS NOT NULL THEN d.person_id END,
    replied_at = d.replied_at, version = n.version + 1
FROM demo_routed d WHERE d.id = n.id;
INSERT INTO retail_needevent (id, need_id, person_id, made_at, what, before, after)
SELECT pg_temp.uid(key, 14, routed_at), id, raised_by_id, routed_at, 'department', '', department
FROM demo_routed ORDER BY id;
INSERT INTO retail_needreply (id, need_id, person_id, made_at, words)
SELECT pg_temp.uid(key, 15, replied_at), id, person_id, replied_at, w.words
FROM demo_routed d CROSS JOIN LATERAL (
    SELECT pg_temp.one(array_agg(a.words), d.key, 314) AS words
    FROM unnest(%(reply_of)s::text[], %(words)s::text[]) AS a(department, words) WHERE a.department = d.department) w
WHERE replied_at IS NOT NULL ORDER BY id
"""


def route(plan: Plan) -> None:
    """Needs of the last weeks are with departments, as of the plan's day. Four statements for any number."""
    days = [plan.as_of - timedelta(days=back) for back in range(1, 7 * WEEKS)]
    calendar = working_calendar()

    def due(number: int) -> list[datetime]:
        found = (calendar.nth_from(day + timedelta(days=1), number) for day in days)
        return [datetime.combine(day, time(18), clock.BUSINESS_ZONE) for day in found]

    values: dict[str, Any] = {
        "as_of": plan.as_of,
        "now": clock.start_of(plan.as_of),
        "days": days,
        "complaint_due": due(COMPLAINT_DAYS),
        "other_due": due(OTHER_DAYS),
    }
    for names, rows in (
        (("kinds", "departments", "shares"), _KINDS),
        (("role_of", "roles"), _ROLES),
        (("reply_of", "words"), _REPLIES),
    ):
        values |= {name: [row[place] for row in rows] for place, name in enumerate(names)}
    run(_ROUTED, values)


def score(month: date) -> None:
    """Retailers have scored visits of the month. One statement."""
    run(SCORES, {"first": month})
