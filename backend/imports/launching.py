"""Has large imports worked on, each in a process of its own; woken by the tick (backend/apps.py).

A tick must be short and has a time limit, and an import may take minutes: so the tick only starts `manage.py
run_import`. Who is at work is told by the locks alone (working.py), so that a start too many does nothing and a killed
one is seen. Imports of one kind follow each other as they came: a later file has the last word.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import UUID

from django.conf import settings

from backend.imports import working
from backend.imports.asking import WAITING
from backend.models import ImportRun

MOST_AT_ONCE = 2
_started: list[subprocess.Popen[bytes]] = []


def tend() -> None:
    """What waits is worked on, at most two at once and one of a kind; what runs that are over left behind is gone."""
    _started[:] = [process for process in _started if process.poll() is None]
    working.tidy()
    for run_id in unattended():
        start(run_id)


def unattended() -> list[UUID]:
    """The oldest run of each kind that waits and nobody works on, as many as may be started now. Two queries a kind."""
    waiting = ImportRun.objects.filter(finished_at=None, state__in=WAITING).order_by("started_at", "id")
    first: dict[str, UUID] = {}
    for run_id, kind in waiting.values_list("pk", "kind"):
        first.setdefault(kind, run_id)
    busy, free = 0, list[UUID]()
    for run_id in first.values():
        with working.alone(run_id) as is_free:
            if is_free:
                free.append(run_id)
            else:
                busy += 1
    return free[: max(MOST_AT_ONCE - busy, 0)]


def start(run_id: UUID) -> subprocess.Popen[bytes]:
    """A process that works on the run has begun."""
    command = [sys.executable, str(Path(settings.BASE_DIR, "manage.py")), "run_import", str(run_id)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=settings.BASE_DIR)
    _started.append(process)
    return process
