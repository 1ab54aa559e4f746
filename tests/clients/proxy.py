"""A proxy that cuts connections at a chosen byte of a chosen request or answer; for tests/clients/tus.py.

It reads whole headers, so that it knows where they end, and passes everything else on as it comes.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

PIECE = 16 * 1024


@dataclass(frozen=True)
class Cut:
    """Where the next matching exchange is cut: `after` says it by the lengths of its headers and of its body."""

    method: str
    side: str  # "request" or "answer"
    after: Callable[[int, int], int]


@dataclass
class Proxy:
    """Runs in a thread of its own. `plan` is the one cut to make; it is emptied when it was made.

    `received` counts the body bytes of uploads that were passed on to the server.
    """

    target: tuple[str, int]
    port: int = 0
    plan: Cut | None = None
    after_that: Cut | None = None  # what `plan` is when it was made
    made: int = 0
    received: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def start(self) -> Proxy:
        ready = threading.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(serve())
            self._loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        ready.wait(10)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream: asyncio.StreamWriter | None = None
        try:
            answers, upstream = await asyncio.open_connection(*self.target)
            while await self._exchange(reader, writer, answers, upstream):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            for end in (writer, upstream):
                if end is not None:
                    end.close()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
    ) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        method, length = head.split(b" ", 1)[0].decode(), _length(head)
        cut = self.plan if self.plan is not None and self.plan.method == method else None
        limit = cut.after(len(head), length) if cut and cut.side == "request" else None
        if not await self._pass(head, reader, upstream, length, limit, counts=method in {"PATCH", "POST"}):
            self._done(upstream, writer)
            return False
        head = await answers.readuntil(b"\r\n\r\n")
        empty = method == "HEAD" or head.split(b" ", 2)[1] in {b"204", b"304"}
        length = 0 if empty else _length(head)
        limit = cut.after(len(head), length) if cut and cut.side == "answer" else None
        passed = await self._pass(head, answers, writer, length, limit, counts=False)
        if not passed:
            self._done(upstream, writer)
        return passed

    def _done(self, upstream: asyncio.StreamWriter, writer: asyncio.StreamWriter) -> None:
        self.plan, self.after_that, self.made = self.after_that, None, self.made + 1
        upstream.close()
        writer.transport.abort()  # a reset, as a network that goes away

    async def _pass(
        self,
        head: bytes,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        length: int,
        limit: int | None,
        *,
        counts: bool,
    ) -> bool:
        """Passes headers and body on; False when it stopped at the limit."""
        target.write(head[:limit])
        if limit is not None and limit <= len(head):
            await target.drain()
            return False
        left = length
        room = None if limit is None else limit - len(head)
        while left:
            wanted = min(PIECE, left) if room is None else min(PIECE, left, room)
            if wanted == 0:
                await target.drain()
                return False
            piece = await source.readexactly(wanted)
            target.write(piece)
            self.received += len(piece) if counts else 0
            left -= len(piece)
            room = None if room is None else room - len(piece)
        await target.drain()
        return True


def _length(head: bytes) -> int:
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(found[1]) if found else 0
