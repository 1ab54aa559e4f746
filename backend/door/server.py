"""The door's server: sends each request to the streams or to gunicorn, and ends in good order; `__main__` runs it."""

from __future__ import annotations

import asyncio
import logging
import re
import resource
import signal
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp.web import BaseRequest, RequestHandler, Server, ServerRunner, StreamResponse, TCPSite

from backend import maintenance
from backend.door import figures, listening, refusals
from backend.door.bodies import SPOOL_BYTES, Pace, Spool
from backend.door.events import Hub
from backend.door.forwarding import Forwarder, request_id
from backend.door.lanes import Admission
from backend.door.network import Network
from backend.door.phones import Threads
from backend.errors import Problem

log = logging.getLogger(__name__)
HEADERS_WITHIN_S = 30  # from the connection, or from the answer before; then an idle line is closed
READS_REFUSED_BODIES_S = 3
ENDS_WITHIN_S = 10
WAITING_CONNECTIONS = 1_024
_ONE = re.compile(r"/sync/([a-z0-9_-]{1,50})/(\d{1,9})/pullStream")
_SEVERAL = "/sync/stream"
_COLLECTION = re.compile(r"([a-z0-9_-]{1,50})/(\d{1,9})")
MOST_COLLECTIONS = 40


@dataclass(frozen=True)
class Place:
    """Where the door stands, what is behind it, and how many requests gunicorn takes at once."""

    host: str
    port: int
    socket: str
    capacity: int
    headers_within_s: float = HEADERS_WITHIN_S
    pace: Pace = field(default_factory=Pace)
    spool_bytes: int = SPOOL_BYTES
    network: Network | None = None


class Door:
    """One door. `start` and `stop` run in the event loop; `figures` are kept while it is open."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.admission = Admission(place.capacity)
        self.threads = Threads()
        self.hub = Hub(self.threads)
        self.forwarder = Forwarder(place.socket, self.admission, place.pace, Spool(place.spool_bytes))
        self._runners: list[ServerRunner] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """The port is open."""
        await self.forwarder.start()
        runner, network = await self._runs(self._answer), self.place.network
        await _open(runner, self.place.host, self.place.port)
        if network is not None:
            await _open(runner, network.address, network.tls_port, network.context())
            await _open(await self._runs(network.answer), network.address, network.steps_port)
        for work in (listening.listen(self.hub.told, self.hub.missed), self.hub.work(), self._observe()):
            self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """No new requests; streams end, what runs has ten seconds."""
        for channel in list(self.hub.channels):
            channel.closed.set()
        for runner in self._runners:
            await runner.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.forwarder.stop()
        self.threads.stop()

    async def _runs(self, answer: Callable[[BaseRequest], Awaitable[StreamResponse]]) -> ServerRunner:
        """A server with the door's limits that answers so; it has no port yet."""
        server = _Server(
            answer,
            keepalive_timeout=self.place.headers_within_s,
            lingering_time=READS_REFUSED_BODIES_S,
            auto_decompress=False,
            access_log=None,
            logger=log,
        )
        runner = ServerRunner(server, shutdown_timeout=ENDS_WITHIN_S)
        await runner.setup()
        self._runners.append(runner)
        return runner

    async def _answer(self, request: BaseRequest) -> StreamResponse:
        if request.method == "GET" and request.path.startswith("/sync/") and not request.can_read_body:
            one = _ONE.fullmatch(request.path)
            if one is not None or request.path == _SEVERAL:
                return await self._stream(request, one)
        return await self.forwarder.forward(request)

    async def _stream(self, request: BaseRequest, one: re.Match[str] | None) -> StreamResponse:
        known_as = request_id(request)
        refused = maintenance.refusal(request.path)
        wanted = [(one[1], int(one[2]))] if one is not None else _several(request.query.get("collections", ""))
        allowed = set() if one is not None else {"collections"}
        if refused is None and set(request.query) - allowed:
            refused = Problem("unknown_parameter")
        if refused is None and not wanted:
            refused = Problem("bad_parameter")
        if refused is not None:
            return refusals.answer(refused, request, known_as)
        return await self.hub.serve(request, wanted, known_as, is_shared=one is None)

    async def _observe(self) -> None:
        while True:
            figures.observe(self.admission, self.hub, self.forwarder.spool)
            await asyncio.sleep(1)


async def _open(runner: ServerRunner, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
    await TCPSite(runner, host, port, ssl_context=tls, backlog=WAITING_CONNECTIONS, reuse_address=True).start()


def _several(text: str) -> list[tuple[str, int]]:
    """plan/1,visits/1 as pairs; nothing when any of it is not one, or there are too many."""
    found = [_COLLECTION.fullmatch(part) for part in text.split(",")]
    if len(found) > MOST_COLLECTIONS or not all(found):
        return []
    return [(match[1], int(match[2])) for match in found if match is not None]


class _Handler(RequestHandler):
    """aiohttp's, but its own refusals (what is no HTTP, what fails in the door) are problem documents too."""

    __slots__ = ()

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> StreamResponse:
        if isinstance(exc, ConnectionError):
            raise exc  # the client is gone, which is no fault; aiohttp ends the connection quietly
        if status >= 500 and exc is not None:
            log.error("the door failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionResetError("part of the answer is out already")
        code = "bad_request" if status < 500 else "unavailable" if status == 504 else "internal_error"
        answer = refusals.answer(Problem(code), request, request_id(request))
        answer.force_close()
        return answer


class _Server(Server):
    """aiohttp's low-level server with our handler."""

    def __call__(self) -> RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else hard
    if soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def keep_open(place: Place, opened: Callable[[], Any] = lambda: None) -> None:
    """The door is open until SIGTERM or SIGINT."""
    _allow_many_files()
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    door = Door(place)
    await door.start()
    opened()
    try:
        await told.wait()
    finally:
        await door.stop()
