"""Phones push a day's visits while door, web server, task worker and database are killed: nothing is lost or doubled.

    python -m tests.gauntlet.faults [--quick]

Starts a system of its own beside whatever runs, lets demo.phones push every batch 1 to 8 times at once, kills one
process after the other with SIGKILL, waits until everything is worked off, and counts. 0 only if every number is 0.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.gauntlet import reckoning
from tests.gauntlet.system import CHECKOUT, Broken, System

KILLED = ("web_worker", "door", "web_master", "task_worker", "database")
BACK_WITHIN_S = 30  # a part killed in the middle of another's recovery may take longer than its own 10 s
DRAINED_WITHIN_S = 120


@dataclass(frozen=True)
class Size:
    """How many phones push how much, over how many shops, how often each process is killed, and how often one of the
    web server's more."""

    phones: int
    visits: int
    shops: int
    rounds: int
    web_workers: int

    @property
    def kills(self) -> list[str]:
        """In their order; the extra ones lie between the others."""
        found = [f"{name} {round_}" for round_ in range(1, self.rounds + 1) for name in KILLED]
        every = len(found) / max(self.web_workers, 1)
        for number in reversed(range(self.web_workers)):
            found.insert(int(number * every), f"web_worker extra {number + 1}")
        return found


FULL, QUICK = Size(105, 40, 2_000, 2, 198), Size(24, 20, 400, 1, 9)


def main(arguments: list[str] | None = None) -> int:
    """Run it and print the numbers; 1 when one of them is not 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.gauntlet.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="24 phones and 20 visits each, over 400 shops")
    parser.add_argument("--port", type=int, default=8600)
    parser.add_argument("--seed", type=int, default=0, help="0: a fresh one, which is printed")
    given = parser.parse_args(arguments)
    size = QUICK if given.quick else FULL
    seed = given.seed or secrets.randbelow(2**31)
    _say(f"seed {seed}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends it early: what it started ends with it
    base = CHECKOUT / "var" / "gauntlet"
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, prefix="run-") as scratch:
        os.chmod(scratch, 0o755)  # the database's account must reach its folder
        system = System(Path(scratch) / "copy", given.port, size.shops)
        try:
            _say("starting a system of our own ...")
            system.start()
            return 0 if _run(system, size, Path(scratch) / "journals", seed) else 1
        except Broken as broken:
            _say(f"BROKEN: {broken}")
            return 1
        finally:
            system.stop()


def _run(system: System, size: Size, journals: Path, seed: int) -> bool:
    with psycopg.connect(system.database, autocommit=True) as connection:
        [since] = connection.execute("SELECT clock_timestamp()").fetchone() or [None]
    _say(f"{size.phones} phones, {size.visits} visits each, every batch 1 to 8 times at once, at {system.address}")
    phones = _start_phones(system, size, journals, seed)
    recoveries = _kill_in_the_middle(system, size, journals, phones)
    code = phones.wait()
    _say(f"phones ended with {code}")
    with psycopg.connect(system.database, autocommit=True) as connection:
        good = [code == 0, _drained(system, connection), _counted(connection, journals, since, size)]
        good.append(_worked_off(system, connection))
    statuses = Counter(re.findall(r"\bcode=(\d{3})\b", system.log.read_text(errors="replace")))
    _say(f"answers by status: {dict(sorted(statuses.items()))}")
    good += [_line("answers with 500", statuses["500"]), statuses["200"] > 0]
    _say(f"kills {len(recoveries)}, slowest to come back {max(recoveries.values(), default=0):.1f} s")
    return all(good) and len(recoveries) == len(size.kills)


def _start_phones(system: System, size: Size, journals: Path, seed: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "demo.phones", "--url", system.address, "--repeat", "1-8", "--database"]
    numbers = {"--phones": size.phones, "--visits": size.visits, "--shops": size.shops, "--seed": seed}
    for name, number in numbers.items():
        command += [name, str(number)]
    environment = {**os.environ, "DATABASE_URL": system.database}
    return subprocess.Popen([*command, "--journal", str(journals)], cwd=system.folder, env=environment)


def _kill_in_the_middle(
    system: System, size: Size, journals: Path, phones: subprocess.Popen[bytes]
) -> dict[str, float]:
    """Each process once a round, spread evenly over the visits that have been acknowledged so far."""
    recoveries = {}
    kills = size.kills
    whole = size.phones * size.visits
    for number, kill in enumerate(kills, start=1):
        at = whole * number // (len(kills) + 1)
        while phones.poll() is None and reckoning.acknowledged(journals) < at:
            time.sleep(0.3)
        if phones.poll() is not None:
            _say("the phones were done before every process was killed")
            break
        pid = system.kill(kill.split()[0])
        recoveries[kill] = system.wait(system.answers, BACK_WITHIN_S, f"not back after the kill of {kill}")
        _say(f"killed {kill} (process {pid}) at {at} acknowledged; answers again after {recoveries[kill]:.1f} s")
    return recoveries


def _drained(system: System, connection: Any) -> bool:
    with connection.cursor() as cursor:
        try:
            took = system.wait(
                lambda: reckoning.waiting(cursor) == 0, DRAINED_WITHIN_S, "marks or outbox did not drain"
            )
        except Broken:
            _say(f"left: {reckoning.left(cursor)}")
            raise
        _say(f"marks and outbox drained after {took:.1f} s")
        return _line("outbox items given up", reckoning.parked(cursor))


def _counted(connection: Any, journals: Path, since: Any, size: Size) -> bool:
    with connection.cursor() as cursor:
        found = reckoning.count(cursor, journals, since)
        _say(str(found))
        good = [_line(name, number) for name, number in reckoning.halves(cursor, since).items()]
    missed = reckoning.unnoticed(connection, lambda c: reckoning.count(c, journals, since), since)
    good.append(_line("planted defects that went unnoticed", len(missed)))
    return found.is_clean and found.made == size.phones * size.visits and all(good)


def _worked_off(system: System, connection: Any) -> bool:
    """The roll-ups that the drains left are those that a rebuild from the facts makes."""
    with connection.cursor() as cursor:
        drained = reckoning.rollups(cursor)
        system.manage("rebuild_rollups")
        rebuilt = reckoning.rollups(cursor)
    different = [table for table in drained if drained[table] != rebuilt[table]]
    return _line("roll-up tables that a rebuild changes", len(different)) and drained["market_unitmonth"][0] > 0


def _line(what: str, number: int) -> bool:
    _say(f"{what}: {number}{'' if number == 0 else '   <-- must be 0'}")
    return number == 0


def _say(text: str) -> None:
    print(f"gauntlet | {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
