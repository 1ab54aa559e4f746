"""Metrics of the client dimension: what a shop ordered, how often it was seen, what is overdue there.

Imported at start by cycles/measures.py. Units and products in units are measured in cartons too: their shops are those
assigned on the month's last day, as on the boards (docs/method.md, "Figures").
"""

from __future__ import annotations

from cycles.metrics import Metric, register
from visits.presence import counts

# Where nothing at all was loaded for a county's month, nobody ordered 0 cartons: it is not known.
LOADED = """EXISTS (
    SELECT 1 FROM retail_retailer x JOIN market_shopproductmonth t ON t.month = %(month)s AND t.retailer_id = x.id
    WHERE x.county_id = {county})"""
# The shops of each subject that is a unit, on the month's last day.
MEMBERS = """SELECT s.action_id, a.retailer_id FROM subject s
    JOIN backend_unit u ON u.ancestors @> ARRAY[s.unit_id] AND u.level = 5
    JOIN retail_assignment a ON a.territory_id = u.id AND a.during @> %(last)s::date
    WHERE s.unit_id IS NOT NULL"""

_CARTONS = f"""
WITH county AS MATERIALIZED (
    SELECT k.county_id FROM (SELECT DISTINCT county_id FROM subject WHERE retailer_id IS NOT NULL) k
    WHERE {LOADED.format(county="k.county_id")}),
shop AS (
    SELECT s.action_id, CASE WHEN c.county_id IS NOT NULL THEN coalesce(sum(t.cartons), 0) END AS cartons
    FROM subject s LEFT JOIN county c ON c.county_id = s.county_id
    LEFT JOIN market_shopproductmonth t ON t.month = %(month)s AND t.retailer_id = s.retailer_id
    WHERE s.retailer_id IS NOT NULL GROUP BY s.action_id, c.county_id),
unit AS (
    SELECT s.action_id, sum(CASE WHEN s.product_id IS NULL OR t.product_id = s.product_id THEN t.cartons ELSE 0 END)
    FROM ({MEMBERS}) m JOIN subject s ON s.action_id = m.action_id
    JOIN market_shopproductmonth t ON t.month = %(month)s AND t.retailer_id = m.retailer_id GROUP BY s.action_id)
SELECT action_id, cartons FROM shop UNION ALL SELECT action_id, sum FROM unit
"""  # noqa: S608  conditions of our own
_ORDERS = f"""
WITH county AS MATERIALIZED (
    SELECT k.county_id FROM (SELECT DISTINCT county_id FROM subject WHERE retailer_id IS NOT NULL) k
    WHERE {LOADED.format(county="k.county_id")})
SELECT s.action_id, count(o.id)
FROM subject s JOIN county c ON c.county_id = s.county_id
LEFT JOIN market_order o ON o.month = %(month)s AND o.retailer_id = s.retailer_id AND o.cartons > 0
WHERE s.retailer_id IS NOT NULL GROUP BY s.action_id
"""  # noqa: S608  conditions of our own
_VISITS = f"""
SELECT s.action_id, count(v.id)
FROM subject s LEFT JOIN visits_visit v ON v.month = %(month)s AND v.retailer_id = s.retailer_id
    AND {counts()}
WHERE s.retailer_id IS NOT NULL GROUP BY s.action_id
"""  # noqa: S608 - our own condition
_PROMISES = """
SELECT s.action_id, count(p.id)
FROM subject s LEFT JOIN retail_promise p ON p.retailer_id = s.retailer_id AND p.promised_on < %(next)s
    AND p.due_on < %(next)s AND (p.settled_on IS NULL OR p.settled_on >= %(next)s)
WHERE s.retailer_id IS NOT NULL GROUP BY s.action_id
"""
_NEEDS = """
SELECT s.action_id, count(n.id)
FROM subject s LEFT JOIN retail_need n ON n.retailer_id = s.retailer_id AND n.raised_on < %(next)s
    AND n.due_on < %(next)s AND (n.closed_on IS NULL OR n.closed_on >= %(next)s)
WHERE s.retailer_id IS NOT NULL GROUP BY s.action_id
"""
_LICENCE = """
SELECT s.action_id, r.licence_valid_until - %(last)s::date
FROM subject s JOIN retail_retailer r ON r.id = s.retailer_id
"""

register(
    Metric("cartons", "cartons", "订货量(条)", "cartons ordered", _CARTONS),
    Metric("orders", "count", "订货次数", "orders", _ORDERS),
    Metric("visits", "count", "走访次数", "visits", _VISITS),
    Metric("promises_overdue", "count", "逾期承诺数", "promises overdue", _PROMISES),
    Metric("needs_overdue", "count", "逾期需求数", "needs overdue", _NEEDS),
    Metric("licence_days", "days", "许可证月末剩余天数", "days that the licence is valid after the month", _LICENCE),
)
