"""A form that is sent twice has one effect: the second sending gets the first one's answer. For boards and desk.

Every rendering of a page carries its own masked CSRF token, so token, address, fields and files together name one
sending of one rendered form. What was done is remembered in the transaction of its effect, as the API does for its
Idempotency-Key, and kept as long (docs/decisions/0026-forms-sent-twice.md). Refusals are not remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from django.db import connection
from django.http import HttpRequest

from backend import clock
from backend.http.idempotency import KEPT
from backend.models import IdempotencyKey
from backend.scope import Actor

TOKEN = "csrfmiddlewaretoken"


@dataclass(frozen=True)
class Done:
    """What a form did: the line that says so, and the address that it leads to."""

    said: str
    to: str


def once(request: HttpRequest, who: Actor, effect: Callable[[], Done]) -> Done:
    """What the effect says, or what it said when the same form was sent before; of two at once, the second waits.

    Inside the caller's transaction. Three queries beside the effect's; none where the form carries no token.
    """
    digest = _digest_of(request)
    if digest is None:
        return effect()
    key = f"form {digest.hex()}"
    _wait_for(f"{who.person_id}:{key}", digest)
    kept = IdempotencyKey.objects.filter(person_id=who.person_id, key=key, created_at__gt=clock.now() - KEPT).first()
    if kept is not None:
        return Done(bytes(kept.body).decode(), kept.headers["Location"])
    done = effect()
    IdempotencyKey.objects.update_or_create(
        person_id=who.person_id,
        key=key,
        defaults={
            "route": f"POST {request.path}"[:200],
            "sha256": digest,
            "status": 302,
            "headers": {"Location": done.to},
            "body": done.said.encode(),
            "created_at": clock.now(),
        },
    )
    return done


def _digest_of(request: HttpRequest) -> bytes | None:
    """Of everything that was sent; None where the form names no rendering of its page."""
    if not request.POST.get(TOKEN):
        return None
    whole = sha256(request.get_full_path().encode())
    for name, values in request.POST.lists():
        whole.update(repr((name, values)).encode())
    for name, files in request.FILES.lists():
        for file in files:
            whole.update(repr((name, getattr(file, "name", ""))).encode())
            for piece in file.chunks():
                whole.update(piece)
            file.seek(0)
    return whole.digest()


def _wait_for(name: str, digest: bytes) -> None:
    """Takes the form's lock until the end of the transaction. One query."""
    lock = int.from_bytes(sha256(name.encode() + digest).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
