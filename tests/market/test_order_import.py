"""Files of orders, as the data steward Qian sends them: looked at, applied, corrected, cancelled, taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import marks
from backend.imports import working
from backend.models import AuditEntry, ImportReject, ImportRun
from market.models import LoadedKey, Order, OrderLine, ShopProductMonth, UnitProductMonth
from market.rollups import recompute
from tests.cast import Cast, SignIn
from tests.market.importing import counts, done, orders, post, rejects, run_of, send, stood, work

A, B = "420200000000", "420200000001"  # two of Lin's shops
FIRST = (f"D1,{A},2026-03-04,P1,30,20,20,3344.00", f"D1,{A},2026-03-04,P2,5,5,5,440.00",
         f"D2,{B},2026-03-11,P1,,,7,1170.40")  # fmt: skip
D1 = (A, "2026-03-04", 25, 378_400, [("P1", 30, 20, 20, 334_400), ("P2", 5, 5, 5, 44_000)])
D2 = (B, "2026-03-11", 7, 117_040, [("P1", None, None, 7, 117_040)])


@pytest.fixture
def as_qian(sign_in: SignIn) -> APIClient:
    return sign_in("qian")


def totals() -> dict[tuple[str, str], int]:
    rows = ShopProductMonth.objects.values_list("retailer__code", "product__code", "cartons")
    return {(shop, product): cartons for shop, product, cartons in rows}


def test_a_file_is_looked_at_first_and_says_what_it_would_do(cast: Cast, as_qian: APIClient) -> None:
    answer = send(as_qian, "orders", orders(*FIRST))
    assert (answer.status_code, answer.json()["state"], answer.json()["rows_expected"]) == (201, "queued", 3)
    work()
    run = run_of(as_qian, answer.json()["id"])
    assert counts(run) == ("checked", 3, 3, 0, 3, 0, 0, 0)
    assert run["difference"] == [
        {"month": "2026-03", "county": cast.county.pk, "county_name": "阳新县", "cartons_before": 0,
         "cartons_after": 32, "fen_before": 0, "fen_after": 495_440}
    ]  # fmt: skip
    assert (stood(), totals(), LoadedKey.objects.count(), marks.lag("rollups").count) == ({}, {}, 0, 0)
    assert run["finished_at"] is None


def test_what_was_looked_at_is_applied_when_asked_and_figures_follow(cast: Cast, as_qian: APIClient) -> None:
    run = done(as_qian, "orders", orders(*FIRST), "dry_run")
    answer = post(as_qian, f"imports/{run['id']}/apply")
    assert (answer.status_code, answer.json()["state"]) == (200, "applying")
    work()
    assert counts(run_of(as_qian, run["id"])) == ("applied", 3, 3, 0, 3, 0, 0, 0)
    assert stood() == {"D1": D1, "D2": D2}
    assert Order.objects.filter(territory=cast.territory, county=cast.county).count() == 2
    assert totals() == {(A, "P1"): 20, (A, "P2"): 5, (B, "P1"): 7}
    assert marks.lag("rollups").count == 1
    recompute.drain()
    rows = UnitProductMonth.objects.filter(unit=cast.territory, month=date(2026, 3, 1))
    assert sorted(rows.values_list("product__code", "cartons")) == [("P1", 27), ("P2", 5)]
    assert AuditEntry.objects.filter(act="import.orders", object_id=run["id"]).count() == 1


def test_the_same_file_again_changes_nothing_at_all(cast: Cast, as_qian: APIClient) -> None:
    done(as_qian, "orders", orders(*FIRST))
    keys, marked = list(Order.objects.order_by("pk").values_list("pk", flat=True)), marks.lag("rollups").count
    assert counts(done(as_qian, "orders", orders(*FIRST))) == ("applied", 3, 3, 0, 0, 0, 3, 0)
    assert list(Order.objects.order_by("pk").values_list("pk", flat=True)) == keys
    assert (stood(), marks.lag("rollups").count) == ({"D1": D1, "D2": D2}, marked)


def test_a_corrected_order_has_the_lines_of_the_file_and_no_others(cast: Cast, as_qian: APIClient) -> None:
    done(as_qian, "orders", orders(*FIRST))
    corrected = (f"D1,{A},2026-03-04,P1,30,20,18,3009.60", f"D1,{A},2026-03-04,P3,2,2,2,264.00")
    run = done(as_qian, "orders", orders(*corrected))
    assert counts(run) == ("applied", 2, 2, 0, 1, 1, 0, 1)
    [told] = run["difference"]
    assert (told["cartons_before"], told["cartons_after"], told["fen_before"], told["fen_after"]) == (
        25, 20, 378_400, 327_360)  # fmt: skip
    lines = [("P1", 30, 20, 18, 300_960), ("P3", 2, 2, 2, 26_400)]
    assert stood() == {"D1": (A, "2026-03-04", 20, 327_360, lines), "D2": D2}
    assert totals() == {(A, "P1"): 18, (A, "P3"): 2, (B, "P1"): 7}


def test_an_order_moves_to_another_shop_and_month_with_its_totals(cast: Cast, as_qian: APIClient) -> None:
    done(as_qian, "orders", orders(*FIRST))
    run = done(as_qian, "orders", orders(f"D2,{A},2026-02-25,P1,,,7,1170.40"))
    assert counts(run) == ("applied", 1, 1, 0, 0, 0, 1, 0)
    assert stood()["D2"] == (A, "2026-02-25", 7, 117_040, [("P1", None, None, 7, 117_040)])
    assert Order.objects.filter(order_no="D2").count() == 1
    months = ShopProductMonth.objects.order_by("month", "cartons").values_list("month", "retailer__code", "cartons")
    assert list(months) == [(date(2026, 2, 1), A, 7), (date(2026, 3, 1), A, 5), (date(2026, 3, 1), A, 20)]


def test_lines_that_a_refused_row_may_have_meant_stay(cast: Cast, as_qian: APIClient) -> None:
    done(as_qian, "orders", orders(*FIRST))
    run = done(as_qian, "orders", orders(f"D1,{A},2026-03-04,P1,30,20,10,1672", f"D1,{A},2026-03-04,P2,5,5,五,440"))
    assert counts(run) == ("applied", 2, 1, 1, 0, 1, 0, 0)
    lines = [("P1", 30, 20, 10, 167_200), ("P2", 5, 5, 5, 44_000)]
    assert stood()["D1"] == (A, "2026-03-04", 15, 211_200, lines)
    assert rejects(as_qian, run) == [(3, "ordered_cartons", "bad_integer", "五")]


def test_strict_applies_nothing_when_one_row_is_bad(cast: Cast, as_qian: APIClient) -> None:
    run = done(as_qian, "orders", orders(*FIRST, "D3,nobody,2026-03-04,P1,,,1,1"), "strict")
    assert counts(run) == ("refused", 4, 3, 1, 3, 0, 0, 0)
    assert (stood(), LoadedKey.objects.count(), marks.lag("rollups").count) == ({}, 0, 0)
    looked = done(as_qian, "orders", orders(*FIRST, "D3,nobody,2026-03-04,P1,,,1,1"), "dry_run")
    post(as_qian, f"imports/{looked['id']}/apply", {"strict": True})
    work()
    assert (run_of(as_qian, looked["id"])["state"], stood()) == ("refused", {})


KINDS_OF_BAD = (
    # what stands in the row, and what is told of it: column, reason, value
    (",{A},2026-03-04,P1,,,1,1", "order_no", "missing_value", ""),
    ("D\x01X,{A},2026-03-04,P1,,,1,1", "order_no", "invalid_text", "D\x01X"),
    ("N\x00L,{A},2026-03-04,P1,,,1,1", "order_no", "invalid_text", "N?L"),
    ("D" + "9" * 40 + ",{A},2026-03-04,P1,,,1,1", "order_no", "too_long", "D" + "9" * 40),
    ("D 9,{A},2026-03-04,P1,,,1,1", "order_no", "bad_format", "D 9"),
    ("X1,nobody,2026-03-04,P1,,,1,1", "retailer_code", "unknown_retailer", "nobody"),
    ("X2,{A},2026-02-30,P1,,,1,1", "on_date", "bad_date", "2026-02-30"),
    ("X3,{A},2026-03-04,P9,,,1,1", "product_code", "unknown_product", "P9"),
    ("X4,{A},2026-03-04,P1,,,1.5,1", "ordered_cartons", "bad_integer", "1.5"),
    ("X5,{A},2026-03-04,P1,-1,,1,1", "demanded_cartons", "out_of_range", "-1"),
    ("X6,{A},2026-03-04,P1,,,1,1.005", "amount_fen", "bad_money", "1.005"),
    ("X7,{A},2026-03-17,P1,,,1,1", "on_date", "in_future_order", "2026-03-17"),
    ("X8,{A},2025-12-31,P1,,,1,1", "on_date", "month_not_kept", "2025-12-31"),
    ("X9,{A},2026-03-04,P1,,,1,1,extra", "", "too_many_cells", "extra"),
    ("G0,{B},2026-03-04,P1,,,1,1", "order_no", "other_order", "G0"),
)


def test_of_a_thousand_and_a_half_rows_exactly_the_bad_one_percent_of_fifteen_kinds_is_listed(
    cast: Cast, as_qian: APIClient
) -> None:
    good = [f"G{n // 3},{A},2026-03-{1 + n // 3 % 16:02d},P{1 + n % 3},2,1,1,88.00" for n in range(1485)]
    rows, expected = list(good), []
    for place, (row, column, code, value) in enumerate(KINDS_OF_BAD):
        rows.insert(place * 100 + 50, row.format(A=A, B=B))
        expected.append((place * 100 + 52, column, code, value))
    run = done(as_qian, "orders", orders(*rows))
    assert counts(run)[:5] == ("applied", 1500, 1485, 15, 1485)
    assert rejects(as_qian, run) == expected
    assert (Order.objects.count(), OrderLine.objects.count()) == (495, 1485)


def test_a_line_that_is_there_twice_counts_as_the_last_one_says(cast: Cast, as_qian: APIClient) -> None:
    run = done(as_qian, "orders", orders(f"D1,{A},2026-03-04,P1,,,1,10", f"D1,{A},2026-03-04,P1,,,2,20"))
    assert rejects(as_qian, run) == [(2, "product_code", "repeated", "P1")]
    assert stood()["D1"][4] == [("P1", None, None, 2, 2000)]


def test_more_than_was_allotted_is_kept_and_flagged(cast: Cast, as_qian: APIClient) -> None:
    run = done(as_qian, "orders", orders(f"D1,{A},2026-03-04,P1,30,20,21,10"))
    assert (run["good"], run["flagged"], run["bad"]) == (1, 1, 0)
    assert rejects(as_qian, run) == [(2, "ordered_cartons", "over_allotted", "21")]


def test_gb18030_quotes_tabs_and_excel_all_say_the_same(cast: Cast, as_qian: APIClient) -> None:
    from tests.backend.imports.test_files import workbook

    table = [row.split(",") for row in orders(*FIRST).strip().split("\n")]
    quoted = "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in table)
    for content in (orders(*FIRST).encode("gb18030"), quoted.encode(), orders(*FIRST).replace(",", "\t").encode(),
                    b"\xef\xbb\xbf" + orders(*FIRST).encode(), workbook(*table)):  # fmt: skip
        run = done(as_qian, "orders", content, "dry_run")
        assert counts(run) == ("checked", 3, 3, 0, 3, 0, 0, 0)
    assert run["file_format"] == "xlsx"


def test_a_cancelled_import_writes_nothing_wherever_it_was(
    cast: Cast, as_qian: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = send(as_qian, "orders", orders(*FIRST), "apply").json()
    assert post(as_qian, f"imports/{waiting['id']}/cancel").json()["state"] == "cancelled"
    looked = done(as_qian, "orders", orders(*FIRST), "dry_run")
    assert post(as_qian, f"imports/{looked['id']}/cancel").json()["state"] == "cancelled"
    running = send(as_qian, "orders", orders(*FIRST), "apply").json()
    kept = working.keep_rejects

    def asked_at_the_last_moment(cursor: Any, run_id: Any) -> None:
        kept(cursor, run_id)
        ImportRun.objects.filter(pk=run_id).update(cancel_asked_at=ImportRun.objects.get(pk=run_id).started_at)

    monkeypatch.setattr(working, "keep_rejects", asked_at_the_last_moment)
    work()
    assert run_of(as_qian, running["id"])["state"] == "cancelled"
    assert (stood(), LoadedKey.objects.count(), marks.lag("rollups").count) == ({}, 0, 0)
    again = post(as_qian, f"imports/{running['id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "import_settled")


def test_an_import_is_taken_back_as_a_whole(cast: Cast, as_qian: APIClient) -> None:
    done(as_qian, "orders", orders(*FIRST))
    second = done(as_qian, "orders", orders(f"D1,{A},2026-03-04,P3,1,1,1,132", f"D9,{B},2026-02-25,P2,1,1,1,88"))
    assert set(stood()) == {"D1", "D2", "D9"}
    assert post(as_qian, f"imports/{second['id']}/undo").json()["state"] == "undoing"
    work()
    assert run_of(as_qian, second["id"])["state"] == "undone"
    assert (stood(), totals()) == ({"D1": D1, "D2": D2}, {(A, "P1"): 20, (A, "P2"): 5, (B, "P1"): 7})
    assert AuditEntry.objects.filter(act="import.orders.undo").count() == 1


def test_what_a_later_import_changed_as_well_is_named_and_nothing_is_taken_back(cast: Cast, as_qian: APIClient) -> None:
    first = done(as_qian, "orders", orders(*FIRST))
    later = done(as_qian, "orders", orders(f"D1,{A},2026-03-04,P3,1,1,1,132"))
    before = stood()
    refused = post(as_qian, f"imports/{first['id']}/undo")
    assert (refused.status_code, refused.json()["code"], refused.json()["keys"]) == (
        409, "import_changed_since", ["D1"])  # fmt: skip
    work()
    assert (stood(), run_of(as_qian, first["id"])["state"]) == (before, "applied")
    for run in (later, first):
        assert post(as_qian, f"imports/{run['id']}/undo").status_code == 200
        work()
    assert (stood(), totals(), LoadedKey.objects.count()) == ({}, {}, 0)


def test_a_steward_of_another_county_imports_nothing_of_ours(cast: Cast, sign_in: SignIn) -> None:
    from django.db.backends.postgresql.psycopg_any import DateRange

    from backend.models import Position

    Position.objects.create(
        person=cast.wu, unit=cast.other_county, role_id="data_steward", during=DateRange(date(2024, 1, 1), None)
    )
    other = sign_in("wu")
    theirs = cast.wu_shops[0].code
    done(sign_in("qian"), "orders", orders(*FIRST))
    before = stood()
    run = done(other, "orders", orders(f"D7,{A},2026-03-04,P1,,,1,1", f"D1,{theirs},2026-03-04,P1,,,1,1"))
    assert rejects(other, run) == [
        (2, "retailer_code", "unknown_retailer", A),
        (3, "order_no", "order_not_yours", "D1"),
    ]
    assert stood() == before


def test_who_may_not_edit_the_market_or_lost_the_post_since_imports_nothing(
    cast: Cast, as_lin: APIClient, as_qian: APIClient
) -> None:
    from django.db.backends.postgresql.psycopg_any import DateRange

    from backend.models import Position

    assert send(as_lin, "orders", orders(*FIRST), "apply").status_code == 403
    waiting = send(as_qian, "orders", orders(*FIRST), "apply").json()
    Position.objects.filter(person=cast.qian).update(during=DateRange(date(2024, 1, 1), date(2026, 3, 16)))
    work()
    run = ImportRun.objects.get(pk=waiting["id"])
    assert (run.state, run.error, stood(), ImportReject.objects.count()) == ("failed", "forbidden", {}, 0)


def test_who_may_not_sign_in_any_more_imports_nothing(cast: Cast, as_qian: APIClient) -> None:
    waiting = send(as_qian, "orders", orders(*FIRST), "apply").json()
    cast.qian.is_active = False
    cast.qian.save()
    work()
    run = ImportRun.objects.get(pk=waiting["id"])
    assert (run.state, run.error, stood()) == ("failed", "forbidden", {})
