"""What a phone's user does beside the visits themselves: photos, needs, promises, quizzes; called by demo/phone.py."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import uuid4

from backend.clock import BUSINESS_ZONE
from demo import camera
from demo.tus import Load
from demo.visit_words import KEPT, NEEDS, PROMISES

Row = Mapping[str, Any]
Document = dict[str, Any]

NEED_TOLD: Final = (
    "retailer_id", "kind", "text", "priority", "raised_on", "due_on", "origin_visit_id", "closed_on", "outcome",
    "department",
)  # fmt: skip
PROMISE_TOLD: Final = (
    "retailer_id", "text", "promised_on", "due_on", "origin_visit_id", "state", "settled_on", "outcome",
)  # fmt: skip
TOLD: Final = {"needs": NEED_TOLD, "promises": PROMISE_TOLD}
DEPARTMENTS: Final = {"complaint": "service_desk", "supply": "logistics", "brand": "brand"}


def digest(collection: str, document: Row) -> str:
    """Hash of what the phone says of a need or a promise, however absent and null are spelt."""
    said = {name: document[name] for name in TOLD[collection] if document.get(name) is not None}
    return sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


# -- photos ------------------------------------------------------------------------------------------------------------


@dataclass
class Camera:
    """Takes photos by chance or from a folder of real ones, and counts what is left of the day's."""

    rng: Random
    left: int
    real: Sequence[Path] = ()

    def photograph(self, item: Document) -> list[Load]:
        """The visit declares photos that the phone has taken: of the shop, of a fault before and after it was put
        right, or a signature. Their bytes."""
        made: list[Load] = []
        at = datetime.fromisoformat(item["started_at"]) + timedelta(seconds=40)
        spot = (item["place"]["lon"], item["place"]["lat"]) if "place" in item else None
        for kind in self._kinds(item):
            content = self._content(kind, at, spot)
            load = Load(str(uuid4()), sha256(content).hexdigest(), content, at.isoformat(timespec="milliseconds"))
            photo = {"id": load.id, "sha256": load.sha256, "bytes": len(content), "taken_at": load.taken_at}
            item.setdefault("photos", []).append({**photo, "kind": kind})
            at += timedelta(seconds=5)
            made.append(load)
        if made:
            _use(item)
        self.left -= len(made)
        return made

    def _kinds(self, item: Document) -> list[str]:
        if self.left <= 0:
            return []
        if "away_reason" in item:
            return ["away"]
        if self.left >= 2 and _failed(item) is not None:
            return ["before", "after"]
        return ["signature"] if self.rng.random() < 0.3 else ["shop"]

    def _content(self, kind: str, at: datetime, spot: tuple[float, float] | None) -> bytes:
        at = at.astimezone(BUSINESS_ZONE)
        if kind == "signature":
            return camera.signature(self.rng, at)
        if self.real and kind == "shop":
            return self.rng.choice(self.real).read_bytes()
        return camera.shelf(self.rng, at, spot)


def _failed(item: Document) -> Document | None:
    answers = item["check"]["answers"] if "check" in item else []
    return next((answer for answer in answers if answer["answer"] is False), None)


def _use(item: Document) -> None:
    """What the photos show is said of it."""
    by_kind = {photo["kind"]: photo["id"] for photo in item["photos"]}
    if "signature" in by_kind:
        item["signature"], item["confirmed_by"] = by_kind["signature"], item["persons_met"]
        for told in item["briefings"][:1]:
            told["signature"] = by_kind["signature"]
    if "after" in by_kind and (answer := _failed(item)):
        answer |= {"fixed": True, "before": by_kind["before"], "after": by_kind["after"]}
        for photo in item["photos"]:
            photo["item"] = answer["item"]


# -- what came up ------------------------------------------------------------------------------------------------------


def needs(items: Sequence[Document], rng: Random) -> list[Document]:
    """A need came up at one visit in six; some are for a department."""
    made = []
    for item in items:
        if rng.random() < 1 / 6:
            kind, text = rng.choice(NEEDS)
            key, on = str(uuid4()), _day(item)
            need = {
                "id": key, "retailer_id": item["retailer_id"], "kind": kind, "priority": rng.randint(1, 3),
                "text": f"{text.replace('{p}', '主销规格')}〔{key[:8]}〕", "raised_on": on.isoformat(),
                "due_on": (on + timedelta(days=14)).isoformat(), "origin_visit_id": item["submission_id"],
            }  # fmt: skip
            if kind in DEPARTMENTS and rng.random() < 0.5:
                need["department"] = DEPARTMENTS[kind]
            made.append(need)
    return made


def promises(items: Sequence[Document], rng: Random) -> list[Document]:
    """Something was promised at one visit in eight."""
    made = []
    for item in items:
        if rng.random() < 1 / 8:
            key, on = str(uuid4()), _day(item)
            made.append({
                "id": key, "retailer_id": item["retailer_id"], "text": f"{rng.choice(PROMISES)}〔{key[:8]}〕",
                "promised_on": on.isoformat(), "due_on": (on + timedelta(days=7)).isoformat(),
                "origin_visit_id": item["submission_id"], "state": "open",
            })  # fmt: skip
    return made


def ended(collection: str, document: Document, rng: Random) -> Document:
    """What the phone changes of one that was settled later that day."""
    outcome = rng.choice(KEPT)
    if collection == "needs":
        return {"closed_on": document["raised_on"], "outcome": outcome}
    return {"state": "kept", "settled_on": document["promised_on"], "outcome": outcome}


def _day(item: Document) -> Any:
    return datetime.fromisoformat(item["started_at"]).astimezone(BUSINESS_ZONE).date()


# -- policies ----------------------------------------------------------------------------------------------------------


def attempt(policy: Row, read_at: datetime) -> Document:
    """The policy's quiz answered after nine minutes of reading, with what the phone can tell to be right."""
    return {
        "id": str(uuid4()),
        "version_id": policy["version_id"],
        "answers": [
            {"question": n, "choice": choice}
            for n, asked in enumerate(policy["quiz"])
            for choice in range(len(asked["choices"]))
            if sha256(f"{policy['quiz_salt']}:{n}:{choice}".encode()).hexdigest() == asked["check"]
        ],
        "read_at": read_at.isoformat(timespec="milliseconds"),
        "answered_at": (read_at + timedelta(minutes=9)).isoformat(timespec="milliseconds"),
    }
