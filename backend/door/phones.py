"""What an event stream asks of the database: plain functions, run in a few threads; for backend/door/events.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

from backend import app_versions, checkpoints, devices, feeds, streams
from backend.errors import Problem
from backend.feeds import Feed
from backend.http.auth import CHALLENGE
from backend.models import DeviceState
from backend.scope import Actor

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 4
MOST_DOCUMENTS = 200  # of one event; more at once and the phone had better pull


@dataclass(frozen=True)
class Credentials:
    """Who asks, by what his request carried."""

    authorization: str
    app_version: str | None
    path: str


@dataclass(frozen=True)
class Step:
    """What is new of one collection: the event's data (None: nothing), the checkpoint after it, and its units."""

    data: bytes | None
    checkpoint: str
    units: frozenset[int]
    is_too_much: bool = False


class Threads:
    """A few threads, each with its database connection."""

    def __init__(self, number: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="door")

    async def run(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Its result, from a thread, in the context of the caller (as asyncio.to_thread)."""

        def inner() -> T:
            close_old_connections()
            return act(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._pool, copy_context().run, inner)

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def identify(asked: Credentials) -> Actor:
    """The actor of today. Problems as of any request with a device's token; an ended device has no stream."""
    scheme, _, token = asked.authorization.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise Problem("not_authenticated")
        device, actor = devices.identify(token.strip())
        if device.state == DeviceState.ENDED:
            raise Problem("device_ended")
    except Problem as problem:
        if problem.status == 401:
            problem.headers["WWW-Authenticate"] = f'{CHALLENGE}, error="invalid_token"'
        raise
    app_versions.require(actor, asked.path, asked.app_version)
    return actor


def begin(asked: Credentials, wanted: list[tuple[str, int]]) -> tuple[Actor, list[tuple[Feed, Step]]]:
    """The actor, and of each collection where its stream begins: after all that was told so far.

    Problems of `identify`, not_found for a collection that there is not, forbidden.
    """
    actor = identify(asked)
    found = []
    for collection, version in wanted:
        if (feed := feeds.feed(collection, version)) is None:
            raise Problem("not_found" if streams.holds_any(actor) else "forbidden")
        text, _ = streams.current(feed, actor)
        found.append((feed, Step(None, text, checkpoints.units(text))))
    return actor, found


def step(feed: Feed, actor: Actor, since: str) -> Step:
    """What is new of a collection since a checkpoint. Problem forbidden when no stream of it is held any more."""
    page = streams.page(feed, actor, since, limit=MOST_DOCUMENTS)
    if not page.is_new:
        return Step(None, since, checkpoints.units(since))
    data = page.encoded().replace(b"\n", b" ") if page.documents else None  # between tokens only: an event is one line
    full = len(page.documents) >= MOST_DOCUMENTS
    return Step(data, page.checkpoint_id, checkpoints.units(page.checkpoint_id), full)
