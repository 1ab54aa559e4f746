"""Breaches: what visits found against the law, told to the bureau's queue, which alone says what becomes of it.

Derived from facts for visits/checked.py; the bureau's acts are called by visits/breach_api.py. No score and no
punishment follows from one here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction

from backend import audit, clock
from backend.errors import Problem
from backend.scope import Actor, Stamped
from visits.models import Breach

SETTLE = "breaches.settle"

# One row a visit and kind. What the bureau has looked at stays, also when the visit says otherwise now.
_BREACHES = """
WITH key AS (SELECT * FROM unnest(%(units)s::bigint[], %(days)s::date[]) AS k(territory_id, on_date)),
visited AS MATERIALIZED (
    SELECT v.id, v.month, v.retailer_id, v.person_id, v.territory_id, v.county_id, v.on_date, v.received_at
    FROM key k JOIN visits_visit v ON v.territory_id = k.territory_id AND v.on_date = k.on_date
    AND v.month = date_trunc('month', k.on_date)::date AND v.presence <> 'rejected'),
wanted AS MATERIALIZED (
    SELECT v.*, f.kind, f.severity, false AS is_restricted, f.figures, c.words
    FROM visited v JOIN visits_compliancecheck c ON c.month = v.month AND c.visit_id = v.id
    CROSS JOIN LATERAL (VALUES
        ('over_cap', 1, c.tags_over_cap > 0, jsonb_build_object('tags', c.tags_over_cap)),
        ('licence_hidden', 2, NOT c.licence_shown, '{}'),
        ('not_holder', 2, NOT c.holder_trades, '{}'),
        ('not_genuine', 1, NOT c.goods_genuine, '{}'),
        ('no_minors_sign', 2, NOT c.minors_sign, '{}'),
        ('near_school', 2, c.near_school, '{}')) AS f(kind, severity, found, figures)
    WHERE f.found
    UNION ALL
    SELECT v.*, 'irregular', 1, true, jsonb_build_object('remarks', r.remarks), r.words
    FROM visited v CROSS JOIN LATERAL (
        SELECT count(*) AS remarks, string_agg(l.text, E'\n' ORDER BY l.line_no) AS words
        FROM visits_remark l WHERE l.month = v.month AND l.visit_id = v.id AND l.is_restricted) r
    WHERE r.remarks > 0),
gone AS (
    DELETE FROM visits_breach b USING key k
    WHERE b.territory_id = k.territory_id AND b.on_date = k.on_date AND b.state = 'reported'
    AND NOT EXISTS (SELECT FROM wanted w WHERE w.id = b.visit_id AND w.kind = b.kind))
INSERT INTO visits_breach AS b (id, visit_id, month, retailer_id, person_id, territory_id, county_id, on_date, kind,
    severity, is_restricted, figures, words, reported_at, state, outcome, version)
SELECT gen_random_uuid(), id, month, retailer_id, person_id, territory_id, county_id, on_date, kind, severity,
    is_restricted, figures, words, received_at, 'reported', '', 1
FROM wanted ORDER BY id, kind
ON CONFLICT (visit_id, kind) DO UPDATE SET figures = excluded.figures, words = excluded.words,
    on_date = excluded.on_date, retailer_id = excluded.retailer_id, territory_id = excluded.territory_id,
    county_id = excluded.county_id, version = b.version + 1
WHERE (b.figures, b.words, b.on_date, b.retailer_id, b.territory_id)
    IS DISTINCT FROM (excluded.figures, excluded.words, excluded.on_date, excluded.retailer_id, excluded.territory_id)
"""


def recompute(units: Sequence[int], days: Sequence[date]) -> None:
    """The bureau's queue holds what the visits of these (territory, day) keys found. In the caller's transaction; one
    query."""
    with connection.cursor() as cursor:
        cursor.execute(_BREACHES, {"units": list(units), "days": list(days)})


def see(*, actor: Actor, breach: Breach) -> Breach:
    """The bureau has seen it. breaches.settle above its territory (not_found); once only (conflict)."""
    with transaction.atomic():
        held = _held(actor, breach)
        if held.state != Breach.State.REPORTED:
            raise Problem("conflict")
        before = _snapshot(held)
        held.state, held.seen_by_id, held.seen_at = Breach.State.SEEN, actor.person_id, clock.now()
        _save(actor, "breach.see", held, before)
    return held


def close(*, actor: Actor, breach: Breach, outcome: str) -> Breach:
    """What became of it is said in words, and it is closed. breaches.settle above its territory (not_found); without
    words invalid; once only (conflict)."""
    if not outcome.strip():
        raise Problem("invalid")
    with transaction.atomic():
        held = _held(actor, breach)
        if held.state == Breach.State.CLOSED:
            raise Problem("conflict")
        before = _snapshot(held)
        held.state, held.closed_by_id, held.closed_at = Breach.State.CLOSED, actor.person_id, clock.now()
        held.outcome = outcome
        _save(actor, "breach.close", held, before)
    return held


def _held(actor: Actor, breach: Breach) -> Breach:
    reach = Stamped(capability=SETTLE).where(actor, clock.today())
    rows = Breach.objects.select_related("retailer", "person", "territory").select_for_update(of=("self",))
    held = rows.filter(reach, pk=breach.pk).first()
    if held is None:
        raise Problem("not_found")
    return held


def _save(actor: Actor, act: str, held: Breach, before: dict[str, object]) -> None:
    held.version += 1
    held.save()
    audit.record(actor, act, held, before=before, after=_snapshot(held), unit_id=held.county_id)


def _snapshot(breach: Breach) -> dict[str, object]:
    """For the audit, whose readers need not be those of what is restricted: who did what when, without the words."""
    return {name: value for name, value in audit.snapshot(breach).items() if name not in {"words", "outcome"}}
