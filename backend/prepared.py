"""Statements that every request or photo asks again: planned once per connection, several in one round trip.

Planning costs PostgreSQL more than running them does. Called by backend/devices.py, backend/uploads.py and what takes
files over; all other SQL goes through Django's own cursors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

PLANNED_AFTER = 2  # a statement is prepared from its third time on: what is asked once need not stay


class _Prepared(psycopg.Cursor[Any]):
    """Binds parameters at the server, unlike Django's, so that a plan can be kept."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> _Prepared:
        super().execute(query, params, **options)
        if self._query is None:  # Django reads here what was asked, and psycopg forgets it of a prepared statement
            self._query = SimpleNamespace(query=query.encode())  # type: ignore[assignment]
        return self


def cursor() -> CursorWrapper:
    """A cursor of Django's connection whose statements are kept prepared. Give parameters their types (`%s::uuid`).

    Not for statements on one month of a partitioned table: a kept plan is one for all months.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:
        if raw.prepare_threshold is None:
            raw.prepare_threshold = PLANNED_AFTER
        made: CursorWrapper = connection._prepare_cursor(_Prepared(raw))  # type: ignore[attr-defined]
    return made


def together(statements: Sequence[tuple[str, Mapping[str, Any]]]) -> int:
    """All statements, in one transaction (the caller's, if there is one) and one round trip; each sees what was
    committed before it began. Returns how many rows the last one wrote. Errors as of a cursor."""
    last: CursorWrapper | None = None
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        for sql, parameters in statements:
            last = cursor()
            last.execute(sql, parameters)
    return 0 if last is None else last.rowcount
