"""Remarks that are sent up, and the verbs on them over HTTP: what the tests of intelligence start from."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from rest_framework.test import APIClient

from backend.scope import Actor
from market.intelligence import follow as intelligence_follow
from retail.models import Retailer
from tests.cast import Cast
from tests.visits.items import item, receive

ITEMS = "/api/v1/intelligence/items"


def heard(kind: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "text": text, **more}


def send(cast: Cast, actor: Actor, *remarks: dict[str, Any], shop: Retailer | None = None, **more: Any) -> Any:
    """A visit with these remarks arrives, and its items follow; the visit as it was sent."""
    place = {} if shop is None else {"retailer_id": str(shop.pk), "place": ...}
    sent = item(cast, remarks=list(remarks), **{**place, **more})
    [outcome] = receive(actor, sent)
    assert outcome.word == "created", outcome
    intelligence_follow.follow()
    return sent


def listed(client: APIClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{ITEMS}?{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def told(client: APIClient, item: Any, verb: str, tag: str = "*", **body: Any) -> Any:
    """The verb is asked for; the answer."""
    where = f"{ITEMS}/{item['id']}/{verb}"
    headers = {"Idempotency-Key": str(uuid4())} | ({"If-Match": tag} if tag else {})
    return client.post(where, body, format="json", headers=headers)


def done(client: APIClient, item: Any, verb: str, **body: Any) -> dict[str, Any]:
    answer = told(client, item, verb, **body)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found
