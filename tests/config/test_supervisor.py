"""The supervisor: one at a time, crashed parts come back later and later, nothing outlives it."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
from pathlib import Path

import pytest

from config import run
from tests.config import launcher

CRASHING = """
import sys, time
from pathlib import Path
from config.parts import Part
from config.supervisor import Supervisor
supervisor = Supervisor(Path("run.log"))
supervisor.add(Part("short", [sys.executable, "-c", "print('hello'); raise SystemExit(3)"]))
starts = lambda: Path("run.log").read_text().count("hello")
assert supervisor.wait_until(lambda: starts() == 2, 30)
supervisor.stop()
"""
LONG = """
import sys
from pathlib import Path
from config.parts import Part
from config.supervisor import Supervisor
supervisor = Supervisor(Path("run.log"))
supervisor.add(Part("long", [sys.executable, "-c", "import os, time; print(os.getpid()); time.sleep(600)"]))
supervisor.forever()
supervisor.stop()
print("all stopped", flush=True)
"""
TOGETHER = """
import sys
from pathlib import Path
from config.parts import Part
from config.supervisor import Supervisor
# Each waits for a file that the other makes: one after the other, the first would never end.
MEET = '''
import sys, time
from pathlib import Path
mine, other, code = sys.argv[1:]
Path(mine).touch()
until = time.monotonic() + 20
while not Path(other).exists():
    if time.monotonic() > until:
        raise SystemExit(9)
print("met", mine)
raise SystemExit(int(code))
'''
supervisor = Supervisor(Path("run.log"))
met = [sys.executable, "-c", MEET]
steps = [Part("data", [*met, "a", "b", "0"]), Part("pages", [*met, "b", "a", "4"])]
ended = []
assert supervisor.run_together(steps, ended.append) == [0, 4]
assert sorted(ended) == ["data", "pages"]
"""


def test_a_second_run_says_where_the_first_one_answers(tmp_path: Path) -> None:
    lock = run.claim(tmp_path / "run.lock")
    run.record(lock, "http://127.0.0.1:8003")
    with pytest.raises(run.AlreadyRunning) as refused:
        run.claim(tmp_path / "run.lock")
    assert (refused.value.address, refused.value.pid) == ("http://127.0.0.1:8003", os.getpid())
    assert json.loads((tmp_path / "run.lock").read_text())["address"] == "http://127.0.0.1:8003"
    lock.close()
    run.claim(tmp_path / "run.lock").close()


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < run.free_port("127.0.0.1", port) <= port + run.TRIED_PORTS


def test_a_crashed_part_starts_again_after_a_growing_delay(tmp_path: Path) -> None:
    checkout = launcher.make_checkout(tmp_path)
    launcher.run(checkout, CRASHING)
    lines = [line.split(" | ")[1] for line in (checkout / "run.log").read_text().splitlines()]
    assert lines[:3] == ["hello", "ended with code 3; starts again in 1 s", "hello"]
    assert lines[3:] in ([], ["ended with code 3; starts again in 2 s"])


def test_what_prepares_runs_side_by_side_and_each_tells_how_it_ended(tmp_path: Path) -> None:
    checkout = launcher.make_checkout(tmp_path)
    launcher.run(checkout, TOGETHER)
    told = (checkout / "run.log").read_text().splitlines()
    assert sorted(line.split(" ", 2)[2] for line in told) == ["data     | met a", "pages    | met b"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_part_outlives_its_supervisor(tmp_path: Path, number: signal.Signals) -> None:
    checkout = launcher.make_checkout(tmp_path)
    supervisor = launcher.start(checkout, LONG)
    part = int(launcher.line(supervisor).rpartition("| ")[2])
    watch = os.pidfd_open(part)
    supervisor.send_signal(number)
    out, _ = supervisor.communicate(timeout=30)
    assert ("all stopped" in out) is (number == signal.SIGTERM)
    assert select.select([watch], [], [], 10)[0] == [watch]  # readable once the part has ended
    os.close(watch)


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    file = run.claim(tmp_path / "run.lock")
    file.close()
    with (tmp_path / "run.lock").open() as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
