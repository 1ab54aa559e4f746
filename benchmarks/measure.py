"""What every benchmark shares: a database of its own on the embedded server, CPU seconds of processes, result lines.

CPU seconds and ratios between two sides of the same run are what we trust; walls depend on who else uses the machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def arguments(about: str, *more: Callable[[argparse.ArgumentParser], object]) -> argparse.Namespace:
    """The command line: `--quick` (under 45 s) and what the benchmark adds."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="a smaller run, under 45 seconds")
    for add in more:
        add(parser)
    return parser.parse_args()


@contextmanager
def database(name: str, *, around: date | None = None) -> Iterator[str]:
    """A migrated empty database `bench_<name>_<pid>` with its month partitions, dropped at the end; yields its URL.

    It lives on the embedded server of this checkout with the durable settings of `make run` (or on the server of
    DATABASE_URL). Django is set up against it, and child processes inherit it through DATABASE_URL.
    """
    import psycopg

    own = f"bench_{name}_{os.getpid()}"
    server_url, url = _urls(own)
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{own}"')
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    try:
        _migrate(around)
        yield url
    finally:
        from django.db import connections

        connections.close_all()
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')


def _urls(name: str) -> tuple[str, str]:
    from urllib.parse import urlsplit, urlunsplit

    given = os.environ.get("DATABASE_URL")
    if given is None:
        from config import postgres

        postgres.ensure("run")
        return postgres.address("run", "postgres"), postgres.address("run", name)
    parts = urlsplit(given)
    netloc = parts.netloc or ""
    as_name = [urlunsplit((parts.scheme, netloc, f"/{n}", parts.query, "")) for n in ("postgres", name)]
    # urlunsplit drops the empty authority of a socket URL
    first, second = (u if "://" in u else u.replace(":/", ":///", 1) for u in as_name)
    return first, second


def _migrate(around: date | None) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    from backend.partitions import ensure_partitions

    ensure_partitions(around=around)


# -- CPU ---------------------------------------------------------------------------------------------------------------


def cpu_of(pids: Iterable[int]) -> float:
    """CPU seconds (user + system) that these processes have used so far; 0 for one that is gone. Linux."""
    return sum(_cpu_seconds(pid) for pid in pids)


def _cpu_seconds(pid: int) -> float:
    total = 0.0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():  # nanoseconds on the CPU, thread by thread
            total += int((task / "schedstat").read_text().split()[0]) / 1e9
        if total:
            return total
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def backend_pid(connection: psycopg.Connection[Any]) -> int:
    """The server process behind a psycopg connection."""
    return connection.info.backend_pid


def server_pids(url: str) -> list[int]:
    """Every process that the server runs for this database now, those of other databases left out."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as asking:
        rows = asking.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in rows]


def children_of(pid: int) -> list[int]:
    """Direct and indirect child processes."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent == pid:
                found += [int(entry.name), *children_of(int(entry.name))]
    return found


@dataclass
class Spent:
    """What a stretch of work cost, in seconds."""

    client_cpu: float = 0.0
    server_cpu: float = 0.0
    wall: float = 0.0

    @property
    def cpu(self) -> float:
        return self.client_cpu + self.server_cpu


@dataclass
class Meter:
    """Adds up the CPU of this process and of named others over `with meter.running():` stretches."""

    pids: list[int] = field(default_factory=list)
    spent: Spent = field(default_factory=Spent)

    @contextmanager
    def running(self) -> Iterator[None]:
        other, own, wall = cpu_of(self.pids), time.process_time(), time.perf_counter()
        yield
        self.spent.client_cpu += time.process_time() - own
        self.spent.server_cpu += cpu_of(self.pids) - other
        self.spent.wall += time.perf_counter() - wall


def peak_memory_mb() -> float:
    """The most resident memory that this process has had, in MB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1024 if sys.platform != "darwin" else used / 1_048_576


# -- lines -------------------------------------------------------------------------------------------------------------


def figure(name: str, ratio: float, goal: float, *, at_most: bool = False) -> bool:
    """Prints `<name> ratio=<x> goal=<y> pass|short` and says whether it passed. `at_most`: smaller is better."""
    passed = ratio <= goal if at_most else ratio >= goal
    print(f"{name} ratio={ratio:.3g} goal={goal:g} {'pass' if passed else 'short'}", flush=True)
    return passed


def say(text: str) -> None:
    """Prints one line of progress or of absolute figures."""
    print(text, flush=True)
