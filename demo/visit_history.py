"""SQL that makes the visits of one month with all they captured; run by demo/loading.py, once per month of facts.

Visits come by class (A weekly, B every second week, C once a month), on the shop's weekday or the next working day, one
in ten is missed; a day's visits of a territory follow one another. Staged in demo_visit, then written out in order.
"""

from __future__ import annotations

# Which shop is visited on which day. A month that is history: by class. One that is lived: by its plan (PLANNED), of
# which one stop in fourteen is missed. `key` names the visit for the dice.
BY_CLASS = """
    SELECT s.no, w.no AS week, d.work_on AS on_date, s.no * 16384::bigint + w.no AS key
    FROM demo_week w CROSS JOIN demo_shop s
    JOIN demo_day d ON d.day = w.monday + floor(5 * pg_temp.roll(s.no, 101))::int
    WHERE w.monday > %(first)s::date - 7 AND w.monday < %(until)s AND d.work_on >= %(first)s
      AND d.work_on < %(until)s AND d.work_on >= s.opened_on
      AND (s.state = 'active' OR d.work_on < s.state_since)
      AND CASE s.visit_class WHEN 'A' THEN true WHEN 'B' THEN (w.no + s.no) %% 2 = 0
          ELSE w.turn = floor(4 * pg_temp.roll(s.no, 102))::int END
      AND pg_temp.roll(s.no * 16384::bigint + w.no, 103) > CASE s.visit_class WHEN 'C' THEN 0.06 ELSE 0.10 END
"""
PLANNED = """
    SELECT s.no, (p.on_date - '0001-01-01'::date + 1) / 7 AS week, p.on_date,
        s.no * 16384::bigint + (p.on_date - '2000-01-01'::date) AS key
    FROM visits_plannedstop p JOIN demo_shop s ON s.id = p.retailer_id
    WHERE p.month = %(first)s AND p.state = 'planned' AND p.on_date < %(until)s
      AND (s.state = 'active' OR p.on_date < s.state_since)
      AND pg_temp.roll(s.no * 16384::bigint + (p.on_date - '2000-01-01'::date), 103) > 0.07
"""
# `seen` counts the shop's visits of the month; `product_no` is what the visit is about.
STAGE = """
TRUNCATE demo_visit;
INSERT INTO demo_visit
WITH due AS ({due}), owned AS (
    SELECT due.*, o.territory_id, o.person_id, o.device_id,
        row_number() OVER (PARTITION BY o.territory_id, on_date ORDER BY s.opens_at > '08:40', s.township_code,
            pg_temp.roll(due.no, 104)) AS turn,
        count(*) OVER (PARTITION BY o.territory_id, on_date) AS of_day,
        row_number() OVER (PARTITION BY due.no ORDER BY on_date) AS seen
    FROM due JOIN demo_shop s ON s.no = due.no JOIN demo_owner o ON o.shop_no = due.no AND o.during @> due.on_date
), timed AS (
    SELECT *, (on_date + time '08:40') AT TIME ZONE 'Asia/Shanghai'
        + ((turn - 1 + 0.4 * pg_temp.roll(key, 105)) * least(28.0, 500.0 / of_day)) * interval '1 minute' AS started_at,
        CASE WHEN pg_temp.roll(key, 106) < 0.012 THEN 60 + floor(100 * pg_temp.roll(key, 107))::int
            ELSE 240 + floor(660 * pg_temp.roll(key, 107))::int END AS stayed_s
    FROM owned
), placed AS (
    SELECT *, CASE WHEN pg_temp.roll(key, 108) < 0.015 THEN 950 + 2500 * pg_temp.roll(key, 109)
            ELSE 4 + 55 * power(pg_temp.roll(key, 109), 2) END AS away_m,
        2 * pi() * pg_temp.roll(key, 110) AS bearing, 5 + 35 * power(pg_temp.roll(key, 111), 3) AS accuracy_m,
        pg_temp.roll(key, 112) < 0.003 AS mock
    FROM timed
)
SELECT p.no, p.key, p.week, pg_temp.uid(p.key, 6, p.started_at), s.id, p.territory_id, s.county_id, p.person_id,
    p.device_id, p.on_date, p.started_at, p.stayed_s, p.seen, p.mock, p.away_m,
    round((s.lon + p.away_m * sin(p.bearing) / (111195.08 * cos(radians(s.lat))))::numeric, 7)::float8,
    round((s.lat + p.away_m * cos(p.bearing) / 111195.08)::numeric, 7)::float8, round(p.accuracy_m::numeric, 1)::float8,
    p.away_m > 900, CASE WHEN pg_temp.roll(p.key, 113) < 0.45 THEN t.id END,
    (p.started_at AT TIME ZONE 'Asia/Shanghai')::time < s.opens_at::time, k.no
FROM placed p JOIN demo_shop s ON s.no = p.no
JOIN demo_template t ON t.code = CASE WHEN s.terminal_type <> 'ordinary' THEN 'modern-terminal'
    WHEN s.market_type = 'X' THEN 'rural-terminal' ELSE 'five-degrees' END
JOIN demo_key k ON k.place = (p.no + 2 * p.week) %% k.places;
ANALYZE demo_visit
"""

TABLES = """
CREATE TEMP TABLE demo_visit (no int, key bigint, week int, id uuid, retailer_id uuid, territory_id bigint,
    county_id bigint, person_id uuid, device_id uuid, on_date date, started_at timestamptz, stayed_s int, seen int,
    mock bool, away_m float8, lon float8, lat float8, accuracy_m float8, far bool, template_version_id bigint,
    outside bool, product_no int) ON COMMIT DROP;
CREATE TEMP TABLE demo_template ON COMMIT DROP AS
SELECT v.id, t.code, v.items FROM visits_templateversion v JOIN visits_displaytemplate t ON t.id = v.template_id;
CREATE TEMP TABLE demo_item ON COMMIT DROP AS
SELECT t.id AS template_version_id, n::int AS n, i->>'code' AS code, i->>'kind' AS kind,
    (i->>'weight')::numeric AS weight, (i->>'pass_at')::int AS pass_at
FROM demo_template t CROSS JOIN LATERAL jsonb_array_elements(t.items) WITH ORDINALITY AS x(i, n);
CREATE TEMP TABLE demo_key ON COMMIT DROP AS
SELECT p.no, p.id, row_number() OVER (ORDER BY p.no) - 1 AS place, count(*) OVER () AS places
FROM demo_product p WHERE p.is_key AND p.sold_from IS NULL;
CREATE TEMP TABLE demo_policy ON COMMIT DROP AS
SELECT v.id, v.policy_id, v.released_at + interval '3 hours' AS released_at, v.brief_by, v.shop_quiz,
    p.code LIKE 'supply-%%' AS is_supply,
    row_number() OVER (ORDER BY p.code) AS number
FROM visits_policyversion v JOIN visits_policy p ON p.id = v.policy_id;
ANALYZE demo_template;
ANALYZE demo_item;
ANALYZE demo_key;
ANALYZE demo_policy
"""
