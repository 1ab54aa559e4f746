"""SQL that writes out the visits staged in demo_visit: rows, lines, receipts, needs and promises; for demo/loading.py.

What a visit says of presence and flags follows the rules of visits/verdict.py, its score those of visits/scoring.py.
"""

from __future__ import annotations

# A shop keeps its shelf as well as it does: most items pass in most shops, some shops fail half of them. The sign that
# nothing is sold to minors hangs nearly everywhere: the law asks for it.
VISITS = """
WITH answered AS MATERIALIZED (
    SELECT v.id, i.n, i.code, i.kind, i.weight, i.pass_at, d.throw,
        d.throw < CASE i.code WHEN 'minors_sign' THEN 0.985 ELSE 0.97 - 0.5 * power(pg_temp.roll(v.no, 121), 3) END
            AS passed
    FROM demo_visit v JOIN demo_item i ON i.template_version_id = v.template_version_id
    CROSS JOIN LATERAL (SELECT pg_temp.roll(v.key * 16 + i.n, 120) AS throw) d
), lines AS (
    INSERT INTO visits_checkline (month, visit_id, line_no, item_code, answer, passed, points)
    SELECT %(first)s, id, n, code, CASE kind WHEN 'yes_no' THEN passed::int
        ELSE greatest(0, pass_at + floor(CASE WHEN passed THEN 5 * throw ELSE -1 - 4 * throw END)::int) END::text,
        passed, CASE WHEN passed THEN weight ELSE 0 END
    FROM answered ORDER BY id, n
), score AS (
    SELECT id, round(100 * coalesce(sum(weight) FILTER (WHERE passed), 0) / sum(weight), 2) AS points
    FROM answered GROUP BY id
), timed AS (
    SELECT v.*, started_at + stayed_s * interval '1 second' AS ended_at, pg_temp.roll(key, 122) < 0.6 AS has_reason,
        pg_temp.roll(key, 123) < 0.03 AND on_date < %(as_of)s::date - 2 AS late
    FROM demo_visit v
)
INSERT INTO visits_visit (id, month, retailer_id, person_id, device_id, territory_id, county_id, on_date, started_at,
    ended_at, device_started_at, device_ended_at, received_at, device_offset_s, lon, lat, datum, accuracy_m, distance_m,
    presence, flags, away_reason, persons_met, note, template_version_id, display_score, purposes, tags, typed_s,
    left_lon, left_lat, left_datum, left_accuracy_m, left_distance_m, stop_id)
SELECT t.id, %(first)s, t.retailer_id, t.person_id, t.device_id, t.territory_id, t.county_id, t.on_date, t.started_at,
    t.ended_at, t.started_at, t.ended_at, t.ended_at + CASE WHEN t.late THEN interval '26 hours'
        ELSE interval '2 minutes' + 40 * pg_temp.roll(t.key, 124) * interval '1 minute' END,
    floor(9 * pg_temp.roll(t.key, 125))::int - 4, t.lon, t.lat, 'WGS-84', t.accuracy_m, round(t.away_m::numeric, 1),
    CASE WHEN t.far OR t.mock THEN 'to_verify' ELSE 'valid' END,
    array_remove(ARRAY[CASE WHEN t.far THEN 'too_far' END, CASE WHEN t.far AND NOT t.has_reason THEN 'no_reason' END,
        CASE WHEN t.mock THEN 'mock_location' END, CASE WHEN t.stayed_s < 180 THEN 'too_short' END,
        CASE WHEN t.late THEN 'late' END, CASE WHEN t.outside THEN 'outside_hours' END], NULL),
    CASE WHEN t.far AND t.has_reason THEN pg_temp.one(%(away)s, t.key, 126)
        ELSE '' END,
    CASE WHEN pg_temp.roll(t.key, 127) < 0.8 THEN s.holder ELSE '店员' END,
    CASE WHEN pg_temp.roll(t.key, 128) < 0.12 THEN '' ELSE
        pg_temp.one(%(openings)s, t.key, 129)
        || replace(pg_temp.one(%(middles)s, t.key, 130), '{p}', p.name)
        || pg_temp.one(%(closings)s, t.key, 131) END,
    t.template_version_id, c.points,
    array_remove(ARRAY['service', CASE WHEN t.template_version_id IS NOT NULL THEN 'display' END,
        CASE WHEN t.seen <= 2 THEN 'policy' END, CASE WHEN pg_temp.roll(t.key, 139) > 0.1 THEN 'intelligence' END,
        CASE WHEN pg_temp.roll(t.key, 170) < 0.35 THEN 'brand' END], NULL),
    CASE WHEN pg_temp.roll(t.key, 210) < 0.25 THEN ARRAY[pg_temp.one(%(tags)s, t.key, 211)] ELSE '{}' END,
    20 + floor(200 * power(pg_temp.roll(t.key, 212), 2))::int,
    t.lon, t.lat, 'WGS-84', round((5 + 30 * pg_temp.roll(t.key, 213))::numeric, 1)::float8,
    round(t.away_m::numeric, 1), o.id
FROM timed t JOIN demo_shop s ON s.no = t.no JOIN demo_product p ON p.no = t.product_no
LEFT JOIN visits_plannedstop o ON o.month = %(first)s AND o.retailer_id = t.retailer_id AND o.on_date = t.on_date
    AND o.state <> 'dropped'
LEFT JOIN score c ON c.id = t.id ORDER BY t.id;
INSERT INTO backend_receipt (submission_id, kind, sha256, person_id, month, received_at)
SELECT v.id, 'visit', sha256(v.id::text::bytea), v.person_id, v.month, v.received_at
FROM visits_visit v WHERE v.month = %(first)s ORDER BY v.id
"""

# One visit in ten looks at nothing, the others at two key products in turn, at some of what the shop usually buys, and
# now and then at a launch. What is not on the shelf has no price; prices lie around the guide price, drift with the
# product over the months and differ by shop.
OBSERVATIONS = """
INSERT INTO visits_observation (month, visit_id, line_no, product_id, on_shelf, carton_price_fen, pack_price_fen,
    stock_packs, facings, oos_days)
WITH candidate AS (
    SELECT v.id, k.no AS product_no, i AS place FROM demo_visit v CROSS JOIN generate_series(0, 1) i
    JOIN demo_key k ON k.place = (v.no + 2 * v.week + i) %% k.places AND pg_temp.roll(v.key, 138) > 0.25
    UNION ALL
    SELECT v.id, h.product_no, 2 + i FROM demo_visit v JOIN demo_shop s ON s.no = v.no
    CROSS JOIN LATERAL generate_series(0, CASE s.visit_class WHEN 'A' THEN 3 WHEN 'B' THEN 2 ELSE 1 END) i
    JOIN demo_habit h ON h.shop_no = v.no AND h.rank = 1 + (v.week + 3 * i) %% 12
    UNION ALL
    SELECT v.id, p.no, 9 FROM demo_visit v JOIN demo_product p ON p.sold_from <= v.on_date
    WHERE pg_temp.roll(v.key * 256 + p.no, 140) < 0.25
), looked AS (
    SELECT id, product_no, row_number() OVER (PARTITION BY id ORDER BY min(place), product_no) AS n
    FROM candidate GROUP BY id, product_no
), found AS (
    SELECT l.id, l.n, p.id AS product_id, p.guide_fen, p.popularity, v.key * 256 + p.no AS key, v.no, v.on_date,
        coalesce(h.weekly, 0.6) * CASE s.place WHEN %(full)s THEN 12 WHEN %(empty)s THEN 0.3 ELSE 1 END AS weekly,
        CASE s.place WHEN %(dear)s THEN 0.045 WHEN %(cheap)s THEN -0.045 ELSE 0 END AS off_price, p.no AS product_no,
        pg_temp.roll(v.key * 256 + p.no, 141) < CASE WHEN h.shop_no IS NULL THEN 0.82 ELSE 0.985 END AS on_shelf
    FROM looked l JOIN demo_visit v ON v.id = l.id AND pg_temp.roll(v.key, 139) > 0.1
    JOIN demo_product p ON p.no = l.product_no JOIN demo_shop s ON s.no = v.no
    LEFT JOIN demo_habit h ON h.shop_no = v.no AND h.product_no = l.product_no
        AND h.from_on <= v.on_date AND v.on_date < h.until_on
), priced AS (
    SELECT *, CASE WHEN on_shelf THEN 100 * round(guide_fen / 100.0 * (1
        + 0.018 * sin(product_no + (on_date - '2020-01-01'::date) / 58.0)
        + CASE WHEN popularity > 85 THEN 0.015 ELSE 0 END + off_price
        + 0.011 * pg_temp.bell(no, 142) + 0.008 * pg_temp.bell(key, 145)))::int END AS price_fen
    FROM found
)
SELECT %(first)s, id, n, product_id, on_shelf, price_fen,
    CASE WHEN pg_temp.roll(key, 148) < 0.7 THEN 50 * round(price_fen / 500.0)::int END,
    CASE WHEN on_shelf THEN 1 + floor(10 * weekly * (0.3 + 2.2 * pg_temp.roll(key, 149)))::int ELSE 0 END,
    CASE WHEN on_shelf THEN 1 + floor(3.4 * pg_temp.roll(key, 150))::int ELSE 0 END,
    CASE WHEN pg_temp.roll(key, 151) < 0.15 THEN NULL
        WHEN pg_temp.roll(key, 152) < CASE WHEN on_shelf THEN 0.035 ELSE 0.4 END
        THEN 1 + floor(6 * pg_temp.roll(key, 153))::int ELSE 0 END
FROM priced ORDER BY id, n
"""

# The month's supply policy is told at a shop's first visit, what stands is told at its second; some forget. Where the
# version asks, a shop that is asked answers three questions, the better the more it understood; the rest goes by level.
BRIEFINGS = """
INSERT INTO visits_briefing (month, visit_id, line_no, policy_version_id, told_to, understanding, question, unanswered,
    answers, passed)
SELECT %(first)s, v.id, row_number() OVER (PARTITION BY v.id ORDER BY p.id), p.id, s.holder, d.level,
    CASE WHEN pg_temp.roll(v.key, 163) < 0.06
        THEN pg_temp.one(%(questions)s, v.key, 164) ELSE '' END,
    pg_temp.roll(v.key, 163) < 0.012,
    CASE WHEN d.level IS NULL THEN '[]' ELSE coalesce((
        SELECT jsonb_agg(jsonb_build_object('question', i - 1, 'choice',
            CASE WHEN i <= d.known THEN (q->>'right')::int ELSE 1 - (q->>'right')::int END) ORDER BY i)
        FROM jsonb_array_elements(p.shop_quiz) WITH ORDINALITY AS x(q, i)), '[]') END,
    CASE WHEN d.level IS NULL THEN NULL WHEN p.shop_quiz <> '[]' THEN d.known >= 2 ELSE d.level >= 4 END
FROM demo_visit v JOIN demo_shop s ON s.no = v.no JOIN demo_policy p ON p.released_at < v.started_at
    AND CASE WHEN p.is_supply THEN v.seen = 1
            AND p.released_at >= (%(first)s::date)::timestamp AT TIME ZONE 'Asia/Shanghai'
        ELSE v.on_date < p.brief_by + 30 AND (v.seen = 2 OR s.visit_class = 'C') END
CROSS JOIN LATERAL (SELECT CASE WHEN pg_temp.roll(v.key * 64 + p.number, 161) < 0.9
    THEN 2 + floor(3.99 * sqrt(pg_temp.roll(v.key * 64 + p.number, 162)))::int END AS level) l
CROSS JOIN LATERAL (SELECT l.level, CASE WHEN l.level >= 4 THEN 3 WHEN l.level = 3 THEN 2 ELSE 1 END AS known) d
WHERE pg_temp.roll(v.key, 160) < CASE WHEN p.is_supply THEN 0.84 ELSE 0.5 END
ORDER BY v.id, p.id;
INSERT INTO visits_pitch (month, visit_id, line_no, product_id, accepted, refusal, words)
SELECT %(first)s, v.id, 1, p.id, d.accepted,
    CASE WHEN d.accepted THEN '' ELSE (%(refusals)s::text[])[d.reason] END,
    CASE WHEN d.accepted THEN '' ELSE (%(refusal_words)s::text[])[d.reason] END
FROM demo_visit v JOIN demo_product p ON p.no = v.product_no
JOIN demo_shop s ON s.no = v.no
CROSS JOIN LATERAL (SELECT pg_temp.roll(v.key, 171) < CASE WHEN s.place = %(weak_pitches)s THEN 0.36 ELSE 0.58 END
        AS accepted,
    1 + floor(cardinality(%(refusals)s::text[]) * pg_temp.roll(v.key, 172))::int AS reason) d
WHERE pg_temp.roll(v.key, 170) < CASE WHEN s.place = %(few_pitches)s THEN 0.01 ELSE 0.35 END ORDER BY v.id;
INSERT INTO visits_remark (month, visit_id, line_no, kind, product_id, policy_id, text, counter_proposal)
SELECT %(first)s, v.id, 1, (%(remark_kinds)s::text[])[d.place],
    CASE WHEN (%(remark_texts)s::text[])[d.place] LIKE '%%{p}%%' THEN p.id END,
    CASE WHEN (%(remark_kinds)s::text[])[d.place] = 'policy_opinion' THEN (SELECT o.policy_id FROM demo_policy o
        WHERE o.is_supply AND o.released_at < v.started_at ORDER BY o.released_at DESC LIMIT 1) END,
    replace((%(remark_texts)s::text[])[d.place], '{p}', p.name), (%(counters)s::text[])[d.place]
FROM demo_visit v JOIN demo_product p ON p.no = v.product_no
CROSS JOIN LATERAL (SELECT 1 + floor(cardinality(%(remark_kinds)s::text[]) * pg_temp.roll(v.key, 181))::int AS place) d
WHERE pg_temp.roll(v.key, 180) < 0.08 AND v.started_at > (SELECT min(released_at) FROM demo_policy) ORDER BY v.id
"""

# What was raised long ago is settled, what was raised lately is mostly open; nothing settles on a day yet to come.
NEEDS = """
INSERT INTO retail_need (id, retailer_id, kind, text, priority, raised_by_id, raised_on, due_on, closed_on, outcome,
    origin_visit_id, version)
SELECT pg_temp.uid(v.key, 7, v.started_at), v.retailer_id, (%(need_kinds)s::text[])[d.place],
    replace((%(need_texts)s::text[])[d.place], '{p}', p.name), 1 + floor(3 * pg_temp.roll(v.key, 192))::int,
    v.person_id, v.on_date, v.on_date + 30, c.on_date,
    CASE WHEN c.on_date IS NULL THEN '' ELSE pg_temp.one(%(kept)s, v.key, 193) END,
    v.id, 1
FROM demo_visit v JOIN demo_product p ON p.no = v.product_no
CROSS JOIN LATERAL (SELECT 1 + floor(cardinality(%(need_kinds)s::text[]) * pg_temp.roll(v.key, 191))::int AS place,
    v.on_date + 4 + floor(30 * pg_temp.roll(v.key, 194))::int AS done_on) d
CROSS JOIN LATERAL (SELECT CASE WHEN d.done_on < %(as_of)s AND pg_temp.roll(v.key, 195) < 0.96
    THEN d.done_on END AS on_date) c
WHERE pg_temp.roll(v.key, 190) < 0.035 ORDER BY v.id;
INSERT INTO retail_promise (id, retailer_id, text, promised_by_id, promised_on, due_on, state, settled_on, outcome,
    origin_visit_id, version)
SELECT pg_temp.uid(v.key, 8, v.started_at), v.retailer_id,
    pg_temp.one(%(promises)s, v.key, 202), v.person_id, v.on_date,
    v.on_date + 7 + floor(8 * pg_temp.roll(v.key, 203))::int, c.state,
    CASE WHEN c.state <> 'open' THEN c.done_on END,
    CASE c.state WHEN 'open' THEN '' WHEN 'dropped' THEN %(dropped)s
        ELSE pg_temp.one(%(kept)s, v.key, 204) END, v.id, 1
FROM demo_visit v
CROSS JOIN LATERAL (SELECT v.on_date + 1 + floor(16 * pg_temp.roll(v.key, 205))::int AS done_on) d
CROSS JOIN LATERAL (SELECT d.done_on, CASE WHEN d.done_on >= %(as_of)s OR pg_temp.roll(v.key, 206) > 0.97 THEN 'open'
    WHEN pg_temp.roll(v.key, 206) < 0.05 THEN 'dropped' ELSE 'kept' END AS state) c
WHERE pg_temp.roll(v.key, 201) < 0.05 ORDER BY v.id
"""
