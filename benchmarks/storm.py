"""300 phones that start a full sync within one minute, pushes and boards beside: who waits how long, and memory.

`python -m benchmarks.storm [--quick]`. Everything runs on this machine: database, web server, door and the phones.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sys
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from benchmarks import measure, phones
from benchmarks.measure import figure, say
from benchmarks.phones import Desk, p, resident_mb

PHONES, STARTS_WITHIN_S, DONE_WITHIN_S, SHOPS = 300, 60, 300, 2_000
QUICK_PHONES, QUICK_STARTS_S, QUICK_SHOPS = 30, 6, 400
READERS, READS_EVERY_S = 8, 1.0
PAGE, VISITS = 200, 10

Readers = list[tuple[str, list[str]]]  # a token, and the boards that its person looks at


def main() -> int:
    options = measure.arguments(__doc__ or "", _more)
    count, within, shops = (
        (QUICK_PHONES, QUICK_STARTS_S, QUICK_SHOPS) if options.quick else (PHONES, STARTS_WITHIN_S, SHOPS)
    )
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with measure.database("storm") as url:
        from backend import feeds
        from tests.door.live import system

        phones.load_demo(shops, with_months=options.months)
        tokens, readers = phones.sign_in("account_manager", count), phones.sign_in("prefecture_leader", READERS)
        names = [(feed.collection, feed.version) for feed in feeds.latest()]
        boards = phones.boards()
        _close()
        with system(url) as live:
            return 0 if asyncio.run(_storm(live, tokens, [(r, boards) for r in readers], names, within)) else 1


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--months", action="store_true", help="with the demo's months of findings and plans")


def _close() -> None:
    from django.db import connections

    connections.close_all()


async def _storm(live: Any, tokens: list[str], readers: Readers, names: list[tuple[str, int]], within: float) -> bool:
    pids = {"door": live.door.pid, **{f"web {n}": pid for n, pid in enumerate(measure.children_of(live.web.pid))}}
    async with phones.client() as client:
        desk = Desk(live.address, client)
        await _one(desk, tokens[0], names)  # imports and plans of a first request
        desk = Desk(live.address, client)
        began, cpu = time.perf_counter(), measure.cpu_of(pids.values())
        reading = [asyncio.create_task(_read(desk, *reader)) for reader in readers]
        early: dict[str, float] = {}
        watching = asyncio.create_task(_watch(pids, early, within / 2))
        done = await asyncio.gather(*(_phone(desk, token, names, within, began) for token in tokens))
        for task in (*reading, watching):
            task.cancel()
    took = max(done)
    say(f"{len(tokens)} phones started within {within:.0f} s, the last was done {took:.0f} s after the first started")
    say(f"server CPU {measure.cpu_of(pids.values()) - cpu:.0f} s, of this process {time.process_time():.0f} s")
    return _report(desk, pids, early, took / (within * DONE_WITHIN_S / STARTS_WITHIN_S))


def _report(desk: Desk, pids: dict[str, int], early: dict[str, float], over_limit: float) -> bool:
    for kind in ("push", "pull", "boards"):
        times = desk.times[kind]
        shown = ", ".join(f"p{share} {p(times, share / 100):.0f} ms" for share in (50, 95, 99))
        say(f"{kind}: {len(times)} answers, {shown}")
    say(f"answers by status {dict(desk.statuses)}")
    for what, times_ in desk.wrong.most_common(5):
        say(f"  WRONG {times_} x {what}")
    late = {name: resident_mb(pid) for name, pid in pids.items()}
    say("resident MB, while the last phones start and at the end: " + ", ".join(
        f"{name} {early.get(name, 0):.0f} -> {late[name]:.0f}" for name in pids))  # fmt: skip
    push, pull, boards = (p(desk.times[kind], 0.95) for kind in ("push", "pull", "boards"))
    good = figure("storm_wrong_answers", sum(desk.wrong.values()), 0, at_most=True)
    good &= figure("storm_done_over_limit", over_limit, 1, at_most=True)
    good &= figure("storm_push_p95_over_pull", push / max(pull, 0.001), 1, at_most=True)
    good &= figure("storm_pull_p95_over_boards", pull / max(boards, 0.001), 1, at_most=True)
    growth = max((late[name] / early[name] for name in early), default=1.0)
    return figure("storm_memory_growth", growth, 1.3, at_most=True) and good


async def _watch(pids: dict[str, int], early: dict[str, float], after_s: float) -> None:
    """Keeps what each process held after a while of full load."""
    await asyncio.sleep(after_s)
    early |= {name: resident_mb(pid) for name, pid in pids.items()}


async def _phone(desk: Desk, token: str, names: list[tuple[str, int]], within: float, began: float) -> float:
    await asyncio.sleep(random.uniform(0, within))
    await _one(desk, token, names)
    return time.perf_counter() - began


async def _one(desk: Desk, token: str, names: list[tuple[str, int]]) -> None:
    """A phone that was switched on: who am I, everything from its beginning, and a day's visits to push."""
    await desk.ask("pull", "GET", "/api/v1/me", token)
    shops: list[str] = []
    for name, version in sorted(names, key=lambda one: one[0] != "retailers"):
        at: dict[str, Any] = {"id": "", "lwt": 0}
        while True:
            path = f"/sync/{name}/{version}/pull?lwt={at['lwt']}&id={at['id']}&limit={PAGE}"
            page = await desk.ask("pull", "GET", path, token)
            if page is None:
                break
            if name == "retailers":
                shops += [document["id"] for document in page["documents"] if not document["_deleted"]]
            at = page["checkpoint"]
            if len(page["documents"]) < PAGE:
                break
        if name == "retailers" and shops:
            await desk.ask("push", "POST", "/api/v1/visits/batch", token, _visits(shops))


def _visits(shops: list[str]) -> list[dict[str, Any]]:
    from backend import clock

    end = clock.now() - timedelta(minutes=5)
    return [
        {
            "submission_id": str(uuid4()),
            "retailer_id": shop,
            "started_at": (end - timedelta(minutes=15 * n + 10)).isoformat(),
            "ended_at": (end - timedelta(minutes=15 * n)).isoformat(),
            "note": "缺货两天",
        }
        for n, shop in enumerate(random.sample(shops, min(VISITS, len(shops))))
    ]


async def _read(desk: Desk, token: str, boards: list[str]) -> None:
    while True:
        await asyncio.sleep(READS_EVERY_S * random.uniform(0.5, 1.5))
        await desk.ask("boards", "GET", random.choice(boards), token)


if __name__ == "__main__":
    sys.exit(main())
