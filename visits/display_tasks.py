"""Repair tasks: a failed item that was not put right on the spot, and price tags below target, until a later check or
a photo after shows them mended. Derived from facts for visits/checked.py; told to phones by `FEED`.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from backend import clock, marks
from backend.feeds import Feed
from backend.parameters import declared
from visits.feed_shapes import DisplayTasks
from visits.parameters import REPAIR_DAYS, TAG_RATE
from visits.presence import counts

MARK = "display_tasks"
REPAIRS = "repairs"  # from the day on others are mended, or overdue, in the territory whose visits found them
CLOSED_KEPT_DAYS = 31  # how long a phone still shows a task that is done
TAGS = "price_tags"

# The value of a threshold that the unit of a visit had on its day: the nearest ancestor's, else the default.
_NEAREST = """
coalesce((SELECT (p.value #>> '{{}}')::numeric FROM backend_parameter p
    WHERE p.key = '{key}' AND p.unit_id = ANY(u.ancestors) AND p.during @> {on} AND jsonb_typeof(p.value) = 'number'
    ORDER BY array_position(u.ancestors, p.unit_id) DESC LIMIT 1), {default})
"""


def _nearest(key: str, on: str) -> str:
    return _NEAREST.format(key=key, on=on, default=declared(key).default)


# Islands of failures: every check that is right begins a new one, so the failing checks that share a number stand in
# one row. The first opens the task; the right check that begins the next island closes it. Visits whose place is to be
# verified, or was rejected, neither open nor close.
_TASKS = f"""
WITH landed AS MATERIALIZED (
    SELECT id, month, retailer_id, territory_id, county_id, on_date, started_at, template_version_id
    FROM visits_visit
    WHERE retailer_id = ANY(%(retailers)s::uuid[]) AND {counts("visits_visit")}),
looked AS (
    SELECT v.*, 'item' AS kind, w.template_id, l.item_code, l.passed OR l.fixed AS ok, l.fixed,
        jsonb_build_object('answer', l.answer) AS figures
    FROM landed v JOIN visits_templateversion w ON w.id = v.template_version_id
    JOIN visits_checkline l ON l.month = v.month AND l.visit_id = v.id AND l.passed IS NOT NULL
    UNION ALL
    SELECT v.*, 'tags', NULL, '{TAGS}', 100.0 * t.placed >= t.target * t.shown, false,
        jsonb_build_object('shown', t.shown, 'placed', t.placed, 'target', t.target,
            'rate', round(100.0 * t.placed / t.shown, 1))
    FROM landed v JOIN backend_unit u ON u.id = v.territory_id
    JOIN visits_compliancecheck c ON c.month = v.month AND c.visit_id = v.id AND c.tags_shown > 0
    CROSS JOIN LATERAL (SELECT c.tags_shown AS shown, greatest(0, c.tags_shown - coalesce(c.tags_missing, 0)
        - coalesce(c.tags_mismatched, 0) - coalesce(c.tags_altered, 0)) AS placed,
        {_nearest(TAG_RATE, "v.on_date")} AS target) t),
numbered AS (
    SELECT l.*, count(*) FILTER (WHERE ok) OVER (
        PARTITION BY retailer_id, kind, template_id, item_code ORDER BY started_at, id) AS island FROM looked l),
opened AS (
    SELECT DISTINCT ON (retailer_id, kind, template_id, item_code, island) *,
        count(*) OVER same AS failures, max(on_date) OVER same AS last_on
    FROM numbered WHERE NOT ok
    WINDOW same AS (PARTITION BY retailer_id, kind, template_id, item_code, island)
    ORDER BY retailer_id, kind, template_id, item_code, island, started_at, id),
wanted AS MATERIALIZED (
    SELECT o.*, c.on_date AS closed_on, c.id AS closed_id, c.month AS closed_month,
        coalesce(c.fixed, false) AS by_photo,
        o.on_date + {_nearest(REPAIR_DAYS, "o.on_date")}::int AS due_on,
        coalesce(n.name, '明码标价') AS name, coalesce(n.name_en, 'price tags') AS name_en
    FROM opened o JOIN backend_unit u ON u.id = o.territory_id
    LEFT JOIN numbered c ON c.ok AND c.retailer_id = o.retailer_id AND c.kind = o.kind AND c.item_code = o.item_code
        AND c.template_id IS NOT DISTINCT FROM o.template_id AND c.island = o.island + 1
    LEFT JOIN LATERAL (
        SELECT i->>'name' AS name, coalesce(i->>'name_en', '') AS name_en
        FROM visits_templateversion w, jsonb_array_elements(w.items) i
        WHERE w.id = o.template_version_id AND o.kind = 'item' AND i->>'code' = o.item_code) n ON true),
known AS MATERIALIZED (
    SELECT opened_visit_id, kind, item_code, territory_id, due_on, closed_on FROM visits_displaytask
    WHERE retailer_id = ANY(%(retailers)s::uuid[])),
gone AS (
    DELETE FROM visits_displaytask t
    WHERE t.retailer_id = ANY(%(retailers)s::uuid[]) AND NOT EXISTS (
        SELECT FROM wanted w WHERE w.id = t.opened_visit_id AND w.kind = t.kind AND w.item_code = t.item_code)
    RETURNING t.retailer_id, t.territory_id, t.due_on, t.closed_on),
stood AS (
    INSERT INTO visits_displaytask AS t (id, kind, retailer_id, territory_id, county_id, template_id, item_code, name,
        name_en, figures, opened_on, opened_visit_id, opened_month, failures, last_on, due_on, closed_on,
        closed_visit_id, closed_month, closed_by_photo, days)
    SELECT gen_random_uuid(), kind, retailer_id, territory_id, county_id, template_id, item_code, name, name_en,
        figures, on_date, id, month, failures, last_on, due_on, closed_on, closed_id, closed_month, by_photo,
        closed_on - on_date
    FROM wanted ORDER BY id, kind, item_code
    ON CONFLICT (opened_visit_id, kind, item_code) DO UPDATE SET
        name = excluded.name, name_en = excluded.name_en, figures = excluded.figures, failures = excluded.failures,
        territory_id = excluded.territory_id, county_id = excluded.county_id, opened_on = excluded.opened_on,
        last_on = excluded.last_on, due_on = excluded.due_on, closed_on = excluded.closed_on,
        closed_visit_id = excluded.closed_visit_id, closed_month = excluded.closed_month,
        closed_by_photo = excluded.closed_by_photo, days = excluded.days
    WHERE (t.name, t.name_en, t.figures, t.failures, t.territory_id, t.county_id, t.opened_on, t.last_on, t.due_on,
            t.closed_on, t.closed_visit_id, t.closed_by_photo)
        IS DISTINCT FROM (excluded.name, excluded.name_en, excluded.figures, excluded.failures, excluded.territory_id,
            excluded.county_id, excluded.opened_on, excluded.last_on, excluded.due_on, excluded.closed_on,
            excluded.closed_visit_id, excluded.closed_by_photo)
    RETURNING t.retailer_id, t.territory_id, t.due_on, t.closed_on, t.opened_visit_id, t.kind, t.item_code),
counted AS (
    SELECT territory_id, least(due_on, closed_on) AS since FROM gone
    UNION
    SELECT place.territory_id, CASE WHEN (k.territory_id, k.due_on) = (s.territory_id, s.due_on)
            THEN CASE WHEN k.closed_on IS DISTINCT FROM s.closed_on THEN least(k.closed_on, s.closed_on) END
        ELSE least(s.due_on, s.closed_on, k.due_on, k.closed_on) END
    FROM stood s LEFT JOIN known k USING (opened_visit_id, kind, item_code)
    CROSS JOIN LATERAL (VALUES (s.territory_id), (k.territory_id)) AS place(territory_id))
SELECT a.territory_id, NULL::date FROM (SELECT retailer_id FROM gone UNION SELECT retailer_id FROM stood) changed
JOIN retail_assignment a USING (retailer_id) WHERE a.during @> %(today)s::date
UNION
SELECT territory_id, since FROM counted WHERE territory_id IS NOT NULL AND since IS NOT NULL
"""  # noqa: S608 - constants only


def recompute(retailers: Sequence[UUID]) -> list[int]:
    """The tasks of these shops are those that all their checks make. Returns today's territories of the shops where
    something changed; whoever counts repairs is told. In the caller's transaction; one query, two where something
    changed."""
    with connection.cursor() as cursor:
        cursor.execute(_TASKS, {"retailers": list(retailers), "today": clock.today()})
        rows = cursor.fetchall()
    marks.mark(REPAIRS, [(territory, since) for territory, since in rows if since is not None])
    return sorted(territory for territory, since in rows if since is None)


_DOCUMENTS = f"""
SELECT a.territory_id, t.id, json_build_object('id', t.id, 'retailer_id', t.retailer_id, 'kind', t.kind,
    'template_id', t.template_id, 'item_code', t.item_code, 'name', t.name, 'name_en', t.name_en, 'figures', t.figures,
    'opened_on', t.opened_on, 'opened_visit_id', t.opened_visit_id, 'failures', t.failures, 'last_on', t.last_on,
    'due_on', t.due_on, 'closed_on', t.closed_on, 'closed_visit_id', t.closed_visit_id, 'days', t.days)
FROM retail_assignment a JOIN visits_displaytask t ON t.retailer_id = a.retailer_id
WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date
AND (t.closed_on IS NULL OR t.closed_on > %(today)s::date - {CLOSED_KEPT_DAYS})
AND (%(ids)s::uuid[] IS NULL OR t.id = ANY(%(ids)s::uuid[]))
"""  # noqa: S608 - constants only

FEED = Feed("display_tasks", 1, "visits.read", _DOCUMENTS, kinds=(MARK, "assignments"), shape=DisplayTasks)
