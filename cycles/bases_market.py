"""What the brand and market rules read beside the common bases: key products by territory, stock, prices, policies.

Imported with the rules, for cycles/bases.py to build. Sums follow the definitions of the KPI registry
(market/figures/trade_kpis.py, docs/method.md), so that a finding and a board say the same of the same days.
"""

from __future__ import annotations

from cycles.bases import register
from market.figures.trade_queries import looked_pairs, sold_pairs
from visits.presence import counts

# -- what was ordered --------------------------------------------------------------------------------------------------

# Products that are key anywhere, by territory: the county's sum needs those territories too where one is not key.
register(
    "an_goods",
    """
    SELECT s.territory_id, s.county_id, l.product_id,
        (count(*) FILTER (WHERE l.w1 > 0 OR l.w2 > 0 OR l.w3 > 0))::int AS shops_before,
        (count(*) FILTER (WHERE l.w0 > 0))::int AS shops_now, (count(*) FILTER (WHERE l.w1 > 0))::int AS shops_last,
        (count(*) FILTER (WHERE l.w0 > 0 AND l.w1 > 0))::int AS shops_again,
        (count(*) FILTER (WHERE l.w0 > 0 OR l.w1 > 0))::int AS shops_compared,
        sum(l.w0)::bigint AS w0, sum(l.w1)::bigint AS w1, sum(l.demanded)::int AS demanded,
        sum(l.zero_ordered)::int AS refused
    FROM an_line l JOIN an_shop s ON s.retailer_id = l.retailer_id
    WHERE l.product_id IN (SELECT product_id FROM an_key)
    GROUP BY s.territory_id, s.county_id, l.product_id
    """,
    needs=("an_line", "an_shop", "an_key"),
)
register(
    "an_area",
    """
    SELECT s.territory_id, s.county_id, sum(t.w0)::bigint AS w0, sum(t.w1)::bigint AS w1, sum(t.f0)::bigint AS f0,
        sum(t.f1)::bigint AS f1, sum(t.orders0)::int AS orders0
    FROM an_total t JOIN an_shop s ON s.retailer_id = t.retailer_id
    GROUP BY s.territory_id, s.county_id
    """,
    needs=("an_total", "an_shop"),
)

# -- what was seen -----------------------------------------------------------------------------------------------------

register("an_look", looked_pairs("an_shop"), needs=("an_shop",))
register("an_sold", sold_pairs("an_shop", "an_look"), needs=("an_look",))
# Every price seen in the window by the territory stamped on the visit, as the boards average them.
register(
    "an_price",
    """
    SELECT v.territory_id, o.product_id, count(*)::int AS n, sum(o.carton_price_fen::bigint)::bigint AS sum_fen
    FROM an_unit u JOIN visits_visit v ON v.territory_id = u.territory_id
    JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id
    WHERE v.on_date >= %(from0)s AND v.on_date < %(as_of)s AND o.carton_price_fen IS NOT NULL
    AND v.month BETWEEN %(month_of_from0)s AND %(as_of_month)s
    AND o.month BETWEEN %(month_of_from0)s AND %(as_of_month)s
    GROUP BY v.territory_id, o.product_id
    """,
    needs=("an_unit",),
)
# The price index by market/kpis.py: weights are the cartons of the calendar year before.
register(
    "an_index",
    """
    WITH weight AS (
        SELECT m.unit_id, m.product_id, sum(m.cartons) AS w
        FROM market_unitproductmonth m JOIN an_unit u ON u.territory_id = m.unit_id
        WHERE m.month >= date_trunc('year', %(as_of)s::date - 1) - interval '1 year'
        AND m.month < date_trunc('year', %(as_of)s::date - 1) AND m.cartons > 0
        GROUP BY m.unit_id, m.product_id)
    SELECT p.territory_id, count(*)::int AS products, sum(p.n)::int AS prices,
        100 * sum(p.sum_fen::numeric / p.n * w.w) / sum(g.guide_carton_fen * w.w) AS index
    FROM an_price p JOIN weight w ON w.unit_id = p.territory_id AND w.product_id = p.product_id
    JOIN brands_product g ON g.id = p.product_id AND g.guide_carton_fen > 0
    GROUP BY p.territory_id
    """,
    needs=("an_price", "an_unit"),
)
# What each shop's last look at tags and at the minors sign found: products with and without a right tag as they were
# counted, or answered items of its last display check that a rule asks for by their codes. The later visit tells; of
# one visit what was counted.
register(
    "an_item",
    f"""
    WITH found AS (
    SELECT v.retailer_id, s.territory_id, v.id AS visit_id, v.month, v.on_date, v.started_at, true AS is_counted,
        f.code AS item_code, f.placed = f.items AS passed, f.items, f.placed, f.is_tag, NOT f.is_tag AS is_minors
    FROM an_shop s JOIN visits_visit v ON v.retailer_id = s.retailer_id
    JOIN visits_compliancecheck c ON c.month = v.month AND c.visit_id = v.id
    CROSS JOIN LATERAL (VALUES
        ('tags', c.tags_shown, greatest(0, c.tags_shown - coalesce(c.tags_missing, 0) - coalesce(c.tags_mismatched, 0)
            - coalesce(c.tags_altered, 0)), true),
        ('minors_sign', 1, c.minors_sign::int, false)) AS f(code, items, placed, is_tag)
    WHERE f.items > 0 AND f.placed IS NOT NULL AND v.on_date >= %(seen_from)s AND v.on_date < %(as_of)s
    AND {counts()}
    AND v.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
    AND c.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
    UNION ALL
    SELECT k.retailer_id, s.territory_id, k.visit_id, k.month, k.on_date, v.started_at, false, l.item_code, l.passed,
        1, l.passed::int,
        l.item_code = ANY(string_to_array(u.t->>'market.tag_items', ',')),
        l.item_code = ANY(string_to_array(u.t->>'market.minors_items', ','))
    FROM an_check k JOIN visits_visit v ON v.month = k.month AND v.id = k.visit_id
    JOIN an_shop s ON s.retailer_id = k.retailer_id JOIN an_unit u ON u.territory_id = s.territory_id
    JOIN visits_checkline l ON l.month = k.month AND l.visit_id = k.visit_id AND l.passed IS NOT NULL
    WHERE l.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
    AND l.item_code = ANY(string_to_array(concat_ws(',', u.t->>'market.tag_items', u.t->>'market.minors_items'), ','))
    AND v.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s),
    ranked AS (
        SELECT *, rank() OVER (
            PARTITION BY retailer_id, is_tag ORDER BY started_at DESC, visit_id, is_counted DESC) AS place
        FROM found)
    SELECT retailer_id, territory_id, visit_id, month, on_date, item_code, passed, items, placed, is_tag, is_minors
    FROM ranked WHERE place = 1
    """,  # noqa: S608 - our own condition
    needs=("an_check", "an_shop", "an_unit"),
)
# Three calendar months of pitches, by the territory stamped on the visit.
register(
    "an_pitch",
    """
    SELECT v.territory_id, (%(as_of)s::date - interval '3 months')::date AS since, count(*)::int AS pitches,
        (count(*) FILTER (WHERE p.accepted))::int AS accepted, count(DISTINCT v.id)::int AS visits
    FROM an_unit u JOIN visits_visit v ON v.territory_id = u.territory_id
    JOIN visits_pitch p ON p.month = v.month AND p.visit_id = v.id
    WHERE v.on_date >= (%(as_of)s::date - interval '3 months')::date AND v.on_date < %(as_of)s
    AND v.month BETWEEN date_trunc('month', %(as_of)s::date - interval '3 months')::date AND %(as_of_month)s
    AND p.month BETWEEN date_trunc('month', %(as_of)s::date - interval '3 months')::date AND %(as_of_month)s
    GROUP BY v.territory_id
    """,
    needs=("an_unit",),
)

# -- policies ----------------------------------------------------------------------------------------------------------

# The newest released version of each policy whose deadline is near or passed lately, for each territory under its unit.
register(
    "an_policy",
    """
    SELECT t.territory_id, v.id AS version_id, p.title, coalesce(nullif(p.title_en, ''), p.title) AS title_en,
        v.brief_by, v.released_at
    FROM (SELECT DISTINCT ON (policy_id) * FROM visits_policyversion
        WHERE released_at < %(as_of)s::date::timestamp AT TIME ZONE 'Asia/Shanghai' ORDER BY policy_id, number DESC) v
    JOIN visits_policy p ON p.id = v.policy_id
    JOIN an_unit t ON true JOIN backend_unit u ON u.id = t.territory_id AND u.ancestors @> ARRAY[p.unit_id]
    WHERE v.brief_by < %(as_of)s::date + (t.t->>'market.policy_days_before')::int
    AND v.brief_by >= %(as_of)s::date - (t.t->>'market.policy_days_after')::int
    """,
    needs=("an_unit",),
)
register(
    "an_untold",
    f"""
    WITH told AS (
        SELECT DISTINCT v.retailer_id, b.policy_version_id
        FROM visits_briefing b JOIN visits_visit v ON v.month = b.month AND v.id = b.visit_id
        WHERE b.policy_version_id IN (SELECT version_id FROM an_policy)
        AND b.month >= (SELECT date_trunc('month', min(released_at) AT TIME ZONE 'Asia/Shanghai')::date FROM an_policy)
        AND v.month >= (SELECT date_trunc('month', min(released_at) AT TIME ZONE 'Asia/Shanghai')::date FROM an_policy)
        AND v.on_date < %(as_of)s AND {counts()})
    SELECT s.retailer_id, s.territory_id, p.version_id, p.title, p.title_en, p.brief_by
    FROM an_policy p JOIN an_shop s ON s.territory_id = p.territory_id AND s.state = 'active'
    LEFT JOIN told ON told.retailer_id = s.retailer_id AND told.policy_version_id = p.version_id
    WHERE told.retailer_id IS NULL
    """,  # noqa: S608 - our own condition
    needs=("an_policy", "an_shop"),
)

# -- forecasts ---------------------------------------------------------------------------------------------------------

# The forecast of the last whole month before as_of, and what the shops ordered that were the territory's on its last
# day (cycles/forecast.py, forecast_accuracy).
register(
    "an_forecast",
    """
    WITH ended AS (
        SELECT (%(as_of_month)s::date - interval '1 month')::date AS month, %(as_of_month)s::date - 1 AS last)
    SELECT f.unit_id AS territory_id, f.month, e.last, f.cartons AS forecast, sum(o.cartons)::bigint AS actual,
        count(*)::int AS orders
    FROM ended e JOIN cycles_forecast f ON f.month = e.month AND f.cartons IS NOT NULL
    JOIN an_unit u ON u.territory_id = f.unit_id
    JOIN retail_assignment a ON a.territory_id = f.unit_id AND a.during @> e.last
    JOIN market_order o ON o.retailer_id = a.retailer_id AND o.month = e.month
    GROUP BY f.unit_id, f.month, e.last, f.cartons
    """,
    needs=("an_unit",),
)

# -- flow --------------------------------------------------------------------------------------------------------------

# What a shop and its class in the county order, and what they pay for a carton: the class without the shop itself.
register(
    "an_flow",
    """
    WITH class AS (
        SELECT s.county_id, s.class, count(*) AS shops, sum(t.w0)::numeric AS w0, sum(t.f0)::numeric AS f0
        FROM an_total t JOIN an_shop s ON s.retailer_id = t.retailer_id WHERE t.w0 > 0 GROUP BY s.county_id, s.class)
    SELECT s.retailer_id, s.territory_id, s.scale, s.market_type, s.opened_on, t.w0, t.f0, t.w1, t.f1, t.orders0,
        (t.w1 + t.w2 + t.w3) / 3.0 AS own_mean, c.shops - 1 AS peers,
        (c.w0 - t.w0) / nullif(c.shops - 1, 0) AS peer_mean,
        t.f0::numeric / t.w0 AS price_fen, t.f1::numeric / nullif(t.w1, 0) AS own_price_fen,
        (c.f0 - t.f0) / nullif(c.w0 - t.w0, 0) AS peer_price_fen
    FROM an_total t JOIN an_shop s ON s.retailer_id = t.retailer_id
    JOIN class c ON c.county_id = s.county_id AND c.class = s.class
    WHERE t.w0 > 0 AND t.w1 > 0 AND t.w2 > 0 AND t.w3 > 0 AND (s.scale = 3 OR s.market_type = 'X')
    """,
    needs=("an_total", "an_shop"),
)
