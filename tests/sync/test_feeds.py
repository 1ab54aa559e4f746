"""What phones hold: each collection follows what people do, and tells exactly the document that changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.models import Parameter, Person, Position
from backend.partitions import ensure_partitions
from brands.models import Product
from cycles import month as months
from cycles.models import Action
from market.orders import loading
from market.orders.loading import OrderLineRow
from retail.models import Contact
from tests.cast import ALWAYS, TODAY, Cast, phone_of
from tests.cycles.chain import FELL, FIGURES, find, rules_of_tests
from tests.cycles.deeds import draft
from tests.sync.feeds import Phones, patch, planned, post, tick
from tests.visits.items import full_item

MARCH = date(2026, 3, 1)


@pytest.fixture
def lins(cast: Cast, as_lin: APIClient) -> Phones:
    """Lin's phone, with all that there is already pulled."""
    held = Phones(as_lin)
    held.pull()
    return held


def only(told: dict[str, list[dict[str, Any]]], collection: str) -> dict[str, Any]:
    """The one document that was told, of this collection and of no other."""
    assert sorted(told) == [collection]
    [document] = told[collection]
    return document


def test_nothing_changed_nothing_is_pulled(lins: Phones) -> None:
    tick()
    assert lins.pull() == {}


def test_a_phone_holds_its_shops_as_their_cards_say(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    contact = Contact.objects.create(retailer=cast.shops[0], name="店主", phone="13900000000", is_primary=True)
    promise = post(
        as_lin,
        "promises",
        {"retailer": str(cast.shops[0].pk), "text": "送货架", "promised_on": "2026-03-16", "due_on": "2026-03-20"},
    )
    held = Phones(as_lin)
    held.pull()
    card = held["retailers"].documents[str(cast.shops[0].pk)]
    assert {name: card[name] for name in ("name", "tier", "visit_class", "order_weekday", "territory_id")} == {
        "name": "便民商店0", "tier": 15, "visit_class": "A", "order_weekday": 1, "territory_id": cast.territory.pk,
    }  # fmt: skip
    assert card["contacts"] == [
        {"id": str(contact.pk), "name": "店主", "phone": "13900000000", "relation": "", "is_primary": True}
    ]
    assert card["due"] == [
        {"code": "promise", "id": promise["id"], "on": "2026-03-20"},
        {"code": "licence", "id": str(cast.shops[0].pk), "on": "2028-06-30"},
    ]
    assert sorted(held["retailers"].documents) == sorted(str(shop.pk) for shop in cast.shops)
    chens = Phones(as_chen, ("retailers",))
    chens.pull()
    assert sorted(chens["retailers"].documents) == sorted(str(shop.pk) for shop in cast.shops)


def test_an_edited_shop_is_told_at_once_and_not_again_with_the_tick(cast: Cast, lins: Phones) -> None:
    patch(lins.client, f"retailers/{cast.shops[1].pk}", {"name": "新招牌"})
    assert only(lins.pull(), "retailers")["name"] == "新招牌"
    tick()
    assert lins.pull() == {}


def test_a_need_and_a_promise_come_at_once_and_the_card_follows(cast: Cast, lins: Phones) -> None:
    shop = str(cast.shops[0].pk)
    need = post(lins.client, "needs", {"retailer": shop, "kind": "supply", "text": "缺货", "raised_on": "2026-03-16"})
    told = only(lins.pull(), "needs")
    assert (told["id"], told["text"], told["raised_by_name"], told["closed_on"]) == (need["id"], "缺货", "林小梅", None)
    post(lins.client, f"needs/{need['id']}/close", {"on": "2026-03-16", "outcome": "已配货"})
    assert only(lins.pull(), "needs")["outcome"] == "已配货"
    promise = {"retailer": shop, "text": "送货架", "promised_on": "2026-03-16", "due_on": "2026-03-20"}
    made = post(lins.client, "promises", promise)
    assert only(lins.pull(), "promises")["id"] == made["id"]
    tick()
    assert only(lins.pull(), "retailers")["due"][0]["id"] == made["id"]


def test_a_visit_shows_among_the_recent_ones_and_in_the_shops_month(cast: Cast, lins: Phones) -> None:
    sent = full_item(cast)
    answer = lins.client.post("/api/v1/visits/batch", [sent], format="json")
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["created"]
    tick()
    told = lins.pull()
    assert sorted(told) == ["recent_visits", "shop_months"]
    [recent] = told["recent_visits"]
    assert recent["id"] == str(cast.shops[0].pk)
    [visit] = recent["visits"]
    assert (visit["id"], visit["checked"], visit["failed"]) == (sent["submission_id"], 5, ["full"])
    assert (visit["briefed"], visit["person_name"]) == ([cast.policy.pk], "林小梅")
    assert visit["seen"] == [[cast.products[0].pk, 43, 19_500], [cast.products[1].pk, None, None]]
    assert [one["kind"] for one in visit["heard"]] == ["brand_opinion", "policy_opinion", "rival_move"]
    [month] = told["shop_months"]
    assert month["months"] == [{"month": "2026-03", "cartons": 0, "amount_fen": 0, "orders": 0, "visits": 1}]


def test_a_restricted_remark_goes_to_its_author_and_to_nobody_else(
    cast: Cast, lins: Phones, as_chen: APIClient
) -> None:
    sent = {**full_item(cast), "remarks": [{"kind": "irregular", "text": "夜里来货"}]}
    answer = lins.client.post("/api/v1/visits/batch", [sent], format="json")
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["created"]
    tick()
    [mine] = lins.pull()["recent_visits"]
    assert mine["visits"][0]["heard"] == [{"kind": "irregular", "text": "夜里来货"}]
    chens = Phones(as_chen, ("recent_visits",))
    [theirs] = chens.pull()["recent_visits"]
    assert theirs["visits"][0]["heard"] == []


def test_orders_that_arrive_are_in_the_shops_months(cast: Cast, lins: Phones) -> None:
    ensure_partitions(date(2025, 3, 1), back=1, ahead=0)
    code = cast.shops[2].code
    loading.load_orders(
        [
            OrderLineRow("D1", code, date(2026, 2, 3), "P1", None, None, 4, 66_880),
            OrderLineRow("D2", code, TODAY, "P2", None, None, 6, 52_800),
            OrderLineRow("D3", code, date(2025, 3, 4), "P1", None, None, 9, 150_480),
            OrderLineRow("D4", code, date(2025, 2, 4), "P1", None, None, 1, 16_720),  # the 14th month back
        ]
    )
    tick()
    told = only(lins.pull(), "shop_months")
    assert told["id"] == str(cast.shops[2].pk)
    assert [(m["month"], m["cartons"], m["amount_fen"], m["orders"]) for m in told["months"]] == [
        ("2025-03", 9, 150_480, 1),
        ("2026-02", 4, 66_880, 1),
        ("2026-03", 6, 52_800, 1),
    ]


def test_an_edited_product_and_a_new_listing_reach_every_phone(cast: Cast, lins: Phones, sign_in: Any) -> None:
    feng = sign_in("feng")
    product = cast.products[1]
    patch(feng, f"products/{product.pk}", {"guide_pack_fen": 1_234})
    tick()
    told = only(lins.pull(), "products")
    assert (told["kind"], told["product_id"], told["guide_pack_fen"]) == ("product", product.pk, 1_234)
    post(feng, "key-products", {"unit": cast.prefecture.pk, "product": product.pk, "from_date": "2026-03-16"})
    tick()
    told = only(lins.pull(), "products")
    assert (told["kind"], told["unit_id"], told["product_id"]) == ("key", cast.prefecture.pk, product.pk)
    assert Product.objects.get(pk=product.pk).guide_pack_fen == 1_234


def test_a_released_policy_reaches_the_phones_under_its_unit_only(
    cast: Cast, lins: Phones, as_wu: APIClient, sign_in: Any
) -> None:
    wus = Phones(as_wu, ("policies",))
    wus.pull()
    zhou = sign_in("zhou")
    policy = post(zhou, "policies", {"unit": cast.county.pk, "code": "tiers-q2", "title": "二季度档位"})
    version = post(zhou, "policy-versions", {"policy": policy["id"], "body": "季度末评定。", "card": "看卡片"})
    tick()
    assert lins.pull() == {}
    post(zhou, f"policy-versions/{version['id']}/release", {"brief_by": "2026-03-23"})
    tick()
    told = only(lins.pull(), "policies")
    assert (told["version_id"], told["title"], told["card"], told["brief_by"]) == (
        version["id"], "二季度档位", "看卡片", "2026-03-23",
    )  # fmt: skip
    assert wus.pull() == {}


def admin_of(cast: Cast, role: str) -> Any:
    """Somebody of the prefecture at the admin pages."""
    from django.test import Client

    person = Person(username=f"{role}-desk", name=role)
    person.set_unusable_password()
    person.save()
    Position.objects.create(person=person, unit=cast.prefecture, role_id=role, during=ALWAYS)
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_renamed_display_template_reaches_phones(cast: Cast, lins: Phones) -> None:
    row = cast.template.template
    desk = admin_of(cast, "policy_editor")
    body = {"unit": row.unit_id, "code": row.code, "name": "新五度", "name_en": ""}
    assert desk.post(reverse("admin:visits_displaytemplate_change", args=[row.pk]), body).status_code == 302
    tick()
    told = only(lins.pull(), "templates")
    assert (told["name"], told["version_id"]) == ("新五度", cast.template.pk)


def test_a_threshold_set_for_a_county_is_told_to_its_phones_alone(cast: Cast, lins: Phones, as_wu: APIClient) -> None:
    wus = Phones(as_wu, ("settings",))
    wus.pull()
    desk = admin_of(cast, "administrator")
    body = {
        "unit": cast.county.pk, "key": "visits.near_m_urban", "during_0": "2026-03-01", "during_1": "", "value": "150",
    }  # fmt: skip
    assert desk.post(reverse("admin:backend_parameter_add"), body).status_code == 302
    assert Parameter.objects.count() == 1
    tick()
    told = only(lins.pull(), "settings")
    assert (told["kind"], told["unit_id"], told["level"], told["values"]) == (
        "values", cast.county.pk, 3, {"visits.near_m_urban": 150},
    )  # fmt: skip
    assert wus.pull() == {}


def test_settings_hold_defaults_the_calendar_and_the_words_of_sentences(cast: Cast, lins: Phones) -> None:
    by_kind = {document["kind"]: document["values"] for document in lins["settings"].documents.values()}
    assert sorted(by_kind) == ["calendar", "calendar_overrides", "defaults", "sentences"]
    assert by_kind["defaults"]["visits.near_m_rural"] == 500
    assert by_kind["calendar"]["2026-10-01"] is False
    zh, en = by_kind["sentences"]["rule.client.odd_order@1"]
    assert "{cartons" in zh
    assert "{cartons" in en


def test_a_day_off_that_is_set_by_hand_reaches_phones(cast: Cast, lins: Phones, sign_in: Any) -> None:
    answer = sign_in("sun").put(
        "/api/v1/calendar-days/2026-03-18", {"is_working": False, "name": "停电"}, format="json", HTTP_IF_MATCH="*"
    )
    assert answer.status_code in (200, 201), answer.content
    tick()
    assert only(lins.pull(), "settings")["values"] == {"2026-03-18": False}


# -- the month ---------------------------------------------------------------------------------------------------------


def test_the_month_comes_with_its_cells_and_fifteen_places_for_words(cast: Cast, lins: Phones) -> None:
    months.open_month(MARCH)
    tick()
    told = lins.pull()
    assert sorted(told) == ["cell_words", "cycles"]
    assert len(told["cell_words"]) == 15
    shops = {d["id"]: d for d in told["cycles"] if d["kind"] == "shop"}
    assert sorted(shops) == sorted(str(shop.pk) for shop in cast.shops)
    assert shops[str(cast.shops[0].pk)]["months"] == [
        {"month": "2026-03", "cells": {d: [0, 0, 1, 0, 0] for d in ("client", "brand", "market")}}
    ]
    [paper] = [d for d in told["cycles"] if d["kind"] == "manager"]
    assert (paper["month"], paper["person_id"], paper["cells"]) == ("2026-03", str(cast.lin.pk), [])


def test_a_finding_its_action_and_what_is_decided_reach_the_phone(cast: Cast, lins: Phones) -> None:
    months.open_month(MARCH)
    tick()
    lins.pull()
    with rules_of_tests():
        find(FELL, cast.shops[0], cast.territory, FIGURES)
        find(FELL, cast.shops[1], cast.territory, FIGURES, restricted=True)
        draft()
        action = Action.objects.get(retailer=cast.shops[0])
        post(lins.client, f"actions/{action.pk}/accept")
        tick()
        told = lins.pull()
    assert sorted(told) == ["actions", "cycles", "findings"]
    [finding] = told["findings"]
    assert (finding["retailer_id"], finding["template"], finding["template_version"], finding["figures"]) == (
        str(cast.shops[0].pk), "rule.test_fell", 1, FIGURES,
    )  # fmt: skip
    accepted = next(document for document in told["actions"] if document["id"] == str(action.pk))
    assert (accepted["state"], accepted["target"], accepted["finding_id"]) == ("accepted", "10.00", finding["id"])
    assert [document["id"] for document in told["cycles"]] == [str(cast.shops[0].pk)]
    assert told["cycles"][0]["months"][0]["cells"]["client"] == [2, 2, 1, 1, 0]


def test_a_stop_that_is_put_moved_and_served_is_told_each_time(cast: Cast, lins: Phones) -> None:
    body = {"retailer": str(cast.shops[0].pk), "on_date": "2026-03-16", "words": "送货架"}
    put = post(lins.client, "stops", body)
    tick()
    told = only(lins.pull(), "plan")
    assert (told["id"], told["state"], told["words"], told["position"]) == (put["id"], "planned", "送货架", 1)
    sent = full_item(cast)
    lins.client.post("/api/v1/visits/batch", [sent], format="json")
    tick()
    [served] = lins.pull()["plan"]
    assert (served["state"], served["visit_id"]) == ("done", sent["submission_id"])


def test_last_months_stops_are_gone_but_for_those_missed_without_a_reason(cast: Cast, as_lin: APIClient) -> None:
    february = date(2026, 2, 27)
    kept = planned(cast, 0, february, state="missed")
    planned(cast, 1, february, state="missed", miss_reason="weather")
    planned(cast, 2, february, state="dropped")
    planned(cast, 0, date(2026, 5, 4))
    coming = planned(cast, 0, date(2026, 4, 1))
    held = Phones(as_lin, ("plan",))
    held.pull()
    assert sorted(held["plan"].documents) == sorted([str(kept.pk), str(coming.pk)])


def test_what_is_said_of_a_cell_at_the_desk_reaches_the_phone(cast: Cast, lins: Phones) -> None:
    months.open_month(MARCH)
    tick()
    lins.pull()
    [paper] = [d for d in lins["cycles"].documents.values() if d["kind"] == "manager"]
    path = f"manager-cycles/{paper['id']}/cells/client_plan/words"
    post(lins.client, path, {"words": "先跑乡镇"}, HTTP_IF_MATCH="*")
    tick()
    told = lins.pull()
    assert sorted(told) == ["cell_words", "cycles"]
    [words] = told["cell_words"]
    assert (words["cell"], words["words"], words["state"]) == ("client_plan", "先跑乡镇", "drafted")


def test_a_new_manager_of_the_territory_does_not_hold_the_predecessors_words(cast: Cast, lins: Phones) -> None:
    months.open_month(MARCH)
    tick()
    lins.pull()
    assert len(lins["cell_words"].documents) == 15
    Position.objects.filter(person=cast.lin).delete()
    Position.objects.create(person=cast.he, unit=cast.territory, role_id="account_manager", during=ALWAYS)
    hes = Phones(phone_of(cast.he), ("cell_words", "cycles"))
    hes.pull()
    assert hes["cell_words"].documents == {}
    assert {d["kind"] for d in hes["cycles"].documents.values()} == {"shop"}
