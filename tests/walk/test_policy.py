"""The policy table holds: it names every route, and every principal gets from every route what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.http import HttpResponseBase
from rest_framework.test import APIClient

from tests.examples import THOROUGH, by_turns
from tests.walk import bodies
from tests.walk.asking import Ask, LeftAs, address, api_routes, content, undone
from tests.walk.policy import (
    ABSENT,
    ALLOW,
    FORBIDDEN,
    NOWHERE,
    POLICY,
    PRINCIPALS,
    SAME_ROLE,
    SIGN_IN,
    Rule,
    columns,
    verdict,
)
from tests.walk.world import World

ROUTES = api_routes()
WRITING = bodies.writes(ROUTES)
REFUSALS = {ABSENT: {404}, FORBIDDEN: {403}, SIGN_IN: {401}}
TURNS = {route: number for number, route in enumerate(sorted(ROUTES))}
NAMED_IN_THE_BODY = {400, 403, 404, 422}  # how an id in a body is refused, foreign or absent


def test_the_policy_table_names_every_route_and_no_other() -> None:
    assert sorted(POLICY) == sorted(ROUTES)


def test_every_writing_route_has_a_valid_body() -> None:
    assert sorted({**bodies.VALID, **bodies.FILES, **bodies.FORMS}) == sorted(WRITING)


@pytest.mark.parametrize("route", sorted(set(POLICY) & set(ROUTES)))
def test_every_principal_gets_what_the_table_says_and_a_refusal_writes_nothing(
    route: str, world: World, clients: dict[str, APIClient], left_as: LeftAs
) -> None:
    rule = POLICY[route]
    found, expected = {}, {}
    for column in columns(rule):
        for principal in _asking(rule, column, TURNS[route]):
            ask, word = bodies.ask(world, route, rule, column), verdict(rule, principal, column)
            response = undone(ask, clients[principal]) if word == ALLOW else ask.send(clients[principal])
            status = status_of(response)
            expected[column, principal] = word
            found[column, principal] = word if _fits(rule, word, status) else f"{status} instead of {word}"
    assert found == expected
    # what was refused of a phone's visits is kept, with its reason; and what was answered item by item
    kept = {"backend_quarantined"} if rule.takes_late_work else {"backend_idempotencykey"} if rule.per_item else set()
    assert route not in WRITING or left_as.changed() <= kept


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES.values()}))
def test_a_method_that_a_route_does_not_have_is_405_with_the_ones_it_has(
    path: str, world: World, clients: dict[str, APIClient]
) -> None:
    have = {route.split(" ")[0] for route in ROUTES if route.split(" ", 1)[1] == path}
    rule = next(POLICY[route] for route in POLICY if route.split(" ", 1)[1] == path)
    where = address(path, world.key(rule.of, columns(rule)[0])) if rule.of else path
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - have:
        response = undone(Ask(method, where), clients["lin"])
        assert (method, response.status_code) == (method, 405)
        allowed = {name.strip() for name in response.headers["Allow"].split(",")} - {"HEAD", "OPTIONS"}
        assert allowed == have


def _asking(rule: Rule, column: str, turn: int) -> list[str]:
    """Who is told the same of any object (not signed in, without the capability) asks of the first one and of none.

    In `make test` no answer is asked for twice that cannot differ: one of a role is told that it lacks a capability,
    phones that may not sign in any more take turns, and of what is not there one asks for each word of the table. Of
    those who may, three ask, by turns; all do where THOROUGH is set, as in CI.
    """
    first = columns(rule)[0]
    if column == first:
        asking = list(PRINCIPALS)
    else:
        without = {FORBIDDEN, SIGN_IN} if column != NOWHERE else {SIGN_IN}
        asking = [who for who in PRINCIPALS if verdict(rule, who, first) not in without]
    return asking if THOROUGH else list(_unlike(rule, column, asking, turn))


def _unlike(rule: Rule, column: str, asking: list[str], turn: int) -> Iterator[str]:
    words = {who: verdict(rule, who, column) for who in PRINCIPALS}
    left_out = {who for n, who in enumerate(("expired", "lost", "ended")) if words[who] == SIGN_IN and n != turn % 3}
    left_out |= {who for who, like in SAME_ROLE.items() if words[who] == words[like] == FORBIDDEN}
    allowed = [who for who in asking if words[who] == ALLOW]
    left_out |= set(allowed) - set(by_turns(allowed, 3, turn))
    told: set[str] = set()
    for who in asking:
        if who in left_out or (column == NOWHERE and words[who] in told):
            continue
        told.add(words[who])
        yield who


def status_of(response: HttpResponseBase) -> int:
    """The status of the answer, or of the one item that a batch answered for."""
    if response.status_code == 200 and b'"outcomes"' in content(response)[:20]:
        [outcome] = json.loads(content(response))["outcomes"]
        return outcome["problem"]["status"] if "problem" in outcome else 200
    return response.status_code


def _fits(rule: Rule, word: str, status: int) -> bool:
    if word == ALLOW:
        return status == 501 if rule.elsewhere else status < 400
    return status in (NAMED_IN_THE_BODY if word == ABSENT and rule.about else REFUSALS[word])
