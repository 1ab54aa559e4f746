"""The statements behind order_import.py; nothing else calls them.

A file of a million lines is passed over a few times only: for the orders it speaks of, to lay its lines under them, to
leave out what is wrong or there twice, and to write lines and totals. All else is by order: one in twenty-five rows.
"""

from __future__ import annotations

from backend.ids import numbered_uuid7_sql

TABLES = (
    "order_named", "order_head", "order_given", "order_bad", "order_before", "order_after", "order_touched",
    "order_shops",
)  # fmt: skip

# Every different (order, shop, day) that the file speaks of, and why it may not be. A shop outside the importer's units
# is told as one that does not exist.
NAMED = """
CREATE TEMP TABLE order_named ON COMMIT DROP AS
SELECT n.order_no, n.retailer_code, n.on_date, n.first_row, date_trunc('month', n.on_date)::date AS month,
    r.id AS retailer_id, r.county_id AS home_id,
    CASE WHEN r.id IS NULL THEN 'unknown_retailer' WHEN n.on_date > %(today)s THEN 'in_future_order'
        WHEN date_trunc('month', n.on_date)::date <> ALL(%(months)s::date[]) THEN 'month_not_kept' END AS reason
FROM (
    SELECT order_no, retailer_code, on_date, min(row_no) AS first_row FROM import_row
    WHERE order_no IS NOT NULL AND retailer_code IS NOT NULL AND on_date IS NOT NULL
    GROUP BY order_no, retailer_code, on_date) n
LEFT JOIN (SELECT r.id, r.code, r.county_id FROM retail_retailer r JOIN backend_unit c ON c.id = r.county_id
    WHERE c.ancestors && %(units)s::bigint[]) r ON r.code = n.retailer_code
"""
# One order is of one shop and one day: those of its first row that may be. What the database has of it is found in the
# month before to the month after those of the file.
HEADS = f"""
CREATE TEMP TABLE order_head ON COMMIT DROP AS
SELECT n.head, n.order_no, n.retailer_code, n.on_date, n.month, n.retailer_id,
    u.id AS territory_id, coalesce(u.ancestors[4], n.home_id) AS county_id, coalesce(o.id, n.new_id) AS order_id,
    o.month AS old_month, o.retailer_id AS old_retailer_id, o.on_date AS old_on_date, o.county_id AS old_county_id,
    o.territory_id AS old_territory_id, o.cartons AS old_cartons, o.amount_fen AS old_amount_fen, false AS is_partial
FROM (
    SELECT *, {numbered_uuid7_sql("head")} AS new_id FROM (
        SELECT *, row_number() OVER (ORDER BY first_row)::integer AS head FROM (
            SELECT DISTINCT ON (order_no) * FROM order_named WHERE reason IS NULL ORDER BY order_no, first_row) f) c) n
LEFT JOIN retail_assignment a ON a.retailer_id = n.retailer_id AND a.during @> n.on_date
LEFT JOIN backend_unit u ON u.id = a.territory_id
LEFT JOIN LATERAL (SELECT o.* FROM market_order o WHERE o.order_no = n.order_no
    AND o.month = ANY(%(near)s::date[]) ORDER BY o.month = n.month DESC, o.month LIMIT 1) o ON true
"""  # noqa: S608 - a constant
# Where an order stood whose shop lies outside the importer's units, that order is another one's.
NOT_YOURS = """
INSERT INTO import_fault (row_no, "column", severity, code, value)
SELECT i.row_no, 'order_no', 'error', 'order_not_yours', i.order_no
FROM order_head h JOIN backend_unit c ON c.id = h.old_county_id JOIN import_row i ON i.order_no = h.order_no
WHERE NOT c.ancestors && %(units)s::bigint[]
"""
NOT_WHOLE = """
INSERT INTO import_fault (row_no, "column", severity, code, value)
SELECT i.row_no, '{column}', 'error', 'not_whole_cartons', i.{column}::text
FROM import_row i JOIN brands_product p ON p.code = i.product_code
WHERE i.{column} % p.packs_per_carton <> 0
"""
# What the ordering system would not have allowed is kept, but looked at.
OVER_ALLOTTED = """
INSERT INTO import_fault (row_no, "column", severity, code, value)
SELECT row_no, 'ordered_cartons', 'warning', 'over_allotted', ordered_cartons::text FROM import_row
WHERE ordered_cartons > allotted_cartons
"""
# Every row under its order; one without an order that may be, of another shop or day, or without a product has no head.
GIVEN = """
CREATE TEMP TABLE order_given ON COMMIT DROP AS
SELECT i.row_no, CASE WHEN p.id IS NOT NULL AND i.retailer_code = h.retailer_code AND i.on_date = h.on_date
    THEN h.head END AS head, p.id AS product_id, {demanded} AS demanded_cartons, {allotted} AS allotted_cartons,
    {ordered} AS ordered_cartons, i.amount_fen
FROM import_row i LEFT JOIN order_head h USING (order_no) LEFT JOIN brands_product p ON p.code = i.product_code
"""
# The rows without a head, and why they have none.
BAD = """
CREATE TEMP TABLE order_bad ON COMMIT DROP AS
SELECT row_no, order_no, retailer_code, on_date, product_code FROM import_row
WHERE row_no IN (SELECT row_no FROM order_given WHERE head IS NULL)
"""
REFUSED_ORDERS = """
INSERT INTO import_fault (row_no, "column", severity, code, value)
SELECT i.row_no, CASE WHEN n.reason = 'unknown_retailer' THEN 'retailer_code'
        WHEN n.reason IS NULL THEN 'order_no' ELSE 'on_date' END, 'error', coalesce(n.reason, 'other_order'),
    CASE WHEN n.reason = 'unknown_retailer' THEN n.retailer_code
        WHEN n.reason IS NULL THEN n.order_no ELSE n.on_date::text END
FROM order_bad i
JOIN order_named n ON n.order_no = i.order_no AND n.retailer_code = i.retailer_code AND n.on_date = i.on_date
LEFT JOIN order_head h ON h.order_no = n.order_no
WHERE n.reason IS NOT NULL OR (n.retailer_id, n.on_date) <> (h.retailer_id, h.on_date)
"""
UNKNOWN_PRODUCTS = """
INSERT INTO import_fault (row_no, "column", severity, code, value)
SELECT row_no, 'product_code', 'error', 'unknown_product', product_code FROM order_bad
WHERE product_code NOT IN (SELECT code FROM brands_product)
"""
# What is wrong is not given; of an order with such a row, the lines that the file does not name stay as they are.
LEAVE_OUT = """
WITH gone AS (
    DELETE FROM order_given WHERE row_no IN (SELECT row_no FROM import_fault WHERE severity = 'error') RETURNING head)
UPDATE order_head SET is_partial = true
WHERE head IN (SELECT head FROM gone) OR order_no IN (SELECT order_no FROM order_bad)
"""
# The orders with more rows than products: each product is a bit, which is far cheaper than to group by both.
WITH_REPEATED = """
SELECT array_agg(head) FROM (
    SELECT g.head FROM order_given g JOIN (
        SELECT id, 1::bit({products}) << (row_number() OVER () - 1)::integer AS bits FROM brands_product
    ) p ON p.id = g.product_id
    GROUP BY g.head HAVING bit_count(bit_or(p.bits)) < count(*)) r
"""
# Of two rows of one order and product the last one counts: it is what the source said last.
REPEATED = """
WITH twice AS (
    SELECT head, product_id, max(row_no) AS last_row FROM order_given WHERE head = ANY(%(heads)s)
    GROUP BY head, product_id HAVING count(*) > 1),
gone AS (
    DELETE FROM order_given g USING twice t
    WHERE g.head = t.head AND g.product_id = t.product_id AND g.row_no <> t.last_row
    RETURNING g.row_no, g.product_id)
INSERT INTO import_fault (row_no, "column", severity, code, value)
SELECT g.row_no, 'product_code', 'error', 'repeated', p.code FROM gone g JOIN brands_product p ON p.id = g.product_id
"""
BEFORE = """
CREATE TEMP TABLE order_before ON COMMIT DROP AS
SELECT h.head, l.product_id, l.demanded_cartons, l.allotted_cartons, l.ordered_cartons, l.amount_fen
FROM order_head h JOIN market_orderline l ON l.month = h.old_month AND l.order_id = h.order_id
"""
# By order: how many lines are new, others, the same or gone, and what stood and will stand.
AFTER_NEW = """
CREATE TEMP TABLE order_after ON COMMIT DROP AS
SELECT head, count(*) AS given, count(*) AS created, 0::bigint AS changed, 0::bigint AS unchanged, 0::bigint AS removed,
    sum(ordered_cartons) AS cartons, sum(amount_fen)::bigint AS amount_fen
FROM order_given GROUP BY head
"""
AFTER = """
CREATE TEMP TABLE order_after ON COMMIT DROP AS
SELECT head, count(g.head) AS given, count(*) FILTER (WHERE b.head IS NULL) AS created,
    count(*) FILTER (WHERE g.head IS NOT NULL AND b.head IS NOT NULL AND differs) AS changed,
    count(*) FILTER (WHERE g.head IS NOT NULL AND b.head IS NOT NULL AND NOT differs) AS unchanged,
    count(*) FILTER (WHERE g.head IS NULL AND NOT h.is_partial) AS removed,
    sum(coalesce(g.ordered_cartons, b.ordered_cartons))
        FILTER (WHERE g.head IS NOT NULL OR h.is_partial) AS cartons,
    sum(coalesce(g.amount_fen, b.amount_fen)) FILTER (WHERE g.head IS NOT NULL OR h.is_partial)::bigint AS amount_fen
FROM order_given g FULL JOIN order_before b USING (head, product_id)
JOIN (SELECT head, is_partial FROM order_head) h USING (head)
CROSS JOIN LATERAL (SELECT (g.demanded_cartons, g.allotted_cartons, g.ordered_cartons, g.amount_fen)
    IS DISTINCT FROM (b.demanded_cartons, b.allotted_cartons, b.ordered_cartons, b.amount_fen) AS differs) d
GROUP BY head
"""
# The orders of which at least one line is good and something would be another than it is.
TOUCHED = """
CREATE TEMP TABLE order_touched ON COMMIT DROP AS
SELECT h.*, a.cartons, a.amount_fen
FROM order_head h JOIN order_after a USING (head)
WHERE a.given > 0 AND (a.created + a.changed + a.removed > 0
    OR (h.retailer_id, h.on_date, h.month) IS DISTINCT FROM (h.old_retailer_id, h.old_on_date, h.old_month))
"""
TALLY = """
SELECT coalesce(sum(given), 0), coalesce(sum(created), 0), coalesce(sum(changed), 0), coalesce(sum(unchanged), 0),
    coalesce(sum(removed), 0),
    (SELECT count(DISTINCT row_no) FROM import_fault WHERE severity = 'warning'
        AND row_no NOT IN (SELECT row_no FROM import_fault WHERE severity = 'error'))
FROM order_after
"""
# Of an order without a good line nothing is said: it stays as it is, and may be of a shop outside the importer's units.
DIFFERENCE = """
WITH side AS (
    SELECT month, county_id, 0::bigint AS cartons_before, cartons::bigint AS cartons_after, 0::bigint AS fen_before,
        amount_fen AS fen_after FROM order_head JOIN order_after USING (head) WHERE given > 0
    UNION ALL SELECT old_month, old_county_id, old_cartons, 0, old_amount_fen, 0 FROM order_head
    JOIN order_after USING (head) WHERE given > 0 AND old_month IS NOT NULL)
SELECT to_char(month, 'YYYY-MM'), county_id, c.name, sum(cartons_before)::bigint, sum(cartons_after)::bigint,
    sum(fen_before)::bigint, sum(fen_after)::bigint
FROM side JOIN backend_unit c ON c.id = county_id GROUP BY month, county_id, c.name ORDER BY month, county_id
"""

# -- writing -----------------------------------------------------------------------------------------------------------

KEEP = """
INSERT INTO market_loadedkey (run_id, kind, key, before)
SELECT %(run)s, 'orders', t.order_no, CASE WHEN t.old_month IS NOT NULL THEN jsonb_build_object(
    'id', t.order_id, 'month', t.old_month, 'retailer_id', t.old_retailer_id, 'territory_id', t.old_territory_id,
    'county_id', t.old_county_id, 'on_date', t.old_on_date, 'cartons', t.old_cartons, 'amount_fen', t.old_amount_fen,
    'lines', coalesce(b.lines, '[]')) END
FROM order_touched t LEFT JOIN (
    SELECT head, jsonb_agg(jsonb_build_array(product_id, demanded_cartons, allotted_cartons, ordered_cartons,
        amount_fen)) AS lines FROM order_before GROUP BY head) b USING (head)
"""
KEPT_LINES = """
INSERT INTO order_given (row_no, head, product_id, demanded_cartons, allotted_cartons, ordered_cartons, amount_fen)
SELECT NULL, b.head, b.product_id, b.demanded_cartons, b.allotted_cartons, b.ordered_cartons, b.amount_fen
FROM order_before b JOIN order_touched t USING (head)
WHERE t.is_partial AND NOT EXISTS (SELECT FROM order_given g WHERE g.head = b.head AND g.product_id = b.product_id)
"""
DROP_LINES = """
DELETE FROM market_orderline l USING order_touched t WHERE l.month = t.old_month AND l.order_id = t.order_id
"""
DROP_ORDERS = "DELETE FROM market_order o USING order_touched t WHERE o.month = t.old_month AND o.id = t.order_id"
ADD_ORDERS = """
INSERT INTO market_order (id, month, order_no, retailer_id, territory_id, county_id, on_date, cartons, amount_fen)
SELECT order_id, month, order_no, retailer_id, territory_id, county_id, on_date, cartons, amount_fen
FROM order_touched
"""
ADD_LINES = """
INSERT INTO market_orderline (month, order_id, product_id, demanded_cartons, allotted_cartons, ordered_cartons,
    amount_fen)
SELECT t.month, t.order_id, g.product_id, g.demanded_cartons, g.allotted_cartons, g.ordered_cartons, g.amount_fen
FROM order_given g JOIN order_touched t USING (head)
"""
# Of whom totals and figures are another: shop and day, as they were and as they are.
SHOPS = """
CREATE TEMP TABLE order_shops ON COMMIT DROP AS
SELECT retailer_id, on_date, month FROM order_touched
UNION SELECT old_retailer_id, old_on_date, old_month FROM order_touched WHERE old_month IS NOT NULL
"""
# Whether those shops have other orders in their months.
HAVE_OTHERS = """
SELECT EXISTS (SELECT FROM (SELECT DISTINCT month, retailer_id FROM order_shops) s
    JOIN market_order o ON o.month = s.month AND o.retailer_id = s.retailer_id)
"""
# Totals that were loaded for a shop's month of which no order was kept give way to its orders, and are kept aside.
KEEP_TOTALS = """
INSERT INTO market_loadedkey (run_id, kind, key, before)
SELECT %(run)s, 'order_totals', s.month || ' ' || s.retailer_id,
    jsonb_agg(jsonb_build_array(t.product_id, t.cartons, t.amount_fen))
FROM (SELECT DISTINCT month, retailer_id FROM order_shops) s
JOIN market_shopproductmonth t ON t.month = s.month AND t.retailer_id = s.retailer_id
WHERE NOT EXISTS (SELECT FROM market_order o WHERE o.month = s.month AND o.retailer_id = s.retailer_id)
    AND NOT EXISTS (SELECT FROM order_touched h WHERE h.old_month = s.month AND h.old_retailer_id = s.retailer_id)
GROUP BY s.month, s.retailer_id
"""
DROP_TOTALS = """
DELETE FROM market_shopproductmonth t USING (SELECT DISTINCT month, retailer_id FROM order_shops) s
WHERE t.month = s.month AND t.retailer_id = s.retailer_id
"""
ADD_TOTALS = """
INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
SELECT o.month, o.retailer_id, l.product_id, sum(l.ordered_cartons), sum(l.amount_fen)
FROM (SELECT DISTINCT month, retailer_id FROM order_shops) s
JOIN market_order o ON o.month = s.month AND o.retailer_id = s.retailer_id
JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
GROUP BY o.month, o.retailer_id, l.product_id
"""
# Of shops whose orders of the month are all in the file; laid in the order of the key.
ADD_TOTALS_NEW = """
WITH touched AS (
    SELECT head, month, retailer_id, dense_rank() OVER (ORDER BY month, retailer_id)::integer AS shop
    FROM order_touched)
INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
SELECT s.month, s.retailer_id, t.product_id, t.cartons, t.amount_fen
FROM (
    SELECT shop, product_id, sum(ordered_cartons) AS cartons, sum(amount_fen) AS amount_fen
    FROM order_given JOIN touched USING (head) GROUP BY shop, product_id ORDER BY shop, product_id) t
JOIN (SELECT DISTINCT shop, month, retailer_id FROM touched) s USING (shop)
"""

# -- taking back -------------------------------------------------------------------------------------------------------

LATER = """
SELECT DISTINCT mine.key FROM market_loadedkey mine JOIN market_loadedkey later
    ON later.kind = mine.kind AND later.key = mine.key AND later.id > mine.id AND later.run_id <> mine.run_id
WHERE mine.run_id = %(run)s AND mine.kind <> 'order_totals' ORDER BY mine.key LIMIT 20
"""
# A number may be used anew after months: what was written over is known by its id, what was new is the newest.
UNDO_HEADS = """
CREATE TEMP TABLE order_touched ON COMMIT DROP AS
SELECT k.key AS order_no, o.id AS order_id, o.month AS old_month, o.retailer_id AS old_retailer_id,
    o.on_date AS old_on_date, (k.before->>'month')::date AS month, (k.before->>'retailer_id')::uuid AS retailer_id,
    (k.before->>'on_date')::date AS on_date, k.before
FROM market_loadedkey k LEFT JOIN LATERAL (SELECT o.* FROM market_order o WHERE o.order_no = k.key
    AND o.month = ANY(%(months)s::date[]) AND (k.before IS NULL OR o.id = (k.before->>'id')::uuid)
    ORDER BY o.id DESC LIMIT 1) o ON true
WHERE k.run_id = %(run)s AND k.kind = 'orders'
"""
UNDO_SHOPS = """
CREATE TEMP TABLE order_shops ON COMMIT DROP AS
SELECT retailer_id, on_date, month FROM order_touched WHERE month IS NOT NULL
UNION SELECT old_retailer_id, old_on_date, old_month FROM order_touched WHERE old_month IS NOT NULL
"""
UNDO_ORDERS = """
INSERT INTO market_order (id, month, order_no, retailer_id, territory_id, county_id, on_date, cartons, amount_fen)
SELECT (before->>'id')::uuid, month, order_no, retailer_id, (before->>'territory_id')::bigint,
    (before->>'county_id')::bigint, on_date, (before->>'cartons')::integer, (before->>'amount_fen')::bigint
FROM order_touched WHERE before IS NOT NULL
"""
UNDO_LINES = """
INSERT INTO market_orderline (month, order_id, product_id, demanded_cartons, allotted_cartons, ordered_cartons,
    amount_fen)
SELECT month, (before->>'id')::uuid, (line->>0)::bigint, (line->>1)::integer, (line->>2)::integer, (line->>3)::integer,
    (line->>4)::bigint
FROM order_touched, jsonb_array_elements(before->'lines') AS line WHERE before IS NOT NULL
"""
# Where other orders of the month stand they still say what was sold.
UNDO_TOTALS = """
INSERT INTO market_shopproductmonth (month, retailer_id, product_id, cartons, amount_fen)
SELECT s.month, s.retailer_id, (total->>0)::bigint, (total->>1)::integer, (total->>2)::bigint
FROM market_loadedkey k
CROSS JOIN LATERAL (SELECT split_part(k.key, ' ', 1)::date AS month, split_part(k.key, ' ', 2)::uuid AS retailer_id) s
CROSS JOIN LATERAL jsonb_array_elements(k.before) AS total
WHERE k.run_id = %(run)s AND k.kind = 'order_totals'
    AND NOT EXISTS (SELECT FROM market_order o WHERE o.month = s.month AND o.retailer_id = s.retailer_id)
"""
FORGET = "DELETE FROM market_loadedkey WHERE run_id = %(run)s"
