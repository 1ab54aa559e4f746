"""Bad values of everything that the pages know in their addresses: refused or ignored, never a failure of ours."""

from __future__ import annotations

from itertools import cycle, islice

import pytest
from django.db import transaction
from django.http import HttpRequest

from tests.bad_inputs.test_edges import AWKWARD
from tests.counting import QUERIES
from tests.examples import examples
from tests.walk.asking import content, page_address
from tests.walk.policy import ALLOW, OWN, PAGES, PUBLIC, SIGNED, verdict
from tests.walk.principals import browser
from tests.walk.world import World
from web.boards import place

READ = sorted(name for name, rule in PAGES.items() if name.startswith("GET ") and rule.needs != PUBLIC)
VALUES = {
    **AWKWARD,
    "minus": "-1",
    "1e9": "1e9",
    "month 13": "2026-13",
    "a kind of key": "product:9223372036854775808",
    "upper case": "0199AAAA-0000-7000-8000-00000000DEAD",
    "tag": "%27%22%3E%3Cscript%3E",
}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What the pages that are asked say they know."""
    found: set[str] = set()
    judge = place.known

    def noted(request: HttpRequest, *allowed: str) -> None:
        found.update(allowed)
        judge(request, *allowed)

    monkeypatch.setattr(place, "known", noted)
    return found


@pytest.mark.parametrize("name", READ)
def test_no_query_string_breaks_a_page(name: str, world: World, known: set[str]) -> None:
    rule, path = PAGES[name], name.split(" ")[1]
    reader = next(who for who in ("zhao", "chen", *SIGNED) if verdict(rule, who, OWN if rule.of else "") == ALLOW)
    client = browser(world.cast.people[reader])
    client.raise_request_exception = False
    where = page_address(path, world.key(rule.of, OWN) if rule.of else "")
    base = QUERIES[name](world) if name in QUERIES else ""
    assert client.get(where, QUERY_STRING=base).status_code < 400
    turns = cycle(VALUES.items())  # in `make test` two of them for each parameter
    for parameter in sorted(known):
        values = [("empty", ""), *islice(turns, examples(2, thorough=len(VALUES)))]
        for what, value in values:
            with transaction.atomic():
                response = client.get(where, QUERY_STRING=f"{base}&{parameter}={value}".lstrip("&"))
                transaction.set_rollback(True)
            assert response.status_code in {200, 302, 400, 404}, (parameter, what, response.status_code)
            assert b"<script>" not in content(response), (parameter, what)
