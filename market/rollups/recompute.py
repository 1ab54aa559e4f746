"""Keeps the roll-ups equal to the facts: drained from change marks by the tick, rebuilt by `rebuild_rollups`.

Rows are recomputed, never incremented, and those above the territory are sums of the level below. Acts count by the
unit stamped on them; shops by the unit that has them on the month's last day (today while it runs). What classes of
shops add is segments.py's. See docs/method.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from enum import Enum
from typing import Any

from django.db import connection, transaction

from backend import clock, marks
from backend.locks import Lock, take
from backend.marks import Key
from backend.models import Level, Unit
from market.figures import volumes
from market.models import RollupTurn
from market.rollups import acts_sums, ancestors, leaves, prices_used, segments, trade_store
from market.rollups.frame import (
    MONTHS_AFTER_LOOKS,
    MONTHS_AFTER_SALES,
    counted_on,
    know_sizes,
    later_months,
    make_room,
    named,
)
from market.samples import points
from retail import news
from visits import display_tasks

CONSUMER = "rollups"
ACTS = ("visits",)  # change the month of their business date, and the next one: what was seen before
SHOPS = ("assignments", "retailers")  # whose shop it is: changes every month from their date on
SALES = ("orders",)  # change their month and the three after it
SERVICE = (news.SERVICE, points.MARK)  # needs, replies, promises of a month; its collection points
REPAIRS = (display_tasks.REPAIRS,)  # mended, or overdue, from a day on
GOODS = (prices_used.MARK,)  # prices and classes of a month are others than it was summed with
KINDS = (*ACTS, *SHOPS, *SALES, *GOODS, *SERVICE, *REPAIRS)
MONTHS_BACK = 25  # as long as monthly totals are kept; older months are closed for good
AT_ONCE = 200  # territories of one statement when a whole month is built
SOME = 32  # of one batch while visits come in: who is marked just after a batch began waits for less than a whole round

PRICES = "market_unitpricecount"  # its rows are written only where they change
TABLES = (
    PRICES,
    "market_territoryperson",
    *acts_sums.TABLES,
    volumes.TABLE,
    trade_store.PRODUCTS,
    trade_store.SUBJECTS,
)
_MADE_ANEW = tuple(table for table in TABLES if table != PRICES)
_HALVES = (trade_store.PRODUCTS, trade_store.SUBJECTS, volumes.TABLE)  # a visit renews a half of each row, or none


class Part(Enum):
    """How much of a month's rows a change can move."""

    ALL = 1
    SEEN = 2  # visits: everything but what was sold
    ACTS = 3  # needs, promises, repairs, collection points: nothing of the trade


Wanted = Iterable[tuple[date, Key]]  # month, and the (unit, first day of the month of the facts) that changed

# Shops that were visited under one territory, or were one's when they bought, may belong to another one on the last
# day: their figures move with them.
_OWNERS = """
SELECT a.territory_id FROM unnest(%(units)s::bigint[], %(facts)s::date[]) AS k(unit_id, facts)
JOIN visits_visit v ON v.month = k.facts AND v.territory_id = k.unit_id AND v.month = ANY(%(facts)s::date[])
JOIN retail_assignment a ON a.retailer_id = v.retailer_id AND a.during @> %(last)s::date
UNION
SELECT a.territory_id FROM unnest(%(units)s::bigint[], %(facts)s::date[]) AS k(unit_id, facts)
JOIN retail_assignment w ON w.territory_id = k.unit_id AND w.during @> (k.facts + interval '1 month - 1 day')::date
JOIN retail_assignment a ON a.retailer_id = w.retailer_id AND a.during @> %(last)s::date
WHERE k.facts < %(month)s
"""
_TURNED = """
SELECT a.territory_id FROM retail_assignment a
WHERE (lower(a.during) > %(since)s AND lower(a.during) <= %(last)s)
   OR (upper(a.during) > %(since)s AND upper(a.during) <= %(last)s)
UNION
SELECT a.territory_id FROM retail_classification c
JOIN retail_assignment a ON a.retailer_id = c.retailer_id AND a.during @> %(last)s::date
WHERE (lower(c.during) > %(since)s AND lower(c.during) <= %(last)s)
   OR (upper(c.during) > %(since)s AND upper(c.during) <= %(last)s)
"""


def is_current(month: date, unit_ids: Sequence[int]) -> bool:
    """Whether the roll-ups of these units say what the facts say: counted up to the month's last day, and no mark of
    theirs waits, taken by a drainer or not. Every fact that they count leaves one. Two queries."""
    turned = RollupTurn.objects.filter(month=month, counted_on=counted_on(month)).exists()
    return turned and not marks.waits(CONSUMER, unit_ids)


def drain() -> int:
    """Recomputes what the waiting marks speak of until none is left that this process can take; number of keys.

    Every kind has its turn, a batch at a time: while visits come without end, a transfer is not kept waiting.
    """
    if not marks.lag(CONSUMER).count:
        return 0
    know_sizes()
    turns = (
        (ACTS, recompute_acts, SOME),
        (SALES, recompute_sales, AT_ONCE),
        (GOODS, recompute, AT_ONCE),
        (SHOPS, recompute_onward, AT_ONCE),
        (SERVICE, recompute_service, SOME),
        (REPAIRS, recompute_repairs, SOME),
    )
    total = 0
    while taken := sum(marks.drain(CONSUMER, kinds, renew, limit=limit) for kinds, renew, limit in turns):
        total += taken
    return total


def recompute(keys: Sequence[Key]) -> None:
    """The rows of these (territory, month of the date) keys and of the units above them equal the facts.

    Call it in a transaction. A constant number of statements per distinct month; one at a time for a month.
    """
    _by_month(_later(keys, 0))


def recompute_acts(keys: Sequence[Key]) -> None:
    """As `recompute` after a change to visits alone: their month and the next, and of each row what visits say."""
    _by_month(_later(keys, MONTHS_AFTER_LOOKS), Part.SEEN)


def recompute_sales(keys: Sequence[Key]) -> None:
    """As `recompute`, for the month of each date and the three after it, which hold it against theirs."""
    _by_month(_later(keys, MONTHS_AFTER_SALES))


def recompute_service(keys: Sequence[Key]) -> None:
    """As `recompute` after a change to acts that are no visits: their month alone, nothing of the trade."""
    _by_month(_later(keys, 0), Part.ACTS)


def recompute_onward(keys: Sequence[Key]) -> None:
    """As `recompute`, for the month of each date and every later one up to now: a shop stays where it went."""
    _by_month(_onward(keys))


def recompute_repairs(keys: Sequence[Key]) -> None:
    """As `recompute_onward`, of nothing of the trade: a repair is overdue in every month until it is mended."""
    _by_month(_onward(keys), Part.ACTS)


def _onward(keys: Sequence[Key]) -> Wanted:
    now = clock.month_of(clock.today())
    oldest = clock.add_months(now, -MONTHS_BACK)
    wanted: list[tuple[date, Key]] = []
    for key in keys:
        month = max(clock.month_of(key.on_date), oldest)
        while month <= now:
            wanted.append((month, Key(key.unit_id, month)))
            month = clock.add_months(month, 1)
    return wanted


def rebuild(month: date, *, classes: bool = True) -> int:
    """Every roll-up row of the month is made anew from facts; the number of territories that have any.

    Without `classes` those of classes of shops are left to `postpone_classes`. A constant number of statements for each
    200 territories.
    """
    with transaction.atomic():
        _lock(month)
        make_room()
        territories = list(Unit.objects.filter(level=Level.TERRITORY).order_by("pk").values_list("pk", flat=True))
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table} WHERE month = %s", [month])  # noqa: S608 - a constant of ours
        for first in range(0, len(territories), AT_ONCE):
            _fill_territories(month, territories[first : first + AT_ONCE])
        _fill_above(month, territories)
        if classes:
            segments.fill(month, territories)
        turned = {"counted_on": counted_on(month), "goods": prices_used.digest(counted_on(month))}
        RollupTurn.objects.update_or_create(month=month, defaults=turned)
    return len(territories)


def postpone(month: date) -> None:
    """A month that has no rows yet is marked, so that drains make it in parts. One that has begun is left alone."""
    with transaction.atomic():
        _lock(month)
        day = counted_on(month)
        turned = {"counted_on": day, "goods": prices_used.digest(day)}
        _, is_new = RollupTurn.objects.get_or_create(month=month, defaults=turned)
        if is_new:
            _mark_all(prices_used.MARK, month)


def postpone_classes(month: date) -> None:
    """What classes of shops add to a month is marked, so that segments.py makes it in parts. In a transaction."""
    _mark_all(segments.TURNED, month)


def _mark_all(kind: str, month: date) -> None:
    territories = Unit.objects.filter(level=Level.TERRITORY).values_list("pk", flat=True)
    marks.mark(kind, [(unit, month) for unit in territories])


def turn() -> None:
    """What the passing of days alone changes is recomputed: a transfer or a closure agreed on for today, a new month.

    Idempotent: nothing happens twice a day. Run by the tick; two queries when nothing is due.
    """
    running = clock.month_of(clock.today())
    for month in (clock.add_months(running, -1), running):
        known = RollupTurn.objects.filter(month=month).values_list("counted_on", flat=True).first()
        if known is None:
            _begin(month)
        elif known < counted_on(month):
            _turn(month, known)


def _begin(month: date) -> None:
    """A new month: made at once where the territories are few, else marked, so that drains make it in parts."""
    if Unit.objects.filter(level=Level.TERRITORY).count() <= AT_ONCE:
        rebuild(month)
    else:
        postpone(month)


def _turn(month: date, since: date) -> None:
    last = counted_on(month)
    with transaction.atomic():
        _lock(month)
        with connection.cursor() as cursor:
            cursor.execute(_TURNED, {"since": since, "last": last})
            touched = [row[0] for row in cursor.fetchall()]
        _by_month((month, Key(unit, month)) for unit in touched)
        marks.mark(segments.TURNED, [(unit, month) for unit in touched])
        RollupTurn.objects.filter(month=month).update(counted_on=last)


def _later(keys: Iterable[Key], after: int) -> Iterable[tuple[date, Key]]:
    for key in keys:
        facts = clock.month_of(key.on_date)
        for month in later_months(facts, after):
            yield month, Key(key.unit_id, facts)


def _by_month(wanted: Wanted, part: Part = Part.ALL) -> None:
    months: defaultdict[date, set[Key]] = defaultdict(set)
    for month, changed in wanted:
        months[month].add(changed)
    if months:
        make_room()
    for month in sorted(months):  # the same order in every drainer: two never wait for each other
        _lock(month)
        _renew(month, months[month], part)


def _lock(month: date) -> None:
    """One recomputation of a month at a time: each sums the same units above, and must see the other's rows."""
    take(Lock.ROLLUPS, month)


def _renew(month: date, changed: set[Key], part: Part) -> None:
    keys = sorted(changed)
    asked: dict[str, Any] = {"units": [k.unit_id for k in keys], "facts": [k.on_date for k in keys]}
    # What is not there yet has no part that could stay.
    if part is not Part.ALL and not RollupTurn.objects.filter(month=month).exists():
        part = Part.ALL
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS, {**asked, "month": month, "last": counted_on(month)})
        touched = {*asked["units"], *(row[0] for row in cursor.fetchall())}
        known = sorted(Unit.objects.filter(pk__in=touched, level=Level.TERRITORY).values_list("pk", "ancestors"))
        territories = [pk for pk, _ in known]
        above = {unit for _, chain in known for unit in chain}
        for table in acts_sums.TABLES if part is Part.ACTS else _MADE_ANEW:
            units = above - set(territories) if part is Part.SEEN and table in _HALVES else above
            everyone = " AND segment_kind = 0" if table == trade_store.SUBJECTS else ""
            cursor.execute(
                f"DELETE FROM {table} WHERE month = %s AND unit_id = ANY(%s){everyone}",  # noqa: S608 - ours
                [month, sorted(units)],
            )
    _fill_territories(month, territories, part)
    _fill_above(month, territories, part)


def _fill_territories(month: date, territories: Sequence[int], part: Part = Part.ALL) -> None:
    """Writes the missing rows of these territories, and of the part the rows that changed."""
    values = named(month, territories)
    sold = (volumes.TERRITORIES, trade_store.STORE_SOLD) if part is Part.ALL else ()
    trade = (*trade_store.TABLES, *sold, trade_store.STORE_SEEN, *trade_store.PRUNE)
    acts = acts_sums.TERRITORIES
    with connection.cursor() as cursor:
        for statement in acts if part is Part.ACTS else (*leaves.STATEMENTS, *acts, *trade):
            cursor.execute(statement, values)


def _fill_above(month: date, territories: Sequence[int], part: Part = Part.ALL) -> None:
    """Writes the missing rows of every unit above these territories, level by level."""
    values = named(month, [])
    trade = () if part is Part.ACTS else (volumes.ABOVE, *trade_store.ABOVE)
    prices = () if part is Part.ACTS else ancestors.STATEMENTS
    with connection.cursor() as cursor:
        for level in reversed(range(Level.NATION, Level.TERRITORY)):
            cursor.execute(
                "SELECT DISTINCT a.id FROM backend_unit t JOIN backend_unit a ON a.id = ANY(t.ancestors)"
                " WHERE t.id = ANY(%s) AND a.level = %s",
                [list(territories), level],
            )
            values["units"] = [row[0] for row in cursor.fetchall()]
            for statement in (*prices, *acts_sums.ABOVE, *trade):
                cursor.execute(statement, values)
