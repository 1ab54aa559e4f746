"""`manage.py make_export <id>`: makes one export that waits; started by the tick (backend/exports/launching.py)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from backend.exports import working


class Command(BaseCommand):
    help = "Makes one export that waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("export", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        working.make(options["export"])
