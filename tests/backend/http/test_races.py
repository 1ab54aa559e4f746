"""Several requests at once, over HTTP: one id one visit, one version one edit, one key one effect."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from backend import clock
from backend.models import AuditEntry, IdempotencyKey, Quarantined, Receipt
from retail.models import Contact, Need, Retailer
from tests.cast import NOW, Cast, phone_of
from tests.visits.items import full_item
from visits.models import CheckLine, Observation, Visit

BATCH, VISITS = "/api/v1/visits/batch", "/api/v1/visits"


@pytest.fixture
def many(transactional_db: None, cast: Cast) -> Cast:
    phone_of(cast.lin)  # the device is there before the threads begin
    return cast


def at_once(cast: Cast, requests: Sequence[Callable[[Any], Any]]) -> list[Any]:
    """The answers to requests that all start at the same moment, each on a connection of its own, by Lin's phone."""
    barrier = Barrier(len(requests))

    def send(request: Callable[[Any], Any]) -> Any:
        try:
            with clock.at(NOW):
                client = phone_of(cast.lin)
                client.raise_request_exception = False
                barrier.wait()
                return request(client)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))


def post(path: str, body: Any, **headers: str) -> Callable[[Any], Any]:
    sent = json.dumps(body)
    return lambda client: client.post(path, sent, content_type="application/json", headers=headers)


def test_a_visit_pushed_twenty_times_at_once_is_one_row_with_one_receipt(many: Cast) -> None:
    visit = full_item(many)
    answers = at_once(many, [post(BATCH, [visit])] * 10 + [post(VISITS, visit)] * 10)
    told = [a.json()["outcomes"][0] if "outcomes" in a.json() else a.json() for a in answers]
    assert sorted(outcome["outcome"] for outcome in told) == ["created", *["duplicate"] * 19]
    assert len({json.dumps(outcome["receipt"]) for outcome in told}) == 1
    singles = sorted(answer.status_code for answer in answers[10:])
    assert singles in ([200] * 10, [*[200] * 9, 201])
    assert (Visit.objects.count(), Receipt.objects.count(), Quarantined.objects.count()) == (1, 1, 0)
    assert (CheckLine.objects.count(), Observation.objects.count()) == (5, 2)


def test_of_two_edits_of_one_version_one_is_made_and_one_is_refused(many: Cast) -> None:
    path = f"/api/v1/retailers/{many.shops[0].pk}"
    with clock.at(NOW):
        tag = phone_of(many.lin).get(path).headers["ETag"]

    def edit(address: str) -> Callable[[Any], Any]:
        body = json.dumps({"address": address})
        return lambda client: client.patch(path, body, content_type="application/json", headers={"If-Match": tag})

    answers = at_once(many, [edit(f"人民路 {number} 号") for number in range(2)])
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    [made] = [answer.json() for answer in answers if answer.status_code == 200]
    [refused] = [answer.json() for answer in answers if answer.status_code == 412]
    stored = Retailer.objects.get(pk=many.shops[0].pk)
    assert (stored.address, stored.version) == (made["address"], 2)
    assert refused["code"] == "stale_version"
    assert AuditEntry.objects.filter(act="retailer.edit").count() == 1


def test_a_key_raced_eight_times_has_one_effect(many: Cast) -> None:
    body = {"retailer": str(many.shops[0].pk), "kind": "supply", "text": "缺货", "raised_on": "2026-03-16"}
    key = {"Idempotency-Key": "one-need"}
    answers = at_once(many, [post("/api/v1/needs", body, **key)] * 8)
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in made].count(None) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency_running"}
    assert (Need.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
    [again] = at_once(many, [post("/api/v1/needs", body, **key)])
    assert (again.status_code, again.content) == (201, made[0].content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Need.objects.count() == 1


def test_a_key_raced_with_two_bodies_has_the_effect_of_one(many: Cast) -> None:
    shop, key = str(many.shops[0].pk), {"Idempotency-Key": "two-names"}
    bodies = [{"retailer": shop, "name": name} for name in ("张三", "李四")]
    answers = at_once(many, [post("/api/v1/contacts", body, **key) for body in bodies])
    assert sorted(answer.status_code for answer in answers) in ([201, 409], [201, 422])
    assert Contact.objects.count() == 1
