"""What phones hold of visits and of what they are held against; registered by apps.py.

Recent visits by shop, policies and display templates of the units above, the planned stops. Visits themselves, which
phones write, are visits/visit_feed.py.
"""

from __future__ import annotations

from backend import clock
from backend.feeds import Feed
from backend.ids import numbered_sql
from visits import feed_shapes, news, plan_push, policies, stops, templates
from visits.json_sql import array, field, obj, or_null, plain, quoted

RECENT = 5
RECENT_MONTHS = 6  # a shop is seen at least once a month; five visits lie within these

_SPAN = f"BETWEEN {clock.month_sql(1 - RECENT_MONTHS)} AND {clock.month_sql()}"  # said of lines too: fewer partitions


def _lines(table: str, told: str) -> str:
    """Lines of the recent visits, by visit."""
    return f"""(SELECT l.visit_id, {told} FROM recent x
    JOIN {table} l ON l.month {_SPAN} AND l.month = x.month AND l.visit_id = x.id GROUP BY l.visit_id)"""  # noqa: S608


_FAILED = array("to_json(l.item_code)::text", "l.line_no", "NOT l.passed AND NOT l.fixed")
_PROMISED = array("to_json(l.id)::text", "l.id")
_BRIEFED = array("l.policy_version_id::text", "l.line_no")
_SEEN = array(
    "concat('[', l.product_id, ',', coalesce(l.stock_packs::text, 'null'), ',',"
    " coalesce(l.carton_price_fen::text, 'null'), ']')",
    "l.line_no",
)
_HEARD = array(
    obj(field("kind", "l.kind"), field("text", "l.text")),
    "l.line_no",
    "NOT l.is_restricted OR x.person_id = %(person)s",
)
_VISIT = obj(
    quoted("id", "x.id"),
    quoted("on_date", "x.on_date"),
    field("started_at", "x.started_at"),
    quoted("person_id", "x.person_id"),
    field("person_name", "h.name"),
    field("presence", "x.presence"),
    field("purposes", "x.purposes"),
    field("note", "x.note"),
    or_null("display_score", "x.display_score::text"),
    plain("checked", "coalesce(c.checked, 0)"),
    plain("failed", "coalesce(c.failed, '[]')"),
    plain("briefed", "coalesce(b.briefed, '[]')"),
    plain("promised", "coalesce(p.promised, '[]')"),
    plain("seen", "coalesce(o.seen, '[]')"),
    plain("heard", "coalesce(r.heard, '[]')"),
)
_SHOP = obj(quoted("id", "x.retailer_id"), plain("visits", array(_VISIT, "x.started_at DESC, x.id DESC")))

# One document a shop. A restricted remark is told to its author alone, a score of the retailer's to nobody.
_RECENT = f"""
WITH recent AS MATERIALIZED (
    SELECT a.territory_id AS held_by, v.* FROM retail_assignment a CROSS JOIN LATERAL (
        SELECT w.id, w.month, w.retailer_id, w.on_date, w.started_at, w.person_id, w.presence, w.purposes, w.note,
            w.display_score
        FROM visits_visit w WHERE w.retailer_id = a.retailer_id AND w.month {_SPAN}
        ORDER BY w.started_at DESC, w.id DESC LIMIT {RECENT}) v
    WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date
    AND (%(ids)s::uuid[] IS NULL OR a.retailer_id = ANY(%(ids)s::uuid[])))
SELECT x.held_by, x.retailer_id, {_SHOP}::json
FROM recent x JOIN backend_person h ON h.id = x.person_id
LEFT JOIN {_lines("visits_checkline", f"count(*) AS checked, {_FAILED} AS failed")} c ON c.visit_id = x.id
LEFT JOIN {_lines("visits_briefing", f"{_BRIEFED} AS briefed")} b ON b.visit_id = x.id
LEFT JOIN {_lines("visits_observation", f"{_SEEN} AS seen")} o ON o.visit_id = x.id
LEFT JOIN {_lines("visits_remark", f"{_HEARD} AS heard")} r ON r.visit_id = x.id
LEFT JOIN (SELECT l.origin_visit_id, {_PROMISED} AS promised FROM recent x
    JOIN retail_promise l ON l.retailer_id = x.retailer_id AND l.origin_visit_id = x.id GROUP BY l.origin_visit_id) p
    ON p.origin_visit_id = x.id
GROUP BY x.held_by, x.retailer_id
"""  # noqa: S608  names and numbers of our own

# Released; one that was superseded or recalled stays two months, so that recent briefings can still be read.
_POLICY = numbered_sql(0, "v.id")
_POLICIES = f"""
SELECT p.unit_id, {_POLICY}, json_build_object(
    'id', {_POLICY}, 'version_id', v.id, 'policy_id', p.id, 'unit_id', p.unit_id, 'code', p.code, 'title', p.title,
    'title_en', p.title_en, 'kind', p.kind, 'product_id', p.product_id, 'number', v.number, 'body', v.body,
    'card', v.card, 'market_types', v.market_types, 'business_types', v.business_types,
    'terminal_types', v.terminal_types, 'tier_from', v.tier_from, 'tier_to', v.tier_to,
    'effective_on', v.effective_on, 'quiz', v.quiz_shown, 'quiz_salt', v.quiz_salt, 'shop_quiz', v.shop_quiz,
    'pass_percent', v.pass_percent, 'released_at', v.released_at, 'brief_by', v.brief_by,
    'superseded_at', v.superseded_at, 'recalled_at', v.recalled_at, 'recall_reason', v.recall_reason,
    'answers', (SELECT coalesce(json_agg(json_build_object('question', f.question, 'answer', f.answer) ORDER BY f.id),
        '[]') FROM visits_policyanswer f WHERE f.policy_version_id = v.id))
FROM visits_policy p JOIN visits_policyversion v ON v.policy_id = p.id
WHERE p.unit_id = ANY(%(units)s) AND v.released_at IS NOT NULL
AND least(v.superseded_at, v.recalled_at, 'infinity') > %(today)s::date - interval '2 months'
AND (%(ids)s::uuid[] IS NULL OR {_POLICY} = ANY(%(ids)s::uuid[]))
"""  # noqa: S608  names of our own

# In force or to come; one that ended stays two months: a phone may be as late with a visit, and shows what was checked.
_VERSION = numbered_sql(0, "v.id")
_TEMPLATES = f"""
SELECT t.unit_id, {_VERSION}, json_build_object(
    'id', {_VERSION}, 'version_id', v.id, 'template_id', t.id, 'unit_id', t.unit_id, 'level', u.level, 'code', t.code,
    'name', t.name, 'name_en', t.name_en, 'number', v.number, 'from_date', lower(v.during), 'to_date', upper(v.during),
    'items', v.items, 'terminal_types', v.terminal_types, 'market_types', v.market_types,
    'tier_from', v.tier_from, 'tier_to', v.tier_to)
FROM visits_displaytemplate t JOIN visits_templateversion v ON v.template_id = t.id
JOIN backend_unit u ON u.id = t.unit_id
WHERE t.unit_id = ANY(%(units)s)
AND v.during && daterange((%(today)s::date - interval '2 months')::date, NULL)
AND (%(ids)s::uuid[] IS NULL OR {_VERSION} = ANY(%(ids)s::uuid[]))
"""  # noqa: S608  names of our own

# Of the running month and the next; and what was missed in the last month, until somebody says why.
_PLAN = f"""
SELECT a.territory_id, s.id, json_build_object(
    'id', s.id, 'retailer_id', s.retailer_id, 'month', s.month, 'on_date', s.on_date, 'position', s.position,
    'state', s.state, 'miss_reason', nullif(s.miss_reason, ''), 'words', nullif(s.words, ''), 'reasons', s.reasons,
    'visit_id', s.visit_id, 'is_own', s.is_own, 'version', s.version)
FROM retail_assignment a JOIN visits_plannedstop s ON s.retailer_id = a.retailer_id
WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date
AND s.month BETWEEN {clock.month_sql(-1)} AND {clock.month_sql(1)}
AND (s.month >= {clock.month_sql()} OR s.state = 'missed' AND s.miss_reason = '')
AND (%(ids)s::uuid[] IS NULL OR s.id = ANY(%(ids)s::uuid[]))
"""  # noqa: S608  dates of our own

FEEDS = (
    Feed(
        "recent_visits",
        1,
        "visits.read",
        _RECENT,
        kinds=(news.KIND, news.ELSEWHERE, "assignments", "papers"),
        shape=feed_shapes.RecentVisits,
    ),
    Feed("policies", 1, "policies.read", _POLICIES, above=True, kinds=(policies.MARK,), shape=feed_shapes.Policies),
    Feed("templates", 1, "policies.read", _TEMPLATES, above=True, kinds=(templates.MARK,), shape=feed_shapes.Templates),
    Feed(
        "plan",
        1,
        "visits.read",
        _PLAN,
        kinds=("assignments", stops.MARK),
        owned=plan_push.OWNED,
        push=plan_push.push,
        shape=feed_shapes.Plan,
    ),
)
