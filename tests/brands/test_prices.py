"""Prices by date: what a product cost stays with its days when its price changes, by any door."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from backend import clock
from brands import queries
from brands.models import Product, ProductPrice
from tests.brands.test_import import send
from tests.cast import TODAY, Cast, SignIn

LATER = datetime(2026, 4, 1, 9, tzinfo=clock.BUSINESS_ZONE)


def told(client: APIClient, product: Product) -> list[tuple[Any, ...]]:
    rows = client.get(f"/api/v1/products/{product.pk}/prices").json()["results"]
    return [tuple(row.values()) for row in rows]


def guide_on(*days: date) -> list[int | None]:
    """The guide price of P1 on each day, as figures read it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT price.guide_fen FROM unnest(%s::date[]) AS d(day) CROSS JOIN {queries.priced_on('d.day')}"
            " WHERE p.code = 'P1' ORDER BY d.day",
            [list(days)],
        )
        return [row[0] for row in cursor.fetchall()]


def edit(client: APIClient, product: Product, **values: Any) -> None:
    path = f"/api/v1/products/{product.pk}"
    answer = client.patch(path, values, format="json", headers={"If-Match": client.get(path)["ETag"]})
    assert answer.status_code == 200, answer.json()


def test_an_edited_price_holds_from_its_day_and_the_days_before_keep_theirs(cast: Cast, sign_in: SignIn) -> None:
    as_feng, product = sign_in("feng"), cast.products[0]
    edit(as_feng, product, guide_carton_fen=20_000)
    with clock.at(LATER):
        edit(as_feng, product, wholesale_fen=17_000)
        assert told(as_feng, product) == [
            (None, "2026-03-16", 19_000, 16_720, 12_540),
            ("2026-03-16", "2026-04-01", 20_000, 16_720, 12_540),
            ("2026-04-01", None, 20_000, 17_000, 12_540),
        ]
    assert guide_on(date(2025, 1, 1), date(2026, 3, 15), TODAY, date(2026, 4, 1)) == [19_000, 19_000, 20_000, 20_000]


def test_of_two_changes_on_one_day_the_later_wins_and_no_time_is_empty(cast: Cast, sign_in: SignIn) -> None:
    as_feng, product = sign_in("feng"), cast.products[0]
    edit(as_feng, product, guide_carton_fen=20_000)
    edit(as_feng, product, guide_carton_fen=21_000)
    assert told(as_feng, product) == [
        (None, "2026-03-16", 19_000, 16_720, 12_540),
        ("2026-03-16", None, 21_000, 16_720, 12_540),
    ]


def test_what_is_no_price_keeps_no_time(cast: Cast, sign_in: SignIn) -> None:
    as_feng, product = sign_in("feng"), cast.products[0]
    edit(as_feng, product, name="黄鹤楼(软蓝)改", on_sale=False)
    assert told(as_feng, product) == [(None, None, 19_000, 16_720, 12_540)]


def test_a_price_that_nobody_knew_holds_for_the_past_too_once_it_is_told(cast: Cast, sign_in: SignIn) -> None:
    as_feng, product = sign_in("feng"), cast.products[0]
    Product.objects.filter(pk=product.pk).update(transfer_fen=None)
    edit(as_feng, product, guide_carton_fen=20_000)
    with clock.at(LATER):
        edit(as_feng, product, transfer_fen=12_000)
        assert told(as_feng, product) == [
            (None, "2026-03-16", 19_000, 16_720, 12_000),
            ("2026-03-16", None, 20_000, 16_720, 12_000),
        ]


def test_a_price_that_is_withdrawn_stays_that_of_its_days(cast: Cast, sign_in: SignIn) -> None:
    as_feng, product = sign_in("feng"), cast.products[0]
    edit(as_feng, product, guide_carton_fen=None)
    assert guide_on(date(2026, 3, 15), TODAY) == [19_000, None]


def test_an_imported_price_keeps_the_days_before_it(cast: Cast, sign_in: SignIn) -> None:
    as_qian = sign_in("qian")
    changed = (
        "code,brand,name,retail_price_carton_yuan,retail_price_pack_yuan\n"
        "P1,黄鹤楼,黄鹤楼(软蓝),200,20\nP2,黄鹤楼,红金龙(新名),100,10\n"
    )
    assert send(as_qian, changed, "apply").json()["changed"] == 2
    assert list(ProductPrice.objects.values_list("product__code", "guide_fen", "wholesale_fen", "transfer_fen")) == [
        ("P1", 19_000, 16_720, 12_540)
    ]
    assert guide_on(date(2026, 3, 15), TODAY) == [19_000, 20_000]


def test_a_class_of_a_day_goes_by_the_price_of_that_day(cast: Cast, sign_in: SignIn) -> None:
    as_feng, product = sign_in("feng"), cast.products[0]
    edit(as_feng, product, transfer_fen=6_000)
    found = {
        day: as_feng.get(f"/api/v1/products?code=P1&as_of={day}").json()["results"][0]["price_class"]
        for day in ("2026-03-15", "2026-03-16")
    }
    assert found == {"2026-03-15": 1, "2026-03-16": 3}


def test_prices_of_a_product_that_does_not_exist_are_absent(cast: Cast, as_lin: APIClient) -> None:
    assert as_lin.get("/api/v1/products/999999/prices").status_code == 404
