"""The door on the local network: TLS by the machine's own certificate, and a plain port that serves the steps only."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientConnectorCertificateError, ClientSession
from django.test import Client

from backend.door.network import AUTHORITY, Network, fingerprint
from config import lan_certificate
from tests.cast import Cast
from tests.door import behind
from tests.door.behind import Behind, run
from tests.door.live import free_port

PASSWORD = "door-135-network"


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Network, Behind, int]]:
    """A door on this machine's own address, the server behind it, and its plain port."""
    lan_certificate.ensure(folder / "lan", "127.0.0.1")
    network = Network("127.0.0.1", free_port(), free_port(), folder / "lan")
    async with behind.door(folder, network=network) as (_, server, port):
        yield network, server, port


def trusting(network: Network) -> ssl.SSLContext:
    """What a phone does that has installed the authority, and nothing else."""
    return ssl.create_default_context(cafile=str(network.folder / AUTHORITY))


def test_what_came_over_tls_is_told_as_https_and_plain_requests_cannot_say_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as (network, server, port), ClientSession() as client:
            lie = {"X-Forwarded-Proto": "https"}
            secure = f"https://127.0.0.1:{network.tls_port}/echo"
            async with client.get(secure, ssl=trusting(network), headers={"X-Forwarded-Proto": "http"}) as answer:
                over_tls = (await answer.json())["headers"]
            async with client.get(f"http://127.0.0.1:{port}/echo", headers=lie) as answer:
                plain = (await answer.json())["headers"]
            told = [[value for name, value in one if name == "X-Forwarded-Proto"] for one in (over_tls, plain)]
            assert told == [["https"], []]
            assert server.asked == [("GET", "/echo"), ("GET", "/echo")]

    run(scenario)


def test_nobody_trusts_it_without_the_authority(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as (network, server, _), ClientSession() as client:
            with pytest.raises(ClientConnectorCertificateError):
                await client.get(f"https://127.0.0.1:{network.tls_port}/echo")
            assert server.asked == []

    run(scenario)


def test_the_plain_port_tells_the_steps_and_passes_nothing_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as (network, server, _), ClientSession() as client:
            plain = f"http://127.0.0.1:{network.steps_port}"
            authority = (network.folder / AUTHORITY).read_bytes()
            async with client.get(f"{plain}/lan-ca.crt") as answer:
                assert answer.content_type == "application/x-x509-ca-cert"
                assert await answer.read() == authority
            for path in ("/", "/api/v1/auth/login", "/app/"):
                async with client.get(plain + path) as answer:
                    page = await answer.text()
                    assert (answer.status, fingerprint(authority) in page) == (200, True)
                    assert f'href="https://127.0.0.1:{network.tls_port}/app/"' in page
            async with client.post(f"{plain}/api/v1/auth/login", json={"password": "x"}) as answer:
                assert answer.status == 405
            assert server.asked == []

    run(scenario)


def test_cookies_of_a_secure_request_are_for_tls_only_and_others_stay_as_they_were(cast: Cast) -> None:
    lin = cast.people["lin"]
    lin.set_password(PASSWORD)
    lin.save(update_fields=["password"])
    found = {}
    for secure in (True, False):
        client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
        answer = client.post("/login", {"username": "lin", "password": PASSWORD}, secure=secure)
        assert answer.status_code == 302
        found[secure] = {name: bool(cookie["secure"]) for name, cookie in answer.cookies.items()}
    assert found[True] == {"sessionid": True, "csrftoken": True}
    assert found[False] == {"sessionid": False, "csrftoken": False}
