"""A request that creates may be repeated: the same Idempotency-Key gets the same answer; the viewsets call it.

The answer is stored in the transaction of its effect, so there is never one without the other. Refusals are not stored:
what was refused had no effect, and the corrected request may use its key again. Kept 30 days.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import blake2b, sha256

from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from backend import clock
from backend.errors import Problem
from backend.http.auth import actor
from backend.http.jsonbody import read_body
from backend.models import IdempotencyKey

KEPT = timedelta(days=30)
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEPT_HEADERS = ("Location", "ETag")
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")


def once(request: Request, effect: Callable[[], Response], *, content: bytes | None = None) -> HttpResponse:
    """The effect's answer, or the stored one with `Idempotency-Replayed: true` when the key was used before.

    Problems idempotency_key_missing, idempotency_key_invalid, idempotency_running (another worker is at it),
    idempotency_conflict (the key belongs to another request). Three queries beside the effect's. `content` stands for
    the body where a view has read it already (a file).
    """
    key, digest = _key_of(request), _digest_of(request, content)
    person = actor(request).person_id
    with transaction.atomic():
        if not _alone(f"{person}:{key}"):
            raise Problem("idempotency_running")
        kept = IdempotencyKey.objects.filter(person_id=person, key=key).first()
        if kept is not None and kept.created_at <= clock.now() - KEPT:
            kept.delete()
            kept = None
        if kept is not None:
            if bytes(kept.sha256) != digest:
                raise Problem("idempotency_conflict")
            return _answer(kept, replayed=True)
        response = effect()
        kept = IdempotencyKey(
            person_id=person,
            key=key,
            route=f"{request.method} {request.path}"[:200],
            sha256=digest,
            status=response.status_code,
            headers={name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers},
            body=JSONRenderer().render(response.data) if response.data is not None else b"",
            created_at=clock.now(),
        )
        kept.save(force_insert=True)
    return _answer(kept, replayed=False)


def forget_old() -> int:
    """Answers older than 30 days are gone; returns how many. One query; called by the tick."""
    gone, _ = IdempotencyKey.objects.filter(created_at__lte=clock.now() - KEPT).delete()
    return gone


def _key_of(request: Request) -> str:
    key: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not key:
        raise Problem("idempotency_key_missing")
    if not _KEY.fullmatch(key):
        raise Problem("idempotency_key_invalid")
    return key


def _digest_of(request: Request, content: bytes | None) -> bytes:
    body = read_body(request._request) if content is None else content
    return sha256(f"{request.method} {request.get_full_path()}\0".encode() + body).digest()


def _alone(name: str) -> bool:
    """Takes the key's lock until the end of the transaction, or says that somebody holds it."""
    lock = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])


def _answer(kept: IdempotencyKey, *, replayed: bool) -> HttpResponse:
    response = HttpResponse(bytes(kept.body), status=kept.status, content_type="application/json", headers=kept.headers)
    if replayed:
        response.headers[REPLAYED] = "true"
    return response
