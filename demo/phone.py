"""One simulated phone: it signs in, syncs, and its user works a day without a signal; for phones.py and delivery.py.

What the user does is demo/workday.py and demo/errands.py; how it gets to the server is demo/delivery.py.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID, uuid4

from demo import camera, errands, workday
from demo.errands import Document
from demo.guests import DEMO_PASSWORD
from demo.journal import Journal
from demo.line import GaveUp, Line
from demo.replica import Replica
from demo.tus import Load
from demo.workday import Known

SKEWS_S: Final = (0, 0, 0, 0, 0, 0, 2, -3, 410, -1_250)  # most phones are right, two in ten are minutes off
KINDS: Final = ("visits", "photos", "needs", "promises")
APP_VERSION: Final = "3.2.0"


@dataclass(frozen=True)
class Orders:
    """What a phone is told to do: its visits, how often each batch is sent at once, where its journal lies."""

    visits: int
    repeat: tuple[int, int]
    journal: Path
    seed: int
    photos: int = 3
    real: Path | None = None


@dataclass
class Phone:
    """The phone of one account manager; `share` of `of` phones that share the manager's shops."""

    number: int
    username: str
    share: int
    of: int
    line: Line
    orders: Orders
    device_id: UUID = field(default_factory=uuid4)
    person: str = ""
    signed_in_at: str = ""
    territories: set[int] = field(default_factory=set)
    items: list[Document] = field(default_factory=list)  # visits as they were first pushed
    edited: dict[str, Document] = field(default_factory=dict)  # by id, as they were told last
    loads: dict[str, Load] = field(default_factory=dict)
    papers: dict[str, dict[str, Document]] = field(default_factory=lambda: {"needs": {}, "promises": {}})
    attempts: list[Document] = field(default_factory=list)
    before: dict[str, set[str]] = field(default_factory=dict)  # ids that were there before the day's work
    failures: Counter[str] = field(default_factory=Counter)
    cuts: int = 0

    def __post_init__(self) -> None:
        self.rng = Random(f"{self.orders.seed}/phone/{self.number}")
        self.line.rng = Random(f"{self.orders.seed}/line/{self.number}")
        self.skew = timedelta(seconds=self.rng.choice(SKEWS_S))
        self.by_batch = self.number % 3 == 2
        self.journals = {kind: Journal(journal_of(self.orders.journal, kind, self.number)) for kind in KINDS}
        self.journal = self.journals["visits"]
        self.replica = Replica(self.line)

    # -- the day -------------------------------------------------------------------------------------------------------

    def sign_in(self) -> None:
        """The line holds a fresh token. GaveUp when the account is not let in."""
        body = {"username": self.username, "password": DEMO_PASSWORD, "device_id": str(self.device_id)}
        named = {**body, "device_name": f"模拟手机 {self.number}"}
        said = self.line.ask("POST", "/api/v1/auth/login", json.dumps(named).encode())
        if said.status != 200:
            raise GaveUp(f"{self.username} is not let in: {said.status} {said.body}")
        self.line.token, self.person = said.body["token"], said.body["person"]["id"]
        self.signed_in_at = self.signed_in_at or said.body["server_time"]
        self.territories = {held["unit"]["id"] for held in said.body["positions"]}

    def sync(self) -> None:
        """The phone holds every collection. Then its user works for hours without a signal, dated by the phone's clock,
        and all of it is in the journals."""
        self.replica.pull()
        self.before = {kind: set(self.replica.held[kind]) for kind in self.papers}
        self._work(self._known())
        self.journal.made({item["submission_id"]: workday.digest(item) for item in self.items})
        self.journals["photos"].made({load.id: load.sha256 for load in self.loads.values()})
        for kind, made in self.papers.items():
            self.journals[kind].made({key: errands.digest(kind, document) for key, document in made.items()})

    def clock(self) -> datetime:
        """What the phone takes for now."""
        return datetime.now(UTC) + self.skew

    def now(self) -> str:
        """The same as text."""
        return self.clock().isoformat(timespec="milliseconds")

    def report(self) -> None:
        """The server knows how much this phone has yet to push."""
        left = [item for item in self.items if self.journal.items[item["submission_id"]].acknowledged is None]
        body = {
            "unsent": len(left), "oldest_at": min((item["started_at"] for item in left), default=None),
            "app_version": APP_VERSION, "sent_at": self.now(),
        }  # fmt: skip
        said = self.line.ask("POST", "/api/v1/devices/heartbeat", json.dumps(body).encode())
        if said.status != 200:
            raise GaveUp(f"heartbeat: {said.status} {said.body}")

    # -- offline -------------------------------------------------------------------------------------------------------

    def _known(self) -> Known:
        shops = sorted((s for s in self.replica.of("retailers") if s["state"] == "active"), key=lambda s: s["id"])
        today = self.clock().date().isoformat()
        versions = [row for row in self.replica.of("policies") if not (row["recalled_at"] or row["superseded_at"])]
        templates = [row for row in self.replica.of("templates") if (row["to_date"] or "9999") > today]
        products = [row for row in self.replica.of("products") if row["kind"] == "product" and row["on_sale"]]
        stops = [row for row in self.replica.of("plan") if row["state"] == "planned"]
        planned = {row["retailer_id"] for row in stops if row["on_date"] == today}
        mine = shops[self.share :: self.of] or shops
        return Known(
            shops=sorted(mine, key=lambda shop: shop["id"] not in planned),
            products=[{**row, "id": row["product_id"]} for row in sorted(products, key=lambda row: row["code"])],
            templates=[{**row, "id": row["version_id"]} for row in sorted(templates, key=lambda row: row["code"])],
            policies=[{**row, "id": row["version_id"]} for row in sorted(versions, key=lambda row: row["released_at"])],
            stops=stops,
        )

    def _work(self, known: Known) -> None:
        """Policies are read and their quizzes passed first; then visits, what came up at them, and photos."""
        until = self.clock()
        read_at = until - workday.EVERY * self.orders.visits - timedelta(minutes=30)
        self.attempts = [errands.attempt(policy, read_at) for policy in known.policies if policy["quiz"]]
        self.items = workday.day(known, self.orders.visits, until, self.rng)
        taking = errands.Camera(self.rng, self.orders.photos, camera.real(self.orders.real))
        for item in self.items:
            item["note"] += f" {canary(self.username)}"
            for remark in item["remarks"]:
                if remark["kind"] == "irregular":
                    remark["text"] += f" {canary(self.username, secret=True)}"
            self.loads |= {load.id: load for load in taking.photograph(item)}
        made = {"needs": errands.needs(self.items, self.rng), "promises": errands.promises(self.items, self.rng)}
        self.papers = {kind: {row["id"]: row for row in rows} for kind, rows in made.items()}


def canary(username: str, *, secret: bool = False) -> str:
    """Words that only those who may read this user's visits may see; secret: only the user's own phones."""
    return f"〔{'密' if secret else '记'}·{username}〕"


def journal_of(folder: Path, kind: str, number: int) -> Path:
    """Where a phone's journal lies: visits in the folder itself, the rest in a folder of its kind."""
    return (folder if kind == "visits" else folder / kind) / f"phone-{number:03d}.jsonl"
