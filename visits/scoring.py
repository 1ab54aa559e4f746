"""The display score: answers held against a template version's items. Pure; called by visits/intake.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec import Struct

TWO_PLACES = Decimal("0.01")


class Line(Struct, omit_defaults=True):
    """One answered item: `passed` None = not applicable, and then it counts neither way.

    `passed` and `points` are as found; what was put right on the spot is `fixed`, with its photos.
    """

    item_code: str
    answer: str
    passed: bool | None
    points: int | float
    products: list[int] | None = None
    fixed: bool = False
    before: UUID | None = None
    after: UUID | None = None


class UnfitAnswer(ValueError):
    """An answer that its item does not take. `position` from 0; `unknown_item`: the template has no such item."""

    def __init__(self, position: int, *, unknown_item: bool = False) -> None:
        super().__init__(position)
        self.position = position
        self.unknown_item = unknown_item


class Scheme(Struct, frozen=True):
    """A template's items by code, and the points of all of them."""

    items: Mapping[str, Mapping[str, Any]]
    points: int | float


def scheme(items: Sequence[Mapping[str, Any]]) -> Scheme:
    """The items of a version in the form that `score` takes."""
    return Scheme({item["code"]: item for item in items}, sum(item["weight"] for item in items))


KINDS = ("yes_no", "count", "choice")


def faults(items: Any) -> list[str]:
    """What is wrong with the items of a template version, for those who write one; empty when it can be scored."""
    if not isinstance(items, list) or not items:
        return ["items"]
    found = [f"items[{n}]" for n, item in enumerate(items) if not isinstance(item, dict) or not _sound(item)]
    codes = [item.get("code") for item in items if isinstance(item, dict)]
    return found or (["code"] if len(set(codes)) != len(codes) else [])


def _sound(item: Mapping[str, Any]) -> bool:
    weight, kind, pass_at = item.get("weight"), item.get("kind"), item.get("pass_at")
    named = all(isinstance(item.get(key), str) and item[key] for key in ("code", "name")) and len(item["code"]) <= 32
    weighed = isinstance(weight, int | float) and not isinstance(weight, bool) and 0 <= weight <= 100
    if not named or not weighed or kind not in KINDS:
        return False
    if kind == "choice":
        choices = item.get("choices")
        if not isinstance(choices, list) or not isinstance(pass_at, list):
            return False
        return all(map(_short, choices)) and all(choice in choices for choice in pass_at)
    return isinstance(pass_at, int) or kind == "yes_no"


def _short(choice: Any) -> bool:
    return isinstance(choice, str) and 0 < len(choice) <= 80


def score(scheme: Scheme, answers: Sequence[tuple[str, Any]]) -> tuple[list[Line], Decimal | None]:
    """Lines in the order of the answers, and 100 x points / points of the applicable items, two decimals.

    An item answered null is not applicable and leaves both sums; one left out counts as not passed, so that leaving out
    never helps. None when nothing was applicable. UnfitAnswer names the answer that cannot be judged.
    """
    lines: list[Line] = []
    reached: int | float = 0
    spared: int | float = 0
    for position, (code, answer) in enumerate(answers):
        item = scheme.items.get(code)
        if item is None:
            raise UnfitAnswer(position, unknown_item=True)
        weight = item["weight"]
        if answer is None:
            spared += weight
            lines.append(Line(code, "", None, 0))
            continue
        passed, text = _judged(item, answer, position)
        reached += weight if passed else 0
        lines.append(Line(code, text, passed, weight if passed else 0))
    return lines, _share(reached, scheme.points - spared)


@lru_cache(maxsize=4096)
def _share(reached: int | float, possible: int | float) -> Decimal | None:
    if possible <= 0:
        return None
    share = 100 * Decimal(str(reached)) / Decimal(str(possible))
    return share.quantize(TWO_PLACES, rounding=ROUND_HALF_EVEN)


def _judged(item: Mapping[str, Any], answer: Any, position: int) -> tuple[bool, str]:
    kind = item["kind"]
    if kind == "choice":
        if not isinstance(answer, str) or answer not in item["choices"]:
            raise UnfitAnswer(position)
        return answer in item["pass_at"], answer
    if isinstance(answer, str):
        raise UnfitAnswer(position)
    number = int(answer)
    if kind == "yes_no":
        if number not in (0, 1):
            raise UnfitAnswer(position)
        return number == 1, str(number)
    if isinstance(answer, bool) or number < 0:
        raise UnfitAnswer(position)
    return number >= item["pass_at"], str(number)
