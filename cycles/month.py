"""Verbs on the month: open what is due, follow it day by day. Called by the tick and by `open_months`.

What each prefecture does with an open month (draft, measure, lock) is in stages.py.

Nothing here remembers what it did: each verb asks the database what should exist and does not (docs/method.md), so a
missed tick, a doubled tick and a killed worker end in the same rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from backend import clock
from cycles import building, changes, execute, membership, prefectures, stages
from cycles.calendar import MonthDates, WorkingCalendar, dates_of
from cycles.models import Month
from cycles.queries import working_calendar

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opening:
    """What one call of `open_month` found and did."""

    month: date
    is_open: bool  # False: other workers are still filling it
    added: int  # rows of retailers that this call wrote


def keep() -> None:
    """The tick: months that are due exist, each prefecture is as far with them as its dates ask, owners are followed.

    Locked before followed: after a pause nobody who came after the lock day becomes an owner."""
    open_due()
    stages.advance()
    follow_due()


def months_due(now: datetime, calendar: WorkingCalendar) -> list[date]:
    """Months that should be open by now and are not, oldest first: begun ones, those missed since the newest that
    exists, this month, and the next once its opening moment has come. One query."""
    known = dict(Month.objects.values_list("month", "state"))
    begun = [month for month, state in known.items() if state == Month.State.OPENING]
    this_month = clock.month_of(now)
    first = min(this_month, clock.add_months(max(known), 1)) if known else this_month
    missing = []
    while first <= clock.add_months(this_month, 1):
        if first not in known and dates_of(first, calendar).opens_at <= now:
            missing.append(first)
        first = clock.add_months(first, 1)
    return sorted([*begun, *missing])


def open_due() -> list[Opening]:
    """Opens every month that is due. Two queries when there is none."""
    return [open_month(month) for month in months_due(clock.now(), working_calendar())]


def open_month(
    month: date, *, chunk_retailers: int = building.CHUNK_RETAILERS, report: Callable[[int], object] | None = None
) -> Opening:
    """Every shop assigned and not closed on the day has its row of 15 cells, every manager his or her month.

    A new month is built aside and attached whole; an opened one gets only what it lacks, so a second run adds 0. Any
    number of processes may call it at once, and again after a kill. `report` hears the rows of each filled chunk.
    """
    dates = dates_of(month, working_calendar())
    row = building.announce(month, clock.now(), chunk_retailers=chunk_retailers)
    if row.state != Month.State.OPENING:
        return Opening(month, is_open=True, added=_follow(row))
    days = membership.days_of(dates, clock.month_end(month), clock.business_date(row.opening_at))
    added = 0
    while (rows := building.fill_next(month, days.member_on)) is not None:
        added += rows
        if report:
            report(rows)
    if not building.attach(month):
        return Opening(month, is_open=False, added=added)
    _finish(month, dates, days)
    return Opening(month, is_open=True, added=added)


def _finish(month: date, dates: MonthDates, days: membership.Days) -> None:
    """An attached month is brought up to the facts that came before it, and is open from then on.

    `followed_on` of a month that is still opening says that owners changed behind its chunks (cycles/changes.py)."""
    with transaction.atomic():
        building.lock_month(month)
        row = Month.objects.select_for_update().get(month=month)
        if row.state != Month.State.OPENING:
            return
        if days.owner_on != days.member_on or row.followed_on is not None:
            membership.compare(month, days)
        execute.derive_new(month)
        membership.draft_managers(month, days.owner_on)
        prefectures.ensure(month)
        row.state, row.opened_at, row.followed_on = Month.State.OPEN, clock.now(), clock.business_date(row.opening_at)
        row.save(update_fields=["state", "opened_at", "followed_on"])
    if dates.provisional:
        log.warning("the dates of a month are provisional: its calendar is not published", extra={"month": str(month)})


def follow_due() -> int:
    """Once a business day every running month is compared with that day's assignments and positions; returns the rows
    added. Changes of today itself arrive sooner, by their marks (cycles/changes.py)."""
    today = clock.today()
    rows = list(Month.objects.filter(state=Month.State.OPEN).order_by("month"))
    return sum(_follow(row) for row in rows if row.followed_on is None or row.followed_on < today)


def _follow(row: Month) -> int:
    """The whole month is compared with the assignments of today, but for prefectures that have locked it."""
    with transaction.atomic():
        building.lock_month(row.month)
        held = Month.objects.select_for_update().get(month=row.month)
        if held.state != Month.State.OPEN:
            return 0
        prefectures.ensure(row.month)
        days = prefectures.days_by_prefecture(row.month)
        added = changes.bring_up(row.month, days)
        membership.draft_managers(row.month, max(one.owner_on for one in days))
        held.followed_on = clock.today()
        held.save(update_fields=["followed_on"])
    return added
