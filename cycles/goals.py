"""When a goal is worth a second look: far above the best that was ever reached. Asked by proposals.py and actions.py.

A goal is a number and a date. Over 1.5 times the best of the last 12 months it warns; it is never refused, because a
new road or a closed neighbour may justify it (docs/method.md, "Goals").
"""

from __future__ import annotations

from decimal import Decimal

from backend.parameters import Declared, declare
from cycles.models import Goal

AMBITIOUS = "cycles.goal_warns_over_best"

declare(
    Declared(
        AMBITIOUS,
        float,
        1.5,
        "目标超过近 12 个月最好值的倍数时提示",
        "a goal over so many times the best of the last 12 months warns",
        "our proposal; docs/method.md",
    )
)


def is_ambitious(goal: str, target: Decimal, best: Decimal | None, times: float) -> bool:
    """Whether the target is beyond so many times the best that is known. Pure. A goal "at most" never is."""
    return goal == Goal.AT_LEAST and best is not None and best > 0 and target > best * Decimal(str(times))
