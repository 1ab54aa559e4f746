"""Whether a briefing may stand, and what the shop's answers come to; called by visits/judging.py for each visit.

Pure: what is stored comes with the batch (visits/references.py). Rules: docs/method.md, "Policies".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from backend.errors import FieldError, Problem, register
from visits import quiz
from visits.quiz import Question
from visits.storing import BriefingRow
from visits.wire import Briefing

register(
    "briefing_not_open",
    422,
    ("您在走访开始时尚未通过该政策的测验", "You had not passed the policy's quiz when the visit began"),
    (
        "先阅读并通过测验，方可向零售户宣讲；记录已留存，通过时间早于走访的测验一到即自动入库。",
        "Read it and pass its quiz before you brief it. The record is kept, and stands by itself once a quiz arrives "
        "that was passed before the visit.",
    ),
)
register(
    "policy_recalled",
    422,
    ("走访开始时该政策已撤回", "The policy had been recalled when the visit began"),
    (
        "已撤回的政策不再宣讲；记录已留存待处理。",
        "What was recalled is not told any more. The record is kept for somebody.",
    ),
)

ASKED_AT_LEAST = 2  # questions that are held against the shop, answered or not
RIGHT_OF_THREE = 2
UNDERSTOOD = 4  # of five levels: understands it well


@dataclass(frozen=True)
class Briefable:
    """A released version: its unit, since when nobody may tell it, since when the author may, what a shop is asked."""

    unit_id: int
    recalled_at: datetime | None = None
    is_gated: bool = False
    passed_at: datetime | None = None
    shop_quiz: list[Question] = field(default_factory=list)


def briefable(unit_id: int, stored: Mapping[str, Any]) -> Briefable:
    """As the query of visits/references.py gives it."""
    return Briefable(
        unit_id, _moment(stored["recalled_at"]), stored["is_gated"], _moment(stored["passed_at"]), stored["shop_quiz"]
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def rows(told: list[Briefing], known: Mapping[int, Briefable], started_at: datetime) -> list[Briefing]:
    """The briefings of a visit that began at this (corrected) time, each with what its answers come to.

    Problems: policy_recalled, briefing_not_open, invalid for answers to what the version does not ask.
    """
    _gate(told, known, started_at)
    return [_graded(briefing, known[briefing.policy_version_id], n) for n, briefing in enumerate(told)]


def _gate(told: list[Briefing], known: Mapping[int, Briefable], started_at: datetime) -> None:
    for code, is_shut in (("policy_recalled", _recalled), ("briefing_not_open", _not_open)):
        errors = [
            FieldError(code, pointer=f"/briefings/{n}/policy_version_id")
            for n, briefing in enumerate(told)
            if is_shut(known[briefing.policy_version_id], started_at)
        ]
        if errors:
            raise Problem(code, errors=errors)


def _recalled(version: Briefable, at: datetime) -> bool:
    return version.recalled_at is not None and at >= version.recalled_at


def _not_open(version: Briefable, at: datetime) -> bool:
    return version.is_gated and (version.passed_at is None or version.passed_at > at)


def _graded(briefing: Briefing, version: Briefable, position: int) -> Briefing:
    passed = outcome(briefing, version, position)
    return (
        briefing
        if passed is None
        else msgspec.convert(msgspec.structs.asdict(briefing) | {"passed": passed}, BriefingRow)
    )


def outcome(briefing: Briefing, version: Briefable, position: int = 0) -> bool | None:
    """Whether the shop has understood; None: nothing proves either.

    By its answers: two right of three, of at least two asked (what was left out up to two is wrong). Else by its
    signature, unless the level told is below the middle. Else, where the version asks nothing, by the level: 4 or 5.
    """
    if briefing.answers:
        given = [(answer.question, answer.choice) for answer in briefing.answers]
        right = sum(quiz.judged(version.shop_quiz, given, f"/briefings/{position}/answers"))
        held = max(len(given), min(ASKED_AT_LEAST, len(version.shop_quiz)))
        return 3 * right >= RIGHT_OF_THREE * held
    if briefing.signature is not None:
        return briefing.understanding is None or briefing.understanding > 2
    if version.shop_quiz or briefing.understanding is None:
        return None
    return briefing.understanding >= UNDERSTOOD
