"""What stands behind the door in tests of the door alone: a server on a unix socket that does what a path says.

/echo            tells what it was asked: method, target, headers, body
/wait/<name>     answers when the test lets it
/large/<bytes>   so many bytes, chunked
/dies            a part of an answer, then nothing more
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aiohttp.web import BaseRequest, Response, Server, ServerRunner, StreamResponse, UnixSite

from backend.door import server
from backend.door.bodies import Pace
from backend.door.server import Door, Place
from tests.door.live import free_port


@dataclass
class Behind:
    """What arrived, in order, and the gates that hold answers back."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    at_work: int = 0
    most_at_work: int = 0
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    def gate(self, name: str) -> asyncio.Event:
        return self.gates.setdefault(name, asyncio.Event())

    async def answer(self, request: BaseRequest) -> StreamResponse:
        body = await request.read()
        self.asked.append((request.method, request.raw_path))
        self.bodies.append(body)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            return await self._answer(request, body)
        finally:
            self.at_work -= 1

    async def _answer(self, request: BaseRequest, body: bytes) -> StreamResponse:
        kind, _, rest = request.path.strip("/").partition("/")
        if kind == "large":
            return await _large(request, int(rest))
        if kind == "dies":
            answer = await _begun(request)
            await answer.write(b"x" * 1_000)
            assert request.transport is not None
            request.transport.abort()
            return answer
        if "wait" in request.query:
            await self.gate(request.query["wait"]).wait()
        told: dict[str, Any] = {
            "method": request.method,
            "target": request.raw_path,
            "headers": [[n, v] for n, v in request.headers.items()],
            "body": body.decode("latin-1"),
        }
        answer = Response(body=json.dumps(told).encode(), content_type="application/json")
        answer.headers.add("Set-Cookie", "a=1")
        answer.headers.add("Set-Cookie", "b=2")
        return answer


async def _begun(request: BaseRequest) -> StreamResponse:
    answer = StreamResponse()
    answer.enable_chunked_encoding()
    await answer.prepare(request)
    return answer


async def _large(request: BaseRequest, size: int) -> StreamResponse:
    answer = await _begun(request)
    for _ in range(size // 65_536):
        await answer.write(b"y" * 65_536)
    return answer


@asynccontextmanager
async def door(folder: Path, **changed: Any) -> AsyncIterator[tuple[Door, Behind, int]]:
    """A door without streams before such a server; yields door, server and port."""
    behind, place = Behind(), folder / "b.sock"
    runner = ServerRunner(Server(behind.answer, access_log=None, auto_decompress=False))
    await runner.setup()
    await UnixSite(runner, str(place)).start()
    changed = {"headers_within_s": 1.0, "pace": Pace(0.4, 0.6, 1_000), "capacity": 4, **changed}
    opened = Door(Place("127.0.0.1", free_port(), str(place), **changed))
    with patch.object(server, "READS_REFUSED_BODIES_S", 0.2):  # nobody here sends on what was refused
        await opened.start()
    for task in opened._tasks:  # the database's part: tests/door/test_events.py
        task.cancel()
    try:
        yield opened, behind, opened.place.port
    finally:
        for gate in behind.gates.values():
            gate.set()
        await opened.stop()
        await runner.cleanup()


def run(scenario: Callable[[], Any]) -> None:
    """Runs one scenario to its end, in ten seconds at most."""

    async def limited() -> None:
        async with asyncio.timeout(20):
            await scenario()

    asyncio.run(limited())


async def raw(port: int, request: bytes, *, until_close: bool = True) -> bytes:
    """Sends bytes as they are; returns everything that came back until the door closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    try:
        return await reader.read() if until_close else await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
