"""What was refused of a push is seen, mended, sent again or let go by those who may; and its author's phone is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from backend.models import Quarantined
from tests.cast import Cast
from tests.sync.notes import notes_feed
from tests.sync.wire import Phone, made, uid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def feed(db: None) -> Iterator[None]:
    with notes_feed():
        yield


@pytest.fixture
def refused(cast: Cast, as_lin: APIClient) -> dict[str, Any]:
    """Lin's note that speaks of a field of the server's; as Chen reads it in the quarantine."""
    note = {"id": str(uid(1)), "retailer_id": str(cast.shops[0].pk), "text": "甲", "seen": 9}
    assert Phone(as_lin).push(made(note)) == []
    return note


def held(client: APIClient) -> dict[str, Any]:
    [found] = client.get("/api/v1/quarantine").json()["results"]
    return found


def settle(client: APIClient, key: str, act: str, body: Any) -> Any:
    path = f"/api/v1/quarantine/{key}/{act}"
    return client.post(path, json.dumps(body), content_type="application/json", HTTP_IDEMPOTENCY_KEY="a-key")


def texts() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT text, person_name FROM sync_note")
        return cursor.fetchall()


def test_a_mended_document_is_taken_as_its_authors(
    refused: dict[str, Any], as_lin: APIClient, as_chen: APIClient
) -> None:
    key = held(as_chen)["id"]
    still = settle(as_chen, key, "resend", refused)
    assert (still.status_code, still.json()["code"], texts()) == (400, "read_only_field", [])
    mended = {name: value for name, value in refused.items() if name != "seen"}
    assert settle(as_chen, key, "resend", mended).json() == {"outcome": "created", "submission_id": str(uid(1))}
    assert texts() == [("甲", "林小梅")]
    [issue] = Phone(as_lin, "sync_issues").pull().values()
    assert (issue["state"], issue["settled_at"] is None) == ("resent", False)
    assert set(Phone(as_lin).pull()) == {str(uid(1))}


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", str(uid(2))), ("id", None), ("_deleted", True), ("retailer_id", "another shop of hers")],
)
def test_nothing_else_is_pushed_under_the_authors_name(
    refused: dict[str, Any], cast: Cast, as_lin: APIClient, as_chen: APIClient, field: str, value: Any
) -> None:
    value = str(cast.shops[1].pk) if field == "retailer_id" else value
    mended = {name: value for name, value in refused.items() if name != "seen"}
    answer = settle(as_chen, held(as_chen)["id"], "resend", {**mended, field: value})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{field}")
    assert texts() == []
    assert Quarantined.objects.get().state == "open"
    assert Phone(as_lin).pull() == {}


def test_what_is_let_go_is_told_to_its_author_and_keeps_its_bytes(
    refused: dict[str, Any], as_lin: APIClient, as_chen: APIClient
) -> None:
    phone = Phone(as_lin, "sync_issues")
    assert [issue["state"] for issue in phone.pull().values()] == ["open"]
    assert settle(as_chen, held(as_chen)["id"], "dismiss", {"reason": "重复"}).status_code == 200
    assert [issue["state"] for issue in phone.pull().values()] == ["dismissed"]
    assert json.loads(bytes(Quarantined.objects.get().payload)) == {"_deleted": False, **refused}
    assert texts() == []


def test_its_author_lets_it_go_and_her_phone_hears_of_it_and_of_the_return(
    refused: dict[str, Any], as_lin: APIClient
) -> None:
    phone = Phone(as_lin, "sync_issues")
    [issue] = phone.pull().values()
    assert settle(as_lin, issue["id"], "dismiss", {"reason": "不再发送"}).status_code == 200
    assert [row["state"] for row in phone.pull().values()] == ["dismissed"]
    back = as_lin.post(f"/api/v1/quarantine/{issue['id']}/reopen", {}, format="json", HTTP_IDEMPOTENCY_KEY="other")
    assert back.status_code == 200
    assert [(row["state"], row["settled_at"]) for row in phone.pull().values()] == [("open", None)]


def test_another_county_neither_sees_nor_settles_it(refused: dict[str, Any], as_wu: APIClient) -> None:
    key = Quarantined.objects.get().pk
    assert as_wu.get("/api/v1/quarantine").json()["results"] == []
    assert settle(as_wu, str(key), "resend", {}).status_code == 403
    assert settle(as_wu, str(key), "dismiss", {"reason": "x"}).status_code == 404
    assert Quarantined.objects.get().state == "open"
