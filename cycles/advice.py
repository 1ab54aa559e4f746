"""Advice sheets (经营指导单): a shop's own figures, drafted set-based, and the account manager's sentence to them.

Called by advice_api.py, and by what opens or measures a month for the shops with findings. A blank sentence is allowed;
nothing is drafted into it (docs/method.md, "Advice sheets").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import audit, clock
from backend.errors import Problem
from backend.ids import UUID7_SQL
from backend.scope import Actor, OfShop, units_under
from cycles import gate, standing
from cycles.models import AdviceSheet
from visits.presence import counts

SEEN_DAYS = 56  # a price or a stock seen longer ago says nothing of today
WORDS_MAX = 1_000
_WRITTEN_BY = OfShop(gate.CAPABILITY, shop="retailer_id", county="retailer__county_id")

# The shops: of the territories, with an unrestricted finding in the month, or those asked for. Sales are those of the
# month so far beside the whole month before; margin is by the price last seen in this very shop, over what it bought.
_DRAFT = f"""
WITH shop AS MATERIALIZED (
    SELECT c.retailer_id, c.territory_id, (
        SELECT m.person_id FROM cycles_managercycle m WHERE m.month = %(month)s AND m.unit_id = c.territory_id
        AND m.role_id = 'account_manager' ORDER BY m.id DESC LIMIT 1) AS person_id
    FROM cycles_retailercycle c JOIN backend_unit u ON u.id = c.territory_id
    WHERE c.month = %(month)s AND (%(territories)s::bigint[] IS NULL OR c.territory_id = ANY(%(territories)s::bigint[]))
        AND {standing.not_locked("u")}
        AND CASE WHEN %(retailers)s::uuid[] IS NOT NULL THEN c.retailer_id = ANY(%(retailers)s::uuid[])
            ELSE EXISTS (SELECT 1 FROM cycles_finding f JOIN cycles_sighting s ON s.finding_id = f.id
                AND s.month = %(month)s WHERE f.retailer_id = c.retailer_id AND NOT f.is_restricted) END),
line AS MATERIALIZED (
    SELECT s.retailer_id, l.product_id, l.month, sum(l.ordered_cartons) AS cartons, sum(l.amount_fen) AS fen
    FROM shop s JOIN market_order o ON o.retailer_id = s.retailer_id AND o.month IN (%(month)s, %(before)s)
    JOIN market_orderline l ON l.month = o.month AND l.order_id = o.id
    GROUP BY s.retailer_id, l.product_id, l.month),
total AS (
    SELECT retailer_id, sum(cartons) FILTER (WHERE month = %(month)s) AS cartons,
        sum(fen) FILTER (WHERE month = %(month)s) AS fen,
        sum(cartons) FILTER (WHERE month = %(before)s) AS cartons_before
    FROM line GROUP BY retailer_id),
seen AS MATERIALIZED (
    SELECT s.retailer_id, o.product_id, v.on_date, v.started_at, o.carton_price_fen, o.stock_packs
    FROM shop s JOIN visits_visit v ON v.retailer_id = s.retailer_id AND {counts()}
        AND v.on_date > %(today)s::date - {SEEN_DAYS} AND v.on_date <= %(today)s
        AND v.month >= date_trunc('month', %(today)s::date - {SEEN_DAYS})::date
    JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id),
price AS (
    SELECT DISTINCT ON (retailer_id, product_id) retailer_id, product_id, carton_price_fen FROM seen
    WHERE carton_price_fen IS NOT NULL ORDER BY retailer_id, product_id, started_at DESC),
margin AS MATERIALIZED (
    SELECT l.retailer_id, l.product_id, l.cartons, l.cartons * p.carton_price_fen AS retail_fen,
        l.cartons * p.carton_price_fen - l.fen AS fen
    FROM line l JOIN price p ON p.retailer_id = l.retailer_id AND p.product_id = l.product_id
    WHERE l.month = %(month)s AND l.cartons > 0),
margins AS (
    SELECT retailer_id, sum(fen) AS fen, sum(retail_fen) AS retail_fen, sum(cartons) AS cartons
    FROM margin GROUP BY retailer_id),
earner AS (
    SELECT m.retailer_id, jsonb_agg(jsonb_build_object('product_id', m.product_id, 'product', p.name,
        'cartons', m.cartons, 'margin_fen', m.fen) ORDER BY m.place) AS products
    FROM (SELECT *, row_number() OVER (PARTITION BY retailer_id ORDER BY fen DESC, product_id) AS place FROM margin) m
    JOIN brands_product p ON p.id = m.product_id WHERE m.place <= 3 GROUP BY m.retailer_id),
stock AS (
    SELECT DISTINCT ON (retailer_id, product_id) retailer_id, product_id, packs FROM (
        SELECT retailer_id, product_id, on_date, stock_packs AS packs FROM seen WHERE stock_packs IS NOT NULL
        UNION ALL
        SELECT k.retailer_id, k.product_id, k.on_date, k.packs FROM shop s JOIN market_stockcount k
            ON k.retailer_id = s.retailer_id AND k.on_date > %(today)s::date - {SEEN_DAYS} AND k.on_date <= %(today)s) k
    ORDER BY retailer_id, product_id, on_date DESC, packs DESC),
supply AS (
    SELECT k.retailer_id, sum(k.packs) AS packs, sum(l.cartons * p.packs_per_carton) AS sold
    FROM stock k JOIN line l ON l.retailer_id = k.retailer_id AND l.product_id = k.product_id AND l.month = %(before)s
    JOIN brands_product p ON p.id = k.product_id WHERE l.cartons > 0 GROUP BY k.retailer_id)
INSERT INTO cycles_advicesheet AS old (id, month, retailer_id, territory_id, person_id, figures, words, written_at,
    version)
SELECT {UUID7_SQL}, %(month)s, s.retailer_id, s.territory_id, s.person_id, jsonb_build_object(
    'cartons', coalesce(t.cartons, 0), 'cartons_before', coalesce(t.cartons_before, 0),
    'amount_fen', coalesce(t.fen, 0), 'carton_price_fen', round(t.fen::numeric / nullif(t.cartons, 0)),
    'margin_fen', g.fen, 'margin_percent', round(g.fen * 100.0 / nullif(g.retail_fen, 0), 1),
    'margin_cartons', coalesce(g.cartons, 0), 'earners', coalesce(e.products, '[]'),
    'stock_packs', y.packs, 'stock_days', round(y.packs * %(days_before)s::numeric / nullif(y.sold, 0), 1)),
    '', %(now)s, 1
FROM shop s LEFT JOIN total t ON t.retailer_id = s.retailer_id LEFT JOIN margins g ON g.retailer_id = s.retailer_id
LEFT JOIN earner e ON e.retailer_id = s.retailer_id LEFT JOIN supply y ON y.retailer_id = s.retailer_id
WHERE s.person_id IS NOT NULL ORDER BY s.retailer_id
ON CONFLICT (month, retailer_id) DO UPDATE SET figures = excluded.figures, territory_id = excluded.territory_id,
    person_id = excluded.person_id, version = old.version + 1
WHERE old.words = '' AND (old.figures, old.territory_id, old.person_id)
    IS DISTINCT FROM (excluded.figures, excluded.territory_id, excluded.person_id)
RETURNING id
"""  # noqa: S608  names of our own


def draft(month: date, territories: Sequence[int] | None = None, retailers: Sequence[UUID] | None = None) -> int:
    """Every shop of these territories with an unrestricted finding in the month (or these shops) has a sheet with its
    figures as of today; one that carries words stays as it is. Returns how many were written. One query for any number
    of shops; nothing where the month is locked. In the caller's transaction."""
    before = clock.add_months(month, -1)
    values: dict[str, Any] = {
        "month": month,
        "before": before,
        "days_before": (month - before).days,
        "today": min(clock.today(), clock.month_end(month)),
        "now": clock.now(),
        "territories": None if territories is None else list(territories),
        "retailers": None if retailers is None else list(retailers),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DRAFT, values)
        return len(cursor.fetchall())


def prepare(*, actor: Actor, month: date, territory: int, retailers: Sequence[UUID] | None = None) -> int:
    """As `draft`, for a territory that the actor plans for, else `not_found`; `month_locked`. Five queries."""
    mine = actor.units(gate.CAPABILITY)
    if not mine or not units_under(mine).filter(pk=territory).exists():
        raise Problem("not_found")
    with transaction.atomic():
        standing.hold(month)
        _require_open(month, territory)
        return draft(month, [territory], retailers)


def write(*, actor: Actor, sheet: AdviceSheet, words: str) -> AdviceSheet:
    """The sheet carries this sentence (none clears it). `not_found` for who does not plan for the shop today;
    `month_locked`. Called with the row locked. Five queries."""
    if not AdviceSheet.objects.filter(_WRITTEN_BY.where(actor, clock.today()), pk=sheet.pk).exists():
        raise Problem("not_found")
    _require_open(sheet.month, sheet.territory_id)
    before = {"words": sheet.words}
    sheet.words, sheet.person_id, sheet.written_at = words.strip(), actor.person_id, clock.now()
    sheet.version += 1
    sheet.save(update_fields=["words", "person", "written_at", "version"])
    after = {"words": sheet.words}
    audit.record(actor, "advice.write", sheet, before=before, after=after, unit_id=sheet.territory_id)
    return sheet


def _require_open(month: date, territory: int) -> None:
    if standing.states(month, [territory])[territory] == "locked":
        raise Problem("month_locked")
