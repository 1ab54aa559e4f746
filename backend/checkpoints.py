"""Where a phone stands in the streams it holds, as the opaque text that it gives back; for backend/streams.py.

`12=345,13=88,14=20~7.<signature>`: of unit 12 everything up to number 345 was told; unit 14 was held up to 20 and is
being walked down, so far to 7. Signed for one person, collection and database (the binding): a text that somebody made
up would ask for the ids of streams that were never his.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.utils.crypto import constant_time_compare, salted_hmac

_PART = re.compile(r"(\d{1,18})=(\d{1,18})(?:~(\d{1,18}))?")
_TEXT = re.compile(r"[0-9=~,]*\.[0-9a-f]{16}")
MAX_LENGTH = 64_000


class Malformed(ValueError):
    """A text that is not one of ours at all."""


@dataclass
class Checkpoint:
    """`told`: unit -> the last number told. `leaving`: unit -> (the last number told, how far it is walked down)."""

    told: dict[int, int] = field(default_factory=dict)
    leaving: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def lwt(self) -> int:
        """The number beside the text that the protocol asks for; nothing is read from it."""
        return sum(self.told.values()) + sum(told for told, _ in self.leaving.values())

    def write(self, binding: str) -> str:
        parts = {unit: f"{unit}={number}" for unit, number in self.told.items()}
        parts |= {unit: f"{unit}={told}~{walked}" for unit, (told, walked) in self.leaving.items()}
        text = ",".join(parts[unit] for unit in sorted(parts))
        return f"{text}.{_signature(text, binding)}"


def read(text: str, binding: str) -> Checkpoint:
    """The checkpoint of a text that `write` made for this binding. The empty text is the beginning, and so is one that
    was made for another, or under a key that was since replaced: everything is told again. Malformed otherwise.
    """
    found = Checkpoint()
    if not text:
        return found
    if len(text) > MAX_LENGTH or not _TEXT.fullmatch(text):
        raise Malformed(text[:40])
    body, _, signature = text.rpartition(".")
    if not constant_time_compare(signature, _signature(body, binding)):
        return found
    for part in filter(None, body.split(",")):
        match = _PART.fullmatch(part)
        if match is None:
            raise Malformed(text[:40])
        unit, told, walked = int(match[1]), int(match[2]), match[3]
        if walked is None:
            found.told[unit] = told
        else:
            found.leaving[unit] = told, int(walked)
    return found


def units(text: str) -> frozenset[int]:
    """The units whose streams a text of ours speaks of as held; for who listens to news of them."""
    parts = map(_PART.fullmatch, text.rpartition(".")[0].split(","))
    return frozenset(int(part[1]) for part in parts if part is not None and part[3] is None)


def _signature(body: str, binding: str) -> str:
    return salted_hmac("backend.checkpoints", f"{binding} {body}", algorithm="sha256").hexdigest()[:16]
