"""The run log: one line a request, none for a health check that is well."""

from __future__ import annotations

from typing import Any

import pytest
import structlog

from config import logs


def kept(event: dict[str, Any]) -> bool:
    try:
        logs._one_line_a_request(None, "info", event)
    except structlog.DropEvent:
        return False
    return True


@pytest.mark.parametrize(
    ("event", "is_kept"),
    [
        ({"event": "request_started", "request": "GET /visits"}, False),
        ({"event": "request_finished", "request": "GET /visits", "code": 200}, True),
        ({"event": "request_finished", "request": "GET /healthz", "code": 200}, False),
        ({"event": "request_finished", "request": "GET /readyz", "code": 200}, False),
        ({"event": "request_finished", "request": "GET /readyz", "code": 503}, True),
        ({"event": "request_failed", "request": "GET /healthz", "code": 500}, True),
        ({"event": "drained", "marks": 3}, True),
    ],
)
def test_only_a_sound_health_check_and_the_start_of_a_request_are_left_out(
    event: dict[str, Any], is_kept: bool
) -> None:
    assert kept(event) is is_kept
