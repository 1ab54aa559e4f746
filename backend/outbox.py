"""The outbox: "do this once". Rows are committed with the data that caused them; celery only wakes `run_due`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from backend import clock
from backend.models import OutboxItem

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
MOST_TRIES = 5

Handler = Callable[[dict[str, Any]], None]
_handlers: dict[str, Handler] = {}


def register(topic: str, handler: Handler) -> None:
    """Names what does the work of a topic. A handler run twice on one payload must leave no difference."""
    _handlers[topic] = handler


def put(topic: str, payload: dict[str, Any], due_at: datetime | None = None) -> OutboxItem:
    """The work will be done once after the caller's transaction commits. One query."""
    if not connection.in_atomic_block:
        raise RuntimeError("work is put in the transaction that causes it")
    at = clock.now()
    return OutboxItem.objects.create(topic=topic, payload=payload, created_at=at, due_at=due_at or at)


def run_due(limit: int = 100) -> int:
    """Leases what is due, runs each item in a transaction of its own, and returns how many were done.

    A worker that dies leaves its lease to run out; an item that fails waits longer each time; after 5
    tries it is parked.
    """
    return sum(_run(item) for item in _lease(limit))


def _lease(limit: int) -> list[OutboxItem]:
    now = clock.now()
    with transaction.atomic():
        due = (
            OutboxItem.objects.select_for_update(skip_locked=True)
            .filter(parked_at=None, due_at__lte=now)
            .exclude(leased_until__gt=now)
            .order_by("due_at", "id")[:limit]
        )
        items = list(due)
        OutboxItem.objects.filter(pk__in=[i.pk for i in items]).update(
            leased_until=now + LEASE, attempts=F("attempts") + 1
        )
    return items


def _run(item: OutboxItem) -> bool:
    try:
        with transaction.atomic():
            _handlers[item.topic](item.payload)
            OutboxItem.objects.filter(pk=item.pk).delete()
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is recorded on the row, retried, then parked
        _postpone(item, error)
        return False
    return True


def _postpone(item: OutboxItem, error: Exception) -> None:
    now, tries = clock.now(), item.attempts + 1
    parked = tries >= MOST_TRIES
    OutboxItem.objects.filter(pk=item.pk).update(
        leased_until=None,
        due_at=now + timedelta(seconds=10 * 3**tries),
        parked_at=now if parked else None,
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )
    log.error("outbox item failed", extra={"topic": item.topic, "item": item.pk, "parked": parked}, exc_info=error)
