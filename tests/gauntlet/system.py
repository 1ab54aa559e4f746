"""A whole system of the gauntlet's own: a copy of the checkout, started by config.run, with its processes by name.

Nothing else on the machine is touched: a process is killed only when it descends from the supervisor that was started
here, or is the postmaster of the copy's own data folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

CHECKOUT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = ("var", ".*", "__pycache__", "node_modules", "*.egg-info")
STARTS_WITHIN_S = 600


class Broken(Exception):
    """The system under test did not start, or did not come back."""


@dataclass
class System:
    """One running copy; `folder` is removed at the end."""

    folder: Path
    port: int
    shops: int
    process: subprocess.Popen[bytes] | None = None
    address: str = ""
    database: str = ""
    _log: IO[bytes] | None = field(default=None, repr=False)

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """The demo is loaded and the web server answers. Broken when it does not in ten minutes."""
        shutil.copytree(CHECKOUT, self.folder, ignore=shutil.ignore_patterns(*LEFT_OUT), dirs_exist_ok=True)
        for arguments in (["migrate", "-v", "0"], ["load_demo", "--shops", str(self.shops)]):
            self._manage(*arguments)
        self._log = self.log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.run"],
            cwd=self.folder,
            env={**_environment(), "PORT": str(self.port)},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.wait(self._is_up, STARTS_WITHIN_S, "the system did not start")
        self.database = self._python("from config import postgres; print(postgres.address())")

    def stop(self) -> None:
        """Everything has ended and nothing of it is left on the disk."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if self.folder.exists():
            subprocess.run([sys.executable, "-m", "config.clean"], cwd=self.folder, env=_environment(), check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def log(self) -> Path:
        """What the supervisor and its parts said."""
        return self.folder / "run.out"

    def answers(self) -> bool:
        """Whether web server, database and broker are all there."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def wait(self, holds: Callable[[], bool], within_s: float, otherwise: str) -> float:
        """Seconds until something holds; Broken with the log's end when it does not in time."""
        began = time.monotonic()
        while not holds():
            if self.process is not None and self.process.poll() is not None:
                raise Broken(f"the supervisor ended with {self.process.returncode}\n{self._tail()}")
            if time.monotonic() - began > within_s:
                raise Broken(f"{otherwise}\n{self._tail()}")
            time.sleep(0.1)
        return time.monotonic() - began

    # -- processes -----------------------------------------------------------------------------------------------------

    def kill(self, name: str) -> int:
        """SIGKILL for one process: door, web worker, web master, task worker or database. Its id."""
        chosen = getattr(self, f"_{name}")()
        os.kill(chosen, signal.SIGKILL)
        return int(chosen)

    def _door(self) -> int:
        return self._child("backend.door")

    def _web_master(self) -> int:
        return self._child("gunicorn")

    def _web_worker(self) -> int:
        return _children(self._web_master())[0]

    def _task_worker(self) -> int:
        return self._child("worker", "celery")

    def _database(self) -> int:
        """By the copy's own lock file, and only if that process runs on the copy's own data."""
        lock = Path(self._python("from config import postgres_home; print(postgres_home.locate('run').pid_file)"))
        pid = int(lock.read_text().split("\n", 1)[0])
        if str(lock.parent) not in _command(pid):
            raise Broken(f"{pid} is not the postmaster of {lock.parent}")
        return pid

    def _child(self, *words: str) -> int:
        assert self.process is not None
        for pid in _children(self.process.pid):
            if all(word in _command(pid) for word in words):
                return pid
        raise Broken(f"no part {words} below {self.process.pid}")

    # ------------------------------------------------------------------------------------------------------------------

    def _is_up(self) -> bool:
        try:
            self.address = json.loads((self.folder / "var" / "run.lock").read_text())["address"]
        except (OSError, ValueError, KeyError):
            return False
        return self.answers()

    def _manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=self.folder, env=_environment(), check=True)

    def manage(self, *arguments: str) -> None:
        """A management command against the running system."""
        self._manage(*arguments)

    def _python(self, code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=self.folder, env=_environment(), check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-3_000:] if self.log.exists() else ""


def _environment() -> dict[str, Any]:
    """Ours without what would lead to another database or broker."""
    left_out = {"DATABASE_URL", "BROKER_URL", "PORT", "HOST", "DJANGO_SETTINGS_MODULE", "DEMO"}
    return {name: value for name, value in os.environ.items() if name not in left_out}


def _children(pid: int) -> list[int]:
    """Processes whose parent it is, oldest first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append((int(fields[19]), int(folder.name)))
    return [child for _, child in sorted(found)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
