"""A fixed set of bad bodies and bad values against every writing route: refused whole, never a failure of ours."""

from __future__ import annotations

from itertools import islice

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from tests import bad_inputs
from tests.bad_inputs.sending import post_raw, raw_ask, who_may, with_leaves_replaced
from tests.examples import examples
from tests.walk import bodies
from tests.walk.asking import LeftAs, api_routes, content, masked
from tests.walk.policy import POLICY
from tests.walk.world import World

WRITING = sorted(route for route in bodies.writes(api_routes()) if route in POLICY)
WITHOUT_BODY = {route for route, body in bodies.VALID.items() if body is bodies.nothing}
BATCH = "POST /api/v1/visits/batch"
PUSH = "POST /sync/<slug:collection>/<int:version>/push"
BY_ITEM = {BATCH, PUSH}  # a list is split first, and each item refused by itself
# A refused visit is kept, with its reason; of what was refused of a push its author's phone is told besides.
KEPT = {"backend_quarantined", "backend_synccounter", "backend_syncentry"}

TWENTY = (
    "duplicate_key--nested", "duplicate_key--one_escaped", "duplicate_key--twice", "invalid_text--byte_order_mark",
    "invalid_text--escaped_nul", "invalid_text--escaped_nul_in_key", "invalid_text--gbk",
    "invalid_text--high_surrogate_alone", "invalid_text--low_surrogate_alone", "invalid_text--nul_between_tokens",
    "invalid_text--surrogate_as_utf8", "malformed_json--cut_off", "malformed_json--trailing_comma",
    "malformed_json--unpaired_brackets", "number_out_of_range--1e400", "number_out_of_range--2_to_the_63",
    "number_out_of_range--5000_digits", "number_out_of_range--nan", "too_deep--21_levels_mixed",
    "too_deep--5000_arrays",
)  # fmt: skip

NEVER_STORED = {  # must be refused wherever they stand
    "escaped NUL": b'"a\\u0000b"',
    "raw NUL": b'"a\x00b"',
    "lone surrogate": b'"\\ud800"',
    "bad UTF-8": b'"\xff\xfe"',
    "NaN": b"NaN",
    "1e400": b"1e400",
    "2^63": b"9223372036854775808",
    "deep": b"[" * 30 + b"]" * 30,
}
AWKWARD = {  # taken or refused, as the field wants
    "null": b"null",
    "zero": b"0",
    "2^62": b"4611686018427387904",
    "a fraction": b"1.5",
    "empty text": b'""',
    "long text": b'"' + b"x" * 100_000 + b'"',
    "no date": b'"2026-13-45"',
    "year 9999": b'"9999-12-31"',
    "a list": b"[]",
    "right to left": '"\u202e\u0627\u200b"'.encode(),
}


@pytest.mark.parametrize("route", [route for route in WRITING if route not in WITHOUT_BODY])
def test_a_bad_body_is_refused_whole(route: str, world: World, clients: dict[str, APIClient], left_as: LeftAs) -> None:
    cases = {name: body for name, body, _ in bad_inputs.bodies()}
    method, path = raw_ask(world, route)
    step = examples(3, thorough=1)  # read by one parser for all routes: in `make test` each gets a third, by turns
    for name in TWENTY[WRITING.index(route) % step :: step]:
        response = post_raw(clients[who_may(route)], path, cases[name], method)
        good = {400}
        if route in bodies.FILES or route in bodies.FORMS:
            good = {415}
        elif route in BY_ITEM:
            good = {200, 400}
        assert response.status_code in good, (name, content(response))
        assert b'"created"' not in content(response), name
    assert left_as.changed() <= KEPT


@pytest.mark.parametrize("route", sorted(WITHOUT_BODY))
def test_a_bad_body_where_none_is_read_does_no_harm(route: str, world: World, clients: dict[str, APIClient]) -> None:
    method, path = raw_ask(world, route)
    for _, body, _ in islice(bad_inputs.bodies(), None, None, examples(6, thorough=1)):
        status, _, _ = _undone(clients[who_may(route)], method, path, body)
        assert status in ({412} if "/uploads" in path else {200, 204, 400})  # tus: its version is asked for first


@pytest.mark.parametrize("route", [r for r in WRITING if r not in bodies.FILES and r not in bodies.FORMS])
def test_a_bad_value_in_any_place_is_never_a_failure_of_ours(
    route: str, world: World, clients: dict[str, APIClient], left_as: LeftAs
) -> None:
    client = clients[who_may(route)]
    for what, ask, sent in with_leaves_replaced(world, route, NEVER_STORED, at_most=2):
        response = post_raw(client, ask.path, sent, ask.method)
        assert response.status_code in {400, 200 if route in BY_ITEM else 400}, (what, content(response))
        assert b'"created"' not in content(response), what
    assert left_as.changed() <= KEPT
    for what, ask, sent in with_leaves_replaced(world, route, AWKWARD, at_most=examples(4, thorough=10)):
        status, _, told = _undone(client, ask.method, ask.path, sent)
        assert status < 500, (what, told)
        assert status != 400 or b'"code":' in told, what


def _undone(client: APIClient, method: str, path: str, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    with transaction.atomic():
        response = masked(post_raw(client, path, sent, method))
        transaction.set_rollback(True)
    return response
