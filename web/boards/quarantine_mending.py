"""A refused item as a person reads and mends it: its fields in words, those at fault beside their reason.

Called by web/boards/quarantine_views.py. What may be mended is the rule of visits/fixing.py, not of this page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from backend.errors import Problem
from backend.models import Quarantined
from backend.scope import Actor, visible_to
from retail.models import Retailer
from visits.shapes import visit_schema
from web.boards import visit_page
from web.boards.place import is_english

_INDEX_DIGITS = 6
_SURROGATES = re.compile("[\ud800-\udfff]")
FAULTS = 3  # said by name in the list
FIELD = "field:"  # before the place of a mended value, in the names of the form


@dataclass(frozen=True)
class Reason:
    """Why it was refused, in the reader's language, and what is wrong at which place."""

    title: str
    detail: str
    code: str
    faults: dict[str, str]


@dataclass(frozen=True)
class Line:
    """One value of the item: its place (/checks/0/answer), its name in words, and how it is written."""

    pointer: str
    name: str
    text: str
    fault: str = ""

    @property
    def field(self) -> str:
        return FIELD + self.pointer


@dataclass(frozen=True)
class Read:
    """What came: readable line by line, as a whole, and what of it is at fault."""

    lines: list[Line]
    faults: list[Line]
    whole: str
    retailer: UUID | None


def reason(row: Quarantined) -> Reason:
    told: dict[str, Any] = row.problem["en" if is_english() else "zh-hans"]
    faults = {error.get("pointer", ""): str(error.get("message", "")) for error in told.get("errors", ())}
    detail = told.get("detail", "")
    if told["code"] == "invalid" and any(faults):
        names = _names()
        named = ("; " if is_english() else "；").join(
            f"{_name(at, names)} {words}" for at, words in faults.items() if at
        )
        detail = named if len(faults) <= FAULTS else _("%(n)s of its values do not fit.") % {"n": len(faults)}
    return Reason(told.get("title", told["code"]), detail, told["code"], faults)


def read(row: Quarantined, payload: bytes | None) -> Read:
    """The payload as its reader may see it (None: not at all). No query."""
    if payload is None:
        return Read([], [], "", None)
    document = _document(payload)
    if document is None:
        return Read([], [], payload.decode("utf-8", "backslashreplace"), None)
    faults, names = reason(row).faults, _names()
    lines = [Line(at, _name(at, names), _written(value), faults.get(at, "")) for at, value in _leaves(document, "")]
    known = {line.pointer for line in lines}
    wrong = [line for line in lines if line.fault]
    wrong += [
        Line(at, _name(at, names), _written(_at(document, at)), words)
        for at, words in faults.items()
        if at and at not in known
    ]
    whole = json.dumps(document, ensure_ascii=False, indent=2)
    return Read(lines, wrong, whole, _uuid(document.get("retailer_id")))


def named(actor: Actor, found: Read) -> Retailer | None:
    """The shop that the item speaks of, if its reader may see it. One query at most."""
    if found.retailer is None:
        return None
    return visible_to(Retailer.objects.filter(pk=found.retailer), actor).first()


def mended(row: Quarantined, payload: bytes | None, sent: Mapping[str, str]) -> bytes:
    """What came with the values put in that the form names; an empty one is taken away. Problem invalid where what came
    cannot be read as fields."""
    document = None if payload is None else _document(payload)
    if document is None:
        raise Problem(
            "invalid",
            detail_zh="原件无法按字段读取，请整体改写。",
            detail_en="It cannot be read by fields: write it anew.",
        )
    changes = {name.removeprefix(FIELD): value for name, value in sent.items() if name.startswith(FIELD)}
    for pointer, text in changes.items():
        if text.strip() != _written(_at(document, pointer)):
            _put(document, pointer, _value(row, pointer, text.strip()))
    return json.dumps(document, ensure_ascii=False).encode()


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """Every value that holds no other, with its place, in the order in which it came."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{at}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{at}/{place}")
    else:
        yield at, value


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _names() -> dict[str, str]:
    told = {"submission_id": _("number of the record"), "place": _("fix on arrival"), "left": _("fix on leaving")}
    return {**visit_page.field_names(), **told}


def _name(pointer: str, names: Mapping[str, str]) -> str:
    """note: its name in words; /checks/0/answer: the name of the part, then where in it."""
    first, *rest = _steps(pointer) or [""]
    places = [(one, _index(one)) for one in rest]
    told = [str(names.get(one, one)) if place is None else str(place + 1) for one, place in places]
    return " · ".join([str(names.get(first, first)), *told])


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _index(step: str) -> int | None:
    """The step as a place in a list; names of digits alone may be of any length."""
    return int(step) if step.isdecimal() and len(step) <= _INDEX_DIGITS else None


def _at(document: Any, pointer: str) -> Any:
    found = document
    for step in _steps(pointer):
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and (place := _index(step)) is not None and place < len(found):
            found = found[place]
        else:
            return None
    return found


def _put(document: dict[str, Any], pointer: str, value: Any) -> None:
    *above, last = _steps(pointer) or [""]
    within = _at(document, "".join(f"/{step}" for step in above))
    if isinstance(within, list) and (place := _index(last)) is not None and place < len(within):
        within[place] = value
    elif isinstance(within, dict) and value is None:
        within.pop(last, None)
    elif isinstance(within, dict):
        within[last] = value


def _value(row: Quarantined, pointer: str, text: str) -> Any:
    """What was typed: words where the wire takes words, else a number, yes or no, or a list as JSON writes them."""
    if not text:
        return None
    if row.kind == "visit" and "string" in _kinds(_steps(pointer)):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _kinds(steps: list[str]) -> set[str]:
    """The kinds of value that a visit may have at a place."""
    parts: list[dict[str, Any]] = [visit_schema()]
    for step in steps:
        inner = [one["items"] if step.isdecimal() else one.get("properties", {}).get(step) for one in _either(parts)
                 if "items" in one or not step.isdecimal()]  # fmt: skip
        parts = [one for one in inner if isinstance(one, dict)]
    return {str(one.get("type")) for one in _either(parts)}


def _either(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [inner for part in parts for inner in part.get("anyOf", [part])]


def _document(payload: bytes) -> dict[str, Any] | None:
    """None for what cannot be read as fields, or not be shown: halves of characters, which no page can hold."""
    try:
        found = json.loads(payload)
        text = json.dumps(found, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not _SURROGATES.search(text) else None


def _uuid(given: Any) -> UUID | None:
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None
