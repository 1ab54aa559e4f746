"""`manage.py rebuild_rollups [2026-03 ...]`: makes the boards' roll-ups anew from facts; run after a bulk load."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from backend import clock
from market.rollups import recompute

READ = (
    "visits_visit",
    "visits_observation",
    "visits_briefing",
    "visits_pitch",
    "visits_remark",
    "retail_assignment",
    "retail_classification",
    "market_shopproductmonth",
    "market_order",
    "market_orderline",
    "market_allotment",
    "market_stockcount",
)


class Command(BaseCommand):
    """Rebuilds the months named, or every month that has visits or sales."""

    help = "Rebuild the roll-ups of the given months (YYYY-MM), or of every month that has visits or sales."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("months", nargs="*", metavar="YYYY-MM")

    def handle(self, *args: Any, **options: Any) -> None:
        _know_the_sizes()
        months = [_month(text) for text in options["months"]] or _months_with_facts()
        for done, month in enumerate(months, start=1):
            territories = recompute.rebuild(month)
            self.stdout.write(f"roll-ups {month:%Y-%m}: {territories} territories ({done} of {len(months)})")


def _know_the_sizes() -> None:
    """After a bulk load the planner still thinks that the tables are empty, and reads them row by row."""
    with connection.cursor() as cursor:
        for table in READ:
            cursor.execute(f"ANALYZE {table}")


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise CommandError(f"{text} is not a month; write 2026-03") from None


def _months_with_facts() -> list[date]:
    """Months that have a visit or a sale, and the running one; one index look-up a month, not a scan of the facts."""
    found = {clock.month_of(clock.today())}
    with connection.cursor() as cursor:
        for table in ("visits_visit", "market_shopproductmonth"):
            cursor.execute(f"SELECT min(month) FROM {table}")  # noqa: S608 - one of two constants
            month = cursor.fetchone()[0]
            while month is not None:
                found.add(month)
                cursor.execute(f"SELECT min(month) FROM {table} WHERE month > %s", [month])  # noqa: S608
                month = cursor.fetchone()[0]
    return sorted(found)
