"""The tick: every few seconds each registered check asks the database what should exist and does not, and makes it so.

No calendar of jobs: a missed beat, a double beat and a kill in the middle end in the same rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection

from backend.locks import Lock

log = logging.getLogger(__name__)

_checks: dict[str, Callable[[], object]] = {}


def register(name: str, run: Callable[[], object]) -> None:
    """Adds an idempotent check; called by AppConfig.ready."""
    _checks[name] = run


def run_all() -> dict[str, bool]:
    """Runs every check that no other worker is running now. Name -> whether it ran here; a failing one is logged and
    does not stop the others."""
    return {name: run_one(name) for name in sorted(_checks)}


def run_one(name: str) -> bool:
    """Runs one check under a session advisory lock; False when another worker holds it, or when it failed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [Lock.TICKS.value, name])
        if not cursor.fetchone()[0]:
            return False
    try:
        _checks[name]()
        return True
    except Exception:  # whatever one check raises, the others must still run
        log.exception("a check of the tick failed", extra={"check": name})
        return False
    finally:
        _unlock(name)


def _unlock(name: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [Lock.TICKS.value, name])
    except (DatabaseError, InterfaceError):
        connection.close()  # the session ended, and its locks with it
