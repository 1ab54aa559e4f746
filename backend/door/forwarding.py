"""One request through the door: taken in whole, admitted by its lane, asked of gunicorn, answered.

backend/door/server.py calls it for everything that is not an event stream.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, UnixConnector
from aiohttp.web import BaseRequest, StreamResponse
from multidict import CIMultiDict
from yarl import URL

from backend import maintenance
from backend.door import answers, bodies, refusals
from backend.door.bodies import Body, Pace, Spool
from backend.door.lanes import Admission, Full, Lane, lane_of
from backend.errors import Problem
from backend.ids import uuid7

PEER = "X-Door-Peer"  # the client's address for config/wsgi.py; nobody else can send it through the door
IDLE_S = 15  # gunicorn: 75 (config/parts.py)
ANSWERS_WITHIN_S = 75  # gunicorn ends a worker that is silent for 60
MOST_HEADERS = 90  # gunicorn takes 100, and the door adds its own
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NOT_PASSED_ON = answers.OF_ONE_HOP | {"expect", "content-length", PEER.lower()}
_ADDED_BY_AIOHTTP = frozenset({"User-Agent", "Accept", "Accept-Encoding", "Content-Type"})


def request_id(request: BaseRequest) -> str:
    """The caller's id when it is sane, else one of ours: Django keeps it (backend/http/middleware.py)."""
    given = request.headers.get("X-Request-Id", "")
    return given if _SANE_ID.fullmatch(given) else str(uuid7())


@dataclass
class Forwarder:
    """Takes requests to gunicorn's socket. `start` and `stop` run in the event loop."""

    socket: str
    admission: Admission
    pace: Pace = field(default_factory=Pace)
    spool: Spool = field(default_factory=Spool)
    behind_https: bool = field(default_factory=lambda: os.environ.get("BEHIND_HTTPS") == "1")
    _session: ClientSession | None = None

    async def start(self) -> None:
        """Idle connections are closed here long before gunicorn would: a push must not meet one that is closing."""
        self._session = ClientSession(
            connector=UnixConnector(path=self.socket, keepalive_timeout=IDLE_S, limit=0),
            auto_decompress=False,
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=None, sock_connect=5, sock_read=ANSWERS_WITHIN_S),
            skip_auto_headers=_ADDED_BY_AIOHTTP,
        )

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def forward(self, request: BaseRequest) -> StreamResponse:
        """The answer to a request, or a refusal of our own."""
        known_as = request_id(request)
        if (refused := maintenance.refusal(request.path)) is not None:
            return refusals.answer(refused, request, known_as)
        if len(request.headers) > MOST_HEADERS:
            return refusals.answer(Problem("too_many_headers"), request, known_as)
        lane = lane_of(request.method, request.path)
        try:
            body = await bodies.receive(request, self.pace, self.spool, lane)
        except bodies.TooLarge:
            return refusals.answer(Problem("payload_too_large"), request, known_as)
        except bodies.Crowded:
            return refusals.answer(self._crowded(lane), request, known_as)
        try:
            if not body.is_whole and not _is_a_beginning(request, body):
                return refusals.answer(self._refusal(body, lane), request, known_as)
            headers = self._headers(request, body, known_as)
            return await self._admitted(request, headers, body, known_as)
        except UnicodeEncodeError:
            return refusals.answer(Problem("invalid_text"), request, known_as)
        finally:
            body.close()

    def _refusal(self, body: Body, lane: Lane) -> Problem:
        """Of a body that is not whole."""
        if body.is_crowded:
            return self._crowded(lane)
        return Problem("slow_request" if body.is_slow else "bad_request")

    def _crowded(self, lane: Lane) -> Problem:
        if lane in self.admission.turned_away:
            self.admission.turned_away[lane] += 1
        return refusals.busy(at_least=3, at_most=30)

    async def _admitted(
        self, request: BaseRequest, headers: CIMultiDict[str], body: Body, known_as: str
    ) -> StreamResponse:
        lane = lane_of(request.method, request.path)
        try:
            await self.admission.enter(lane)
        except Full:
            return refusals.answer(refusals.busy(at_least=3, at_most=30), request, known_as)
        leave = _once(lambda: self.admission.leave(lane))
        try:
            if lane is not Lane.PUSH and _is_gone(request):
                raise ConnectionResetError  # nobody is left to read it; a push is done all the same
            return await self._ask(request, headers, body.data(), leave)
        except (ClientError, TimeoutError) as error:
            if request.writer.output_size > 0:
                raise ConnectionResetError from error  # part of the answer is out: only a cut tells the truth
            return refusals.answer(refusals.busy(), request, known_as)
        finally:
            leave()

    async def _ask(
        self,
        request: BaseRequest,
        headers: CIMultiDict[str],
        data: bytes | AsyncIterator[bytes] | None,
        leave: Callable[[], None],
    ) -> StreamResponse:
        assert self._session is not None
        where = URL("http://door" + _target(request), encoded=True)
        upstream: ClientResponse
        async with self._session.request(
            request.method, where, headers=headers, data=data, allow_redirects=False
        ) as upstream:
            return await answers.pass_on(request, upstream, leave)

    def _headers(self, request: BaseRequest, body: Body, known_as: str) -> CIMultiDict[str]:
        """Those of the client less what belongs to its own connection, to the door, or could pass for either."""
        named = {name.strip().lower() for name in request.headers.get("Connection", "").split(",")}
        left_out = _NOT_PASSED_ON | named | {"x-request-id"}
        if not self.behind_https:
            left_out |= {"x-forwarded-proto"}  # gunicorn believes it of a socket
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in left_out and "_" not in name
        )
        for name, value in headers.items():
            (name + value).encode()  # UnicodeEncodeError: bytes that are no UTF-8
        _target(request).encode()
        if request.secure:  # our own TLS: the local network's
            headers["X-Forwarded-Proto"] = "https"
        headers["X-Request-Id"] = known_as
        headers[PEER] = request.remote or ""
        if body.size or request.method in {"POST", "PUT", "PATCH"}:
            headers["Content-Length"] = str(body.size)
        return headers


def _target(request: BaseRequest) -> str:
    """What was asked for, as it came; the path alone of an absolute address."""
    asked = request.raw_path
    return asked if asked.startswith("/") else request.rel_url.raw_path_qs


def _is_a_beginning(request: BaseRequest, body: Body) -> bool:
    """Whether the beginning of a body is worth as much: that of a tus upload, unless a checksum speaks of the whole."""
    return (
        request.method == "PATCH"
        and request.path.startswith("/uploads/")
        and body.size > 0
        and "Upload-Checksum" not in request.headers
    )


def _is_gone(request: BaseRequest) -> bool:
    return request.transport is None or request.transport.is_closing()


def _once(act: Callable[[], None]) -> Callable[[], None]:
    is_done = False

    def inner() -> None:
        nonlocal is_done
        if not is_done:
            is_done = True
            act()

    return inner
