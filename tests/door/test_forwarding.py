"""What the door does to requests and answers: whole or not at all, nobody's name but the client's own, never a 500."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientSession, ServerDisconnectedError
from yarl import URL

from tests.door.behind import door, raw, run

HEAD = "Host: localhost\r\nConnection: close\r\n"


def problem(answer: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_a_request_arrives_as_it_was_sent_and_its_answer_likewise(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, _behind, port), ClientSession() as client:
            where = URL(f"http://127.0.0.1:{port}/echo?a=%E4%B8%AD&b=1%2F2", encoded=True)
            async with client.post(where, data=b"abc", headers={"X-Request-Id": "known-as-this"}) as answer:
                told = await answer.json()
                assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]
        assert (told["method"], told["target"], told["body"]) == ("POST", "/echo?a=%E4%B8%AD&b=1%2F2", "abc")
        headers = {name.lower(): value for name, value in told["headers"]}
        assert (headers["x-request-id"], headers["content-length"]) == ("known-as-this", "3")
        assert headers["x-door-peer"] == "127.0.0.1"

    run(scenario)


def test_nobody_names_himself_another_address_or_slips_headers_past(tmp_path: Path) -> None:
    sent = f"GET /echo HTTP/1.1\r\n{HEAD}X-Door-Peer: 10.0.0.1\r\nSCRIPT_NAME: /x\r\nX-Forwarded-Proto: https\r\n\r\n"

    async def scenario() -> None:
        async with door(tmp_path) as (_, _behind, port):
            told = json.loads((await raw(port, sent.encode())).partition(b"\r\n\r\n")[2])
        names = [name.lower() for name, _ in told["headers"]]
        assert [value for name, value in told["headers"] if name.lower() == "x-door-peer"] == ["127.0.0.1"]
        assert not {"script_name", "x-forwarded-proto"} & set(names)

    run(scenario)


def test_a_head_request_has_the_length_and_no_body(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, _behind, port):
            head, _, body = (await raw(port, f"HEAD /echo HTTP/1.1\r\n{HEAD}\r\n".encode())).partition(b"\r\n\r\n")
        assert b"200 OK" in head
        assert b"Content-Length: " in head
        assert body == b""

    run(scenario)


def test_a_body_that_was_cut_is_never_passed_on(tmp_path: Path) -> None:
    sent = f"POST /api/v1/visits/batch HTTP/1.1\r\n{HEAD}Content-Length: 100\r\n\r\n".encode() + b"x" * 60

    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.close()
            await asyncio.sleep(0.1)
            assert behind.asked == []

    run(scenario)


@pytest.mark.parametrize(
    ("more", "arrives"), [("", True), ("Upload-Checksum: sha1 Lve95gjOVATpfV8EL5X4nxwjKHE=\r\n", False)]
)
def test_of_an_upload_that_was_cut_the_beginning_is_passed_on_unless_a_checksum_speaks_of_the_whole(
    tmp_path: Path, more: str, arrives: bool
) -> None:
    sent = f"PATCH /uploads/7 HTTP/1.1\r\n{HEAD}{more}Content-Length: 100\r\n\r\n".encode() + b"x" * 60

    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.close()
            while arrives and not behind.bodies:  # or `run` ends it
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            assert behind.asked == ([("PATCH", "/uploads/7")] if arrives else [])
            assert behind.bodies == ([b"x" * 60] if arrives else [])

    run(scenario)


def test_a_body_that_comes_too_slowly_is_refused_and_nothing_hears_of_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port):
            sent = f"POST /api/v1/visits/batch HTTP/1.1\r\n{HEAD}Content-Length: 9\r\n\r\nabc"
            status, told = problem(await raw(port, sent.encode()))
            assert (status, told["code"], behind.asked) == (408, "slow_request", [])

    run(scenario)


def test_a_body_that_drips_is_refused_although_it_never_pauses(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"POST /api/v1/visits/batch HTTP/1.1\r\n{HEAD}Content-Length: 999\r\n\r\n".encode())
            answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
            for _ in range(60):
                if answer.done():
                    break
                writer.write(b"x")
                await asyncio.sleep(0.05)
            assert b" 408 " in await answer
            assert behind.asked == []
            writer.close()

    run(scenario)


def test_headers_that_drip_end_with_the_connection(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /echo HTTP/1.1\r\nHost: localhost\r\n")
            for _ in range(100):
                if reader.at_eof():
                    break
                writer.write(b"X-A: b\r\n")
                await asyncio.wait({asyncio.ensure_future(asyncio.sleep(0.05))})
                if writer.transport.is_closing():
                    break
            assert await reader.read() == b""
            assert behind.asked == []

    run(scenario)


def test_a_body_that_is_too_large_is_refused_before_its_first_byte(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port):
            length = 64 * 1024 * 1024 + 1
            sent = f"POST /uploads HTTP/1.1\r\n{HEAD}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
            status, told = problem(await raw(port, sent.encode()))
            assert (status, told["code"], told["instance"], behind.asked) == (413, "payload_too_large", "/uploads", [])

    run(scenario)


def test_100_continue_is_said_before_a_body_is_taken(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"POST /echo HTTP/1.1\r\n{HEAD}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n".encode())
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            assert behind.asked == []
            writer.write(b"abc")
            assert b" 200 OK" in await reader.readuntil(b"\r\n\r\n")
            assert behind.bodies == [b"abc"]
            writer.close()

    run(scenario)


def test_bytes_that_are_no_text_are_400_as_a_document(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port):
            for sent in (
                b"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: \xff\xfe\r\n\r\n",
                b"GET /api/v1/\xff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                b"\x16\x03\x01\x02 not HTTP at all\r\n\r\n",
                b"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n",
                b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            ):
                answer = await raw(port, sent)
                assert answer.split()[1] == b"400", sent[:60]
                assert b"application/problem+json" in answer, sent[:60]
            assert behind.asked == []

    run(scenario)


def test_a_compressed_body_is_not_unpacked_on_its_way(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, behind, port), ClientSession() as client:
            where = f"http://127.0.0.1:{port}/echo"
            async with client.post(where, data=b"\x1f\x8b\x08bomb", headers={"Content-Encoding": "gzip"}) as answer:
                assert dict((await answer.json())["headers"])["Content-Encoding"] == "gzip"
            assert behind.bodies == [b"\x1f\x8b\x08bomb"]

    run(scenario)


def test_when_nobody_is_behind_the_answer_is_503_with_different_waits(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (opened, _behind, port), ClientSession() as client:
            opened.forwarder.socket = ""
            await opened.forwarder.stop()
            opened.forwarder.socket = str(tmp_path / "nobody.sock")
            await opened.forwarder.start()
            waits = set()
            for _ in range(12):
                async with client.get(f"http://127.0.0.1:{port}/api/v1/me") as answer:
                    assert (answer.status, (await answer.json())["code"]) == (503, "unavailable")
                    waits.add(answer.headers["Retry-After"])
            assert len(waits) > 1

    run(scenario)


def test_an_answer_that_breaks_off_behind_breaks_off_in_front(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path) as (_, _behind, port), ClientSession() as client:
            with pytest.raises((ClientPayloadError, ServerDisconnectedError)):
                async with client.get(f"http://127.0.0.1:{port}/dies") as answer:
                    await answer.read()

    run(scenario)


def test_a_large_answer_leaves_its_thread_before_a_slow_client_has_read_it(tmp_path: Path) -> None:
    size = 8 * 1024 * 1024

    async def scenario() -> None:
        async with door(tmp_path) as (opened, behind, port), ClientSession() as client:
            answer = await client.get(f"http://127.0.0.1:{port}/large/{size}")
            while behind.at_work or any(opened.admission.running.values()):  # or `run` ends it
                await asyncio.sleep(0.01)
            assert await answer.read() == b"y" * size

    run(scenario)
