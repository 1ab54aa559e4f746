"""What must be done to the database before the system answers; run by config.run as `python -m config.steps`.

Every step may be run again at any time; those of a first start take longer, so each says what it does and how long.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _partitions() -> None:
    from backend.partitions import ensure_partitions

    ensure_partitions()


def _load_demo() -> None:
    from django.conf import settings

    if settings.DEMO_ALLOWED and os.environ.get("DEMO") != "0":
        _call("load_demo", "--if-empty")


def _open_months() -> None:
    _call("open_months")


def _call(command: str, *arguments: str) -> None:
    from django.core.management import call_command, get_commands

    if command in get_commands():
        call_command(command, *arguments)


STEPS: list[tuple[str, Callable[[], None]]] = [
    ("数据库结构 · database schema", _migrate),
    ("按月分区 · monthly partitions", _partitions),
    ("演示数据（首次约一分半）· demo data (about a minute and a half the first time)", _load_demo),
    ("打开当月 · opening the month", _open_months),
]


def main() -> int:
    """Run the steps in order and say each one's time; return 1 and stop at the first that fails."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    gc.freeze()  # what is loaded stays, and migrations make model classes by the thousand: look for garbage seldom
    gc.set_threshold(50_000, 20, 20)
    for label, step in STEPS:
        began = time.monotonic()
        print(f"{label} ...", flush=True)
        try:
            step()
        except Exception as error:  # noqa: BLE001  whatever went wrong belongs on the screen, and nothing may start
            print(f"{label}: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
        print(f"{label}: {time.monotonic() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
