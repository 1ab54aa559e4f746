"""The morning's digest of intelligence: what is new, waits for me, is overdue and is unusual, for each leader.

Asked by api.py; the tick tells it as a notice and by mail. Both have the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection, transaction
from django.db.models import QuerySet

from backend import clock, mail, notices, workdays
from backend.models import Unit
from backend.scope import Actor, visible_to
from backend.workdays import Calendar
from market.intelligence import queries as intelligence_queries
from market.intelligence import unusual
from market.intelligence.unusual import Trend
from market.intelligence.words import DIGEST
from market.models import IntelligenceItem

MORNING = time(7, 30)  # before the day's mails are gathered (backend/mail.py)
SHOWN = 20  # items of each list
MOST = 500  # units told at one tick


@dataclass(frozen=True)
class Listed:
    """How many there are, and the first of them; `rows_url` lists all."""

    count: int
    items: tuple[IntelligenceItem, ...]
    rows_url: str


@dataclass(frozen=True)
class Digest:
    """`since`: new is what was sent from that day on, until the day of the digest."""

    unit: Unit
    day: date
    since: date
    new: Listed
    waiting: Listed
    overdue: Listed
    unusual: tuple[Trend, ...]


def digest(actor: Actor, unit: Unit, day: date) -> Digest:
    """What the actor should know of the unit on the morning of a day: a working day's digest holds what was sent since
    the last working day began. Waiting and overdue are as of now. The caller has asked whether the unit is the actor's.
    At most nine queries."""
    since = last_working_day(workdays.calendar(), day)
    trusted = intelligence_queries.is_trusted(actor, unit)
    seen = visible_to(intelligence_queries.under(unit, trusted=trusted), actor)
    mine = seen.filter(intelligence_queries.waiting_for(actor))
    week = unusual.series([unit.pk], [unit.pk] if trusted else [], _monday(since))[unit.pk]
    listed = f"/api/v1/intelligence/items?unit={unit.pk}"
    sent = f"sent_since={since}&sent_until={day - timedelta(days=1)}"
    return Digest(
        unit,
        day,
        since,
        _listed(sent_within(seen, since, day), f"{listed}&{sent}"),
        _listed(mine, f"{listed}&waiting=true"),
        _listed(seen.filter(intelligence_queries.overdue(clock.today())), f"{listed}&overdue=true"),
        tuple(unusual.unusual(week)),
    )


def sent_within(rows: QuerySet[IntelligenceItem], since: date, until: date) -> QuerySet[IntelligenceItem]:
    """Those sent from the first moment of a day until the first of another."""
    return rows.filter(sent_at__gte=clock.start_of(since), sent_at__lt=clock.start_of(until))


def last_working_day(calendar: Calendar, day: date) -> date:
    """The last working day before a day; a week before it where none of that week is worked. Pure."""
    for back in range(1, 8):
        before = day - timedelta(days=back)
        if calendar.nth_from(before, 1) == before:
            return before
    return day - timedelta(days=7)


# Who leads: an office that verifies, a county or a prefecture that decides. A unit is told once a day.
_DUE = """
INSERT INTO market_intelligencemorning (day, unit_id)
SELECT DISTINCT %(today)s::date, u.id
FROM backend_position p JOIN backend_role r ON r.code = p.role_id JOIN backend_unit u ON u.id = p.unit_id
WHERE p.during @> %(today)s::date AND u.during @> %(today)s::date
AND (u.level = 4 AND 'intelligence.verify' = ANY(r.capabilities)
    OR u.level IN (2, 3) AND 'intelligence.decide' = ANY(r.capabilities))
AND NOT EXISTS (SELECT FROM market_intelligencemorning m WHERE m.day = %(today)s AND m.unit_id = u.id)
ORDER BY u.id LIMIT %(most)s
ON CONFLICT DO NOTHING RETURNING unit_id
"""
_LEADERS = """
SELECT p.person_id, u.id, u.name, bool_or('restricted.read' = ANY(r.capabilities)) AS trusted
FROM backend_position p JOIN backend_role r ON r.code = p.role_id JOIN backend_unit u ON u.id = p.unit_id
WHERE p.during @> %(today)s::date AND u.id = ANY(%(units)s::bigint[])
AND (u.level = 4 AND 'intelligence.verify' = ANY(r.capabilities)
    OR u.level IN (2, 3) AND 'intelligence.decide' = ANY(r.capabilities))
GROUP BY p.person_id, u.id, u.name ORDER BY u.id, p.person_id
"""
# The numbers are those of `digest`, with what is restricted apart: a mail tells the others alone.
_NUMBERS = """
WITH leader AS (
    SELECT d.*, u.level FROM unnest(%(persons)s::uuid[], %(units)s::bigint[], %(trusted)s::boolean[])
        AS d(person_id, unit_id, trusted)
    JOIN backend_unit u ON u.id = d.unit_id),
item AS MATERIALIZED (
    SELECT i.person_id, t.ancestors, i.state, i.level, i.is_restricted, i.due_on,
        i.state IN ('submitted', 'verified', 'escalated') AS is_open,
        i.sent_at >= %(since)s AND i.sent_at < %(until)s AS is_new
    FROM market_intelligenceitem i JOIN backend_unit t ON t.id = i.territory_id
    WHERE i.state IN ('submitted', 'verified', 'escalated')
    OR i.sent_at >= %(since)s AND i.sent_at < %(until)s AND i.state <> 'withdrawn')
SELECT l.person_id, l.unit_id, i.is_restricted, count(*) FILTER (WHERE i.is_new),
    count(*) FILTER (WHERE i.person_id <> l.person_id AND (
        i.state = 'submitted' AND l.level = CASE WHEN i.is_restricted THEN 3 ELSE 4 END
        OR i.state = 'verified' AND l.level = 3
        OR i.state = 'escalated' AND l.level = i.level)),
    count(*) FILTER (WHERE i.is_open AND i.due_on < %(today)s)
FROM item i CROSS JOIN LATERAL unnest(i.ancestors) AS above(unit_id)
JOIN leader l ON l.unit_id = above.unit_id AND (l.trusted OR NOT i.is_restricted)
GROUP BY l.person_id, l.unit_id, i.is_restricted
"""


@dataclass(frozen=True)
class _Leader:
    person_id: UUID
    unit_id: int
    unit_name: str
    trusted: bool


def tell() -> int:
    """The tick: on a working morning each leader is told once what the digest of each of his units says, where it says
    anything. Idempotent; returns how many were told. Seven queries for any number, and what telling takes."""
    today, calendar = clock.today(), workdays.calendar()
    morning = clock.start_of(today) + timedelta(hours=MORNING.hour, minutes=MORNING.minute)
    if clock.now() < morning or calendar.nth_from(today, 1) != today:
        return 0
    with transaction.atomic():
        leaders = _untold(today)
        if not leaders:
            return 0
        numbers = _numbers(leaders, last_working_day(calendar, today), today)
        told, letters = [], []
        for leader in leaders:
            all_of_it, unrestricted = numbers[leader]
            if any(all_of_it.values()):
                said = {"unit": leader.unit_name, "unit_id": leader.unit_id, "day": str(today)}
                told.append(notices.Told(leader.person_id, DIGEST, _subject(leader.unit_id, today), said | all_of_it))
                if any(unrestricted.values()):
                    letters.append(_letter(leader, said | unrestricted, today))
        mail.tell(letters)
        return notices.tell(told)


def _untold(today: date) -> list[_Leader]:
    """The leaders of units that were not told yet, which from now on were."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"today": today, "most": MOST})
        units = [unit for (unit,) in cursor.fetchall()]
        cursor.execute(_LEADERS, {"today": today, "units": units})
        return [_Leader(*row) for row in cursor.fetchall()]


def _numbers(
    leaders: Sequence[_Leader], since: date, today: date
) -> dict[_Leader, tuple[dict[str, int], dict[str, int]]]:
    """Of each leader's unit what the notice says, and the same without what is restricted."""
    named: dict[str, Any] = {
        "persons": [one.person_id for one in leaders],
        "units": [one.unit_id for one in leaders],
        "trusted": [one.trusted for one in leaders],
        "since": clock.start_of(since),
        "until": clock.start_of(today),
        "today": today,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, named)
        counted = {(person, unit, closed): rest for person, unit, closed, *rest in cursor.fetchall()}
    units = sorted({one.unit_id for one in leaders})
    plain = unusual.series(units, [], _monday(since))
    whole = unusual.series(units, units, _monday(since))
    found = {}
    for one in leaders:
        open_ones = counted.get((one.person_id, one.unit_id, False), [0, 0, 0])
        closed_ones = counted.get((one.person_id, one.unit_id, True), [0, 0, 0])
        every = [a + b for a, b in zip(open_ones, closed_ones, strict=True)]
        odd = (whole if one.trusted else plain)[one.unit_id]
        found[one] = (_named(every, odd), _named(open_ones, plain[one.unit_id]))
    return found


def _named(numbers: Sequence[int], trends: Sequence[Trend]) -> dict[str, int]:
    new, waiting, overdue = numbers
    return {"new": new, "waiting": waiting, "overdue": overdue, "unusual": len(unusual.unusual(trends))}


def _letter(leader: _Leader, said: dict[str, Any], today: date) -> mail.Letter:
    both = notices.words(DIGEST, said)
    zh, en = f"市场信息早报 {today}", f"Intelligence {today}"
    key = f"{DIGEST}:{leader.unit_id}:{today}"
    return mail.Letter(leader.person_id, key, mail.Words(zh, both["zh-hans"]), mail.Words(en, both["en"]))


def _subject(unit_id: int, day: date) -> UUID:
    """What the notice of a unit's digest is about: the same for everybody who is told it."""
    return uuid5(NAMESPACE_URL, f"/intelligence/digest?unit={unit_id}&day={day}")


def _listed(rows: QuerySet[IntelligenceItem], url: str) -> Listed:
    return Listed(rows.count(), tuple(intelligence_queries.newest_first(rows)[:SHOWN]), url)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
