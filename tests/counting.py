"""How many queries every GET costs, measured over HTTP; used by tests/architecture/test_query_budgets.py.

Savepoints are not counted: outside a test they are no queries. Of each number one query is signing in (device, person
and positions of the day at once; on a page session, person and positions: three).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.query_budgets import Counts
from tests.walk.asking import Ask, address, api_routes, content, page_address
from tests.walk.policy import ALLOW, OWN, PAGES, POLICY, PUBLIC, Rule, verdict
from tests.walk.world import World

READERS = ("lin", "zhao", "qian", "sun", "shen", "anonymous")
MANAGER = "chen"  # reads what none of READERS may
AT_MOST = 3  # readers of one route
NOT_QUERIES = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
QUERIES: dict[str, Callable[[World], str]] = {  # where an answer needs one
    "GET /filters": lambda world: "page=visits",
    "GET /api/v1/collection-points/proposed": lambda world: f"unit={world.cast.territory.pk}",
    "GET /api/v1/second-touches": lambda world: f"policy_version={world.cast.policy.pk}",
    "GET /api/v1/order-windows/of-shop": lambda world: f"retailer={world.cast.shops[0].pk}",
    "GET /api/v1/parameters": lambda world: f"unit={world.cast.territory.pk}",
    "GET /intelligence": lambda world: "which=all",
    "GET /misfires": lambda world: "answered=all",
    "GET /needs": lambda world: "state=all",
    "GET /breaches": lambda world: "state=all",
    "GET /market/subject": lambda world: f"subject=product:{world.cast.products[0].pk}",
    "GET /sync/<slug:collection>/<int:version>/pull": lambda world: "lwt=0&id=",
}


def reads() -> set[str]:
    """Every GET of the API and of the pages, but for what the door serves."""
    elsewhere = {name for name, rule in POLICY.items() if rule.elsewhere}
    found = {name for name in api_routes() if name.startswith("GET ")} - elsewhere
    return found | {name for name in PAGES if name.startswith("GET ")}


def readers(rule: Rule) -> Iterator[str]:
    """Those of READERS who get an answer, else the market manager; of a public route the one who did not sign in."""
    if rule.needs == PUBLIC:
        yield "anonymous"
        return
    found = [name for name in READERS if verdict(rule, name, OWN if rule.of else "") == ALLOW]
    yield from found or [MANAGER]


def measure(
    world: World, clients: dict[str, Any], browsers: dict[str, Any], *, is_first: bool
) -> tuple[Counts, dict[str, int]]:
    """The queries of every GET for its readers, and how long the longest answer is: rows of JSON, elements of a page.

    `is_first`: nobody asked these routes in this process before, so each is asked once before it is measured.
    """
    counts: Counts = {}
    rows: dict[str, int] = {}
    for name in sorted(reads() & (POLICY.keys() | PAGES.keys())):
        rule = POLICY[name] if name in POLICY else PAGES[name]
        asked = Ask("GET", _address(world, name, rule), query=QUERIES[name](world) if name in QUERIES else "")
        signed = {who: (browsers if name in PAGES else clients)[who] for who in islice(readers(rule), AT_MOST)}
        if is_first:
            asked.send(next(iter(signed.values())))  # what a process reads once, it has now read
        for who, client in signed.items():
            cache.clear()
            with CaptureQueriesContext(connection) as captured:
                response = asked.send(client)
                body = content(response)
            assert response.status_code < 400, (name, who, response.status_code)
            queries = [query for query in captured if not query["sql"].startswith(NOT_QUERIES)]
            counts.setdefault(name, {})[who] = len(queries)
            rows[name] = max(rows.get(name, 0), _rows(body))
    return counts, rows


def _address(world: World, name: str, rule: Rule) -> str:
    path = name.split(" ")[1]
    if name in PAGES:
        return page_address(path, world.key(rule.of, OWN) if rule.of else "")
    return address(path, world.key(rule.of, OWN)) if rule.of else path


def _rows(body: bytes) -> int:
    """The longest list in a JSON answer, however deep; of a page the elements, of anything else the lines."""
    try:
        return _longest(json.loads(body))
    except ValueError:
        return body.count(b"<") if b"<html" in body[:500] else body.count(b"\n")


def _longest(value: Any) -> int:
    if isinstance(value, list):
        return max([len(value), *map(_longest, value)])
    return max(map(_longest, value.values()), default=0) if isinstance(value, dict) else 0
