"""Every collection of a phone stands in the API's description; what is told is held against it in shapes.py."""

from __future__ import annotations

from typing import Any

import pytest

from backend import feeds
from backend.http import schema
from backend.http.sync_shapes import component
from tests.sync import shapes

COLLECTIONS = {
    "actions", "cell_words", "cycles", "display_tasks", "findings", "improvements", "intelligence_items", "needs",
    "notices", "plan", "policies", "policy_questions", "products", "promises", "quiz_attempts", "recent_visits",
    "retailers", "samples", "settings", "shop_months", "sync_issues", "templates", "visits",
}  # fmt: skip
SHOP_MONTHS = {
    "id": "01a20517-b557-7693-baa3-dd28989280c3",
    "_deleted": False,
    "months": [{"month": "2026-03", "cartons": 1, "amount_fen": 2, "orders": 1, "visits": 0}],
}


def test_every_collection_of_a_phone_is_described() -> None:
    assert {feed.collection for feed in feeds.latest() if feed.shape is not None} == COLLECTIONS
    described = schema.document()["components"]["schemas"]
    assert {name for name in map(component, COLLECTIONS) if name not in described} == set()


def test_pull_and_push_name_what_they_carry() -> None:
    found = schema.document()
    pulled = found["components"]["schemas"]["backend.PulledOut"]["properties"]["documents"]["items"]["anyOf"]
    names = {one["$ref"].rpartition("/")[2] for one in pulled}
    assert names == {"sync.Deleted", *map(component, COLLECTIONS)}
    body = found["paths"]["/sync/{collection}/{version}/push"]["post"]["requestBody"]["content"]["application/json"]
    pushed = body["schema"]["items"]["properties"]["newDocumentState"]["anyOf"]
    assert sorted(one["$ref"].rpartition("/")[2] for one in pushed) == [
        "sync.CellWords", "sync.Needs", "sync.Plan", "sync.Promises", "sync.QuizAttempts", "sync.Visits",
    ]  # fmt: skip


def test_what_a_phone_owns_of_a_collection_is_in_its_shape() -> None:
    described = schema.document()["components"]["schemas"]
    for feed in feeds.latest():
        if feed.push is not None and feed.shape is not None:
            assert feed.owned <= set(described[component(feed.collection)]["properties"])


@pytest.mark.parametrize(
    "wrong",
    [
        {**SHOP_MONTHS, "more": 1},
        {name: value for name, value in SHOP_MONTHS.items() if name != "months"},
        {**SHOP_MONTHS, "months": [{"month": "2026-03-01", "cartons": 1, "amount_fen": 2, "orders": 1, "visits": 0}]},
    ],
)
def test_a_document_of_another_shape_is_noticed(wrong: dict[str, Any]) -> None:
    shapes.check("shop_months", 1, SHOP_MONTHS)
    with pytest.raises(AssertionError):
        shapes.check("shop_months", 1, wrong)
