"""The door's figures for /metrics: Django's page adds them to its own, since both keep them in one folder."""

from __future__ import annotations

from prometheus_client import Gauge

from backend.door.bodies import Spool
from backend.door.events import Hub
from backend.door.lanes import Admission

RUNNING = Gauge("door_running", "Requests that are with gunicorn", ["lane"], multiprocess_mode="mostrecent")
WAITING = Gauge("door_waiting", "Requests that wait for their turn", ["lane"], multiprocess_mode="mostrecent")
AWAY = Gauge("door_turned_away", "Requests answered 503 since the start", ["lane"], multiprocess_mode="mostrecent")
STREAMS = Gauge("door_streams", "Open event streams", multiprocess_mode="mostrecent")
SPOOL = Gauge("door_spool_bytes", "Bytes of request bodies that stand at the door", multiprocess_mode="mostrecent")


def observe(admission: Admission, hub: Hub, spool: Spool) -> None:
    """Writes down how things stand; the door calls it every second."""
    for lane in admission.rules:
        name = lane.name.lower()
        RUNNING.labels(name).set(admission.running[lane])
        WAITING.labels(name).set(admission.waiting(lane))
        AWAY.labels(name).set(admission.turned_away[lane])
    STREAMS.set(len(hub.channels))
    SPOOL.set(spool.held)
