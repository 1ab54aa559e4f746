"""Sending raw bytes and single bad values to the routes of the policy table; used by the tests beside it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any
from uuid import uuid4

from django.http import HttpResponseBase

from tests.walk import bodies
from tests.walk.asking import Ask, address
from tests.walk.policy import ALLOW, POLICY, SIGNED, columns, verdict
from tests.walk.world import World

RAW = "\ufffd\u2603 raw JSON goes here \ufffd"  # stands in a body for JSON that Python's encoder would not write


def who_may(route: str) -> str:
    """Somebody of the cast who is allowed to ask the route, for the first object of its kind."""
    rule = POLICY[route]
    return next(name for name in SIGNED if verdict(rule, name, columns(rule)[0]) == ALLOW)


def post_raw(client: Any, path: str, body: bytes, method: str = "POST", **headers: str) -> HttpResponseBase:
    """The bytes as they are, as application/json."""
    more = {"HTTP_IDEMPOTENCY_KEY": str(uuid4()), "HTTP_IF_MATCH": "*", **headers}
    return client.generic(method, path, body, content_type="application/json", **more)


def raw_ask(world: World, route: str) -> tuple[str, str]:
    """Method and address of the route's first object."""
    rule = POLICY[route]
    method, path = route.split(" ", 1)
    return method, address(path, world.key(rule.of, columns(rule)[0])) if rule.of else path


def with_leaves_replaced(
    world: World, route: str, values: dict[str, bytes], at_most: int | None = None
) -> Iterator[tuple[str, Ask, bytes]]:
    """The route's valid body with one leaf after the other replaced by each raw JSON value: what, request, bytes.

    `at_most`: the first leaf gets all the values and each other one only so many, in turns; where no field has a say,
    since the body is refused before it is looked at, and in `make test`.
    """
    rule = POLICY[route]
    ask = bodies.ask(world, route, rule, columns(rule)[0])
    turns = cycle(values.items())
    for number, path in enumerate(_leaves(ask.body)):
        for what, value in values.items() if at_most is None or number == 0 else islice(turns, at_most):
            changed = _put(copy.deepcopy(ask.body), path, RAW)
            sent = json.dumps(changed, default=str).replace(json.dumps(RAW), "@@", 1).encode()
            yield f"{'/'.join(map(str, path))} = {what}", ask, sent.replace(b"@@", value, 1)


def _leaves(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(body, dict):
        for name, value in body.items():
            yield from _leaves(value, (*path, name))
    elif isinstance(body, list):
        for place, value in enumerate(body):
            yield from _leaves(value, (*path, place))
    elif path:
        yield path


def _put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    inner = body
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return body
