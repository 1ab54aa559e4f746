"""Figures for /metrics: requests as they are answered, and queues as they stand; the edge and health pages call it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from django.db import connection
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from backend import clock

# prometheus_client keeps these per process, or in PROMETHEUS_MULTIPROC_DIR for all workers of the web server.
_own = CollectorRegistry()
_registry = None if "PROMETHEUS_MULTIPROC_DIR" in os.environ else _own
REQUESTS = Counter("http_requests", "Requests answered", ["route", "method", "status"], registry=_registry)
SECONDS = Histogram(
    "http_request_seconds",
    "Time to answer",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_registry,
)
UPLOADS_REFUSED = Counter("uploads_refused", "Uploads not begun, by problem code", ["code"], registry=_registry)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_QUEUES = """
SELECT
    (SELECT count(*) FROM backend_outboxitem WHERE parked_at IS NULL),
    (SELECT count(*) FROM backend_outboxitem WHERE parked_at IS NOT NULL),
    (SELECT coalesce(extract(epoch FROM %(now)s - min(created_at)), 0) FROM backend_outboxitem WHERE parked_at IS NULL),
    (SELECT count(*) FROM backend_changemark),
    (SELECT coalesce(extract(epoch FROM %(now)s - min(marked_at)), 0) FROM backend_changemark),
    (SELECT count(*) FROM backend_quarantined WHERE state = 'open'),
    (SELECT count(*) FROM backend_upload WHERE done_at IS NULL)
"""
_GAUGES = (
    ("outbox_depth", "Outbox items to be done"),
    ("outbox_parked", "Outbox items given up after five tries"),
    ("outbox_oldest_seconds", "Age of the oldest outbox item to be done"),
    ("change_marks", "Keys waiting to be recomputed"),
    ("change_mark_lag_seconds", "Age of the oldest change mark"),
    ("quarantine_open", "Refused items that nobody has settled"),
    ("uploads_open", "Uploads that are not whole yet"),
)


_more: dict[str, tuple[str, str]] = {}


def register(name: str, about: str, select: str) -> None:
    """One more figure: a SELECT of ours of one number, which may name %(now)s; called where an app is loaded."""
    _more[name] = (about, select)


def observe(request: HttpRequest, status: int, seconds: float) -> None:
    """Counts one answer under its route's pattern (never its path: labels must stay few)."""
    match = request.resolver_match
    route = match.route if match else "unmatched"
    method = request.method if request.method in _METHODS else "other"
    REQUESTS.labels(route, method, str(status)).inc()
    SECONDS.labels(route, method).observe(seconds)


class Queues(Collector):
    """What waits in the database, read when somebody asks. One query."""

    def collect(self) -> Iterator[Metric]:
        with connection.cursor() as cursor:
            more = "".join(f", ({select})" for _, select in _more.values())
            cursor.execute(_QUEUES + more, {"now": clock.now()})
            values: Iterable[float] = cursor.fetchone()
        gauges = (*_GAUGES, *((name, about) for name, (about, _) in _more.items()))
        for (name, about), value in zip(gauges, values, strict=True):
            yield GaugeMetricFamily(name, about, value=float(value))


def exposition() -> bytes:
    """The text that Prometheus reads: this process's requests (all workers' where configured) and the queues."""
    queues = CollectorRegistry()
    queues.register(Queues())
    requests = _own
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        requests = CollectorRegistry()
        multiprocess.MultiProcessCollector(requests)  # type: ignore[no-untyped-call]
    return generate_latest(requests) + generate_latest(queues)
