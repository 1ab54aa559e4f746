"""What the months do when facts, assignments or shops change: change marks drained, rows brought up to date.

Called by the tick (`drain_once`) and by month.py (`bring_up`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from backend import clock, marks
from backend.marks import Key
from backend.models import Level, Unit
from backend.scope import units_under
from cycles import building, execute, membership
from cycles.models import Month
from cycles.queries import dates_of_months

CONSUMER = "cycles"
FACTS = ("visits",)
OWNERS = ("assignments", "retailers")
KEY_LISTS = ("key_products",)
KINDS = (*FACTS, *OWNERS, *KEY_LISTS)


class MonthIsOpening(marks.NotNow):
    """A month is being built aside: what the marks speak of could miss its table. They wait for the next tick."""


def drain_once() -> int:
    """Brings up what up to 200 marks of each kind speak of; returns the number of keys. Idempotent."""
    return sum(marks.drain(CONSUMER, kinds, recompute) for kinds, recompute in _FOLLOWED)


def bring_up(month: date, days: membership.Days, territories: Sequence[int] | None) -> int:
    """Joiners get their row, rows follow the owner, new rows say what the facts say. Returns the rows added. In the
    caller's transaction, under the month's lock."""
    found = membership.compare(month, days, territories)
    if found.added:
        execute.derive(month, territories)
    return found.added


def _facts_changed(keys: Sequence[Key]) -> None:
    """The execute cells of each (territory, month) are derived again."""
    territories: dict[date, set[int]] = {}
    for key in keys:
        territories.setdefault(clock.month_of(key.on_date), set()).add(key.unit_id)
    for month in _lock_running(territories):
        execute.derive(month, sorted(territories[month]))


def _owners_changed(keys: Sequence[Key]) -> None:
    """Every running month looks again at who owns the shops of these territories."""
    territories = sorted({key.unit_id for key in keys})
    if running := _lock_running():
        for dates in dates_of_months(running):
            days = membership.days_of(dates, clock.month_end(dates.month), clock.today())
            bring_up(dates.month, days, territories)


def _key_lists_changed(keys: Sequence[Key]) -> None:
    """What is key somewhere is so in every territory below: the brand cells of the running months there follow."""
    below = units_under([key.unit_id for key in keys])
    territories = list(Unit.objects.filter(pk__in=below, level=Level.TERRITORY).values_list("pk", flat=True))
    for month in _lock_running():
        execute.derive(month, territories)


# Owners first: a fact is derived for the row of whoever has the shop by now.
_FOLLOWED: tuple[tuple[Sequence[str], Callable[[Sequence[Key]], None]], ...] = (
    (OWNERS, _owners_changed),
    (FACTS, _facts_changed),
    (KEY_LISTS, _key_lists_changed),
)


def _lock_running(among: Iterable[date] | None = None) -> list[date]:
    """Open months (of these), each locked against other derivations; their state is read under the lock."""
    found = Month.objects.exclude(state=Month.State.LOCKED)
    states = dict(found.values_list("month", "state"))
    if Month.State.OPENING in states.values():
        raise MonthIsOpening
    wanted = sorted(states if among is None else states.keys() & set(among))
    for month in wanted:
        building.lock_month(month)
    running = Month.objects.filter(month__in=wanted, state=Month.State.OPEN)
    return list(running.order_by("month").values_list("month", flat=True))
