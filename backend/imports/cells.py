"""From the text of a cell to a typed value, or a reason why not; kinds put these together into columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

Parse = Callable[[str], Any]

EARLIEST, LATEST = date(1949, 10, 1), date(2100, 12, 31)
LONGEST_CELL = 2_000
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,12})?", re.ASCII)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00(?::00)?)?", re.ASCII)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?", re.ASCII)


class Fault(Exception):
    """Why a cell cannot be taken: a code of backend/imports/reasons.py."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean(cell: str) -> str:
    """The cell without blanks around it and with single blanks inside. Faults invalid_text, too_long."""
    if _UNFIT.search(cell):
        raise Fault("invalid_text")
    if len(cell) > LONGEST_CELL:
        raise Fault("too_long")
    return " ".join(cell.split())


def text(longest: int, pattern: str = "") -> Parse:
    """Text of at most so many characters that matches the pattern wholly (""= any)."""
    shape = re.compile(pattern, re.ASCII) if pattern else None

    def parse(cell: str) -> str:
        if len(cell) > longest:
            raise Fault("too_long")
        if shape and not shape.fullmatch(cell):
            raise Fault("bad_format")
        return cell

    return parse


def number(low: Decimal | int, high: Decimal | int, places: int = 6) -> Parse:
    """A decimal within [low, high] with at most so many places."""

    def parse(cell: str) -> Decimal:
        found = _decimal(cell, "bad_number")
        if not low <= found <= high:
            raise Fault("out_of_range")
        if found != round(found, places):
            raise Fault("bad_number")
        return found

    return parse


def whole(low: int, high: int) -> Parse:
    """A whole number within [low, high]."""

    def parse(cell: str) -> int:
        found = _decimal(cell, "bad_integer")
        if found != found.to_integral_value():
            raise Fault("bad_integer")
        if not low <= found <= high:
            raise Fault("out_of_range")
        return int(found)

    return parse


def yuan_as_fen(highest_yuan: int = 1_000_000) -> Parse:
    """An amount in yuan, as integer fen; more than two decimals are refused, never rounded."""

    def parse(cell: str) -> int:
        fen = _decimal(cell.removeprefix("¥").removeprefix("¥").removesuffix("元").replace(",", ""), "bad_money") * 100
        if fen != fen.to_integral_value():
            raise Fault("bad_money")
        if not 0 <= fen <= highest_yuan * 100:
            raise Fault("out_of_range")
        return int(fen)

    return parse


def day(cell: str) -> date:
    """2026-03-16, 2026/3/16, 2026.3.16, 2026年3月16日 or 20260316."""
    found = _DATE.fullmatch(cell) or _COMPACT_DATE.fullmatch(cell)
    if not found:
        raise Fault("bad_date")
    try:
        value = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Fault("bad_date") from None
    if not EARLIEST <= value <= LATEST:
        raise Fault("bad_date")
    return value


def clock_time(cell: str) -> time:
    """08:30."""
    found = _TIME.fullmatch(cell)
    try:
        return time(int(found[1]), int(found[2])) if found else time.fromisoformat("?")
    except ValueError:
        raise Fault("bad_time") from None


def choice(words: Mapping[str, Any]) -> Parse:
    """One of the words (upper and lower case alike), as what it stands for."""
    known = {word.casefold(): value for word, value in words.items()}

    def parse(cell: str) -> Any:
        try:
            return known[cell.casefold()]
        except KeyError:
            raise Fault("bad_choice") from None

    return parse


YES_NO = choice({"是": True, "否": False, "yes": True, "no": False, "y": True, "n": False, "true": True, "false": False,
                 "1": True, "0": False})  # fmt: skip


def _decimal(cell: str, code: str) -> Decimal:
    if not _NUMBER.fullmatch(cell):
        raise Fault(code)
    try:
        return Decimal(cell)
    except InvalidOperation:
        raise Fault(code) from None
