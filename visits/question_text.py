"""Questions of a policy as an editor types them, a paragraph each; visits/policy_form.py reads and shows them so.

The first line asks, each further line is a choice, and the right one begins with a star. English stands behind a bar:

    档位多久重评一次？ | How often are tiers reviewed?
    每月 | every month
    * 每季度 | every quarter
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from visits.quiz import LONGEST_CHOICE, LONGEST_QUESTION, MOST_CHOICES, Question

RIGHT, ENGLISH = ("*", "＊"), re.compile(r"\s*[|｜]\s*")
FEWEST_CHOICES = 2


class Unreadable(Exception):
    """A paragraph that is no question: its number, counted from 1, and what is wrong (a key of policy_form.FAULTS)."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(what)
        self.number, self.what = number, what


def written(questions: Sequence[Question]) -> str:
    """The questions as text, which `read` turns back into the same questions. Pure."""
    return "\n\n".join("\n".join(_lines(question)) for question in questions)


def read(text: str) -> list[dict[str, Any]]:
    """The questions that the text holds; Unreadable for the first paragraph that is none. Pure."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if part]
    return [_question(number, part.split("\n")) for number, part in enumerate(paragraphs, 1)]


def _lines(question: Mapping[str, Any]) -> list[str]:
    english = question.get("choices_en") or [""] * len(question["choices"])
    choices = [_both(*pair) for pair in zip(question["choices"], english, strict=True)]
    marked = [f"{RIGHT[0]} {line}" if n == question["right"] else line for n, line in enumerate(choices)]
    return [_both(question["question"], question.get("question_en", "")), *marked]


def _both(words: str, english: str) -> str:
    return f"{words} | {english}" if english else words


def _question(number: int, lines: Sequence[str]) -> dict[str, Any]:
    asked, *told = (line.strip() for line in lines)
    marked = [n for n, line in enumerate(told) if line.startswith(RIGHT)]
    pairs = [_halves(line.lstrip("".join(RIGHT)).strip()) for line in told]
    if not FEWEST_CHOICES <= len(pairs) <= MOST_CHOICES:
        raise Unreadable(number, "choices")
    if len(marked) != 1:
        raise Unreadable(number, "right")
    words, words_en = _halves(asked)
    choices, choices_en = [one for one, _ in pairs], [one for _, one in pairs]
    _check_lengths(number, (words, words_en), (*choices, *choices_en))
    if not words or not all(choices) or (any(choices_en) and not all(choices_en)):
        raise Unreadable(number, "empty")
    found: dict[str, Any] = {"question": words, "choices": choices, "right": marked[0]}
    found |= {"question_en": words_en} if words_en else {}
    return found | ({"choices_en": choices_en} if any(choices_en) else {})


def _halves(line: str) -> tuple[str, str]:
    first, *rest = ENGLISH.split(line, maxsplit=1)
    return first, rest[0] if rest else ""


def _check_lengths(number: int, asked: Sequence[str], told: Sequence[str]) -> None:
    if max(map(len, asked)) > LONGEST_QUESTION or max(map(len, told)) > LONGEST_CHOICE:
        raise Unreadable(number, "long")
