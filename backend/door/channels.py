"""An open event stream of one phone and the collections that it carries; for backend/door/events.py."""

from __future__ import annotations

import asyncio
from datetime import date

from aiohttp.web import BaseRequest, StreamResponse

from backend import clock
from backend.door import refusals
from backend.door.phones import Credentials, Step
from backend.feeds import Feed
from backend.scope import Actor

# Whoever reads slower is cut off, and connects and pulls again: nobody else's news waits for a slow phone.
UNREAD_BYTES = 256 * 1024
WRITTEN_WITHIN_S = 1.0
RESYNC = b'"RESYNC"'  # on a stream of several collections: pull this one
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "private, no-store",
    "X-Accel-Buffering": "no",
    "Server": refusals.NAME,
}


class Subscription:
    """One collection on one channel."""

    __slots__ = ("channel", "feed", "is_due", "name", "since", "units")

    def __init__(self, channel: Channel, feed: Feed, start: Step) -> None:
        self.channel, self.feed = channel, feed
        self.since, self.units = start.checkpoint, start.units
        self.name = f"{feed.collection}/{feed.version}".encode()
        self.is_due = False

    def event(self, data: bytes) -> bytes:
        """The data as an event; named where several collections share the channel."""
        name = b"event: " + self.name + b"\n" if self.channel.is_shared else b""
        return name + b"data: " + data + b"\n\n"


class Channel:
    """One open connection of a phone."""

    __slots__ = ("actor", "asked", "closed", "day", "is_shared", "next_check", "request", "response", "subscriptions")

    def __init__(self, request: BaseRequest, asked: Credentials, *, is_shared: bool) -> None:
        self.request, self.asked, self.is_shared = request, asked, is_shared
        self.response = StreamResponse(headers=_HEADERS)
        self.closed: asyncio.Event = asyncio.Event()
        self.subscriptions: list[Subscription] = []
        self.actor: Actor
        self.day: date = clock.today()
        self.next_check = 0.0

    @property
    def is_gone(self) -> bool:
        transport = self.request.transport
        return transport is None or transport.is_closing()

    async def send(self, text: bytes) -> None:
        """Writes, or closes the channel when the phone does not read. Nothing to one that was closed meanwhile: its
        response may be at its end, and writing to that is a fault that would end who looks after all channels."""
        if self.closed.is_set():
            return
        transport = self.request.transport
        if transport is None or transport.get_write_buffer_size() > UNREAD_BYTES:
            self.closed.set()
            return
        try:
            async with asyncio.timeout(WRITTEN_WITHIN_S):
                await self.response.write(text)
        except (OSError, TimeoutError):
            self.closed.set()
