"""`manage.py run_import <id>`: works on one large import; started by the tick (backend/imports/launching.py)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from backend.imports import working


class Command(BaseCommand):
    help = "Works on one large import that waits, until it is settled or waits for a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        working.work_on(options["run"])
