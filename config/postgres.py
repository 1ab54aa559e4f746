"""Start, share and stop the embedded PostgreSQL of this checkout; used by manage.py, config.run and tests/database.py.

Every process that needs the cluster holds a shared `flock` on its lease file; the last one to leave stops the server.
Started as root, the server runs as `postgres` or `nobody`; nothing here creates an account or changes a parent folder.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Literal

from config import postgres_home
from config.postgres_home import Home, Purpose

DATABASE_NAME = "field135"
START_TIMEOUT_S = 60
_leases: dict[Path, int] = {}


class LauncherError(RuntimeError):
    """The embedded server cannot be started; the message says what was tried and what to do."""


def address(purpose: Purpose = "run", name: str = DATABASE_NAME) -> str:
    """Return the DATABASE_URL of the checkout's own cluster without starting it."""
    return f"postgresql://postgres@/{name}?host={postgres_home.socket_folder(purpose)}"


def ensure(purpose: Purpose = "run") -> str:
    """Make the cluster answer and keep it for as long as this process lives; return its DATABASE_URL.

    Safe to call from many processes at once. Raises `LauncherError` when the server does not come up in a minute.
    """
    home = postgres_home.locate(purpose)
    with _mutex(home):
        if not is_up(home):
            _initialise(home)
            _start(home)
        _create_database(home)
        _hold_lease(home)
    return address(purpose)


def leave(purpose: Purpose = "run") -> None:
    """Give this process's lease back and stop the server if nobody else holds one."""
    home = postgres_home.locate(purpose)
    descriptor = _leases.pop(home.data, None)
    if descriptor is None:
        return
    with _mutex(home):
        os.close(descriptor)
        probe = os.open(home.lease, os.O_RDWR)
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _stop(home)
        except BlockingIOError:
            return  # another process still uses the cluster
        finally:
            os.close(probe)


def stop(purpose: Purpose = "run") -> None:
    """Stop the server now, whoever uses it; does nothing when it is not running."""
    home = postgres_home.locate(purpose)
    with _mutex(home):
        _stop(home)


def is_up(home: Home) -> bool:
    """Tell whether the postmaster is accepting connections on its socket."""
    try:
        status = home.pid_file.read_text().splitlines()[7].strip()
    except (OSError, IndexError):
        return False
    if status != "ready":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(home.socket_folder / ".s.PGSQL.5432"))
        except OSError:
            return False
    return True


@contextmanager
def _mutex(home: Home) -> Iterator[None]:
    """Let one process at a time start or stop the cluster."""
    descriptor = os.open(home.mutex, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _hold_lease(home: Home) -> None:
    if home.data in _leases:
        return
    descriptor = os.open(home.lease, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _leases[home.data] = descriptor
    owner = os.getpid()

    def at_exit() -> None:
        if os.getpid() == owner:  # a forked child shares our lease but must not end it
            leave(home.purpose)

    atexit.register(at_exit)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit_on_signal)  # the default handler would skip atexit


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _initialise(home: Home) -> None:
    """Create the data folder in one rename, so that an interrupted initdb leaves nothing half-made."""
    if (home.data / "PG_VERSION").exists():
        home.refuse_foreign_owner()
        return
    building = home.data.with_name(home.data.name + ".new")
    home.make_own_folder(building)
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if home.major >= 17 else ["--locale=C.UTF-8"]
    sync = ["--no-sync"] if home.purpose == "test" else []
    arguments = ["--username=postgres", "--auth=trust", "--encoding=UTF8", *locale, *sync, "-D", str(building)]
    made = _run(home, "initdb", arguments)
    if made.returncode != 0:
        raise LauncherError(f"initdb failed in {building}:\n{made.stderr or made.stdout}")
    building.rename(home.data)


def _start(home: Home) -> None:
    home.write_configuration()
    deadline = time.monotonic() + START_TIMEOUT_S
    zombie_since: float | None = None
    while True:
        started = _run(home, "pg_ctl", ["start", "-w", "-t", "120", "-l", str(home.log), "-D", str(home.data)])
        if started.returncode == 0 and is_up(home):
            return
        if time.monotonic() > deadline:
            tail = home.log.read_text(errors="replace")[-2000:] if home.log.exists() else ""
            raise LauncherError(f"PostgreSQL did not start in {home.data}:\n{started.stderr}{started.stdout}\n{tail}")
        if _postmaster_is_zombie(home):
            zombie_since = zombie_since or time.monotonic()
            if time.monotonic() - zombie_since > 3:
                _forget_zombie(home)
        time.sleep(0.2)


def _postmaster_is_zombie(home: Home) -> bool:
    """After kill -9 the postmaster stays in the process table until its parent reaps it, and blocks a start."""
    try:
        pid = int(home.pid_file.read_text().split("\n", 1)[0])
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, ValueError, IndexError):
        return False


def _forget_zombie(home: Home) -> None:
    """Replace a dead postmaster's id but keep its shared memory key, which still guards against live backends."""
    lines = home.pid_file.read_text().split("\n")
    lines[0] = str(int(Path("/proc/sys/kernel/pid_max").read_text()) + 1)
    home.pid_file.write_text("\n".join(lines))


def _stop(home: Home) -> None:
    if not home.pid_file.exists():
        return
    _run(home, "pg_ctl", ["stop", "-m", "fast", "-w", "-t", "60", "-D", str(home.data)])


def _create_database(home: Home) -> None:
    import psycopg
    from psycopg import errors, sql

    url = address(home.purpose, "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME]).fetchone()
        if found is None:
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE_NAME)))
            except errors.DuplicateDatabase:
                return


def _run(home: Home, program: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run one of the server's programs as the account that owns the data, from `/` and with a neutral locale."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "LANG": "C"}
    identity = home.identity()
    with home.scratch() as (out, err):  # files, not pipes: pg_ctl's child would keep a pipe open for ever
        done = subprocess.run(
            [str(home.binaries / program), *arguments],
            cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err, check=False, **identity,
        )  # fmt: skip
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())


def main() -> None:
    """Keep the cluster up until SIGTERM or Ctrl-C: the supervisor's `database` part."""
    purpose: Literal["run", "test"] = "test" if "test" in sys.argv[1:] else "run"
    if "stop" in sys.argv[1:]:
        stop(purpose)
        return
    print(f"PostgreSQL: {ensure(purpose)}", flush=True)
    home = postgres_home.locate(purpose)
    try:
        while True:
            time.sleep(0.5)
            if not is_up(home):
                print("PostgreSQL stopped answering; starting it again", flush=True)
                ensure(purpose)
                print("PostgreSQL is back", flush=True)
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
