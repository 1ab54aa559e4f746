"""The demand model: cartons of all territories in a month by one statement; used by forecast.py and forecast_errors.py.

Cartons are taken apart into order days (a shop orders on one weekday; the Spring Festival moves, and weighs its weeks:
cycles/spring.py), a seasonal index pooled over the prefecture, and the level and trend of the territory's own last six
months; then put together for the month asked. docs/method.md, "Forecast", says each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from backend.clock import add_months, month_of
from cycles import spring

HISTORY_MONTHS = 24
MIN_MONTHS = 3  # known months of a territory, else it has no model
LEVEL_MONTHS = 6
FADES = 0.8  # weight of a month against the one after it
TREND_KEPT = 0.3  # of the slope over the last months: a full one would chase noise
ORDER_DAYS = 91  # thirteen of each weekday

# Shops as their territories are composed on %(on)s; `rate` is what one of their order days brings, by weekday.
_SHOPS = """
calendar AS (
    SELECT * FROM unnest(%(months)s::date[], %(weekdays)s::int[], %(days)s::float8[], %(base)s::float8[],
        %(uplift)s::float8[], %(ordinary)s::float8[]) AS c(month, weekday, days, base, uplift, ordinary)
), shop AS MATERIALIZED (
    SELECT a.retailer_id, a.territory_id, u.ancestors[3] AS prefecture_id, r.opened_on, r.order_weekday
    FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id JOIN retail_retailer r ON r.id = a.retailer_id
    JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> %(on)s::date AND c.state = 'active'
    WHERE a.during @> %(on)s::date
      AND (%(prefectures)s::bigint[] IS NULL OR u.ancestors[3] = ANY(%(prefectures)s::bigint[]))
), territory AS (
    SELECT territory_id, prefecture_id, count(*)::float8 AS shops FROM shop GROUP BY 1, 2
), ordered AS (
    SELECT s.territory_id, extract(isodow FROM o.on_date)::int AS weekday, sum(o.cartons) / 13.0::float8 AS cartons
    FROM market_order o JOIN shop s ON s.retailer_id = o.retailer_id
    WHERE o.month >= date_trunc('month', %(on)s::date - %(order_days)s)::date
      AND o.on_date >= %(on)s::date - %(order_days)s AND o.on_date < %(on)s
    GROUP BY 1, 2 HAVING sum(o.cartons) > 0
), rate AS (
    SELECT * FROM ordered
    UNION ALL
    SELECT territory_id, coalesce(order_weekday, 3), count(*) FROM shop
    WHERE territory_id NOT IN (SELECT territory_id FROM ordered) GROUP BY 1, 2
), opened AS (
    SELECT territory_id, date_trunc('month', opened_on)::date AS since, count(*)::float8 AS shops
    FROM shop GROUP BY 1, 2
)"""

# What was sold, and what ordinary days would have brought at the territory's usual rate, to as many of its shops as had
# opened by then.
_KNOWN = """
sold AS (
    SELECT territory_id, month, sum(cartons)::float8 AS cartons FROM (
        SELECT s.territory_id, p.month, p.cartons
        FROM market_shopproductmonth p JOIN shop s ON s.retailer_id = p.retailer_id
        WHERE p.month >= %(first)s AND p.month < %(running)s
        UNION ALL
        SELECT s.territory_id, o.month, o.cartons FROM market_order o JOIN shop s ON s.retailer_id = o.retailer_id
        WHERE o.month = %(running)s AND o.on_date < %(on)s) x
    GROUP BY 1, 2
), began AS (
    SELECT territory_id, min(month) AS month FROM sold WHERE cartons > 0 GROUP BY 1
), member AS (
    SELECT o.territory_id, m.month, sum(CASE WHEN o.since < m.month THEN o.shops WHEN o.since = m.month
        THEN o.shops / 2 ELSE 0 END) AS shops
    FROM opened o CROSS JOIN (SELECT DISTINCT month FROM calendar) m GROUP BY 1, 2
), counted AS (
    SELECT t.territory_id, t.prefecture_id, c.month,
        (extract(year FROM c.month) * 12 + extract(month FROM c.month))::int AS no,
        CASE WHEN c.month < %(month)s AND c.month >= b.month THEN coalesce(min(s.cartons), 0) END AS cartons,
        sum(r.cartons * c.base) * min(m.shops / t.shops) AS base,
        sum(r.cartons * c.uplift) * min(m.shops / t.shops) AS uplift,
        sum(r.cartons * c.days) * min(m.shops / t.shops) AS plain,
        sum(r.cartons) * min(m.shops / t.shops) AS week, sum(c.ordinary) / sum(c.days) AS ordinary
    FROM territory t JOIN rate r USING (territory_id) JOIN calendar c USING (weekday)
    JOIN member m ON m.territory_id = t.territory_id AND m.month = c.month
    LEFT JOIN began b ON b.territory_id = t.territory_id
    LEFT JOIN sold s ON s.territory_id = t.territory_id AND s.month = c.month
    GROUP BY t.territory_id, t.prefecture_id, c.month, b.month
), known AS MATERIALIZED (
    SELECT c.territory_id, c.prefecture_id, c.month, c.no, c.ordinary, c.cartons, c.base * s.usual AS base,
        c.uplift * s.usual AS uplift, c.plain * s.usual AS plain, c.week * s.usual AS week
    FROM counted c JOIN (
        SELECT territory_id, coalesce(avg(cartons / base) FILTER (WHERE cartons > 0 AND base > 0), 1) AS usual
        FROM counted GROUP BY 1) s USING (territory_id)
)"""

# The prefecture's own: how strong its stocking is (1 = as cycles/spring.py says), growth a month, season by month of
# the year, from territories that sold anything in the month. A season seen once is half believed; one that a festival
# touched for most of the month is not believed.
_POOLED = """
pooled AS (
    SELECT prefecture_id, no, sum(cartons) AS cartons, sum(base) AS base, sum(uplift) AS uplift,
        avg(ordinary) AS ordinary
    FROM known WHERE cartons > 0 AND base > 0 GROUP BY 1, 2
), usual AS (
    SELECT prefecture_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY cartons / base) AS rate
    FROM pooled WHERE ordinary = 1 AND base > 0 GROUP BY 1
), stocking AS (
    SELECT t.prefecture_id, greatest(0, least(2, coalesce(sum(p.uplift * (p.cartons / u.rate - p.base))
        / nullif(sum(p.uplift * p.uplift), 0), 1))) AS strength
    FROM (SELECT DISTINCT prefecture_id FROM territory) t LEFT JOIN usual u USING (prefecture_id)
    LEFT JOIN pooled p ON p.prefecture_id = u.prefecture_id GROUP BY 1
), flat AS (
    SELECT p.prefecture_id, p.no, p.ordinary, p.cartons / (p.base + s.strength * p.uplift) AS rate
    FROM pooled p JOIN stocking s USING (prefecture_id) WHERE p.base + s.strength * p.uplift > 0
), growth AS (
    SELECT s.prefecture_id, power(greatest(0.7, least(1.4, coalesce(avg(n.rate / b.rate), 1))), 1 / 12.0) AS monthly
    FROM stocking s LEFT JOIN (flat n JOIN flat b
        ON b.prefecture_id = n.prefecture_id AND b.no = n.no - 12 AND b.ordinary = 1 AND n.ordinary = 1)
        ON n.prefecture_id = s.prefecture_id
    GROUP BY 1
), by_month AS (
    SELECT prefecture_id, f.no %% 12 AS place, avg(f.rate / power(g.monthly, f.no - %(no)s)) AS rate, count(*) AS times
    FROM flat f JOIN growth g USING (prefecture_id) WHERE f.ordinary > 0.5 GROUP BY 1, 2
), season AS (
    SELECT prefecture_id, place, power(rate / avg(rate) OVER (PARTITION BY prefecture_id),
        CASE WHEN times > 1 THEN 1 ELSE 0.5 END) AS index
    FROM by_month
)"""

# Level and slope: a weighted line through the last six months without season and festival, held up to the month.
_LEVEL = """
clean AS MATERIALIZED (
    SELECT k.*, s.strength, coalesce(i.index, 1) AS season, k.base + s.strength * k.uplift AS expected,
        k.cartons / nullif((k.base + s.strength * k.uplift) * coalesce(i.index, 1), 0) AS rate
    FROM known k JOIN stocking s USING (prefecture_id)
    LEFT JOIN season i ON i.prefecture_id = k.prefecture_id AND i.place = k.no %% 12
), levelled AS MATERIALIZED (
    SELECT c.*, l.months, l.slope, greatest(0, (l.sum_rate - l.slope * l.sum_ago) / l.weight) AS level
    FROM clean c LEFT JOIN LATERAL (
        SELECT months, weight, sum_ago, sum_rate, CASE WHEN months >= %(min_months)s AND sum_ago2 * weight > sum_ago ^ 2
            THEN %(trend_kept)s * (weight * sum_ago_rate - sum_ago * sum_rate) / (sum_ago2 * weight - sum_ago ^ 2)
            ELSE 0 END AS slope
        FROM (
            SELECT count(*) AS months, nullif(sum(w), 0) AS weight, sum(w * ago) AS sum_ago,
                sum(w * ago ^ 2) AS sum_ago2, sum(w * rate) AS sum_rate, sum(w * ago * rate) AS sum_ago_rate
            FROM (SELECT b.rate, c.no - b.no AS ago, power(%(fades)s::float8, c.no - b.no) * (0.2 + b.ordinary) AS w
                FROM clean b WHERE b.territory_id = c.territory_id
                  AND b.no BETWEEN c.no - %(level_months)s AND c.no - 1 AND b.rate IS NOT NULL) past) sums) l ON true
), missed AS (
    SELECT prefecture_id, count(*) AS errors, percentile_cont(0.1) WITHIN GROUP (ORDER BY rate / level) AS low,
        percentile_cont(0.9) WITHIN GROUP (ORDER BY rate / level) AS high
    FROM levelled WHERE no < %(no)s AND no >= %(no)s - 12 AND months >= %(min_months)s AND level > 0 AND rate > 0
    GROUP BY 1 HAVING count(*) >= 10
), predicted AS (
    SELECT t.territory_id, t.prefecture_id, p.model::int AS model_cartons,
        CASE WHEN %(passed)s > 0 THEN round(last.cartons * %(of_days)s / %(passed)s)::int END AS last_month_cartons,
        year.cartons::int AS last_year_cartons,
        CASE WHEN p.model IS NULL THEN jsonb_build_object('months', coalesce(l.months, 0)) ELSE jsonb_build_object(
            'months', l.months, 'shops', t.shops, 'week_cartons', round((l.level * l.week)::numeric, 1),
            'trend_percent', round((-100 * l.slope / nullif(l.level, 0))::numeric, 1),
            'order_weeks', round((l.expected / l.week)::numeric, 2),
            'festival_weeks', round(((l.expected - l.plain) / l.week)::numeric, 2),
            'stocking', round(l.strength::numeric, 2), 'season', round(l.season::numeric, 3),
            'low', round(p.model * e.low), 'high', round(p.model * e.high), 'past_errors', e.errors) END AS parts
    FROM territory t LEFT JOIN levelled l ON l.territory_id = t.territory_id AND l.month = %(month)s
    LEFT JOIN missed e ON e.prefecture_id = t.prefecture_id
    LEFT JOIN sold last ON last.territory_id = t.territory_id AND last.month = %(before)s
    LEFT JOIN sold year ON year.territory_id = t.territory_id AND year.month = %(year_before)s
    CROSS JOIN LATERAL (SELECT CASE WHEN l.months >= %(min_months)s
        THEN round(l.level * l.season * l.expected) END AS model) p
)"""

PREDICTED = ",".join((_SHOPS, _KNOWN, _POOLED, _LEVEL)).strip()


def statement(then: str) -> str:
    """The model followed by a statement that reads `predicted`: territory_id, prefecture_id, model_cartons (null: too
    little history), last_month_cartons and last_year_cartons (null: none), parts."""
    return f"WITH {PREDICTED}{then}"


def values(month: date, as_of: date, prefectures: Sequence[int] | None = None) -> dict[str, Any]:
    """The parameters of `statement`: only facts dated before `as_of` and before the month are read."""
    on = min(as_of, month)
    first, before = add_months(month, -HISTORY_MONTHS), add_months(month, -1)
    found: dict[str, Any] = {
        "month": month, "on": on, "running": month_of(on), "first": first, "before": before,
        "year_before": add_months(month, -12), "no": month.year * 12 + month.month,
        "passed": (on - before).days, "of_days": (month - before).days,
        "prefectures": None if prefectures is None else list(prefectures),
        "order_days": ORDER_DAYS, "min_months": MIN_MONTHS, "level_months": LEVEL_MONTHS, "fades": FADES,
        "trend_kept": TREND_KEPT,
    }  # fmt: skip
    rows = []
    while first <= month:
        days = spring.order_days(first, None if first == month else on)
        rows += [(first, weekday, d.days, d.base, d.uplift, d.ordinary) for weekday, d in sorted(days.items())]
        first = add_months(first, 1)
    names = ("months", "weekdays", "days", "base", "uplift", "ordinary")
    return found | {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
