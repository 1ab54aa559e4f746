"""How a prefecture goes through a month: drafted, asked again each day, measured, drafted once more, locked.

Called by the tick (month.py) and by change marks (changes.py). Nothing is remembered but what the rows say: each step
is a transaction of its own that looks first, so that a killed worker continues where it was (docs/method.md).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import date

from django.db import OperationalError, connection, transaction

from backend import clock, marks
from backend.partitions import ensure_partitions, name_of
from cycles import (
    actions,
    analyze,
    building,
    cells,
    drafting,
    evaluate,
    evidence,
    forecast,
    gate,
    improve,
    locking,
    plan,
    prefectures,
)
from cycles.calendar import MonthDates
from cycles.models import Month, PrefectureMonth
from cycles.prefectures import State
from cycles.queries import dates_at
from visits import following

log = logging.getLogger(__name__)

TICK_S = 120.0  # no prefecture is begun after so long in one tick; the worker's soft limit is twice as far
RUNNING = (State.OPEN,)
UNLOCKED = (State.OPEN, State.MEASURED)

Step = Callable[[date, int], object]


def advance(*, within_s: float = TICK_S) -> int:
    """Every prefecture's month is as far as its dates ask, the oldest month first; returns how many prefectures moved.

    What one tick has no time for the next one does. A prefecture that cannot go on is logged and holds up no other.
    """
    started, moved = time.monotonic(), 0
    for row, dates in _unlocked():
        if time.monotonic() - started > within_s:
            break
        try:
            moved += _advance(row, dates)
        except OperationalError:
            raise
        except marks.BAD_KEY:
            log.exception("a prefecture cannot go on with its month", extra={"key": str(row)})
    return moved


def _unlocked() -> list[tuple[PrefectureMonth, MonthDates]]:
    rows = list(
        PrefectureMonth.objects.exclude(state=State.LOCKED)
        .filter(month__in=Month.objects.filter(state=Month.State.OPEN).values("month"))
        .order_by("month", "prefecture_id")
    )
    dates = dates_at((row.prefecture_id, row.month) for row in rows) if rows else {}
    return [(row, dates[row.prefecture_id, row.month]) for row in rows]


def _advance(row: PrefectureMonth, dates: MonthDates) -> bool:
    """Whatever is due for one prefecture, in the order in which it falls due."""
    now, today = clock.now(), clock.today()
    acts: list[Callable[[PrefectureMonth, MonthDates], object]] = []
    if row.planned_at is None and row.state == State.OPEN:
        acts.append(_draft)
    if row.state == State.OPEN and dates.measures_at <= now:
        acts.append(_measure)
    elif row.planned_at and row.redrafted_at is None and row.state == State.OPEN and _is_measured_before(row):
        acts.append(_redraft)
    elif row.planned_at and row.state == State.OPEN and _is_to_be_asked(row, today):
        acts.append(_ask)
    if locking.is_due(row, dates, now):
        acts.append(_lock)
    for act in acts:
        act(row, dates)
    return bool(acts)


# -- drafting ----------------------------------------------------------------------------------------------------------


def _draft(row: PrefectureMonth, dates: MonthDates) -> None:
    """Found, proposed, forecast, planned, and every cell says so."""
    ensure_partitions(around=row.month, back=0, ahead=0)  # a past month may have none
    if row.analyzed_on is None:
        _tell_planner(name_of(building.PARENT, row.month))  # not at the opening, which is measured against a COPY
        _analyze(row, _as_of_opening(row, dates))
    _draft_from_findings(row)
    _set(row, RUNNING, planned_at=clock.now())
    if _is_measured_before(row):
        _set(row, RUNNING, redrafted_at=clock.now())


def _redraft(row: PrefectureMonth, dates: MonthDates) -> None:
    """Once, when the month before was measured: what it came to and what it left open is in the drafts."""
    _analyze(row, clock.today())
    _draft_from_findings(row)
    _set(row, RUNNING, redrafted_at=clock.now())


def _ask(row: PrefectureMonth, dates: MonthDates) -> None:
    """The rules of every day are asked again, and the cells of shops that closed today say so."""
    today = clock.today()
    _step(row, RUNNING, lambda month, one: analyze.analyze(month, today, [one], only_every_day=True))
    _draft_from_findings(row, (_actions, _cells, _papers))
    _set(row, RUNNING, analyzed_on=today)  # last, so that what a killed worker left is done again


def _as_of_opening(row: PrefectureMonth, dates: MonthDates) -> date:
    """The day on which the month began to open; a month opened after its end is drafted as on the day it was due."""
    begun = clock.business_date(Month.objects.values_list("opening_at", flat=True).get(month=row.month))
    return begun if begun <= clock.month_end(row.month) else clock.business_date(dates.opens_at)


def _is_to_be_asked(row: PrefectureMonth, today: date) -> bool:
    is_running = row.month <= today <= clock.month_end(row.month)
    return is_running and (row.analyzed_on is None or row.analyzed_on < today)


def _is_measured_before(row: PrefectureMonth) -> bool:
    before = PrefectureMonth.objects.filter(month=clock.add_months(row.month, -1), prefecture_id=row.prefecture_id)
    return before.exclude(state=State.OPEN).exists()


def _analyze(row: PrefectureMonth, as_of: date) -> None:
    _step(row, RUNNING, lambda month, one: analyze.analyze(month, as_of, [one]), analyzed_on=as_of)
    _tell_planner("cycles_finding", name_of("cycles_sighting", row.month))


def _draft_from_findings(row: PrefectureMonth, steps: Sequence[Step] = ()) -> None:
    for step in steps or (_actions, _forecast, _stops, _cells, _papers):
        _step(row, RUNNING, step)
        _tell_planner(*GROWN.get(step, ()))


def _tell_planner(*tables: str) -> None:
    """What a step has written the next one reads at once; to the planner a table that nobody looked at since is as
    small as before, and reading it row by row costs minutes in a province."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'ANALYZE "{table}"')


def _actions(month: date, prefecture_id: int) -> None:
    actions.draft(month, [prefecture_id])


def _forecast(month: date, prefecture_id: int) -> None:
    forecast.draft(month, [prefecture_id])


def _stops(month: date, prefecture_id: int) -> None:
    plan.draft_stops(month, [prefecture_id])


def _cells(month: date, prefecture_id: int) -> None:
    renew(month, prefectures.territories_of([prefecture_id]))


def _papers(month: date, prefecture_id: int) -> None:
    drafting.draft_cells(month, [prefecture_id])


GROWN: dict[Step, tuple[str, ...]] = {_actions: ("cycles_action",), _stops: ("visits_plannedstop",)}


# -- what changes, and measuring ---------------------------------------------------------------------------------------


def renew(month: date, territories: Sequence[int]) -> None:
    """What visits and orders of these territories say is in the chain and in the cells. In the caller's transaction,
    under the month's lock; none of the territories has locked the month."""
    if territories:
        evidence.link(month, territories)
        cells.derive(month, territories)
        gate.tell_of_month(month, territories)


def measure_again(month: date, prefecture_ids: Sequence[int]) -> None:
    """What measured prefectures came to follows a fact that arrives before the lock. As `renew`."""
    if prefecture_ids:
        evaluate.measure(month, prefecture_ids)
        improve.propose(month, prefecture_ids)
        territories = prefectures.territories_of(prefecture_ids)
        cells.derive(month, territories)
        gate.tell(territories)


def settle(month: date, prefecture_id: int) -> None:
    """Evidence, stops, results, improvements and cells of the prefecture are what the facts say now. As `renew`."""
    territories = prefectures.territories_of([prefecture_id])
    evidence.link(month, territories)
    following.link(month, territories)
    measure_again(month, [prefecture_id])


def _measure(row: PrefectureMonth, dates: MonthDates) -> None:
    _step(row, RUNNING, settle, state=State.MEASURED, measured_at=clock.now())
    _tell_planner("cycles_evidence", "cycles_result", "cycles_improvement")
    _step(row, UNLOCKED, _papers)


def _lock(row: PrefectureMonth, dates: MonthDates) -> None:
    """The facts are read a last time, what is open was missed, the figures are frozen; and what was not reached goes on
    in the next month, where that takes it still."""
    _step(row, UNLOCKED, _settle_and_lock)
    after = PrefectureMonth.objects.filter(month=clock.add_months(row.month, 1), prefecture_id=row.prefecture_id)
    for following_month in after.exclude(planned_at=None):
        _draft_from_findings(following_month, (_actions, _cells, _papers))


def _settle_and_lock(month: date, prefecture_id: int) -> None:
    """Settled even where no mark waits: not every fact leaves one (a promise that was entered late, a guide price)."""
    settle(month, prefecture_id)
    _papers(month, prefecture_id)
    locking.lock(month, prefecture_id)


# -- one step ----------------------------------------------------------------------------------------------------------


def _step(row: PrefectureMonth, states: Sequence[str], act: Step | None, **then: object) -> bool:
    """One transaction under the month's lock: the act, and then these columns of the row. Nothing where the row is in
    none of these states by now."""
    with transaction.atomic():
        building.lock_month(row.month)
        mine = PrefectureMonth.objects.filter(month=row.month, prefecture_id=row.prefecture_id, state__in=states)
        if not mine.select_for_update().exists():
            return False
        if act is not None:
            act(row.month, row.prefecture_id)
            gate.tell(prefectures.territories_of([row.prefecture_id]))
        if then:
            mine.update(**then)
    for name, value in then.items():
        setattr(row, name, value)
    return True


def _set(row: PrefectureMonth, states: Sequence[str], **then: object) -> bool:
    return _step(row, states, None, **then)
