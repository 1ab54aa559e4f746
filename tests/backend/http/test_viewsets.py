"""The viewset family over a real model: scope, parameters, pages, versions, repeated requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from backend import clock
from backend.http import idempotency
from backend.models import IdempotencyKey, Parameter
from tests.backend.http import routes
from tests.cast import ALWAYS, NOW, Cast, phone_of

pytestmark = pytest.mark.urls("tests.backend.http.routes")
THINGS = "/api/v1/things"


@pytest.fixture
def things(cast: Cast) -> list[Parameter]:
    """Five of Lin's county (keys k0 ... k4), one of Wu's."""
    units = [cast.county] * 5 + [cast.other_county]
    keys = ["k0", "k1", "k2", "k3", "k4", "far"]
    return [
        Parameter.objects.create(unit=unit, key=key, value=number, during=ALWAYS)
        for number, (unit, key) in enumerate(zip(units, keys, strict=True))
    ]


def create(client: APIClient, cast: Cast, repeat: str | None = "key-1", **changed: Any) -> Any:
    headers: Any = {} if repeat is None else {"HTTP_IDEMPOTENCY_KEY": repeat}
    return client.post(THINGS, {"key": "new", "value": 7, "unit": cast.county.pk, **changed}, **headers)


# -- scope and capability ----------------------------------------------------------------------------------------------


def test_a_list_and_a_read_show_my_scope_only(things: list[Parameter], as_lin: APIClient, as_wu: APIClient) -> None:
    assert [t["key"] for t in as_lin.get(THINGS).json()["results"]] == ["k0", "k1", "k2", "k3", "k4"]
    assert [t["key"] for t in as_wu.get(THINGS).json()["results"]] == ["far"]
    assert as_lin.get(f"{THINGS}/{things[0].pk}").json()["key"] == "k0"
    assert as_wu.get(f"{THINGS}/{things[0].pk}").status_code == 404


@pytest.mark.parametrize("odd", ["9" * 19, "9" * 40, "0", "-1", "abc", "1.0"])
def test_an_id_of_the_wrong_shape_or_size_is_not_found(as_lin: APIClient, odd: str) -> None:
    assert as_lin.get(f"{THINGS}/{odd}").json()["code"] == "not_found"


def test_a_capability_that_no_position_carries_is_forbidden_and_changes_nothing(
    things: list[Parameter], as_lin: APIClient
) -> None:
    answer = as_lin.delete(f"{THINGS}/{things[0].pk}", HTTP_IF_MATCH="*")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    absent = as_lin.delete(f"{THINGS}/0", HTTP_IF_MATCH="*")
    assert absent.status_code == 403
    assert Parameter.objects.filter(pk=things[0].pk).exists()


def test_without_signing_in_nothing_is_told(things: list[Parameter], anonymous: APIClient) -> None:
    for answer in (anonymous.get(THINGS), anonymous.get(f"{THINGS}/{things[0].pk}"), anonymous.post(THINGS, {})):
        assert answer.json()["code"] == "not_authenticated"


# -- parameters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ("colour=red", "unknown_parameter", "colour"),
        ("format=json", "unknown_parameter", "format"),
        ("unit__code=42", "unknown_parameter", "unit__code"),
        ("key=a&key=b", "bad_parameter", "key"),
        ("key=", "bad_parameter", "key"),
        ("key=" + "x" * 201, "bad_parameter", "key"),
        ("in_force_on=2026-13-45", "bad_date", "in_force_on"),
        ("in_force_on=2026-02-29", "bad_date", "in_force_on"),
        ("in_force_on=2026-3-1", "bad_date", "in_force_on"),
        ("in_force_on=0001-01-01", "bad_date", "in_force_on"),
        ("in_force_on=today", "bad_date", "in_force_on"),
        ("month=2026-13", "bad_date", "month"),
        ("month=2026-03-01", "bad_date", "month"),
        ("at=2026-03-16T10:00:00", "bad_date", "at"),
        ("at=2026-03-16T25:00:00Z", "bad_date", "at"),
        ("unit=9223372036854775808", "bad_parameter", "unit"),
        ("unit=NaN", "bad_parameter", "unit"),
        ("unit=1e3", "bad_parameter", "unit"),
        ("unit=" + "9" * 5000, "bad_parameter", "unit"),
        ("version=1.5", "bad_parameter", "version"),
        ("big=maybe", "bad_parameter", "big"),
        ("page_size=0", "bad_parameter", "page_size"),
        ("page_size=201", "bad_parameter", "page_size"),
        ("page_size=-1", "bad_parameter", "page_size"),
        ("page_size=٣", "bad_parameter", "page_size"),
        ("ordering=value", "bad_parameter", "ordering"),
        ("ordering=unit__code", "bad_parameter", "ordering"),
        ("fields=id,secret", "bad_parameter", "fields"),
    ],
)
def test_a_parameter_that_cannot_be_understood_is_refused(
    things: list[Parameter], as_lin: APIClient, query: str, code: str, parameter: str
) -> None:
    answer = as_lin.get(f"{THINGS}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize("path", ["/{pk}?x=1", "/{pk}?cursor=a"])
def test_a_single_read_takes_only_fields(things: list[Parameter], as_lin: APIClient, path: str) -> None:
    answer = as_lin.get(THINGS + path.format(pk=things[0].pk))
    assert answer.json()["code"] == "unknown_parameter"
    assert as_lin.get(f"{THINGS}/{things[0].pk}?fields=key,version").json() == {"key": "k0", "version": 1}


def test_writes_take_no_parameters(cast: Cast, as_lin: APIClient) -> None:
    answer = as_lin.post(f"{THINGS}?key=1", {}, HTTP_IDEMPOTENCY_KEY="k")
    assert answer.json()["code"] == "unknown_parameter"


def test_filters_narrow_what_i_may_see(things: list[Parameter], as_lin: APIClient, cast: Cast) -> None:
    def keys(query: str) -> list[str]:
        answer = as_lin.get(f"{THINGS}?{query}")
        assert answer.status_code == 200, answer.content
        return [t["key"] for t in answer.json()["results"]]

    assert keys("key=k2") == ["k2"]
    assert keys("in_force_on=2026-03-16") == ["k0", "k1", "k2", "k3", "k4"]
    assert keys("in_force_on=2023-12-31") == []
    assert keys("month=2026-03") == ["k0", "k1", "k2", "k3", "k4"]
    assert keys("at=2026-03-16T10:00:00%2B08:00&big=true&version=1") == ["k0", "k1", "k2", "k3", "k4"]
    assert keys(f"unit={cast.other_county.pk}") == keys("unit=999999999") == []
    assert keys("ordering=-key") == ["k4", "k3", "k2", "k1", "k0"]


# -- pages -------------------------------------------------------------------------------------------------------------


def walk(client: APIClient, address: str | None) -> list[list[str]]:
    pages = []
    while address:
        told = client.get(address).json()
        pages.append([t["key"] for t in told["results"]])
        address = told["next"]
    return pages


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("page_size=2", [["k0", "k1"], ["k2", "k3"], ["k4"]]),
        ("page_size=5", [["k0", "k1", "k2", "k3", "k4"]]),
        ("page_size=2&ordering=-key", [["k4", "k3"], ["k2", "k1"], ["k0"]]),
        ("page_size=3&ordering=version", [["k4", "k0", "k1"], ["k2", "k3"]]),
    ],
)
def test_pages_show_every_row_once_in_order(
    things: list[Parameter], as_lin: APIClient, query: str, pages: list[list[str]]
) -> None:
    Parameter.objects.filter(key="k4").update(version=3)
    assert walk(as_lin, f"{THINGS}?{query}") == pages


def test_a_row_that_arrives_meanwhile_shifts_nothing(things: list[Parameter], as_lin: APIClient, cast: Cast) -> None:
    first = as_lin.get(f"{THINGS}?page_size=2").json()
    Parameter.objects.create(unit=cast.county, key="a-new-first", value=0, during=ALWAYS)
    assert [t["key"] for t in as_lin.get(first["next"]).json()["results"]] == ["k2", "k3"]


def test_a_page_takes_one_query_whatever_its_size(
    things: list[Parameter], as_lin: APIClient, django_assert_num_queries: Any
) -> None:
    for size in (1, 5):
        with django_assert_num_queries(1 + 1):  # the token, the page
            as_lin.get(f"{THINGS}?page_size={size}")


def test_a_cursor_is_good_for_its_person_and_query_only(things: list[Parameter], cast: Cast, as_lin: APIClient) -> None:
    following: str = as_lin.get(f"{THINGS}?page_size=2").json()["next"]
    assert as_lin.get(following).status_code == 200
    assert as_lin.get(following.replace("page_size=2", "page_size=3")).status_code == 200
    mark = following.partition("cursor=")[2]
    edited = following[:-2] + ("AA" if following[-2:] != "AA" else "BB")
    for client, address in (
        (phone_of(cast.chen), following),
        (as_lin, edited),
        (as_lin, following + "&ordering=-key"),
        (as_lin, following + "&key=k2"),
        (as_lin, f"/api/v1/devices?cursor={mark}"),
        (as_lin, f"{THINGS}?cursor=eyJhIjoxfQ"),
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


# -- bodies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"colour": "red"}, "/colour", "unknown_field"),
        ({"id": 5}, "/id", "read_only_field"),
        ({"key": None}, "/key", "null"),
        ({"unit": 2**62}, "/unit", "not_found"),
        ({"unit": "1"}, "/unit", "not_found"),
        ({"unit": True}, "/unit", "not_found"),
    ],
)
def test_a_body_with_a_fault_is_told_where_and_stores_nothing(
    cast: Cast, as_lin: APIClient, changed: dict[str, Any], pointer: str, code: str
) -> None:
    answer = create(as_lin, cast, **changed)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert not Parameter.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_a_foreign_unit_in_a_body_fails_like_an_absent_one(cast: Cast, as_lin: APIClient) -> None:
    answers = [create(as_lin, cast, unit=pk).json() for pk in (cast.other_county.pk, 2**62)]
    assert answers[0]["errors"] == answers[1]["errors"]


@pytest.mark.parametrize("body", [[], "text", 7, None, [{"key": "a"}]])
def test_a_body_that_is_no_object_is_refused(cast: Cast, as_lin: APIClient, body: Any) -> None:
    answer = as_lin.post(THINGS, body, format="json", HTTP_IDEMPOTENCY_KEY="k")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"day": "2026-13-45"}, "invalid"),
        ({"day": "16.3.2026"}, "bad_date"),
        ({"day": 20260316}, "bad_date"),
        ({"day": "9999-12-31"}, "bad_date"),
        ({"at": "2026-03-16T10:00:00"}, "bad_date"),
        ({"at": "2026-03-16"}, "bad_date"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "bad_date"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "bad_date"),
        ({"number": "12"}, "invalid"),
        ({"number": 1.5}, "invalid"),
        ({"number": True}, "invalid"),
        ({"share": "NaN"}, "invalid"),
        ({"share": True}, "invalid"),
        ({"yes": "yes"}, "invalid"),
        ({"yes": 1}, "invalid"),
    ],
)
def test_typed_fields_take_their_own_type_only(as_lin: APIClient, given: dict[str, Any], code: str) -> None:
    answer = as_lin.post("/api/v1/fields", given)
    assert answer.status_code == 400
    told = [(e["pointer"], e["code"]) for e in answer.json()["errors"]]
    assert told[0][0] == f"/{next(iter(given))}"
    assert told[0][1] in {code, "overflow"}


def test_typed_fields_take_their_own_type(as_lin: APIClient) -> None:
    given = {"day": "2026-02-28", "at": "2026-03-16T02:00:00Z", "number": -(2**63) + 1, "share": 1, "yes": False}
    assert as_lin.post("/api/v1/fields", given).json() == {
        "day": "2026-02-28",
        "at": "2026-03-16 10:00:00+08:00",
        "number": str(-(2**63) + 1),
        "share": "1.0",
        "yes": "False",
    }


# -- repeated requests -------------------------------------------------------------------------------------------------


def test_a_repeat_with_the_same_key_gets_the_same_answer_and_no_second_effect(cast: Cast, as_lin: APIClient) -> None:
    before = routes.made
    first, again = create(as_lin, cast), create(as_lin, cast)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert [a.headers.get("Idempotency-Replayed") for a in (first, again)] == [None, "true"]
    assert first["Location"] == again["Location"] == f"{THINGS}/{first.json()['id']}"
    assert first["ETag"] == again["ETag"]
    assert routes.made - before == 1
    assert Parameter.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(cast: Cast, as_lin: APIClient) -> None:
    create(as_lin, cast)
    answer = create(as_lin, cast, value=8)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_conflict")
    assert Parameter.objects.get().value == 7


def test_another_person_may_use_the_same_key(cast: Cast, as_lin: APIClient) -> None:
    given = {"value": 7, "unit": cast.county.pk}
    mine = as_lin.post(THINGS, {"key": "mine", **given}, HTTP_IDEMPOTENCY_KEY="k")
    hers = phone_of(cast.chen).post(THINGS, {"key": "hers", **given}, HTTP_IDEMPOTENCY_KEY="k")
    assert (mine.status_code, hers.status_code, hers.json()["key"]) == (201, 201, "hers")


@pytest.mark.parametrize(
    ("repeat", "code"),
    [
        (None, "idempotency_key_missing"),
        ("", "idempotency_key_missing"),
        ("x" * 256, "idempotency_key_invalid"),
        (" x", "idempotency_key_invalid"),
        ("店".encode().decode("latin-1"), "idempotency_key_invalid"),
    ],
)
def test_a_creating_request_needs_a_key(cast: Cast, as_lin: APIClient, repeat: str | None, code: str) -> None:
    answer = create(as_lin, cast, repeat)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Parameter.objects.exists()


def test_a_key_of_255_characters_is_taken(cast: Cast, as_lin: APIClient) -> None:
    assert create(as_lin, cast, "x" * 255).status_code == 201


def test_a_refusal_is_not_stored_and_the_key_stays_free(cast: Cast, as_lin: Any) -> None:
    headers = {"HTTP_IDEMPOTENCY_KEY": "k"}
    given = {"key": "refuse", "value": 1, "unit": cast.county.pk}
    assert as_lin.post(THINGS, given, **headers).json()["code"] == "conflict"
    assert not IdempotencyKey.objects.exists()
    assert as_lin.post(THINGS, {**given, "key": "fine"}, **headers).status_code == 201


def test_a_request_that_is_still_running_is_409(cast: Cast, as_lin: APIClient) -> None:
    from hashlib import blake2b

    name = f"{cast.lin.pk}:key-1"
    lock = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock])
            answer = create(as_lin, cast)
            assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_running")
            assert not Parameter.objects.exists()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])  # closing alone lets go of it only later
    finally:
        other.close()
    assert create(as_lin, cast).status_code == 201


def test_answers_are_kept_30_days(cast: Cast, as_lin: APIClient) -> None:
    create(as_lin, cast)
    with clock.at(NOW + timedelta(days=30) - timedelta(seconds=1)):
        assert idempotency.forget_old() == 0
    with clock.at(NOW + timedelta(days=30)):
        assert idempotency.forget_old() == 1
    assert not IdempotencyKey.objects.exists()


# -- versions ----------------------------------------------------------------------------------------------------------


def test_a_read_has_a_tag_and_is_304_while_it_holds(things: list[Parameter], as_lin: APIClient) -> None:
    address = f"{THINGS}/{things[0].pk}"
    first = as_lin.get(address)
    tag = first["ETag"]
    for given in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = as_lin.get(address, HTTP_IF_NONE_MATCH=given)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    Parameter.objects.filter(pk=things[0].pk).update(version=2)
    fresh = as_lin.get(address, HTTP_IF_NONE_MATCH=tag)
    assert fresh.status_code == 200
    assert fresh["ETag"] != tag


def test_an_edit_needs_the_tag_that_was_read(things: list[Parameter], as_lin: Any) -> None:
    address = f"{THINGS}/{things[0].pk}"
    tag = as_lin.get(address)["ETag"]
    other = as_lin.get(f"{THINGS}/{things[1].pk}")["ETag"]
    for given, status, code in (
        (None, 428, "precondition_required"),
        ('"x.1.y"', 412, "stale_version"),
        (other, 412, "stale_version"),
        (f"W/{tag}", 412, "stale_version"),
    ):
        headers = {"HTTP_IF_MATCH": given} if given else {}
        answer = as_lin.patch(address, {"value": 9}, **headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert Parameter.objects.get(pk=things[0].pk).value == 0
    done = as_lin.patch(address, {"value": 9}, HTTP_IF_MATCH=tag)
    assert (done.status_code, done.json()["value"], done.json()["version"]) == (200, 9, 2)
    late = as_lin.patch(address, {"value": 10}, HTTP_IF_MATCH=tag)
    assert (late.status_code, late.json()["code"]) == (412, "stale_version")
    assert as_lin.patch(address, {"value": 11}, HTTP_IF_MATCH=done["ETag"]).status_code == 200


def test_an_edit_of_a_foreign_row_is_404_like_an_absent_one(things: list[Parameter], as_wu: APIClient) -> None:
    for pk in (things[0].pk, 0):
        answer = as_wu.patch(f"{THINGS}/{pk}", {"value": 9}, HTTP_IF_MATCH="*")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert Parameter.objects.get(pk=things[0].pk).value == 0


def test_a_row_is_removed_under_its_tag_only(things: list[Parameter], cast: Cast) -> None:
    as_sun = phone_of(cast.sun)
    address = f"{THINGS}/{things[0].pk}"
    tag = as_sun.get(address)["ETag"]
    assert as_sun.delete(address).json()["code"] == "precondition_required"
    assert as_sun.delete(address, HTTP_IF_MATCH=tag).status_code == 204
    assert as_sun.delete(address, HTTP_IF_MATCH=tag).status_code == 404
