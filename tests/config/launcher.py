"""A throw-away checkout with the launcher only, and a way to run it as a process of its own; for tests/config."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONFIG = Path(__file__).resolve().parent.parent.parent / "config"

USE_UNTIL_TOLD = """
import sys
from config import postgres, postgres_home
url = postgres.ensure("test")
print(postgres_home.locate("test").pid_file.read_text().split()[0], flush=True)
sys.stdin.readline()
"""


def make_checkout(folder: Path) -> Path:
    """Copy the launcher's modules into `folder`/config."""
    target = folder / "config"
    target.mkdir(parents=True)
    for name in ("__init__.py", "postgres.py", "postgres_home.py", "parts.py", "supervisor.py"):
        shutil.copy(CONFIG / name, target / name)
    return folder


def start(checkout: Path, script: str) -> subprocess.Popen[str]:
    """Start a Python process with that checkout as its own."""
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"PYTHONPATH": str(checkout)}
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=checkout,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run(checkout: Path, script: str) -> str:
    """Run a script to its end and return what it printed; fails when it fails."""
    process = start(checkout, script)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    return out.strip()


def line(process: subprocess.Popen[str]) -> str:
    """Wait for the next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def let_go(process: subprocess.Popen[str]) -> None:
    """Tell a process to end by itself and wait for it."""
    process.communicate("\n", timeout=60)
    assert process.returncode == 0
