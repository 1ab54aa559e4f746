"""Collection points and the weekly sample: over HTTP, from visits that arrive, with what does not fit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from backend import clock, marks
from backend.models import AuditEntry
from market.models import CollectionPoint, Order, OrderLine, Sample
from market.samples import weekly as samples
from retail.models import Classification
from tests.cast import NOW, Cast
from tests.market.facts import Seen, visit
from tests.retail.test_assignment import transfer

MONDAY = date(2026, 3, 16)


def post(client: APIClient, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": str(uuid4())})


def ordered(cast: Cast, number: int, on: date, *lines: tuple[int, int]) -> None:
    shop, month = cast.shops[number], clock.month_of(on)
    order = Order.objects.create(
        month=month, order_no=f"{number}-{on}", retailer=shop, territory=cast.territory,
        county_id=cast.county.pk, on_date=on, cartons=sum(n for _, n in lines), amount_fen=0,
    )  # fmt: skip
    for product, cartons in lines:
        OrderLine.objects.create(
            month=month, order_id=order.pk, product_id=product, ordered_cartons=cartons, amount_fen=0
        )


@pytest.fixture
def point(cast: Cast, as_chen: APIClient) -> str:
    made = post(as_chen, "collection-points", {"territory": cast.territory.pk, "retailers": [str(cast.shops[0].pk)]})
    assert made.status_code == 201, made.content
    samples.follow()
    return made.json()["results"][0]["id"]


def test_points_are_proposed_by_stratum_from_the_middle_and_set_by_the_market_manager(
    cast: Cast, as_chen: APIClient, as_lin: APIClient
) -> None:
    Classification.objects.filter(retailer=cast.shops[2]).update(scale=1)
    ordered(cast, 0, date(2026, 3, 10), (cast.products[0].pk, 40))
    proposed = as_chen.get(f"/api/v1/collection-points/proposed?unit={cast.territory.pk}").json()["results"]
    assert [(row["retailer_id"], row["stratum"], row["cartons"]) for row in proposed] == [
        (str(cast.shops[2].pk), "large", 0),
        (str(cast.shops[0].pk), "middle", 40),
        (str(cast.shops[1].pk), "middle", 0),
    ]
    body = {"territory": cast.territory.pk, "retailers": [row["retailer_id"] for row in proposed]}
    assert post(as_lin, "collection-points", body).status_code == 403
    made = post(as_chen, "collection-points", body)
    assert (made.status_code, [row["stratum"] for row in made.json()["results"]]) == (
        201,
        ["large", "middle", "middle"],
    )
    assert as_chen.get(f"/api/v1/collection-points/proposed?unit={cast.territory.pk}").json()["results"] == []
    assert AuditEntry.objects.filter(act="collection_point.set").count() == 3


@pytest.mark.parametrize("foreign", [True, False])
def test_a_shop_that_cannot_serve_refuses_all(cast: Cast, as_chen: APIClient, point: str, foreign: bool) -> None:
    bad = cast.wu_shops[0] if foreign else cast.shops[0]
    body = {"territory": cast.territory.pk, "retailers": [str(cast.shops[1].pk), str(bad.pk)]}
    refused = post(as_chen, "collection-points", body)
    assert (refused.status_code, refused.json()["code"], CollectionPoint.objects.count()) == (409, "not_a_point", 1)


def test_the_week_asks_for_key_products_first_and_then_what_the_territory_orders(
    cast: Cast, as_chen: APIClient
) -> None:
    key, second, third = (product.pk for product in cast.products)
    ordered(cast, 1, date(2026, 3, 10), (third, 30), (second, 5))
    post(as_chen, "collection-points", {"territory": cast.territory.pk, "retailers": [str(cast.shops[0].pk)]})
    samples.follow()
    assert samples.follow() == 0
    [row] = as_chen.get("/api/v1/samples").json()["results"]
    assert (row["week_on"], row["products"], row["state"], row["stratum"]) == (
        "2026-03-16", [key, third, second], "due", "middle",
    )  # fmt: skip


def test_a_visit_until_thursday_takes_the_sample_and_one_on_friday_is_late(cast: Cast, point: str) -> None:
    seen = Seen(observations=[{"product_id": cast.products[0].pk, "carton_price_fen": 19_500, "stock_packs": 40}])
    with clock.at(NOW + timedelta(days=4)):
        visit(cast.shops[0], cast.territory, cast.lin, MONDAY + timedelta(days=4), seen)
        samples.follow()
        assert Sample.objects.get().state == "late"
        on_thursday = visit(cast.shops[0], cast.territory, cast.lin, MONDAY + timedelta(days=3), seen)
        samples.follow()
        held = Sample.objects.get()
    assert (held.state, held.visit_id, held.seen, held.taken_on) == ("taken", on_thursday, 1, date(2026, 3, 19))


def test_a_visit_to_be_verified_takes_no_sample_and_a_week_gone_by_is_missed(cast: Cast, point: str) -> None:
    seen = Seen(observations=[{"product_id": cast.products[0].pk, "stock_packs": 40}], presence="to_verify")
    visit(cast.shops[0], cast.territory, cast.lin, MONDAY, seen)
    samples.follow()
    assert Sample.objects.get().state == "due"
    with clock.at(NOW + timedelta(days=7)):
        samples.follow()
        assert list(Sample.objects.order_by("week_on").values_list("state", flat=True)) == ["missed", "due"]


@pytest.mark.parametrize(
    ("stock", "price", "codes"),
    [
        (240, 19_000, []),
        (241, 19_000, ["stock_above"]),
        (100, 22_800, []),
        (241, 22_801, ["price_band", "stock_above"]),
    ],
)
def test_stock_beyond_the_last_count_and_orders_and_a_price_beyond_the_band_do_not_fit(
    cast: Cast, as_chen: APIClient, point: str, stock: int, price: int, codes: list[str]
) -> None:
    key = cast.products[0].pk
    visit(cast.shops[0], cast.territory, cast.lin, date(2026, 3, 9), Seen(observations=[
        {"product_id": key, "stock_packs": 40}]))  # fmt: skip
    ordered(cast, 0, date(2026, 3, 9), (key, 50))  # on the day of the count: was in it
    ordered(cast, 0, date(2026, 3, 12), (key, 20))
    visit(cast.shops[0], cast.territory, cast.lin, MONDAY, Seen(observations=[
        {"product_id": key, "stock_packs": stock, "carton_price_fen": price}]))  # fmt: skip
    samples.follow()
    [row] = as_chen.get("/api/v1/samples?state=taken").json()["results"]
    assert [suspect["code"] for suspect in row["suspects"]] == codes
    if "stock_above" in codes:
        assert row["suspects"][-1]["figures"] == {"stock": 241, "before": 40, "ordered": 200}
    assert len(as_chen.get("/api/v1/samples?is_suspect=true").json()["results"]) == bool(codes)


def test_what_a_manager_decided_stands_until_another_visit_serves_the_sample(
    cast: Cast, as_chen: APIClient, as_lin: APIClient, point: str
) -> None:
    sample = Sample.objects.get()
    assert post(as_chen, f"samples/{sample.pk}/decide", {"accepted": True}).status_code == 409
    seen = Seen(observations=[{"product_id": cast.products[0].pk, "stock_packs": 40}])
    visit(cast.shops[0], cast.territory, cast.lin, MONDAY + timedelta(days=1), seen)
    samples.follow()
    assert post(as_lin, f"samples/{sample.pk}/decide", {"accepted": True}).status_code == 403
    assert post(as_chen, f"samples/{sample.pk}/decide", {"accepted": False}).status_code == 400
    told = post(as_chen, f"samples/{sample.pk}/decide", {"accepted": False, "words": "价格像是抄的"}).json()
    assert (told["is_accepted"], told["decided_words"]) == (False, "价格像是抄的")
    with transaction.atomic():
        marks.mark("visits", [(cast.territory.pk, MONDAY)])
    samples.follow()
    assert Sample.objects.get().is_accepted is False
    more = Seen(observations=[{"product_id": p.pk, "stock_packs": 40} for p in cast.products[:1]])
    visit(cast.shops[0], cast.territory, cast.lin, MONDAY, more)
    samples.follow()
    assert (Sample.objects.get().is_accepted, Sample.objects.get().taken_on) == (None, MONDAY)


def test_a_point_is_replaced_with_its_reason_in_the_same_stratum(cast: Cast, as_chen: APIClient, point: str) -> None:
    with clock.at(NOW + timedelta(days=7)):
        body = {"reason": "elsewhere", "words": "库存在家里", "by": str(cast.shops[1].pk)}
        new = post(as_chen, f"collection-points/{point}/replace", body).json()
        assert (new["retailer"], new["stratum"], new["since"], new["replaces"]) == (
            str(cast.shops[1].pk), "middle", "2026-03-23", point,
        )  # fmt: skip
        old = CollectionPoint.objects.get(pk=point)
        assert (old.ended_reason, old.during.upper) == ("elsewhere", date(2026, 3, 23))
        again = post(as_chen, f"collection-points/{point}/replace", {"reason": "hours"})
        assert again.status_code == 409
        samples.follow()
        assert list(Sample.objects.filter(week_on=date(2026, 3, 23)).values_list("retailer_id", flat=True)) == [
            cast.shops[1].pk
        ]


def test_another_county_sees_neither_points_nor_samples(cast: Cast, as_wu: APIClient, point: str) -> None:
    sample = Sample.objects.get()
    paths = (f"collection-points/{point}", f"samples/{sample.pk}")
    assert [as_wu.get(f"/api/v1/{path}").status_code for path in paths] == [404, 404]
    assert as_wu.get("/api/v1/samples").json()["results"] == []


def test_the_board_tells_how_complete_samples_are_by_unit(
    cast: Cast, as_chen: APIClient, as_wu: APIClient, point: str
) -> None:
    second = {"territory": cast.territory.pk, "retailers": [str(cast.shops[1].pk)]}
    assert post(as_chen, "collection-points", second).status_code == 201
    ordered(cast, 1, date(2026, 3, 10), (cast.products[2].pk, 30))
    Sample.objects.all().delete()
    samples.follow()  # two points, two products each

    def board(unit: int) -> list[dict[str, Any]]:
        said = as_chen.get(f"/api/v1/boards/samples?unit={unit}&month=2026-03")
        assert said.status_code == 200, said.content
        return said.json()["units"]

    [row] = board(cast.territory.pk)
    assert (row["over"], row["due"], row["sample_completeness"], row["samples_in_time_rate"]) == (0, 2, None, None)
    seen = Seen(observations=[{"product_id": cast.products[0].pk, "carton_price_fen": 29_000, "stock_packs": 40}])
    visit(cast.shops[0], cast.territory, cast.lin, MONDAY, seen)
    with clock.at(NOW + timedelta(days=7)):
        samples.follow()
        office, first, other = board(cast.office.pk)
    assert (office["level"], office["code"], other["over"]) == (4, "420222-01", 0)
    for row in (office, first):
        counts = (row["over"], row["due"], row["taken"], row["late"], row["missed"], row["suspect"])
        assert counts == (2, 2, 1, 0, 1, 1)  # the two of the new week are due
        assert (row["products_asked"], row["products_seen"]) == (4, 1)
        assert (row["sample_completeness"], row["samples_in_time_rate"]) == ("25.0", "50.0")
    assert as_wu.get(f"/api/v1/boards/samples?unit={cast.office.pk}").status_code == 404


def test_a_point_whose_shop_moved_ends_and_awaits_nothing_of_its_old_territory(
    cast: Cast, as_chen: APIClient, point: str
) -> None:
    with clock.at(NOW + timedelta(days=1)):
        transfer(as_chen, cast, from_date="2026-03-17")
        samples.follow()
        assert samples.follow() == 0
    held = CollectionPoint.objects.get()
    assert (held.ended_reason, held.during.upper, Sample.objects.count()) == ("moved", date(2026, 3, 17), 0)


def test_a_sample_that_was_taken_stays_when_its_point_ends(cast: Cast, as_chen: APIClient, point: str) -> None:
    seen = Seen(observations=[{"product_id": cast.products[0].pk, "stock_packs": 40}])
    visit(cast.shops[0], cast.territory, cast.lin, MONDAY, seen)
    samples.follow()
    with clock.at(NOW + timedelta(days=1)):
        assert post(as_chen, f"collection-points/{point}/replace", {"reason": "closed"}).status_code == 200
        samples.follow()
    assert [row.state for row in Sample.objects.all()] == ["taken"]
