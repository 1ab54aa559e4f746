"""`manage.py openapi` writes docs/openapi.json; with --check it fails when the committed file is stale."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.http import schema


class Command(BaseCommand):
    help = "Write docs/openapi.json, or with --check compare it with the code."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when the file is not current")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "openapi.json"
        fresh = schema.as_text()
        if not options["check"]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(fresh, encoding="utf-8")
            self.stdout.write(f"docs/openapi.json: {len(schema.document()['paths'])} paths")
            return
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        if committed != fresh:
            before, after = committed.splitlines(), fresh.splitlines()
            told = difflib.unified_diff(before, after, "committed", "code", lineterm="", n=2)
            raise CommandError("docs/openapi.json is not current:\n" + "\n".join(list(told)[:60]))
        self.stdout.write("docs/openapi.json is current")
