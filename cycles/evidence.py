"""Evidence attaches itself: a visit that serves an accepted action is linked to it, by a rule that has a name.

Called by stages.py when visits change (`link`), and read by chain_reads.py (`NAMES`). Recomputed from
the facts: what no longer serves is taken off. A visit still to be verified is evidence of nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from cycles import standing
from cycles.building import PARENT
from cycles.execute import KEY_PRODUCT, LANDED

MOST = 200  # visits linked to one action: those of a whole unit are counted by its metric, not listed

NAMES: dict[str, tuple[str, str]] = {  # linking rule: Chinese, English
    "visit": ("到店走访", "a visit of the shop"),
    "check": ("陈列检查", "a display check"),
    "briefing.named": ("宣讲了该政策", "a briefing of the policy in question"),
    "briefing.any": ("政策宣讲", "a briefing"),
    "pitch.named": ("推介了该商品", "a pitch of the product in question"),
    "pitch.key": ("推介了重点商品", "a pitch of a key product"),
    "observation.named": ("查看了该商品", "a look at the product in question"),
    "observation.key": ("查看了重点商品", "a look at a key product"),
}

_OF_ALL = "TRUE"
# Actions that were decided in these territories, those of their shops and of shops seen by them, and of the units that
# hold these territories.
_OF_TERRITORIES = f"""
(a.territory_id = ANY(%(territories)s) OR a.retailer_id IN (
    SELECT c.retailer_id FROM "{PARENT}" c WHERE c.month = %(month)s AND c.territory_id = ANY(%(territories)s)
    UNION
    SELECT v.retailer_id FROM visits_visit v WHERE v.month = %(month)s AND v.territory_id = ANY(%(territories)s))
OR a.unit_id IN (SELECT unnest(t.ancestors) FROM backend_unit t WHERE t.id = ANY(%(territories)s)))
"""  # noqa: S608  names of our own


def _ids(name: str) -> str:
    """The ids that the action's figures list under a name, or null where they list none."""
    return f"""CASE WHEN jsonb_typeof(a.parameters->'{name}') = 'array' AND a.parameters->'{name}' <> '[]' THEN
        ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(a.parameters->'{name}') x) END"""  # noqa: S608  names of our own


# Policies are named by themselves or by one of their versions; a later version of the same policy serves as well.
_POLICIES = f"""coalesce({_ids("policy_ids")},
    (SELECT array_agg(pv.policy_id) FROM visits_policyversion pv WHERE pv.id = ANY({_ids("policy_version_ids")})))"""  # noqa: S608  names of our own


def _of_product(kind: str, table: str) -> str:
    """Lines of the products that the action names, else of those that are key where and when the visit was."""
    return f"""
    SELECT w.action_id, w.visit_id, w.on_date, w.started_at,
        CASE WHEN w.products IS NULL THEN '{kind}.key' ELSE '{kind}.named' END, count(*)
    FROM served w JOIN {table} l ON l.month = %(month)s AND l.visit_id = w.visit_id
    WHERE w.serves = '{kind}' AND CASE WHEN w.products IS NOT NULL THEN l.product_id = ANY(w.products)
        ELSE {KEY_PRODUCT.format(line="l").replace("v.", "w.")} END
    GROUP BY 1, 2, 3, 4, 5"""  # noqa: S608  names of our own


_LINK = f"""
WITH act AS MATERIALIZED (
    SELECT a.id, a.retailer_id, a.unit_id, a.serves, a.state, a.evidence_needed, {_POLICIES} AS policies,
        coalesce({_ids("product_ids")}, CASE WHEN a.product_id IS NOT NULL THEN ARRAY[a.product_id] END) AS products
    FROM cycles_action a JOIN backend_unit u ON u.id = coalesce(a.territory_id, a.county_id, a.unit_id)
    WHERE a.month = %(month)s AND {{of}} AND {standing.not_locked("u")}),
served AS MATERIALIZED (
    SELECT a.id AS action_id, a.serves, a.products, a.policies, v.id AS visit_id, v.territory_id, v.on_date,
        v.started_at
    FROM act a JOIN visits_visit v ON v.retailer_id = a.retailer_id AND {LANDED}
    WHERE a.state = 'accepted' AND a.serves <> 'nothing'
    UNION ALL
    SELECT a.id, a.serves, a.products, a.policies, v.id, v.territory_id, v.on_date, v.started_at
    FROM act a JOIN backend_unit t ON t.ancestors @> ARRAY[a.unit_id] AND t.level = 5
    JOIN visits_visit v ON v.territory_id = t.id AND {LANDED}
    WHERE a.retailer_id IS NULL AND a.state = 'accepted' AND a.serves <> 'nothing'),
serving(action_id, visit_id, on_date, started_at, rule, lines) AS (
    SELECT action_id, visit_id, on_date, started_at, 'visit', 1 FROM served WHERE serves = 'visit'
    UNION ALL
    SELECT w.action_id, w.visit_id, w.on_date, w.started_at, 'check', count(*)
    FROM served w JOIN visits_checkline l ON l.month = %(month)s AND l.visit_id = w.visit_id
    WHERE w.serves = 'check' GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT w.action_id, w.visit_id, w.on_date, w.started_at,
        CASE WHEN w.policies IS NULL THEN 'briefing.any' ELSE 'briefing.named' END, count(*)
    FROM served w JOIN visits_briefing l ON l.month = %(month)s AND l.visit_id = w.visit_id
    JOIN visits_policyversion p ON p.id = l.policy_version_id
    WHERE w.serves = 'briefing' AND (w.policies IS NULL OR p.policy_id = ANY(w.policies)) GROUP BY 1, 2, 3, 4, 5
    UNION ALL {_of_product("pitch", "visits_pitch")}
    UNION ALL {_of_product("observation", "visits_observation")}),
wanted AS MATERIALIZED (
    SELECT action_id, visit_id, on_date, rule, lines FROM (
        SELECT s.*, row_number() OVER (PARTITION BY s.action_id ORDER BY s.started_at, s.visit_id) AS n
        FROM serving s) s
    WHERE n <= %(most)s),
removed AS (
    DELETE FROM cycles_evidence e USING act a WHERE e.action_id = a.id
    AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.action_id = e.action_id AND w.visit_id = e.visit_id) RETURNING 1),
changed AS (
    UPDATE cycles_evidence e SET attached_by = w.rule, lines = w.lines, on_date = w.on_date FROM wanted w
    WHERE e.action_id = w.action_id AND e.visit_id = w.visit_id
    AND (e.attached_by, e.lines, e.on_date) IS DISTINCT FROM (w.rule, w.lines, w.on_date) RETURNING 1),
added AS (
    INSERT INTO cycles_evidence (action_id, visit_id, month, on_date, attached_by, lines)
    SELECT w.action_id, w.visit_id, %(month)s, w.on_date, w.rule, w.lines FROM wanted w
    WHERE NOT EXISTS (SELECT 1 FROM cycles_evidence e WHERE e.action_id = w.action_id AND e.visit_id = w.visit_id)
    RETURNING 1)
SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM changed) + (SELECT count(*) FROM added)
"""  # noqa: S608  names of our own


def link(month: date, territories: Sequence[int] | None = None) -> int:
    """The accepted actions of these territories (default: of all) have as evidence exactly the visits of the month that
    serve them: of the shop, or of the unit (the first 200). Returns how many links were added, changed or taken off.

    Runs in the caller's transaction, under the month's lock; a prefecture that has locked the month keeps its links.
    One query, whatever the number of visits.
    """
    values: dict[str, Any] = {"month": month, "territories": list(territories or ()), "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(_LINK.format(of=_OF_ALL if territories is None else _OF_TERRITORIES), values)
        return int(cursor.fetchone()[0])
