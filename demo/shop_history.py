"""SQL that turns the staged shops into the retailer's file with its past; run by demo/loading.py.

Reads demo_shop (demo/staging.py); every draw is a throw of its dice, so the same seed gives the same files.
"""

from __future__ import annotations

RETAILERS = """
INSERT INTO retail_retailer (id, code, licence_no, licence_valid_until, name, holder, address, county_id, lon, lat,
    datum, opens_at, closes_at, order_weekday, opened_on, version)
SELECT id, code, licence_no, licence_valid_until, name, holder, address, county_id, lon, lat, datum, opens_at::time,
    closes_at::time, order_weekday, opened_on, 1
FROM demo_shop ORDER BY no;
INSERT INTO retail_contact (id, retailer_id, name, phone, relation, is_primary, version)
SELECT pg_temp.uid(no, 2, '2020-01-01+08'), id, holder, phone, '持证人', true, 1 FROM demo_shop ORDER BY no;
INSERT INTO retail_contact (id, retailer_id, name, phone, relation, is_primary, version)
SELECT pg_temp.uid(no, 3, '2020-01-02+08'), id,
    substr('王李张刘陈杨黄周吴徐孙胡', 1 + floor(12 * pg_temp.roll(no, 51))::int, 1)
        || (ARRAY['姐', '嫂', '师傅', '阿姨'])[1 + floor(4 * pg_temp.roll(no, 52))::int],
    '', (ARRAY['配偶', '店员', '父母'])[1 + floor(3 * pg_temp.roll(no, 53))::int], false, 1
FROM demo_shop WHERE pg_temp.roll(no, 50) < 0.3 ORDER BY no
"""

# A file's pieces begin where the client came, where a quarter reset the tier of one shop in four, and where the state
# changed. Going back, a tier was one or two steps lower or higher.
CLASSES = """
INSERT INTO retail_classification (retailer_id, during, state, business_type, market_type, scale, tier,
    integrity_grade, terminal_type, trade_area, visit_class)
WITH quarter AS (
    SELECT q::date AS on_date, (date_part('year', q) * 4 + date_part('quarter', q))::int AS number
    FROM generate_series(date_trunc('quarter', %(first)s::timestamp), %(as_of)s::timestamp - interval '1 day',
        interval '3 months') q
), change AS (
    SELECT s.no, s.opened_on AS on_date, 0 AS step FROM demo_shop s
    UNION ALL
    SELECT s.no, q.on_date, CASE WHEN pg_temp.roll(s.no * 1000::bigint + q.number, 61) < 0.6 THEN 1 ELSE -1 END
        * CASE WHEN pg_temp.roll(s.no * 1000::bigint + q.number, 62) < 0.3 THEN 2 ELSE 1 END
    FROM demo_shop s CROSS JOIN quarter q
    WHERE q.on_date > s.opened_on AND q.on_date <> s.state_since
      AND pg_temp.roll(s.no * 1000::bigint + q.number, 60) < 0.25
    UNION ALL
    SELECT s.no, s.state_since, 0 FROM demo_shop s WHERE s.state <> 'active'
), piece AS (
    SELECT no, on_date, lead(on_date) OVER later AS until,
        coalesce(sum(step) OVER (PARTITION BY no ORDER BY on_date ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 0)
            AS steps_to_come
    FROM change WINDOW later AS (PARTITION BY no ORDER BY on_date)
)
SELECT s.id, daterange(p.on_date, p.until), CASE WHEN p.on_date >= s.state_since THEN s.state ELSE 'active' END,
    s.business_type, s.market_type, s.scale, greatest(1, least(30, s.tier - p.steps_to_come)), s.integrity_grade,
    s.terminal_type, s.trade_area, s.visit_class
FROM piece p JOIN demo_shop s ON s.no = p.no ORDER BY p.no, p.on_date
"""

# One shop in thirty belonged to another territory of its county until some day of the last ten months.
ASSIGNMENTS = """
INSERT INTO retail_assignment (retailer_id, territory_id, during)
WITH place AS (
    SELECT s.no, s.id, s.since, s.territory_id, o.territory_id AS before,
        %(as_of)s::date - 20 - floor(280 * pg_temp.roll(s.no, 71))::int AS moved_on
    FROM demo_shop s LEFT JOIN LATERAL (
        SELECT t.id AS territory_id FROM backend_unit t
        WHERE t.level = 5 AND s.county_id = ANY(t.ancestors) AND t.id <> s.territory_id
        ORDER BY abs(t.id - s.territory_id), t.id LIMIT 1) o ON pg_temp.roll(s.no, 70) < 0.033
), moved AS (SELECT *, before IS NOT NULL AND moved_on > since AS has_moved FROM place)
SELECT id, territory_id, daterange(CASE WHEN has_moved THEN moved_on ELSE since END, NULL) FROM moved
UNION ALL
SELECT id, before, daterange(since, moved_on) FROM moved WHERE has_moved
"""

# Who is whose, on every day: the shop's territory, its account manager and that person's phone.
OWNERS = """
CREATE TEMP TABLE demo_owner ON COMMIT DROP AS
SELECT s.no AS shop_no, a.territory_id, p.person_id, d.id AS device_id, a.during
FROM demo_shop s JOIN retail_assignment a ON a.retailer_id = s.id
JOIN backend_position p ON p.unit_id = a.territory_id AND p.role_id = 'account_manager'
JOIN backend_device d ON d.person_id = p.person_id;
CREATE INDEX ON demo_owner (shop_no);
ANALYZE demo_owner;
ANALYZE retail_assignment;
ANALYZE retail_classification
"""
