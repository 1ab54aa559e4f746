"""`manage.py load_demo`: loads the generated demo into an empty database; run by `make run` and by benchmarks."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend import clock
from demo import loading
from demo.organisation import FEWEST_SHOPS, MOST_SHOPS
from demo.staging import Plan


class Command(BaseCommand):
    """Into an empty database only; into one of DATABASE_URL only with DEMO=1."""

    help = "Load the generated demo: a prefecture, its shops, 14 months of orders and visits, ending the day before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="YYYY-MM-DD", help="default: today")
        parser.add_argument("--shops", type=int, default=2_000, help=f"{FEWEST_SHOPS} to {MOST_SHOPS}")
        parser.add_argument("--tables", default=",".join(loading.TABLES), help="what to load, with all that it needs")
        parser.add_argument("--lines-per-order", type=float, default=10.0, help="about how many products an order has")
        parser.add_argument("--seed", type=int, default=135)
        parser.add_argument("--if-empty", action="store_true", help="leave any other database alone, quietly")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_ALLOWED:
            raise CommandError("DATABASE_URL is set: the demo is loaded there only with DEMO=1")
        tables = options["tables"].split(",")
        if unknown := sorted(set(tables) - set(loading.TABLES)):
            raise CommandError(f"no such table: {', '.join(unknown)}; there are {', '.join(loading.TABLES)}")
        if not FEWEST_SHOPS <= options["shops"] <= MOST_SHOPS:
            raise CommandError(f"--shops lies between {FEWEST_SHOPS} and {MOST_SHOPS}")
        if not 1 <= options["lines_per_order"] <= 50:
            raise CommandError("--lines-per-order lies between 1 and 50")
        plan = Plan(
            as_of=options["as_of"] or clock.today(),
            shops=options["shops"],
            lines_per_order=options["lines_per_order"],
            seed=options["seed"],
        )
        try:
            if loading.is_loaded():
                self.stdout.write("演示数据已在库中 · the demo is already loaded")
                if "rollups" in tables and not loading.is_finished():
                    loading.finish(loading.with_needed(tables), self._say)
                return
            loading.load(plan, tables, self._say)
        except loading.NotEmpty as refusal:
            if not options["if_empty"]:
                raise CommandError(str(refusal)) from None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
