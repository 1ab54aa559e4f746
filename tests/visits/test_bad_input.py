"""Bad input of every kind against the intake: never a 5xx, refused by itself, kept as it came, nothing stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from backend.models import Quarantined, Receipt
from tests import bad_inputs
from tests.cast import Cast
from tests.visits.items import encoded, full_item, item
from visits.models import Visit

pytestmark = pytest.mark.django_db

BATCH, VISITS = "/api/v1/visits/batch", "/api/v1/visits"
PUBLIC = bad_inputs.public_bodies()


def send(phone: APIClient, address: str, body: bytes) -> Any:
    return phone.post(address, body, content_type="application/json")


@pytest.mark.parametrize(
    ("body", "code"), [b[1:] for b in bad_inputs.bodies()], ids=[b[0] for b in bad_inputs.bodies()]
)
def test_our_own_bad_bodies_are_refused_by_both_routes(as_lin: APIClient, body: bytes, code: str) -> None:
    single, batch = send(as_lin, VISITS, body), send(as_lin, BATCH, body)
    assert (single.status_code, single.json()["code"]) == (400, code)
    assert batch.status_code in (200, 400)
    if batch.status_code == 200:
        assert {outcome["outcome"] for outcome in batch.json()["outcomes"]} == {"rejected"}
    assert not Visit.objects.exists()
    assert not Receipt.objects.exists()


@pytest.mark.real_data
@pytest.mark.skipif(not PUBLIC, reason="the real data is not there")
def test_the_public_json_cases_never_fail_us_and_store_nothing(as_lin: APIClient, cast: Cast) -> None:
    good = item(cast)
    for name, body in PUBLIC:
        for address in (VISITS, BATCH):
            assert send(as_lin, address, body).status_code in (200, 400), (name, address)
        assert send(as_lin, BATCH, b"[" + body + b"]").status_code in (200, 400), name
    assert not Visit.objects.exists()
    last = send(as_lin, BATCH, b"[" + PUBLIC[0][1] + b"," + encoded(good) + b"]")
    assert last.status_code in (200, 400)


STRINGS = [*bad_inputs.strings(), *bad_inputs.public_strings()]


def test_awkward_strings_are_stored_as_they_are_in_every_text(as_lin: APIClient, cast: Cast) -> None:
    """What strict JSON lets through is kept to the letter; what it refuses is refused by itself."""
    sent = {}
    batch = []
    for text in STRINGS:
        entry = full_item(cast, away_reason=text[:200])
        entry |= {"note": text[:4_000], "persons_met": text[:120]}
        entry["remarks"][0]["text"] = text[:2_000] or "x"
        entry["briefings"][0]["question"] = text[:2_000]
        entry["pitches"][1]["words"] = text[:200]
        sent[entry["submission_id"]] = text
        batch.append(entry)
    for start in range(0, len(batch), 200):
        body = json.dumps(batch[start : start + 200]).encode()
        answer = send(as_lin, BATCH, body)
        assert answer.status_code == 200
        assert [o for o in answer.json()["outcomes"] if o["outcome"] != "created"] == []
    for visit in Visit.objects.all():
        assert visit.note == sent[str(visit.pk)][:4_000]
        assert visit.persons_met == sent[str(visit.pk)][:120]


@pytest.mark.parametrize("field", ["submission_id", "retailer_id", "started_at", "place", "check", "observations"])
def test_awkward_strings_in_place_of_other_types_are_refused_one_by_one(
    as_lin: APIClient, cast: Cast, field: str
) -> None:
    batch = [item(cast, **{field: text}) for text in STRINGS[:100]]
    answer = send(as_lin, BATCH, json.dumps(batch).encode())
    assert {o["outcome"] for o in answer.json()["outcomes"]} == {"rejected"}
    assert not Visit.objects.exists()


def test_awkward_strings_as_keys_are_unknown_fields(as_lin: APIClient, cast: Cast) -> None:
    batch = [{**item(cast), text or " ": 1} for text in STRINGS[:100]]
    outcomes = send(as_lin, BATCH, json.dumps(batch).encode()).json()["outcomes"]
    assert {o["problem"]["errors"][0]["code"] for o in outcomes} == {"unknown_field"}
    assert not Visit.objects.exists()


def test_a_body_over_the_limit_is_refused_before_it_is_read(as_lin: APIClient) -> None:
    answer = send(as_lin, BATCH, b"[" + b" " * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b"]")
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


def test_ten_thousand_items_are_too_many(as_lin: APIClient) -> None:
    answer = send(as_lin, BATCH, b"[" + b"{}," * 9_999 + b"{}]")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_items")
    assert not Quarantined.objects.exists()
