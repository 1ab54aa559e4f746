"""Visits whose place is to be verified: a person decides, and what counts visits follows; called by signal_api.py.

Nothing is dropped: until somebody decides such a visit stands and counts nowhere; valid it counts from then on as if it
had always been so, rejected it counts nowhere for good (docs/method.md, "At the shop").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import connection, transaction

from backend import audit, clock
from backend.audit import Act
from backend.errors import Problem, register
from backend.scope import Actor, Stamped
from visits import news
from visits.models import PresenceVerdict, Visit
from visits.news import News, Place

VERIFY = "visits.verify"
MOST = 200
Presence = Visit.Presence

register(
    "not_to_verify",
    409,
    ("该走访无须核实", "There is nothing to verify"),
    (
        "只有待核实的走访，或已核实过的走访，可以给出结论。",
        "Only a visit to be verified, or one decided before, can be decided.",
    ),
)

_DECIDE = """
INSERT INTO visits_presenceverdict (visit_id, month, retailer_id, person_id, territory_id, county_id, on_date, presence,
    words, decided_by_id, decided_at)
SELECT id, month, retailer_id, person_id, territory_id, county_id, on_date, %s, %s, %s, %s
FROM visits_visit WHERE id = ANY(%s::uuid[]) AND month = ANY(%s::date[]) ORDER BY id
ON CONFLICT (visit_id) DO UPDATE SET presence = excluded.presence, words = excluded.words,
    retailer_id = excluded.retailer_id, territory_id = excluded.territory_id, county_id = excluded.county_id,
    on_date = excluded.on_date, decided_by_id = excluded.decided_by_id, decided_at = excluded.decided_at
"""


def verify(*, actor: Actor, visit_ids: Sequence[UUID], valid: bool, text: str = "") -> list[Visit]:
    """These visits count from now on, or never will; each with who decided, when and why.

    All or none: not_found without visits.verify over one of them, or for one's own; not_to_verify for one whose place
    was not in doubt; invalid for a rejection without words. At most 200. Eight queries and one a territory, for any
    number of visits.
    """
    if not valid and not text.strip():
        raise Problem("invalid")
    presence = Presence.VALID if valid else Presence.REJECTED
    with transaction.atomic():
        held = _held(actor, visit_ids)
        decided = set(PresenceVerdict.objects.filter(visit_id__in=visit_ids).values_list("visit_id", flat=True))
        if any(visit.presence != Presence.TO_VERIFY and visit.pk not in decided for visit in held):
            raise Problem("not_to_verify")
        ids, months = [visit.pk for visit in held], sorted({visit.month for visit in held})
        with connection.cursor() as cursor:
            cursor.execute(_DECIDE, [presence, text, actor.person_id, clock.now(), ids, months])
        Visit.objects.filter(pk__in=ids, month__in=months).update(presence=presence)
        acts = [Act(v.pk, v.county_id, {"presence": v.presence}, {"presence": str(presence)}) for v in held]
        audit.record_many(actor, "visit.verify", Visit, acts, reason=text)
        told = News()
        for visit in held:
            visit.presence = presence
            told.came(visit.pk, Place(visit.retailer_id, visit.territory_id, visit.on_date))
        news.tell(told)
    return held


def _held(actor: Actor, visit_ids: Sequence[UUID]) -> list[Visit]:
    """The visits, locked in one order; not_found unless all of them are the actor's to decide."""
    reach = Stamped(capability=VERIFY).where(actor, clock.today())
    wanted = set(visit_ids)
    rows = Visit.objects.filter(reach, pk__in=wanted).exclude(person_id=actor.person_id)
    held = list(rows.select_for_update(of=("self",)).order_by("pk"))
    if {visit.pk for visit in held} != wanted:
        raise Problem("not_found")
    return held


# An edit judges a visit's place anew; what a person decided about it holds (visits/storing_sql.py).
_HOLD = """
UPDATE visits_visit v SET presence = d.presence
FROM unnest(%s::bigint[], %s::date[]) AS k(territory_id, on_date)
JOIN visits_presenceverdict d ON d.territory_id = k.territory_id AND d.on_date = k.on_date
WHERE v.month = d.month AND v.id = d.visit_id AND v.presence <> d.presence
    AND (d.presence = 'rejected' OR d.retailer_id = v.retailer_id)
RETURNING v.territory_id, v.on_date
"""


def hold_verdicts(units: Sequence[int], days: Sequence[date]) -> set[tuple[int, date]]:
    """Visits of these (territory, day) keys that were decided stand as decided; the keys where one did not. In the
    caller's transaction; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [list(units), list(days)])
        return set(cursor.fetchall())
