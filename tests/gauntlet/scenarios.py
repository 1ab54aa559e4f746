"""What bad networks and bad bodies do to door and web server, a figure each that must be 0; `make gauntlet-smoke`.

    python -m tests.gauntlet.scenarios [--seed N] [--only R2,R27]

Starts door and gunicorn on free ports over a throw-away database with the cast of the tests, and ends them. Which
promise is held by which test is in docs/gauntlet.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.clients.proxy import Cut, Proxy

if TYPE_CHECKING:
    from tests.door.live import Live

MOST_GROWTH_MB = 200  # of door and web server together while they are sent bombs
BATCH = "/api/v1/visits/batch"


@dataclass
class Field:
    """The system under test: where it is, who asks, what there is."""

    live: Live
    token: str
    shop: str
    chance: Random

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body. OSError or HTTPException where the line ends first."""
        return asked(self.live.port, method, path, body, {**self.headers, **headers})

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def visit(self, now: datetime | None = None, **changes: Any) -> dict[str, Any]:
        """A visit ten minutes before what its phone takes for now."""
        told = now or datetime.now(UTC)
        started = (told - timedelta(minutes=10)).isoformat()
        identity = UUID(int=self.chance.getrandbits(128), version=4)
        found = {"submission_id": str(identity), "retailer_id": self.shop, "started_at": started}
        return {**found, "sent_at": told.isoformat(), "note": "断网", **changes}


def asked(port: int, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


# -- R2 ----------------------------------------------------------------------------------------------------------------

CUTS: dict[str, Callable[[int, int], int]] = {
    "byte 0": lambda head, body: 0,
    "byte 1": lambda head, body: 1,
    "mid-header": lambda head, body: head // 2,
    "end of the headers": lambda head, body: head,
    "mid-body": lambda head, body: head + body // 2,
    "last byte but one": lambda head, body: head + body - 1,
}


def replies_cut(field: Field) -> tuple[int, str]:
    """R2: the reply is cut at every class of byte; the retry returns the receipt that stands, twice the same."""
    proxy, said = Proxy(("127.0.0.1", field.live.port)).start(), []
    for name, cut in CUTS.items():
        body = json.dumps([field.visit()]).encode()
        proxy.plan = Cut("POST", "answer", cut)
        with suppress(OSError, HTTPException):
            if asked(proxy.port, "POST", BATCH, body, field.headers)[1]:
                said.append(f"{name} was not cut")
        again = [json.loads(field.ask("POST", BATCH, body)[1])["outcomes"][0] for _ in range(2)]
        if again[0] != again[1] or again[0]["outcome"] != "duplicate" or stored(json.loads(body)) != 1:
            said.append(f"{name}: {again}")
    proxy.stop()
    return len(said), f"{len(CUTS)} replies cut; retries without the receipt that stands {said}"


def stored(visits: list[dict[str, Any]]) -> int:
    from visits.models import Visit

    return Visit.objects.filter(pk__in=[visit["submission_id"] for visit in visits]).count()


# -- R1, in little: the number that moves when uniqueness is lost ------------------------------------------------------


def replays(field: Field) -> tuple[int, str]:
    """R1: five visits, each pushed twenty times at once; rows too many or too few, and pushes without a receipt."""
    visits = [field.visit() for _ in range(5)]
    body = json.dumps(visits).encode()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: field.ask("POST", BATCH, body), range(20)))
    unanswered = 0
    for status, said in answers:
        unanswered += status not in (200, 503) or (status == 200 and b'"receipt"' not in said)
    return abs(stored(visits) - len(visits)) + unanswered, "5 visits pushed 20 times at once; rows or receipts amiss"


# -- R9 R10 ------------------------------------------------------------------------------------------------------------

SKEWS = (
    timedelta(days=-3),
    timedelta(hours=-1),
    timedelta(),
    timedelta(minutes=20),
    timedelta(days=2),
    timedelta(days=26_700),
)


def clocks(field: Field) -> tuple[int, str]:
    """R9 R10: phones of 2099 and of last week: each visit in exactly one month, flagged, none refused."""
    from visits.models import Visit

    bad = 0
    for skew in SKEWS:
        visit = field.visit(datetime.now(UTC) + skew)
        outcome = json.loads(field.ask("POST", BATCH, json.dumps([visit]).encode())[1])["outcomes"][0]
        rows = list(Visit.objects.filter(pk=visit["submission_id"]).values_list("month", "on_date", "flags"))
        flagged = len(rows) == 1 and ("clock_skew" in rows[0][2]) == (abs(skew) > timedelta(minutes=2))
        bad += outcome["outcome"] != "created" or not flagged or rows[0][0] != rows[0][1].replace(day=1)
    return bad, f"{len(SKEWS)} clocks from -3 days to +73 years; visits refused, unflagged or not in one month"


# -- R18 R19 R20 -------------------------------------------------------------------------------------------------------


def bombs(field: Field) -> tuple[int, str]:
    """R18 R19 R20: bodies that are too many, too long, too deep: 4xx as problem documents, memory bounded."""
    before, bad, said = memory_mb(field.live), 0, []
    plain = json.dumps(field.visit())
    bodies = {
        "10,000 items": b"[" + b",".join([plain.encode()] * 10_000) + b"]",
        "100,000 deep": b"[" * 100_000 + b"]" * 100_000,
        "an item 100,000 deep": b"[" + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]",
        "a doubled key": b'[{"note":"a","note":"b"}]',
        "5,000 digits": b"[" + b"9" * 5_000 + b"]",
    }
    for name, body in bodies.items():
        status, answer = field.ask("POST", BATCH, body)
        refused = b'"rejected"' in answer if status == 200 else 400 <= status < 500 and b'"code"' in answer
        bad += not refused
        said += [] if refused else [f"{name}: {status}"]
    status, answer = field.ask(
        "POST", BATCH, gzip.compress(b"[" + b" " * 200_000_000 + b"]", 1), **{"Content-Encoding": "gzip"}
    )
    bad += status not in (400, 413, 415)
    bad += gigabyte(field, told=True) + gigabyte(field, told=False)
    growth = memory_mb(field.live) - before
    bad += growth > MOST_GROWTH_MB
    return bad, f"8 bombs, {growth:.0f} MB more at the peak (at most {MOST_GROWTH_MB}); answers amiss {said}"


def gigabyte(field: Field, *, told: bool) -> int:
    """1 when a body of a gigabyte, announced or in pieces without a length, is not refused."""
    with socket.create_connection(("127.0.0.1", field.live.port), timeout=30) as line:
        size = b"Content-Length: 1073741824" if told else b"Transfer-Encoding: chunked"
        head = f"POST {BATCH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {field.token}\r\n"
        line.sendall(head.encode() + b"Content-Type: application/json\r\n" + size + b"\r\n\r\n")
        piece = b" " * 65_536
        sent = piece if told else b"10000\r\n" + piece + b"\r\n"
        try:
            for _ in range(1024 * 1024 * 1024 // len(piece)):
                line.sendall(sent)
        except OSError:
            pass  # refused while it was sent
        try:
            return 0 if b" 413 " in line.recv(100) else 1
        except OSError:
            return 0  # the line was closed on it


def memory_mb(live: Live) -> float:
    """The peak of the door's and of the web server's processes so far."""
    masters = [live.door.pid, live.web.pid]
    pids = masters + [
        int(child) for pid in masters for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ]
    peaks = [
        line
        for pid in pids
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    ]
    return sum(int(line.split()[1]) for line in peaks) / 1024


# -- R27 ---------------------------------------------------------------------------------------------------------------


def slow_phones(field: Field) -> tuple[int, str]:
    """R27: with a hundred lines that drip, others' 99th percentile stays below twice what it was (or 50 ms)."""
    alone, drips = p99(field), []
    stop = threading.Event()
    for n in range(100):
        line = socket.create_connection(("127.0.0.1", field.live.port), timeout=30)
        head = f"POST {BATCH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {field.token}\r\n"
        whole = head + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n["
        line.sendall(whole.encode() if n % 2 else head.encode())
        drips.append(line)

    def drip() -> None:
        while not stop.wait(0.5):
            for line in drips:
                try:
                    line.sendall(b" " if drips.index(line) % 2 else b"X-A: b\r\n")
                except OSError:
                    continue

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    beside = p99(field)
    stop.set()
    dripping.join(5)
    for line in drips:
        line.close()
    return int(
        beside > max(2 * alone, 50.0)
    ), f"p99 of others {alone:.0f} ms alone, {beside:.0f} ms beside 100 slow lines"


def p99(field: Field) -> float:
    """Milliseconds of a push of one visit, the 99th of a hundred; with resets beside it in three of ten."""
    took = []
    for _ in range(100):
        if field.chance.random() < 0.3:
            with socket.create_connection(("127.0.0.1", field.live.port), timeout=30) as line:
                line.sendall(f"POST {BATCH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n[".encode())
        body, began = json.dumps([field.visit()]).encode(), time.perf_counter()
        assert field.ask("POST", BATCH, body)[0] == 200
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[98]


SCENARIOS: dict[str, Callable[[Field], tuple[int, str]]] = {
    "R1": replays,
    "R2": replies_cut,
    "R9 R10": clocks,
    "R18 R19 R20": bombs,
    "R27": slow_phones,
}


def main(arguments: list[str] | None = None) -> int:
    """Run them and print a figure each; 1 when one of them is not 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.gauntlet.scenarios", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="0: a fresh one, which is printed")
    parser.add_argument("--only", default="", help="such as R2,R27")
    given = parser.parse_args(arguments)
    seed = given.seed or secrets.randbelow(2**31)
    print(f"scenarios | seed {seed}", flush=True)
    figures = run(Random(seed), set(filter(None, given.only.split(","))))
    return 1 if any(figures.values()) else 0


def run(chance: Random, only: set[str]) -> dict[str, int]:
    """The figure of each scenario, printed as it is known. A throw-away database; nothing of it is left."""
    from tests.clients import run as clients

    figures = {}
    with clients.database() as name:
        tokens = clients._people()
        from retail.models import Retailer
        from tests.database import url_of
        from tests.door import live

        shop = Retailer.objects.values_list("pk", flat=True).get(code="420200000000")
        with live.system(url_of(name)) as system:
            field = Field(system, tokens["TOKEN_LIN"], str(shop), chance)
            for promise, scenario in SCENARIOS.items():
                if only and not only & set(promise.split()):
                    continue
                began = time.perf_counter()
                figures[promise], words = scenario(field)
                took = time.perf_counter() - began
                print(f"scenarios | {promise}: {figures[promise]} ({words}; {took:.1f} s)", flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
