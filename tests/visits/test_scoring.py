"""The display score: passed points of the points that apply."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.cast import FIVE_DEGREES
from visits import scoring

ITEMS = scoring.scheme(FIVE_DEGREES)
CODES = [str(item["code"]) for item in FIVE_DEGREES]
MIXED = scoring.scheme(
    [
        {
            "code": "tags",
            "kind": "choice",
            "weight": 30,
            "choices": ["all", "most", "none"],
            "pass_at": ["all", "most"],
        },
        {"code": "packs", "kind": "count", "weight": 12.5, "pass_at": 3},
    ]
)


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        ((1, 1, 1, 16, 1), "100.00"),
        ((1, 1, 1, 14, 0), "60.00"),
        ((1, 1, 1, 14, 1), "80.00"),
        ((0, 0, 0, 0, 0), "0.00"),
        ((1, 1, None, 16, None), "100.00"),
        ((1, 0, None, 15, None), "33.33"),
        ((None, None, None, None, None), None),
        ((1,), "20.00"),  # what is left out counts as not passed
    ],
)
def test_the_score_is_the_passed_points_of_those_that_apply(answers: tuple[Any, ...], score: str | None) -> None:
    lines, found = scoring.score(ITEMS, list(zip(CODES, answers, strict=False)))
    assert found == (None if score is None else Decimal(score))
    assert [line.item_code for line in lines] == CODES[: len(answers)]


def test_choices_and_broken_weights_are_scored_to_two_decimals() -> None:
    lines, found = scoring.score(MIXED, [("tags", "most"), ("packs", 2)])
    assert [(line.answer, line.passed, line.points) for line in lines] == [("most", True, 30), ("2", False, 0)]
    assert found == Decimal("70.59")


@pytest.mark.parametrize(
    "items",
    [
        [], {}, None, [1], [{}],
        [{**FIVE_DEGREES[0], "weight": -1}],
        [{**FIVE_DEGREES[0], "weight": True}],
        [{**FIVE_DEGREES[0], "kind": "essay"}],
        [{**FIVE_DEGREES[0], "code": "x" * 33}],
        [FIVE_DEGREES[0], FIVE_DEGREES[0]],
        [{**FIVE_DEGREES[0], "kind": "choice", "choices": ["a"], "pass_at": ["b"]}],
        [{**FIVE_DEGREES[0], "kind": "count", "pass_at": None}],
    ],
)  # fmt: skip
def test_items_that_cannot_be_scored_are_found_out(items: Any) -> None:
    assert scoring.faults(items) != []


def test_items_that_can_be_scored_have_no_faults() -> None:
    assert scoring.faults(FIVE_DEGREES) == []
    assert scoring.faults([{**item, "name": "x"} for item in MIXED.items.values()]) == []


@pytest.mark.parametrize(("code", "answer"), [("tags", "some"), ("tags", 1), ("packs", -1), ("packs", "3"), ("x", 1)])
def test_an_unfit_answer_is_named_by_its_position(code: str, answer: Any) -> None:
    with pytest.raises(scoring.UnfitAnswer) as unfit:
        scoring.score(MIXED, [("packs", 3), (code, answer)])
    assert (unfit.value.position, unfit.value.unknown_item) == (1, code == "x")
