"""What the door costs and holds: idle phones on streams, a board through it and past it, slow clients beside others.

`python -m benchmarks.door [--quick]`. CPU is that of door, web server and database together; memory is the door's own.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import socket
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import ClientSession

from benchmarks import measure, phones
from benchmarks.measure import figure, say
from benchmarks.phones import Desk, p, resident_mb

SHOPS = 400
IDLE, QUICK_IDLE, ALONE = 1_000, 200, 4
LIMIT_MB = 300
ASKED, QUICK_ASKED = 300, 80
OTHERS, SLOW, LORIS, OF_THEM_RESET = 6, 20, 60, 0.3
LASTS_S, QUICK_LASTS_S = 20.0, 8.0


def main() -> int:
    options = measure.arguments(__doc__ or "")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with measure.database("door") as url:
        from django.db import connections

        from backend import feeds
        from tests.door.live import system

        phones.load_demo(SHOPS, with_months=False)
        tokens = phones.sign_in("account_manager", QUICK_IDLE if options.quick else IDLE)
        reader = phones.sign_in("prefecture_leader", 1)[0]
        board = phones.boards()[0]
        names = [f"{feed.collection}/{feed.version}" for feed in feeds.latest()]
        connections.close_all()
        with system(url, with_direct=True) as live:
            return 0 if asyncio.run(_run(live, tokens, (reader, board), names, options.quick)) else 1


async def _run(live: Any, tokens: list[str], reader: tuple[str, str], names: list[str], quick: bool) -> bool:
    async with phones.client() as client:
        await _board(live, client, reader, QUICK_ASKED if quick else ASKED)
        good = await _slow(live, client, tokens, QUICK_LASTS_S if quick else LASTS_S)
        good &= await _idle(live, client, tokens, names)
    return good


# -- a board through the door and past it ------------------------------------------------------------------------------


async def _board(live: Any, client: ClientSession, reader: tuple[str, str], times: int) -> None:
    """One reader, one request after the other, by turns, so that both sides meet the same machine."""
    sides = {"through the door": Desk(live.address, client), "gunicorn itself": Desk(live.direct, client)}
    cpu = dict.fromkeys(sides, 0.0)
    for name in (*sides, *sides):
        for _ in range(10):
            await sides[name].ask("warm", "GET", reader[1], reader[0])
        pids = [live.door.pid, *measure.children_of(live.web.pid), *measure.server_pids(os.environ["DATABASE_URL"])]
        before = measure.cpu_of(pids)
        for _ in range(times):
            await sides[name].ask("board", "GET", reader[1], reader[0])
        cpu[name] += measure.cpu_of(pids) - before
    for name, desk in sides.items():
        took = desk.times["board"]
        say(f"a board {name}: {cpu[name] / len(took) * 1000:.1f} ms of CPU, p95 {p(took, 0.95):.1f} ms wall")


# -- slow phones, slowloris, resets ------------------------------------------------------------------------------------


async def _slow(live: Any, client: ClientSession, tokens: list[str], lasts_s: float) -> bool:
    """p99 of phones that behave, alone and then beside twenty that send a byte now and then, sixty that never finish
    their headers, and as many again as behave of which three in ten cut the line in the middle."""
    alone = await _others(live, client, tokens, lasts_s)
    async with _beside(live, tokens):
        with_them = await _others(live, client, tokens, lasts_s)
    say(f"others' p99: alone {p(alone, 0.99):.0f} ms ({len(alone)}), beside slow ones {p(with_them, 0.99):.0f} ms")
    return figure("slow_clients_p99_over_alone", p(with_them, 0.99) / p(alone, 0.99), 2, at_most=True)


async def _others(live: Any, client: ClientSession, tokens: list[str], lasts_s: float) -> list[float]:
    desk, until = Desk(live.address, client), time.perf_counter() + lasts_s

    async def one(token: str) -> None:
        while time.perf_counter() < until:
            await desk.ask("pull", "GET", "/sync/promises/1/pull?lwt=0&id=", token)
            await asyncio.sleep(random.uniform(0.05, 0.15))

    await asyncio.gather(*(one(token) for token in tokens[:OTHERS]))
    if desk.wrong:
        raise SystemExit(f"phones that behave were answered {dict(desk.wrong)}")
    return desk.times["pull"]


@asynccontextmanager
async def _beside(live: Any, tokens: list[str]) -> Any:
    tasks = [asyncio.create_task(_drips(live.port, b"POST /api/v1/visits/batch", tokens[0])) for _ in range(SLOW)]
    tasks += [asyncio.create_task(_loris(live.port)) for _ in range(LORIS)]
    tasks += [asyncio.create_task(_resets(live.port, token)) for token in tokens[:OTHERS]]
    await asyncio.sleep(1)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _drips(port: int, line: bytes, token: str) -> None:
    """A phone on a bad line: a hundred bytes of its visits a tenth of a second."""
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            head = (
                f" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            )
            writer.write(line + head.encode() + b"Content-Length: 200000\r\n\r\n")
            for _ in range(2_000):
                writer.write(b" " * 100)
                await writer.drain()
                await asyncio.sleep(0.1)


def _head(token: str) -> bytes:
    return f" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n".encode()


async def _loris(port: int) -> None:
    """Headers that never end."""
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            while not writer.transport.is_closing():
                writer.write(b"X-A: b\r\n")
                await asyncio.sleep(0.5)


async def _resets(port: int, token: str) -> None:
    """Requests of which three in ten are cut off: by a reset, before the answer is read."""
    while True:
        await asyncio.sleep(random.uniform(0.05, 0.15))
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /sync/promises/1/pull?lwt=0&id=" + _head(token) + b"Connection: close\r\n\r\n")
            await writer.drain()
            if random.random() < OF_THEM_RESET:
                plain = writer.get_extra_info("socket")
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                await reader.read()
                writer.close()


# -- idle phones -------------------------------------------------------------------------------------------------------


async def _idle(live: Any, client: ClientSession, tokens: list[str], names: list[str]) -> bool:
    """The door's memory with every phone on one connection for all collections, and on four of one each."""
    before = resident_mb(live.door.pid)
    shared = [f"/sync/stream?collections={','.join(names)}"]
    alone = [f"/sync/{name}/pullStream" for name in names[:ALONE]]
    good = True
    for what, paths in ((f"one stream of {len(names)} collections", shared), (f"{ALONE} streams", alone)):
        answers = await _open(live, client, tokens, paths)
        await asyncio.sleep(3)
        held, cpu = resident_mb(live.door.pid), measure.cpu_of([live.door.pid])
        await asyncio.sleep(10)
        idle = (measure.cpu_of([live.door.pid]) - cpu) / 10
        say(f"{len(tokens)} idle phones, {what} each: door {held:.0f} MB (empty {before:.0f}), {idle:.0%} of a core")
        good &= figure(f"idle_mb_over_{LIMIT_MB}_{len(paths)}", held / LIMIT_MB, 1, at_most=True)
        for answer in answers:
            answer.close()
        await asyncio.sleep(3)
    return good


async def _open(live: Any, client: ClientSession, tokens: Iterable[str], paths: list[str]) -> list[Any]:
    at_once, answers = asyncio.Semaphore(20), []

    async def one(token: str, path: str) -> None:
        async with at_once:
            answer = await client.get(live.address + path, headers={"Authorization": f"Bearer {token}"}, timeout=None)
            if answer.status != 200:
                raise SystemExit(f"{path} answered {answer.status}: {await answer.text()}")
            await answer.content.readline()
            answers.append(answer)

    await asyncio.gather(*(one(token, path) for token in tokens for path in paths))
    return answers


if __name__ == "__main__":
    sys.exit(main())
