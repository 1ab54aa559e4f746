"""One simulated phone: it signs in, syncs, makes a day's visits, pushes them until each is answered; for phones.py."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

from demo import workday
from demo.guests import DEMO_PASSWORD
from demo.journal import Journal
from demo.line import Answer, GaveUp, Line
from demo.workday import Known

CAPTURED: Final = ("observations", "remarks", "briefings", "pitches")
SKEWS_S: Final = (0, 0, 0, 0, 0, 0, 2, -3, 410, -1_250)  # most phones are right, two in ten are minutes off


@dataclass(frozen=True)
class Orders:
    """What a phone is told to do: its visits, how often each batch is sent at once, where its journal lies."""

    visits: int
    repeat: tuple[int, int]
    journal: Path
    seed: int


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
    items: list[dict[str, Any]] = field(default_factory=list)
    shops: list[dict[str, Any]] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = Random(f"{self.orders.seed}/phone/{self.number}")
        self.line.rng = Random(f"{self.orders.seed}/line/{self.number}")
        self.skew = timedelta(seconds=self.rng.choice(SKEWS_S))
        self.journal = Journal(self.orders.journal / f"phone-{self.number:03d}.jsonl")

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
        """The phone knows its user's shops and what a visit refers to, and has its day's visits in the journal."""
        self.shops = list(self.line.rows("/api/v1/retailers?state=active&page_size=200"))
        versions = self.line.rows("/api/v1/policy-versions?page_size=200")
        known = Known(
            shops=self.shops[self.share :: self.of] or self.shops,
            products=list(self.line.rows("/api/v1/products?page_size=200")),
            templates=list(self.line.rows("/api/v1/templates?page_size=200")),
            policies=[row for row in versions if datetime.fromisoformat(row["released_at"]) < datetime.now(UTC)],
        )
        self.items = workday.day(known, self.orders.visits, self.clock(), self.rng)
        self.journal.made({item["submission_id"]: workday.digest(item) for item in self.items})

    def clock(self) -> datetime:
        """What the phone takes for now."""
        return datetime.now(UTC) + self.skew

    def push(self) -> None:
        """Every visit is pushed in small batches, each sent some times at once in different orders."""
        left = list(self.items)
        while left:
            size = self.rng.randint(4, 10)
            batch, left = left[:size], left[size:]
            copies = [self.rng.sample(batch, len(batch)) for _ in range(self.rng.randint(*self.orders.repeat))]
            with ThreadPoolExecutor(len(copies)) as senders:
                list(senders.map(self._send_noting_failure, copies))

    def offer_again(self) -> dict[str, str]:
        """Every visit once more, in one batch: the hash in the receipt that stands for each. GaveUp without answer."""
        return {
            said["submission_id"]: said["receipt"]["sha256"]
            for first in range(0, len(self.items), 100)
            for said in self._send(self.items[first : first + 100], noted=False)
            if "receipt" in said
        }

    def altered(self) -> int:
        """How many of this phone's visits among its user's last 50 read back otherwise than they were made."""
        said = self.line.ask("GET", "/api/v1/visits/recent")
        if said.status != 200:
            raise GaveUp(f"recent visits: {said.status} {said.body}")
        mine = {item["submission_id"]: item for item in self.items}
        stored = [{**row, **row["visit"]} for row in said.body["results"]]
        return sum(not _same(mine[row["id"]], row) for row in stored if row["id"] in mine)

    def leaks(self, foreign_shop: str) -> int:
        """What this phone is shown that is not its user's: shops of other territories, and one asked for by id."""
        seen = sum(shop["territory"] not in self.territories for shop in self.shops)
        return seen + (self.line.ask("GET", f"/api/v1/retailers/{foreign_shop}").status != 404)

    def _send_noting_failure(self, items: Sequence[dict[str, Any]]) -> None:
        try:
            self._send(items)
        except GaveUp as gave_up:
            self.failures[str(gave_up)[:200]] += 1

    def _send(self, items: Sequence[dict[str, Any]], *, noted: bool = True) -> list[dict[str, Any]]:
        if noted:
            self.journal.sent(item["submission_id"] for item in items)
        sent_at = self.clock().isoformat(timespec="milliseconds")
        body = json.dumps([{**item, "sent_at": sent_at} for item in items], ensure_ascii=False).encode()
        said = self._ask_signed_in(body)
        if said.status != 200:
            raise GaveUp(f"a batch was answered {said.status}: {str(said.body)[:160]}")
        outcomes: list[dict[str, Any]] = said.body["outcomes"]
        if noted:
            self.journal.answered(outcomes)
        return outcomes

    def _ask_signed_in(self, body: bytes) -> Answer:
        said = self.line.ask("POST", "/api/v1/visits/batch", body)
        if said.status == 401:
            self.sign_in()
            said = self.line.ask("POST", "/api/v1/visits/batch", body)
        return said


def _same(made: dict[str, Any], stored: dict[str, Any]) -> bool:
    """The words and every line of every kind, in order."""
    if (made["note"], made["persons_met"]) != (stored["note"], stored["persons_met"]):
        return False
    if len(made["check"]["answers"]) != len(stored["checks"]) if "check" in made else stored["checks"]:
        return False
    return all(
        len(made[kind]) == len(stored[kind])
        and all(
            there[key] == value
            for here, there in zip(made[kind], stored[kind], strict=True)
            for key, value in here.items()
        )
        for kind in CAPTURED
    )
