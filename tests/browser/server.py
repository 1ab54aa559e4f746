"""The server that journeys are walked against: web server and door over a throw-away database with the cast in it.

Journeys read that database by the ORM of this process, to hold what it says against the screen.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from config.lan import Network
    from tests.cast import Cast

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "demo-135-browser"
DEMO_SHOPS = 400  # enough for every page to have something


@contextmanager
def database() -> Iterator[Cast]:
    """A clone of the tests' template with the partitions of today and the cast, dropped at the end."""
    with _clone():
        yield _people()


@contextmanager
def demo() -> Iterator[str]:
    """A small demo in use, served; yields its address. Its people's password is the demo's."""
    with _clone():
        from backend import clock
        from demo.loading import load
        from demo.staging import Plan
        from tests.browser import handled

        load(Plan(clock.today(), shops=DEMO_SHOPS, lines_per_order=4), say=lambda _: None)
        handled.write()
        with served() as address:
            yield address


@contextmanager
def _clone() -> Iterator[None]:
    name = f"test_{os.getpid()}_browser"
    os.environ["BROWSER_DATABASE"] = name
    # The settings are read once, so all journeys of a process share the folder, and each leaves it empty.
    files = Path(os.environ.get("BROWSER_FILES") or tempfile.mkdtemp(prefix="field135-files-"))
    files.mkdir(exist_ok=True)
    os.environ["BROWSER_FILES"] = str(files)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.browser.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread; nothing else does
    import django

    django.setup()
    from django.db import connections

    from backend.partitions import ensure_partitions
    from tests import database as databases

    databases.prepare()
    databases.clone(name)
    databases._point_at(name)
    try:
        ensure_partitions()
        yield
    finally:
        connections.close_all()
        with databases._server() as server:
            databases._drop(server, name)
        shutil.rmtree(files, ignore_errors=True)


def _people() -> Cast:
    from tests.cast import build_cast

    cast = build_cast()
    for person in cast.people.values():
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
    return cast


@contextmanager
def served(network: Network | None = None) -> Iterator[str]:
    """The public port on this machine, and that of a local network; yields its address.

    What was started ends, by id.
    """
    with tempfile.TemporaryDirectory(prefix="field135-browser-") as folder:
        port, sock = _free_port(), f"{folder}/web.sock"
        environment = {**os.environ, "LOG_LEVEL": "ERROR", "LOG_FORMAT": "text"}
        environment |= network.environment(os.environ) if network else {}
        web = ["-m", "gunicorn", "config.wsgi", "--workers", "1", "--threads", "4", "--worker-class", "gthread"]
        web += ["--bind", f"unix:{sock}", "--log-level", "error", "--keep-alive", "75", "--no-control-socket"]
        door = ["-m", "backend.door", "--port", str(port), "--socket", sock, "--capacity", "3"]
        door += network.options() if network else []
        parts = [subprocess.Popen([sys.executable, *part], cwd=ROOT, env=environment) for part in (web, door)]
        try:
            _wait_for(f"http://127.0.0.1:{port}", parts)
            yield f"http://127.0.0.1:{port}"
        finally:
            for part in reversed(parts):
                part.send_signal(signal.SIGTERM)
            for part in parts:
                part.wait(20)


def _free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


def _wait_for(url: str, parts: list[subprocess.Popen[bytes]]) -> None:
    for _ in range(600):
        if any(part.poll() is not None for part in parts):
            raise SystemExit("the server did not start")
        try:
            urlopen(f"{url}/healthz", timeout=5).close()
            return
        except OSError:  # not there yet, or busy
            time.sleep(0.1)
    raise SystemExit("the server does not answer")
