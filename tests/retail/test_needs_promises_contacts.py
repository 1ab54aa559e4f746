"""What hangs on a shop: needs, promises and contacts over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend.models import AuditEntry, Person, Position, SyncEntry
from backend.scope import actor_of, visible_to
from retail.models import Assignment, Contact, Need, Promise
from tests.cast import TODAY, Cast


def post(client: APIClient, path: str, body: dict[str, Any], key: str = "k") -> Any:
    return client.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": key})


@pytest.fixture
def need(cast: Cast, as_lin: APIClient) -> dict[str, Any]:
    body = {"retailer": str(cast.shops[0].pk), "kind": "supply", "text": "多要两条利群", "raised_on": "2026-03-10"}
    made = post(as_lin, "needs", body, "need")
    assert made.status_code == 201, made.content
    return made.json()


@pytest.fixture
def promise(cast: Cast, as_lin: APIClient) -> dict[str, Any]:
    body = {
        "retailer": str(cast.shops[0].pk),
        "text": "周五前送价签",
        "promised_on": "2026-03-12",
        "due_on": "2026-03-20",
    }
    made = post(as_lin, "promises", body, "promise")
    assert made.status_code == 201, made.content
    return made.json()


def test_a_need_is_open_until_it_is_closed_with_an_outcome(cast: Cast, as_lin: APIClient, need: dict[str, Any]) -> None:
    assert (need["priority"], need["closed_on"], need["raised_by"]) == (2, None, str(cast.lin.pk))
    assert [r["id"] for r in as_lin.get("/api/v1/needs?is_open=true").json()["results"]] == [need["id"]]
    closed = post(as_lin, f"needs/{need['id']}/close", {"on": "2026-03-16", "outcome": "已配货"})
    assert (closed.status_code, closed.json()["closed_on"], closed.json()["version"]) == (200, "2026-03-16", 2)
    assert as_lin.get("/api/v1/needs?is_open=true").json()["results"] == []
    again = post(as_lin, f"needs/{need['id']}/close", {"on": "2026-03-16", "outcome": "再次"}, "other")
    assert again.status_code == 409
    assert Need.objects.get().outcome == "已配货"
    assert list(AuditEntry.objects.order_by("id").values_list("act", flat=True)) == ["need.raise", "need.close"]


def test_a_need_goes_to_the_phones_of_the_shops_owner(cast: Cast, need: dict[str, Any]) -> None:
    entry = SyncEntry.objects.get()
    assert (entry.collection, entry.territory_id, str(entry.document_id)) == ("needs", cast.territory.pk, need["id"])


@pytest.mark.parametrize("day", ["2026-03-09", "2026-03-17"])
def test_a_need_is_not_closed_before_it_was_raised_or_ahead_of_today(
    as_lin: APIClient, need: dict[str, Any], day: str
) -> None:
    refused = post(as_lin, f"needs/{need['id']}/close", {"on": day, "outcome": "x"})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_date")
    assert Need.objects.get().closed_on is None


def test_work_of_the_days_before_a_handover_still_lands_as_its_authors(cast: Cast, as_lin: APIClient) -> None:
    shop = cast.shops[0]
    Assignment.objects.filter(retailer=shop).update(during=DateRange(date(2024, 1, 1), TODAY))
    Assignment.objects.create(retailer=shop, territory=cast.next_territory, during=DateRange(TODAY, None))
    body = {"retailer": str(shop.pk), "kind": "brand", "text": "x", "raised_on": "2026-03-15"}
    verb = post(as_lin, "needs", body, "1")
    today = post(as_lin, "needs", {**body, "raised_on": "2026-03-16"}, "2")
    assert (verb.status_code, today.status_code) == (201, 404)
    assert Need.objects.get().raised_on == date(2026, 3, 15)


def test_another_countys_account_manager_finds_no_shop_need_or_promise(
    cast: Cast, as_wu: APIClient, need: dict[str, Any], promise: dict[str, Any]
) -> None:
    body = {"retailer": str(cast.shops[0].pk), "kind": "supply", "text": "x", "raised_on": "2026-03-10"}
    answers = [
        post(as_wu, "needs", body, "1"),
        post(as_wu, f"needs/{need['id']}/close", {"on": "2026-03-16", "outcome": "x"}, "2"),
        post(as_wu, f"promises/{promise['id']}/keep", {"on": "2026-03-16"}, "3"),
        as_wu.get(f"/api/v1/needs/{need['id']}"),
        as_wu.get(f"/api/v1/promises/{promise['id']}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert as_wu.get("/api/v1/promises").json()["results"] == []
    assert (Need.objects.count(), Need.objects.get().closed_on, Promise.objects.get().state) == (1, None, "open")


def test_a_promise_is_kept_once(as_lin: APIClient, promise: dict[str, Any]) -> None:
    kept = post(as_lin, f"promises/{promise['id']}/keep", {"on": "2026-03-16"})
    assert (kept.status_code, kept.json()["state"], kept.json()["settled_on"]) == (200, "kept", "2026-03-16")
    drop = post(as_lin, f"promises/{promise['id']}/drop", {"on": "2026-03-16", "reason": "x"}, "other")
    assert (drop.status_code, Promise.objects.get().state) == (409, "kept")


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_a_promise_is_never_dropped_without_a_reason(
    as_lin: APIClient, promise: dict[str, Any], reason: str | None
) -> None:
    body = {"on": "2026-03-16"} if reason is None else {"on": "2026-03-16", "reason": reason}
    assert post(as_lin, f"promises/{promise['id']}/drop", body).status_code == 400
    assert Promise.objects.get().state == "open"


def test_a_dropped_promise_keeps_its_reason_in_the_record_and_the_audit(
    as_lin: APIClient, promise: dict[str, Any]
) -> None:
    dropped = post(as_lin, f"promises/{promise['id']}/drop", {"on": "2026-03-16", "reason": "厂家停产"})
    assert (dropped.json()["state"], dropped.json()["outcome"]) == ("dropped", "厂家停产")
    assert AuditEntry.objects.get(act="promise.dropped").reason == "厂家停产"


def test_a_promise_cannot_be_due_before_it_was_made(cast: Cast, as_lin: APIClient) -> None:
    body = {"retailer": str(cast.shops[0].pk), "text": "x", "promised_on": "2026-03-12", "due_on": "2026-03-11"}
    assert post(as_lin, "promises", body).json()["code"] == "bad_date"
    assert Promise.objects.count() == 0


def test_only_one_contact_of_a_shop_is_the_first_to_call(cast: Cast, as_lin: APIClient) -> None:
    body = {"retailer": str(cast.shops[0].pk), "name": "王姐", "phone": "13800000000", "is_primary": True}
    first = post(as_lin, "contacts", body, "1")
    second = post(as_lin, "contacts", {**body, "name": "李哥"}, "2")
    assert (first.status_code, second.status_code) == (201, 201)
    assert list(Contact.objects.order_by("name").values_list("name", "is_primary")) == [("李哥", True), ("王姐", False)]
    edited = as_lin.patch(
        f"/api/v1/contacts/{first.json()['id']}", {"is_primary": True}, format="json", headers={"If-Match": "*"}
    )
    assert edited.status_code == 200, edited.content
    assert list(Contact.objects.order_by("name").values_list("name", "is_primary")) == [("李哥", False), ("王姐", True)]


def test_a_removed_contact_lives_on_in_the_audit_only(cast: Cast, as_lin: APIClient, as_wu: APIClient) -> None:
    body = {"retailer": str(cast.shops[0].pk), "name": "王姐", "phone": "13800000000"}
    path = f"/api/v1/contacts/{post(as_lin, 'contacts', body).json()['id']}"
    assert as_wu.delete(path, headers={"If-Match": "*"}).status_code == 404
    assert Contact.objects.count() == 1
    assert as_lin.delete(path, headers={"If-Match": "*"}).status_code == 204
    assert Contact.objects.count() == 0
    kept = AuditEntry.objects.get(act="contact.remove").before
    assert kept is not None
    assert kept["name"] == "王姐"


def test_the_auditor_of_the_shops_county_sees_what_was_done_and_nobody_of_another_county_does(
    cast: Cast, as_lin: APIClient, need: dict[str, Any], promise: dict[str, Any]
) -> None:
    shop = str(cast.shops[0].pk)
    more = {"retailer": shop, "text": "x", "promised_on": "2026-03-12", "due_on": "2026-03-20"}
    second = post(as_lin, "promises", more)
    contact = post(as_lin, "contacts", {"retailer": shop, "name": "王姐"}, "contact").json()["id"]
    path = f"/api/v1/contacts/{contact}"
    answers = [
        post(as_lin, f"needs/{need['id']}/close", {"on": "2026-03-16", "outcome": "已配货"}, "close"),
        post(as_lin, f"promises/{promise['id']}/keep", {"on": "2026-03-16"}, "keep"),
        post(as_lin, f"promises/{second.json()['id']}/drop", {"on": "2026-03-16", "reason": "停产"}, "drop"),
        as_lin.patch(path, {"name": "王姐姐"}, format="json", headers={"If-Match": "*"}),
        as_lin.delete(path, headers={"If-Match": "*"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 204]
    luo = Person.objects.create(username="luo", name="罗")
    Position.objects.create(person=luo, unit=cast.other_county, role_id="administrator", during=DateRange(TODAY, None))
    seen = visible_to(AuditEntry.objects.order_by("id"), cast.actor("shen"))
    assert list(seen.values_list("act", "unit_id")) == [
        (act, cast.county.pk)
        for act in ("need.raise", "promise.make", "promise.make", "contact.add", "need.close", "promise.kept",
                    "promise.dropped", "contact.edit", "contact.remove")
    ]  # fmt: skip
    assert list(visible_to(AuditEntry.objects.all(), actor_of(luo))) == []
