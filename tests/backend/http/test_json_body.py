"""Strict JSON: what is refused whole, what one item is refused for, and that the awkward but allowed passes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.errors import Problem
from backend.http.jsonbody import decode, decode_list, inspect
from backend.models import Device
from tests import bad_inputs

OURS = bad_inputs.bodies()


def verdict(body: bytes) -> str:
    problem = inspect(body)
    return problem.code if problem else "ok"


@pytest.mark.parametrize(("body", "code"), [case[1:] for case in OURS], ids=[case[0] for case in OURS])
def test_our_bad_bodies_are_refused_by_a_route_with_their_own_code(
    anonymous: Any, db: None, body: bytes, code: str
) -> None:
    answer = anonymous.generic("POST", "/api/v1/auth/login", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert not Device.objects.exists()


def test_every_kind_of_bad_body_has_cases_of_ours() -> None:
    kinds = {code for _, _, code in OURS}
    assert kinds == {"malformed_json", "invalid_text", "duplicate_key", "too_deep", "number_out_of_range"}


def test_awkward_strings_pass_unchanged() -> None:
    texts = bad_inputs.strings()
    assert decode(json.dumps(texts).encode()) == texts
    assert decode(json.dumps(texts, ensure_ascii=False).encode()) == texts
    assert all(item.problem is None for item in decode_list(json.dumps(texts).encode(), 1000))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'"\\\\u0000"', "\\u0000"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775807", -(2**63) + 1),
        (b"1000000000000000.0", 1e15),
        (b"0.1234567890123456789012345678", 0.1234567890123456789012345678),
        (b" [ ] ", []),
        (b"[" * 20 + b"]" * 20, json.loads("[" * 20 + "]" * 20)),
        (b'"[[[[[[[[[[[[[[[[[[[[[[[[[["', "[" * 26),
        (b'"\\"[[[[[[[[[[[[[[[[[[[[[[[["', '"' + "[" * 24),
    ],
)
def test_the_edge_of_what_is_allowed(body: bytes, value: object) -> None:
    assert decode(body) == value


def test_one_bad_item_refuses_itself_only() -> None:
    good = b'{"id":"x","note":"\xe5\xba\x97"}'
    for _, body, code in OURS:
        if code in {"malformed_json", "too_deep"} or b"\x00" in body.replace(b"li\x00n", b""):
            continue
        if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe")):
            continue
        items = decode_list(b"[" + good + b", " + body + b" ," + good + b"]", 10)
        assert [item.problem.code if item.problem else None for item in items] == [None, code, None]
        assert [item.raw for item in items] == [good, body, good]


def test_an_item_that_is_too_deep_refuses_itself_only() -> None:
    deep = b"[" * 21 + b"]" * 21
    abyss = b"[" * 100_000 + b"]" * 100_000
    items = decode_list(b"[1," + deep + b"," + abyss + b',"]"]', 10)
    assert [item.problem.code if item.problem else None for item in items] == [None, "too_deep", "too_deep", None]
    assert items[0] == (b"1", None)
    assert decode_list(b"[" + b"[" * 20 + b"]" * 20 + b"]", 10)[0].problem is None


@pytest.mark.parametrize("body", [b"", b"[", b"[1,", b"[1,]", b"[,1]", b"[1]]", b"[1 2]", b"{}", b"7", b'["a', b"[1}"])
def test_what_is_no_list_is_refused_whole(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        decode_list(body, 10)
    assert refused.value.code == "malformed_json"


def test_more_items_than_allowed_are_refused_whole() -> None:
    assert len(decode_list(b"[1,2,3]", 3)) == 3
    with pytest.raises(Problem) as refused:
        decode_list(b"[1,2,3,4]", 3)
    assert (refused.value.code, refused.value.status, refused.value.extra) == ("too_many_items", 413, {"limit": 3})


def test_a_doubled_key_is_found_however_the_list_is_written() -> None:
    for blank in (b"", b" ", b"\n  "):
        body = b'[{"a":1},' + blank + b'{"a":1,' + blank + b'"a":1}]'
        assert [bool(item.problem) for item in decode_list(body, 10)] == [False, True]


@pytest.mark.real_data
def test_the_public_cases_get_the_verdict_that_their_name_promises() -> None:
    cases = bad_inputs.public_bodies()
    if not cases:
        pytest.skip("needs REAL_DATA_DIR")
    ours = {"number_out_of_range", "duplicate_key", "invalid_text", "too_deep"}  # RFC 8259 allows them, we do not
    for name, body in cases:
        code = verdict(body)
        if name.startswith("y_"):
            assert code in {"ok", *ours}, name
        elif name.startswith("n_"):
            assert code != "ok", name
        try:
            items = decode_list(body, 10_000)
        except Problem as problem:
            assert problem.status == 400, name  # noqa: PT017 - either outcome is checked
        else:
            assert (code == "ok") == all(item.problem is None for item in items), name
    refused = [name for name, body in cases if name.startswith("y_") and verdict(body) != "ok"]
    assert len(refused) == 10


@pytest.mark.real_data
def test_the_public_naughty_strings_pass_unchanged() -> None:
    texts = bad_inputs.public_strings()
    if not texts:
        pytest.skip("needs REAL_DATA_DIR")
    assert decode(json.dumps(texts).encode()) == texts
