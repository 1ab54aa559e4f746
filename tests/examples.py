"""How many examples property tests draw: few in `make test`, many where THOROUGH is set (.ci/run on PostgreSQL 15 and
over every route, `make gauntlet`).

Asked by @settings and the seeds of slow ones, and by the walks for what they ask of more than one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

THOROUGH = bool(os.environ.get("THOROUGH"))


def examples(few: int, *, thorough: int) -> int:
    """`few` keeps `make test` quick: each run draws other ones, in CI always the same. THOROUGH=1 draws `thorough`."""
    return thorough if THOROUGH else few


def by_turns(of: Sequence[str], few: int, turn: int) -> Sequence[str]:
    """`few` of them, of neighbouring turns not the same; all of them where THOROUGH=1."""
    if THOROUGH or len(of) <= few:
        return of
    return [of[(turn * few + n) % len(of)] for n in range(few)]
