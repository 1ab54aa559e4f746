"""What phones hold of the market: 13 months of each shop in one document; registered by apps.py."""

from __future__ import annotations

from backend import clock
from backend.feeds import Feed
from market.feed_shapes import Samples, ShopMonths
from market.intelligence import news

SOLD = "sold"  # the mark: orders of shops that the territory has today have changed
MONTHS = 13  # this month, and the same one a year ago

# From facts. Money by cartons tells what a carton is worth there: the shop's structure in one figure.
_SHOP_MONTHS = f"""
WITH shop AS MATERIALIZED (
    SELECT a.territory_id, a.retailer_id FROM retail_assignment a
    WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date
    AND (%(ids)s::uuid[] IS NULL OR a.retailer_id = ANY(%(ids)s::uuid[]))),
sold AS (
    SELECT o.retailer_id, o.month, count(*) AS orders, sum(o.cartons) AS cartons, sum(o.amount_fen) AS amount_fen
    FROM shop JOIN market_order o ON o.retailer_id = shop.retailer_id
    WHERE o.month BETWEEN {clock.month_sql(1 - MONTHS)} AND {clock.month_sql()} GROUP BY o.retailer_id, o.month),
seen AS (
    SELECT v.retailer_id, v.month, count(*) AS visits
    FROM shop JOIN visits_visit v ON v.retailer_id = shop.retailer_id
    WHERE v.month BETWEEN {clock.month_sql(1 - MONTHS)} AND {clock.month_sql()} GROUP BY v.retailer_id, v.month),
told AS (
    SELECT retailer_id, json_agg(json_build_object('month', to_char(month, 'YYYY-MM'), 'cartons', coalesce(cartons, 0),
        'amount_fen', coalesce(amount_fen, 0), 'orders', coalesce(orders, 0), 'visits', coalesce(visits, 0))
        ORDER BY month) AS months
    FROM sold FULL JOIN seen USING (retailer_id, month)
    GROUP BY retailer_id)
SELECT shop.territory_id, shop.retailer_id,
    json_build_object('id', shop.retailer_id, 'months', coalesce(told.months, '[]'))
FROM shop LEFT JOIN told ON told.retailer_id = shop.retailer_id
"""  # noqa: S608  numbers of our own

# What this week is to be collected where, and what last week's came to.
_SAMPLES = """
SELECT s.territory_id, s.id, json_build_object('id', s.id, 'week_on', s.week_on, 'retailer_id', s.retailer_id,
    'stratum', p.stratum, 'products', s.products, 'state', s.state, 'taken_on', s.taken_on, 'seen', s.seen,
    'suspects', s.suspects, 'is_accepted', s.is_accepted, 'words', nullif(s.decided_words, ''))
FROM market_sample s JOIN market_collectionpoint p ON p.id = s.point_id
JOIN retail_assignment a ON a.retailer_id = s.retailer_id AND a.during @> %(today)s::date
WHERE a.territory_id = ANY(%(units)s) AND a.territory_id = s.territory_id AND s.week_on > %(today)s::date - 14
AND (%(ids)s::uuid[] IS NULL OR s.id = ANY(%(ids)s::uuid[]))
"""

FEEDS = (
    Feed(
        "shop_months",
        1,
        "market.read",
        _SHOP_MONTHS,
        kinds=(SOLD, "visits", "visited", "assignments"),
        shape=ShopMonths,
    ),
    Feed("samples", 1, "market.read", _SAMPLES, kinds=("samples", "assignments"), shape=Samples),
    news.FEED,
)
