"""`manage.py demo_method [--recompute]`: prints what the demo's last months came to; run by people who look at it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from demo import loading, method_report


class Command(BaseCommand):
    """Reads only; a recomputation is taken back."""

    help = "Print Lin's two months, a day of her plan, a miss and its outcome, and the figures of the prefecture."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recompute", action="store_true", help="also make both months again from facts (slow)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if not loading.is_loaded():
                raise CommandError("演示数据不在库中 · the demo is not loaded")
        except loading.NotEmpty as other:
            raise CommandError(str(other)) from None
        with override("zh-hans"):
            for line in method_report.report(recompute=options["recompute"]):
                self.stdout.write(line)
