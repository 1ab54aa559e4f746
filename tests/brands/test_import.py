"""Catalogue files over HTTP, as the data steward Qian sends them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from backend.models import AuditEntry, ImportRun
from brands.models import Brand, Product
from tests.cast import Cast, SignIn

CATALOGUE = Path(settings.REAL_DATA_DIR) / "cn_cigarette_catalogue" / "cigarettes_2024.csv"

OURS = """商品编码,品牌,商品名称,焦油,盒零售价(元),条零售价(元),批发价,备注
T1,测试牌,测试(硬),10,9.5,95,80,甲
T2,测试牌,测试(软),11,10,99,,乙
T3,另一牌,另一(硬),8.5,,120,,丙
T4,另一牌,另一(软),8,13,,,丁
T5,另一牌,另一(软),一,13,130,,戊
P1,黄鹤楼,黄鹤楼(软蓝),,19,190,167.2,己
"""


@pytest.fixture
def as_qian(sign_in: SignIn) -> APIClient:
    return sign_in("qian")


def send(client: APIClient, text: str | bytes, mode: str, key: str = "k1", name: str = "catalogue.csv") -> Any:
    content = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile(name, content, "text/csv")
    return client.post(
        f"/api/v1/import-kinds/products?mode={mode}",
        {"file": file},
        format="multipart",
        headers={"Idempotency-Key": key},
    )


def counts(run: dict[str, Any]) -> tuple[int, ...]:
    return tuple(run[name] for name in ("rows", "good", "bad", "flagged", "created", "changed", "unchanged"))


def test_a_dry_run_says_what_would_change_and_changes_nothing(cast: Cast, as_qian: APIClient) -> None:
    before = list(Product.objects.order_by("id").values())
    answer = send(as_qian, OURS, "dry_run")
    assert answer.status_code == 201, answer.content
    run = answer.json()
    assert counts(run) == (6, 5, 1, 3, 4, 0, 1)
    assert (run["state"], run["encoding"], run["ignored_columns"]) == ("looked", "utf-8", ["备注"])
    assert list(Product.objects.order_by("id").values()) == before
    assert not Brand.objects.filter(name="测试牌").exists()


def test_every_bad_and_every_odd_row_is_listed_with_row_column_and_reason(cast: Cast, as_qian: APIClient) -> None:
    run = send(as_qian, OURS, "dry_run").json()
    listed = as_qian.get(f"/api/v1/imports/{run['id']}/rejects").json()["results"]
    assert [(r["row_no"], r["column"], r["severity"], r["code"], r["value"]) for r in listed] == [
        (3, "guide_carton_fen", "warning", "carton_not_ten_packs", "10.00 / 99.00"),
        (4, "guide_pack_fen", "warning", "pack_price_missing", "120.00"),
        (5, "guide_carton_fen", "warning", "carton_price_missing", "13.00"),
        (6, "tar_mg", "error", "bad_number", "一"),
    ]
    assert (listed[3]["reason"], listed[3]["reason_en"]) == ("不是数字", "Not a number")


def test_applying_writes_the_good_rows_in_fen_and_is_audited_once(cast: Cast, as_qian: APIClient) -> None:
    run = send(as_qian, OURS, "apply").json()
    assert (run["state"], *counts(run)) == ("applied", 6, 5, 1, 3, 4, 0, 1)
    made = Product.objects.get(code="T1")
    assert (made.guide_pack_fen, made.guide_carton_fen, made.wholesale_fen) == (950, 9_500, 8_000)
    assert (made.tar_mg, made.transfer_fen, made.packs_per_carton, made.on_sale) == (Decimal("10.0"), None, 10, True)
    assert not Product.objects.filter(code="T5").exists()
    assert Product.objects.get(code="P1").version == 1
    assert list(AuditEntry.objects.values_list("act", "object_id")) == [("import.products", run["id"])]


def test_an_empty_cell_keeps_what_is_stored_and_a_second_run_changes_nothing(cast: Cast, as_qian: APIClient) -> None:
    changed = "code,brand,name,retail_price_carton_yuan,retail_price_pack_yuan\nP1,黄鹤楼,黄鹤楼(软蓝),200,20\n"
    assert counts(send(as_qian, changed, "apply", "k1").json()) == (1, 1, 0, 0, 0, 1, 0)
    assert counts(send(as_qian, changed, "apply", "k2").json()) == (1, 1, 0, 0, 0, 0, 1)
    row = Product.objects.get(code="P1")
    assert (row.guide_carton_fen, row.wholesale_fen, row.transfer_fen, row.version) == (20_000, 16_720, 12_540, 2)


def test_strict_applies_nothing_when_one_row_is_bad(cast: Cast, as_qian: APIClient) -> None:
    run = send(as_qian, OURS, "strict").json()
    assert (run["state"], run["bad"]) == ("refused", 1)
    assert Product.objects.count() == 3
    good = "\n".join(line for line in OURS.splitlines() if not line.startswith("T5"))
    assert send(as_qian, good, "strict", "k2").json()["state"] == "applied"
    assert Product.objects.count() == 7


def test_rows_that_share_a_code_and_bar_codes_of_others_are_left_out(cast: Cast, as_qian: APIClient) -> None:
    Product.objects.filter(code="P2").update(carton_code="6901028000017")
    text = (
        "code,brand,name,条码\nD1,测试牌,甲,\nD1,测试牌,乙,\nD2,测试牌,丙,6901028000017\nD3,测试牌,丁,6901028000024\n"
    )
    run = send(as_qian, text, "apply").json()
    listed = as_qian.get(f"/api/v1/imports/{run['id']}/rejects").json()["results"]
    assert [(r["row_no"], r["column"], r["code"]) for r in listed] == [
        (2, "code", "duplicate_in_file"),
        (3, "code", "duplicate_in_file"),
        (4, "carton_code", "code_of_another"),
    ]
    assert list(Product.objects.filter(code__startswith="D").values_list("code", flat=True)) == ["D3"]


def test_who_may_not_edit_brands_imports_none(cast: Cast, as_lin: APIClient) -> None:
    answer = send(as_lin, OURS, "apply")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (Product.objects.count(), ImportRun.objects.count()) == (3, 0)


@pytest.mark.real_data
@pytest.mark.skipif(not CATALOGUE.exists(), reason=f"the real catalogue is not at {CATALOGUE}")
def test_the_real_catalogue_imports_whole_and_its_287_odd_rows_are_flagged(cast: Cast, as_qian: APIClient) -> None:
    run = send(as_qian, CATALOGUE.read_bytes(), "strict").json()
    assert (run["state"], *counts(run)) == ("applied", 2593, 2593, 0, 287, 2593, 0, 0)
    made = ImportRun.objects.get(pk=run["id"])
    odd = {code: made.rejects.filter(code=code).count() for code in made.rejects.values_list("code", flat=True)}
    assert odd == {"carton_not_ten_packs": 123, "carton_price_missing": 157, "pack_price_missing": 7}
    seven_wolves = Product.objects.get(code="3993")
    assert (seven_wolves.guide_pack_fen, seven_wolves.guide_carton_fen) == (2_000, 20_000)
    again = send(as_qian, CATALOGUE.read_bytes(), "dry_run", "k2").json()
    assert counts(again) == (2593, 2593, 0, 287, 0, 0, 2593)
