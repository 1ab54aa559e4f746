"""The parts of the running system and the command that starts each; read by config.run and config.supervisor."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.postgres_home import CHECKOUT, mark

WEB_THREADS = 4  # of each process; slow clients hold none (backend/door/), so more would only share the same cores
PR_SET_PDEATHSIG = 1
_OF_EVERY_PART = {
    "LOG_FORMAT": "text",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "",  # one part compiles our modules and the others read them
}


@dataclass(frozen=True)
class Part:
    """One process that the supervisor keeps alive; `stop_order` 0 stops first."""

    name: str
    command: list[str]
    stop_order: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process in a group of its own; on Linux it is told to end when the supervisor dies."""
        return subprocess.Popen(
            self.command,
            cwd=CHECKOUT,
            env={**os.environ, **_OF_EVERY_PART, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,  # Ctrl-C reaches the supervisor only, which then stops the parts in order
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def preparation() -> list[Part]:
    """What must be done before anything answers: the database's steps and, beside them, the pages' scripts."""
    steps = Part("prepare", [sys.executable, "-m", "config.steps"], environment={"LOG_LEVEL": "WARNING"})
    return [steps, Part("faces", [sys.executable, "-m", "config.faces"])]


def database() -> Part:
    """The keeper of the embedded PostgreSQL: starts it again when it dies, stops it with the system."""
    return Part("database", [sys.executable, "-m", "config.postgres"], stop_order=2)


def broker() -> Part:
    """The embedded valkey."""
    return Part("broker", [sys.executable, "-m", "config.broker"], stop_order=2)


def web() -> Part:
    """The web server behind the door: processes with threads; the pool gives each thread its connection."""
    gunicorn = ["-m", "gunicorn", "config.wsgi", "--worker-class", "gthread", "--bind", f"unix:{web_socket()}"]
    limits = ["--workers", str(web_processes()), "--threads", str(WEB_THREADS), "--timeout", "60"]
    # The door is the only client: what it passes on of a client's headers is for Django to judge, not for gunicorn.
    lines = ["--keep-alive", "75", "--limit-request-line", "8190", "--forwarder-headers", "X-None"]
    quiet = ["--graceful-timeout", "10", "--log-level", "warning", "--no-control-socket"]
    environment = {"DATABASE_POOL_SIZE": str(WEB_THREADS), "PROMETHEUS_MULTIPROC_DIR": str(metrics_folder())}
    return Part("web", [sys.executable, *gunicorn, *limits, *lines, *quiet], stop_order=1, environment=environment)


def door(host: str, port: int, network: Sequence[str] = ()) -> Part:
    """The public port (backend/door/). Two threads of the web server are left for what never waits: health.

    `network`: the options of the local network (config/lan.py), none without LAN=1.
    """
    capacity = max(web_processes() * WEB_THREADS - 2, 2)
    place = ["--host", host, "--port", str(port), "--socket", str(web_socket()), "--capacity", str(capacity)]
    return Part(
        "door",
        [sys.executable, "-m", "backend.door", *place, *network],
        environment={"PROMETHEUS_MULTIPROC_DIR": str(metrics_folder())},
    )


def web_processes() -> int:
    """How many processes the web server has."""
    return int(os.environ.get("WEB_CONCURRENCY", "2"))


def web_socket() -> Path:
    """Return the socket between door and web server, in a folder short enough for the system's limit of 107 bytes."""
    return Path(f"/tmp/field135-{mark()}-web/web.sock")


def make_web_folder() -> None:
    """Make the socket's folder; refuse one that somebody else made. Raises PermissionError."""
    place = web_socket().parent
    place.mkdir(mode=0o700, exist_ok=True)
    if place.is_symlink() or place.lstat().st_uid != os.geteuid():
        raise PermissionError(f"{place} belongs to another user: remove it.")


def metrics_folder() -> Path:
    """Return where the web processes add up their counters; config.run empties it at each start."""
    return CHECKOUT / "var" / "metrics"


def worker() -> Part:
    """The celery worker."""
    options = ["--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    return Part("worker", [*_celery(), "worker", *options])


def beat() -> Part:
    """The celery beat with its schedule in memory: one entry, nothing to corrupt in a kill -9."""
    return Part(
        "beat", [*_celery(), "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=", "--loglevel", "INFO"]
    )


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery"]
