"""Shops over HTTP: who sees them, registering, editing, classes as of a day, what a filter finds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend import clock, marks, outbox
from backend.models import AuditEntry, ChangeMark, Parameter, Position, SyncEntry, Unit
from retail import queries
from retail.models import Assignment, Classification, Retailer
from tests.cast import ALWAYS, TODAY, Cast, SignIn, make_shop

CODES = ["420200000000", "420200000001", "420200000002"]


def listed(client: APIClient, query: str = "") -> list[str]:
    return [row["code"] for row in client.get(f"/api/v1/retailers{query}").json()["results"]]


def post(client: APIClient, path: str, body: dict[str, Any], key: str = "k") -> Any:
    return client.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": key})


def new_shop(cast: Cast, **other: Any) -> dict[str, Any]:
    return {
        "code": "420200009999",
        "licence_no": "420200199999",
        "name": "新开便利店",
        "holder": "王新",
        "territory": cast.territory.pk,
        "from_date": "2026-03-16",
        "classes": {"business_type": "B", "market_type": "C", "scale": 2},
        **other,
    }


def test_everybody_sees_the_shops_of_their_own_reach(
    cast: Cast, as_lin: APIClient, as_wu: APIClient, as_zhao: APIClient
) -> None:
    assert listed(as_lin) == CODES
    assert listed(as_wu) == ["420200000100", "420200000101"]
    assert listed(as_zhao) == [*CODES, "420200000100", "420200000101"]


def test_another_countys_shop_answers_like_one_that_does_not_exist(cast: Cast, as_wu: APIClient) -> None:
    path = f"/api/v1/retailers/{cast.shops[0].pk}"
    assert as_wu.get(path).status_code == 404
    edit = as_wu.patch(path, {"name": "x"}, format="json", headers={"If-Match": "*"})
    assert edit.status_code == 404
    body = {"from_date": "2026-03-16", "changes": {"visit_class": "B"}}
    assert post(as_wu, f"retailers/{cast.shops[0].pk}/reclassify", body).status_code == 404
    assert Retailer.objects.get(pk=cast.shops[0].pk).name == "便民商店0"
    assert Classification.objects.filter(retailer=cast.shops[0]).count() == 1


def test_a_market_manager_registers_a_shop_that_is_visited_monthly_unless_told(
    cast: Cast, as_chen: APIClient, as_lin: APIClient
) -> None:
    made = post(as_chen, "retailers", new_shop(cast))
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["visit_class"], told["state"], told["terminal_type"]) == ("C", "active", "ordinary")
    assert (told["territory"], told["county"], told["opened_on"]) == (cast.territory.pk, cast.county.pk, "2026-03-16")
    assert listed(as_lin) == [*CODES, "420200009999"]
    assert AuditEntry.objects.get().act == "retailer.register"
    assert set(SyncEntry.objects.values_list("collection", "territory_id", "deleted")) == {
        ("retailers", cast.territory.pk, False)
    }


def test_a_shop_registered_for_a_later_day_comes_to_the_phone_on_that_day(cast: Cast, as_chen: APIClient) -> None:
    made = post(as_chen, "retailers", new_shop(cast, from_date="2026-03-20"))
    assert made.status_code == 201, made.content
    outbox.run_due()
    assert SyncEntry.objects.count() == 0
    with clock.at(datetime(2026, 3, 20, 9, tzinfo=clock.BUSINESS_ZONE)):
        assert outbox.run_due() == 1
    assert list(SyncEntry.objects.values_list("collection", "territory_id", "deleted")) == [
        ("retailers", cast.territory.pk, False)
    ]


def test_no_shop_is_registered_in_a_territory_that_has_ended(cast: Cast, as_chen: APIClient) -> None:
    Unit.objects.filter(pk=cast.territory.pk).update(during=DateRange(date(2024, 1, 1), date(2026, 3, 20)))
    refused = post(as_chen, "retailers", new_shop(cast, from_date="2026-03-20"))
    assert (refused.status_code, refused.json()["code"], Retailer.objects.count()) == (404, "not_found", 5)


def test_an_account_manager_registers_nothing(cast: Cast, as_lin: APIClient) -> None:
    assert post(as_lin, "retailers", new_shop(cast)).status_code == 403
    assert Retailer.objects.count() == 5


def test_a_shop_cannot_be_registered_in_a_territory_outside_the_office(cast: Cast, as_chen: APIClient) -> None:
    refused = post(as_chen, "retailers", new_shop(cast, territory=cast.other_territory.pk))
    assert refused.status_code == 400
    assert Retailer.objects.count() == 5


def test_a_known_licence_is_refused_with_its_field(cast: Cast, as_chen: APIClient) -> None:
    refused = post(as_chen, "retailers", new_shop(cast, licence_no="420200100000"))
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/licence_no"
    assert (Retailer.objects.count(), AuditEntry.objects.count()) == (5, 0)


def test_lin_corrects_the_hours_and_the_edit_needs_the_version_she_read(cast: Cast, as_lin: APIClient) -> None:
    path = f"/api/v1/retailers/{cast.shops[0].pk}"
    read = as_lin.get(path)
    edited = as_lin.patch(path, {"opens_at": "07:30:00"}, format="json", headers={"If-Match": read["ETag"]})
    assert (edited.status_code, edited.json()["opens_at"], edited.json()["version"]) == (200, "07:30:00", 2)
    stale = as_lin.patch(path, {"opens_at": "08:00:00"}, format="json", headers={"If-Match": read["ETag"]})
    assert stale.status_code == 412
    assert as_lin.patch(path, {"opens_at": "08:00:00"}, format="json").status_code == 428
    entry = AuditEntry.objects.get()
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["opens_at"], entry.after["opens_at"], entry.unit_id) == (None, "07:30:00", cast.county.pk)


@pytest.mark.parametrize(
    "body",
    [
        {"lon": 114.0, "lat": None},
        {"lon": 181.0, "lat": 30.0},
        {"order_weekday": 8},
        {"tier": 3},
        {"version": 9},
        {"name": "x" * 121},
        {"name": "\u0000"},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(cast: Cast, as_lin: APIClient, body: dict[str, Any]) -> None:
    before = Retailer.objects.filter(pk=cast.shops[0].pk).values().get()
    path = f"/api/v1/retailers/{cast.shops[0].pk}"
    assert as_lin.patch(path, body, format="json", headers={"If-Match": "*"}).status_code == 400
    assert Retailer.objects.filter(pk=cast.shops[0].pk).values().get() == before


def test_a_shop_reclassified_from_a_day_keeps_its_old_class_before_it(cast: Cast, as_lin: APIClient) -> None:
    body = {"from_date": "2026-03-04", "reason": "月销量下降", "changes": {"visit_class": "B"}}
    done = post(as_lin, f"retailers/{cast.shops[0].pk}/reclassify", body)
    assert done.status_code == 200, done.content
    assert (done.json()["from_date"], done.json()["visit_class"], done.json()["business_type"]) == (
        "2026-03-04",
        "B",
        "B",
    )
    days = ("2023-12-31", "2026-03-03", "2026-03-04", "2026-03-16")
    pages = {day: as_lin.get(f"/api/v1/retailers?as_of={day}&code=420200000000").json() for day in days}
    assert {day: [row["visit_class"] for row in page["results"]] for day, page in pages.items()} == {
        "2023-12-31": [None],
        "2026-03-03": ["A"],
        "2026-03-04": ["B"],
        "2026-03-16": ["B"],
    }
    history = as_lin.get(f"/api/v1/classifications?retailer={cast.shops[0].pk}").json()["results"]
    assert [(row["from_date"], row["to_date"], row["visit_class"]) for row in history] == [
        ("2024-01-01", "2026-03-04", "A"),
        ("2026-03-04", None, "B"),
    ]
    assert AuditEntry.objects.get().reason == "月销量下降"


def test_a_class_put_between_two_others_ends_where_the_first_ended(cast: Cast, as_lin: APIClient) -> None:
    path = f"retailers/{cast.shops[0].pk}/reclassify"
    assert post(as_lin, path, {"from_date": "2026-04-01", "changes": {"visit_class": "C"}}, "1").status_code == 200
    assert post(as_lin, path, {"from_date": "2026-03-01", "changes": {"visit_class": "B"}}, "2").status_code == 200
    assert post(as_lin, path, {"from_date": "2026-03-01", "changes": {"trade_area": "学校"}}, "3").status_code == 200
    rows = Classification.objects.filter(retailer=cast.shops[0]).order_by("during")
    assert [(r.during.lower, r.during.upper, r.visit_class, r.trade_area) for r in rows] == [
        (date(2024, 1, 1), date(2026, 3, 1), "A", ""),
        (date(2026, 3, 1), date(2026, 4, 1), "B", "学校"),
        (date(2026, 4, 1), None, "C", ""),
    ]


def test_a_class_before_the_first_one_is_refused(cast: Cast, as_lin: APIClient) -> None:
    body = {"from_date": "2023-12-31", "changes": {"visit_class": "B"}}
    assert post(as_lin, f"retailers/{cast.shops[0].pk}/reclassify", body).status_code == 409
    assert Classification.objects.filter(retailer=cast.shops[0]).count() == 1


def test_a_tier_is_computed_and_no_account_manager_changes_it(cast: Cast, as_lin: APIClient, sign_in: SignIn) -> None:
    path = f"retailers/{cast.shops[0].pk}/reclassify"
    body = {"from_date": "2026-03-16", "changes": {"tier": 1}}
    refused = post(as_lin, path, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert Classification.objects.get(retailer=cast.shops[0]).tier == 15
    assert post(sign_in("qian"), path, body).status_code == 200


@pytest.mark.parametrize("value", [{"code": "X1"}, {"licence_no": "X1"}])
def test_who_the_shop_is_changes_only_by_those_who_register_shops(
    cast: Cast, as_lin: APIClient, as_chen: APIClient, value: dict[str, Any]
) -> None:
    path = f"/api/v1/retailers/{cast.shops[0].pk}"
    refused = as_lin.patch(path, value, format="json", headers={"If-Match": "*"})
    assert (refused.status_code, Retailer.objects.get(pk=cast.shops[0].pk).version) == (403, 1)
    assert as_chen.patch(path, value, format="json", headers={"If-Match": "*"}).status_code == 200


def test_no_account_manager_closes_a_shop(cast: Cast, as_lin: APIClient, as_chen: APIClient) -> None:
    path, body = f"retailers/{cast.shops[0].pk}/reclassify", {"from_date": "2026-03-16", "changes": {"state": "closed"}}
    refused = post(as_lin, path, body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (403, "/changes/state")
    assert Classification.objects.get(retailer=cast.shops[0]).state == "active"
    assert post(as_chen, path, body).json()["state"] == "closed"


def test_who_does_not_need_the_tier_does_not_get_it_by_reading_or_by_filtering(
    cast: Cast, as_lin: APIClient, sign_in: SignIn
) -> None:
    path = f"/api/v1/retailers/{cast.shops[0].pk}"
    assert as_lin.get(path).json()["tier"] == 15
    assert listed(as_lin, "?tier=15") == CODES
    as_jiang = sign_in("jiang")
    assert "tier" not in as_jiang.get(path).json()
    assert len(listed(as_jiang)) == 5
    assert listed(as_jiang, "?tier=15") == []
    history = as_jiang.get(f"/api/v1/classifications?retailer={cast.shops[0].pk}").json()["results"]
    assert "tier" not in history[0]


def test_filters_narrow_by_class_place_and_licence(cast: Cast, as_zhao: APIClient) -> None:
    first, second, third = cast.shops
    Classification.objects.filter(retailer=second).update(state="suspended", market_type="X", visit_class="C")
    Retailer.objects.filter(pk=third.pk).update(licence_valid_until=date(2026, 4, 14), name="学府烟酒")
    found = {
        query: listed(as_zhao, f"?{query}")
        for query in (
            "state=suspended",
            "market_type=X",
            "visit_class=C",
            "q=学府",
            f"q={first.code}",
            "order_weekday=2",
            "licence_before=2026-05-01",
            f"territory={cast.territory.pk}",
            f"unit={cast.other_county.pk}",
            f"unit={cast.prefecture.pk}&state=active&market_type=C&q=420200000",
        )
    }
    assert found == {
        "state=suspended": [CODES[1]],
        "market_type=X": [CODES[1]],
        "visit_class=C": [CODES[1]],
        "q=学府": [CODES[2]],
        f"q={first.code}": [CODES[0]],
        "order_weekday=2": [CODES[1], "420200000101"],
        "licence_before=2026-05-01": [CODES[2]],
        f"territory={cast.territory.pk}": CODES,
        f"unit={cast.other_county.pk}": ["420200000100", "420200000101"],
        f"unit={cast.prefecture.pk}&state=active&market_type=C&q=420200000": [
            CODES[0],
            CODES[2],
            "420200000100",
            "420200000101",
        ],
    }
    assert as_zhao.get("/api/v1/retailers?state=open").status_code == 400


def test_a_licence_is_due_by_the_days_of_notice_of_its_county(cast: Cast, as_zhao: APIClient) -> None:
    shops = [*cast.shops, *cast.wu_shops]
    for shop, until in zip(shops, (14, 15, 16, 16, 17), strict=True):
        Retailer.objects.filter(pk=shop.pk).update(licence_valid_until=date(2026, 4, until))
    assert listed(as_zhao, "?licence_due=true") == CODES[:2]  # 30 days from 16 March is 15 April
    Parameter.objects.create(
        unit=cast.other_county, key="retail.licence_notice_days", during=DateRange(TODAY, None), value=31
    )
    assert listed(as_zhao, "?licence_due=true") == [*CODES[:2], "420200000100"]


def test_a_shop_without_a_territory_is_seen_from_the_county_up(
    cast: Cast, as_zhao: APIClient, as_chen: APIClient
) -> None:
    make_shop(cast.territory, 7, assigned=False)
    assert "420200000007" in listed(as_zhao, f"?unit={cast.county.pk}")
    assert "420200000007" not in listed(as_chen)


def test_a_list_takes_as_many_queries_for_thirty_shops_as_for_three(
    cast: Cast, as_lin: APIClient, django_assert_num_queries: Any
) -> None:
    for count in (0, 27):
        for number in range(10, 10 + count):
            make_shop(cast.territory, number)
        with django_assert_num_queries(2):  # the token, the page
            as_lin.get("/api/v1/retailers")


def test_active_shops_are_those_of_the_day(cast: Cast) -> None:
    closed = Classification.objects.get(retailer=cast.shops[1])
    closed.state = "closed"
    closed.save()
    Assignment.objects.filter(retailer=cast.shops[2]).update(during=DateRange(date(2024, 1, 1), date(2026, 3, 16)))
    rows = queries.active_shops([cast.territory.pk, cast.other_territory.pk], TODAY)
    assert [(pk, territory) for pk, territory, _ in rows] == [
        (cast.shops[0].pk, cast.territory.pk),
        *((shop.pk, cast.other_territory.pk) for shop in cast.wu_shops),
    ]


def test_a_change_marks_the_territory_for_those_who_count(cast: Cast, as_lin: APIClient) -> None:
    known = dict(marks._subscribers)
    marks.subscribe("test", ["retailers"])
    try:
        body = {"from_date": "2026-03-04", "changes": {"visit_class": "B"}}
        post(as_lin, f"retailers/{cast.shops[0].pk}/reclassify", body)
    finally:
        marks._subscribers.clear()
        marks._subscribers.update(known)
    assert list(ChangeMark.objects.filter(consumer="test").values_list("kind", "unit_id", "on_date")) == [
        ("retailers", cast.territory.pk, date(2026, 3, 4))
    ]


def test_a_capability_held_elsewhere_changes_nothing_of_the_shop(cast: Cast, as_lin: APIClient) -> None:
    """Lin stands in as steward of the other county; at her own shops she is an account manager still."""
    Position.objects.create(person=cast.lin, unit=cast.other_county, role_id="data_steward", during=ALWAYS)
    shop = cast.shops[0]
    for changes in ({"state": "closed"}, {"tier": 30}):
        answer = post(
            as_lin, f"retailers/{shop.pk}/reclassify", {"from_date": "2026-03-16", "changes": changes}, str(changes)
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    tag = as_lin.get(f"/api/v1/retailers/{shop.pk}")["ETag"]
    answer = as_lin.patch(f"/api/v1/retailers/{shop.pk}", {"licence_no": "420299999999"}, HTTP_IF_MATCH=tag)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    held = Classification.objects.get(retailer=shop)
    assert (held.state, held.tier, Retailer.objects.get(pk=shop.pk).licence_no) == ("active", 15, shop.licence_no)
    theirs = cast.wu_shops[0]
    answer = post(as_lin, f"retailers/{theirs.pk}/reclassify", {"from_date": "2026-03-16", "changes": {"tier": 30}})
    assert (answer.status_code, answer.json()["tier"]) == (200, 30)
