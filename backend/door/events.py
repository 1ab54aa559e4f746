"""Event streams: what is new for a phone, told as it is committed; backend/door/server.py serves them.

    GET /sync/<collection>/<version>/pullStream        data: {"documents": [...], "checkpoint": {...}}
    GET /sync/stream?collections=plan/1,visits/1       event: plan/1, and the same data

A stream begins at "now": the phone pulls once it is open. It ends when a phone is signed out, loses its positions, or
would be told too much at once; RxDB's client then connects and pulls again. See docs/sync.md.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Iterable

import structlog
from aiohttp.web import BaseRequest, StreamResponse
from django.db import DatabaseError, InterfaceError

from backend import clock
from backend.door import refusals
from backend.door.channels import RESYNC, Channel, Subscription
from backend.door.phones import Credentials, Threads, begin, identify, step
from backend.errors import Problem

log = structlog.get_logger(__name__)
COALESCED_S = 0.2  # changes of a transaction and its followers go out together
HEARTBEAT_S = 25  # a comment, so that nothing between us and the phone takes the line for dead
CHECKED_EVERY_S = 60
WORKERS = 3
MOST_CHANNELS = 8_000
MOST_OF_ONE_PHONE = 16


class Hub:
    """All channels of this process."""

    def __init__(self, threads: Threads) -> None:
        self.channels: set[Channel] = set()
        self._threads = threads
        self._of_phone: dict[str, set[Channel]] = defaultdict(set)
        self._of_unit: dict[tuple[int, str], set[Subscription]] = defaultdict(set)
        self._heard_at: dict[tuple[int, str], float] = {}
        self._missed_at = 0.0
        self._news: list[Subscription] = []
        self._queue: asyncio.Queue[Subscription] = asyncio.Queue()

    # -- a phone -------------------------------------------------------------------------------------------------------

    async def serve(
        self, request: BaseRequest, wanted: list[tuple[str, int]], known_as: str, *, is_shared: bool
    ) -> StreamResponse:
        """Holds the connection until the phone or we close it. Refusals as those of a pull."""
        asked = Credentials(
            request.headers.get("Authorization", ""), request.headers.get("X-App-Version"), request.path
        )
        if len(self.channels) >= MOST_CHANNELS:
            return refusals.answer(refusals.busy(), request, known_as)
        began = asyncio.get_running_loop().time()
        try:
            actor, starts = await self._threads.run(begin, asked, wanted)
        except Problem as problem:
            return refusals.answer(problem, request, known_as)
        except (DatabaseError, InterfaceError):
            return refusals.answer(refusals.busy(), request, known_as)
        channel = Channel(request, asked, is_shared=is_shared)
        channel.actor = actor
        channel.subscriptions = [Subscription(channel, feed, start) for feed, start in starts]
        channel.response.headers["X-Request-Id"] = known_as
        self._open(channel)
        try:
            await channel.response.prepare(request)
            await channel.send(b":\n\n")
            self.due(one for one in channel.subscriptions if self._may_have_missed(one, began))
            await channel.closed.wait()
        finally:
            self._close(channel)
        return channel.response

    def _may_have_missed(self, one: Subscription, began: float) -> bool:
        """Whether anything was committed between the stream's beginning and its place in the index."""
        heard = (self._heard_at.get((unit, one.feed.collection), 0.0) for unit in one.units)
        return max(heard, default=0.0) >= began or self._missed_at >= began

    def _open(self, channel: Channel) -> None:
        channel.next_check = asyncio.get_running_loop().time() + CHECKED_EVERY_S * random.uniform(0.5, 1)
        self.channels.add(channel)
        others = self._of_phone[channel.asked.authorization]
        if len(others) >= MOST_OF_ONE_PHONE:
            next(iter(others)).closed.set()
        others.add(channel)
        for one in channel.subscriptions:
            for unit in one.units:
                self._of_unit[unit, one.feed.collection].add(one)

    def _close(self, channel: Channel) -> None:
        channel.closed.set()
        self.channels.discard(channel)
        _drop(self._of_phone, channel.asked.authorization, channel)
        for one in channel.subscriptions:
            for unit in one.units:
                _drop(self._of_unit, (unit, one.feed.collection), one)

    # -- news ----------------------------------------------------------------------------------------------------------

    def told(self, unit: int, collection: str) -> None:
        """Something of a collection changed in a unit."""
        self._heard_at[unit, collection] = asyncio.get_running_loop().time()
        self.due(self._of_unit.get((unit, collection), ()))

    def missed(self) -> None:
        """Something may have changed that nobody heard of."""
        self._missed_at = asyncio.get_running_loop().time()
        for channel in self.channels:
            self.due(channel.subscriptions)

    def due(self, subscriptions: Iterable[Subscription]) -> None:
        for one in subscriptions:
            if not one.is_due:
                one.is_due = True
                self._news.append(one)

    async def work(self) -> None:
        """For ever: passes news on, a fifth of a second at a time, and looks after the channels."""
        workers = [asyncio.create_task(self._tell_all()) for _ in range(WORKERS)]
        caring = asyncio.create_task(self._care())
        try:
            while True:
                await asyncio.sleep(COALESCED_S)
                fresh, self._news = self._news, []
                for one in fresh:
                    self._queue.put_nowait(one)
        finally:
            for task in (*workers, caring):
                task.cancel()

    async def _tell_all(self) -> None:
        while True:
            one = await self._queue.get()
            one.is_due = False
            if one.channel.closed.is_set():
                continue
            try:
                await self._tell(one)
            except Problem:
                one.channel.closed.set()
            except (DatabaseError, InterfaceError):
                await asyncio.sleep(1)
                self.due([one])
            except Exception:
                log.exception("an event stream is closed after a fault")
                one.channel.closed.set()

    async def _tell(self, one: Subscription) -> None:
        channel = one.channel
        found = await self._threads.run(step, one.feed, channel.actor, one.since)
        if channel.closed.is_set():
            return
        self._move(one, found.units)
        one.since = found.checkpoint
        if found.is_too_much:
            if not channel.is_shared:
                channel.closed.set()
                return
            await channel.send(one.event(RESYNC))
            fresh = await self._threads.run(begin, channel.asked, [(one.feed.collection, one.feed.version)])
            one.since = fresh[1][0][1].checkpoint
        elif found.data is not None:
            await channel.send(one.event(found.data))

    def _move(self, one: Subscription, units: frozenset[int]) -> None:
        if units == one.units:
            return
        for unit in one.units - units:
            _drop(self._of_unit, (unit, one.feed.collection), one)
        for unit in units - one.units:
            self._of_unit[unit, one.feed.collection].add(one)
        one.units = units

    # -- care ----------------------------------------------------------------------------------------------------------

    async def _care(self) -> None:
        """Each second a share of the heartbeats; phones whose positions are to be looked at again."""
        second = 0
        while True:
            await asyncio.sleep(1)
            second += 1
            now = asyncio.get_running_loop().time()
            for channel in list(self.channels):
                await _or_close(self._beat(channel, second), [channel])
            for token in [t for t, c in self._of_phone.items() if any(one.next_check <= now for one in c)]:
                await _or_close(self._look_again(token), list(self._of_phone.get(token, ())))

    async def _beat(self, channel: Channel, second: int) -> None:
        if channel.is_gone:
            channel.closed.set()
        elif id(channel) // 64 % HEARTBEAT_S == second % HEARTBEAT_S:
            await channel.send(b":\n\n")

    async def _look_again(self, token: str) -> None:
        """A phone that was signed out, lost or left behind is closed; one with other positions or a new day is told."""
        channels = list(self._of_phone.get(token, ()))
        later = asyncio.get_running_loop().time() + CHECKED_EVERY_S
        try:
            actor = await self._threads.run(identify, channels[0].asked) if channels else None
        except Problem:
            for channel in channels:
                channel.closed.set()
            return
        except (DatabaseError, InterfaceError):
            actor = None
        for channel in channels:
            channel.next_check = later
            if actor is not None and (actor.held != channel.actor.held or channel.day != clock.today()):
                channel.actor, channel.day = actor, clock.today()
                self.due(channel.subscriptions)


async def _or_close(care: Awaitable[None], channels: list[Channel]) -> None:
    """A fault with one phone closes its channels; the care of all others goes on."""
    try:
        await care
    except Exception:
        log.exception("an event stream is closed after a fault")
        for channel in channels:
            channel.closed.set()


def _drop(index: dict, key: object, item: object) -> None:
    kept = index.get(key)
    if kept is not None:
        kept.discard(item)
        if not kept:
            del index[key]
