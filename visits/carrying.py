"""What a display check owes to the check before it: for the intake, for the score explained, and for late arrivals.

A late, edited, withdrawn or rejected visit changes which check was the first and which came before; `rescore` then
gives every check of the shop the score that its facts make (called by visits/checked.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from visits.presence import counts
from visits.scoring import Before


class Asked(NamedTuple):
    """A check whose items carry over: the visit, its shop, when it began, and the version of the template."""

    visit_id: UUID
    retailer_id: UUID
    started_at: datetime
    template_version_id: int


# A check failed when an item that is asked neither passed nor was not applicable; one left out did not pass.
_FAILED = """
(SELECT count(*) FROM jsonb_array_elements({version}.items) i WHERE NOT i ? 'rule') >
(SELECT count(*) FROM visits_checkline l
 WHERE l.month = {visit}.month AND l.visit_id = {visit}.id AND l.passed IS NOT FALSE)
"""
_BEFORE = f"""
SELECT k.visit_id, p.failed
FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::bigint[]) AS k(visit_id, retailer_id, started_at, version_id)
JOIN visits_templateversion mine ON mine.id = k.version_id
CROSS JOIN LATERAL (
    SELECT {_FAILED.format(version="w", visit="v")} AS failed
    FROM visits_visit v JOIN visits_templateversion w ON w.id = v.template_version_id
    WHERE v.retailer_id = k.retailer_id AND w.template_id = mine.template_id AND v.id <> k.visit_id
    AND (v.started_at, v.id) < (k.started_at, k.visit_id) AND {counts()}
    ORDER BY v.started_at DESC, v.id DESC LIMIT 1) p
"""  # noqa: S608 - constants only


def before(checks: Sequence[Asked]) -> dict[UUID, Before]:
    """For each check what stood before it: whether it is the shop's first by its template (whatever the version), and
    whether the one before failed anywhere. Visits to be verified are not looked back at. One query, none for none."""
    if not checks:
        return {}
    columns = [list(column) for column in zip(*checks, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, columns)
        found = {visit_id: Before(is_first=False, failed=failed) for visit_id, failed in cursor}
    return {check.visit_id: found.get(check.visit_id) or Before() for check in checks}


# The formula of visits/scoring.py over every check of these shops by templates that carry over. A score that is right
# to half a cent is left alone, so that what the intake rounded stays as it was told.
_RESCORE = f"""
WITH seen AS MATERIALIZED (
    SELECT v.id, v.month, v.retailer_id, w.template_id, v.started_at, v.display_score, w.items,
        {counts()} AS landed, {_FAILED.format(version="w", visit="v")} AS failed
    FROM visits_visit v JOIN visits_templateversion w ON w.id = v.template_version_id
    WHERE v.retailer_id = ANY(%(retailers)s::uuid[]) AND w.items @> '[{{"rule": "continuity"}}]'),
placed AS (
    SELECT s.*, array_agg(failed) FILTER (WHERE landed) OVER (
        PARTITION BY retailer_id, template_id ORDER BY started_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS earlier FROM seen s),
counted AS (
    SELECT p.id, p.month, p.display_score, t.possible, coalesce(t.must, 0) AS must,
        coalesce(t.reached, 0) + coalesce(t.carried, 0) AS reached
    FROM placed p CROSS JOIN LATERAL (
        SELECT sum((i->>'weight')::numeric) FILTER (WHERE l.line_no IS NULL OR l.passed IS NOT NULL) AS possible,
            sum(l.points) AS reached,
            count(*) FILTER (WHERE (i->>'must_pass')::boolean AND (l.line_no IS NULL OR l.passed IS FALSE)) AS must,
            sum((i->>'weight')::numeric) FILTER (WHERE i->>'rule' = 'continuity' AND (p.earlier IS NULL OR NOT (
                p.failed OR coalesce((i->>'before')::boolean, false) AND p.earlier[cardinality(p.earlier)]))) AS carried
        FROM jsonb_array_elements(p.items) i
        LEFT JOIN visits_checkline l ON l.month = p.month AND l.visit_id = p.id AND l.item_code = i->>'code') t),
wanted AS (
    SELECT id, month, display_score,
        CASE WHEN possible > 0 THEN CASE WHEN must > 0 THEN 0 ELSE 100 * reached / possible END END AS raw
    FROM counted)
UPDATE visits_visit v SET display_score = round(w.raw, 2) FROM wanted w
WHERE v.month = w.month AND v.id = w.id
AND (w.raw IS NULL AND w.display_score IS NOT NULL OR w.raw IS NOT NULL AND w.display_score IS NULL
    OR abs(w.raw - w.display_score) > 0.005)
RETURNING v.territory_id, v.on_date
"""  # noqa: S608 - constants only


def rescore(retailers: Sequence[UUID]) -> set[tuple[int, date]]:
    """The checks of these shops have the scores that the facts of now make; the (territory, day) keys where one
    changed. In the caller's transaction; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_RESCORE, {"retailers": list(retailers)})
        return set(cursor.fetchall())
