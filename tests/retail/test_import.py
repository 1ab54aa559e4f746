"""Client files over HTTP, as the data steward Qian sends them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from backend.models import AuditEntry, Level, Position, SyncEntry, Unit
from retail.models import Assignment, Classification, Retailer
from tests.cast import ALWAYS, TODAY, Cast, SignIn

HEAD = (
    "客户编码,许可证号,店名,持证人,片区编码,业态,市场类型,经营规模,档位,拜访类别,"
    "经度,纬度,坐标系,订货日,许可证有效期至,生效日期"
)
LIN, MA, WU = "420222-01-01", "420222-01-02", "420281-01-01"
NEW = f"N1,L1,新店一,张一,{LIN},便利店,城镇,中,12,每两周,114.5,30.5,WGS-84,周三,2028-01-31,2026-03-01"


@pytest.fixture
def as_qian(sign_in: SignIn) -> APIClient:
    return sign_in("qian")


def send(client: APIClient, *lines: str, mode: str = "apply", key: str = "k", head: str = HEAD) -> Any:
    content = "\n".join([head, *lines]).encode()
    return client.post(
        f"/api/v1/import-kinds/retailers?mode={mode}",
        {"file": SimpleUploadedFile("clients.csv", content, "text/csv")},
        format="multipart",
        headers={"Idempotency-Key": key},
    )


def counts(run: dict[str, Any]) -> tuple[int, ...]:
    return tuple(run[name] for name in ("rows", "good", "bad", "flagged", "created", "changed", "unchanged"))


def faults(client: APIClient, run: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = client.get(f"/api/v1/imports/{run['id']}/rejects").json()["results"]
    return [(r["row_no"], r["column"], r["severity"], r["code"]) for r in rows]


def row(**cells: str) -> str:
    names = HEAD.split(",")
    return ",".join(cells.get(name, "") for name in names)


def test_a_new_shop_arrives_with_classes_and_territory_from_its_day(
    cast: Cast, as_qian: APIClient, as_lin: APIClient
) -> None:
    answer = send(as_qian, NEW)
    assert answer.status_code == 201, answer.content
    assert counts(answer.json()) == (1, 1, 0, 0, 1, 0, 0)
    shop = Retailer.objects.get(code="N1")
    assert (shop.county_id, shop.lon, shop.lat, shop.datum, shop.order_weekday) == (
        cast.county.pk,
        114.5,
        30.5,
        "WGS-84",
        3,
    )
    assert (shop.id.version, shop.opened_on, shop.licence_valid_until) == (7, date(2026, 3, 1), date(2028, 1, 31))
    kind = Classification.objects.get(retailer=shop)
    assert (kind.business_type, kind.market_type, kind.scale, kind.tier, kind.visit_class, kind.state) == (
        "B",
        "C",
        2,
        12,
        "B",
        "active",
    )
    owner = Assignment.objects.get(retailer=shop)
    assert (owner.territory_id, owner.during.lower, owner.during.upper) == (
        cast.territory.pk,
        date(2026, 3, 1),
        None,
    )
    assert "N1" in [r["code"] for r in as_lin.get("/api/v1/retailers").json()["results"]]
    assert sorted(AuditEntry.objects.values_list("act", flat=True)) == ["import.retailers", "retailer.register"]
    assert list(SyncEntry.objects.values_list("collection", "territory_id", "document_id", "deleted")) == [
        ("retailers", cast.territory.pk, shop.pk, False)
    ]


def test_a_shop_is_visited_monthly_unless_the_file_says_otherwise(cast: Cast, as_qian: APIClient) -> None:
    send(as_qian, f"N1,L1,新店一,张一,{LIN},B,C,2,,,,,,,,")
    made = Classification.objects.get(retailer__code="N1")
    assert (made.visit_class, made.tier, made.terminal_type, made.during.lower) == ("C", None, "ordinary", TODAY)


def test_a_changed_class_counts_from_its_day_and_empty_cells_keep_what_is_stored(
    cast: Cast, as_qian: APIClient
) -> None:
    code = cast.shops[0].code
    run = send(as_qian, row(客户编码=code, 档位="20", 生效日期="2026-03-04")).json()
    assert counts(run) == (1, 1, 0, 0, 0, 1, 0)
    rows = Classification.objects.filter(retailer=cast.shops[0]).order_by("during")
    assert [(r.during.lower, r.during.upper, r.tier, r.visit_class, r.integrity_grade) for r in rows] == [
        (date(2024, 1, 1), date(2026, 3, 4), 15, "A", "A"),
        (date(2026, 3, 4), None, 20, "A", "A"),
    ]
    again = send(as_qian, row(客户编码=code, 档位="20", 生效日期="2026-03-04"), key="2").json()
    assert counts(again) == (1, 1, 0, 0, 0, 0, 1)
    corrected = send(as_qian, row(客户编码=code, 档位="21", 生效日期="2026-03-04"), key="3").json()
    assert (corrected["changed"], Classification.objects.filter(retailer=cast.shops[0]).count()) == (1, 2)
    assert Classification.objects.get(retailer=cast.shops[0], during__contains=TODAY).tier == 21
    assert Retailer.objects.get(code=code).name == "便民商店0"


def test_another_territory_in_the_file_is_a_transfer_of_today(
    cast: Cast, as_qian: APIClient, as_lin: APIClient
) -> None:
    shop = cast.shops[0]
    run = send(as_qian, row(客户编码=shop.code, 片区编码=WU)).json()
    assert counts(run) == (1, 1, 0, 0, 0, 1, 0)
    rows = Assignment.objects.filter(retailer=shop).order_by("during")
    assert [(r.territory_id, r.during.lower, r.during.upper) for r in rows] == [
        (cast.territory.pk, date(2024, 1, 1), TODAY),
        (cast.other_territory.pk, TODAY, None),
    ]
    assert Retailer.objects.get(pk=shop.pk).county_id == cast.other_county.pk
    assert as_lin.get(f"/api/v1/retailers/{shop.pk}").status_code == 404
    assert set(SyncEntry.objects.values_list("territory_id", "deleted")) == {
        (cast.territory.pk, True),
        (cast.other_territory.pk, False),
    }


def test_every_bad_row_is_listed_and_the_good_ones_arrive(cast: Cast, as_qian: APIClient) -> None:
    shop = cast.shops[0]
    run = send(
        as_qian,
        NEW,
        row(客户编码="N2", 许可证号="L2", 店名="缺业态", 持证人="x", 片区编码=LIN, 市场类型="C", 经营规模="1"),
        row(
            客户编码="N3",
            许可证号="420200100000",
            店名="x",
            持证人="x",
            片区编码=LIN,
            业态="B",
            市场类型="C",
            经营规模="1",
        ),
        row(客户编码="N4", 许可证号="L4", 店名="x", 持证人="x", 片区编码="没有", 业态="B", 市场类型="C", 经营规模="1"),
        row(客户编码=shop.code, 档位="31"),
        row(客户编码=cast.shops[1].code, 经度="114"),
        row(客户编码=cast.shops[2].code, 片区编码=MA, 生效日期="2026-03-15"),
        row(客户编码=cast.wu_shops[0].code, 档位="3", 生效日期="2026-03-17"),
        row(客户编码=cast.wu_shops[1].code, 档位="3", 生效日期="2023-12-31"),
        row(店名="无编码"),
    ).json()
    assert counts(run) == (10, 1, 9, 0, 1, 0, 0)
    assert faults(as_qian, run) == [
        (3, "business_type", "error", "missing_value"),
        (4, "licence_no", "error", "licence_of_another"),
        (5, "territory_code", "error", "unknown_territory"),
        (6, "tier", "error", "out_of_range"),
        (7, "lon", "error", "point_not_whole"),
        (8, "effective_on", "error", "backdated"),
        (9, "effective_on", "error", "in_future"),
        (10, "effective_on", "error", "before_first_class"),
        (11, "code", "error", "missing_value"),
    ]
    assert set(Retailer.objects.filter(code__startswith="N").values_list("code", flat=True)) == {"N1"}
    assert Classification.objects.get(retailer=shop).tier == 15


def test_an_expired_licence_and_an_unknown_datum_are_flagged_and_kept(cast: Cast, as_qian: APIClient) -> None:
    line = f"N1,L1,新店一,张一,{LIN},B,C,2,,,114.5,30.5,,,2026-03-15,"
    run = send(as_qian, line).json()
    assert counts(run) == (1, 1, 0, 1, 1, 0, 0)
    assert faults(as_qian, run) == [
        (2, "datum", "warning", "datum_unknown"),
        (2, "licence_valid_until", "warning", "licence_expired"),
    ]
    assert Retailer.objects.get(code="N1").datum == "unknown"


def test_a_dry_run_shows_the_difference_and_writes_nothing(cast: Cast, as_qian: APIClient) -> None:
    before = [list(model.objects.order_by("pk").values()) for model in (Retailer, Classification, Assignment)]
    same = row(客户编码=cast.shops[1].code, 店名="便民商店1")
    run = send(as_qian, NEW, row(客户编码=cast.shops[0].code, 店名="改名"), same, mode="dry_run").json()
    assert (run["state"], *counts(run)) == ("looked", 3, 3, 0, 0, 1, 1, 1)
    assert [list(m.objects.order_by("pk").values()) for m in (Retailer, Classification, Assignment)] == before
    assert (SyncEntry.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_a_steward_of_another_prefecture_changes_no_shop_here(cast: Cast, sign_in: SignIn) -> None:
    elsewhere = Unit.objects.create(
        code="4203", name="十堰市", parent=cast.hubei, level=Level.PREFECTURE, during=ALWAYS
    )
    Position.objects.filter(person=cast.qian).update(unit=elsewhere)
    as_qian = sign_in("qian")
    run = send(as_qian, NEW, row(客户编码=cast.shops[0].code, 店名="改名")).json()
    assert (counts(run), faults(as_qian, run)) == (
        (2, 0, 2, 0, 0, 0, 0),
        [(2, "territory_code", "error", "unknown_territory"), (3, "code", "error", "code_not_yours")],
    )
    assert Retailer.objects.get(pk=cast.shops[0].pk).name == "便民商店0"
    assert Retailer.objects.count() == 5


def test_an_import_takes_as_many_queries_for_two_hundred_rows_as_for_two(
    cast: Cast, as_qian: APIClient, django_assert_max_num_queries: Any
) -> None:
    def queries_for(first: int, last: int) -> int:
        lines = [f"M{n},LM{n},店{n},人{n},{LIN},B,C,2,,,,,,,," for n in range(first, last)]
        with django_assert_max_num_queries(80) as captured:
            assert send(as_qian, *lines, key=str(first)).json()["created"] == last - first
        return len(captured)

    assert queries_for(0, 2) == queries_for(2, 202)
