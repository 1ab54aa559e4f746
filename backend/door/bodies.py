"""A request's body, taken in whole before anything behind the door hears of it; for backend/door/forwarding.py.

A client that sends slowly costs a file and a socket here, never a thread. Time is limited by what still arrives: a
pause may not be long, and the whole must keep a pace that the worst mobile network keeps.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

from aiohttp.http import HttpProcessingError
from aiohttp.web import BaseRequest, PayloadAccessError, RequestPayloadError

_CUT = (OSError, RequestPayloadError, PayloadAccessError, HttpProcessingError)  # nothing more will come
LARGEST_BYTES = 64 * 1024 * 1024
IN_MEMORY_BYTES = 128 * 1024
PIECE_BYTES = 256 * 1024
LONGEST_PAUSE_S = 20.0
GRACE_S = 30.0
SLOWEST_BYTES_PER_S = 1_000


class TooLarge(Exception):
    """More than LARGEST_BYTES, told or sent."""


@dataclass(frozen=True)
class Pace:
    """How slow a client may be; tests use a shorter one."""

    pause_s: float = LONGEST_PAUSE_S
    grace_s: float = GRACE_S
    bytes_per_s: float = SLOWEST_BYTES_PER_S

    def allows(self, taken_s: float, size: int) -> bool:
        return taken_s <= self.grace_s + size / self.bytes_per_s


@dataclass
class Body:
    """What arrived. `is_whole` is False when the client went away or was too slow: then it is the beginning."""

    file: SpooledTemporaryFile[bytes] | None
    size: int
    is_whole: bool
    is_slow: bool = False

    def close(self) -> None:
        if self.file is not None:
            self.file.close()

    def data(self) -> bytes | AsyncIterator[bytes] | None:
        """To be sent on: bytes when small, else in pieces from the disk."""
        if self.file is None:
            return None
        self.file.seek(0)
        return self.file.read() if self.size <= IN_MEMORY_BYTES else self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        assert self.file is not None
        while piece := self.file.read(PIECE_BYTES):
            yield piece


async def receive(request: BaseRequest, pace: Pace) -> Body:
    """The body of a request; says 100 Continue first when asked to. Raises TooLarge, before any byte where it is told.

    What was cut or too slow comes back as its beginning, with `is_whole` False.
    """
    if request.content_length is not None and request.content_length > LARGEST_BYTES:
        raise TooLarge
    if not request.can_read_body:
        return Body(None, 0, is_whole=True)
    if request.headers.get("Expect", "").lower() == "100-continue":
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = Body(SpooledTemporaryFile(IN_MEMORY_BYTES), 0, is_whole=False)  # noqa: SIM115  closed by the caller
    try:
        await _fill(request, body, pace)
    except BaseException:
        body.close()
        raise
    return body


async def _fill(request: BaseRequest, body: Body, pace: Pace) -> None:
    assert body.file is not None
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        try:
            async with asyncio.timeout(pace.pause_s):
                piece = await request.content.readany()
        except TimeoutError:
            body.is_slow = True
            return
        except _CUT:
            return
        if not piece:
            body.is_whole = True
            return
        body.size += len(piece)
        if body.size > LARGEST_BYTES:
            raise TooLarge
        body.file.write(piece)
        if not pace.allows(loop.time() - began, body.size):
            body.is_slow = True
            return
