"""What classes of shops add to the roll-ups: every subject by market type, business type and tier, from the county up.

Counties are summed from facts, units above from the counties. Its change marks are its own, and it takes them in
batches once they have waited a while: the territories' rows (recompute.py) never wait for it. Run by the tick.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from django.db import connection

from backend import clock, marks
from backend.locks import Lock, take
from backend.marks import Key
from backend.models import Level, Unit
from market.rollups import prices_used, trade_store
from market.rollups.frame import (
    MONTHS_AFTER_LOOKS,
    MONTHS_AFTER_SALES,
    counted_on,
    know_sizes,
    later_months,
    make_room,
    named,
)

CONSUMER = "segments"
TURNED = "turned"  # days that passed have moved these territories' shops
MONTHS_BACK = 25
# Which kinds of marks change their month and how many after it, as recompute.py says.
_REACH: tuple[tuple[tuple[str, ...], int], ...] = (
    (("visits",), MONTHS_AFTER_LOOKS),
    (("orders",), MONTHS_AFTER_SALES),
    ((prices_used.MARK, TURNED), 0),
    (("assignments", "retailers"), MONTHS_BACK),
)
KINDS = tuple(kind for kinds, _ in _REACH for kind in kinds)
AT_ONCE = 200  # territories of one statement
SOME = 36  # keys of one batch of the tick, of kinds that come for whole months: after a first load for many of them
WAITS = timedelta(seconds=60)  # a class of shops is read by few: marks of a minute are one recomputation of a county

_COUNTIES = """
SELECT DISTINCT t.id, t.ancestors[4] FROM backend_unit m JOIN backend_unit t ON t.ancestors @> ARRAY[m.ancestors[4]]
WHERE m.id = ANY(%s::bigint[]) AND m.level = 5 AND t.level = 5 ORDER BY t.ancestors[4], t.id
"""
# Shops that were one county's when they were visited, or bought, may be another one's on the month's last day.
_OWNERS = """
SELECT DISTINCT n.territory_id FROM retail_assignment w
JOIN retail_assignment n ON n.retailer_id = w.retailer_id AND n.during @> %(last)s::date
WHERE w.territory_id = ANY(%(units)s::bigint[]) AND w.during && daterange(%(since)s, %(last)s, '[]')
"""


def follow() -> int:
    """The tick: a batch of what waits once the oldest mark is a minute old; number of keys. One query if none is."""
    oldest = marks.lag(CONSUMER).oldest_at
    if oldest is None or oldest > clock.now() - WAITS:
        return 0
    know_sizes()
    return sum(
        marks.drain(CONSUMER, kinds, _after(months), limit=AT_ONCE if months else SOME) for kinds, months in _REACH
    )


def drain() -> int:
    """Recomputes what the waiting marks speak of until none is left that this process can take; number of keys."""
    return sum(marks.drain_all(CONSUMER, kinds, _after(months)) for kinds, months in _REACH)


def recompute(keys: Sequence[Key]) -> None:
    """The rows of the counties of these (territory, month of the date) keys, and of the units above, equal the facts.
    Call it in a transaction."""
    _after(0)(keys)


def _after(months: int) -> Callable[[Sequence[Key]], None]:
    def reach(keys: Sequence[Key]) -> None:
        """The counties of these keys, and the units above, equal the facts in their month and those after it. A
        constant number of statements per distinct month and 200 territories; one at a time for a month."""
        oldest = clock.add_months(clock.month_of(clock.today()), -MONTHS_BACK)
        wanted: defaultdict[date, set[Key]] = defaultdict(set)
        for key in keys:
            facts = clock.month_of(key.on_date)
            for month in later_months(facts if months < MONTHS_BACK else max(facts, oldest), months):
                wanted[month].add(Key(key.unit_id, facts))
        make_room()
        for month in sorted(wanted):
            take(Lock.SEGMENTS, month)
            _renew(month, wanted[month])

    return reach


def _renew(month: date, changed: Iterable[Key]) -> None:
    last = counted_on(month)
    marked, since = sorted({key.unit_id for key in changed}), min(key.on_date for key in changed)
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS, {"units": marked, "last": last, "since": min(since, last)})
        touched = {*marked, *(row[0] for row in cursor.fetchall())}
    _fill(month, touched)


def fill(month: date, territories: Iterable[int]) -> None:
    """The month's rows are those of the counties of these territories, made anew. In the caller's transaction, which
    has made room."""
    take(Lock.SEGMENTS, month)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {trade_store.SUBJECTS} WHERE month = %s AND segment_kind > 0", [month])  # noqa: S608
    _fill(month, territories)


def _fill(month: date, touched: Iterable[int]) -> None:
    """The counties of these territories are summed from all their territories, then the units above them."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTIES, [sorted(touched)])
        counties: defaultdict[int, list[int]] = defaultdict(list)
        for territory, county in cursor.fetchall():
            counties[county].append(territory)
        above = _above(counties)
        everyone = sorted({*counties, *(unit for units in above.values() for unit in units)})
        cursor.execute(trade_store.FORGET_SEGMENTS, {"month": month, "units": everyone})
        for some in _whole_counties(counties):
            values = named(month, some)
            for statement in trade_store.STORE_SEGMENTS:
                cursor.execute(statement, values)
        cursor.execute(trade_store.PRUNE_SEGMENTS, {"month": month, "units": list(counties)})
        for level in reversed(range(Level.NATION, Level.COUNTY)):
            cursor.execute(trade_store.ABOVE_SEGMENTS, {"month": month, "units": sorted(above[level])})


def _above(counties: Iterable[int]) -> dict[int, set[int]]:
    """The units above these counties, by level."""
    chains = Unit.objects.filter(pk__in=list(counties)).values_list("ancestors", flat=True)
    found: dict[int, set[int]] = {level: set() for level in range(Level.NATION, Level.COUNTY)}
    for chain in chains:
        for level in found:
            found[level].add(chain[level])
    return found


def _whole_counties(counties: dict[int, list[int]]) -> Iterable[list[int]]:
    """Their territories, some 200 at once; those of a county are never apart, for each statement writes whole rows."""
    some: list[int] = []
    for territories in counties.values():
        if some and len(some) + len(territories) > AT_ONCE:
            yield some
            some = []
        some = [*some, *territories]
    if some:
        yield some
