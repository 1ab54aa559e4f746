"""What follows from briefings: which shops know what, open questions, seals; run by the tick after each arrival.

All of it is recomputed from facts, so a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from backend import marks
from backend.marks import Key
from visits import faq, matrix, quiz, sealing

CONSUMER = "briefings"
KINDS = ("visits", quiz.MARK)


def follow() -> int:
    """Takes what visits and quizzes marked; returns the number of keys."""
    return marks.drain(CONSUMER, KINDS, follow_keys)


def follow_keys(keys: Sequence[Key]) -> None:
    """The same for these territories and days, in the caller's transaction."""
    matrix.recompute(keys)
    faq.follow(keys)
    sealing.seal(keys)
