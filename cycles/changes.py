"""What the months do when facts, assignments or shops change: change marks drained, rows brought up to date.

Called by the tick (`drain_once`) and by month.py (`bring_up`). Where a prefecture has locked the month nothing of it
changes: what the figures would be now becomes a dated line (cycles/adjustments.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from django.db.models import Q, QuerySet

from backend import clock, marks
from backend.marks import Key
from backend.models import Level, Unit
from backend.scope import units_under
from cycles import adjustments, building, gate, membership, prefectures, stages
from cycles.models import Month
from cycles.prefectures import State

CONSUMER = "cycles"
FACTS = ("visits", "orders")
OWNERS = ("assignments", "retailers")
KEY_LISTS = ("key_products",)
DECISIONS = (gate.MARK,)
KINDS = (*FACTS, *OWNERS, *KEY_LISTS, *DECISIONS)


def drain_once() -> int:
    """Brings up what up to 200 marks of each kind speak of; returns the number of keys. Idempotent."""
    return sum(marks.drain(CONSUMER, kinds, recompute) for kinds, recompute in _FOLLOWED)


def bring_up(
    month: date, days: Mapping[membership.Days, Sequence[int]], territories: Sequence[int] | None = None
) -> int:
    """Joiners get their row, rows follow the owner, new rows say what the facts say: of these territories, or of all.
    Returns the rows added. In the caller's transaction, under the month's lock. `days`: those of each prefecture."""
    frozen, added, touched = prefectures.frozen_counties(month), 0, set[int]()
    for one, prefecture_ids in days.items():
        wanted: Sequence[int] | None = territories
        if frozen or len(days) > 1:
            mine = prefectures.territories_of(prefecture_ids)
            wanted = mine if territories is None else sorted(set(mine) & set(territories))
        found = membership.compare(month, one, wanted, frozen)
        added += found.added
        touched |= set(found.territories)
    stages.renew(month, sorted(touched))
    return added


def _facts_changed(keys: Sequence[Key]) -> None:
    """The chain and the cells of each (territory, month) follow; a locked one gets its lines beside it."""
    territories = _by_month(keys)
    onward = {clock.add_months(month, 1) for month in territories}
    for month in _lock_opened(Month.objects.filter(month__in=territories.keys() | onward)):
        _renew(month, sorted(territories[month]))
        if month in onward:  # some figures are held against the month before
            _adjust_locked(month, territories[clock.add_months(month, -1)])


def _decisions_changed(keys: Sequence[Key]) -> None:
    """What was decided about actions and improvements moves evidence and cells, but no result."""
    territories = _by_month(keys)
    for month in _lock_opened(Month.objects.filter(month__in=territories)):
        _renew(month, sorted(territories[month]), measured=False)


def _by_month(keys: Sequence[Key]) -> defaultdict[date, set[int]]:
    territories: defaultdict[date, set[int]] = defaultdict(set)
    for key in keys:
        territories[clock.month_of(key.on_date)].add(key.unit_id)
    return territories


def _renew(month: date, territories: Sequence[int], *, measured: bool = True) -> None:
    parts = prefectures.parts_of(month, territories)
    running = [part for part in parts if part.state != State.LOCKED]
    stages.renew(month, [unit for part in running for unit in part.territories])
    if measured:
        stages.measure_again(month, [part.prefecture_id for part in running if part.state == State.MEASURED])
    _adjust_locked(month, territories)


def _adjust_locked(month: date, territories: Iterable[int]) -> None:
    for part in prefectures.parts_of(month, sorted(territories)):
        if part.state == State.LOCKED:
            adjustments.adjust(month, part.prefecture_id, part.territories)


def _owners_changed(keys: Sequence[Key]) -> None:
    """Every running month looks again at who owns the shops of these territories; a locked one only where the change
    is dated in or before it, for whose shop it was on its last day is one of its figures. A month that is being built
    compares itself once more when it is finished: `followed_on` tells it to."""
    since: dict[int, date] = {}
    for key in keys:
        since[key.unit_id] = min(key.on_date, since.get(key.unit_id, key.on_date))
    first = clock.month_of(min(since.values()))
    for month in _lock_opened(Month.objects.filter(~Q(state=Month.State.LOCKED) | Q(month__gte=first))):
        if days := prefectures.days_by_prefecture(month):
            bring_up(month, days, sorted(since))
            running = [part for part in prefectures.parts_of(month, sorted(since)) if part.state != State.LOCKED]
            stages.renew(month, [unit for part in running for unit in part.territories])
            stages.measure_again(month, [part.prefecture_id for part in running if part.state == State.MEASURED])
        _adjust_locked(month, [unit for unit, on in since.items() if on <= clock.month_end(month)])
    Month.objects.filter(state=Month.State.OPENING).update(followed_on=clock.today())


def _key_lists_changed(keys: Sequence[Key]) -> None:
    """What is key somewhere is so in every territory below: the brand cells of the months there follow."""
    below = units_under([key.unit_id for key in keys])
    territories = list(Unit.objects.filter(pk__in=below, level=Level.TERRITORY).values_list("pk", flat=True))
    first = min(clock.month_of(key.on_date) for key in keys)
    for month in _lock_opened(Month.objects.filter(~Q(state=Month.State.LOCKED) | Q(month__gte=first))):
        _renew(month, territories)


# Owners first: a fact is derived for the row of whoever has the shop by now.
_FOLLOWED: tuple[tuple[Sequence[str], Callable[[Sequence[Key]], None]], ...] = (
    (OWNERS, _owners_changed),
    (FACTS, _facts_changed),
    (KEY_LISTS, _key_lists_changed),
    (DECISIONS, _decisions_changed),
)


def _lock_opened(months: QuerySet[Month]) -> list[date]:
    """These months, each locked against other derivations, without those that are still being built: what is read
    under the lock. Facts of a month that is being built are read when it is finished, after this lock."""
    wanted = sorted(months.values_list("month", flat=True))
    for month in wanted:
        building.lock_month(month)
    opened = Month.objects.filter(month__in=wanted).exclude(state=Month.State.OPENING)
    return sorted(opened.values_list("month", flat=True))
