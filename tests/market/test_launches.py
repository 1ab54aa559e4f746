"""Launches: planned whole or not approved, judged after three and six months, and never ended by the system itself."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from backend import clock, ticks
from backend.models import AuditEntry, Notice
from brands.models import KeyProduct
from market.launches import verdicts as launch_verdicts
from market.models import Launch, LaunchVerdict, RollupTurn, UnitProductMonth
from tests.cast import Cast, SignIn, phone_of

PLAN = {"how": "客户经理推介", "places": "城镇商圈", "audience": "15 档以上便利店", "first_cartons": 200}


def on(year: int, month: int, day: int) -> Any:
    return clock.at(datetime(year, month, day, 9, tzinfo=clock.BUSINESS_ZONE))


def post(client: APIClient, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": str(uuid4())})


def later(cast: Cast, name: str) -> APIClient:
    """A phone that was signed in on the day."""
    return phone_of(cast.people[name], device_id=f"later-{name}")


def planned(client: APIClient, cast: Cast, **changes: Any) -> dict[str, Any]:
    """A launch of P2 in Lin's county, supplied from the 1st of April."""
    body = {
        "unit": cast.county.pk, "product": cast.products[1].pk, "supply_on": "2026-04-01", **PLAN, **changes,
    }  # fmt: skip
    made = post(client, "launches", body)
    assert made.status_code == 201, made.json()
    told: dict[str, Any] = made.json()
    return told


@pytest.fixture
def as_feng(sign_in: SignIn) -> APIClient:
    return sign_in("feng")


@pytest.fixture
def launch(cast: Cast, as_feng: APIClient, as_zhao: APIClient) -> Launch:
    """Approved and on trial from April on."""
    made = planned(as_feng, cast)
    said = post(as_zhao, f"launches/{made['id']}/approve", {})
    assert (said.status_code, said.json()["state"]) == (200, "trial")
    return Launch.objects.get()


def month_of_p2(cast: Cast, month: date, *, on_shelf: int, again: int, now: int, stock: int = 80) -> None:
    """What the roll-ups say of P2 in the county: of 100 shops each, and a stock to sales of `stock` / 100."""
    UnitProductMonth.objects.create(
        month=month, unit=cast.county, product=cast.products[1], shelf_n=100, on_shelf=on_shelf, shops_last=100,
        shops_again=again, shops_before=100, shops_now=now, counted=10, end_stock_packs=stock, sold_packs=100,
        cartons=400,
    )  # fmt: skip
    RollupTurn.objects.update_or_create(month=month, defaults={"counted_on": clock.month_end(month)})


def judged_in_june(cast: Cast, launch: Launch, **figures: int) -> Launch:
    with on(2026, 7, 7):
        month_of_p2(cast, date(2026, 6, 1), **figures)
        assert ticks.run_one("launches")
    launch.refresh_from_db()
    return launch


MISSED = {"on_shelf": 72, "again": 46, "now": 51}
REACHED = {"on_shelf": 80, "again": 50, "now": 50}


# -- planning ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["how", "places", "audience", "first_cartons"])
def test_nobody_approves_a_launch_that_leaves_something_open(
    cast: Cast, as_feng: APIClient, as_zhao: APIClient, missing: str
) -> None:
    made = planned(as_feng, cast, **{missing: None if missing == "first_cartons" else ""})
    said = post(as_zhao, f"launches/{made['id']}/approve", {})
    assert (said.status_code, said.json()["code"]) == (409, "launch_incomplete")
    assert [fault["pointer"] for fault in said.json()["errors"]] == [f"/{missing}"]
    assert (Launch.objects.get().state, KeyProduct.objects.count()) == ("draft", 1)
    path = f"/api/v1/launches/{made['id']}"
    etag = as_feng.get(path)["ETag"]
    told = as_feng.patch(path, {missing: PLAN[missing]}, format="json", headers={"If-Match": etag})
    assert told.status_code == 200, told.json()
    assert post(as_zhao, f"launches/{made['id']}/approve", {}).json()["state"] == "trial"


def test_a_first_purchase_above_the_mean_of_its_category_is_refused(
    cast: Cast, as_feng: APIClient, as_zhao: APIClient
) -> None:
    """P3 is of P2's class: 840 cartons in three months are 280 a month."""
    cast.products[2].transfer_fen = 6_000
    cast.products[2].save()
    for month, cartons in ((1, 300), (2, 240), (3, 300)):
        UnitProductMonth.objects.create(
            month=date(2026, month, 1), unit=cast.county, product=cast.products[2], cartons=cartons
        )
    made = planned(as_feng, cast, first_cartons=300)
    said = post(as_zhao, f"launches/{made['id']}/approve", {})
    assert (said.status_code, said.json()["code"]) == (409, "first_purchase_too_large")
    assert (Launch.objects.get().state, KeyProduct.objects.count()) == ("draft", 1)
    path = f"/api/v1/launches/{made['id']}"
    as_feng.patch(path, {"first_cartons": 280}, format="json", headers={"If-Match": as_feng.get(path)["ETag"]})
    assert post(as_zhao, f"launches/{made['id']}/approve", {}).status_code == 200


def test_an_approved_launch_is_on_the_key_list_and_changes_no_more(
    cast: Cast, launch: Launch, as_feng: APIClient, as_zhao: APIClient
) -> None:
    listed = KeyProduct.objects.get(product=cast.products[1])
    assert (listed.unit_id, listed.during.lower, listed.during.upper, listed.is_launch) == (
        cast.county.pk, date(2026, 4, 1), None, True,
    )  # fmt: skip
    path = f"/api/v1/launches/{launch.pk}"
    said = as_feng.patch(path, {"how": "改"}, format="json", headers={"If-Match": as_feng.get(path)["ETag"]})
    assert (said.status_code, Launch.objects.get().how) == (409, PLAN["how"])
    assert post(as_zhao, f"launches/{launch.pk}/approve", {}).status_code == 409
    body = {"unit": cast.county.pk, "product": cast.products[1].pk, "supply_on": "2026-05-01"}
    assert post(as_feng, "launches", body).status_code == 409
    assert Launch.objects.count() == 1
    acts = AuditEntry.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == ["launch.plan", "launch.approve", "keyproduct.add"]


def test_the_brand_manager_approves_nothing_and_others_plan_nothing(
    cast: Cast, as_feng: APIClient, as_zhao: APIClient, as_lin: APIClient, as_wu: APIClient
) -> None:
    made = planned(as_feng, cast)
    assert post(as_feng, f"launches/{made['id']}/approve", {}).status_code == 403
    body = {"unit": cast.county.pk, "product": cast.products[0].pk, "supply_on": "2026-05-01"}
    assert [post(client, "launches", body).status_code for client in (as_zhao, as_lin)] == [403, 403]
    assert post(as_feng, "launches", {**body, "unit": cast.hubei.pk}).status_code == 404
    assert as_wu.get(f"/api/v1/launches/{made['id']}").status_code == 404
    assert as_lin.get("/api/v1/launches").json()["results"][0]["id"] == made["id"]
    assert (Launch.objects.count(), Launch.objects.get().state) == (1, "draft")


# -- verdicts ----------------------------------------------------------------------------------------------------------


def test_missed_in_month_3_is_cured_and_missed_again_in_month_6_an_exit_is_proposed(cast: Cast, launch: Launch) -> None:
    assert judged_in_june(cast, launch, **MISSED).state == "cure"
    with on(2026, 10, 15):
        month_of_p2(cast, date(2026, 9, 1), **MISSED)
        assert ticks.run_one("launches")
        told = later(cast, "zhao").get(f"/api/v1/launches/{launch.pk}").json()
        assert launch_verdicts.judge() == 0  # a second run judges nothing anew
    assert [(v["month"], v["number"], v["outcome"]) for v in told["verdicts"]] == [
        ("2026-06-01", 3, "cure"),
        ("2026-09-01", 6, "exit_proposed"),
    ]
    for verdict in told["verdicts"]:
        assert [(f["goal"], f["value"], f["target"], f["met"]) for f in verdict["figures"]] == [
            ("on_shelf", "72.0", "80.0", False),
            ("repurchase", "46.0", "50.0", False),
            ("sell_through", "51.0", "50.0", True),
            ("stock_ratio", "0.80", "1.00", True),
        ]
    assert (told["state"], told["decided_at"], LaunchVerdict.objects.count()) == ("exit_proposed", None, 2)
    hears = Notice.objects.filter(kind="launch.exit_proposed").order_by("person__username")
    assert list(hears.values_list("person__username", flat=True)) == ["feng", "zhao"]
    assert hears[0].params["text"]["zh-hans"] == "新品“红金龙(硬神州腾龙)”（阳新县）：第 6 个月仍未达标，建议退出。"


def test_all_goals_reached_make_it_an_ordinary_key_product(cast: Cast, launch: Launch) -> None:
    assert judged_in_june(cast, launch, **REACHED, stock=100).state == "passed"
    listed = KeyProduct.objects.filter(product=cast.products[1]).order_by("during")
    assert [(row.is_launch, row.during.lower, row.during.upper) for row in listed] == [
        (True, date(2026, 4, 1), date(2026, 7, 7)),
        (False, date(2026, 7, 7), None),
    ]


def test_a_stock_above_its_sales_or_a_figure_that_nobody_measured_misses(cast: Cast, launch: Launch) -> None:
    assert judged_in_june(cast, launch, **REACHED, stock=101).state == "cure"
    with on(2026, 10, 15):
        RollupTurn.objects.create(month=date(2026, 9, 1), counted_on=date(2026, 9, 30))
        launch_verdicts.judge()
    [*_, last] = LaunchVerdict.objects.order_by("month")
    assert [line["value"] for line in last.figures] == [None] * 4
    assert last.outcome == "exit_proposed"


def test_a_volume_counts_where_it_was_agreed(cast: Cast, launch: Launch) -> None:
    Launch.objects.update(volume_goal=401)
    assert judged_in_june(cast, launch, **REACHED).state == "cure"
    [verdict] = LaunchVerdict.objects.all()
    assert verdict.figures[4] == {"goal": "volume", "kpi": "sales", "value": "400", "target": "401", "met": False}


def test_no_verdict_before_the_month_is_over_and_counted(cast: Cast, launch: Launch) -> None:
    with on(2026, 7, 6):
        month_of_p2(cast, date(2026, 6, 1), **MISSED)
        assert launch_verdicts.judge() == 0  # working day 4 of July
    with on(2026, 7, 7):
        RollupTurn.objects.update(counted_on=date(2026, 6, 29))
        assert launch_verdicts.judge() == 0
        RollupTurn.objects.update(counted_on=date(2026, 6, 30))
        assert launch_verdicts.judge() == 1


def test_a_launch_that_begins_within_a_month_is_judged_by_whole_months(cast: Cast) -> None:
    launch = Launch(supply_on=date(2026, 4, 2), state="trial")
    assert launch_verdicts.due_month(launch) == date(2026, 7, 1)
    launch.supply_on = date(2026, 4, 1)
    assert launch_verdicts.due_month(launch) == date(2026, 6, 1)


# -- the decision ------------------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(launch: Launch) -> Launch:
    Launch.objects.update(state="exit_proposed")
    return launch


def test_an_exit_is_decided_by_a_person_with_words_and_the_stock_cleared_in_three_months(
    cast: Cast, proposed: Launch
) -> None:
    path = f"launches/{proposed.pk}/decide"
    with on(2026, 10, 15):
        as_feng, as_zhao = later(cast, "feng"), later(cast, "zhao")
        assert post(as_feng, path, {"keep": False, "words": "退出"}).status_code == 403
        assert post(as_zhao, path, {"keep": False, "words": " "}).status_code == 400
        assert Launch.objects.get().state == "exit_proposed"
        said = post(as_zhao, path, {"keep": False, "words": "连续两期未达标"}).json()
        assert (said["state"], said["clear_by"], said["decided_words"]) == ("clearing", "2027-01-31", "连续两期未达标")
        assert post(as_zhao, path, {"keep": True, "words": "再看"}).status_code == 409
    listed = KeyProduct.objects.get(product=cast.products[1])
    assert (listed.during.upper, listed.is_launch) == (date(2026, 10, 15), True)
    [notice] = Notice.objects.filter(kind="launch.decided")
    assert notice.person_id == cast.feng.pk
    assert notice.params["text"]["en"] == "Launch of 红金龙(硬神州腾龙) (阳新县): to leave. 连续两期未达标"


@pytest.mark.parametrize(("packs", "state"), [(0, "cleared"), (7, "left_over")])
def test_what_is_left_after_three_months_is_told(cast: Cast, proposed: Launch, packs: int, state: str) -> None:
    Launch.objects.update(state="clearing", clear_by=date(2027, 1, 31))
    with on(2027, 2, 20):
        month_of_p2(cast, date(2027, 1, 1), on_shelf=0, again=0, now=0, stock=packs)
        assert launch_verdicts.judge() == 1
    assert Launch.objects.get().state == state
    [verdict] = LaunchVerdict.objects.all()
    assert verdict.figures == [
        {"goal": "stock_left", "kpi": "social_stock", "value": str(packs), "target": "0", "met": packs == 0}
    ]


def test_what_is_kept_stays_on_the_key_list(cast: Cast, proposed: Launch) -> None:
    with on(2026, 10, 15):
        said = post(later(cast, "zhao"), f"launches/{proposed.pk}/decide", {"keep": True, "words": "旺季再看"}).json()
    assert (said["state"], said["clear_by"]) == ("kept", None)
    listed = KeyProduct.objects.filter(product=cast.products[1]).order_by("during")
    assert [(row.is_launch, row.during.upper) for row in listed] == [(True, date(2026, 10, 15)), (False, None)]
    assert Decimal("80.0") == Launch.objects.get().on_shelf_goal
