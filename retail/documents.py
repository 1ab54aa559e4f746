"""What phones hold of the retailer's file, as statements: for retail/feeds.py, and for news.py, which tells of them.

Each selects unit, id, document of what belongs to shops that are assigned to the units today (backend/feeds.py).
"""

from __future__ import annotations

from backend import clock

_LAST_MONTH = clock.month_sql(-1)

# By code, then what falls due there and when: the end of the licence, open promises, open needs. The phone knows today.
RETAILERS = """
SELECT a.territory_id, r.id, json_build_object(
    'id', r.id, 'code', r.code, 'licence_no', r.licence_no, 'licence_valid_until', r.licence_valid_until,
    'name', r.name, 'holder', r.holder, 'address', r.address, 'county_id', r.county_id,
    'territory_id', a.territory_id, 'lon', r.lon, 'lat', r.lat, 'datum', r.datum,
    'opens_at', r.opens_at, 'closes_at', r.closes_at, 'order_weekday', r.order_weekday, 'opened_on', r.opened_on,
    'state', c.state, 'business_type', c.business_type, 'market_type', c.market_type, 'scale', c.scale,
    'tier', c.tier, 'integrity_grade', c.integrity_grade, 'terminal_type', c.terminal_type,
    'trade_area', c.trade_area, 'visit_class', c.visit_class,
    'contacts', coalesce(k.contacts, '[]'), 'due', coalesce(d.due, '[]'), 'version', r.version)
FROM retail_assignment a JOIN retail_retailer r ON r.id = a.retailer_id
LEFT JOIN retail_classification c ON c.retailer_id = r.id AND c.during @> %(today)s::date
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('id', x.id, 'name', x.name, 'phone', x.phone, 'relation', x.relation,
        'is_primary', x.is_primary) ORDER BY x.is_primary DESC, x.name, x.id) AS contacts
    FROM retail_contact x WHERE x.retailer_id = r.id) k ON true
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('code', x.code, 'id', x.id, 'on', x.on_date) ORDER BY x.on_date, x.code, x.id)
        AS due
    FROM (SELECT 'licence' AS code, r.id, r.licence_valid_until AS on_date WHERE r.licence_valid_until IS NOT NULL
        UNION ALL
        SELECT 'promise', p.id, p.due_on FROM retail_promise p WHERE p.retailer_id = r.id AND p.state = 'open'
        UNION ALL
        SELECT 'need', n.id, n.due_on FROM retail_need n
        WHERE n.retailer_id = r.id AND n.closed_on IS NULL AND n.due_on IS NOT NULL) x) d ON true
WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date
AND (%(ids)s::uuid[] IS NULL OR r.id = ANY(%(ids)s::uuid[]))
"""

# Open ones, and those that ended in this month or the last.
NEEDS = f"""
SELECT a.territory_id, n.id, json_build_object(
    'id', n.id, 'retailer_id', n.retailer_id, 'kind', n.kind, 'text', n.text, 'priority', n.priority,
    'raised_on', n.raised_on, 'due_on', n.due_on, 'origin_visit_id', n.origin_visit_id, 'closed_on', n.closed_on,
    'outcome', nullif(n.outcome, ''), 'raised_by', n.raised_by_id, 'raised_by_name', h.name,
    'department', nullif(n.department, ''), 'reply_due_at', n.reply_due_at, 'taken_at', n.taken_at,
    'replied_at', n.replied_at, 'replies', (
        SELECT coalesce(json_agg(json_build_object('words', r.words, 'made_at', r.made_at) ORDER BY r.made_at, r.id),
            '[]')
        FROM retail_needreply r WHERE r.need_id = n.id),
    'version', n.version)
FROM retail_assignment a JOIN retail_need n ON n.retailer_id = a.retailer_id
JOIN backend_person h ON h.id = n.raised_by_id
WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date
AND (n.closed_on IS NULL OR n.closed_on >= {_LAST_MONTH})
AND (%(ids)s::uuid[] IS NULL OR n.id = ANY(%(ids)s::uuid[]))
"""  # noqa: S608  names of our own
PROMISES = f"""
SELECT a.territory_id, p.id, json_build_object(
    'id', p.id, 'retailer_id', p.retailer_id, 'text', p.text, 'promised_on', p.promised_on, 'due_on', p.due_on,
    'origin_visit_id', p.origin_visit_id, 'state', p.state, 'settled_on', p.settled_on,
    'outcome', nullif(p.outcome, ''), 'promised_by', p.promised_by_id, 'promised_by_name', h.name,
    'version', p.version)
FROM retail_assignment a JOIN retail_promise p ON p.retailer_id = a.retailer_id
JOIN backend_person h ON h.id = p.promised_by_id
WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date
AND (p.state = 'open' OR p.settled_on >= {_LAST_MONTH})
AND (%(ids)s::uuid[] IS NULL OR p.id = ANY(%(ids)s::uuid[]))
"""  # noqa: S608  names of our own
BY_COLLECTION = {"retailers": RETAILERS, "needs": NEEDS, "promises": PROMISES}
