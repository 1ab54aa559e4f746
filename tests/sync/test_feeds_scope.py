"""A shop that moves takes its documents along; nobody else ever sees them; the queries do not grow with the rows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import feeds, synclog
from cycles import month as months
from cycles.models import Action
from retail.models import Contact
from tests.cast import TODAY, Cast
from tests.cycles.chain import FELL, FIGURES, find, rules_of_tests
from tests.cycles.crowd import add_shops
from tests.cycles.deeds import draft
from tests.sync.feeds import PAPERS, SHOPS, Phones, planned, post, tick, transfer
from tests.sync.wire import Phone
from tests.visits.items import full_item

MARCH = date(2026, 3, 1)
CANARY = "金丝雀"


@pytest.fixture
def full(cast: Cast, as_lin: APIClient) -> Cast:
    """Something of every collection about Lin's first shop, with a canary in every free text."""
    shop = cast.shops[0]
    months.open_month(MARCH)
    Contact.objects.create(retailer=shop, name=CANARY, phone="13900000000")
    about = {"retailer": str(shop.pk), "text": CANARY}
    post(as_lin, "needs", {**about, "kind": "supply", "raised_on": "2026-03-16"})
    post(as_lin, "promises", {**about, "promised_on": "2026-03-16", "due_on": "2026-03-20"})
    planned(cast, 0, TODAY, words=CANARY)
    visit = {**full_item(cast), "note": CANARY}
    as_lin.post("/api/v1/visits/batch", [visit], format="json")
    with rules_of_tests():
        find(FELL, shop, cast.territory, {**FIGURES, "words": CANARY})
        draft()
    Action.objects.update(words=CANARY)
    tick()
    return cast


def documents_about(phone: Phones, shop: str) -> dict[str, set[str]]:
    """Ids of the live documents that are the shop's, by collection."""
    found = {}
    for name in (*SHOPS, *PAPERS):
        held = phone[name].documents.values()
        ids = {d["id"] for d in held if shop in (d["id"], d.get("retailer_id"))}
        if ids:
            found[name] = ids
    return found


def test_a_shop_that_moves_leaves_one_phone_and_comes_to_the_other(
    full: Cast, as_lin: APIClient, sign_in: Any, as_chen: APIClient
) -> None:
    lin, ma, shop = Phones(as_lin), Phones(sign_in("ma")), str(full.shops[0].pk)
    lin.pull()
    ma.pull()
    before = documents_about(lin, shop)
    assert sorted(before) == sorted({*SHOPS, *PAPERS} - {"improvements"})
    assert documents_about(ma, shop) == {}
    transfer(as_chen, full, shop)
    tick()
    told = lin.pull()
    for name, ids in before.items():
        tombstones = {document["id"]: document for document in told[name] if document["_deleted"]}
        assert tombstones == {one: {"id": one, "_deleted": True} for one in ids}, name
    assert documents_about(lin, shop) == {}
    assert CANARY not in json.dumps(told, ensure_ascii=False)
    ma.pull()
    assert documents_about(ma, shop) == before


def test_late_work_of_the_old_owner_reaches_the_new_owners_phone(
    full: Cast, as_lin: APIClient, sign_in: Any, as_chen: APIClient
) -> None:
    shop = str(full.shops[1].pk)
    transfer(as_chen, full, shop)
    ma = Phones(sign_in("ma"))
    ma.pull()
    late = {**full_item(full), "retailer_id": shop, "started_at": "2026-03-13T10:00:00+08:00",
            "ended_at": "2026-03-13T10:10:00+08:00"}  # fmt: skip
    answer = as_lin.post("/api/v1/visits/batch", [late], format="json")
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["created"]
    tick()
    told = ma.pull()
    assert [visit["id"] for visit in told["recent_visits"][0]["visits"]] == [late["submission_id"]]
    assert told["shop_months"][0]["months"][0]["visits"] == 1


def test_another_county_pulls_nothing_of_it(full: Cast, as_wu: APIClient) -> None:
    wu = Phones(as_wu)
    wu.pull()
    everything = json.dumps([list(phone.documents.values()) for phone in wu.by_name.values()], ensure_ascii=False)
    assert CANARY not in everything
    for shop in full.shops:
        assert str(shop.pk) not in everything
    assert sorted(wu["retailers"].documents) == sorted(str(shop.pk) for shop in full.wu_shops)


@pytest.mark.parametrize("who", ["zhao", "he", "jiang", "zhou", "shen", "feng"])
def test_who_holds_no_territory_or_office_pulls_nothing(full: Cast, sign_in: Any, who: str) -> None:
    for name in (*SHOPS, *PAPERS, "cell_words"):
        assert Phone(sign_in(who), name).ask().status_code == 403


def test_a_restricted_finding_is_in_no_stream(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    months.open_month(MARCH)
    with rules_of_tests():
        find(FELL, cast.shops[0], cast.territory, FIGURES, restricted=True)
    for client in (as_lin, as_chen):
        phone = Phone(client, "findings")
        assert phone.pull() == {}


@pytest.mark.parametrize("name", [*SHOPS, *PAPERS])
def test_a_page_takes_the_same_queries_whatever_the_rows(full: Cast, as_lin: APIClient, name: str) -> None:
    def queries() -> int:
        phone = Phone(as_lin, name)
        with CaptureQueriesContext(
            connection,
        ) as found:
            phone.page(1_000)
        return len(found)

    queries()  # the day's first comparison is not counted
    before = queries()
    add_shops(full.territory, 30)
    found = feeds.feed(name, 1)
    assert found is not None
    synclog.reconcile(found, [full.territory.pk])
    assert queries() == before
    assert before <= 12
