"""A web server and its door as `make run` starts them, on free ports, against one database; for tests, benchmarks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import parts

CHECKOUT = Path(__file__).resolve().parent.parent.parent
STARTS_WITHIN_S = 60


@dataclass(frozen=True)
class Live:
    """Where both answer. `direct` is a second gunicorn address without a door, when it was asked for."""

    port: int
    door: subprocess.Popen[bytes]
    web: subprocess.Popen[bytes]
    folder: Path
    direct_port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def direct(self) -> str:
        return f"http://127.0.0.1:{self.direct_port}"

    @property
    def maintenance(self) -> Path:
        return self.folder / "maintenance.json"


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def system(url: str, *, with_direct: bool = False, processes: int = 2) -> Iterator[Live]:
    """Both run until the block ends; then they have ended, and nothing is left of them."""
    folder = Path(tempfile.mkdtemp(prefix="door-"))
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "BROKER_URL": "memory://",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": os.environ.get("LIVE_LOG_LEVEL", "ERROR"),
        "MAINTENANCE_FILE": str(folder / "maintenance.json"),
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
    }
    threads = parts.WEB_THREADS
    port, direct_port, place = free_port(), free_port(), folder / "web.sock"
    binds = ["--bind", f"unix:{place}", *(["--bind", f"127.0.0.1:{direct_port}"] if with_direct else [])]
    limits = ["--workers", str(processes), "--threads", str(threads), "--keep-alive", "75"]
    quiet = [
        "--limit-request-line",
        "8190",
        "--log-level",
        "warning",
        "--no-control-socket",
        "--forwarder-headers",
        "X-None",
    ]
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi", "--worker-class", "gthread", *binds, *limits, *quiet],
        cwd=CHECKOUT,
        env={**environment, "DATABASE_POOL_SIZE": str(threads)},
    )
    capacity = str(processes * threads - 2)
    behind = ["--port", str(port), "--socket", str(place), "--capacity", capacity]
    door = subprocess.Popen([sys.executable, "-m", "backend.door", *behind], cwd=CHECKOUT, env=environment)
    live = Live(port, door, web, folder, direct_port if with_direct else 0)
    try:
        _wait(live)
        yield live
    finally:
        for process in (door, web):
            process.terminate()
        for process in (door, web):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(live: Live) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{live.address}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the door and the web server did not start in a minute")
