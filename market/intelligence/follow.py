"""Items of intelligence follow the visits that were recorded: new lines are sent up, edited ones are sent anew, and
what no longer stands is withdrawn. Called by the tick, through the change marks of visits. Rule: docs/method.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from backend import clock, marks, parameters, workdays
from backend.ids import UUID7_SQL
from backend.marks import Key
from market.intelligence import groups, news
from market.parameters import DECIDE_DAYS, OUT_OF_STOCK_DAYS, PRICE_BAND
from visits.presence import counts

CONSUMER = "intelligence"
KINDS = ("visits",)
OLDEST_DAYS = 92  # of a visit whose lines become new items: nobody decides about what is older

# Every line that is worth sending up, of visits that count. A price far from the guide price fits no more than a sample
# that is suspected for it (market.sample_price_band).
_LINES = f"""
line AS MATERIALIZED (
    SELECT v.id AS visit_id, v.month, v.retailer_id, v.person_id, v.territory_id, v.county_id, v.on_date,
        v.received_at, l.*
    FROM unnest(%(territories)s::bigint[], %(days)s::date[], %(stock)s::int[], %(band)s::float8[])
        AS k(territory_id, on_date, stock, band)
    JOIN visits_visit v ON v.territory_id = k.territory_id AND v.on_date = k.on_date
        AND v.month = ANY(%(months)s::date[]) AND {counts()}
    CROSS JOIN LATERAL (
        SELECT 100000 + r.line_no AS place_no, r.kind, r.product_id, r.text, r.place, r.confidence, r.is_restricted,
            jsonb_strip_nulls(jsonb_build_object('policy_id', r.policy_id, 'campaign', nullif(r.campaign, ''),
                'counter_proposal', nullif(r.counter_proposal, ''), 'price_fen', r.price_fen, 'quantity', r.quantity))
                AS said
        FROM visits_remark r WHERE r.month = v.month AND r.visit_id = v.id
        UNION ALL
        SELECT o.line_no, w.kind, o.product_id, '', '', o.confidence, false, w.said
        FROM visits_observation o JOIN brands_product p ON p.id = o.product_id
        CROSS JOIN LATERAL (VALUES
            ('out_of_stock', o.oos_days >= k.stock, jsonb_build_object('oos_days', o.oos_days)),
            ('price', abs(o.carton_price_fen - p.guide_carton_fen) > p.guide_carton_fen * k.band / 100,
                jsonb_build_object('carton_price_fen', o.carton_price_fen))) AS w(kind, is_so, said)
        WHERE o.month = v.month AND o.visit_id = v.id AND w.is_so) AS l)
"""  # noqa: S608 - our own condition
_HOLD = """
SELECT i.id FROM market_intelligenceitem i
JOIN unnest(%(territories)s::bigint[], %(days)s::date[]) AS k(territory_id, on_date)
    ON k.territory_id = i.territory_id AND k.on_date = i.on_date
ORDER BY i.id FOR UPDATE OF i
"""
_NEW = f"""
WITH {_LINES},
made AS (
    INSERT INTO market_intelligenceitem (id, visit_id, month, place_no, retailer_id, person_id, territory_id, county_id,
        on_date, kind, product_id, text, place, confidence, said, is_restricted, group_id, group_on, state, sent_at,
        decision, words_back, version)
    SELECT n.id, visit_id, month, place_no, retailer_id, person_id, territory_id, county_id, on_date, kind, product_id,
        text, place, confidence, said, is_restricted, n.id, on_date, 'submitted', received_at, '', '', 1
    FROM (SELECT {UUID7_SQL} AS id, line.* FROM line ORDER BY received_at, visit_id, place_no) AS n
    WHERE on_date > %(today)s::date - {OLDEST_DAYS} AND NOT EXISTS (
        SELECT FROM market_intelligenceitem i WHERE i.visit_id = n.visit_id AND i.place_no = n.place_no
        AND i.kind = n.kind AND i.is_restricted = n.is_restricted)
    ON CONFLICT (visit_id, place_no, kind, is_restricted) DO NOTHING
    RETURNING id, sent_at),
told AS (
    INSERT INTO market_intelligenceevent (id, item_id, at, act, words)
    SELECT {UUID7_SQL}, id, sent_at, 'sent', '' FROM made)
SELECT id FROM made ORDER BY id
"""  # noqa: S608 - our own statements
# What was returned or verified and says something else now is judged anew; what went further keeps its place, and its
# history holds what was read then. Only what was returned starts its clock again.
_CHANGED = f"""
WITH {_LINES},
held AS MATERIALIZED (
    SELECT i.id, i.state, i.text AS old_text, i.place AS old_place, i.said AS old_said, i.product_id AS old_product,
        i.confidence AS old_confidence, n.*,
        (i.text, i.place, i.said, i.product_id, i.confidence) IS DISTINCT FROM
            (n.text, n.place, n.said, n.product_id, n.confidence) AS differs
    FROM market_intelligenceitem i JOIN line n USING (visit_id, place_no, kind, is_restricted)
    WHERE i.state = 'withdrawn' OR (i.retailer_id, i.territory_id, i.on_date, i.text, i.place, i.said, i.product_id,
        i.confidence) IS DISTINCT FROM
        (n.retailer_id, n.territory_id, n.on_date, n.text, n.place, n.said, n.product_id, n.confidence)),
changed AS (
    UPDATE market_intelligenceitem i SET retailer_id = h.retailer_id, territory_id = h.territory_id,
        county_id = h.county_id, on_date = h.on_date, text = h.text, place = h.place, said = h.said,
        product_id = h.product_id, confidence = h.confidence, version = i.version + 1,
        state = CASE WHEN i.state = 'withdrawn' OR h.differs AND i.state IN ('returned', 'verified') THEN 'submitted'
                     ELSE i.state END,
        sent_at = CASE WHEN h.differs AND i.state = 'returned' THEN %(now)s ELSE i.sent_at END,
        due_on = CASE WHEN h.differs AND i.state = 'returned' THEN NULL ELSE i.due_on END,
        overdue_at = CASE WHEN h.differs AND i.state = 'returned' THEN NULL ELSE i.overdue_at END
    FROM held h WHERE i.id = h.id RETURNING i.id),
told AS (
    INSERT INTO market_intelligenceevent (id, item_id, at, act, words, before)
    SELECT {UUID7_SQL}, h.id, %(now)s, CASE WHEN h.state = 'withdrawn' THEN 'sent' ELSE 'edited' END, '',
        CASE WHEN h.differs THEN jsonb_build_object('text', h.old_text, 'place', h.old_place, 'said', h.old_said,
            'product', h.old_product, 'confidence', h.old_confidence, 'state', h.state) END
    FROM held h WHERE h.differs OR h.state = 'withdrawn')
SELECT id FROM changed ORDER BY id
"""  # noqa: S608 - our own statements
# A visit that was moved to another day or territory stands there: its items follow it when that key is recomputed.
_GONE = f"""
WITH {_LINES},
gone AS (
    UPDATE market_intelligenceitem i SET state = 'withdrawn', level = NULL, version = i.version + 1
    FROM unnest(%(territories)s::bigint[], %(days)s::date[]) AS k(territory_id, on_date)
    WHERE i.territory_id = k.territory_id AND i.on_date = k.on_date AND i.state NOT IN ('withdrawn', 'decided')
    AND NOT EXISTS (SELECT FROM line n WHERE n.visit_id = i.visit_id AND n.place_no = i.place_no AND n.kind = i.kind
        AND n.is_restricted = i.is_restricted)
    AND NOT EXISTS (SELECT FROM visits_visit v WHERE v.month = i.month AND v.id = i.visit_id AND {counts()}
        AND (v.territory_id, v.on_date) IS DISTINCT FROM (i.territory_id, i.on_date))
    RETURNING i.id),
told AS (
    INSERT INTO market_intelligenceevent (id, item_id, at, act, words)
    SELECT {UUID7_SQL}, id, %(now)s, 'withdrawn', '' FROM gone)
SELECT id FROM gone ORDER BY id
"""  # noqa: S608 - our own statements
_UNDATED = """
SELECT DISTINCT county_id, (sent_at AT TIME ZONE 'Asia/Shanghai')::date FROM market_intelligenceitem
WHERE id = ANY(%s::uuid[]) AND due_on IS NULL
"""
_DATE = """
UPDATE market_intelligenceitem i SET due_on = d.due_on
FROM unnest(%(counties)s::bigint[], %(sent)s::date[], %(due)s::date[]) AS d(county_id, sent_on, due_on)
WHERE i.id = ANY(%(ids)s::uuid[]) AND i.due_on IS NULL AND i.county_id = d.county_id
AND (i.sent_at AT TIME ZONE 'Asia/Shanghai')::date = d.sent_on
"""


def follow() -> int:
    """The tick: items say what the visits that arrived say. Idempotent; returns how many keys it took."""
    return marks.drain(CONSUMER, KINDS, recompute)


def recompute(keys: Sequence[Key]) -> None:
    """The items of these territories and days are those of the visits that stand; who sent what changed is told on the
    phone. In the caller's transaction; five queries where nothing changed."""
    values = _values(sorted(set(keys)))
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, values)
        cursor.execute(_GONE, values)
        gone: list[UUID] = [item for (item,) in cursor.fetchall()]
        cursor.execute(_CHANGED, values)
        changed: list[UUID] = [item for (item,) in cursor.fetchall()]
        cursor.execute(_NEW, values)
        fresh: list[UUID] = [item for (item,) in cursor.fetchall()]
    _set_clock(changed + fresh)
    groups.gather(changed + fresh)
    news.changed(gone + changed + fresh)


def due_days(places: Sequence[tuple[int, date]]) -> list[date]:
    """The last day of the clock for each (county, day of sending): so many working days after it
    (intelligence.decide_days). Two queries."""
    calendar, allowed = workdays.calendar(), parameters.values_at([DECIDE_DAYS], places)
    return [workdays.days_after(calendar, on, max(0, allowed[unit, on][DECIDE_DAYS])) for unit, on in places]


def _set_clock(items: Sequence[UUID]) -> None:
    """Each that has none yet has the day by which it is decided."""
    if not items:
        return
    with connection.cursor() as cursor:
        cursor.execute(_UNDATED, [list(items)])
        places: list[tuple[int, date]] = cursor.fetchall()
        if places:
            counties, sent = [county for county, _ in places], [on for _, on in places]
            values: dict[str, Any] = {"ids": list(items), "counties": counties, "sent": sent, "due": due_days(places)}
            cursor.execute(_DATE, values)


def _values(keys: Sequence[Key]) -> dict[str, Any]:
    limits = parameters.values_at([OUT_OF_STOCK_DAYS, PRICE_BAND], [(key.unit_id, key.on_date) for key in keys])
    of_key = [limits[key.unit_id, key.on_date] for key in keys]
    return {
        "territories": [key.unit_id for key in keys],
        "days": [key.on_date for key in keys],
        "months": sorted({clock.month_of(key.on_date) for key in keys}),
        "stock": [max(1, limit[OUT_OF_STOCK_DAYS]) for limit in of_key],
        "band": [limit[PRICE_BAND] for limit in of_key],
        "today": clock.today(),
        "now": clock.now(),
    }
