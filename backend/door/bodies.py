"""A request's body, taken in whole before anything behind the door hears of it; for backend/door/forwarding.py.

A client that sends slowly costs a file and a socket here, never a thread. Time is limited by what still arrives: a
pause may not be long, and the whole must keep a pace that the worst mobile network keeps.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile

from aiohttp.http import HttpProcessingError
from aiohttp.web import BaseRequest, PayloadAccessError, RequestPayloadError

from backend.door.lanes import Lane

_CUT = (OSError, RequestPayloadError, PayloadAccessError, HttpProcessingError)  # nothing more will come
LARGEST_PHOTO_BYTES = 24 * 1024 * 1024  # 20 MB, and the form around it
LARGEST_BYTES = 11 * 1024 * 1024  # all else: Django and the imports take 10 MB
SPOOL_BYTES = 512 * 1024 * 1024
IN_MEMORY_BYTES = 128 * 1024
PIECE_BYTES = 256 * 1024
LONGEST_PAUSE_S = 20.0
GRACE_S = 30.0
SLOWEST_BYTES_PER_S = 1_000


class TooLarge(Exception):
    """More than its address takes, told or sent."""


class Crowded(Exception):
    """The spool has no room for so much of this lane."""


@dataclass(frozen=True)
class Pace:
    """How slow a client may be; tests use a shorter one."""

    pause_s: float = LONGEST_PAUSE_S
    grace_s: float = GRACE_S
    bytes_per_s: float = SLOWEST_BYTES_PER_S

    def allows(self, taken_s: float, size: int) -> bool:
        return taken_s <= self.grace_s + size / self.bytes_per_s


@dataclass
class Spool:
    """How much of all bodies together stands here, before anybody knows who sends them; at most `most` bytes.

    Pushes may fill it, pulls and pages find no more room once it is three quarters or half full.
    """

    most: int = SPOOL_BYTES
    held: int = 0

    def room(self, lane: Lane) -> int:
        """How many more bytes a request of this lane may bring."""
        share = {Lane.PUSH: 4, Lane.PULL: 3}.get(lane, 2)
        return max(self.most * share // 4 - self.held, 0)


@dataclass
class Body:
    """What arrived. `is_whole` is False when the client went away, was too slow or found no more room: then it is the
    beginning."""

    file: SpooledTemporaryFile[bytes] | None
    size: int
    is_whole: bool
    is_slow: bool = False
    is_crowded: bool = False
    spool: Spool = field(default_factory=Spool)

    def close(self) -> None:
        if self.file is not None and not self.file.closed:
            self.file.close()
            self.spool.held -= self.size

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


async def receive(request: BaseRequest, pace: Pace, spool: Spool, lane: Lane) -> Body:
    """The body of a request; says 100 Continue first when asked to. Raises TooLarge or Crowded, before any byte where
    its size is told.

    What was cut or too slow, or filled the spool, comes back as its beginning, with `is_whole` False.
    """
    told = request.content_length or 0
    if told > largest(request.path):
        raise TooLarge
    if told > spool.room(lane):
        raise Crowded
    if not request.can_read_body:
        return Body(None, 0, is_whole=True)
    if request.headers.get("Expect", "").lower() == "100-continue":
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    file = SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115  closed by the caller
    body = Body(file, 0, is_whole=False, spool=spool)
    try:
        await _fill(request, body, pace, lane)
    except BaseException:
        body.close()
        raise
    return body


def largest(path: str) -> int:
    """How many bytes an address takes at most."""
    return LARGEST_PHOTO_BYTES if path.startswith("/uploads") or path == "/api/v1/photos" else LARGEST_BYTES


async def _fill(request: BaseRequest, body: Body, pace: Pace, lane: Lane) -> None:
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
        if body.size + len(piece) > largest(request.path):
            raise TooLarge
        if len(piece) > body.spool.room(lane):
            body.is_crowded = True
            return
        body.size += len(piece)
        body.spool.held += len(piece)
        body.file.write(piece)
        if not pace.allows(loop.time() - began, body.size):
            body.is_slow = True
            return
