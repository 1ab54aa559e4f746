"""What visits learnt of the market, as one list over HTTP: narrowed, paged, and restricted where it must be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import clock
from retail.models import Assignment
from tests.cast import NOW, Cast, SignIn
from tests.retail.test_assignment import transfer
from tests.visits.items import item, receive
from visits.models import Intelligence, Visit

PATH = "/api/v1/observations"


@pytest.fixture
def learnt(cast: Cast) -> list[Visit]:
    """An earlier visit that looked at two products, and one of today that heard three things."""
    first, second, _ = (product.pk for product in cast.products)
    with clock.at(NOW - timedelta(days=20)):
        seen = [
            {"product_id": first, "carton_price_fen": 19_500, "stock_packs": 30, "confidence": 3},
            {"product_id": second, "on_shelf": False, "oos_days": 4},
        ]
        [earlier] = receive(cast.actor("lin"), item(cast, observations=seen))
    heard: list[dict[str, Any]] = [
        {"kind": "rival_move", "text": "对面店买一送一", "campaign": "春节买赠", "place": "步行街", "confidence": 2},
        {"kind": "flow_price", "text": "批发价跌了", "product_id": first, "price_fen": 17_800, "quantity": 5},
        {"kind": "irregular", "text": "有人上门送烟", "confidence": 1},
    ]
    [today] = receive(cast.actor("lin"), item(cast, remarks=heard))
    assert (earlier.word, today.word) == ("created", "created")
    return list(Visit.objects.order_by("started_at"))


def asked(client: APIClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def kinds(client: APIClient, query: str = "") -> list[str]:
    return [row["kind"] for row in asked(client, query)]


def test_products_and_remarks_are_one_list_the_newest_visit_first(
    cast: Cast, as_lin: APIClient, learnt: list[Visit]
) -> None:
    rows = asked(as_lin)
    assert [row["kind"] for row in rows] == ["rival_move", "flow_price", "irregular", "product", "product"]
    assert [row["visit_id"] for row in rows] == [str(learnt[1].pk)] * 3 + [str(learnt[0].pk)] * 2
    move, price, _, looked, missing = rows
    assert (move["place"], move["campaign"], move["confidence"], move["product"]) == ("步行街", "春节买赠", 2, None)
    assert (price["price_fen"], price["quantity"], price["product_name"]) == (17_800, 5, "黄鹤楼(软蓝)")
    assert (looked["carton_price_fen"], looked["stock_packs"], looked["on_date"]) == (19_500, 30, "2026-02-24")
    assert (missing["oos_days"], missing["on_shelf"], missing["retailer_name"]) == (4, False, "便民商店0")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=product", ["product", "product"]),
        ("kind=price", ["product"]),
        ("kind=stock", ["product"]),
        ("kind=out_of_stock", ["product"]),
        ("kind=flow_price", ["flow_price"]),
        ("confidence=2", ["rival_move"]),
        ("since=2026-03-01", ["rival_move", "flow_price"]),
        ("until=2026-02-24", ["product", "product"]),
        ("until=2026-02-23", []),
        ("place=步行", ["rival_move"]),
        ("campaign=买赠", ["rival_move"]),
    ],
)
def test_the_list_is_narrowed(
    cast: Cast, as_chen: APIClient, learnt: list[Visit], query: str, expected: list[str]
) -> None:
    assert kinds(as_chen, query) == expected


def test_the_list_is_narrowed_by_product_and_unit(cast: Cast, as_chen: APIClient, learnt: list[Visit]) -> None:
    assert kinds(as_chen, f"product={cast.products[0].pk}") == ["flow_price", "product"]
    assert kinds(as_chen, f"unit={cast.office.pk}&kind=price") == ["product"]
    assert kinds(as_chen, f"unit={cast.next_territory.pk}") == []


def test_irregular_trade_is_for_its_author_and_for_who_may_read_what_is_restricted(
    cast: Cast, sign_in: SignIn, learnt: list[Visit]
) -> None:
    told = {name: kinds(sign_in(name), "kind=irregular") for name in ("lin", "chen", "he", "zhao", "feng", "wu")}
    assert told == {"lin": ["irregular"], "chen": [], "he": ["irregular"], "zhao": ["irregular"], "feng": [], "wu": []}


def test_the_other_county_and_posts_without_visits_read_nothing(
    cast: Cast, sign_in: SignIn, learnt: list[Visit]
) -> None:
    assert (asked(sign_in("wu")), sign_in("mo").get(PATH).status_code) == ([], 403)


def test_after_a_transfer_the_next_owner_reads_it_but_for_what_is_restricted(
    cast: Cast, as_lin: APIClient, as_chen: APIClient, sign_in: SignIn, learnt: list[Visit]
) -> None:
    transfer(as_chen, cast)
    assert Assignment.objects.filter(territory=cast.next_territory).count() == 3
    assert asked(as_lin) == []
    assert kinds(sign_in("ma")) == ["rival_move", "flow_price", "product", "product"]


def test_pages_hold_every_line_once(cast: Cast, as_lin: APIClient, learnt: list[Visit]) -> None:
    seen: list[tuple[str, int]] = []
    following: str | None = f"{PATH}?page_size=2"
    pages = 0
    while following:
        answer = as_lin.get(following).json()
        seen += [(row["visit_id"], row["place_no"]) for row in answer["results"]]
        following, pages = answer["next"], pages + 1
    assert (pages, len(seen), len(set(seen))) == (3, 5, 5)
    assert Intelligence.objects.count() == 5


def test_a_withdrawn_visit_tells_nothing_more(cast: Cast, as_lin: APIClient, learnt: list[Visit]) -> None:
    path = f"/api/v1/visits/{learnt[1].pk}"
    answer = as_lin.post(
        f"{path}/withdraw", {"reason": "记错店"}, format="json", headers={"If-Match": "*", "Idempotency-Key": "w"}
    )
    assert answer.status_code in (200, 204), answer.content
    assert kinds(as_lin) == ["product", "product"]


@pytest.mark.parametrize("query", ["kind=rumour", "confidence=x", "since=2026-13-01", "product=1e3"])
def test_what_cannot_be_understood_is_refused(as_lin: APIClient, query: str) -> None:
    assert as_lin.get(f"{PATH}?{query}").status_code == 400
