"""How many examples property tests draw: few in `make test`, many where CI is set; asked by @settings of slow ones."""

from __future__ import annotations

import os


def examples(few: int, *, thorough: int) -> int:
    """`few` keeps `make test` quick: each run draws other ones. CI draws `thorough`, always the same."""
    return thorough if os.environ.get("CI") else few
