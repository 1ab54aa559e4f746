"""Bad query strings, path segments and headers on every reading route: refused or ignored, never a failure of ours."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.bad_inputs.sending import raw_ask, who_may
from tests.examples import examples
from tests.walk.asking import LeftAs, api_routes, content
from tests.walk.policy import POLICY, PUBLIC
from tests.walk.world import World

ROUTES = {name: route for name, route in api_routes().items() if name in POLICY}
LISTS = sorted(n for n in ROUTES if n.startswith("GET ") and "<" not in n and POLICY[n].needs != PUBLIC)
ADDRESSED = sorted(name for name in ROUTES if "<" in name)

REFUSED = {  # in a query: 400 wherever it stands
    "NUL": "%00",
    "a surrogate": "%ED%A0%80",
    "bad UTF-8": "%FF%FE",
    "empty": "",
}
AWKWARD = {
    "no date": "2026-13-45",
    "2^63": "9223372036854775808",
    "long": "9" * 400,
    "NaN": "NaN",
    "wide digits": "%EF%BC%91%EF%BC%92",
    "quote": "'%22;--",
    "far month": "2999-12",
    "far day": "0001-01-01",
}


SHARED = {"cursor", "page_size", "fields"}  # the same code for every list


def parameters(name: str) -> list[str]:
    route = ROUTES[name]
    return sorted(route.view().parameters(route.acts["GET"])) if isinstance(route.view, type) else []


@pytest.mark.parametrize("name", LISTS)
def test_no_query_string_breaks_a_list(name: str, clients: dict[str, APIClient]) -> None:
    client, path = clients[who_may(name)], name.split(" ")[1]
    own = [p for p in parameters(name) if p not in SHARED or name in LISTS[:3]]
    answered = {501} if POLICY[name].elsewhere else set()  # by the door, for what is well asked
    turns = cycle(AWKWARD.items())  # in `make test` four of them for each parameter but the first
    for parameter in [*own, "no_such_parameter"]:
        is_whole = parameter in {*own[:1], "no_such_parameter"}
        unfit = REFUSED if is_whole else {}  # the edge refuses them
        awkward = AWKWARD if is_whole else dict(islice(turns, examples(4, thorough=len(AWKWARD))))
        for what, value in (unfit | awkward).items():
            response = client.get(path, QUERY_STRING=f"{parameter}={value}")
            allowed = {400} if what in REFUSED or parameter == "no_such_parameter" else {200, 400, 404, *answered}
            assert response.status_code in allowed, (parameter, what, content(response))
        if parameter != "no_such_parameter":
            twice = client.get(path, QUERY_STRING=f"{parameter}=1&{parameter}=2")
            assert twice.status_code == 400, parameter
    assert client.get(path, QUERY_STRING="%00=1").status_code == 400
    assert client.get(path, QUERY_STRING="&".join(f"p{n}=1" for n in range(5_000))).status_code == 400


SEGMENTS = ("%00", "%FF", "%ED%A0%80", "..%2F..%2Fetc", "9" * 400, "9" * 5_000, "-1", "0", "null", "'", "%F0%9F%92%A5")


@pytest.mark.parametrize("name", ADDRESSED)
def test_no_path_segment_breaks_a_route(
    name: str, world: World, clients: dict[str, APIClient], left_as: LeftAs
) -> None:
    client, (method, path) = clients[who_may(name)], name.split(" ", 1)
    step = examples(2, thorough=1)
    for segment in SEGMENTS[ADDRESSED.index(name) % step :: step]:
        where = "/".join(segment if part.startswith("<") else part for part in path.split("/"))
        response = client.generic(method, where, "", HTTP_IDEMPOTENCY_KEY="k", HTTP_IF_MATCH="*")
        assert response.status_code in {400, 404}, (segment, content(response))
        assert response.headers["Content-Type"] == "application/problem+json", segment
    assert left_as.changed() == set()


HEADERS = ("ACCEPT", "ACCEPT_LANGUAGE", "ACCEPT_ENCODING", "IF_NONE_MATCH", "IF_MATCH", "IDEMPOTENCY_KEY",
           "X_REQUEST_ID", "AUTHORIZATION", "CONTENT_ENCODING", "COOKIE", "RANGE", "X_FORWARDED_FOR", "ORIGIN", "HOST",
           "X_HTTP_METHOD_OVERRIDE")  # fmt: skip
VALUES = (
    "", "\x00", "\xff\xfe", "\xed\xa0\x80", "店".encode().decode("latin-1"), "a" * 5_000, "*/*;q=nan", 'W/"', "bytes=-",
    "Bearer ", "Bearer \x00", "zh;q=1e999", "=;=", "\r\nX-Evil: 1", "../../etc/passwd",
)  # fmt: skip


@pytest.mark.parametrize("name", ["GET /api/v1/retailers/<uuid:pk>", "POST /api/v1/contacts"])
def test_no_header_breaks_a_route(name: str, world: World, clients: dict[str, APIClient]) -> None:
    method, path = raw_ask(world, name)
    for header in HEADERS:
        for value in VALUES:
            more: dict[str, Any] = {f"HTTP_{header}": value}
            response = clients["lin"].generic(method, path, "[]", content_type="application/json", **more)
            assert response.status_code < 500, (header, value, content(response))
            assert "X-Evil" not in response.headers
            assert "\n" not in repr(dict(response.items()))
    for value in (
        "",
        "application/json;charset=gbk",
        "text/\x00",
        "application/x-www-form-urlencoded",
        "\xff",
        "a" * 999,
    ):
        response = clients["lin"].generic(method, path, "[]", content_type=value)
        assert response.status_code < 500, (value, content(response))
