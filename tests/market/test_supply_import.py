"""Files of allotments, stock, targets and monthly totals; profiles that say how a source's files are read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.models import ImportProfile
from market.models import Allotment, SalesTarget, ShopProductMonth, StockCount
from tests.cast import Cast, SignIn
from tests.market.importing import counts, done, post, rejects, send, stood, work

A, B = "420200000000", "420200000001"


@pytest.fixture
def as_qian(sign_in: SignIn) -> APIClient:
    return sign_in("qian")


CASES: tuple[tuple[str, Any, str, tuple[str, ...], str, tuple[str, ...]], ...] = (
    # kind, model, heading, two good rows, a corrected one, and what of a fact is compared
    ("allotments", Allotment, "客户编码,商品编码,开始日期,截止日期,投放量",
     (f"{A},P1,2026-03-16,2026-03-22,20", f"{B},P1,2026-03-16,2026-03-22,30"),
     f"{A},P1,2026-03-16,2026-03-21,25", ("retailer__code", "closes_on", "cartons")),
    ("stock-counts", StockCount, "客户编码,商品编码,盘点日期,库存(包),来源",
     (f"{A},P1,2026-03-10,120,盘点", f"{B},P2,2026-03-10,30,"), f"{A},P1,2026-03-10,90,",
     ("retailer__code", "source", "packs")),
    ("targets", SalesTarget, "组织编码,商品编码,月份,目标",
     ("420222,,2026-03-01,5000", "420222-01-01,P1,2026-03-01,70"), "420222,,2026-03-01,5500",
     ("unit__code", "product__code", "cartons")),
    ("totals", ShopProductMonth, "月份,客户编码,商品编码,销量,金额",
     (f"2025-03-01,{A},P1,40,6688.00", f"2025-03-01,{B},P1,10,1672"), f"2025-03-01,{A},P1,44,7356.8",
     ("retailer__code", "cartons", "amount_fen")),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "model", "heading", "rows", "corrected", "fields"), CASES)
def test_each_kind_is_loaded_corrected_and_taken_back(
    cast: Cast, as_qian: APIClient, kind: str, model: Any, heading: str, rows: Any, corrected: str, fields: Any
) -> None:
    def facts() -> list[Any]:
        return sorted(model.objects.values_list(*fields), key=str)

    first = done(as_qian, kind, "\n".join([heading, *rows]))
    assert counts(first) == ("applied", 2, 2, 0, 2, 0, 0, 0)
    loaded = facts()
    assert counts(done(as_qian, kind, "\n".join([heading, *rows]))) == ("applied", 2, 2, 0, 0, 0, 2, 0)
    second = done(as_qian, kind, "\n".join([heading, corrected, rows[1]]))
    assert (counts(second), len(facts())) == (("applied", 2, 2, 0, 0, 1, 1, 0), 2)
    assert facts() != loaded
    for run, left in ((second, loaded), (first, [])):
        assert post(as_qian, f"imports/{run['id']}/undo").status_code == 200
        work()
        assert facts() == left


def test_bad_rows_of_supply_are_listed_and_the_others_count(cast: Cast, as_qian: APIClient) -> None:
    rows = ("客户编码,商品编码,开始日期,截止日期,投放量", f"{A},P1,2026-03-16,2026-03-22,20",
            "nobody,P1,2026-03-16,2026-03-22,20", f"{A},P9,2026-03-16,2026-03-22,20",
            f"{A},P2,2026-03-16,2026-03-15,20", f"{A},P3,2026-03-16,2026-03-22,-1",
            f"{A},P1,2026-03-16,2026-03-22,21")  # fmt: skip
    run = done(as_qian, "allotments", "\n".join(rows))
    assert rejects(as_qian, run) == [
        (2, "", "repeated", ""),
        (3, "retailer_code", "unknown_retailer", "nobody"),
        (4, "product_code", "unknown_product", "P9"),
        (5, "closes_on", "bad_window", "2026-03-15"),
        (6, "cartons", "out_of_range", "-1"),
    ]
    assert list(Allotment.objects.values_list("product__code", "cartons")) == [("P1", 21)]
    targets = done(as_qian, "targets", "组织编码,商品编码,月份,目标\n999,,2026-03-01,1\n420222,,2026-03-02,1\n")
    assert [code for _, _, code, _ in rejects(as_qian, targets)] == ["unknown_unit", "not_first_day"]
    assert SalesTarget.objects.count() == 0


# -- profiles ----------------------------------------------------------------------------------------------------------

FOREIGN = "no;shop;when;sku;packs;fen\n7;420200000000;16/03/2026;P1;200;334400\n8;420200000001;15/03/2026;P2;35;1\n"
RULES = {
    "columns": {"order_no": "EXT-{no}", "retailer_code": "shop", "on_date": "when", "product_code": "sku",
                "ordered_cartons": "packs", "amount_fen": "fen"},
    "constants": {"allotted_cartons": "30"},
    "dates": "DMY",
    "units": {"ordered_cartons": "packs"},
    "money": "fen",
}  # fmt: skip


def made(client: APIClient, cast: Cast, rules: Any, kind: str = "orders", name: str = "ERP") -> Any:
    return post(client, "import-profiles", {"kind": kind, "name": name, "unit": cast.prefecture.pk, "rules": rules})


def test_a_profile_maps_columns_constants_dates_units_and_money(cast: Cast, as_qian: APIClient) -> None:
    profile = made(as_qian, cast, RULES).json()
    run = done(as_qian, "orders", FOREIGN, profile=profile["id"])
    assert counts(run) == ("applied", 2, 1, 1, 1, 0, 0, 0)
    assert rejects(as_qian, run) == [(3, "ordered_cartons", "not_whole_cartons", "35")]
    assert stood() == {"EXT-7": (A, "2026-03-16", 20, 334_400, [("P1", None, 30, 20, 334_400)])}
    assert run["profile"] == profile["id"]
    without = send(as_qian, "orders", FOREIGN)
    assert (without.status_code, without.json()["code"]) == (400, "import_missing_columns")
    names = [missing["column"] for missing in without.json()["columns"]]
    assert names == ["order_no", "retailer_code", "on_date", "product_code", "ordered_cartons", "amount_fen"]


def test_dates_in_weeks_and_a_factor(cast: Cast, as_qian: APIClient) -> None:
    rules = {"columns": {"on_date": "week"}, "constants": {"retailer_code": A, "amount_fen": "0"},
             "dates": "week", "week_one": "2026-03-02", "units": {"ordered_cartons": "0.1"}}  # fmt: skip
    profile = made(as_qian, cast, rules).json()
    run = done(as_qian, "orders", "订单号,week,商品编码,订货量\nW1,2,P1,70\nW2,1,P1,75\n", profile=profile["id"])
    assert rejects(as_qian, run) == [(3, "ordered_cartons", "bad_integer", "75")]
    assert stood() == {"W1": (A, "2026-03-09", 7, 0, [("P1", None, None, 7, 0)])}


@pytest.mark.parametrize(
    ("rules", "pointers"),
    [
        ({"columns": {"ghost": "x"}}, ["/rules/columns/ghost"]),
        ({"units": {"order_no": "packs", "ordered_cartons": "0"}},
         ["/rules/units/order_no", "/rules/units/ordered_cartons"]),
        ({"dates": "week"}, ["/rules/week_one"]),
        ({"money": "dollars"}, ["/rules/money"]),
        ({"macro": "x"}, ["/rules/macro"]),
    ],
)  # fmt: skip
def test_rules_that_fit_no_file_are_refused(cast: Cast, as_qian: APIClient, rules: Any, pointers: list[str]) -> None:
    answer = made(as_qian, cast, rules)
    assert (answer.status_code, [fault["pointer"] for fault in answer.json()["errors"]]) == (400, pointers)
    assert ImportProfile.objects.count() == 0


def test_a_profile_is_edited_removed_and_seen_in_its_prefecture_only(
    cast: Cast, as_qian: APIClient, sign_in: SignIn
) -> None:
    from django.db.backends.postgresql.psycopg_any import DateRange

    from backend.models import Position

    profile = made(as_qian, cast, RULES).json()
    assert made(as_qian, cast, RULES).json()["code"] == "conflict"
    path = f"/api/v1/import-profiles/{profile['id']}"
    tag = as_qian.get(path)["ETag"]
    edited = as_qian.patch(path, {"name": "ERP 2"}, format="json", headers={"If-Match": tag})
    assert (edited.json()["name"], edited.json()["rules"], edited.json()["version"]) == ("ERP 2", RULES, 2)
    county = DateRange(date(2024, 1, 1), None)
    Position.objects.create(person=cast.wu, unit=cast.other_county, role_id="data_steward", during=county)
    other = sign_in("wu")
    assert (other.get(path).status_code, send(other, "orders", FOREIGN, profile=profile["id"]).status_code) == (
        404,
        404,
    )
    assert as_qian.delete(path, headers={"If-Match": edited["ETag"]}).status_code == 204
    assert ImportProfile.objects.count() == 0
