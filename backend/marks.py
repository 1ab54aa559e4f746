"""Change marks: "recompute this key". Appended in the writer's transaction, folded when drained.

Marks are appended, never merged on write: a merge would make writers of one key wait for each other, or lose the mark
of a writer that commits while the key is being recomputed (docs/decisions/0002-change-marks-are-appended.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import DatabaseError, OperationalError, connection, transaction

from backend import clock

log = logging.getLogger(__name__)

_subscribers: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True, order=True)
class Key:
    """What to recompute: a unit on a business date (the consumer decides what period that means)."""

    unit_id: int
    on_date: date


@dataclass(frozen=True)
class Lag:
    """How far a consumer is behind: marks waiting, and since when the oldest waits."""

    count: int
    oldest_at: datetime | None


def subscribe(consumer: str, kinds: Iterable[str]) -> None:
    """From now on marks of these kinds are also written for this consumer. Called by AppConfig.ready."""
    for kind in kinds:
        known = _subscribers.get(kind, ())
        if consumer not in known:
            _subscribers[kind] = (*known, consumer)


def mark(kind: str, keys: Iterable[tuple[int, date]]) -> None:
    """Every subscriber of the kind will recompute these (unit, business date) keys. One statement, in the caller's
    transaction; the marks become visible with the facts they speak of."""
    if not connection.in_atomic_block:
        raise RuntimeError("a change is marked in the transaction that makes it")
    consumers = _subscribers.get(kind, ())
    distinct = sorted(set(keys))
    if not consumers or not distinct:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO backend_changemark (consumer, kind, unit_id, on_date, marked_at)"
            " SELECT c, %s, u, d, %s FROM unnest(%s::text[]) c, unnest(%s::bigint[], %s::date[]) k(u, d)",
            [kind, clock.now(), list(consumers), [u for u, _ in distinct], [d for _, d in distinct]],
        )


# Oldest keys first. A key that another drainer holds is left to it: two recomputations of one key never overlap, and
# the one that reads starts its statement after the lock, so it sees everything that was committed before.
_CLAIM = """
WITH waiting AS (
    SELECT unit_id, on_date FROM backend_changemark WHERE consumer = %s AND kind = ANY(%s)
    GROUP BY unit_id, on_date ORDER BY min(id) LIMIT %s)
SELECT unit_id, on_date FROM waiting
WHERE pg_try_advisory_xact_lock(hashtextextended(%s || unit_id::text || date_trunc('month', on_date)::text, 135))
"""
_TAKE = """
DELETE FROM backend_changemark m USING unnest(%s::bigint[], %s::date[]) AS k(unit_id, on_date)
WHERE m.consumer = %s AND m.kind = ANY(%s) AND m.unit_id = k.unit_id AND m.on_date = k.on_date
"""


# What the facts of one key can raise. Not a time limit and not a lost connection: those end the drain, marks untouched.
BAD_KEY = (DatabaseError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class NotNow(Exception):
    """Raised by a recomputation that must wait: its marks stay, and nothing is wrong."""


def drain(
    consumer: str, kinds: str | Sequence[str], recompute: Callable[[Sequence[Key]], None], *, limit: int = 200
) -> int:
    """Recomputes up to `limit` waiting keys from facts, in one transaction with the deletion of their marks.

    Returns the number of keys done (0: nothing waits, or others hold it all). When `recompute` fails for the keys
    together each is tried by itself, so that one that cannot be computed keeps only its own marks waiting; it is
    logged, and the oldest waiting mark is a metric. A lost connection is raised.
    """
    wanted = [kinds] if isinstance(kinds, str) else list(kinds)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [consumer, wanted, limit, consumer])
        keys = [Key(unit, day) for unit, day in cursor.fetchall()]
        if _done(consumer, wanted, recompute, keys, alone=len(keys) == 1):
            return len(keys)
        return sum(_done(consumer, wanted, recompute, [key], alone=True) for key in keys) if len(keys) > 1 else 0


def _done(
    consumer: str, kinds: Sequence[str], recompute: Callable[[Sequence[Key]], None], keys: Sequence[Key], *, alone: bool
) -> bool:
    """Whether these keys were recomputed and their marks taken; both or neither."""
    if not keys:
        return True
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_TAKE, [[k.unit_id for k in keys], [k.on_date for k in keys], consumer, list(kinds)])
            recompute(keys)
    except OperationalError:
        raise
    except NotNow:
        return False
    except BAD_KEY:
        if alone:
            log.exception("a key cannot be recomputed", extra={"consumer": consumer, "key": str(keys[0])})
        return False
    return True


def drain_all(consumer: str, kinds: str | Sequence[str], recompute: Callable[[Sequence[Key]], None]) -> int:
    """Drains until nothing is left that this process can take; returns the number of keys."""
    total = 0
    while taken := drain(consumer, kinds, recompute):
        total += taken
    return total


def waits(consumer: str, unit_ids: Iterable[int]) -> bool:
    """Whether a mark of these units still waits for a consumer, held by a drainer or not. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM backend_changemark WHERE consumer = %s AND unit_id = ANY(%s))",
            [consumer, list(unit_ids)],
        )
        return bool(cursor.fetchone()[0])


def lag(consumer: str) -> Lag:
    """How many marks wait for a consumer, and the age of the oldest. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), min(marked_at) FROM backend_changemark WHERE consumer = %s", [consumer])
        count, oldest = cursor.fetchone()
    return Lag(count, oldest)
