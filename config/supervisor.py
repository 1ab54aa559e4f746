"""Keep the parts of the system alive as one process tree with one log; driven by config.run."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from config.parts import Part

LONGEST_DELAY_S = 30.0
STEADY_S = 30.0  # a part that ran this long starts its back-off anew
GRACE_S = 15.0
ASK_EVERY_S = 0.25
LOG_LIMIT_BYTES = 20_000_000


@dataclass
class _Running:
    part: Part
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    next_start: float = 0.0
    rest: bytes = b""


class Stopped(Exception):
    """Somebody asked the system to stop while it was starting."""


class Supervisor:
    """Starts parts, prints their lines behind their names, restarts what crashed, stops all in order."""

    def __init__(self, log: Path) -> None:
        """Open the log (the last one is kept as run.log.1 when it grew large) and catch the stopping signals."""
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_name(log.name + ".1"))
        self._log: IO[str] = log.open("a", encoding="utf-8")
        self._selector = selectors.DefaultSelector()
        self._parts: dict[str, _Running] = {}
        self.stopping = False
        self._impatient = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def say(self, text: str, name: str = "run") -> None:
        """Write one line, or several, to the terminal and the log."""
        for line in text.splitlines() or [""]:
            shown = f"{name:<8} | {line}"
            self._log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {shown}\n")
            try:
                print(shown, flush=True)
            except OSError:
                sys.stdout = open(os.devnull, "w")  # noqa: SIM115  the terminal went away; the log remains
        self._log.flush()

    def add(self, part: Part) -> None:
        """Start a part and keep it alive from now on."""
        running = _Running(part)
        self._parts[part.name] = running
        self._start(running)

    def run_together(self, steps: Sequence[Part], ended: Callable[[str], None] = lambda name: None) -> list[int]:
        """Run steps side by side to their ends, showing their lines, and tell of each one that has ended; return their
        exit codes in order. Raises `Stopped` when told to stop."""
        processes = {step.name: step.start() for step in steps}
        running = [_Running(step, process=processes[step.name]) for step in steps]
        told: set[str] = set()
        for one in running:
            self._listen(one)
        while len(told) < len(processes):
            self.turn()
            if self.stopping:
                for process in processes.values():
                    _signal_group(process, signal.SIGTERM)
                for process in processes.values():
                    process.wait(GRACE_S)
                raise Stopped
            for name, process in processes.items():
                if name not in told and process.poll() is not None:
                    told.add(name)
                    ended(name)
        for one in running:
            self._drain(one)
        return [process.returncode for process in processes.values()]

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> bool:
        """Supervise until `ready()` holds; False when it did not in time. Raises `Stopped` when told to stop."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            asked_again_at = time.monotonic() + ASK_EVERY_S
            while time.monotonic() < asked_again_at:
                self.turn()
            if self.stopping:
                raise Stopped
            if time.monotonic() > deadline:
                return False
        return True

    def forever(self) -> None:
        """Supervise until Ctrl-C, SIGTERM or the closing of the terminal."""
        while not self.stopping:
            self.turn()

    def turn(self) -> None:
        """Show what the parts wrote in the next tenth of a second; start again what has ended and waited enough."""
        for key, _ in self._selector.select(0.1):
            self._read(key.data)
        for running in self._parts.values():
            process = running.process
            if process is not None and process.poll() is not None:
                self._bury(running, process)
            if running.process is None and not self.stopping and time.monotonic() >= running.next_start:
                self._start(running)

    def stop(self) -> None:
        """End every part, those that others depend on last; kill what does not end in time."""
        self.stopping = True
        for order in sorted({r.part.stop_order for r in self._parts.values()}):
            group = [r for r in self._parts.values() if r.part.stop_order == order and r.process is not None]
            for running in group:
                assert running.process is not None
                running.process.terminate()
            deadline = time.monotonic() + GRACE_S
            while any(r.process is not None for r in group) and time.monotonic() < deadline and not self._impatient:
                self.turn()
            for running in group:
                if running.process is not None:
                    self.say("did not end in time and is killed", running.part.name)
                    _signal_group(running.process, signal.SIGKILL)
                    running.process.wait()
                    self._drain(running)

    def _start(self, running: _Running) -> None:
        running.process = running.part.start()
        running.started = time.monotonic()
        self._listen(running)

    def _listen(self, running: _Running) -> None:
        assert running.process is not None
        assert running.process.stdout is not None
        os.set_blocking(running.process.stdout.fileno(), False)
        self._selector.register(running.process.stdout, selectors.EVENT_READ, running)

    def _bury(self, running: _Running, process: subprocess.Popen[bytes]) -> None:
        """Sweep up after an ended process and set the time of its next start."""
        _signal_group(process, signal.SIGKILL)  # children that outlived it
        self._drain(running)
        running.process = None
        if self.stopping:
            return
        lived_s = time.monotonic() - running.started
        running.failures = 0 if lived_s > STEADY_S else running.failures + 1
        delay_s = min(0.5 * 2**running.failures, LONGEST_DELAY_S)
        running.next_start = time.monotonic() + delay_s
        self.say(f"ended with code {process.returncode}; starts again in {delay_s:g} s", running.part.name)

    def _read(self, running: _Running) -> bool:
        assert running.process is not None
        assert running.process.stdout is not None
        try:
            block = os.read(running.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        *lines, running.rest = (running.rest + block).split(b"\n")
        for line in lines:
            self.say(line.decode("utf-8", "replace"), running.part.name)
        if not block:
            self._selector.unregister(running.process.stdout)
            running.process.stdout.close()
        return bool(block)

    def _drain(self, running: _Running) -> None:
        """Show the last lines of an ended process."""
        assert running.process is not None
        stdout = running.process.stdout
        while stdout is not None and not stdout.closed and self._read(running):
            pass
        if running.rest:
            self.say(running.rest.decode("utf-8", "replace"), running.part.name)
            running.rest = b""
        if stdout is not None and not stdout.closed:
            self._selector.unregister(stdout)
            stdout.close()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._impatient = self.stopping
        self.stopping = True


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
