"""The API does what its description says: a derandomised walk over /api/v1/openapi.json as Lin and as Qian.

Requests are generated from the description, half of them about an object that exists. Whatever is sent, the answer is
no failure of ours, and its status, type, headers and body are among those that the description promises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient
from schemathesis import checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as openapi_checks

from backend.http import schema
from tests.examples import THOROUGH
from tests.walk.asking import api_routes
from tests.walk.policy import ALLOW, OWN, POLICY, verdict
from tests.walk.world import World

EXAMPLES = 4
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]
APP = get_wsgi_application()
DESCRIBED = schemathesis.openapi.from_dict(schema.document())
DESCRIBED.app = APP
OPERATIONS = {
    f"{found.method.upper()} {found.path}": found
    for found in (result.ok() for result in DESCRIBED.get_all_operations() if isinstance(result, Ok))
}


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """As Django's own test client does: the request does not give the test's connection back."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def shape(path: str) -> str:
    """The address with its parts unnamed: Django and OpenAPI name them differently."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path)


ROUTES = {f"{name.split(' ')[0]} {shape(name.split(' ')[1])}": name for name in POLICY}


def test_the_description_names_every_route() -> None:
    described = {f"{name.split(' ')[0]} {shape(name.split(' ')[1])}" for name in OPERATIONS}
    asked = {f"{name.split(' ')[0]} {shape(name.split(' ')[1])}" for name in api_routes()}
    assert asked - described == {"GET /api/v1/openapi.json"}
    assert described <= asked


def readers() -> Iterator[tuple[str, str]]:
    """Each operation with Lin and with Qian; in `make test` with the one who may, by turns if both or neither may."""
    for number, name in enumerate(sorted(OPERATIONS)):
        rule = POLICY[ROUTES[f"{name.split(' ')[0]} {shape(name.split(' ')[1])}"]]
        may = [who for who in ("lin", "qian") if verdict(rule, who, OWN if rule.of else "") == ALLOW]
        chosen = may if len(may) == 1 else [("lin", "qian")[number % 2]]
        yield from ((name, who) for who in (["lin", "qian"] if THOROUGH else chosen))


@pytest.mark.parametrize(("name", "who"), list(readers()))
def test_answers_are_those_that_the_description_promises(
    name: str, who: str, world: World, clients: dict[str, APIClient]
) -> None:
    operation = OPERATIONS[name]
    token = f"Bearer token-of-{who}-"  # tests.cast.phone_of
    known = _known(world, name)
    is_elsewhere = POLICY[ROUTES[f"{name.split(' ')[0]} {shape(name.split(' ')[1])}"]].elsewhere  # 501, as described

    @seed(135)
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), about_a_real_one=st.booleans())
    def walk(case: Any, about_a_real_one: bool) -> None:
        if known and about_a_real_one:
            case.path_parameters = dict(known)
        with transaction.atomic():
            response = case.call(headers={"Authorization": token, "Accept-Encoding": "identity"}, app=APP)
            transaction.set_rollback(True)
        case.validate_response(response, checks=CHECKS[is_elsewhere:])

    walk()


def _known(world: World, name: str) -> dict[str, Any]:
    """The parts of the address for an object that is there."""
    method, path = name.split(" ")
    kind = POLICY[ROUTES[f"{method} {shape(path)}"]].of
    if not kind:
        return {}
    key = world.key(kind, OWN)
    parts = re.findall(r"\{([^}]*)\}", path)
    if not isinstance(key, dict):
        return dict.fromkeys(parts, str(key))
    return {part: str(key["pk"] if part == "id" else key[part]) for part in parts}
