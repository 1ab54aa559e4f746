"""The budget of queries of every GET, kept as data; `python -m tests.query_budgets` measures and writes it anew.

The file holds route -> reader -> number of queries; tests/architecture/test_query_budgets.py holds every route to it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("query_budgets.json")
ACCEPT = "ACCEPT_QUERY_BUDGETS"  # set: what is measured becomes the budget

Counts = dict[str, dict[str, int]]  # route -> reader -> queries


def budgets() -> Counts:
    """What the file allows."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def accept(found: Counts) -> None:
    """Makes these counts the budget, when that was asked for."""
    if os.environ.get(ACCEPT):
        FILE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    os.environ[ACCEPT] = "1"
    sys.exit(pytest.main(["-q", "-n", "0", "tests/architecture/test_query_budgets.py"]))
