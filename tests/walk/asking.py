"""Asking every route: fill its address, send it with a body, mask what may differ, take the database's fingerprint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.http import HttpResponseBase, StreamingHttpResponse
from django.urls import reverse

from backend.http.routes import Route, all_routes
from backend.mail import stop_link
from tests.walk.photo_things import TUS, TUS_TYPE

DOCS = "/api/docs"  # a page, for all its address
DESK = reverse("admin:index")
_PART = re.compile(r"<(?:\w+:)?(\w+)>")


def api_routes() -> dict[str, Route]:
    """Every route of the API by method and path, as the resolver knows them: "GET /api/v1/me"."""
    found = {}
    for route in all_routes():
        if route.is_api and route.path != DOCS:
            for method in set(route.acts or {"GET": ""}) - {"HEAD"}:  # DRF adds it to a view at its first request
                found[f"{method} {route.path}"] = route
    return found


def page_routes() -> list[Route]:
    """Every route outside the API and the admin."""
    # addresses of photos and of exports are given out with a key: tests/photos and tests/backend/exports walk them;
    # the phone app's page is one for everybody, without data
    apart = (DESK, "/photos/", "/export-files/", "/app")
    return [r for r in all_routes() if r.path == DOCS or not (r.is_api or r.path.startswith(apart))]


def address(path: str, key: Any) -> str:
    """The path with its parts filled in: by name when the key is a dict, else the one value."""
    return _PART.sub(lambda part: str(key[part[1]] if isinstance(key, dict) else key), path)


# Parts of pages' addresses without an owner.
NOBODYS = {
    "column": "client_analyze",
    "code": "not_found",
    "number": 0,
    "token": stop_link(UUID(int=0)).rpartition("/")[2],
}


def page_address(path: str, key: Any) -> str:
    """A page's address: its parts that name nobody's objects, and the key of the one that it is about, if any."""
    parts = key if isinstance(key, dict) else dict.fromkeys(("pk", "visit_id"), key)
    return address(path, {**NOBODYS, **parts})


@dataclass(frozen=True)
class Ask:
    """One request: method, address, a JSON body or a form with a file, or what a tus client sends."""

    method: str
    path: str
    body: Any = None
    file: Any = None
    query: str = ""
    form: Any = None

    def send(self, client: Any, **headers: str) -> HttpResponseBase:
        """Send it as a careful client would: with a fresh Idempotency-Key and If-Match where they may be needed."""
        more = {"HTTP_IDEMPOTENCY_KEY": str(uuid4()), **headers} if self.method == "POST" else {**headers}
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            more.setdefault("HTTP_IF_MATCH", "*")
        path = f"{self.path}?{self.query}" if self.query else self.path
        if self.file is not None or self.form is not None:
            return client.post(path, self.form or {"file": self.file}, format="multipart", **more)
        if path.startswith("/uploads"):
            return client.generic(self.method, path, "", content_type=TUS_TYPE, **{**TUS, **more})
        data = None if self.body is None else json.dumps(self.body, ensure_ascii=False, default=str)
        return client.generic(self.method, path, data or "", content_type="application/json", **more)


def content(response: HttpResponseBase) -> bytes:
    """The whole body."""
    if isinstance(response, StreamingHttpResponse):
        return b"".join(response.streaming_content)  # type: ignore[arg-type]
    return bytes(response.content)  # type: ignore[attr-defined]


_MASKED = re.compile(rb'"(request_id|instance)": ?"(?:[^"\\]|\\.)*"')
_UNEQUAL_HEADERS = {"X-Request-Id", "Content-Length"}


def masked(response: HttpResponseBase, *secrets: Any) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, with the request id and the instance masked, and the ids that were asked for."""
    body = _MASKED.sub(rb'"\1":""', content(response))
    for secret in secrets:
        for text in secret.values() if isinstance(secret, dict) else [secret]:
            body = body.replace(str(text).encode(), b"<id>")
    headers = {name: value for name, value in response.items() if name not in _UNEQUAL_HEADERS}
    return response.status_code, headers, body


Fingerprint = dict[str, tuple[int, int, str]]  # table -> what this transaction wrote there, rows, a hash of them

# What a transaction wrote to a table, counted also where it was taken back; of a partitioned one, to its partitions.
_WRITTEN = """
SELECT coalesce(pg_partition_root(c.oid), c.oid)::regclass::text, sum(
    pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid)
    + pg_stat_get_xact_tuples_deleted(c.oid))::bigint
FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
GROUP BY 1 ORDER BY 1
"""


def fingerprint(before: Fingerprint | None = None) -> Fingerprint:
    """Rows and a hash of every table: equal before and after means that nothing was written. Two queries.

    Tables that the open transaction did not touch since `before`, which it took, are not read again.
    """
    known = before or {}
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN)
        written = dict(cursor.fetchall())
        found = {name: known[name] for name in written if name in known and known[name][0] == written[name]}
        one = "SELECT '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {0} t"
        if unread := [name for name in written if name not in found]:
            cursor.execute(" UNION ALL ".join(one.format(table) for table in unread))
            found |= {name: (written[name], count, digest) for name, count, digest in cursor.fetchall()}
        return found


def _unlike(before: Fingerprint, after: Fingerprint) -> Iterator[str]:
    """Tables whose rows are not the same."""
    return (name for name in sorted(before.keys() | after.keys()) if _rows(before, name) != _rows(after, name))


def _rows(of: Fingerprint, name: str) -> tuple[int, str] | None:
    return of[name][1:] if name in of else None


class _Undo(Exception):
    """Leaves a block without what it wrote."""


def undone(ask: Ask, client: Any, **headers: str) -> HttpResponseBase:
    """The answer of a request whose writes are taken back."""
    found: list[HttpResponseBase] = []
    try:
        with transaction.atomic():
            found.append(ask.send(client, **headers))
            raise _Undo
    except _Undo:
        return found[0]


@dataclass
class LeftAs:
    """The fingerprint that the test before left, so that each test takes one and not two.

    Whatever was written since, by a test that looked at no fingerprint too, shows at the next one.
    """

    seen: Fingerprint

    def changed(self) -> set[str]:
        """Tables that are not as they were when this was asked the last time."""
        before, self.seen = self.seen, fingerprint(self.seen)
        return set(_unlike(before, self.seen))


def changed(before: Fingerprint) -> Iterator[str]:
    """Tables that are not as they were."""
    return _unlike(before, fingerprint(before))
