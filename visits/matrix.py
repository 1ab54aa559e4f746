"""Which shop knows which policy version, and by which briefing: derived from visits, for visits/proof.py.

Set-based, recomputed from facts for the territories and days that were marked, so that late, edited and withdrawn
visits end in the same rows. Rules: docs/method.md, "Policies".
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from backend import clock
from backend.marks import Key

# A pair (version, shop) is touched by each briefing of a marked visit, and where the visit that counted is marked. Of a
# pair all briefings are looked at again, of visits that are not to be verified: the first that was passed counts, where
# none was the latest.
_RECOMPUTE = """
WITH k AS (SELECT * FROM unnest(%(territories)s::bigint[], %(days)s::date[]) AS k(territory_id, on_date)),
touched AS MATERIALIZED (
    SELECT b.policy_version_id, v.retailer_id
    FROM k JOIN visits_visit v ON v.territory_id = k.territory_id AND v.on_date = k.on_date
        AND v.month = ANY(%(months)s::date[])
    JOIN visits_briefing b ON b.month = v.month AND b.visit_id = v.id
    UNION
    SELECT f.policy_version_id, f.retailer_id
    FROM k JOIN visits_briefed f ON f.territory_id = k.territory_id AND f.on_date = k.on_date),
counts AS MATERIALIZED (
    SELECT DISTINCT ON (t.policy_version_id, t.retailer_id) t.policy_version_id, t.retailer_id, v.id AS visit_id,
        v.month, v.territory_id, v.county_id, v.person_id, v.on_date, v.started_at AS briefed_at, b.channel, b.told_to,
        b.understanding, b.passed
    FROM touched t
    JOIN visits_visit v ON v.retailer_id = t.retailer_id AND v.presence IN ('valid', 'unknown')
    JOIN visits_briefing b ON b.month = v.month AND b.visit_id = v.id AND b.policy_version_id = t.policy_version_id
    ORDER BY t.policy_version_id, t.retailer_id, b.passed IS TRUE DESC,
        CASE WHEN b.passed THEN v.started_at END, v.started_at DESC, v.id),
gone AS (
    DELETE FROM visits_briefed f USING touched t
    WHERE f.policy_version_id = t.policy_version_id AND f.retailer_id = t.retailer_id AND NOT EXISTS (
        SELECT FROM counts c WHERE c.policy_version_id = t.policy_version_id AND c.retailer_id = t.retailer_id))
INSERT INTO visits_briefed AS f (policy_version_id, retailer_id, visit_id, month, territory_id, county_id, person_id,
    on_date, briefed_at, channel, told_to, understanding, passed)
SELECT policy_version_id, retailer_id, visit_id, month, territory_id, county_id, person_id, on_date, briefed_at,
    channel, told_to, understanding, passed
FROM counts ORDER BY policy_version_id, retailer_id
ON CONFLICT (policy_version_id, retailer_id) DO UPDATE SET visit_id = excluded.visit_id, month = excluded.month,
    territory_id = excluded.territory_id, county_id = excluded.county_id, person_id = excluded.person_id,
    on_date = excluded.on_date, briefed_at = excluded.briefed_at, channel = excluded.channel,
    told_to = excluded.told_to, understanding = excluded.understanding, passed = excluded.passed
WHERE (f.visit_id, f.month, f.territory_id, f.county_id, f.person_id, f.on_date, f.briefed_at, f.channel, f.told_to,
        f.understanding, f.passed)
    IS DISTINCT FROM (excluded.visit_id, excluded.month, excluded.territory_id, excluded.county_id, excluded.person_id,
        excluded.on_date, excluded.briefed_at, excluded.channel, excluded.told_to, excluded.understanding,
        excluded.passed)
"""


def recompute(keys: Sequence[Key]) -> int:
    """The shops visited by these territories on these days stand as briefed exactly as their visits say; returns how
    many pairs of version and shop changed, those that went not counted. In the caller's transaction; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOMPUTE, places(keys))
        return cursor.rowcount


def places(keys: Sequence[Key]) -> dict[str, list[object]]:
    """The keys as the statements of visits/ take them, each once, with the months that hold their visits."""
    keys = sorted(set(keys))
    return {
        "territories": [key.unit_id for key in keys],
        "days": [key.on_date for key in keys],
        "months": sorted({clock.month_of(key.on_date) for key in keys}),  # type: ignore[dict-item]
    }
