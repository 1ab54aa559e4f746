"""HTTP as a phone does it: over a connection that may break at any time, tried again with back-off; for phone.py."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

AT_ONCE: Final = threading.BoundedSemaphore(48)  # connections of all phones together
BROKEN: Final = (OSError, http.client.HTTPException)
WORTH_ANOTHER_TRY: Final = {408, 425, 429, 500, 502, 503, 504}
TIMEOUT_S: Final = 60

Headers = Mapping[str, str]
Read = TypeVar("Read")


class GaveUp(Exception):
    """The server did not answer usefully for as long as the phone was willing to wait."""


@dataclass
class Answer:
    """A status with its JSON document, None where there is none."""

    status: int
    body: Any


@dataclass
class Raw:
    """An answer as it came."""

    status: int
    headers: Headers
    content: bytes


@dataclass
class Line:
    """A phone's line to the server. `patience_s` bounds the tries of one request together."""

    url: str
    patience_s: float = 120.0
    token: str = ""
    rng: Random = field(default_factory=Random)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Headers | None = None) -> Answer:
        """The first answer that is not a passing failure. GaveUp after `patience_s` without one."""

        def read(raw: Raw) -> Answer:
            return Answer(raw.status, json.loads(raw.content) if raw.content else None)

        return self._tried(method, path, body, headers or {}, read)

    def raw(self, method: str, path: str, body: bytes | None = None, headers: Headers | None = None) -> Raw:
        """The same, with headers and bytes."""
        return self._tried(method, path, body, headers or {}, lambda raw: raw)

    def cut(self, method: str, path: str, body: bytes, headers: Headers, after: int) -> None:
        """The network goes when so many bytes of the body are out; nobody hears of an answer."""
        connection = self._open()
        try:
            connection.putrequest(method, path)
            for name, value in {**self._headers(headers), "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders(body[:after])
        except BROKEN:
            pass
        finally:
            connection.close()

    def rows(self, path: str) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page. GaveUp when a page is refused."""
        following: str | None = path
        while following:
            page = self.ask("GET", following)
            if page.status != 200:
                raise GaveUp(f"GET {following}: {page.status} {page.body}")
            yield from page.body["results"]
            following = page.body.get("next")

    def _tried(self, method: str, path: str, body: bytes | None, headers: Headers, read: Callable[[Raw], Read]) -> Read:
        until, attempt = time.monotonic() + self.patience_s, 0
        while True:
            wait, said = 0.1 * 2 ** min(attempt, 6), "no connection"
            try:
                with AT_ONCE:
                    raw = self._once(method, path, body, headers)
                if raw.status not in WORTH_ANOTHER_TRY:
                    return read(raw)
                asked = raw.headers.get("retry-after", "0")
                wait, said = max(wait, float(asked) if asked.isdigit() else 0.0), f"{raw.status}"
            except (*BROKEN, json.JSONDecodeError) as error:
                said = f"{type(error).__name__}: {error}"
            attempt += 1
            wait *= 0.5 + self.rng.random()
            if time.monotonic() + wait > until:
                raise GaveUp(f"{method} {path[:80]}: {said} after {attempt} tries")
            time.sleep(wait)

    def _once(self, method: str, path: str, body: bytes | None, headers: Headers) -> Raw:
        connection = self._open()
        try:
            connection.request(method, path, body, self._headers(headers, has_body=body is not None))
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            content = response.read()
            return Raw(response.status, told, gzip.decompress(content) if "content-encoding" in told else content)
        finally:
            connection.close()

    def _open(self) -> http.client.HTTPConnection:
        place = urlsplit(self.url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        return kind(place.hostname or "127.0.0.1", place.port, timeout=TIMEOUT_S)

    def _headers(self, given: Headers, *, has_body: bool = True) -> dict[str, str]:
        headers = {"Accept-Language": "zh-hans", "Accept-Encoding": "gzip", "Connection": "close"}
        if has_body:
            headers["Content-Type"] = "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return {**headers, **given}
