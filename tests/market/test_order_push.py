"""What the ordering system pushes: orders by the rules of a file, refused line by line; and when shops may order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import clock, marks
from backend.models import AuditEntry, ImportRun
from market.models import LoadedKey, Order, OrderWindow
from tests.cast import Cast, SignIn
from tests.market.importing import done, orders, post, run_of, stood, work

A, B = "420200000000", "420200000001"


def line(product: str = "P1", cartons: Any = 4, fen: Any = 66_880, **more: Any) -> dict[str, Any]:
    return {"product_code": product, "ordered_cartons": cartons, "amount_fen": fen, **more}


def order(number: str, *lines: dict[str, Any], shop: str = A, on: str = "2026-03-04") -> dict[str, Any]:
    return {"order_no": number, "retailer_code": shop, "on_date": on, "lines": list(lines)}


@pytest.fixture
def as_qian(sign_in: SignIn) -> APIClient:
    return sign_in("qian")


def test_a_push_is_an_import_with_the_same_result_as_the_file(cast: Cast, as_qian: APIClient) -> None:
    body = {"orders": [order("D1", line(demanded_cartons=6), line("P2", 2, 17_600)), order("D2", line(), shop=B)]}
    answer = post(as_qian, "orders", body)
    told = answer.json()
    assert (answer.status_code, told["rows"], told["good"], told["created"], told["refusals"]) == (201, 3, 3, 3, [])
    pushed, marked = stood(), marks.lag("rollups").count
    assert marked == 1
    run = done(as_qian, "orders", orders(f"D1,{A},2026-03-04,P1,6,,4,668.80", f"D1,{A},2026-03-04,P2,,,2,176",
                                         f"D2,{B},2026-03-04,P1,,,4,668.80"))  # fmt: skip
    assert (run["unchanged"], stood(), marks.lag("rollups").count) == (3, pushed, marked)
    found = run_of(as_qian, told["import_id"])
    assert (found["state"], found["file_format"]) == ("applied", "api")
    assert AuditEntry.objects.filter(act="import.orders", object_id=told["import_id"]).count() == 1


def test_a_line_that_may_not_be_is_refused_by_itself(cast: Cast, as_qian: APIClient) -> None:
    body = {"orders": [order("D1", line(), line("P9"), line("P2", "five")), order("D2", line(), shop="nobody"),
                       order("D3", line(cartons=None), on="2026-02-30")]}  # fmt: skip
    told = post(as_qian, "orders", body).json()
    assert (told["good"], told["bad"]) == (1, 4)
    assert [(r["order"], r["line"], r["column"], r["code"], r["value"]) for r in told["refusals"]] == [
        (0, 1, "product_code", "unknown_product", "P9"),
        (0, 2, "ordered_cartons", "bad_integer", "five"),
        (1, 0, "retailer_code", "unknown_retailer", "nobody"),
        (2, 0, "on_date", "bad_date", "2026-02-30"),
        (2, 0, "ordered_cartons", "missing_value", ""),
    ]
    assert {number: found[4] for number, found in stood().items()} == {"D1": [("P1", None, None, 4, 66_880)]}


def test_the_same_push_again_changes_nothing_and_a_push_is_taken_back(cast: Cast, as_qian: APIClient) -> None:
    body = {"orders": [order("D1", line())]}
    first = post(as_qian, "orders", body).json()
    again = post(as_qian, "orders", body).json()
    assert (again["unchanged"], again["created"], LoadedKey.objects.count()) == (1, 0, 1)
    assert post(as_qian, f"imports/{first['import_id']}/undo").status_code == 200
    work()
    assert (stood(), run_of(as_qian, first["import_id"])["state"]) == ({}, "undone")


@pytest.mark.parametrize(
    "body",
    [{"orders": []}, {"orders": [{"order_no": "D1", "lines": []}]}, {"orders": [order("D1", line(ghost=1))]},
     {"orders": [order("D1", line(cartons=1.5))]}, {"orders": [order("D1", line(cartons=True))]}, [], {}],
)  # fmt: skip
def test_a_push_of_another_shape_is_refused_whole(cast: Cast, as_qian: APIClient, body: Any) -> None:
    answer = as_qian.post("/api/v1/orders", body, format="json", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert (Order.objects.count(), ImportRun.objects.count()) == (0, 0)


def test_only_stewards_push(cast: Cast, as_lin: APIClient, as_zhao: APIClient) -> None:
    for client in (as_lin, as_zhao):
        assert post(client, "orders", {"orders": [order("D1", line())]}).status_code == 403
    assert (Order.objects.count(), ImportRun.objects.count()) == (0, 0)


def test_more_lines_than_a_push_may_hold_are_refused(cast: Cast, as_qian: APIClient) -> None:
    body = {"orders": [order("D1", *[line()] * 5_001)]}
    answer = post(as_qian, "orders", body)
    assert (answer.json()["code"], answer.json()["limit"]) == ("too_many_items", 5_000)


# -- windows -----------------------------------------------------------------------------------------------------------

MONDAYS = {"order_weekday": 1, "opens_weekday": 6, "opens_at": "19:00:00", "closes_weekday": 7, "closes_at": "16:00:00"}


def test_a_shop_may_order_in_the_window_of_its_day_at_the_nearest_unit(
    cast: Cast, as_qian: APIClient, as_lin: APIClient
) -> None:
    assert post(as_qian, "order-windows", {"unit": cast.prefecture.pk, **MONDAYS}).status_code == 201
    shop = cast.shops[0]  # orders on Mondays; it is Monday, 2026-03-16, 10:00
    path = f"/api/v1/order-windows/of-shop?retailer={shop.pk}"
    assert as_lin.get(path).json()["next"] == {
        "order_on": "2026-03-23", "opens_at": "2026-03-21T19:00:00+08:00", "closes_at": "2026-03-22T16:00:00+08:00"
    }  # fmt: skip
    with clock.at(datetime(2026, 3, 22, 15, 59, tzinfo=clock.BUSINESS_ZONE)):
        assert as_lin.get(path).json()["next"]["order_on"] == "2026-03-23"
    with clock.at(datetime(2026, 3, 22, 16, tzinfo=clock.BUSINESS_ZONE)):
        assert as_lin.get(path).json()["next"]["order_on"] == "2026-03-30"
    post(as_qian, "order-windows", {"unit": cast.county.pk, **MONDAYS, "closes_weekday": 1, "closes_at": "11:00:00"})
    told = as_lin.get(path).json()
    assert (told["window"]["unit"], told["next"]["closes_at"]) == (cast.county.pk, "2026-03-16T11:00:00+08:00")
    assert as_lin.get(f"/api/v1/order-windows/of-shop?retailer={cast.shops[1].pk}").json()["next"] is None


def test_a_window_is_changed_and_removed_by_stewards_only(cast: Cast, as_qian: APIClient, as_lin: APIClient) -> None:
    made = post(as_qian, "order-windows", {"unit": cast.prefecture.pk, **MONDAYS}).json()
    again = post(as_qian, "order-windows", {"unit": cast.prefecture.pk, **MONDAYS})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    path = f"/api/v1/order-windows/{made['id']}"
    tag = as_qian.get(path)["ETag"]
    assert [row["id"] for row in as_lin.get("/api/v1/order-windows").json()["results"]] == [made["id"]]
    assert as_lin.patch(path, {"closes_at": "17:00:00"}, headers={"If-Match": tag}).status_code == 403
    edited = as_qian.patch(path, {"closes_at": "17:00:00"}, format="json", headers={"If-Match": tag})
    assert (edited.status_code, edited.json()["closes_at"], edited.json()["version"]) == (200, "17:00:00", 2)
    assert as_qian.delete(path, headers={"If-Match": tag}).status_code == 412
    assert as_qian.delete(path, headers={"If-Match": edited["ETag"]}).status_code == 204
    acts = AuditEntry.objects.filter(object_type="market.orderwindow").order_by("id").values_list("act", flat=True)
    assert list(acts) == ["order_window.add", "order_window.change", "order_window.remove"]
    assert OrderWindow.objects.count() == 0
