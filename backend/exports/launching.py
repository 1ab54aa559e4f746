"""Has exports made, each in a process of its own, and clears away what expired; woken by the tick (backend/apps.py).

A tick must be short, and an export may take minutes: so the tick only starts `manage.py make_export`. Who is at work is
told by the locks alone (working.py), so that a start too many does nothing and a killed one is seen.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

from django.conf import settings

from backend import clock
from backend.errors import Problem
from backend.exports import store, working
from backend.models import Export

log = logging.getLogger(__name__)

MOST_AT_ONCE = 2
STRAY_S = 24 * 3600
_started: list[subprocess.Popen[bytes]] = []


def tend() -> None:
    """What waits is being made, at most two at once; files that expired, and what a kill left behind, are gone."""
    _bury()
    expire()
    _sweep()
    for export_id in unattended():
        start(export_id)


def unattended() -> list[UUID]:
    """The oldest exports that wait and nobody works on, as many as may be started now. Two queries an export."""
    busy, found = 0, list[UUID]()
    for export_id in Export.objects.filter(finished_at=None).order_by("asked_at", "id").values_list("pk", flat=True):
        if busy + len(found) >= MOST_AT_ONCE:
            break
        with working.alone(export_id) as is_free:
            if is_free:
                found.append(export_id)
            else:
                busy += 1
    return found


def start(export_id: UUID) -> subprocess.Popen[bytes]:
    """A process that makes the export has begun."""
    command = [sys.executable, str(Path(settings.BASE_DIR, "manage.py")), "make_export", str(export_id)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=settings.BASE_DIR)
    _started.append(process)
    return process


def expire() -> None:
    """Files of exports whose days are over are gone; an export whose file cannot be reached waits for the next tick."""
    ready = Export.objects.filter(state=Export.State.READY, expires_at__lte=clock.now())
    for export in ready.order_by("expires_at")[:100]:
        try:
            store.forget(export.name)
        except Problem:
            return
        Export.objects.filter(pk=export.pk).update(state=Export.State.EXPIRED)


def _bury() -> None:
    _started[:] = [process for process in _started if process.poll() is None]


def _sweep() -> None:
    """Half files of exports that are over: of those that wait the next try writes over it."""
    waiting = {f"{pk}.part" for pk in Export.objects.filter(finished_at=None).values_list("pk", flat=True)}
    for place in Path(settings.EXPORTS_DIR).glob("*"):
        try:
            if place.name not in waiting and place.stat().st_mtime < time.time() - STRAY_S:
                place.unlink()
        except FileNotFoundError:
            continue
