"""Walks the journeys one after the other: `make test-browser`, or `python -m tests.browser.run [journey ...]`.

A journey is a function over the stage (tests/browser/stage.py) that raises when the screen or the database says
something else than it should. Nothing is skipped: without Chromium it fails. The screen of a failure is in var/browser.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from config import faces
from tests.browser import server

if TYPE_CHECKING:
    from tests.browser.stage import Stage

KEPT = server.ROOT / "var" / "browser"
JOURNEYS = (
    "phone_offline",
    "phone_day",
    "phone_edit",
    "visit_killed",
    "lin_day",
    "photo_cut",
    "transferred",
    "lan",
    "chen_review",
    "stranger",
    "steward_import",
    "editor_policy",
)  # each a module of this package with a function `walk`
FIGURES = ("phone_speed", "boards_speed")  # walked when named: their limits hold on a machine that does nothing else


def main(wanted: Sequence[str]) -> int:
    """Walks the named journeys, or all; 0 when each held."""
    unknown = set(wanted) - set(JOURNEYS) - set(FIGURES)
    if unknown:
        raise SystemExit(f"no such journey: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if faces.main([]) != 0:
        return 1
    failed = []
    for name in wanted or JOURNEYS:
        began = time.perf_counter()
        is_held = _walk(name)
        print(f"{name}: {'held' if is_held else 'FAILED'} in {time.perf_counter() - began:.1f} s", flush=True)
        failed += [] if is_held else [name]
    return 1 if failed else 0


def _walk(name: str) -> bool:
    """One journey over a database and a server of its own."""
    with server.database() as cast, server.served() as address, tempfile.TemporaryDirectory() as folder:
        from django.db import connections
        from playwright.sync_api import sync_playwright

        from tests.browser.stage import Stage

        walk: Callable[[Stage], None] = import_module(f"tests.browser.{name}").walk
        with sync_playwright() as playwright:
            stage = Stage(playwright, cast, address, Path(folder), KEPT / f"{name}.png")
            connections.close_all()  # Playwright runs this in a context of its own, with connections of its own
            try:
                walk(stage)
            except Exception:  # noqa: BLE001  whatever it is, the other journeys are walked too
                traceback.print_exc()
                return False
    return True


if __name__ == "__main__":
    shutil.rmtree(KEPT, ignore_errors=True)
    sys.exit(main(sys.argv[1:]))
