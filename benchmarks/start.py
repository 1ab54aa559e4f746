"""How long `make run` takes in a fresh clone, the first time and later; by hand: `python benchmarks/start.py`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
READY = re.compile(r"ready after (\d+) s")
GOALS_S = {"first": 90.0, "later": 10.0}


def start_once(clone: Path) -> float:
    """Start the system in a clone with this environment's packages, stop it when it is ready; return the seconds."""
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "BROKER_URL"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.run"], cwd=clone, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            print(line, end="")
            if found := READY.search(line):
                return float(found[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        process.wait(60)
    raise SystemExit("the system did not become ready")


def main() -> None:
    """Measure a first and a later start and print one line for each."""
    top = Path(tempfile.mkdtemp(prefix="field135 start "))
    top.chmod(0o755)
    clone = top / "clone"
    try:
        subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(clone)], check=True)
        taken = {"first": start_once(clone), "later": start_once(clone)}
    finally:
        subprocess.run([sys.executable, "-m", "config.clean"], cwd=clone, check=False)
        shutil.rmtree(top)
    for name, seconds in taken.items():
        ratio = seconds / GOALS_S[name]
        print(f"start_{name}: {seconds:.0f} s, at most {GOALS_S[name]:.0f} s")
        print(f"start_{name} ratio={ratio:.2f} goal=1.00 {'pass' if ratio <= 1 else 'short'}")


if __name__ == "__main__":
    main()
