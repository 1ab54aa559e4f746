"""`manage.py open_months`: opens every month that is due, with a progress line; run by `make run` and by operators."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from backend import clock
from cycles import month as months
from cycles.queries import working_calendar


def first_of(text: str) -> date:
    """2026-03 as the first day of that month."""
    return date.fromisoformat(f"{text}-01")


class Command(BaseCommand):
    """Idempotent: what is open already only gets what it lacks."""

    help = "Open the months that are due; --since also opens past ones, from the facts and assignments of their time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=first_of, metavar="YYYY-MM", help="also every month from this one on")

    def handle(self, *, since: date | None = None, **_options: object) -> None:
        due = set(months.months_due(clock.now(), working_calendar()))
        if since is not None:
            if since > clock.month_of(clock.now()):
                raise CommandError("--since lies in the future: such a month opens when it is due")
            due |= _months_between(since, clock.month_of(clock.now()))
        if not due:
            self.stdout.write("没有待打开的月份 · no month is due")
        for month in sorted(due):
            self._open(month)
        months.keep()

    def _open(self, month: date) -> None:
        filled = 0

        def report(rows: int) -> None:
            nonlocal filled
            filled += rows
            self.stdout.write(f"{month:%Y-%m}: {filled} 户 · shops ...")
            self.stdout.flush()

        done = months.open_month(month, report=report)
        state = "已打开 · open" if done.is_open else "由另一进程完成 · another process is finishing it"
        self.stdout.write(f"{month:%Y-%m}: {state}, +{done.added}")


def _months_between(first: date, last: date) -> set[date]:
    found = set()
    while first <= last:
        found.add(first)
        first = clock.add_months(first, 1)
    return found
