"""The parts of the running system and the command that starts each; read by config.run and config.supervisor."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1


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
            env={**os.environ, "LOG_FORMAT": "text", "PYTHONUNBUFFERED": "1", **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,  # Ctrl-C reaches the supervisor only, which then stops the parts in order
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def database() -> Part:
    """The keeper of the embedded PostgreSQL: starts it again when it dies, stops it with the system."""
    return Part("database", [sys.executable, "-m", "config.postgres"], stop_order=2)


def broker() -> Part:
    """The embedded valkey."""
    return Part("broker", [sys.executable, "-m", "config.broker"], stop_order=2)


def web(host: str, port: int) -> Part:
    """The web server: processes with threads; the pool gives each thread its connection."""
    threads = 8
    gunicorn = ["-m", "gunicorn", "config.wsgi", "--worker-class", "gthread", "--bind", f"{host}:{port}"]
    limits = ["--workers", os.environ.get("WEB_CONCURRENCY", "2"), "--threads", str(threads), "--timeout", "60"]
    quiet = ["--graceful-timeout", "10", "--log-level", "warning", "--no-control-socket"]
    environment = {"DATABASE_POOL_SIZE": str(threads), "PROMETHEUS_MULTIPROC_DIR": str(metrics_folder())}
    return Part("web", [sys.executable, *gunicorn, *limits, *quiet], environment=environment)


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
