"""What stands at the door before anybody knows who sends it is limited: by address, by lane, and all together."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from backend.door.bodies import SPOOL_BYTES, Pace, Spool
from backend.door.lanes import Lane
from backend.door.server import Door
from tests.door.behind import door, raw, run

CLOSE = "Host: localhost\r\nConnection: close\r\n"
PATIENT = Pace(10.0, 10.0, 1)
BATCH, PULL, PAGE, PIECE = "/api/v1/visits/batch", "/api/v1/auth/login", "/api/v1/boards", "/uploads/7"


def problem(answer: bytes) -> tuple[int, str, dict[str, str]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name: value for name, _, value in lines}
    assert headers["Content-Type"] == "application/problem+json"
    return int(head.split()[1]), json.loads(body)["code"], headers


def asked(path: str, length: int, more: str = "", method: str = "POST") -> bytes:
    return f"{method} {path} HTTP/1.1\r\n{CLOSE}{more}Content-Length: {length}\r\n\r\n".encode()


async def half_sent(opened: Door, port: int, path: str, length: int, sent: int, method: str = "POST") -> Any:
    """A connection of which so much stands at the door, and more is awaited."""
    expected = opened.forwarder.spool.held + sent
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked(path, length, method=method) + b"x" * sent)
    while opened.forwarder.spool.held < expected:
        await asyncio.sleep(0.005)
    return reader, writer


def test_pages_leave_room_for_pulls_and_both_for_pushes() -> None:
    spool = Spool(1_000, 400)
    assert [spool.room(lane) for lane in (Lane.PUSH, Lane.PULL, Lane.PAGE, Lane.FREE)] == [600, 350, 100, 100]
    spool.held = 1_000
    assert [spool.room(lane) for lane in Lane] == [0, 0, 0, 0]
    assert SPOOL_BYTES == 512 * 1024 * 1024


def test_a_full_spool_refuses_until_what_stands_in_it_has_gone_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, spool_bytes=4_000, pace=PATIENT) as (opened, behind, port):
            spool = opened.forwarder.spool
            reader, writer = await half_sent(opened, port, BATCH, 3_500, 3_000)
            # told: refused before a byte
            told = await raw(port, asked(BATCH, 1_001, "Expect: 100-continue\r\n"))
            status, code, headers = problem(told)
            assert (status, code) == (503, "unavailable")
            assert 3 <= int(headers["Retry-After"]) <= 30
            # not told: refused when it does not fit
            chunked = f"POST {BATCH} HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n\r\n5dc\r\n".encode()
            assert problem(await raw(port, chunked + b"y" * 1_500 + b"\r\n0\r\n\r\n"))[:2] == (503, "unavailable")
            assert (behind.asked, spool.held) == ([], 3_000)
            assert opened.admission.turned_away[Lane.PUSH] == 2
            writer.write(b"x" * 500)
            assert b" 200 OK" in await reader.read()
            writer.close()
            assert (len(behind.bodies[0]), spool.held) == (3_500, 0)
            assert b" 200 OK" in await raw(port, asked(BATCH, 4_000) + b"z" * 4_000)

    run(scenario)


def test_a_spool_that_is_half_full_takes_pushes_and_pulls_and_no_pages(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, spool_bytes=4_000, pace=PATIENT) as (opened, _behind, port):
            _, writer = await half_sent(opened, port, PAGE, 2_000, 1_900)
            assert problem(await raw(port, asked(PAGE, 200) + b"x" * 200))[:2] == (503, "unavailable")
            assert b" 200 OK" in await raw(port, asked(PULL, 200) + b"x" * 200)
            assert problem(await raw(port, asked(PULL, 1_200) + b"x" * 1_200))[:2] == (503, "unavailable")
            assert b" 200 OK" in await raw(port, asked(BATCH, 2_000) + b"x" * 2_000)
            writer.close()

    run(scenario)


def test_of_an_upload_that_finds_no_more_room_the_beginning_is_passed_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, spool_bytes=4_000, pace=PATIENT) as (opened, behind, port):
            reader, writer = await half_sent(opened, port, PIECE, 3_000, 1_500, method="PATCH")
            _, other = await half_sent(opened, port, BATCH, 2_500, 2_400)
            writer.write(b"x" * 1_500)
            assert b" 200 OK" in await reader.readuntil(b"\r\n\r\n")
            assert (behind.asked, len(behind.bodies[0])) == ([("PATCH", PIECE)], 1_500)
            assert opened.forwarder.spool.held == 2_400
            writer.close()
            other.close()

    run(scenario)


def test_what_went_away_leaves_its_room(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, spool_bytes=4_000, pace=PATIENT) as (opened, behind, port):
            _, writer = await half_sent(opened, port, BATCH, 4_000, 3_900)
            writer.close()
            while opened.forwarder.spool.held:
                await asyncio.sleep(0.005)
            assert behind.asked == []

    run(scenario)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (BATCH, 11 * 1024 * 1024),
        ("/desk/", 11 * 1024 * 1024),
        (PULL, 11 * 1024 * 1024),
        ("/uploads", 24 * 1024 * 1024),
        (PIECE, 24 * 1024 * 1024),
        ("/api/v1/photos", 24 * 1024 * 1024),
    ],
)
def test_only_photos_may_be_large(tmp_path: Path, path: str, most: int) -> None:
    async def scenario() -> None:
        async with door(tmp_path, pace=PATIENT) as (_, behind, port):
            answer = await raw(port, asked(path, most + 1, "Expect: 100-continue\r\n"))
            assert answer.split()[1] == b"413"
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(asked(path, most, "Expect: 100-continue\r\n"))
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.close()
            assert behind.asked == []

    run(scenario)


def test_too_many_headers_are_a_document(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port), ClientSession() as client:
            where, own = f"http://127.0.0.1:{port}/api/v1/me", 4  # host, accept, encodings, agent
            async with client.get(where, headers={f"X-A{n}": "b" for n in range(91 - own)}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (431, "too_many_headers")
                assert answer.headers["Content-Type"] == "application/problem+json"
            assert behind.asked == []
            async with client.get(where, headers={f"X-A{n}": "b" for n in range(90 - own)}) as answer:
                assert answer.status == 200

    run(scenario)
