"""SQL that makes the orders of one month, the totals of older months, stock counts and targets; run by demo/loading.py.

Reads demo_shop, demo_habit, demo_week, demo_product (demo/staging.py). An order stands on the shop's weekday, its lines
are the habits whose week it is, times season, growth and chance; some weeks a product is short and the shop gets less
than it wanted. Lines and their order are written by one statement, so that the sums agree.
"""

from __future__ import annotations

from demo.staging import PLACES, SWINGS

MONTH = f"""
WITH placed AS MATERIALIZED (
    SELECT s.no, s.id AS retailer_id, s.county_id, w.no AS week, w.factor, d.on_date,
        pg_temp.uid(s.no * 16384::bigint + w.no, 4, (d.on_date + time '08:30') AT TIME ZONE 'Asia/Shanghai') AS order_id
    FROM demo_week w CROSS JOIN demo_shop s CROSS JOIN LATERAL (SELECT w.monday + s.order_weekday - 1 AS on_date) d
    WHERE w.monday > %(first)s::date - 7 AND w.monday < %(until)s
      AND d.on_date >= %(first)s AND d.on_date < %(until)s AND w.factor > 0 AND d.on_date >= s.opened_on
      AND (s.state = 'active' OR d.on_date < s.state_since)
      AND NOT coalesce(d.on_date >= s.silent_from AND d.on_date < s.silent_until, false)
      AND pg_temp.roll(s.no * 16384::bigint + w.no, 10) > 0.015
), wanted AS (
    SELECT o.order_id, o.retailer_id, h.product_no, p.id AS product_id, p.wholesale_fen, o.week, p.popularity,
        k.key + h.product_no AS key,
        floor(h.weekly * h.every * o.factor * (1 + p.growth * (o.on_date - %(as_of)s::date) / 365.0)
            * exp(0.15 * pg_temp.bell(k.key + h.product_no, 11)){SWINGS.format(**PLACES)}
            + pg_temp.roll(k.key + h.product_no, 14))::int AS cartons
    FROM placed o CROSS JOIN LATERAL (SELECT (o.no * 16384::bigint + o.week) * 256 AS key) k
    JOIN demo_shop s ON s.no = o.no JOIN demo_habit h ON h.shop_no = o.no AND (o.week + h.phase) %% h.every = 0
        AND o.on_date >= h.from_on AND o.on_date < h.until_on
    JOIN demo_product p ON p.no = h.product_no
), line AS MATERIALIZED (
    SELECT order_id, retailer_id, product_id, cartons AS demanded, allotted, least(cartons, allotted) AS ordered,
        least(cartons, allotted)::bigint * wholesale_fen AS amount_fen
    FROM wanted CROSS JOIN LATERAL (SELECT CASE
        WHEN pg_temp.roll(product_no * 16384::bigint + week, 15) < CASE WHEN popularity > 85 THEN 0.20 ELSE 0.04 END
        THEN floor(cartons * 1.1 * pg_temp.roll(key, 16))::int ELSE cartons + 2 + cartons / 5 END AS allotted) a
    WHERE cartons > 0
), lines AS (
    INSERT INTO market_orderline (month, order_id, product_id, demanded_cartons, allotted_cartons, ordered_cartons,
        amount_fen)
    SELECT %(first)s, order_id, product_id, demanded, allotted, ordered, amount_fen FROM line ORDER BY order_id
), totals AS (
    INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
    SELECT %(first)s, retailer_id, product_id, sum(ordered), sum(amount_fen) FROM line
    GROUP BY retailer_id, product_id HAVING sum(ordered) > 0 ORDER BY retailer_id, product_id
)
INSERT INTO market_order (id, month, order_no, retailer_id, territory_id, county_id, on_date, cartons, amount_fen)
SELECT o.order_id, %(first)s, 'D' || to_char(o.on_date, 'YYYYMMDD') || lpad(o.no::text, 6, '0'), o.retailer_id,
    w.territory_id, o.county_id, o.on_date, l.cartons, l.amount_fen
FROM placed o JOIN (SELECT order_id, sum(ordered) AS cartons, sum(amount_fen) AS amount_fen FROM line
    GROUP BY order_id) l ON l.order_id = o.order_id
LEFT JOIN demo_owner w ON w.shop_no = o.no AND w.during @> o.on_date
ORDER BY o.order_id
"""  # noqa: S608 - pieces of our own

# A month whose orders are not kept (or not loaded): the same habits, season and growth without the weeks.
TOTALS = """
INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
SELECT m.month, s.id, p.id, c.cartons, c.cartons::bigint * p.wholesale_fen
FROM demo_total m CROSS JOIN demo_shop s JOIN demo_habit h ON h.shop_no = s.no
JOIN demo_product p ON p.no = h.product_no
CROSS JOIN LATERAL (SELECT ((s.no * 256::bigint + p.no) * 65536 + m.number) AS key) k
CROSS JOIN LATERAL (SELECT floor(h.weekly * m.weeks * (1 + p.growth * (m.month - %(as_of)s::date) / 365.0)
    * exp(0.2 * pg_temp.bell(k.key, 17)) + pg_temp.roll(k.key, 20))::int AS cartons) c
WHERE m.month = %(month)s AND s.opened_on < m.month AND m.month >= h.from_on AND m.month < h.until_on
  AND (s.state = 'active' OR m.month < s.state_since) AND c.cartons > 0
  AND pg_temp.roll(k.key, 21) > CASE h.every WHEN 4 THEN 0.08 ELSE 0.01 END
ORDER BY s.id, p.id
"""

# At the month's end the stock of the best shops is counted, front and store room: their six first products.
STOCK = """
INSERT INTO market_stockcount (id, retailer_id, product_id, territory_id, county_id, on_date, packs, source)
SELECT pg_temp.uid(k.key, 5, d.at), s.id, p.id, o.territory_id, s.county_id, d.on_date,
    floor(10 * h.weekly * CASE s.place WHEN %(full)s THEN 12 WHEN %(empty)s THEN 0.3 ELSE 1 END
        * (0.4 + 2.2 * pg_temp.roll(k.key, 31)))::int,
    CASE WHEN s.terminal_type = 'ordinary' THEN 'count' ELSE 'terminal' END
FROM demo_shop s JOIN demo_habit h ON h.shop_no = s.no AND h.rank <= 6 JOIN demo_product p ON p.no = h.product_no
CROSS JOIN LATERAL (SELECT (s.no * 256::bigint + p.no) * 65536 + (%(first)s::date - '2000-01-01') AS key) k
CROSS JOIN LATERAL (SELECT %(first)s::date + 23 + floor(5 * pg_temp.roll(s.no, 30))::int AS on_date) c
CROSS JOIN LATERAL (SELECT c.on_date, (c.on_date + time '17:00') AT TIME ZONE 'Asia/Shanghai' AS at) d
JOIN demo_owner o ON o.shop_no = s.no AND o.during @> d.on_date
WHERE s.visit_class = 'A' AND d.on_date < %(until)s AND d.on_date >= s.opened_on
  AND (s.state = 'active' OR d.on_date < s.state_since)
ORDER BY s.no, p.no
"""

# What may be ordered in the week of the as-of day of the products that are short: by tier.
ALLOTMENTS = """
INSERT INTO market_allotment (retailer_id, product_id, opens_on, closes_on, cartons)
SELECT s.id, p.id, w.monday, w.monday + 6, 1 + s.tier / 6
FROM demo_shop s CROSS JOIN demo_product p
CROSS JOIN LATERAL (SELECT date_trunc('week', %(as_of)s::timestamp)::date AS monday) w
WHERE p.popularity > 85 AND s.state = 'active' ORDER BY s.no, p.no
"""

# Every unit should sell 3 %% more than a year before, of all products and (from the county up) of each key product.
TARGETS = """
INSERT INTO market_salestarget (unit_id, product_id, month, cartons, version)
WITH sold AS (
    SELECT o.territory_id, t.product_id, t.month, sum(t.cartons) AS cartons
    FROM market_shopproductmonth t JOIN demo_shop s ON s.id = t.retailer_id
    JOIN demo_owner o ON o.shop_no = s.no AND upper_inf(o.during)
    WHERE t.month >= %(from_month)s AND t.month <= %(to_month)s GROUP BY 1, 2, 3
)
SELECT u.id, CASE WHEN grouping(d.product_id) = 1 THEN NULL ELSE d.product_id END,
    (d.month + interval '1 year')::date, ceil(sum(d.cartons) * 1.03)::int, 1
FROM sold d JOIN backend_unit t ON t.id = d.territory_id JOIN backend_unit u ON u.id = ANY(t.ancestors)
WHERE u.level >= 2
GROUP BY GROUPING SETS ((u.id, u.level, d.month), (u.id, u.level, d.month, d.product_id))
HAVING grouping(d.product_id) = 1 OR (u.level <= 3 AND d.product_id IN (SELECT id FROM demo_product WHERE is_key))
ORDER BY 3, 1, 2
"""
