"""What PostgreSQL tells of changes for phones: one connection that listens; for backend/door/server.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from django.db import connections

from backend.synclog import CHANNEL

log = structlog.get_logger(__name__)
AGAIN_AFTER_S = 1.0
_OF_POSTGRESQL = ("dbname", "user", "password", "host", "port", "connect_timeout", "sslmode", "sslrootcert")


def address() -> dict[str, Any]:
    """How Django reaches its database, as psycopg's own parameters."""
    params = connections["default"].get_connection_params()
    return {name: params[name] for name in _OF_POSTGRESQL if params.get(name)}


async def listen(told: Callable[[int, str], None], missed: Callable[[], None]) -> None:
    """For ever: calls `told` with unit and collection of every change; `missed` whenever some may have been missed
    (each time the connection was made anew)."""
    while True:
        try:
            await _listen_once(told, missed)
        except psycopg.Error as error:
            log.warning("the database is not listened to", reason=str(error).strip())
            await asyncio.sleep(AGAIN_AFTER_S)


async def _listen_once(told: Callable[[int, str], None], missed: Callable[[], None]) -> None:
    parameters = {**address(), "application_name": "field135 door", "keepalives_idle": 30, "keepalives_count": 3}
    async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        missed()
        async for note in connection.notifies():
            unit, _, collection = note.payload.partition(" ")
            if unit.isdigit():
                told(int(unit), collection)
