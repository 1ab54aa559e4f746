"""SQL of what visits carry since phones hold the whole form: compliance, training, intelligence; for demo/loading.py.

Written for the months that are lived, beside what demo/visit_lines.py writes for every month. What follows from it
(repair tasks, breaches, signals) is derived by the verbs of daily work (demo/aftermath.py).
"""

from __future__ import annotations

# One visit in two looks at price tags, licence and minors; one shop in nine tends to have something to mend.
COMPLIANCE = """
INSERT INTO visits_compliancecheck (month, visit_id, line_no, tags_shown, tags_missing, tags_mismatched, tags_altered,
    tags_over_cap, licence_shown, holder_trades, goods_genuine, minors_sign, id_asked, near_school, words)
SELECT %(first)s, v.id, 1, d.shown, CASE WHEN d.bad THEN 1 + floor(5 * pg_temp.roll(v.key, 223))::int ELSE 0 END,
    CASE WHEN d.bad THEN floor(3 * pg_temp.roll(v.key, 224))::int ELSE 0 END, 0,
    CASE WHEN pg_temp.roll(v.key, 225) < 0.004 THEN 1 ELSE 0 END, pg_temp.roll(v.key, 226) > 0.006,
    pg_temp.roll(v.key, 227) > 0.003, pg_temp.roll(v.key, 228) > 0.001, pg_temp.roll(v.key, 229) > 0.01,
    pg_temp.roll(v.key, 230) > 0.02, false,
    CASE WHEN d.bad THEN pg_temp.one(%(compliance_words)s, v.key, 231) ELSE '' END
FROM demo_visit v CROSS JOIN LATERAL (SELECT 20 + floor(40 * pg_temp.roll(v.no, 221))::int AS shown,
    pg_temp.roll(v.no, 222) < 0.11 AND pg_temp.roll(v.key, 222) < 0.6 AS bad) d
WHERE pg_temp.roll(v.key, 220) < 0.5 ORDER BY v.id
"""
TRAININGS = """
INSERT INTO visits_training (month, visit_id, line_no, topic, minutes, told_to, understanding)
SELECT %(first)s, v.id, 1, pg_temp.one(%(topics)s, v.key, 241), 5 * (1 + floor(6 * pg_temp.roll(v.key, 242))::int),
    s.holder, 2 + floor(3.99 * sqrt(pg_temp.roll(v.key, 243)))::int
FROM demo_visit v JOIN demo_shop s ON s.no = v.no WHERE pg_temp.roll(v.key, 240) < 0.06 ORDER BY v.id
"""
# Events, trends, campaigns, flow prices; what is irregular is rare and restricted.
INTELLIGENCE = """
INSERT INTO visits_remark (month, visit_id, line_no, kind, product_id, text, counter_proposal, confidence, place,
    campaign, price_fen, quantity, is_restricted)
SELECT %(first)s, v.id, 2, d.kind, CASE d.kind WHEN 'flow_price' THEN p.id END, CASE d.kind
        WHEN 'irregular' THEN pg_temp.one(%(irregular)s, v.key, 253)
        WHEN 'event' THEN pg_temp.one(%(events)s, v.key, 253)
        WHEN 'consumer_trend' THEN pg_temp.one(%(trends)s, v.key, 253)
        WHEN 'campaign_opinion' THEN pg_temp.one(%(campaign_words)s, v.key, 253)
        ELSE replace(pg_temp.one(%(flow_words)s, v.key, 253), '{p}', p.name) END,
    '', 1 + floor(3 * pg_temp.roll(v.key, 254))::int,
    CASE WHEN d.kind IN ('event', 'irregular') THEN pg_temp.one(%(places)s, v.key, 255) ELSE '' END,
    CASE d.kind WHEN 'campaign_opinion' THEN pg_temp.one(%(campaigns)s, v.key, 256) ELSE '' END,
    CASE d.kind WHEN 'flow_price' THEN 100 * round(p.guide_fen * (0.009 + 0.0015 * pg_temp.roll(v.key, 257)))::int END,
    CASE d.kind WHEN 'flow_price' THEN 1 + floor(12 * pg_temp.roll(v.key, 258))::int END, d.kind = 'irregular'
FROM demo_visit v JOIN demo_product p ON p.no = v.product_no
CROSS JOIN LATERAL (SELECT CASE WHEN pg_temp.roll(v.key, 251) < 0.08 THEN 'irregular'
    ELSE pg_temp.one(ARRAY['event', 'consumer_trend', 'campaign_opinion', 'flow_price'], v.key, 252) END AS kind) d
WHERE pg_temp.roll(v.key, 250) < 0.03 ORDER BY v.id
"""
ALL = (COMPLIANCE, TRAININGS, INTELLIGENCE)
