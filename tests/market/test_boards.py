"""The market boards over HTTP: exact figures, month on month, scope, and the rows behind that add up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from backend.models import Device, Unit
from market.orders import loading
from market.orders.loading import OrderLineRow, TargetRow, TotalRow
from market.rollups import recompute
from retail.models import Retailer
from tests.cast import TODAY, Cast, SignIn, make_shop
from tests.market.facts import Seen, visit
from tests.visits.items import encoded, full_item

BOARD = "/api/v1/boards/market"
CHILDREN, PRODUCTS = f"{BOARD}/children", f"{BOARD}/products"
LAST_MONTH = date(2026, 2, 10)


def board(client: APIClient, unit: Unit, path: str = BOARD, **asked: str) -> Any:
    answer = client.get(path, {"unit": str(unit.pk), "month": "2026-03", **asked})
    assert answer.status_code == 200, answer.content
    return answer.json()


def values(found: Any) -> dict[str, str | None]:
    return {figure["kpi"]: figure["value"] for figure in found["figures"]}


def price(product: Any, fen: int, **more: Any) -> dict[str, Any]:
    return {"product": product, "carton_price_fen": fen, **more}


def last_year(shop: Retailer, **cartons: int) -> None:
    """Cartons sold to a shop in June 2025, by product code."""
    loading.load_totals(
        TotalRow(date(2025, 6, 1), shop.code, code, sold, sold * 10_000) for code, sold in cartons.items()
    )


def test_the_price_index_weighs_by_last_years_cartons(cast: Cast, as_zhao: APIClient) -> None:
    for product, guide in zip(cast.products, (10_000, 20_000, 5_000), strict=True):
        product.guide_carton_fen = guide
        product.save()
    last_year(cast.shops[0], P1=1_000, P2=500, P3=2_000)
    seen = [price(p, fen) for p, fen in zip(cast.products, (9_800, 21_000, 5_000), strict=True)]
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, Seen(observations=seen))
    recompute.rebuild(date(2025, 6, 1))
    recompute.drain()
    assert values(board(as_zhao, cast.prefecture))["price_index"] == "101.0"


def test_a_product_without_a_price_leaves_both_sums_of_the_index(cast: Cast, as_zhao: APIClient) -> None:
    for product, guide in zip(cast.products, (10_000, 20_000, 5_000), strict=True):
        product.guide_carton_fen = guide
        product.save()
    last_year(cast.shops[0], P1=1_000, P2=500, P3=2_000)
    seen = [
        price(cast.products[0], 9_800),
        {"product": cast.products[1], "stock_packs": 4},
        price(cast.products[2], 5_000),
    ]
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, Seen(observations=seen))
    recompute.rebuild(date(2025, 6, 1))
    recompute.drain()
    assert values(board(as_zhao, cast.prefecture))["price_index"] == "99.0"  # 198,000 / 200,000


def test_every_figure_of_a_board_is_exact(cast: Cast, as_lin: APIClient) -> None:
    first, second, _ = cast.products
    visit(
        cast.shops[0],
        cast.territory,
        cast.lin,
        TODAY,
        Seen(
            observations=[price(first, 19_000, stock_packs=10, oos_days=2), price(second, 10_000, stock_packs=5)],
            briefings=[cast.policy.pk],
            pitches=[(first.pk, True), (second.pk, False), (second.pk, False)],
            score=90,
            note="门头已更换",
        ),
    )
    visit(cast.shops[1], cast.territory, cast.lin, TODAY, Seen(presence="to_verify", score=70))
    visit(cast.shops[0], cast.territory, cast.lin, LAST_MONTH)
    loading.load_targets([TargetRow(cast.territory.code, None, date(2026, 3, 1), 400)])
    loading.load_orders([OrderLineRow("D1", cast.shops[0].code, TODAY, "P1", 30, 20, 20, 334_400)])
    recompute.drain()
    found = board(as_lin, cast.territory)
    assert values(found) == {
        "visit_coverage_rate": "33.3",
        "visits_per_manager": "2.0",
        "visits": "2",
        "notes": "1",
        "display_checks": "2",
        "briefings": "1",
        "observations": "2",
        "display_score": "80.0",
        "briefing_reach": "33.3",
        "pitch_success_rate": "33.3",
        "carton_price_average": "14500",
        "carton_price_median": "14500",
        "price_index": None,
        "stock_average": "7.5",
        "oos_rate": "100.0",
        "sales": "20",
        "sales_against_target": "5.0",
    }
    visits = next(f for f in found["figures"] if f["kpi"] == "visits")
    assert (visits["previous"], visits["change"], visits["change_percent"]) == ("1", "1", "100.0")
    sales = next(f for f in found["figures"] if f["kpi"] == "sales")
    assert sales["target"] == "400"
    assert sales["rows"] == f"/api/v1/orders?shops_of={cast.territory.pk}&month=2026-03"
    assert found["time_progress"] == "51.6"  # 16 of 31 days
    assert found["why"]["code"] == "unseen"
    assert found["why"]["text"] == "兴国一片区本月还有 2 户未走访（应访 3 户）。"


def test_a_pushed_visit_reaches_every_board_and_the_rows_behind_add_up(
    cast: Cast, as_lin: APIClient, as_zhao: APIClient
) -> None:
    recompute.turn()
    pushed = as_lin.post("/api/v1/visits/batch", encoded([full_item(cast)]), content_type="application/json")
    assert [outcome["outcome"] for outcome in pushed.json()["outcomes"]] == ["created"]
    assert board(as_zhao, cast.prefecture)["freshness"]["waiting"] == 1
    recompute.drain()
    found = board(as_zhao, cast.prefecture)
    assert values(found)["visits"] == "1"
    assert values(found)["visit_coverage_rate"] == "20.0"
    for figure in found["figures"]:
        behind = as_zhao.get(figure["rows"])
        assert behind.status_code == 200, figure["rows"]
        assert len(behind.json()["results"]) == (0 if figure["kpi"] in {"sales", "sales_against_target"} else 1)


def test_nothing_to_divide_by_gives_no_value(cast: Cast, as_wu: APIClient) -> None:
    found = values(board(as_wu, cast.other_territory))
    assert found["visit_coverage_rate"] is None  # not even counted yet
    assert found["display_score"] is None
    assert found["price_index"] is None
    assert found["visits"] == "0"


def test_a_unit_of_another_county_answers_like_one_that_does_not_exist(cast: Cast, as_wu: APIClient) -> None:
    for path in (BOARD, CHILDREN, PRODUCTS):
        for foreign in (cast.territory, cast.office, cast.county, cast.prefecture, cast.nation):
            answer = as_wu.get(path, {"unit": str(foreign.pk)})
            absent = as_wu.get(path, {"unit": "999999999"})
            assert (answer.status_code, absent.status_code) == (404, 404)
            masked = [
                {k: v for k, v in a.json().items() if k not in {"request_id", "instance"}} for a in (answer, absent)
            ]
            assert masked[0] == masked[1]


def test_the_children_stand_side_by_side_and_add_up_to_their_parent(cast: Cast, as_zhao: APIClient) -> None:
    visit(cast.shops[0], cast.territory, cast.lin, TODAY)
    visit(cast.shops[1], cast.territory, cast.lin, TODAY)
    visit(cast.wu_shops[0], cast.other_territory, cast.wu, TODAY)
    recompute.turn()
    recompute.drain()
    found = board(as_zhao, cast.prefecture, CHILDREN)
    assert [child["unit"]["code"] for child in found["children"]] == ["420222", "420281"]
    assert [values(child)["visits"] for child in found["children"]] == ["2", "1"]
    assert [values(child)["visit_coverage_rate"] for child in found["children"]] == ["66.7", "50.0"]
    assert values(board(as_zhao, cast.prefecture))["visits"] == "3"
    assert values(board(as_zhao, cast.prefecture))["visit_coverage_rate"] == "60.0"
    falling = board(as_zhao, cast.prefecture, CHILDREN, sort="visit_coverage_rate")
    assert [child["unit"]["code"] for child in falling["children"]] == ["420281", "420222"]


def test_the_products_show_price_against_guide_and_stock(cast: Cast, as_zhao: APIClient) -> None:
    first, second, _ = cast.products
    seen = [price(first, 19_380, stock_packs=20, on_shelf=True), price(second, 9_900, on_shelf=False)]
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, Seen(observations=seen))
    recompute.drain()
    found = board(as_zhao, cast.county, PRODUCTS, sort="-price_index")
    assert [row["product"]["code"] for row in found["products"]] == ["P1", "P2"]
    assert values(found["products"][0]) == {
        "carton_price_average": "19380",
        "carton_price_median": "19380",
        "price_index": "102.0",
        "stock_average": "20.0",
        "oos_rate": None,
        "numeric_distribution": "100.0",
        "sales": "0",
        "sales_against_target": None,
    }
    assert values(found["products"][1])["numeric_distribution"] == "0.0"
    behind = found["products"][0]["figures"][0]["rows"]
    assert behind == f"/api/v1/visits?unit={cast.county.pk}&month=2026-03&product={first.pk}"


def test_the_products_tell_the_averages_of_each_unit_below(cast: Cast, as_zhao: APIClient) -> None:
    first = cast.products[0]
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, Seen(observations=[price(first, 19_000, stock_packs=5)]))
    visit(cast.shops[1], cast.territory, cast.lin, TODAY, Seen(observations=[price(first, 19_400, stock_packs=8)]))
    visit(cast.wu_shops[0], cast.other_territory, cast.wu, TODAY, Seen(observations=[{"product": first, "facings": 2}]))
    recompute.drain()
    found = board(as_zhao, cast.prefecture, PRODUCTS, children="true")
    assert found["products"][0]["children"] == [
        {"unit": cast.county.pk, "carton_price_average": "19200", "stock_average": "6.5"},
        {"unit": cast.other_county.pk, "carton_price_average": None, "stock_average": None},
    ]
    assert "children" not in board(as_zhao, cast.prefecture, PRODUCTS)["products"][0]


def test_what_waits_to_be_worked_in_is_told_with_its_age(cast: Cast, as_lin: APIClient) -> None:
    recompute.turn()
    recompute.drain()
    before = board(as_lin, cast.territory)["freshness"]
    assert before["waiting"] == 0
    with clock.at(clock.now() - timedelta(minutes=5)):
        visit(cast.shops[0], cast.territory, cast.lin, TODAY)
    visit(cast.wu_shops[0], cast.other_territory, cast.wu, TODAY)
    found = board(as_lin, cast.territory)["freshness"]
    assert found["waiting"] == 1
    assert found["as_of"] == "2026-03-16T09:55:00+08:00"


def test_phones_that_are_silent_or_hold_unsent_work_are_counted(
    cast: Cast, as_zhao: APIClient, sign_in: SignIn
) -> None:
    sign_in("lin")
    sign_in("wu")
    sign_in("chen")
    Device.objects.filter(person=cast.lin).update(last_used_at=clock.now() - timedelta(hours=25), unsent=3)
    Device.objects.filter(person=cast.wu).update(unsent=2)
    told = board(as_zhao, cast.prefecture)["devices_silent"]
    assert told == {"active": 3, "silent": 1, "unsent_devices": 2, "unsent_items": 5, "silent_after_hours": 24}
    assert board(as_zhao, cast.other_county)["devices_silent"]["silent"] == 0


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"unit": "x"}, "bad_parameter"),
        ({"month": "2026-13"}, "bad_date"),
        ({"month": "2026-03-01"}, "bad_date"),
        ({"colour": "red"}, "unknown_parameter"),
        ({"unit": "9" * 30}, "bad_parameter"),
    ],
)
def test_a_question_that_cannot_be_understood_is_refused(as_zhao: APIClient, asked: dict[str, str], code: str) -> None:
    answer = as_zhao.get(BOARD, asked)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_sort_by_something_that_is_no_figure_is_refused(cast: Cast, as_zhao: APIClient) -> None:
    answer = as_zhao.get(CHILDREN, {"unit": str(cast.prefecture.pk), "sort": "colour"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


def test_without_a_unit_everybody_gets_their_own(cast: Cast, as_lin: APIClient, as_zhao: APIClient) -> None:
    assert as_lin.get(BOARD).json()["unit"]["code"] == cast.territory.code
    assert as_zhao.get(BOARD).json()["unit"]["code"] == cast.prefecture.code


def test_names_follow_the_language_asked_for(cast: Cast, as_zhao: APIClient) -> None:
    chinese = as_zhao.get(BOARD, headers={"accept-language": "zh-hans"}).json()
    english = as_zhao.get(BOARD, headers={"accept-language": "en"}).json()
    assert chinese["figures"][0]["name"] == "走访覆盖率"
    assert english["figures"][0]["name"] == "visit coverage"


def test_somebody_without_boards_in_the_role_is_refused(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in("shen").get(BOARD).status_code == 403


@pytest.mark.parametrize("path", [BOARD, CHILDREN, PRODUCTS])
def test_a_board_asks_as_many_queries_for_many_units_as_for_few(cast: Cast, as_zhao: APIClient, path: str) -> None:
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, Seen(observations=[price(cast.products[0], 19_000)]))
    recompute.drain()
    asked = {"unit": str(cast.prefecture.pk), "month": "2026-03"}
    as_zhao.get(path, asked)
    with CaptureQueriesContext(connection) as few:
        as_zhao.get(path, asked)
    with transaction.atomic():
        for number in range(10):
            county = Unit.objects.create(
                code=f"4299{number:02d}", name=f"县{number}", parent=cast.prefecture, level=3, during=cast.county.during
            )
            office = Unit.objects.create(
                code=f"{county.code}-01", name="所", parent=county, level=4, during=cast.county.during
            )
            territory = Unit.objects.create(
                code=f"{county.code}-01-01", name="片", parent=office, level=5, during=cast.county.during
            )
            territory.refresh_from_db()
            shop = make_shop(territory, 1000 + number)
            visit(shop, territory, cast.ma, TODAY, Seen(observations=[price(p, 10_000) for p in cast.products]))
    recompute.drain()
    with CaptureQueriesContext(connection) as many:
        as_zhao.get(path, asked)
    assert len(many) == len(few)
