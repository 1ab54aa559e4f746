"""Drafts the month's actions from what was found and from what was carried on. Called as `actions.draft` by stages.py.

One action for each open finding with a proposal that was sighted in the month; restricted findings propose nothing. A
decided action, and a draft whose number somebody has set, is never changed by a later draft; other drafts follow the
newest figures, and those whose finding closed before anybody decided are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from backend import clock, parameters
from backend.ids import UUID7_SQL
from cycles import improve, standing
from cycles.goals import AMBITIOUS
from cycles.rules.rule import rules
from cycles.sentences import Template, register

OWN = "own"  # the kind of an action set by hand: what to do is said in words
register(Template(f"action.{OWN}", 1, "{words}", "{words}"))

# What the findings of the month ask for, as it would be drafted now.
_WANTED = f"""
SELECT f.id AS finding_id, f.dimension, f.retailer_id, f.unit_id, f.product_id, f.territory_id, f.county_id, f.rule,
    p.kind, p.metric, p.goal, p.serves, p.evidence_needed, s.figures AS parameters,
    round((s.figures->>'baseline')::numeric, 2) AS baseline, round((s.figures->>'target')::numeric, 2) AS target,
    round((s.figures->>'best')::numeric, 2) AS best,
    least(coalesce(greatest(s.as_of, %(month)s) + p.due_days, %(last)s), %(last)s) AS due_on,
    s.severity = 1 OR coalesce(p.goal = 'at_least' AND (s.figures->>'best')::numeric > 0
        AND (s.figures->>'target')::numeric > coalesce(w.times, %(times)s) * (s.figures->>'best')::numeric, FALSE)
        AS is_flagged
FROM cycles_sighting s
JOIN cycles_finding f ON f.id = s.finding_id AND f.closed_on IS NULL AND NOT f.is_restricted
JOIN unnest(%(codes)s::text[], %(kinds)s::text[], %(metrics)s::text[], %(goals)s::text[], %(serves)s::text[],
    %(needed)s::int[], %(due)s::int[]) AS p(code, kind, metric, goal, serves, evidence_needed, due_days)
    ON p.code = f.rule
JOIN backend_unit u ON u.id = coalesce(f.territory_id, f.county_id, f.unit_id)
LEFT JOIN unnest(%(units)s::bigint[], %(limits)s::numeric[]) AS w(unit_id, times) ON w.unit_id = u.ancestors[3]
WHERE s.month = %(month)s AND s.figures->>'target' IS NOT NULL AND {{within}} AND {standing.still_planned("u")}
"""  # noqa: S608  names of our own
_FOLLOWED = ("parameters", "baseline", "drafted_target", "target", "best", "due_on", "is_flagged")
_NEW = ("parameters", "baseline", "target", "target", "best", "due_on", "is_flagged")
_SAME = ", ".join(
    f"a.{name}" for name in ("metric", "goal", "serves", "evidence_needed", "territory_id", "county_id", *_FOLLOWED)
)
_THEN = ", ".join(
    f"w.{name}" for name in ("metric", "goal", "serves", "evidence_needed", "territory_id", "county_id", *_NEW)
)
_FOLLOW = f"""
UPDATE cycles_action a SET ({_SAME.replace("a.", "")}) = ROW({_THEN}), version = a.version + 1
FROM wanted w
WHERE a.month = %(month)s AND a.finding_id = w.finding_id AND a.state = 'drafted' AND a.decided_at IS NULL
AND ({_SAME}) IS DISTINCT FROM ({_THEN})
"""  # noqa: S608  names of our own
_ADD = f"""
INSERT INTO cycles_action (id, month, finding_id, dimension, retailer_id, unit_id, product_id, territory_id, county_id,
    rule, kind, parameters, metric, goal, baseline, drafted_target, target, best, due_on, serves, evidence_needed,
    state, is_flagged, drop_reason, words, version)
SELECT {UUID7_SQL}, %(month)s, w.finding_id, w.dimension, w.retailer_id, w.unit_id, w.product_id, w.territory_id,
    w.county_id, w.rule, w.kind, w.parameters, w.metric, w.goal, w.baseline, w.target, w.target, w.best, w.due_on,
    w.serves, w.evidence_needed, 'drafted', w.is_flagged, '', '', 1
FROM wanted w WHERE NOT EXISTS (SELECT 1 FROM cycles_action a WHERE a.month = %(month)s AND a.finding_id = w.finding_id)
ORDER BY w.retailer_id, w.finding_id
ON CONFLICT DO NOTHING
"""  # noqa: S608  names of our own
# Drafts whose reason is gone: the finding closed (or is not found any more), or the improvement came to its end.
_GONE = f"""
DELETE FROM cycles_action a USING backend_unit u
WHERE a.month = %(month)s AND a.state = 'drafted'
AND u.id = coalesce(a.territory_id, a.county_id, a.unit_id) AND {{within}} AND {standing.still_planned("u")}
AND NOT EXISTS (
    SELECT 1 FROM cycles_finding f JOIN cycles_sighting s ON s.finding_id = f.id AND s.month = a.month
    WHERE f.id = a.finding_id AND f.closed_on IS NULL)
AND NOT EXISTS (
    SELECT 1 FROM cycles_improvement i WHERE i.id = a.improvement_id AND i.state IN ('proposed', 'open'))
"""  # noqa: S608  names of our own


def draft(month: date, prefectures: Sequence[int] | None = None) -> int:
    """The month's actions are what its findings and the improvements of earlier months ask for; returns how many were
    added. In the caller's transaction, under the month's lock. Nothing where a prefecture has measured the month. Nine
    queries, whatever the number of findings; a second run changes nothing."""
    values = _values(month, prefectures)
    within = standing.within("u", prefectures)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.wanted")
        cursor.execute(f"CREATE TEMP TABLE wanted ON COMMIT DROP AS {_WANTED.format(within=within)}", values)
        cursor.execute(_GONE.format(within=within), values)
        cursor.execute(_FOLLOW, values)
        cursor.execute(_ADD, values)
        added = cursor.rowcount
    return added + improve.carry(month, prefectures)


def _values(month: date, prefectures: Sequence[int] | None) -> dict[str, Any]:
    proposed = [(rule.code, rule.proposal) for rule in rules() if rule.proposal and not rule.restricted]
    limits = _limits(month)
    return {
        "month": month,
        "last": clock.month_end(month),
        "prefectures": list(prefectures or ()),
        "codes": [code for code, _ in proposed],
        "kinds": [one.kind for _, one in proposed],
        "metrics": [one.metric for _, one in proposed],
        "goals": [str(one.goal) for _, one in proposed],
        "serves": [str(one.serves) for _, one in proposed],
        "needed": [one.evidence_needed for _, one in proposed],
        "due": [one.due_days for _, one in proposed],
        "times": parameters.declared(AMBITIOUS).default,
        "units": list(limits),
        "limits": list(limits.values()),
    }


def _limits(month: date) -> dict[int, float]:
    """From how many times the best on a goal warns, by prefecture. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM backend_unit WHERE level = 2")
        units = [unit for (unit,) in cursor.fetchall()]
    return {unit: found[AMBITIOUS] for unit, found in parameters.values([AMBITIOUS], units, month).items()}
