"""All JSON cases and all naughty strings against the phones' batch, the single visit and one ordinary route."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import Model
from rest_framework.test import APIClient

from backend.models import Quarantined, Receipt
from brands.models import Brand
from tests import bad_inputs
from tests.bad_inputs.sending import post_raw
from tests.walk import bodies
from tests.walk.asking import content
from tests.walk.policy import OWN
from tests.walk.world import World
from visits.models import Remark, Visit

BATCH, VISITS, BRANDS = "/api/v1/visits/batch", "/api/v1/visits", "/api/v1/brands"
PUBLIC = bad_inputs.public_bodies()
OURS = [(name, body) for name, body, _ in bad_inputs.bodies()]
CASES = OURS + PUBLIC
STRINGS = [*bad_inputs.strings(), *bad_inputs.public_strings()]

needs_real_data = pytest.mark.skipif(not PUBLIC, reason="needs REAL_DATA_DIR")


def counts(*models: type[Model]) -> list[int]:
    return [model._base_manager.count() for model in models]


@pytest.mark.real_data
@needs_real_data
def test_the_public_collections_are_there_as_a_whole() -> None:
    assert (len(PUBLIC), len(bad_inputs.public_strings())) == (338, 485)


def test_no_json_case_makes_a_visit_through_the_batch_and_each_refused_item_is_kept(
    world: World, clients: dict[str, APIClient]
) -> None:
    before, kept = counts(Visit, Receipt), Quarantined.objects.count()
    for name, body in CASES:
        response = post_raw(clients["lin"], BATCH, body)
        assert response.status_code in {200, 400, 413}, name
        told = json.loads(content(response))
        if response.status_code == 200:
            assert {outcome["outcome"] for outcome in told["outcomes"]} <= {"rejected"}, name
            assert all(outcome["problem"]["status"] < 500 for outcome in told["outcomes"]), name
        else:
            assert response.headers["Content-Type"] == "application/problem+json", name
    assert counts(Visit, Receipt) == before
    assert Quarantined.objects.count() > kept


@pytest.mark.parametrize(
    ("who", "path", "cases"), [("lin", VISITS, OURS), ("qian", BRANDS, CASES)], ids=["visit", "brand"]
)
def test_no_json_case_gets_past_an_ordinary_route(
    who: str, path: str, cases: list[tuple[str, bytes]], world: World, clients: dict[str, APIClient]
) -> None:
    before = counts(Visit, Receipt, Brand)
    for name, body in cases:
        response = post_raw(clients[who], path, body)
        assert 400 <= response.status_code < 500, name
        if name.startswith("n_") or "--" in name:
            assert response.status_code == 400, name
        assert response.headers["Content-Type"] == "application/problem+json", name
    assert counts(Visit, Receipt, Brand) == before


def test_a_naughty_string_of_a_visit_is_stored_as_it_was_sent(world: World, clients: dict[str, APIClient]) -> None:
    sent = [_visit(world, text) for text in STRINGS]
    for start in range(0, len(sent), 200):
        part = sent[start : start + 200]
        told = json.loads(content(post_raw(clients["lin"], BATCH, json.dumps(part).encode())))
        for item, outcome in zip(part, told["outcomes"], strict=True):
            too_long = len(item["persons_met"]) > 120 or not item["remarks"][0]["text"]
            assert (outcome["outcome"], item["note"]) == ("rejected" if too_long else "created", item["note"])
    stored = dict(Visit.objects.filter(pk__in=[v["submission_id"] for v in sent]).values_list("pk", "note"))
    texts = dict(Remark.objects.filter(visit_id__in=stored).values_list("visit_id", "text"))
    assert len(stored) > len(sent) * 9 // 10
    for item in sent:
        if (found := stored.get(_uuid(item))) is not None:
            assert (found, texts[_uuid(item)]) == (item["note"], item["remarks"][0]["text"])


def test_a_naughty_name_of_a_brand_is_stored_as_it_was_sent_or_refused(
    world: World, clients: dict[str, APIClient]
) -> None:
    for text in STRINGS:
        response = post_raw(clients["qian"], BRANDS, json.dumps({"name": text}).encode())
        told, name = json.loads(content(response)), text.strip()
        if response.status_code == 201:
            assert (told["name"], Brand.objects.get(pk=told["id"]).name) == (name, name)
        else:
            assert response.status_code in {400, 409}, text
            known = Brand.objects.filter(name=name).exists()
            assert known or not name or len(name) > 60 or _holds_unfit(name), text


def test_what_must_never_be_stored_is_nowhere_in_the_database(world: World, clients: dict[str, APIClient]) -> None:
    for bad in (b'"a\\u0000b"', b'"\\ud800"', b'"\\udc00x"', b'"a\x00b"', b'"\xed\xa0\x80"', b'"\xff"'):
        item = json.dumps(_visit(world, "@@")).encode().replace(b'"@@"', bad, 1)
        whole = post_raw(clients["lin"], VISITS, item)
        assert (whole.status_code, json.loads(content(whole))["code"]) in {
            (400, "invalid_text"),
            (400, "malformed_json"),
        }
        response = post_raw(clients["lin"], BATCH, b"[" + item + b"]")
        if response.status_code == 200:
            [outcome] = json.loads(content(response))["outcomes"]
            assert outcome["outcome"] == "rejected"
        else:
            assert response.status_code == 400
    with connection.cursor() as cursor:  # jsonb would hold an escaped NUL as text only by mistake
        cursor.execute("SELECT count(*) FROM backend_quarantined WHERE problem::text ~ 'u0000|ud8'")
        assert cursor.fetchone()[0] == 0


def _visit(world: World, text: str) -> dict[str, Any]:
    plain = bodies.visit(world, world.place(OWN))
    remark = {"kind": "rival_move", "text": text, "counter_proposal": text}
    return {**plain, "submission_id": str(uuid4()), "note": text, "persons_met": text, "remarks": [remark]}


def _uuid(item: dict[str, Any]) -> UUID:
    return UUID(item["submission_id"])


def _holds_unfit(text: str) -> bool:
    return any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text)
