"""Growth held against that of others, in whole numbers: exact in SQL, for the rules that compare (docs/method.md).

With growth g = now / before - 1 of the subject and b of its peers, the subject falls behind when g / b is below the
limit (where the peers grew), or (1 + g) / (1 + b) is (where they did not: a ratio of g says nothing there), and the gap
b - g is at least so many points. Multiplied out, so that nothing is rounded and no division can fail.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """SQL of two quantities of one subject: of the newest window and of the one before."""

    now: str
    before: str

    @property
    def percent(self) -> str:
        """SQL of the growth in per cent, one decimal; null on a base of zero."""
        return f"round(100 * (({self.now})::numeric - ({self.before})) / nullif(({self.before})::numeric, 0), 1)"


def falls_behind(own: Pair, peers: Pair, *, limit: str, gap: str) -> str:
    """SQL that holds when the subject falls behind its peers; `limit` and `gap` (0.05 = 5 points) are SQL of numbers.

    False or null, never an error, where a base is zero or negative, or the peers sell nothing now.
    """
    a, b, p, q = _numeric(own, peers)
    return f"""({b} > 0 AND {q} > 0 AND {p} > 0
    AND {p} * {b} - {a} * {q} >= ({gap})::numeric * {b} * {q}
    AND CASE WHEN {p} > {q} THEN ({a} - {b}) * {q} < ({limit})::numeric * ({p} - {q}) * {b}
        ELSE {a} * {q} < ({limit})::numeric * {p} * {b} END)"""


def ratio(own: Pair, peers: Pair) -> str:
    """SQL of the ratio that `falls_behind` holds against the limit, two decimals; null where it has none."""
    a, b, p, q = _numeric(own, peers)
    return f"""round(CASE WHEN {p} > {q} THEN ({a} - {b}) * {q} / nullif(({p} - {q}) * {b}, 0)
    ELSE {a} * {q} / nullif({p} * {b}, 0) END, 2)"""


def _numeric(own: Pair, peers: Pair) -> tuple[str, ...]:
    return tuple(f"({quantity})::numeric" for quantity in (own.now, own.before, peers.now, peers.before))
