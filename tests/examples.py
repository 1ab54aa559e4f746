"""How many examples property tests draw: few in `make test`, many where THOROUGH is set (.ci/run on PostgreSQL 15,
`make gauntlet`).

Asked by @settings and the seeds of slow ones, and by the walks for what they ask of more than one.
"""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("THOROUGH"))


def examples(few: int, *, thorough: int) -> int:
    """`few` keeps `make test` quick: each run draws other ones, in CI always the same. THOROUGH=1 draws `thorough`."""
    return thorough if THOROUGH else few
