"""Door, gunicorn and Django together, as `make run` starts them: whose address it is, who is revoked, maintenance."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.client import HTTPConnection
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import connection, connections

from backend import clock
from backend.models import Device, DeviceState
from tests.cast import NOW, Cast, build_cast
from tests.database import clone, url_of
from tests.door.live import Live, system


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """The cast, committed for the processes here; the database is a fresh one for who comes after the module."""
    name = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        with clock.at(NOW):
            found = build_cast()
        yield found
        connections.close_all()
        clone(name)


@pytest.fixture(scope="module")
def live(cast: Cast) -> Iterator[Live]:
    """Started once, since that takes as long as all tests here; the last test stops its web server."""
    with system(url_of(connection.settings_dict["NAME"]), processes=1) as found:
        yield found
        connections.close_all()


def token(cast: Cast, name: str) -> str:
    """Of a phone that has just signed in by the clock on the wall: the processes here hold no other."""
    now, text = datetime.now(UTC), f"live-token-of-{name}"
    Device.objects.update_or_create(
        device_id=f"live-{name}",
        defaults={
            "person": cast.people[name],
            "name": "手机",
            "token_hash": sha256(text.encode()).digest(),
            "signed_in_at": now,
            "last_used_at": now,
            "expires_at": now + timedelta(days=1),
            "state": DeviceState.ACTIVE,
            "ended_at": None,
        },
    )
    return text


@contextmanager
def line(live: Live) -> Iterator[HTTPConnection]:
    found = HTTPConnection("127.0.0.1", live.port, timeout=20)
    try:
        yield found
    finally:
        found.close()


def ask(live: Live, method: str, path: str, bearer: str = "", body: Any = None, **headers: str) -> tuple[int, Any, Any]:
    """Status, headers, and the JSON of the answer."""
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    with line(live) as found:
        found.request(method, path, None if body is None else json.dumps(body), headers)
        answer = found.getresponse()
        raw = answer.read()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, answer.headers, json.loads(raw) if is_json else raw


def test_the_brakes_count_the_address_of_the_client_and_not_one_that_it_names(live: Live) -> None:
    given = {"username": "lin", "password": "wrong", "device_id": "5f0f3b1e-6a53-4b8e-9a53-0c1d3f6a7b01",
             "device_name": "x"}  # fmt: skip
    named = {"X-Door-Peer": "10.9.8.7", "X-Forwarded-For": "10.9.8.7"}
    assert ask(live, "POST", "/api/v1/auth/login", "", given, **named)[0] == 401
    assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {"127.0.0.1"}


def test_an_ended_phone_pushes_and_does_nothing_else_and_a_lost_one_does_nothing(live: Live, cast: Cast) -> None:
    lin, wu = token(cast, "lin"), token(cast, "wu")
    assert [ask(live, "GET", "/api/v1/me", bearer)[0] for bearer in (lin, wu)] == [200, 200]
    now = datetime.now(UTC)
    Device.objects.filter(device_id="live-lin").update(state=DeviceState.ENDED, ended_at=now)
    Device.objects.filter(device_id="live-wu").update(state=DeviceState.LOST, ended_at=now)
    asked: dict[tuple[str, str], tuple[Any, int, int]] = {
        ("POST", "/api/v1/visits/batch"): ([], 200, 401),
        ("POST", "/sync/needs/1/push"): ([], 200, 401),
        ("GET", "/sync/needs/1/pull?lwt=0&id="): (None, 401, 401),
        ("GET", "/sync/needs/1/pullStream"): (None, 401, 401),
        ("GET", "/api/v1/me"): (None, 401, 401),
    }
    for (method, path), (body, ended, lost) in asked.items():
        found = [ask(live, method, path, bearer, body) for bearer in (lin, wu)]
        assert (path, found[0][0], found[1][0]) == (path, ended, lost)
        assert found[1][2]["code"] == "device_lost"
        if ended == 401:
            assert found[0][2]["code"] == "device_ended"


def test_maintenance_holds_at_the_door_and_lets_health_pass(live: Live, cast: Cast) -> None:
    lin = token(cast, "lin")
    until = datetime.now(UTC) + timedelta(minutes=5)
    live.maintenance.write_text(json.dumps({"until": until.isoformat()}))
    for method, path in (("GET", "/api/v1/me"), ("POST", "/sync/needs/1/push"), ("GET", "/sync/needs/1/pullStream")):
        status, headers, told = ask(live, method, path, lin, [] if method == "POST" else None)
        assert (status, told["code"]) == (503, "maintenance")
        assert 240 <= int(headers["Retry-After"]) <= 361
    assert [ask(live, "GET", path)[0] for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    assert ask(live, "GET", "/login")[0] == 503
    live.maintenance.unlink()
    assert ask(live, "GET", "/api/v1/me", lin)[0] == 200


def test_a_refusal_of_a_large_body_is_read_and_not_a_broken_line(live: Live) -> None:
    status, _, told = ask(live, "POST", "/api/v1/visits/batch", "nobody-at-all", ["x" * 5_000_000])
    assert (status, told["code"]) == (401, "not_authenticated")


def test_the_doors_figures_stand_beside_djangos(live: Live) -> None:
    wanted = {'door_waiting{lane="push"} 0.0', 'door_running{lane="pull"} 0.0', "door_streams 0.0"}
    ends, told = time.monotonic() + 20, set[str]()
    while not wanted <= told and time.monotonic() < ends:
        time.sleep(0.2)  # the door writes them every second
        told = set(ask(live, "GET", "/metrics")[2].decode().splitlines())
    assert wanted - told == set()


def test_while_the_web_server_is_gone_the_door_answers_503_and_then_serves_again(live: Live, cast: Cast) -> None:
    lin = token(cast, "lin")
    os.kill(live.web.pid, signal.SIGSTOP)  # its worker lives on: what is asked of it is still answered
    assert ask(live, "GET", "/api/v1/me", lin)[0] == 200
    os.kill(live.web.pid, signal.SIGCONT)
    live.web.terminate()
    live.web.wait(20)
    status, headers, told = ask(live, "GET", "/api/v1/me", lin)
    assert (status, told["code"]) == (503, "unavailable")
    assert int(headers["Retry-After"]) >= 2
