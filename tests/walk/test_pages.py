"""The same walk over the pages and the admin: who may open them, and that the other county learns nothing from them."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.counting import QUERIES
from tests.examples import THOROUGH, by_turns, examples
from tests.walk import canaries
from tests.walk.asking import DESK, Ask, changed, content, fingerprint, page_address, page_routes, undone
from tests.walk.canaries import Spy
from tests.walk.policy import (
    ABSENT,
    ALLOW,
    FORBIDDEN,
    FOREIGN,
    HOLDERS,
    MOVED,
    NOWHERE,
    OWN,
    PAGES,
    SAME_ROLE,
    SIGNED,
    columns,
    verdict,
)
from tests.walk.principals import browser
from tests.walk.world import TOKEN, World

WITH_UNITS = (
    "/", "/cells/client_execute", "/visits", "/findings", "/actions", "/improvements", "/plan", "/reviews", "/advice"
)  # fmt: skip
TURNS = {name: number for number, name in enumerate(sorted(PAGES))}
ABOUT_ONE = sorted(name for name, rule in PAGES.items() if rule.of)
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture(scope="module")
def browsers(world: World) -> dict[str, Client]:
    return {name: browser(world.cast.people[name]) for name in SIGNED}


@pytest.fixture(scope="module")
def spies(world: World, browsers: dict[str, Client]) -> dict[str, Spy]:
    canaries.put(world)
    secrets = canaries.secrets_of(world)
    return {name: Spy(browsers[name], secrets) for name in ("wu", "tang", "luo")}


def told(response: object, *secrets: object) -> tuple[int, bytes]:
    """Status, the page and where it sends the reader, without tokens, ids of requests, and what was asked for."""
    goes = response.headers.get("Location", "")  # type: ignore[attr-defined]
    body = content(response) + b"\n" + goes.encode()  # type: ignore[arg-type]
    body = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]*"', b"", body)
    body = body.replace(response.headers["X-Request-Id"].encode(), b"")  # type: ignore[attr-defined]
    for secret in secrets:  # a small number only where an address names it
        body = re.sub(rf"(?<=[/=]){secret}(?=[/&]|$)".encode(), b"<id>", body)
    return response.status_code, body  # type: ignore[attr-defined]


def test_the_policy_table_names_every_page_and_no_other() -> None:
    pages = {route.path for route in page_routes()}
    assert sorted({name.split(" ")[1] for name in PAGES}) == sorted(pages)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_reader_gets_the_pages_that_the_table_says(name: str, world: World, browsers: dict[str, Client]) -> None:
    rule, (method, path) = PAGES[name], name.split(" ")
    query = QUERIES[name](world) if name in QUERIES else ""
    for column in columns(rule):
        where = page_address(path, world.key(rule.of, column) if column else "")
        stranger = Ask(method, where).send(Client(raise_request_exception=False))
        if rule.needs == "public":
            assert stranger.status_code < 400
        else:
            assert (stranger.status_code, stranger.headers["Location"].split("?")[0]) == (302, "/login")
        words = {who: verdict(rule, who, column) for who in browsers}
        allowed = [who for who in browsers if words[who] == ALLOW]
        asking = by_turns(allowed, 3, TURNS[name])
        for who, client in browsers.items():
            like = SAME_ROLE.get(who, who)
            if like != who and words[who] == words[like] == FORBIDDEN and not THOROUGH:
                continue  # who lacks the capability is told the same as the other one of the role
            if words[who] == ALLOW and who not in asking:
                continue
            reader = client if method == "GET" else browser(world.cast.people[who])  # it may leave signed out
            answer = undone(Ask(method, where, query=query), reader)
            status = answer.status_code
            word = words[who]
            if where == "/" and word == FORBIDDEN and who in HOLDERS["admin.site"]:
                assert (status, answer.headers["Location"]) == (302, DESK)  # who keeps master data lands at the desk
                continue
            if where == "/" and word == FORBIDDEN and who in HOLDERS["requests.answer"]:
                queue = "/breaches" if who in HOLDERS["breaches.settle"] else "/needs"
                assert (status, answer.headers["Location"]) == (302, queue)  # a department at what waits for it
                continue
            good = status < 400 if word == ALLOW else status in {ABSENT: {404}, FORBIDDEN: {403, 404}}[word]
            assert good, f"{who} got {status} from {where} instead of {word}"


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_a_foreign_object_is_a_page_that_does_not_exist(name: str, world: World, spies: dict[str, Spy]) -> None:
    rule, path = PAGES[name], name.split(" ")[1]
    absent = world.key(rule.of, NOWHERE)
    for spy in spies.values():
        for column in set(columns(rule)) & {OWN, MOVED}:
            hidden = world.key(rule.of, column)
            ids = [value for key in (hidden, absent) for value in (key.values() if isinstance(key, dict) else [key])]
            for method in ("GET", "POST"):
                answers = [
                    told(spy.get_answer(Ask(method, page_address(path, key)), *ids), *ids) for key in (hidden, absent)
                ]
                assert answers[0] == answers[1]


def test_a_foreign_unit_is_a_page_that_does_not_exist(world: World, spies: dict[str, Spy]) -> None:
    for spy in spies.values():
        for path in WITH_UNITS:
            for part in ("territory", "county"):
                ids = [getattr(world.place(column), part) for column in (OWN, NOWHERE)]
                answers = [
                    told(spy.get_answer(Ask("GET", path, query=urlencode({"unit": key})), key), *ids) for key in ids
                ]
                assert answers[0] == answers[1]
                assert answers[0][0] in {302, 403, 404}


def test_the_pages_of_the_other_county_hold_nothing_of_ours(world: World, spies: dict[str, Spy]) -> None:
    place, hidden = world.place(FOREIGN), world.place(OWN)
    for path in WITH_UNITS:
        assert spies["wu"].get_answer(Ask("GET", path, query=f"unit={place.territory}")).status_code == 200
        for spy in spies.values():
            spy.get_answer(Ask("GET", path))
    for query in ({"retailer": hidden.shop}, {"person": hidden.person}, {"after": world.key("visit", OWN)}):
        spies["wu"].get_answer(Ask("GET", "/visits", query=urlencode(query)), *query.values())


# -- admin -------------------------------------------------------------------------------------------------------------


def _desk(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def _of_lins_county(world: World, model: type[Model]) -> list[Model]:
    return [row for row in world.rows if type(row) is model]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_admin_is_closed_to_those_without_a_desk(model: type[Model], browsers: dict[str, Client]) -> None:
    for who in ("lin", "wu", "chen", "zhao", "yuan", "shen"):
        for page in ("changelist", "add"):
            response = browsers[who].get(_desk(model, page))
            assert response.status_code in {302, 403}, who
            assert "/login" in response.headers.get("Location", "/login")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_admin_shows_the_other_county_nothing_of_ours(
    model: type[Model], world: World, spies: dict[str, Spy]
) -> None:
    for spy in (spies["tang"], spies["luo"]):
        for page in ("changelist", "add"):
            spy.get_answer(Ask("GET", _desk(model, page)))
        spy.get_answer(Ask("GET", _desk(model, "changelist"), query=urlencode({"q": TOKEN})), TOKEN)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_foreign_object_in_the_admin_answers_as_an_absent_one(
    model: type[Model], world: World, spies: dict[str, Spy]
) -> None:
    before = fingerprint()
    for row in _of_lins_county(world, model)[: examples(1, thorough=1_000)]:
        absent = 4_242_424_242 if isinstance(row.pk, int) else world.key("shop", NOWHERE)
        for spy in (spies["tang"], spies["luo"]):
            for page in ("change", "history", "delete"):
                for method in ("GET", "POST"):
                    answers = [
                        told(spy.get_answer(Ask(method, _desk(model, page, key)), key), key) for key in (row.pk, absent)
                    ]
                    assert answers[0] == answers[1], (page, method)
    assert list(changed(before)) == []
