"""Points that visits propose for shops without one: derived for visits/checked.py, decided through signal_api.py."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from backend import audit, clock
from backend.errors import Problem
from backend.scope import Actor, Stamped
from retail import points as retail_points
from retail.models import Retailer
from retail.points import Point
from visits.models import PointProposal
from visits.presence import counts

VERIFY = "visits.verify"
State = PointProposal.State

# The first visit that counts and has a fix of a known datum, not a simulated one. One that was rejected proposes no
# more; the next visit does. An open proposal follows the facts, a decided one stands.
_PROPOSE = f"""
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT ON (v.retailer_id) v.* FROM visits_visit v JOIN retail_retailer r ON r.id = v.retailer_id
    WHERE v.retailer_id = ANY(%(retailers)s::uuid[]) AND r.lon IS NULL
    AND {counts()} AND v.lon IS NOT NULL AND v.lat IS NOT NULL
    AND v.datum <> 'unknown' AND NOT 'mock_location' = ANY(v.flags)
    AND NOT EXISTS (SELECT FROM visits_pointproposal p WHERE p.visit_id = v.id AND p.state <> 'open')
    ORDER BY v.retailer_id, v.started_at, v.id),
gone AS (
    DELETE FROM visits_pointproposal p
    WHERE p.retailer_id = ANY(%(retailers)s::uuid[]) AND p.state = 'open'
    AND NOT EXISTS (SELECT FROM wanted w WHERE w.retailer_id = p.retailer_id)),
moved AS (
    UPDATE visits_pointproposal p SET visit_id = w.id, month = w.month, person_id = w.person_id,
        territory_id = w.territory_id, county_id = w.county_id, lon = w.lon, lat = w.lat, datum = w.datum,
        accuracy_m = w.accuracy_m, proposed_at = w.received_at, version = p.version + 1
    FROM wanted w WHERE p.retailer_id = w.retailer_id AND p.state = 'open'
    AND (p.visit_id, p.lon, p.lat) IS DISTINCT FROM (w.id, w.lon, w.lat))
INSERT INTO visits_pointproposal (id, retailer_id, visit_id, month, person_id, territory_id, county_id, lon, lat, datum,
    accuracy_m, proposed_at, state, words, version)
SELECT gen_random_uuid(), retailer_id, id, month, person_id, territory_id, county_id, lon, lat, datum, accuracy_m,
    received_at, 'open', '', 1
FROM wanted w
WHERE NOT EXISTS (SELECT FROM visits_pointproposal p WHERE p.retailer_id = w.retailer_id AND p.state = 'open')
"""  # noqa: S608 - our own condition


def recompute(retailers: Sequence[UUID]) -> None:
    """Each of these shops without a point has the one proposal that its visits make. In the caller's transaction; one
    query."""
    with connection.cursor() as cursor:
        cursor.execute(_PROPOSE, {"retailers": list(retailers)})


def confirm(*, actor: Actor, proposal: PointProposal, text: str = "") -> PointProposal:
    """The shop is where the visit was, from now on. visits.verify over it (not_found); conflict once it is decided, or
    where the shop has a point by now."""
    with transaction.atomic():
        held = _held(actor, proposal)
        shop = Retailer.objects.select_for_update().get(pk=held.retailer_id)
        if held.state != State.OPEN or shop.lon is not None:
            raise Problem("conflict")
        retail_points.set_point(actor=actor, retailer=shop, point=Point(held.lon, held.lat, held.datum))
        _settle(actor, held, State.CONFIRMED, text)
    return held


def reject(*, actor: Actor, proposal: PointProposal, text: str) -> PointProposal:
    """The shop is not there, for a reason in words (invalid without); the next visit with a fix will propose. Errors as
    for confirm."""
    if not text.strip():
        raise Problem("invalid")
    with transaction.atomic():
        held = _held(actor, proposal)
        if held.state != State.OPEN:
            raise Problem("conflict")
        _settle(actor, held, State.REJECTED, text)
        recompute([held.retailer_id])
    return held


def _held(actor: Actor, proposal: PointProposal) -> PointProposal:
    reach = Stamped(capability=VERIFY).where(actor, clock.today())
    held = PointProposal.objects.select_for_update(of=("self",)).filter(reach, pk=proposal.pk).first()
    if held is None:
        raise Problem("not_found")
    return held


def _settle(actor: Actor, held: PointProposal, state: PointProposal.State, text: str) -> None:
    before = audit.snapshot(held)
    held.state, held.decided_by_id, held.decided_at, held.words = state, actor.person_id, clock.now(), text
    held.version += 1
    held.save()
    after = audit.snapshot(held)
    audit.record(actor, f"point.{state}", held, before=before, after=after, reason=text, unit_id=held.county_id)
