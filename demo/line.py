"""HTTP as a phone does it: JSON over a connection that may break at any time, retried with back-off; for phone.py."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

AT_ONCE: Final = threading.BoundedSemaphore(48)  # connections of all phones together
BROKEN: Final = (OSError, http.client.HTTPException)
WORTH_ANOTHER_TRY: Final = {408, 425, 429, 500, 502, 503, 504}


class GaveUp(Exception):
    """The server did not answer usefully for as long as the phone was willing to wait."""


@dataclass
class Answer:
    """A status with its JSON document, None where there is none."""

    status: int
    body: Any


@dataclass
class Line:
    """A phone's line to the server. `patience_s` bounds the tries of one request together."""

    url: str
    patience_s: float = 120.0
    token: str = ""
    rng: Random = field(default_factory=Random)

    def ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """The first answer that is not a passing failure. GaveUp after `patience_s` without one."""
        until, attempt = time.monotonic() + self.patience_s, 0
        while True:
            wait, said = 0.1 * 2 ** min(attempt, 6), "no connection"
            try:
                with AT_ONCE:
                    status, retry_after, raw = self._once(method, path, body)
                if status not in WORTH_ANOTHER_TRY:
                    return Answer(status, json.loads(raw) if raw else None)
                wait, said = max(wait, retry_after), f"{status}"
            except (*BROKEN, json.JSONDecodeError) as error:
                said = f"{type(error).__name__}: {error}"
            attempt += 1
            wait *= 0.5 + self.rng.random()
            if time.monotonic() + wait > until:
                raise GaveUp(f"{method} {path}: {said} after {attempt} tries")
            time.sleep(wait)

    def rows(self, path: str) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page. GaveUp when a page is refused."""
        following: str | None = path
        while following:
            page = self.ask("GET", following)
            if page.status != 200:
                raise GaveUp(f"GET {following}: {page.status} {page.body}")
            yield from page.body["results"]
            following = page.body.get("next")

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, float, bytes]:
        place = urlsplit(self.url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.hostname or "127.0.0.1", place.port, timeout=60)
        headers = {"Accept-Language": "zh-hans", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            wait = response.getheader("Retry-After", "0")
            return response.status, float(wait) if wait.isdigit() else 0.0, response.read()
        finally:
            connection.close()
