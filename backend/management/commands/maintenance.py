"""`manage.py maintenance on --minutes 10 | off`: answers 503 with Retry-After for a while, or serves again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend import clock, maintenance

LONGEST_MINUTES = 24 * 60


class Command(BaseCommand):
    """Works without the database: a restore is when it is wanted."""

    help = "Answer everything but health with 503 and Retry-After for some minutes; phones keep their work."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("state", choices=("on", "off"))
        parser.add_argument("--minutes", type=int, default=10, help="of `on`; 1 to 1440, default 10")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["state"] == "off":
            maintenance.end()
            self.stdout.write("维护已结束 · maintenance is over")
            return
        until = maintenance.begin(min(max(options["minutes"], 1), LONGEST_MINUTES))
        local = until.astimezone(clock.BUSINESS_ZONE)
        self.stdout.write(f"维护中，至 {local:%H:%M} · maintenance until {local:%H:%M}")
