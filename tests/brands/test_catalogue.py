"""The catalogue over HTTP: who reads, who edits, price class and key lists as of a day."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange
from rest_framework.test import APIClient

from backend.models import AuditEntry, Unit
from brands import queries
from brands.models import KeyProduct, PriceClassBand, Product
from tests.cast import Cast, SignIn


@pytest.fixture
def as_feng(sign_in: SignIn) -> APIClient:
    return sign_in("feng")


def test_price_class_follows_the_transfer_price_and_is_null_where_it_is_unknown(cast: Cast, as_lin: APIClient) -> None:
    Product.objects.filter(code="P3").update(transfer_fen=None)
    rows = as_lin.get("/api/v1/products").json()["results"]
    assert [(r["code"], r["transfer_fen"], r["price_class"]) for r in rows] == [
        ("P1", 12_540, 1),
        ("P2", 6_600, 3),
        ("P3", None, None),
    ]
    assert as_lin.get(f"/api/v1/products/{rows[1]['id']}").json()["price_class"] == 3


def test_price_class_is_read_as_of_a_day(cast: Cast, as_lin: APIClient) -> None:
    band = PriceClassBand.objects.get(price_class=3)
    band.during = DateRange(band.during.lower, date(2026, 3, 1))
    band.save()
    PriceClassBand.objects.create(
        price_class=2, transfer_fen=NumericRange(5_000, 7_000), during=DateRange(date(2026, 3, 1), None)
    )
    found = {
        day: as_lin.get(f"/api/v1/products?code=P2&as_of={day}").json()["results"][0]["price_class"]
        for day in ("2026-02-28", "2026-03-01")
    }
    assert found == {"2026-02-28": 3, "2026-03-01": 2}
    of_class_2 = as_lin.get("/api/v1/products?price_class=2").json()["results"]
    assert [r["code"] for r in of_class_2] == ["P2", "P3"]  # 66.00 by the new band, 99.00 by the old one


def test_the_edges_of_a_band_belong_to_the_dearer_class(cast: Cast) -> None:
    edges = {10_000: 1, 9_999: 2, 7_000: 2, 6_999: 3, 3_000: 3, 2_999: 4, 1_650: 4, 1_649: 5, 0: 5}
    product = cast.products[0]
    for transfer_fen, expected in edges.items():
        Product.objects.filter(pk=product.pk).update(transfer_fen=transfer_fen)
        assert queries.products_on(date(2026, 3, 16)).get(pk=product.pk).price_class == expected


def test_key_lists_of_all_units_above_count(cast: Cast, sign_in: SignIn) -> None:
    _, p2, p3 = (p.pk for p in cast.products)
    KeyProduct.objects.create(unit=cast.county, product_id=p2, during=DateRange(date(2026, 3, 1), date(2026, 4, 1)))
    KeyProduct.objects.create(unit=cast.territory, product_id=p3, during=DateRange(date(2026, 4, 1), None))
    as_zhao = sign_in("zhao")

    def keys(unit: Unit, on: str) -> list[str]:
        rows = as_zhao.get(f"/api/v1/products?key_in={unit.pk}&as_of={on}").json()["results"]
        return [row["code"] for row in rows]

    assert keys(cast.territory, "2026-03-16") == ["P1", "P2"]
    assert keys(cast.other_territory, "2026-03-16") == ["P1"]
    assert keys(cast.territory, "2026-04-01") == ["P1", "P3"]


def test_products_are_filtered_by_the_key_list_of_a_unit(cast: Cast, as_lin: APIClient) -> None:
    rows = as_lin.get(f"/api/v1/products?key_in={cast.territory.pk}").json()["results"]
    assert [r["code"] for r in rows] == ["P1"]
    assert as_lin.get(f"/api/v1/products?key_in={cast.hubei.pk}").json()["results"] == []


def test_the_brand_manager_adds_and_edits_a_product(cast: Cast, as_feng: APIClient) -> None:
    body = {"code": "P9", "name": "黄鹤楼(新)", "brand": cast.products[0].brand_id, "guide_carton_fen": 30_000}
    made = as_feng.post("/api/v1/products", body, format="json", headers={"Idempotency-Key": "a"})
    assert (made.status_code, made.json()["guide_carton_fen"]) == (201, 30_000)
    path = f"/api/v1/products/{made.json()['id']}"
    edited = as_feng.patch(path, {"on_sale": False}, format="json", headers={"If-Match": made["ETag"]})
    assert (edited.status_code, edited.json()["on_sale"], edited.json()["version"]) == (200, False, 2)
    stale = as_feng.patch(path, {"on_sale": True}, format="json", headers={"If-Match": made["ETag"]})
    assert stale.status_code == 412
    assert Product.objects.get(code="P9").on_sale is False
    assert list(AuditEntry.objects.order_by("id").values_list("act", flat=True)) == ["product.add", "product.edit"]


def test_a_known_code_is_a_conflict_that_names_its_field(cast: Cast, as_feng: APIClient) -> None:
    body = {"code": "P1", "name": "另一个", "brand": cast.products[0].brand_id}
    refused = as_feng.post("/api/v1/products", body, format="json", headers={"Idempotency-Key": "a"})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/code"
    assert Product.objects.count() == 3


def test_an_account_manager_edits_nothing_here(cast: Cast, as_lin: APIClient) -> None:
    body = {"code": "P9", "name": "x", "brand": cast.products[0].brand_id}
    refused = as_lin.post("/api/v1/products", body, format="json", headers={"Idempotency-Key": "a"})
    assert (refused.status_code, Product.objects.count()) == (403, 3)


def test_a_key_listing_begins_and_ends_on_a_day(cast: Cast, as_feng: APIClient) -> None:
    body = {"unit": cast.county.pk, "product": cast.products[1].pk, "from_date": "2026-03-01"}
    made = as_feng.post("/api/v1/key-products", body, format="json", headers={"Idempotency-Key": "a"})
    assert (made.status_code, made.json()["to_date"]) == (201, None)
    again = as_feng.post("/api/v1/key-products", body, format="json", headers={"Idempotency-Key": "b"})
    assert again.status_code == 409
    path = f"/api/v1/key-products/{made.json()['id']}/end"
    ended = as_feng.post(
        path, {"on": "2026-03-20", "reason": "换规格"}, format="json", headers={"Idempotency-Key": "c"}
    )
    assert (ended.status_code, ended.json()["to_date"]) == (200, "2026-03-20")
    first_day = as_feng.post(
        path, {"on": "2026-03-01", "reason": "换规格"}, format="json", headers={"Idempotency-Key": "d"}
    )
    assert first_day.status_code == 409
    assert KeyProduct.objects.get(pk=made.json()["id"]).during == DateRange(date(2026, 3, 1), date(2026, 3, 20))


def test_a_unit_outside_the_brand_managers_prefecture_is_absent(cast: Cast, as_feng: APIClient) -> None:
    body = {"unit": cast.hubei.pk, "product": cast.products[1].pk, "from_date": "2026-03-01"}
    refused = as_feng.post("/api/v1/key-products", body, format="json", headers={"Idempotency-Key": "a"})
    assert refused.status_code == 404
    assert KeyProduct.objects.count() == 1
