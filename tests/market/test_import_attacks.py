"""Imports by somebody who tries numbers, totals and files that are not his to send: nothing leaks, nothing is lost."""

from __future__ import annotations

from datetime import date

import pytest
from rest_framework.test import APIClient

from backend.models import ImportRun, Position
from backend.partitions import ensure_partitions
from market.models import Order, ShopProductMonth
from tests.cast import ALWAYS, Cast, SignIn
from tests.market.importing import counts, done, orders, post, rejects, run_of, send, work

A, B = "420200000000", "420200000001"  # two of Lin's shops
TOTALS = "月份,客户编码,商品编码,销量,金额"


@pytest.fixture
def as_qian(sign_in: SignIn) -> APIClient:
    return sign_in("qian")


def totals() -> list[tuple[str, str, int]]:
    rows = ShopProductMonth.objects.values_list("retailer__code", "product__code", "cartons")
    return sorted(rows)


def test_the_number_of_a_foreign_order_tells_nothing_of_it(cast: Cast, as_qian: APIClient, sign_in: SignIn) -> None:
    done(as_qian, "orders", orders(f"D1,{A},2026-03-04,P1,30,20,20,3344.00"))
    Position.objects.create(person=cast.wu, unit=cast.other_county, role_id="data_steward", during=ALWAYS)
    theirs = cast.wu_shops[0].code
    lines = (f"D1,{theirs},2026-03-04,P1,,,1,1", f"D9,{theirs},2026-03-05,P1,,,2,2")
    run = done(sign_in("wu"), "orders", orders(*lines), "dry_run")
    [told] = run["difference"]
    assert (told["county"], told["cartons_before"], told["cartons_after"], told["fen_after"]) == (
        cast.other_county.pk, 0, 2, 200)  # fmt: skip


def test_a_number_that_was_used_before_is_taken_back_by_itself(cast: Cast, as_qian: APIClient) -> None:
    ensure_partitions(around=date(2025, 10, 16))
    done(as_qian, "orders", orders(f"X,{A},2026-03-04,P1,,,20,100"))
    done(as_qian, "orders", orders(f"X,{B},2025-10-04,P2,,,7,70"))
    before = sorted(Order.objects.values_list("on_date", "cartons", "retailer__code"))
    assert before == [(date(2025, 10, 4), 7, B), (date(2026, 3, 4), 20, A)]
    run = done(as_qian, "orders", orders(f"X,{A},2026-03-05,P1,,,21,110"))
    assert counts(run) == ("applied", 1, 1, 0, 0, 1, 0, 0)
    assert post(as_qian, f"imports/{run['id']}/undo").status_code == 200
    work()
    assert run_of(as_qian, run["id"])["state"] == "undone"
    assert sorted(Order.objects.values_list("on_date", "cartons", "retailer__code")) == before
    assert totals() == [(A, "P1", 20), (B, "P2", 7)]


def test_monthly_totals_do_not_overrule_orders_that_are_kept(cast: Cast, as_qian: APIClient) -> None:
    done(as_qian, "orders", orders(f"X,{A},2026-03-04,P1,,,20,100"))
    lines = (f"2026-03-01,{A},P1,50,6688.00", f"2026-03-01,{B},P1,5,66.00")
    run = done(as_qian, "totals", "\n".join([TOTALS, *lines]))
    assert rejects(as_qian, run) == [(2, "month", "orders_kept", "2026-03-01")]
    assert totals() == [(A, "P1", 20), (B, "P1", 5)]


def test_totals_taken_back_leave_what_orders_say_since(cast: Cast, as_qian: APIClient) -> None:
    first = done(as_qian, "totals", "\n".join([TOTALS, f"2026-03-01,{A},P1,50,1.00", f"2026-03-01,{B},P1,5,1.00"]))
    done(as_qian, "orders", orders(f"X,{A},2026-03-04,P1,,,20,100"))
    refused = post(as_qian, f"imports/{first['id']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "import_changed_since")
    work()
    assert totals() == [(A, "P1", 20), (B, "P1", 5)]


def test_totals_that_gave_way_to_an_order_are_back_when_it_is_taken_back(cast: Cast, as_qian: APIClient) -> None:
    done(as_qian, "totals", "\n".join([TOTALS, f"2026-03-01,{A},P1,50,1.00", f"2026-03-01,{A},P2,5,2.00"]))
    run = done(as_qian, "orders", orders(f"X,{A},2026-03-04,P1,,,20,100", f"Y,{B},2026-03-04,P1,,,3,100"))
    assert totals() == [(A, "P1", 20), (B, "P1", 3)]
    assert post(as_qian, f"imports/{run['id']}/undo").status_code == 200
    work()
    assert totals() == [(A, "P1", 50), (A, "P2", 5)]
    assert ShopProductMonth.objects.get(cartons=5).amount_fen == 200


def test_a_total_that_no_shop_sells_is_refused_and_cannot_stop_the_roll_ups(cast: Cast, as_qian: APIClient) -> None:
    run = done(as_qian, "totals", "\n".join([TOTALS, f"2026-03-01,{A},P1,1000001,1.00"]))
    assert rejects(as_qian, run) == [(2, "cartons", "out_of_range", "1000001")]


def test_a_line_of_megabytes_is_refused_before_it_becomes_cells(cast: Cast, as_qian: APIClient) -> None:
    answer = send(as_qian, "orders", b"," * (3 << 20))
    assert (answer.status_code, answer.json()["code"]) == (400, "import_unreadable")
    late = send(as_qian, "orders", orders(f"X,{A},2026-03-04,P1,,,1,1").encode() + b"," * (3 << 20))
    assert (late.status_code, late.json()["code"]) == (400, "import_unreadable")
    assert ImportRun.objects.count() == 0
