"""What a simulated phone did, written to disk before it is relied on, and the arithmetic of loss; for phones.py.

Acknowledged less stored is lost, rows less distinct ids is duplicated, stored less journalled is invented (what was
taken back and still stands too), what has another hash or other lines is corrupted, what was shown out of scope is
leaked. Visits, photos, needs and promises have a journal each, in this form.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Item:
    """One thing as its phone knows it: hash of the content, how often sent, and what the server said of it."""

    sha256: str
    sent: int = 0
    acknowledged: str | None = None  # the hash in the receipt
    refused: str | None = None  # the problem's code
    leaving: bool = False  # its phone has asked for it to be taken back; it may stand or not
    gone: bool = False  # and the server has said yes: it may not stand any more


@dataclass(frozen=True)
class Tally:
    """All but `made`, `acknowledged`, `refused` must be 0."""

    made: int
    acknowledged: int
    refused: int
    lost: int
    duplicated: int
    invented: int
    corrupted: int
    leaked: int
    undecided: int  # neither acknowledged nor refused: the phone gave up

    @property
    def is_clean(self) -> bool:
        return not any((self.lost, self.duplicated, self.invented, self.corrupted, self.leaked, self.undecided))

    def __str__(self) -> str:
        return " ".join(f"{name}={number}" for name, number in asdict(self).items())


@dataclass
class Stored:
    """What the server holds: every row's id (repeated where there are two), and the hash of each receipt known."""

    ids: list[str] = field(default_factory=list)
    sha256: dict[str, str] = field(default_factory=dict)
    altered: int = 0  # visits whose lines read back otherwise than they were made
    leaked: int = 0  # things shown to somebody who may not see them


class Journal:
    """One file per phone, a JSON line per event, flushed to the disk before the call returns. Safe among threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.items: dict[str, Item] = {}
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")

    def made(self, hashes: Mapping[str, str]) -> None:
        """These exist, under these ids and hashes."""
        self._write([{"event": "made", "id": id_, "sha256": digest} for id_, digest in hashes.items()])

    def sent(self, ids: Iterable[str]) -> None:
        """These are about to be sent, perhaps again."""
        self._write([{"event": "sent", "id": id_} for id_ in ids])

    def answered(self, outcomes: Iterable[Mapping[str, Any]]) -> None:
        """What the server said of some visits: the outcomes of a batch."""
        events = []
        for said in outcomes:
            receipt, problem = said.get("receipt"), said.get("problem")
            result = {"sha256": receipt["sha256"]} if receipt else {"refused": problem["code"] if problem else "?"}
            events.append({"event": said["outcome"], "id": said["submission_id"], **result})
        self._write(events)

    def stored(self, hashes: Mapping[str, str]) -> None:
        """The server has these, under these hashes."""
        self._write([{"event": "stored", "id": id_, "sha256": digest} for id_, digest in hashes.items()])

    def refused(self, codes: Mapping[str, str]) -> None:
        """The server does not take these, for these reasons."""
        self._write([{"event": "refused", "id": id_, "refused": code} for id_, code in codes.items()])

    def said_anew(self, hashes: Mapping[str, str]) -> None:
        """These stand with other content now; the server has said so."""
        self._write([{"event": "anew", "id": id_, "sha256": digest} for id_, digest in hashes.items()])

    def leaving(self, ids: Iterable[str]) -> None:
        """These are about to be taken back."""
        self._write([{"event": "leaving", "id": id_} for id_ in ids])

    def gone(self, ids: Iterable[str]) -> None:
        """These were taken back, and the server has said so."""
        self._write([{"event": "gone", "id": id_} for id_ in ids])

    def close(self) -> None:
        self._file.close()

    def _write(self, events: Sequence[Mapping[str, Any]]) -> None:
        with self._lock:
            self._file.writelines(json.dumps(event) + "\n" for event in events)
            self._file.flush()
            os.fsync(self._file.fileno())
            for event in events:
                apply(self.items, event)


def read(path: Path) -> dict[str, Item]:
    """The items of a journal on disk; a last line that was cut by a crash is left out."""
    items: dict[str, Item] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            break
        apply(items, event)
    return items


def apply(items: dict[str, Item], event: Mapping[str, Any]) -> None:
    """One event of a journal. A receipt once given stays: a later conflict or refusal does not take it back."""
    if event["event"] == "made":
        items[event["id"]] = Item(event["sha256"])
        return
    item = items[event["id"]]
    if event["event"] == "sent":
        item.sent += 1
    elif event["event"] in ("leaving", "gone"):
        item.leaving = True
        item.gone = event["event"] == "gone"
    elif event["event"] == "anew":
        item.sha256 = item.acknowledged = event["sha256"]
    elif "sha256" in event:
        item.acknowledged = event["sha256"]
    else:
        item.refused = event["refused"]


def tally(journalled: Mapping[str, Item], stored: Stored) -> Tally:
    """The numbers. A refused item that was acknowledged before counts as acknowledged."""
    rows = Counter(stored.ids)
    acknowledged = {id_ for id_, item in journalled.items() if item.acknowledged is not None}
    refused = {id_ for id_, item in journalled.items() if item.refused is not None} - acknowledged
    leaving = {id_ for id_, item in journalled.items() if item.leaving}
    gone = {id_ for id_, item in journalled.items() if item.gone}
    wrong = {
        id_
        for id_, item in journalled.items()
        if (item.acknowledged or item.sha256) != item.sha256 or stored.sha256.get(id_, item.sha256) != item.sha256
    }
    return Tally(
        made=len(journalled),
        acknowledged=len(acknowledged),
        refused=len(refused),
        lost=len(acknowledged - rows.keys() - leaving),
        duplicated=sum(rows.values()) - len(rows),
        invented=len(rows.keys() - (journalled.keys() - gone)),
        corrupted=len(wrong) + stored.altered,
        leaked=stored.leaked,
        undecided=len(journalled.keys() - acknowledged - refused),
    )
