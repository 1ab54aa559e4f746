"""What became of the demo's intelligence: items of the last weeks in every state; called by loading.py.

Items follow the visits day by day, as the tick would have made them: groups and trends are those of daily work.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db import connection

from backend.marks import Key
from demo.staging import Plan, run
from market.intelligence import due
from market.intelligence import follow as intelligence_follow

WEEKS: Final = 5  # whole weeks behind the running one: enough for unusual counts

_DAYS: Final = """
SELECT on_date, array_agg(DISTINCT territory_id) FROM visits_visit
WHERE month >= date_trunc('month', %s::date) AND on_date >= %s GROUP BY on_date ORDER BY on_date
"""

# Old items are nearly all decided, some were returned, a few lie too long; of the last days most still wait somewhere.
_FATES: Final = """
CREATE TEMP TABLE demo_heard ON COMMIT DROP AS
SELECT DISTINCT ON (i.id) i.id, i.sent_at, m.person_id AS verifier, c.person_id AS decider, f.fate,
    CASE f.fate WHEN 'returned' THEN 1 WHEN 'verified' THEN 1 WHEN 'escalated' THEN 2 WHEN 'decided' THEN 3 ELSE 0 END
        AS steps,
    pg_temp.one(%(returns)s::text[], x.key, 342) AS back, pg_temp.one(%(answers)s::text[], x.key, 343) AS answer
FROM market_intelligenceitem i JOIN backend_unit t ON t.id = i.territory_id
CROSS JOIN LATERAL (SELECT hashtextextended(i.visit_id::text || i.kind || i.place_no, 0) AS key) x
CROSS JOIN LATERAL (SELECT pg_temp.roll(x.key, 341) AS die,
    %(as_of)s::date - (i.sent_at AT TIME ZONE 'Asia/Shanghai')::date AS age) d
CROSS JOIN LATERAL (SELECT CASE
    WHEN d.die < 0.03 AND d.age >= 1 THEN 'returned'
    WHEN d.age > 7 THEN CASE WHEN d.die < 0.04 THEN 'submitted' WHEN d.die < 0.05 THEN 'escalated' ELSE 'decided' END
    WHEN d.age >= 4 AND d.die < 0.6 THEN 'decided'
    WHEN d.age >= 3 AND d.die < 0.8 THEN 'escalated'
    WHEN d.age >= 1 AND d.die < 0.9 THEN 'verified' ELSE 'submitted' END AS fate) f
JOIN backend_position m ON m.during @> %(as_of)s::date AND (
    m.unit_id = t.ancestors[5] AND m.role_id = 'market_manager' AND NOT i.is_restricted
    OR m.unit_id = i.county_id AND m.role_id = 'county_leader' AND i.is_restricted)
JOIN backend_position c ON c.unit_id = i.county_id AND c.role_id = 'county_leader' AND c.during @> %(as_of)s::date
WHERE i.state = 'submitted' AND m.person_id <> i.person_id ORDER BY i.id, m.person_id, c.person_id
"""
_MOVE: Final = """
UPDATE market_intelligenceitem i SET state = h.fate, level = CASE WHEN h.steps >= 2 THEN 3 END,
    decision = CASE WHEN h.fate = 'decided' THEN 'noted' ELSE '' END,
    decided_by_id = CASE WHEN h.fate = 'decided' THEN h.decider END,
    decided_at = CASE WHEN h.fate = 'decided' THEN h.sent_at + interval '3 days' END,
    words_back = CASE h.fate WHEN 'returned' THEN h.back WHEN 'decided' THEN h.answer ELSE '' END,
    version = i.version + h.steps
FROM demo_heard h WHERE h.id = i.id AND h.steps > 0
"""
_HISTORY: Final = """
INSERT INTO market_intelligenceevent (id, item_id, at, act, person_id, words)
SELECT gen_random_uuid(), h.id, h.sent_at + s.step * interval '20 hours', s.act,
    CASE WHEN s.act = 'decided' THEN h.decider ELSE h.verifier END,
    CASE s.act WHEN 'returned' THEN h.back WHEN 'decided' THEN h.answer ELSE '' END
FROM demo_heard h CROSS JOIN LATERAL (VALUES
    (1, CASE WHEN h.fate = 'returned' THEN 'returned' ELSE 'verified' END), (2, 'escalated'), (3, 'decided'))
    AS s(step, act)
WHERE s.step <= h.steps
"""
_RETURNS: Final = ("请写明地点和时间", "请补充规格和价格", "请核实后再报")
_ANSWERS: Final = (
    "已通报各市场部关注，下次走访复核。", "已纳入本月品牌分析。", "已转营销中心研究，下周反馈。",
    "已安排市场经理现场核实。",
)  # fmt: skip


def answer(plan: Plan) -> None:
    """The last weeks' items stand, in every state. Statements follow the days, not the visits."""
    first = plan.as_of - timedelta(days=plan.as_of.weekday(), weeks=WEEKS)
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [first, first])
        days = cursor.fetchall()
    for day, territories in days:
        intelligence_follow.recompute([Key(territory, day) for territory in territories])
    named: dict[str, Any] = {"as_of": plan.as_of, "returns": list(_RETURNS), "answers": list(_ANSWERS)}
    run(_FATES, named)
    run(_MOVE, named)
    run(_HISTORY, named)
    while due.follow():
        pass
