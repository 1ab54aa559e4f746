"""The weekly sample: what each collection point is to give from Monday to Thursday, what came, and what does not fit.

Rows are made by the tick and follow visits through the change marks, recomputed from facts; what a manager decided
about a sample stands as long as the same visit serves it. Rule: docs/method.md, The weekly sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from backend import audit, clock, marks, parameters
from backend.errors import Problem
from backend.ids import UUID7_SQL
from backend.marks import Key
from backend.reach import require_unit
from backend.scope import Actor
from market.models import Sample
from market.parameters import PRICE_BAND, SAMPLE_LAST_WEEKDAY, SAMPLE_PRODUCTS
from market.samples.points import VERIFY
from visits.presence import counts

CONSUMER = "samples"
KINDS = ("visits",)
TOLD = "samples"  # the mark: what phones are to collect has changed

# Key products of the units above first, then what the territory ordered most in the last four weeks.
_ENSURE = f"""
WITH point AS (
    SELECT p.id, p.retailer_id, p.territory_id, p.county_id FROM market_collectionpoint p
    WHERE p.during @> %(today)s::date
    AND NOT EXISTS (SELECT FROM market_sample s WHERE s.week_on = %(week)s AND s.point_id = p.id)),
territory AS (
    SELECT t.id, u.ancestors, t.n FROM unnest(%(territories)s::bigint[], %(products)s::int[]) AS t(id, n)
    JOIN backend_unit u ON u.id = t.id),
wanted AS (
    SELECT t.id AS territory_id, jsonb_agg(w.product_id ORDER BY w.place) AS products
    FROM territory t CROSS JOIN LATERAL (
        SELECT x.product_id, row_number() OVER (ORDER BY x.is_key DESC, x.cartons DESC, x.product_id) AS place
        FROM (
            SELECT product_id, bool_or(is_key) AS is_key, sum(cartons) AS cartons FROM (
                SELECT k.product_id, true AS is_key, 0::bigint AS cartons FROM brands_keyproduct k
                WHERE k.unit_id = ANY(t.ancestors) AND k.during @> %(today)s::date
                UNION ALL
                SELECT l.product_id, false, l.ordered_cartons FROM market_order o
                JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
                WHERE o.territory_id = t.id AND o.on_date >= %(today)s::date - 28 AND o.on_date < %(today)s
                AND o.month >= date_trunc('month', %(today)s::date - 28)::date) AS both_kinds
            GROUP BY product_id) AS x) AS w
    WHERE w.place <= t.n GROUP BY t.id)
INSERT INTO market_sample (id, week_on, point_id, retailer_id, territory_id, county_id, products, state, seen, suspects,
    decided_words, version)
SELECT {UUID7_SQL}, %(week)s, p.id, p.retailer_id, p.territory_id, p.county_id, coalesce(w.products, '[]'), 'due', 0,
    '[]', '', 1
FROM point p LEFT JOIN wanted w ON w.territory_id = p.territory_id
ON CONFLICT (week_on, point_id) DO NOTHING RETURNING territory_id
"""  # noqa: S608 - our own expression

# The visit that serves a sample: in time before late, then the one that looked at most of the products. A stock that is
# above the last count and all that was ordered since does not fit, nor a price far from the guide price.
_FOLLOW = f"""
WITH due AS MATERIALIZED (
    SELECT s.id, s.retailer_id, s.products, t.last_day, t.band FROM market_sample s
    JOIN unnest(%(territories)s::bigint[], %(last)s::int[], %(band)s::float8[]) AS t(id, last_day, band)
        ON t.id = s.territory_id
    WHERE s.week_on = %(week)s),
looked AS (
    SELECT d.id, v.id AS visit_id, v.month, v.on_date, v.started_at, count(*) AS seen,
        v.on_date < %(week)s::date + d.last_day AS in_time
    FROM due d JOIN visits_visit v ON v.retailer_id = d.retailer_id
        AND v.month = ANY(%(months)s::date[]) AND v.on_date BETWEEN %(week)s AND %(week)s::date + 6
        AND {counts()}
    JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id AND d.products @> to_jsonb(o.product_id)
        AND coalesce(o.carton_price_fen, o.pack_price_fen, o.stock_packs) IS NOT NULL
    GROUP BY d.id, v.id, v.month, v.on_date, v.started_at, d.last_day),
best AS MATERIALIZED (
    SELECT DISTINCT ON (id) * FROM looked ORDER BY id, in_time DESC, seen DESC, started_at, visit_id),
line AS (
    SELECT b.id, o.product_id, o.carton_price_fen, o.stock_packs, p.guide_carton_fen, d.band, w.stock_packs AS before,
        (SELECT coalesce(sum(l.ordered_cartons), 0) * p.packs_per_carton FROM market_order r
            JOIN market_orderline l ON l.month = r.month AND l.order_id = r.id AND l.product_id = o.product_id
            WHERE r.retailer_id = d.retailer_id AND r.on_date > w.on_date AND r.on_date <= b.on_date
            AND r.month >= date_trunc('month', w.on_date)::date) AS ordered
    FROM best b JOIN due d USING (id)
    JOIN visits_observation o ON o.month = b.month AND o.visit_id = b.visit_id AND d.products @> to_jsonb(o.product_id)
    JOIN brands_product p ON p.id = o.product_id
    LEFT JOIN LATERAL (
        SELECT e.stock_packs, v.on_date FROM visits_visit v
        JOIN visits_observation e ON e.month = v.month AND e.visit_id = v.id AND e.product_id = o.product_id
            AND e.stock_packs IS NOT NULL
        WHERE v.retailer_id = d.retailer_id AND v.started_at < b.started_at
        AND v.month >= date_trunc('month', b.on_date - 62)::date AND {counts()}
        ORDER BY v.started_at DESC LIMIT 1) AS w ON true),
odd AS (
    SELECT id, jsonb_agg(said ORDER BY said->>'code', (said->>'product_id')::bigint) AS suspects FROM (
        SELECT id, jsonb_build_object('product_id', product_id, 'code', 'stock_above', 'figures',
            jsonb_build_object('stock', stock_packs, 'before', before, 'ordered', ordered)) AS said
        FROM line WHERE stock_packs > before + ordered
        UNION ALL
        SELECT id, jsonb_build_object('product_id', product_id, 'code', 'price_band', 'figures',
            jsonb_build_object('price', carton_price_fen, 'guide', guide_carton_fen))
        FROM line WHERE abs(carton_price_fen - guide_carton_fen) > guide_carton_fen * band / 100) AS each_one
    GROUP BY id),
new AS (
    SELECT d.id, b.visit_id, b.month, b.on_date, coalesce(b.seen, 0) AS seen, coalesce(o.suspects, '[]') AS suspects,
        CASE WHEN b.in_time THEN 'taken' WHEN b.visit_id IS NOT NULL THEN 'late'
             WHEN %(week)s::date + 7 <= %(today)s THEN 'missed' ELSE 'due' END AS state
    FROM due d LEFT JOIN best b USING (id) LEFT JOIN odd o USING (id))
UPDATE market_sample s SET state = n.state, visit_id = n.visit_id, visit_month = n.month, taken_on = n.on_date,
    seen = n.seen, suspects = n.suspects, version = s.version + 1,
    is_accepted = CASE WHEN s.visit_id = n.visit_id THEN s.is_accepted END,
    decided_by_id = CASE WHEN s.visit_id = n.visit_id THEN s.decided_by_id END,
    decided_at = CASE WHEN s.visit_id = n.visit_id THEN s.decided_at END,
    decided_words = CASE WHEN s.visit_id = n.visit_id THEN s.decided_words ELSE '' END
FROM new n WHERE s.id = n.id
AND (s.state, s.visit_id, s.seen, s.suspects) IS DISTINCT FROM (n.state, n.visit_id, n.seen::smallint, n.suspects)
RETURNING s.territory_id
"""  # noqa: S608 - our own condition
_ENDED = "SELECT DISTINCT week_on, territory_id FROM market_sample WHERE state = 'due' AND week_on + 7 <= %s"
# A shop that went to another territory is no point of the one it left; what was still awaited of it is awaited no more.
_END_MOVED = """
UPDATE market_collectionpoint p SET ended_reason = 'moved', version = p.version + 1,
    during = daterange(lower(p.during), greatest(%(today)s::date, lower(p.during) + 1))
WHERE upper_inf(p.during) AND NOT EXISTS (
    SELECT FROM retail_assignment a WHERE a.retailer_id = p.retailer_id AND a.territory_id = p.territory_id
    AND a.during @> %(today)s::date)
"""
_DROP_ENDED = """
DELETE FROM market_sample s USING market_collectionpoint p
WHERE p.id = s.point_id AND s.week_on = %(week)s AND s.state = 'due' AND NOT p.during @> %(today)s::date
RETURNING s.territory_id
"""
_TERRITORIES = "SELECT DISTINCT territory_id FROM market_collectionpoint WHERE during @> %s::date"


def follow() -> int:
    """The tick: this week's samples exist, follow the visits that arrived, and are missed when their week is over.
    Idempotent; returns how many rows and keys it touched."""
    taken = marks.drain(CONSUMER, KINDS, _visits_changed)
    with transaction.atomic():
        return taken + ensure_week(clock.today()) + _end_weeks(clock.today())


def ensure_week(today: date) -> int:
    """Every point in force has its sample of the week of the day, one that ended none that is still due; a point whose
    shop has moved ends. Five queries; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_END_MOVED, {"today": today})
        cursor.execute(_DROP_ENDED, {"today": today, "week": monday(today)})
        dropped = _tell(cursor.fetchall())
        cursor.execute(_TERRITORIES, [today])
        territories = [unit for (unit,) in cursor.fetchall()]
        if not territories:
            return dropped
        numbers = parameters.values([SAMPLE_PRODUCTS], territories, today)
        values: dict[str, Any] = {"today": today, "week": monday(today), "territories": territories}
        values["products"] = [numbers[unit][SAMPLE_PRODUCTS] for unit in territories]
        cursor.execute(_ENSURE, values)
        return dropped + _tell(cursor.fetchall())


def recompute(week: date, territories: Sequence[int]) -> int:
    """The samples of a week in these territories say what the visits that stand come to; returns how many changed. In
    the caller's transaction; two queries."""
    asked = sorted(set(territories))
    limits = parameters.values([SAMPLE_LAST_WEEKDAY, PRICE_BAND], asked, week)
    values: dict[str, Any] = {
        "week": week,
        "today": clock.today(),
        "months": sorted({clock.month_of(week), clock.month_of(week + timedelta(days=6))}),
        "territories": asked,
        "last": [limits[unit][SAMPLE_LAST_WEEKDAY] for unit in asked],
        "band": [limits[unit][PRICE_BAND] for unit in asked],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, values)
        return _tell(cursor.fetchall())


def decide(*, actor: Actor, sample: Sample, accepted: bool, words: str) -> Sample:
    """A manager takes the sample, or returns it with words; it may be decided anew. visits.verify over its territory
    (not_found); conflict while nothing has come; `invalid` for a return without words. Four queries."""
    require_unit(actor, VERIFY, sample.territory_id)
    if not accepted and not words.strip():
        raise Problem("invalid", detail_zh="退回须说明原因。", detail_en="Say why it is returned.")
    with transaction.atomic():
        held = Sample.objects.select_for_update().get(pk=sample.pk)
        if held.visit_id is None:
            raise Problem("conflict")
        before = audit.snapshot(held)
        held.is_accepted, held.decided_words = accepted, words
        held.decided_by_id, held.decided_at, held.version = actor.person_id, clock.now(), held.version + 1
        held.save()
        after = audit.snapshot(held)
        audit.record(actor, "sample.decide", held, before=before, after=after, unit_id=held.county_id)
        marks.mark(TOLD, [(held.territory_id, clock.today())])
    return held


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _visits_changed(keys: Sequence[Key]) -> None:
    weeks: dict[date, set[int]] = defaultdict(set)
    for key in keys:
        weeks[monday(key.on_date)].add(key.unit_id)
    for week in sorted(weeks):
        recompute(week, sorted(weeks[week]))


def _end_weeks(today: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, [today])
        weeks: dict[date, set[int]] = defaultdict(set)
        for week, territory in cursor.fetchall():
            weeks[week].add(territory)
    return sum(recompute(week, sorted(weeks[week])) for week in sorted(weeks))


def _tell(rows: Sequence[tuple[int]]) -> int:
    if rows:
        marks.mark(TOLD, {(territory, clock.today()) for (territory,) in rows})
    return len(rows)
