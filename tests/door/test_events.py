"""Event streams: what is committed reaches the phones that may see it; who may not any more is cut off."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientResponse, ClientSession
from asgiref.sync import sync_to_async
from django.db import connection, connections

from backend.door import events, phones
from backend.door.server import Door, Place
from backend.models import Device, DeviceState, Parameter, Position
from tests.cast import ALWAYS, Cast, phone_of
from tests.door.behind import run
from tests.door.live import free_port

pytestmark = pytest.mark.django_db(transaction=True)
ID = UUID("5b1d9f0e-0000-4000-8000-000000000001")


@asynccontextmanager
async def door() -> AsyncIterator[tuple[Door, str]]:
    opened = Door(Place("127.0.0.1", free_port(), "/nobody", 4))
    await opened.start()
    try:
        yield opened, f"http://127.0.0.1:{opened.place.port}"
    finally:
        await opened.stop()
        opened.threads._pool.shutdown(wait=True)


def token(cast: Cast, name: str) -> str:
    phone_of(cast.people[name])
    return f"token-of-{name}-"


class Line:
    """One open stream, read event by event."""

    def __init__(self, answer: ClientResponse) -> None:
        self.answer = answer

    async def event(self) -> tuple[str, Any]:
        """The next event: its name and its data; comments are passed over. ("", None): the stream ended."""
        name = ""
        while line := await self.answer.content.readline():
            kind, _, value = line.decode().rstrip("\n").partition(": ")
            if kind == "event":
                name = value
            elif kind == "data":
                return name, json.loads(value)
        return "", None

    async def is_quiet(self, for_s: float = 0.8) -> bool:
        try:
            async with asyncio.timeout(for_s):
                return await self.event() is None
        except TimeoutError:
            return True


async def opened(client: ClientSession, where: str, bearer: str, **headers: str) -> Line:
    answer = await client.get(where, headers={"Authorization": f"Bearer {bearer}", **headers})
    if answer.status == 200:
        assert await answer.content.readline() == b":\n"  # from here on nothing is missed
    return Line(answer)


def raise_need(cast: Cast, who: str = "lin", shop: int = 0, number: int = 1) -> None:
    """What a push does, committed."""
    client, own = phone_of(cast.people[who]), cast.shops if who == "lin" else cast.wu_shops
    new = {
        "id": str(UUID(int=ID.int + number)),
        "retailer_id": str(own[shop].pk),
        "kind": "supply",
        "text": f"缺货{number}",
        "raised_on": "2026-03-16",
    }
    answer = client.post("/sync/needs/1/push", [{"newDocumentState": new}], format="json")
    assert (answer.status_code, answer.json()) == (200, [])
    connections.close_all()


def in_thread(act: Callable[..., Any]) -> Callable[..., Any]:
    """Django's own work beside the event loop, with a connection that is closed afterwards."""

    def inner(*args: Any, **kwargs: Any) -> Any:
        try:
            return act(*args, **kwargs)
        finally:
            connections.close_all()

    return sync_to_async(inner, thread_sensitive=False)


def test_what_is_committed_reaches_the_phones_that_may_see_it_and_no_other(cast: Cast) -> None:
    lin, chen, wu = (token(cast, name) for name in ("lin", "chen", "wu"))

    async def scenario() -> None:
        async with door() as (_, address), ClientSession() as client:
            where = f"{address}/sync/needs/1/pullStream"
            lines = [await opened(client, where, bearer) for bearer in (lin, chen, wu)]
            assert lines[0].answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
            await in_thread(raise_need)(cast)
            for line in lines[:2]:
                name, data = await line.event()
                assert name == ""
                assert [(d["text"], d["_deleted"]) for d in data["documents"]] == [("缺货1", False)]
                assert set(data["checkpoint"]) == {"id", "lwt"}
            assert await lines[2].is_quiet()
            await in_thread(raise_need)(cast, number=2)
            assert [d["text"] for d in (await lines[0].event())[1]["documents"]] == ["缺货2"]

    run(scenario)


def test_a_pull_from_an_events_checkpoint_finds_nothing_new(cast: Cast) -> None:
    lin = token(cast, "lin")

    def pulled(checkpoint: dict[str, Any]) -> Any:
        return phone_of(cast.lin).get("/sync/needs/1/pull", checkpoint).json()

    async def scenario() -> None:
        async with door() as (_, address), ClientSession() as client:
            line = await opened(client, f"{address}/sync/needs/1/pullStream", lin)
            await in_thread(raise_need)(cast)
            checkpoint = (await line.event())[1]["checkpoint"]
            assert await in_thread(pulled)(checkpoint) == {"documents": [], "checkpoint": checkpoint}

    run(scenario)


def test_one_connection_carries_several_collections_each_by_its_name(cast: Cast) -> None:
    lin = token(cast, "lin")

    async def scenario() -> None:
        async with door() as (opened_door, address), ClientSession() as client:
            line = await opened(client, f"{address}/sync/stream?collections=needs/1,promises/1", lin)
            await in_thread(raise_need)(cast)
            name, data = await line.event()
            assert (name, [d["text"] for d in data["documents"]]) == ("needs/1", ["缺货1"])
            assert len(opened_door.hub.channels) == 1

    run(scenario)


def test_too_much_at_once_ends_the_stream_so_that_the_phone_pulls(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.door.phones.MOST_DOCUMENTS", 1)
    lin = token(cast, "lin")

    async def scenario() -> None:
        async with door() as (opened_door, address), ClientSession() as client:
            alone = await opened(client, f"{address}/sync/needs/1/pullStream", lin)
            shared = await opened(client, f"{address}/sync/stream?collections=needs/1", lin)
            await in_thread(raise_need)(cast)
            assert await alone.event() == ("", None)
            assert await shared.event() == ("needs/1", "RESYNC")
            while len(opened_door.hub.channels) > 1:
                await asyncio.sleep(0.01)

    run(scenario)


@pytest.mark.parametrize("state", [DeviceState.LOST, DeviceState.ENDED])
def test_a_phone_that_is_signed_out_or_lost_is_cut_off_and_not_let_in_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, state: DeviceState
) -> None:
    monkeypatch.setattr(events, "CHECKED_EVERY_S", 0.1)
    lin = token(cast, "lin")

    def end() -> None:
        mine = Device.objects.filter(token_hash=sha256(lin.encode()).digest())
        mine.update(state=state, ended_at="2026-03-16T01:00Z")

    async def scenario() -> None:
        async with door() as (_, address), ClientSession() as client:
            where = f"{address}/sync/needs/1/pullStream"
            line = await opened(client, where, lin)
            await in_thread(end)()
            assert await line.event() == ("", None)
            again = (await opened(client, where, lin)).answer
            assert (again.status, (await again.json())["code"]) == (401, f"device_{state.value}")
            assert "WWW-Authenticate" in again.headers

    run(scenario)


def test_one_whose_position_ends_is_told_tombstones_no_more_and_closed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "CHECKED_EVERY_S", 0.1)
    lin = token(cast, "lin")

    async def scenario() -> None:
        async with door() as (_, address), ClientSession() as client:
            where = f"{address}/sync/needs/1/pullStream"
            line = await opened(client, where, lin)
            await in_thread(Position.objects.filter(person=cast.lin).delete)()
            assert await line.event() == ("", None)
            assert (await opened(client, where, lin)).answer.status == 403

    run(scenario)


def test_a_change_while_the_database_was_not_heard_is_told_once_it_is(cast: Cast) -> None:
    lin = token(cast, "lin")

    def cut_the_listener_off() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'field135 door'"
            )
            return cursor.fetchone()[0]

    async def scenario() -> None:
        async with door() as (_, address), ClientSession() as client:
            line = await opened(client, f"{address}/sync/needs/1/pullStream", lin)
            assert await line.is_quiet()
            assert await in_thread(cut_the_listener_off)() == 1
            await in_thread(raise_need)(cast)
            assert [d["text"] for d in (await line.event())[1]["documents"]] == ["缺货1"]

    run(scenario)


def test_refusals_before_a_stream_are_those_of_a_pull(cast: Cast) -> None:
    lin = token(cast, "lin")
    Parameter.objects.create(unit=cast.prefecture, key="phones.min_app_version", value="2", during=ALWAYS)

    async def scenario() -> None:
        async with door() as (_, address), ClientSession() as client:
            asked = {
                "/sync/needs/1/pullStream": ("nobody-at-all", 401, "not_authenticated"),
                "/sync/needs/9/pullStream": (lin, 404, "not_found"),
                "/sync/needs/1/pullStream?a=1": (lin, 400, "unknown_parameter"),
                "/sync/stream?collections=needs": (lin, 400, "bad_parameter"),
                "/sync/stream?collections=needs/1,none/1": (lin, 404, "not_found"),
            }
            for path, (bearer, status, code) in asked.items():
                answer = (await opened(client, address + path, bearer)).answer
                assert (path, answer.status, (await answer.json())["code"]) == (path, status, code)
            old = {"X-App-Version": "1.9"}
            answer = (await opened(client, f"{address}/sync/needs/1/pullStream", lin, **old)).answer
            assert (answer.status, (await answer.json())["code"]) == (426, "app_outdated")

    run(scenario)


def test_what_is_committed_while_a_stream_is_being_opened_is_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    lin = token(cast, "lin")
    at_the_beginning = phones.begin

    heard, hears = threading.Event(), events.Hub.told

    def hearing(*args: Any) -> None:
        hears(*args)
        heard.set()

    def slowly(*args: Any) -> Any:
        found = at_the_beginning(*args)
        raise_need(cast)
        assert heard.wait(10)  # PostgreSQL has told the door, whose index does not hold the stream yet
        return found

    monkeypatch.setattr(events.Hub, "told", hearing)
    monkeypatch.setattr(events, "begin", slowly)

    async def scenario() -> None:
        async with door() as (_, address), ClientSession() as client:
            line = await opened(client, f"{address}/sync/needs/1/pullStream", lin)
            assert [d["text"] for d in (await line.event())[1]["documents"]] == ["缺货1"]

    run(scenario)


def test_a_client_that_goes_away_leaves_nothing_behind(cast: Cast) -> None:
    lin = token(cast, "lin")

    async def scenario() -> None:
        async with door() as (opened_door, address), ClientSession() as client:
            line = await opened(client, f"{address}/sync/stream?collections=needs/1,promises/1", lin)
            assert len(opened_door.hub._of_unit) == 2
            line.answer.close()
            while opened_door.hub.channels:
                await asyncio.sleep(0.05)
            assert (opened_door.hub._of_unit, opened_door.hub._of_phone) == ({}, {})

    run(scenario)
