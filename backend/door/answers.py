"""An answer on its way out: taken from gunicorn as fast as it gives it, handed to the client as fast as it takes it.

Small answers go out in one piece. Large ones pass through a file, so that a thread behind the door is free as soon as
it has written, however slowly the client reads. Used by backend/door/forwarding.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from tempfile import SpooledTemporaryFile

from aiohttp import ClientError, ClientResponse
from aiohttp.web import BaseRequest, Response, StreamResponse
from multidict import CIMultiDict

IN_ONE_PIECE_BYTES = 256 * 1024
AHEAD_BYTES = 64 * 1024 * 1024  # how far gunicorn may be ahead of the client
PIECE_BYTES = 64 * 1024
OF_ONE_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
EMPTY = frozenset({204, 304})


async def pass_on(request: BaseRequest, upstream: ClientResponse, done: Callable[[], None]) -> StreamResponse:
    """The client's answer from gunicorn's; `done` is called once, as soon as gunicorn has given all of it."""
    headers = CIMultiDict((n, v) for n, v in upstream.headers.items() if n.lower() not in OF_ONE_HOP)
    length = upstream.content_length
    if request.method == "HEAD" or upstream.status in EMPTY or (length is not None and length <= IN_ONE_PIECE_BYTES):
        body = await upstream.read()
        done()
        return Response(status=upstream.status, reason=upstream.reason, headers=headers, body=body or None)
    answer = StreamResponse(status=upstream.status, reason=upstream.reason, headers=headers)
    if "Content-Length" not in headers and request.version >= (1, 1):
        answer.enable_chunked_encoding()
    await answer.prepare(request)
    await _Between(upstream, done).carry(request, answer)
    return answer


class _Between:
    """The file between a fast giver and a slow taker."""

    def __init__(self, upstream: ClientResponse, done: Callable[[], None]) -> None:
        self._upstream = upstream
        self._done = done
        self._file = SpooledTemporaryFile(IN_ONE_PIECE_BYTES)  # noqa: SIM115  closed by `carry`
        self._given = self._taken = 0
        self._is_over = self._is_broken = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def carry(self, request: BaseRequest, answer: StreamResponse) -> None:
        filling = asyncio.create_task(self._fill())
        try:
            await self._pour(answer)
        finally:
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)
            self._file.close()
        if self._is_broken:  # what went out is not the whole answer, and the client must see that
            if request.transport is not None:
                request.transport.abort()
            return
        await answer.write_eof()

    async def _fill(self) -> None:
        try:
            async for piece in self._upstream.content.iter_any():
                self._file.seek(self._given)
                self._file.write(piece)
                self._given += len(piece)
                self._news.set()
                while self._given - self._taken > AHEAD_BYTES:
                    self._room.clear()
                    await self._room.wait()
        except (ClientError, OSError):
            self._is_broken = True
        finally:
            self._done()
            self._is_over = True
            self._news.set()

    async def _pour(self, answer: StreamResponse) -> None:
        while True:
            self._news.clear()
            if self._taken < self._given:
                self._file.seek(self._taken)
                piece = self._file.read(min(PIECE_BYTES, self._given - self._taken))
                await answer.write(piece)
                self._taken += len(piece)
                self._room.set()
            elif self._is_over:
                return
            else:
                await self._news.wait()
