"""Metrics of the market dimension: prices, display, tags, policies told, and a territory's index, value and forecast.

Imported by cycles/measures.py. They read the bases of the rules as they stand on the first day after the month;
what was to be told is read from the policies that the action itself names.
"""

from __future__ import annotations

from cycles.metrics import Metric, register
from cycles.metrics_brand import products_found_by
from cycles.rules.storefront import OFF_PRICE
from visits.presence import counts

_DISPLAY = "SELECT s.action_id, k.score FROM subject s JOIN an_check k ON k.retailer_id = s.retailer_id"
_TAGS = """
SELECT s.action_id, round(100.0 * sum(i.placed) / sum(i.items), 1)
FROM subject s JOIN an_item i ON i.is_tag
    AND (i.retailer_id = s.retailer_id OR (s.retailer_id IS NULL AND i.territory_id = s.unit_id))
GROUP BY s.action_id
"""
_MINORS = """
SELECT s.action_id, bool_and(i.passed)::int
FROM subject s JOIN an_item i ON i.is_minors AND i.retailer_id = s.retailer_id GROUP BY s.action_id
"""
# The policies that an action names, and who was told of that version or a later one by the end of the month.
_TOLD = f"""
named AS MATERIALIZED (
    SELECT s.action_id, s.retailer_id, s.unit_id, v.policy_id, min(v.number) AS number
    FROM subject s CROSS JOIN LATERAL jsonb_array_elements_text(CASE
        WHEN jsonb_typeof(s.parameters->'policy_version_ids') = 'array' THEN s.parameters->'policy_version_ids'
        ELSE '[]' END) x
    JOIN visits_policyversion v ON v.id = x::bigint GROUP BY s.action_id, s.retailer_id, s.unit_id, v.policy_id),
told AS MATERIALIZED (
    SELECT v.retailer_id, p.policy_id, max(p.number) AS number
    FROM visits_policyversion p JOIN visits_briefing b ON b.policy_version_id = p.id
    JOIN visits_visit v ON v.month = b.month AND v.id = b.visit_id
    WHERE p.policy_id IN (SELECT policy_id FROM named) AND v.on_date < %(next)s
    AND {counts()}
    GROUP BY v.retailer_id, p.policy_id)
"""  # noqa: S608 - our own condition
_UNBRIEFED = f"""
WITH {_TOLD}
SELECT n.action_id, count(*) FILTER (WHERE t.policy_id IS NULL)
FROM named n LEFT JOIN told t ON t.retailer_id = n.retailer_id AND t.policy_id = n.policy_id AND t.number >= n.number
WHERE n.retailer_id IS NOT NULL GROUP BY n.action_id
"""  # noqa: S608  conditions of our own
_SHOPS_UNBRIEFED = f"""
WITH {_TOLD}
SELECT n.action_id, count(DISTINCT a.retailer_id) FILTER (WHERE t.policy_id IS NULL)
FROM named n JOIN an_shop a ON a.territory_id = n.unit_id AND a.state = 'active'
LEFT JOIN told t ON t.retailer_id = a.retailer_id AND t.policy_id = n.policy_id AND t.number >= n.number
WHERE n.retailer_id IS NULL GROUP BY n.action_id
"""  # noqa: S608  conditions of our own
_INDEX = "SELECT s.action_id, round(i.index, 1) FROM subject s JOIN an_index i ON i.territory_id = s.unit_id"
_REVENUE = """
SELECT s.action_id, round(250.0 * o.f0 / nullif(o.w0, 0)) FROM subject s JOIN an_area o ON o.territory_id = s.unit_id
"""
_ACCURACY = """
SELECT s.action_id, greatest(100 - round(100.0 * abs(o.actual - o.forecast) / nullif(o.actual, 0), 1), 0)
FROM subject s JOIN an_forecast o ON o.territory_id = s.unit_id WHERE o.actual > 0
"""

register(
    Metric("products_off_price", "count", "价格偏离品规数", "products off the guide price",
           products_found_by(OFF_PRICE, "an_seen e WHERE e.carton_price_fen IS NOT NULL"), OFF_PRICE.bases),
    Metric("display_score", "points", "陈列得分", "display score", _DISPLAY, ("an_check",)),
    Metric("price_tag_rate", "percent", "明码标价率(%)", "price tag rate, %", _TAGS, ("an_item",)),
    Metric("minors_sign", "count", "未成年人保护标识（1 为已张贴）", "minors sign (1: shown)", _MINORS, ("an_item",)),
    Metric("policies_unbriefed", "count", "未宣讲政策数", "policies not yet told", _UNBRIEFED),
    Metric("shops_unbriefed", "count", "未宣讲户数", "shops still to be told", _SHOPS_UNBRIEFED, ("an_shop",)),
    Metric("price_index", "index", "价格指数", "price index", _INDEX, ("an_index",)),
    Metric("revenue_per_box", "fen", "单箱销售收入(分)", "revenue per box", _REVENUE, ("an_area",)),
    Metric("forecast_accuracy", "percent", "预测准确率(%)", "forecast accuracy, %", _ACCURACY, ("an_forecast",)),
)  # fmt: skip
