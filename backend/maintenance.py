"""Maintenance: everything but health answers 503 until a moment; a file says so, which works without the database too.

`manage.py maintenance` writes it; the edge and the door (backend/door/) ask at each request, which costs one stat.
"""

from __future__ import annotations

import json
import os
import random
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from backend import clock
from backend.errors import Problem

ALWAYS_SERVED = frozenset({"/healthz", "/readyz", "/metrics"})
SPREAD_S = 60  # phones come back over this long, not all in the second in which it ends
_read: tuple[Path, int, datetime | None] | None = None  # file, its time of change, what it said


def begin(minutes: int) -> datetime:
    """Requests are refused for so many minutes from now; returns until when. An earlier end is replaced."""
    until = clock.now() + timedelta(minutes=minutes)
    file: Path = settings.MAINTENANCE_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(json.dumps({"until": until.isoformat()}))
    draft.replace(file)
    return until


def end() -> None:
    """Requests are served again; nothing happens when they were."""
    settings.MAINTENANCE_FILE.unlink(missing_ok=True)


def until() -> datetime | None:
    """The end of the maintenance that is on; None when there is none, or it is over. A file nobody can read is none."""
    global _read
    file: Path = settings.MAINTENANCE_FILE
    try:
        changed = file.stat().st_mtime_ns
    except OSError:
        return None
    if _read is None or _read[:2] != (file, changed):
        _read = file, changed, _told(file)
    told = _read[2]
    return told if told is not None and told > clock.now() else None


def refusal(path: str) -> Problem | None:
    """Why a request for this path is not served now; None when it is. Retry-After is the end, spread over a minute."""
    told = until()
    if told is None or path in ALWAYS_SERVED:
        return None
    wait_s = int((told - clock.now()).total_seconds()) + 1 + random.randint(0, SPREAD_S)
    return Problem("maintenance", headers={"Retry-After": str(wait_s)})


def _told(file: Path) -> datetime | None:
    try:
        found = datetime.fromisoformat(json.loads(file.read_text())["until"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.tzinfo is not None else None
