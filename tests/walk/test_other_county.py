"""The other county sees nothing of Lin's: not a row, not a word, not even that there is something to hide."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from rest_framework.test import APIClient

from market.models import IntelligenceItem
from tests.examples import THOROUGH
from tests.walk import bodies, canaries
from tests.walk.asking import Ask, api_routes, content, masked
from tests.walk.canaries import Spy
from tests.walk.policy import MOVED, NOWHERE, OWN, POLICY, columns
from tests.walk.world import TOKEN, World

ROUTES = {name: route for name, route in api_routes().items() if name in POLICY}
OTHERS = ("wu", "tang", "luo")
BATCH = "POST /api/v1/visits/batch"  # answers 200 with a refusal per item
WRITING = bodies.writes(ROUTES)
READING = sorted(name for name in ROUTES if name.startswith("GET ") and "<" not in name)
LISTS = [name for name in READING if not POLICY[name].about and not POLICY[name].elsewhere]

# Which of the query parameters name something that has an owner, and by which part of a place.
NAMES_AN_OWNER = {
    "retailer": "shop",
    "person": "person",
    "unit": "territory",
    "units": "territory",
    "shops_of": "territory",
    "under": "county",
    "territory": "territory",
    "key_in": "county",
    "policy": "policy",
    "parent": "county",
    "actor": "person",
    "point": "point",
    "visit": "visit",
    "raised_by": "person",
    "asked_by": "person",
    "owner": "county",
    "promised_by": "person",
    "prefecture": "county",
    "group": "group",
}
# And those that do not: words, days, choices, and what everybody may see.
NAMES_NONE = {
    "page_size", "level", "username", "is_active", "act", "object_type", "object_id", "before", "cursor", "fields",
    "ordering", "q", "sort", "children", "month", "since", "until", "on", "as_of", "on_date", "on_date_after",
    "on_date_before", "due_before", "licence_before", "licence_due", "brief_by_after", "kind", "mode", "state",
    "format",
    "cell", "role", "written", "severity", "code", "column", "source", "presence", "flag", "flagged", "has", "has_note",
    "released", "template", "policy_version", "submission_id", "order_no", "order_weekday", "is_home", "is_launch",
    "is_working", "is_primary", "is_open", "on_sale", "blend", "brand", "brand__is_home", "product", "price_class",
    "has_price_class", "business_type", "market_type", "visit_class", "terminal_type", "scale", "tier", "priority",
    "open", "rule", "dimension",
    "asked", "by", "channel", "overdue", "passed", "tag", "understanding",
    "visit_id", "item_code", "waiting",
    "kpi", "kpis", "segment", "months", "order", "page", "after", "block", "word", "counts",
    "collections", "holds_unsent", "older_than", "subject",
    "department", "is_overdue", "is_replied", "is_mine", "confidence", "place", "campaign", "stratum", "week",
    "is_suspect", "is_decided", "is_accepted",
    "unsaid", "miss_reason", "is_own", "outcome", "carried", "closed", "answered", "figure", "absorbed", "decided",
    "is_on", "newest", "cause", "day", "sent_since", "sent_until", "mine", "is_restricted", "unusual",
}  # fmt: skip


@pytest.fixture(scope="module")
def spies(world: World, clients: dict[str, APIClient]) -> dict[str, Spy]:
    assert canaries.put(world) > 60
    return {name: Spy(clients[name], canaries.secrets_of(world)) for name in OTHERS}


def test_the_spy_would_see_it(world: World, spies: dict[str, Spy], clients: dict[str, APIClient]) -> None:
    """Chen, whose county it is, gets the tokens: were they shown to Wu, the walk would fail."""
    chen = Spy(clients["chen"], spies["wu"].secrets)
    for path in ("/api/v1/retailers", "/api/v1/visits", "/api/v1/contacts", "/api/v1/policies"):
        with pytest.raises(AssertionError, match=TOKEN):
            chen.get_answer(Ask("GET", path))


def addressed(name: str) -> bool:
    return bool(POLICY[name].of) and POLICY[name].needs != "public"


@pytest.mark.parametrize("name", sorted(filter(addressed, ROUTES)))
def test_a_foreign_object_answers_as_an_absent_one(name: str, world: World, spies: dict[str, Spy]) -> None:
    rule = POLICY[name]
    kind = rule.of
    for column in set(columns(rule)) & {OWN, MOVED} if kind not in SHARED else set():
        hidden, absent = world.key(kind, column), world.key(kind, NOWHERE)
        for who, spy in spies.items():
            for ask_hidden, ask_absent in _variants(name, world, column, by_all_methods=(who, column) == ("wu", OWN)):
                told = masked(spy.get_answer(ask_hidden, hidden), hidden, absent)
                same = masked(spy.get_answer(ask_absent, absent), hidden, absent)
                assert (who, told) == (who, same)
                assert told[0] in {400, 403, 404, 405, 415, 428}


SHARED = {
    "brand",
    "product",
    "calendar day",
    "collection",
    "import kind",
    "rule",
    "told rule",
    "open month",
    "prefecture month",
}  # kinds that nobody owns


def _variants(name: str, world: World, column: str, *, by_all_methods: bool) -> list[tuple[Ask, Ask]]:
    """The same request for the hidden object and for the absent one: well made, badly made, and by other methods."""
    rule = POLICY[name]
    hidden = bodies.ask(world, name, rule, column)
    absent = bodies.ask(world, name, rule, NOWHERE)
    badly: tuple[tuple[str, Any], ...] = (
        ("GET", None),
        ("POST", {"no_such": 1}),
        ("PATCH", {}),
        ("PUT", {}),
        ("DELETE", None),
    )
    others = [(Ask(m, hidden.path, body), Ask(m, absent.path, body)) for m, body in badly if by_all_methods]
    return [(hidden, absent), *others]


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_boards_hold_nothing_of_another_county(name: str, world: World, spies: dict[str, Spy]) -> None:
    for who, spy in spies.items():
        following: str | None = name.split(" ")[1]
        while following:
            parts = urlsplit(following)
            response = spy.get_answer(Ask("GET", parts.path, query=parts.query))
            assert response.status_code in {200, 403}, (who, content(response))
            told = json.loads(content(response))
            following = told.get("next") if isinstance(told, dict) else None


def test_every_query_parameter_is_known_to_this_walk() -> None:
    assert {p for name in READING for p in _parameters(name)} <= NAMES_NONE | NAMES_AN_OWNER.keys()


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_by_a_foreign_id_answers_as_one_by_an_absent_id(
    name: str, world: World, spies: dict[str, Spy]
) -> None:
    path = name.split(" ")[1]
    for parameter in sorted(_parameters(name) & NAMES_AN_OWNER.keys()):
        part = NAMES_AN_OWNER[parameter]
        absent = _named(world, NOWHERE, part)
        for column in (OWN, MOVED):
            hidden = _named(world, column, part)
            for who, spy in spies.items():
                if column == MOVED and who != "wu" and not THOROUGH:  # it moved within the one county
                    continue
                told, same = (
                    masked(spy.get_answer(Ask("GET", path, query=urlencode({parameter: value})), value), hidden, absent)
                    for value in (hidden, absent)
                )
                assert (who, parameter, told) == (who, parameter, same)


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if POLICY[name].about))
def test_a_foreign_id_in_a_request_answers_as_an_absent_one(name: str, world: World, spies: dict[str, Spy]) -> None:
    rule = POLICY[name]
    for column in set(columns(rule)) & {OWN, MOVED}:
        ids = [value for c in (column, NOWHERE) for value in vars(world.place(c)).values()]
        ids = sorted([world.actions[world.place(column).shop], *ids], key=lambda key: -len(str(key)))
        for who, spy in spies.items():
            told, same = (
                masked(spy.get_answer(bodies.ask(world, name, rule, c), *ids), *ids, bodies.SUBMISSION)
                for c in (column, NOWHERE)
            )
            assert (who, told) == (who, same)
            assert told[0] in {200 if name == BATCH or rule.per_item else 400, 400, 403, 404, 422}


def _named(world: World, column: str, part: str) -> Any:
    """What a filter names: a part of the column's place, or the thing that others sent up too."""
    if part != "group":
        return getattr(world.place(column), part)
    item = world.key("intelligence item", column)
    return IntelligenceItem.objects.filter(pk=item).values_list("group_id", flat=True).first() or item


def _parameters(name: str) -> set[str]:
    """The query parameters that a route declares."""
    route = ROUTES[name]
    view = route.view() if isinstance(route.view, type) else None
    return set(view.parameters(route.acts["GET"])) if view is not None else set()
