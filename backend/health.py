"""Is the process alive, can it work, how is it doing: /healthz, /readyz and /metrics, for monitoring."""

from __future__ import annotations

import hmac
import os
import socket
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from backend import metrics

BROKER_WAIT_S = 2.0


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; touches nothing else."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database and broker answer, else 503 with the part that does not. No detail beyond the name."""
    parts = {"database": _database_answers(), "broker": _broker_answers(settings.BROKER_URL)}
    ready = all(parts.values())
    told = {name: "ok" if well else "unreachable" for name, well in parts.items()}
    return JsonResponse({"status": "ok" if ready else "unavailable", **told}, status=200 if ready else 503)


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for loopback or with METRICS_TOKEN as bearer; for anybody else the page does not exist."""
    if not _may_scrape(request):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_scrape(request: HttpRequest) -> bool:
    token = os.environ.get("METRICS_TOKEN", "")
    given = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    forwarded = any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"))
    return not forwarded and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers(url: str) -> bool:
    """Whether something listens where the broker should: a TCP port or a unix socket."""
    parts = urlsplit(url)
    if parts.scheme == "memory":
        return True
    try:
        if "socket" in parts.scheme or "unix" in parts.scheme:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(BROKER_WAIT_S)
                probe.connect(parts.path)
        else:
            port = parts.port or (5672 if parts.scheme.startswith(("amqp", "pyamqp")) else 6379)
            socket.create_connection((parts.hostname or "localhost", port), BROKER_WAIT_S).close()
    except OSError:
        return False
    return True
