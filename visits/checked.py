"""What follows from visits is what the facts of now make, whatever came late, was edited or withdrawn; the tick.

Scores that carry over, repair tasks, breaches, signals, proposed points: each recomputed from facts for the marked
(territory, day) keys by a statement of its own. What a person decided about one of them is never overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import connection

from backend import clock, marks
from backend.marks import Key
from visits import breaches, carrying, checkin, display_tasks, points, signalling

CONSUMER = "checks"
KINDS = ("visits",)

# The shops that the keys speak of: those visited, and those whose visits of the month were edited or taken back.
_SHOPS = """
WITH key AS (SELECT * FROM unnest(%(units)s::bigint[], %(days)s::date[]) AS k(territory_id, on_date))
SELECT v.retailer_id FROM key k JOIN visits_visit v ON v.territory_id = k.territory_id AND v.on_date = k.on_date
    AND v.month = date_trunc('month', k.on_date)::date
UNION
SELECT r.retailer_id FROM key k JOIN visits_visitrevision r ON r.territory_id = k.territory_id
    AND r.month = date_trunc('month', k.on_date)::date
"""


def follow() -> int:
    """The tick: everything that follows from visits follows those that changed. Idempotent; returns keys done, 200 at
    most, so that the other checks have their turn."""
    return marks.drain(CONSUMER, KINDS, recompute)


def recompute(keys: Sequence[Key]) -> None:
    """For these keys. In the caller's transaction; nine queries for any number of keys, shops and visits."""
    units, days = [key.unit_id for key in keys], [key.on_date for key in keys]
    changed = checkin.hold_verdicts(units, days)
    shops = _shops(units, days)
    changed |= carrying.rescore(shops)
    tasks = display_tasks.recompute(shops)
    breaches.recompute(units, days)
    signalling.recompute(units, days)
    points.recompute(shops)
    marks.mark("visits", changed)  # what was derived here others count; the second time nothing differs
    marks.mark(display_tasks.MARK, ((unit, clock.today()) for unit in tasks))


def _shops(units: Sequence[int], days: Sequence[date]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_SHOPS, {"units": list(units), "days": list(days)})
        return sorted(shop for (shop,) in cursor.fetchall())
