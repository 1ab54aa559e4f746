"""One chain of middleware for all test clients of a process; loaded by tests/conftest.py.

Each client of Django's makes a chain of its own at its first request, and each chain looks through all static files
again: a twentieth of the time of the tests. A client that first asks under other settings still makes its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.test.client import ClientHandler


@pytest.fixture(scope="session", autouse=True)
def one_chain_of_middleware() -> Iterator[None]:
    """Clients that first ask under the settings of the session share one chain."""
    of_the_session = settings._wrapped  # type: ignore[misc]  # what override_settings replaces
    shared: Any = BaseHandler()
    own = ClientHandler.load_middleware

    def load_middleware(handler: Any, is_async: bool = False) -> None:
        if is_async or settings._wrapped is not of_the_session:  # type: ignore[misc]
            own(handler, is_async)
            return
        if shared._middleware_chain is None:
            shared.load_middleware()
        handler._middleware_chain = shared._middleware_chain

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientHandler, "load_middleware", load_middleware)
        yield
