"""The demo's collection points and their weekly samples of the last weeks, recomputed from visits; for loading.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from demo.staging import Plan, run
from market.models import CollectionPoint
from market.samples import weekly as samples

WEEKS: Final = 8  # whole weeks behind the running one

# Two large shops, three of the middle, one small: those that are visited most often, so that they give something.
_POINTS = """
INSERT INTO market_collectionpoint (id, retailer_id, territory_id, county_id, stratum, during, ended_reason,
    ended_words, version)
SELECT pg_temp.uid(no, 9, %(since)s::timestamptz), id, territory_id, county_id, stratum, daterange(%(since)s, NULL), '',
    '', 1
FROM (
    SELECT s.no, s.id, a.territory_id, s.county_id, k.stratum, k.wanted, row_number() OVER (
        PARTITION BY a.territory_id, k.stratum ORDER BY c.visit_class, pg_temp.roll(s.no, 320)) AS place
    FROM demo_shop s JOIN retail_assignment a ON a.retailer_id = s.id AND a.during @> %(as_of)s::date
        AND a.during @> %(since)s::date
    JOIN retail_classification c ON c.retailer_id = s.id AND c.during @> %(as_of)s::date AND c.state = 'active'
    JOIN (VALUES (1, 'large', 2), (2, 'middle', 3), (3, 'small', 1)) AS k(scale, stratum, wanted) ON k.scale = c.scale
) AS ranked WHERE place <= wanted ORDER BY no
"""

# A manager looks at what does not fit, and at one sample in three besides; the last week is still to be looked at.
_DECISIONS = """
UPDATE market_sample s SET is_accepted = d.fits, decided_by_id = d.person_id,
    decided_at = (s.week_on + 11 + time '09:20') AT TIME ZONE 'Asia/Shanghai',
    decided_words = CASE WHEN d.fits THEN '' ELSE '与订货和上次盘存对不上,请核实后重采' END, version = s.version + 1
FROM (
    SELECT m.id, p.person_id, pg_temp.roll(x.key, 322) < CASE WHEN m.suspects = '[]' THEN 0.98 ELSE 0.7 END AS fits
    FROM market_sample m JOIN backend_unit t ON t.id = m.territory_id
    JOIN backend_position p ON p.unit_id = t.ancestors[5] AND p.role_id = 'market_manager'
        AND p.during @> %(as_of)s::date
    CROSS JOIN LATERAL (SELECT hashtextextended(m.id::text, 0) AS key) x
    WHERE m.visit_id IS NOT NULL AND m.week_on < %(as_of)s::date - 14
    AND (m.suspects <> '[]' OR pg_temp.roll(x.key, 321) < 0.33)) AS d
WHERE d.id = s.id
"""


def write(plan: Plan) -> None:
    """Each territory has its points and what they gave in the last weeks; the running week is due. Statements follow
    the weeks, not the shops."""
    first = samples.monday(plan.as_of) - timedelta(weeks=WEEKS)
    span: dict[str, Any] = {"since": first, "as_of": plan.as_of}
    run(_POINTS, span)
    territories = sorted(set(CollectionPoint.objects.values_list("territory_id", flat=True)))
    for week in range(WEEKS + 1):
        monday = first + timedelta(weeks=week)
        samples.ensure_week(monday)
        samples.recompute(monday, territories)
    run(_DECISIONS, span)
