"""A channel whose answer has ended is left alone, also by whoever listed it a moment before."""

from __future__ import annotations

import asyncio
from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request

from backend.door.channels import Channel
from backend.door.phones import Credentials


def test_nothing_is_written_to_a_channel_that_was_closed_meanwhile() -> None:
    async def scenario() -> None:
        transport = Mock(get_write_buffer_size=Mock(return_value=0))
        request = make_mocked_request("GET", "/sync/stream", transport=transport)
        channel = Channel(request, Credentials("", None, "/sync/stream"), is_shared=True)
        await channel.response.prepare(request)
        await channel.response.write_eof()
        with pytest.raises(RuntimeError):
            await channel.response.write(b":\n\n")
        channel.closed.set()
        await channel.send(b":\n\n")

    asyncio.run(scenario())
