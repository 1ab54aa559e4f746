"""The display score: answers held against a template version's items, and why it came out so. Pure; called by
visits/judging.py (one visit of a batch), visits/explaining.py (the score explained) and visits/templates.py (faults).

What kinds, weights, must-pass and carry-over mean is told in docs/method.md, "Display score".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec import Struct

TWO_PLACES = Decimal("0.01")
CONTINUITY = "continuity"
RULES = (CONTINUITY,)


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
    """A template's items by code, the points of all of them, and those that are not asked but follow from checks."""

    items: Mapping[str, Mapping[str, Any]]
    points: int | float
    carried: tuple[Mapping[str, Any], ...] = ()
    must_pass: frozenset[str] = frozenset()


class Before(Struct, frozen=True):
    """What a check is held against beside its own answers: was there one of the shop by this template before, did it
    fail anywhere; which items this visit declares photos of."""

    is_first: bool = True
    failed: bool = False
    photos: Collection[str] = ()


NOTHING_BEFORE = Before()


def scheme(items: Sequence[Mapping[str, Any]]) -> Scheme:
    """The items of a version in the form that `score` takes."""
    return Scheme(
        {item["code"]: item for item in items},
        sum(item["weight"] for item in items),
        tuple(item for item in items if item.get("rule")),
        frozenset(item["code"] for item in items if item.get("must_pass")),
    )


def continuity_holds(item: Mapping[str, Any], before: Before, failed: bool) -> bool:
    """Full marks at the shop's first check; later none when another item failed now, or (`before` of the item) at the
    check before."""
    return before.is_first or not (failed or (bool(item.get("before")) and before.failed))


def score(
    scheme: Scheme, answers: Sequence[tuple[str, Any]], before: Before = NOTHING_BEFORE
) -> tuple[list[Line], Decimal | None]:
    """Lines in the order of the answers, and 100 x points / points of the applicable items, two decimals.

    An item answered null is not applicable and leaves both sums; one left out counts as not passed, so that leaving out
    never helps. An item with a rule is not answered: its points follow from this check and the one before. A must-pass
    item that did not pass makes the whole 0. None when nothing was applicable. UnfitAnswer names the answer that cannot
    be judged.
    """
    lines: list[Line] = []
    reached: int | float = 0
    spared: int | float = 0
    fine = 0
    missed = set(scheme.must_pass) if scheme.must_pass else scheme.must_pass
    for position, (code, answer) in enumerate(answers):
        item = scheme.items.get(code)
        if item is None:
            raise UnfitAnswer(position, unknown_item=True)
        line = _line(item, answer, position, before)
        lines.append(line)
        if line.passed is None:
            spared += item["weight"]
        reached += line.points
        if line.passed is not False:
            fine += 1
            if code in missed:
                missed -= {code}
    failed = fine < len(scheme.items) - len(scheme.carried)
    for item in scheme.carried:
        reached += item["weight"] if continuity_holds(item, before, failed) else 0
    return lines, _share(0 if missed else reached, scheme.points - spared)


@lru_cache(maxsize=4096)
def _share(reached: int | float, possible: int | float) -> Decimal | None:
    if possible <= 0:
        return None
    share = 100 * Decimal(str(reached)) / Decimal(str(possible))
    return share.quantize(TWO_PLACES, rounding=ROUND_HALF_EVEN)


def _line(item: Mapping[str, Any], answer: Any, position: int, before: Before) -> Line:
    """The answer judged; null is not applicable. What follows from a rule is not asked."""
    code = item["code"]
    if item.get("rule"):
        raise UnfitAnswer(position)
    if answer is None:
        return Line(code, "", None, 0)
    if item["kind"] == "product_list":
        products = _products(item, answer, position)
        seen = len(set(products) & set(item["products"]))
        passed = seen >= item["pass_at"]
        return Line(code, str(seen), passed, item["weight"] if passed else 0, products)
    passed, text = _judged(item, answer, position, before.photos)
    return Line(code, text, passed, item["weight"] if passed else 0)


def _products(item: Mapping[str, Any], answer: Any, position: int) -> list[int]:
    if not isinstance(answer, list):
        raise UnfitAnswer(position)
    return list(dict.fromkeys(answer))


def _judged(item: Mapping[str, Any], answer: Any, position: int, photos: Collection[str]) -> tuple[bool, str]:
    kind = item["kind"]
    if kind == "choice":
        if not isinstance(answer, str) or answer not in item["choices"]:
            raise UnfitAnswer(position)
        return answer in item["pass_at"], answer
    if kind == "photo":
        return _shown(item, answer, position, photos)
    if isinstance(answer, str | list):
        raise UnfitAnswer(position)
    number = int(answer)
    if kind == "yes_no":
        if number not in (0, 1):
            raise UnfitAnswer(position)
        return number == 1, str(number)
    if isinstance(answer, bool) or number < 0:
        raise UnfitAnswer(position)
    return number >= item["pass_at"], str(number)


def _shown(item: Mapping[str, Any], answer: Any, position: int, photos: Collection[str]) -> tuple[bool, str]:
    """A photo passes when the visit declares it as one of this item; its id, or false for none, is the answer."""
    if answer is False or answer == "0":
        return False, "0"
    try:
        UUID(answer)
    except (ValueError, TypeError, AttributeError):
        raise UnfitAnswer(position) from None
    if item["code"] not in photos:
        raise UnfitAnswer(position)
    return True, answer


# -- for those who write templates -------------------------------------------------------------------------------------

KINDS = ("yes_no", "count", "choice", "product_list", "photo")


def faults(items: Any) -> list[str]:
    """What is wrong with the items of a template version, for those who write one; empty when it can be scored."""
    if not isinstance(items, list) or not items:
        return ["items"]
    found = [f"items[{n}]" for n, item in enumerate(items) if not isinstance(item, dict) or not _sound(item)]
    codes = [item.get("code") for item in items if isinstance(item, dict)]
    if not found and all(item.get("rule") for item in items):
        return ["items"]
    return found or (["code"] if len(set(codes)) != len(codes) else [])


def _sound(item: Mapping[str, Any]) -> bool:
    weight, kind, pass_at = item.get("weight"), item.get("kind"), item.get("pass_at")
    named = all(isinstance(item.get(key), str) and item[key] for key in ("code", "name")) and len(item["code"]) <= 32
    weighed = isinstance(weight, int | float) and not isinstance(weight, bool) and 0 <= weight <= 100
    flags = all(isinstance(item.get(key, False), bool) for key in ("must_pass", "before"))
    if not named or not weighed or not flags or kind not in KINDS:
        return False
    if "rule" in item:
        return item["rule"] in RULES and not item.get("must_pass")
    if kind == "choice":
        choices = item.get("choices")
        if not isinstance(choices, list) or not isinstance(pass_at, list):
            return False
        return all(map(_short, choices)) and all(choice in choices for choice in pass_at)
    if kind == "product_list":
        return _listed(item.get("products"), pass_at)
    return isinstance(pass_at, int) or kind in ("yes_no", "photo")


def _listed(products: Any, pass_at: Any) -> bool:
    """A list of different products, of which at least `pass_at` are to be there."""
    if not isinstance(products, list) or not isinstance(pass_at, int) or isinstance(pass_at, bool):
        return False
    whole = all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in products)
    return whole and len(set(products)) == len(products) and 0 < pass_at <= len(products) <= 200


def _short(choice: Any) -> bool:
    return isinstance(choice, str) and 0 < len(choice) <= 80
