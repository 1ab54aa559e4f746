"""What rules read of visits: the last look at each shop and product, its stock, its display; for cycles/rules.

A visit whose place is still to be verified is evidence of nothing and is left out.
"""

from __future__ import annotations

from cycles.bases import register
from visits.presence import counts

register(
    "an_seen",
    f"""
    SELECT DISTINCT ON (v.retailer_id, o.product_id) v.retailer_id, o.product_id, v.id AS visit_id, v.month, v.on_date,
        o.on_shelf, o.carton_price_fen, o.stock_packs, o.oos_days
    FROM an_shop s JOIN visits_visit v ON v.retailer_id = s.retailer_id
    JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id
    WHERE v.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
    AND o.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
    AND v.on_date >= %(seen_from)s AND v.on_date < %(as_of)s AND {counts()}
    ORDER BY v.retailer_id, o.product_id, v.started_at DESC, v.id DESC, o.line_no DESC
    """,  # noqa: S608 - our own condition
    needs=("an_shop",),
)
# A look that did not count the stock does not hide the one before that did. On one day a count wins over a look.
register(
    "an_stock",
    f"""
    SELECT DISTINCT ON (retailer_id, product_id) retailer_id, product_id, on_date, packs, source FROM (
        SELECT c.retailer_id, c.product_id, c.on_date, c.packs, c.source, 1 AS trust, c.id
        FROM an_shop s JOIN market_stockcount c ON c.retailer_id = s.retailer_id
        WHERE c.on_date >= %(seen_from)s AND c.on_date < %(as_of)s
        UNION ALL
        SELECT v.retailer_id, o.product_id, v.on_date, o.stock_packs, 'visit', 2, v.id
        FROM an_shop s JOIN visits_visit v ON v.retailer_id = s.retailer_id
        JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id
        WHERE v.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
        AND o.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
        AND v.on_date >= %(seen_from)s AND v.on_date < %(as_of)s AND {counts()}
        AND o.stock_packs IS NOT NULL) known
    ORDER BY retailer_id, product_id, on_date DESC, trust, source, id DESC
    """,  # noqa: S608 - our own condition
    needs=("an_shop",),
)
# The newest start per shop first, then its row: cheaper than sorting every visit ever kept.
register(
    "an_visit",
    f"""
    WITH newest AS MATERIALIZED (
        SELECT v.retailer_id, max(v.started_at) AS started_at,
            (count(*) FILTER (WHERE v.on_date >= %(month)s))::int AS visits_so_far
        FROM an_shop s JOIN visits_visit v ON v.retailer_id = s.retailer_id
        WHERE v.on_date < %(as_of)s AND v.month <= %(as_of_month)s AND {counts()}
        GROUP BY v.retailer_id)
    SELECT DISTINCT ON (n.retailer_id) n.retailer_id, v.id AS last_visit_id, v.month AS last_month,
        v.on_date AS last_on, n.visits_so_far
    FROM newest n JOIN visits_visit v ON v.retailer_id = n.retailer_id AND v.started_at = n.started_at
    WHERE v.on_date < %(as_of)s AND v.month <= %(as_of_month)s AND {counts()}
    ORDER BY n.retailer_id, v.id DESC
    """,  # noqa: S608 - our own condition
    needs=("an_shop",),
)
register(
    "an_check",
    f"""
    SELECT DISTINCT ON (v.retailer_id) v.retailer_id, v.id AS visit_id, v.month, v.on_date, v.display_score AS score
    FROM an_shop s JOIN visits_visit v ON v.retailer_id = s.retailer_id
    WHERE v.month BETWEEN %(month_of_seen_from)s AND %(as_of_month)s
    AND v.on_date >= %(seen_from)s AND v.on_date < %(as_of)s AND {counts()}
    AND v.display_score IS NOT NULL
    ORDER BY v.retailer_id, v.started_at DESC, v.id DESC
    """,  # noqa: S608 - our own condition
    needs=("an_shop",),
)
register(
    "an_key",
    """
    SELECT DISTINCT t.territory_id, k.product_id
    FROM an_unit t JOIN backend_unit u ON u.id = t.territory_id
    JOIN brands_keyproduct k ON k.unit_id = ANY(u.ancestors) AND k.during @> %(as_of)s::date
    """,
    needs=("an_unit",),
)
