"""A channel whose answer has ended is left alone, and one whose phone is slow or faulty holds up no other."""

from __future__ import annotations

import asyncio
from unittest.mock import AsyncMock, Mock, patch

import pytest
from aiohttp.test_utils import make_mocked_request

from backend.door import events
from backend.door.channels import UNREAD_BYTES, WRITTEN_WITHIN_S, Channel
from backend.door.phones import Credentials


def opened(unread: int = 0) -> Channel:
    transport = Mock(get_write_buffer_size=Mock(return_value=unread), is_closing=Mock(return_value=False))
    request = make_mocked_request("GET", "/sync/stream", transport=transport)
    return Channel(request, Credentials("", None, "/sync/stream"), is_shared=True)


def test_nothing_is_written_to_a_channel_that_was_closed_meanwhile() -> None:
    async def scenario() -> None:
        channel = opened()
        request = channel.request
        await channel.response.prepare(request)
        await channel.response.write_eof()
        with pytest.raises(RuntimeError):
            await channel.response.write(b":\n\n")
        channel.closed.set()
        await channel.send(b":\n\n")

    asyncio.run(scenario())


def test_a_phone_that_leaves_much_unread_is_closed_unwritten_at_the_limit_and_not_below_it() -> None:
    async def scenario() -> None:
        for unread, is_closed in ((UNREAD_BYTES, False), (UNREAD_BYTES + 1, True)):
            channel = opened(unread)
            with patch.object(channel.response, "write", AsyncMock()) as write:
                await channel.send(b":\n\n")
            assert (channel.closed.is_set(), write.await_count) == (is_closed, 0 if is_closed else 1)

    assert UNREAD_BYTES <= 256 * 1024
    asyncio.run(scenario())


def test_a_write_that_does_not_end_closes_its_channel_within_a_second() -> None:
    async def scenario() -> None:
        channel = opened()
        with patch.object(channel.response, "write", lambda text: asyncio.Event().wait()):
            async with asyncio.timeout(5):
                await channel.send(b":\n\n")
        assert channel.closed.is_set()

    assert WRITTEN_WITHIN_S <= 1
    asyncio.run(scenario())


def test_a_fault_with_one_phone_ends_neither_the_heartbeats_nor_the_checks_of_the_others() -> None:
    async def scenario() -> None:
        hub = events.Hub(Mock())
        faulty, well = opened(), opened()
        hub.channels = {faulty, well}
        hub._of_phone = {"faulty": {faulty}, "well": {well}}
        looked_at: list[str] = []

        async def look_again(token: str) -> None:
            looked_at.append(token)
            if token == "faulty":
                raise ValueError("unexpected")

        rounds = 0

        async def tick(_: float) -> None:
            nonlocal rounds
            rounds += 1
            if rounds == 3:
                raise asyncio.CancelledError

        looking = patch.object(hub, "_look_again", look_again)
        beating = patch.object(Channel, "send", AsyncMock())  # which second is a channel's own depends on its address
        with looking, beating, patch("backend.door.events.asyncio.sleep", tick), pytest.raises(asyncio.CancelledError):
            await hub._care()
        assert looked_at == ["faulty", "well"] * 2
        assert (faulty.closed.is_set(), well.closed.is_set()) == (True, False)

    asyncio.run(scenario())


def test_a_heartbeat_that_fails_unexpectedly_closes_its_own_channel_only() -> None:
    async def scenario() -> None:
        hub = events.Hub(Mock())
        faulty, well = opened(), opened()
        for channel in (faulty, well):
            text = AsyncMock(side_effect=RuntimeError if channel is faulty else None)
            with patch.object(channel.response, "write", text):
                for second in range(events.HEARTBEAT_S):
                    await events._or_close(hub._beat(channel, second), [channel])
            assert text.await_count == 1
        assert (faulty.closed.is_set(), well.closed.is_set()) == (True, False)

    asyncio.run(scenario())
