"""Plants defects and shows that the tests which guard against them notice: `python -m tests.gauntlet.planted`.

A zero means nothing if a planted fault also gives zero. Each guard runs clean (0 failures) and with its defect (more).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Plant:
    """A defect of tests/gauntlet/planting.py and the tests that must notice it."""

    name: str
    words: str
    guards: tuple[str, ...]


PLANTS = (
    Plant(
        "unique",
        "unique dropped",
        (
            "tests/visits/test_parallel.py::test_twenty_parallel_replays_are_one_row",
            "tests/backend/http/test_races.py::test_a_visit_pushed_twenty_times_at_once_is_one_row_with_one_receipt",
        ),
    ),
    Plant(
        "photo",
        "photo visible before its hash",
        ("tests/photos/test_tus.py::test_a_whole_photo_with_another_hash_is_thrown_away_and_begins_again",),
    ),
    Plant(
        "scope",
        "sync feed without scope",
        (
            "tests/sync/test_feeds_scope.py::test_another_county_pulls_nothing_of_it",
            "tests/sync/test_feeds_scope.py::test_a_shop_that_moves_leaves_one_phone_and_comes_to_the_other",
        ),
    ),
    Plant(
        "checkpoint",
        "checkpoint by time",
        ("tests/sync/test_traps.py::test_4_what_commits_late_is_never_numbered_below_what_was_served",),
    ),
)


def main() -> int:
    """Each defect in turn; 1 when one went unnoticed, or a guard fails without it."""
    missed = 0
    for plant in PLANTS:
        (clean, _), (broken, why) = failures(plant, planted=False), failures(plant, planted=True)
        noticed = clean == 0 and broken > 0
        missed += not noticed
        word = "" if noticed else "   <-- must be 0 without and more with"
        print(f"planted | {plant.words}: failures {clean} without, {broken} with ({why}){word}", flush=True)
    print(f"planted | defects that went unnoticed: {missed}")
    return 1 if missed else 0


def failures(plant: Plant, *, planted: bool) -> tuple[int, str]:
    """How many guards fail, or end in an error, and how the first one does."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "--no-header"]
    command += ["-p", "tests.gauntlet.planting"] if planted else []
    environment = {**os.environ, "PLANT": plant.name}
    done = subprocess.run(
        [*command, *plant.guards], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    counts = re.findall(r"(\d+) (failed|error)", done.stdout)
    ran = re.search(r"\d+ (passed|failed|error)", done.stdout)
    if ran is None:
        raise SystemExit(f"the guards of {plant.name} did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    why = re.search(r"^E +(.+)$", done.stdout, re.MULTILINE)
    return sum(int(number) for number, _ in counts), why[1][:120] if why else ""


if __name__ == "__main__":
    sys.exit(main())
