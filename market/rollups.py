"""Keeps the roll-ups equal to the facts: drained from change marks by the tick, rebuilt by `rebuild_rollups`.

Rows are recomputed, never incremented, and those above the territory are sums of the level below. Acts count by the
unit stamped on them; shops by the unit that has them on the month's last day (today while it runs). See docs/method.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from backend import clock, marks
from backend.marks import Key
from backend.models import Level, Unit
from market import ancestors, leaves
from market.models import RollupTurn

CONSUMER = "rollups"
ACTS = ("visits",)  # change the month of their business date
SHOPS = ("assignments", "retailers")  # whose shop it is: changes every month from their date on
SALES = ("orders",)
KINDS = (*ACTS, *SHOPS, *SALES)
MONTHS_BACK = 25  # as long as monthly totals are kept; older months are closed for good

Named = dict[str, Any]

TABLES = ("market_unitmonth", "market_unitproductmonth", "market_unitpricecount", "market_territoryperson")

# Shops that were visited under one territory may belong to another one on the last day: its coverage moves with them.
_OWNERS = """
SELECT DISTINCT a.territory_id FROM visits_visit v
JOIN retail_assignment a ON a.retailer_id = v.retailer_id AND a.during @> %(last)s::date
WHERE v.month = %(month)s AND v.territory_id = ANY(%(units)s)
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


def counted_on(month: date) -> date:
    """The day on which a month's shops are counted: its last one, or today while it runs."""
    return min(clock.month_end(month), clock.today())


def is_current(month: date, unit_ids: Sequence[int]) -> bool:
    """Whether the roll-ups of these units say what the facts say: counted up to the month's last day, and no mark of
    theirs waits, taken by a drainer or not. Every fact that they count leaves one. Two queries."""
    turned = RollupTurn.objects.filter(month=month, counted_on=counted_on(month)).exists()
    return turned and not marks.waits(CONSUMER, unit_ids)


def drain() -> int:
    """Recomputes what the waiting marks speak of until none is left that this process can take; number of keys."""
    return (
        marks.drain_all(CONSUMER, ACTS, recompute)
        + marks.drain_all(CONSUMER, SALES, recompute)
        + marks.drain_all(CONSUMER, SHOPS, recompute_onward)
    )


def recompute(keys: Sequence[Key]) -> None:
    """The rows of these (territory, month of the date) keys and of the units above them equal the facts.

    Call it in a transaction. A constant number of statements per distinct month; one at a time for a month.
    """
    _by_month((clock.month_of(key.on_date), key.unit_id) for key in keys)


def recompute_onward(keys: Sequence[Key]) -> None:
    """As `recompute`, for the month of each date and every later one up to now: a shop stays where it went."""
    now = clock.month_of(clock.today())
    oldest = clock.add_months(now, -MONTHS_BACK)
    wanted: list[tuple[date, int]] = []
    for key in keys:
        month = max(clock.month_of(key.on_date), oldest)
        while month <= now:
            wanted.append((month, key.unit_id))
            month = clock.add_months(month, 1)
    _by_month(wanted)


def rebuild(month: date) -> int:
    """Every roll-up row of the month is made anew from facts; the number of territories that have any."""
    with transaction.atomic():
        _lock(month)
        territories = list(Unit.objects.filter(level=Level.TERRITORY).values_list("pk", flat=True))
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table} WHERE month = %s", [month])  # noqa: S608 - a constant of ours
        _fill(month, territories)
        RollupTurn.objects.update_or_create(month=month, defaults={"counted_on": counted_on(month)})
    return len(territories)


def turn() -> None:
    """What the passing of days alone changes is recomputed: a transfer or a closure agreed on for today, a new month.

    Idempotent: nothing happens twice a day. Run by the tick; two queries when nothing is due.
    """
    running = clock.month_of(clock.today())
    for month in (clock.add_months(running, -1), running):
        known = RollupTurn.objects.filter(month=month).values_list("counted_on", flat=True).first()
        if known is None:
            rebuild(month)
        elif known < counted_on(month):
            _turn(month, known)


def _turn(month: date, since: date) -> None:
    last = counted_on(month)
    with transaction.atomic():
        _lock(month)
        with connection.cursor() as cursor:
            cursor.execute(_TURNED, {"since": since, "last": last})
            touched = [row[0] for row in cursor.fetchall()]
        _by_month((month, unit) for unit in touched)
        RollupTurn.objects.filter(month=month).update(counted_on=last)


def _by_month(wanted: Iterable[tuple[date, int]]) -> None:
    months: defaultdict[date, set[int]] = defaultdict(set)
    for month, unit_id in wanted:
        months[month].add(unit_id)
    for month in sorted(months):  # the same order in every drainer: two never wait for each other
        _lock(month)
        _renew(month, months[month])


def _lock(month: date) -> None:
    """One recomputation of a month at a time: each sums the same units above, and must see the other's rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('market rollups'), %s)", [month.year * 12 + month.month])


def _renew(month: date, marked: set[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS, {"month": month, "last": counted_on(month), "units": sorted(marked)})
        touched = sorted(marked | {row[0] for row in cursor.fetchall()})
        known = Unit.objects.filter(pk__in=touched, level=Level.TERRITORY).values_list("pk", "ancestors")
        above = {unit for _, chain in known for unit in chain}
        for table in TABLES:
            cursor.execute(
                f"DELETE FROM {table} WHERE month = %s AND unit_id = ANY(%s)",  # noqa: S608 - a constant of ours
                [month, sorted(above)],
            )
    _fill(month, [pk for pk, _ in known])


def _fill(month: date, territories: Sequence[int]) -> None:
    """Writes the missing rows of these territories, then of every unit above them, level by level."""
    named: Named = {"month": month, "last": counted_on(month), "units": list(territories), "at": clock.now()}
    with connection.cursor() as cursor:
        for statement in leaves.STATEMENTS:
            cursor.execute(statement, named)
        for level in reversed(range(Level.NATION, Level.TERRITORY)):
            cursor.execute(
                "SELECT DISTINCT a.id FROM backend_unit t JOIN backend_unit a ON a.id = ANY(t.ancestors)"
                " WHERE t.id = ANY(%s) AND a.level = %s",
                [list(territories), level],
            )
            named["units"] = [row[0] for row in cursor.fetchall()]
            for statement in ancestors.STATEMENTS:
                cursor.execute(statement, named)
