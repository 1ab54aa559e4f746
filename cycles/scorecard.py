"""The seven outcome figures of a manager's month (docs/method.md, "Scorecard"); frozen by the lock, shown on the paper.

They say what became of the shops, never how much was written or how often somebody called: the length of a text and
the bare number of visits are in none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

import cycles.rules  # noqa: F401 - declares the threshold that names the tag items
from backend import clock, parameters
from backend.kpis import Kpi, percent, register
from backend.models import Level, Unit
from backend.parameters import Declared, declare
from visits import satisfaction
from visits.presence import counts

METHOD = "docs/method.md, Scorecard"
TAG_ITEMS = "market.tag_items"
MODERN_SCORE = "scorecard.modern_display_score"
NEED_DAYS = "scorecard.need_days"
Values = dict[int, dict[str, Decimal | None]]

declare(
    Declared(
        MODERN_SCORE, float, 80.0, "现代终端达标的陈列得分", "display score at which a modern terminal passes", METHOD
    ),
    Declared(NEED_DAYS, int, 30, "未约定期限的诉求应在多少天内处理", "days to settle a need without a due day", METHOD),
)

SHOPS = "active shops of the month's list on its last day (today while it runs)"


def _kpi(id: str, names: tuple[str, str], formula: str, period: str = SHOPS) -> Kpi:  # noqa: A002 - Kpi's own name
    return Kpi(id, 1, *names, formula, "percent", period, METHOD)


UPKEEP = _kpi(
    "file_upkeep_rate",
    ("基础信息维护到位率", "file upkeep"),
    "items filled in / (shops x 5): address, point with its datum, end of the licence, order weekday, a telephone",
)
HANDLED = _kpi(
    "need_handling_rate",
    ("诉求处理率", "needs handled"),
    "needs closed in the month / (these + needs past their due day and open at its end)",
)
SATISFACTION = _kpi(
    "service_satisfaction",
    ("服务满意度", "service satisfaction"),
    "mean of the anonymous scores of the month / 5 x 100; none below five scores",
)
MARGIN = _kpi(
    "retailer_margin_growth",
    ("客户毛利提升率", "growth of the retailer's margin"),
    "(margin per carton - that of the month before) / that of the month before x 100; margin = price seen in shops less"
    " wholesale price, over products sold and priced in both months, at the cartons of each",
    "cartons and prices of both months, from the roll-ups of the unit",
)
MODERN = _kpi(
    "modern_terminal_rate",
    ("现代终端应用达标率", "modern terminals up to standard"),
    "modern and franchise terminals whose last display check of the month passes / those checked in the month",
)
TAGS = _kpi(
    "price_tags_in_place",
    ("明码标价到位率", "price tags in place"),
    "right tags counted at each shop's last look at them in the month / products on show; where none were counted, the"
    " tag items of the display check",
)
INTERACTION = _kpi(
    "shop_interaction_rate",
    ("客我互动率", "shops in dialogue"),
    "shops that said something in the month (answered a pitch or a briefing, gave an opinion, raised a need, were"
    " promised something) / active shops",
)
SCORES: tuple[Kpi, ...] = (UPKEEP, HANDLED, SATISFACTION, MARGIN, MODERN, TAGS, INTERACTION)
register(*SCORES)

_TOO_FEW = ("零售户评分不足 5 份", "fewer than five retailers have scored a visit")
_NO_FACTS = ("本月尚无可计算的记录", "no record of the month to count from yet")


def why_empty(kpi_id: str) -> tuple[str, str]:
    """Why a figure has no value, in Chinese and English."""
    return _TOO_FEW if kpi_id == SATISFACTION.id else _NO_FACTS


# Everything is counted by territory first, then added up for each unit asked for; margins come from the unit's roll-up.
_COUNTS = f"""
WITH held AS MATERIALIZED (
    SELECT * FROM unnest(%(territories)s::bigint[], %(scores)s::float8[], %(days)s::int[], %(tags)s::text[])
        AS h(territory_id, score, days, tags)),
shop AS MATERIALIZED (
    SELECT c.retailer_id, c.territory_id, x.terminal_type, h.score, h.days, string_to_array(h.tags, ',') AS tags
    FROM held h JOIN cycles_retailercycle c ON c.month = %(month)s AND c.territory_id = h.territory_id
    JOIN retail_classification x ON x.retailer_id = c.retailer_id AND x.during @> %(on)s::date AND x.state = 'active'),
file AS (
    SELECT s.territory_id, count(*) AS shops, sum((r.address <> '')::int
        + (r.lon IS NOT NULL AND r.datum <> 'unknown')::int + (r.licence_valid_until IS NOT NULL)::int
        + (r.order_weekday IS NOT NULL)::int + EXISTS (SELECT 1 FROM retail_contact k
            WHERE k.retailer_id = r.id AND k.phone <> '')::int) AS filled
    FROM shop s JOIN retail_retailer r ON r.id = s.retailer_id GROUP BY s.territory_id),
need AS (
    SELECT s.territory_id, count(*) FILTER (WHERE n.closed_on BETWEEN %(month)s AND %(on)s) AS handled,
        count(*) FILTER (WHERE (n.closed_on IS NULL OR n.closed_on > %(on)s)
            AND coalesce(n.due_on, n.raised_on + s.days) < %(on)s) AS late
    FROM shop s JOIN retail_need n ON n.retailer_id = s.retailer_id AND n.raised_on <= %(on)s GROUP BY s.territory_id),
visit AS MATERIALIZED (
    SELECT s.*, v.id, v.started_at, v.display_score
    FROM shop s JOIN visits_visit v ON v.month = %(month)s AND v.retailer_id = s.retailer_id
    WHERE {counts()} AND v.on_date <= %(on)s),
checked AS MATERIALIZED (
    SELECT DISTINCT ON (retailer_id) * FROM visit WHERE display_score IS NOT NULL
    ORDER BY retailer_id, started_at DESC, id),
modern AS (
    SELECT territory_id, count(*) AS checked, count(*) FILTER (WHERE display_score >= score) AS passed
    FROM checked WHERE terminal_type IN ('modern', 'franchise') GROUP BY territory_id),
tagged AS (
    SELECT v.retailer_id, v.territory_id, v.started_at, v.id, true AS is_counted, c.tags_shown AS asked,
        greatest(0, c.tags_shown - coalesce(c.tags_missing, 0) - coalesce(c.tags_mismatched, 0)
            - coalesce(c.tags_altered, 0)) AS placed
    FROM visit v JOIN visits_compliancecheck c ON c.month = %(month)s AND c.visit_id = v.id AND c.tags_shown > 0
    UNION ALL
    SELECT k.retailer_id, k.territory_id, k.started_at, k.id, false, count(*), count(*) FILTER (WHERE l.passed)
    FROM checked k JOIN visits_checkline l ON l.month = %(month)s AND l.visit_id = k.id
    WHERE l.item_code = ANY(k.tags) AND l.passed IS NOT NULL
    GROUP BY k.retailer_id, k.territory_id, k.started_at, k.id),
tag AS (
    SELECT territory_id, sum(asked) AS asked, sum(placed) AS placed FROM (
        SELECT DISTINCT ON (retailer_id) * FROM tagged ORDER BY retailer_id, started_at DESC, id, is_counted DESC) t
    GROUP BY territory_id),
spoke AS (
    SELECT v.territory_id, v.retailer_id FROM visit v WHERE
        EXISTS (SELECT 1 FROM visits_pitch p WHERE p.month = %(month)s AND p.visit_id = v.id)
        OR EXISTS (SELECT 1 FROM visits_remark k WHERE k.month = %(month)s AND k.visit_id = v.id)
        OR EXISTS (SELECT 1 FROM visits_briefing b WHERE b.month = %(month)s AND b.visit_id = v.id
            AND (b.understanding IS NOT NULL OR b.question <> ''))
    UNION
    SELECT s.territory_id, s.retailer_id FROM shop s JOIN retail_need n ON n.retailer_id = s.retailer_id
        AND n.raised_on BETWEEN %(month)s AND %(on)s
    UNION
    SELECT s.territory_id, s.retailer_id FROM shop s JOIN retail_promise p ON p.retailer_id = s.retailer_id
        AND p.promised_on BETWEEN %(month)s AND %(on)s),
talk AS (SELECT territory_id, count(*) AS spoke FROM spoke GROUP BY territory_id)
SELECT u.id, sum(f.filled), 5 * sum(f.shops), sum(n.handled), sum(n.handled) + sum(n.late), sum(m.passed),
    sum(m.checked), sum(g.placed), sum(g.asked), coalesce(sum(k.spoke), 0), sum(f.shops)
FROM backend_unit u JOIN backend_unit t ON t.ancestors @> ARRAY[u.id]
JOIN held h ON h.territory_id = t.id
LEFT JOIN file f ON f.territory_id = t.id LEFT JOIN need n ON n.territory_id = t.id
LEFT JOIN modern m ON m.territory_id = t.id LEFT JOIN tag g ON g.territory_id = t.id
LEFT JOIN talk k ON k.territory_id = t.id
WHERE u.id = ANY(%(units)s::bigint[]) GROUP BY u.id
"""  # noqa: S608 - our own condition
_MARGINS = """
SELECT a.unit_id, sum(a.cartons * (a.price_sum_fen::numeric / a.price_n) - a.amount_fen) / sum(a.cartons),
    sum(b.cartons * (b.price_sum_fen::numeric / b.price_n) - b.amount_fen) / sum(b.cartons)
FROM market_unitproductmonth a JOIN market_unitproductmonth b
    ON b.month = %(before)s AND b.unit_id = a.unit_id AND b.product_id = a.product_id
WHERE a.month = %(month)s AND a.unit_id = ANY(%(units)s::bigint[])
    AND a.cartons > 0 AND b.cartons > 0 AND a.price_n > 0 AND b.price_n > 0
GROUP BY a.unit_id
"""


def scorecards(month: date, units: Sequence[int]) -> Values:
    """Unit id -> KPI id -> percent with one decimal, or None where there is nothing to count from (never 0; its reason
    is `why_empty`). Five queries for any number of units and shops."""
    on = min(max(clock.today(), month), clock.month_end(month))
    territories = _territories(units)
    held = parameters.values([MODERN_SCORE, NEED_DAYS, TAG_ITEMS], territories, on)
    values: dict[str, Any] = {
        "month": month,
        "before": clock.add_months(month, -1),
        "on": on,
        "units": list(units),
        "territories": territories,
        "scores": [held[one][MODERN_SCORE] for one in territories],
        "days": [held[one][NEED_DAYS] for one in territories],
        "tags": [held[one][TAG_ITEMS] for one in territories],
    }
    found: Values = {unit: dict.fromkeys((kpi.id for kpi in SCORES), None) for unit in units}
    counted = (UPKEEP, HANDLED, MODERN, TAGS, INTERACTION)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        for unit, *sums in cursor.fetchall():
            for kpi, part, whole in zip(counted, sums[::2], sums[1::2], strict=True):
                found[unit][kpi.id] = percent(part, whole)
        cursor.execute(_MARGINS, values)
        for unit, now, before in cursor.fetchall():
            found[unit][MARGIN.id] = percent(now - before, before) if before > 0 else None
    for served in satisfaction.by_unit(units, month):
        if served.scores:
            found[served.unit_id][SATISFACTION.id] = percent(served.score_sum, satisfaction.BEST * served.scores)
    return found


def _territories(units: Iterable[int]) -> list[int]:
    below = Unit.objects.filter(ancestors__overlap=list(units), level=Level.TERRITORY)
    return list(below.order_by("pk").values_list("pk", flat=True))
