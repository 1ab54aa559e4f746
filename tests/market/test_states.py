"""The boards of states, concentration and key products: rules by hand, exact over HTTP, equal to the other boards."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend import clock
from backend.models import Unit
from brands.models import KeyProduct, Product
from market import kpis
from market.boards import status
from market.boards.concentration import figures_of
from market.boards.status import TABLE, Limits, State, Word, status_of
from market.figures import trade_kpis
from market.figures.formulas import Figure
from market.models import Launch, UnitProductMonth, UnitSubjectMonth
from market.orders import loading
from market.orders.loading import TotalRow
from market.rollups import recompute
from tests.cast import Cast, phone_of
from tests.market.facts import volumes_of

BOARDS = "/api/v1/boards"
FEBRUARY, YEAR_BEFORE, MARCH = date(2026, 2, 1), date(2025, 2, 1), date(2026, 3, 1)
LIMITS = Limits(Decimal(3), Decimal(5), Decimal("0.2"), Decimal("1.5"))
TIGHTNESS = (Word.LOOSE, Word.RATHER_LOOSE, Word.BALANCED, Word.RATHER_TIGHT, Word.TIGHT)


def get(client: APIClient, board: str, unit: Unit, month: str = "2026-02", code: int = 200, **more: str) -> Any:
    answer = client.get(f"{BOARDS}/{board}", {"unit": str(unit.pk), "month": month, **more})
    assert answer.status_code == code, answer.content
    return answer.json()


def told(figures: Any) -> dict[str, str | None]:
    return {figure["kpi"]: figure["value"] for figure in figures}


def sums(unit: Unit, month: date, goods: Product | None, **columns: Any) -> None:
    """A row of sums as the roll-ups would leave it: of a product, or of all."""
    if goods is None:
        UnitSubjectMonth.objects.create(unit=unit, month=month, segment_kind=0, subject_kind=0, **columns)
    else:
        UnitProductMonth.objects.create(unit=unit, month=month, product=goods, **columns)


def figures(index: str | None, now: int, before: int, year: int, ratio: str | None) -> dict[str, Figure]:
    def known(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return {
        kpis.INDEX.id: Figure(kpis.INDEX, known(index)),
        kpis.SALES.id: Figure(kpis.SALES, now, before, year),
        trade_kpis.STOCK_TO_SALES.id: Figure(trade_kpis.STOCK_TO_SALES, known(ratio)),
    }


# -- the rule ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "now", "year", "ratio", "word"),
    [
        ("104.0", 120, 100, "0.1500", Word.TIGHT),
        ("104.0", 100, 100, "1.0000", Word.RATHER_TIGHT),
        ("100.0", 100, 100, "1.0000", Word.BALANCED),
        ("103.0", 105, 100, "1.5000", Word.BALANCED),  # exactly at each limit is within it
        ("103.1", 106, 100, "1.5000", Word.TIGHT),
        ("97.0", 95, 100, "0.2000", Word.BALANCED),
        ("100.0", 94, 100, "1.0000", Word.RATHER_LOOSE),
        ("96.9", 100, 100, "1.5100", Word.LOOSE),
        (None, 100, 100, "1.0000", None),
        ("100.0", 100, 100, None, None),
    ],
)
def test_price_sales_and_stock_fold_to_a_word(
    index: str | None, now: int, year: int, ratio: str | None, word: Word | None
) -> None:
    assert status_of(figures(index, now, 50, year, ratio), LIMITS).word == word


def test_sales_are_held_against_last_year_or_else_the_month_before() -> None:
    last_year = status_of(figures("100", 110, 220, 100, "1"), LIMITS)
    assert (last_year.change, last_year.against, last_year.volume) == (Decimal("10.0"), "last_year", 1)
    last_month = status_of(figures("100", 110, 220, 0, "1"), LIMITS)
    assert (last_month.change, last_month.against, last_month.volume) == (Decimal("-50.0"), "last_month", -1)
    never = status_of(figures("100", 110, 0, 0, "1"), LIMITS)
    assert (never.change, never.against, never.missing) == (None, "", ("volume",))
    running = status_of(figures("100", 110, 220, 100, "1"), LIMITS, is_over=False)
    assert (running.word, running.missing) == (None, ("volume",))


def test_every_state_has_a_word_and_says_what_it_means() -> None:
    assert set(TABLE) == {State(*one) for one in product((1, 0, -1), repeat=3)}
    assert len({zh for _, zh, _ in TABLE.values()}) == len({en for _, _, en in TABLE.values()}) == 27
    counted = [word for word, _, _ in TABLE.values()]
    assert [counted.count(word) for word in TIGHTNESS] == [5, 7, 3, 7, 5]


def test_no_side_that_tightens_makes_the_word_looser_and_the_opposite_state_has_the_opposite_word() -> None:
    for state, (word, _, _) in TABLE.items():
        opposite = TABLE[State(*(-side for side in state))][0]
        assert TIGHTNESS.index(opposite) == 4 - TIGHTNESS.index(word)
        for place in range(3):
            if state[place] < 1:
                tighter = TABLE[State(*(s + (n == place) for n, s in enumerate(state)))][0]
                assert TIGHTNESS.index(tighter) >= TIGHTNESS.index(word)


# -- the board of states -----------------------------------------------------------------------------------------------


@pytest.fixture
def february(cast: Cast) -> Cast:
    """In Lin's county P1 sold well and dear from short stock, P2 badly and cheaply from long stock; P3 had no price."""
    for goods, guide in zip(cast.products, (20_000, 10_000, 5_000), strict=True):
        goods.guide_carton_fen = guide
        goods.save()
    first, second, third = cast.products
    sums(cast.county, FEBRUARY, first, cartons=120, price_n=2, price_sum_fen=41_400, counted=2, end_stock_packs=240,
         sold_packs=1_600)  # fmt: skip
    sums(cast.county, FEBRUARY, second, cartons=80, price_n=1, price_sum_fen=9_500, counted=1, end_stock_packs=400,
         sold_packs=200)  # fmt: skip
    sums(cast.county, FEBRUARY, third, cartons=10, counted=1, end_stock_packs=100, sold_packs=100)
    for goods, cartons in zip(cast.products, (100, 100, 10), strict=True):
        sums(cast.county, YEAR_BEFORE, goods, cartons=cartons)
    sums(cast.county, FEBRUARY, None, cartons=210, counted=4, end_stock_packs=740, sold_packs=1_900)
    sums(cast.county, YEAR_BEFORE, None, cartons=210)
    return cast


def test_the_board_of_states_tells_each_product_its_word_and_why(february: Cast, as_zhao: APIClient) -> None:
    found = get(as_zhao, "status", february.county)
    rows = {row["name"]: row for row in found["products"]}
    names = [goods.name for goods in february.products]
    assert [rows[name]["word"] for name in names] == ["tight", "loose", None]
    first, second, third = (rows[name] for name in names)
    assert told(first["figures"]) == {"price_index": "103.5", "sales": "120", "stock_to_sales": "0.15"}
    assert (first["price"], first["volume"], first["stock"]) == ("above", "rising", "short")
    assert (first["sales_change"], first["against"]) == ("20.0", "last_year")
    assert first["text"] == "紧：需求旺盛，供不应求"
    assert (second["price"], second["volume"], second["stock"]) == ("below", "falling", "long")
    assert (third["price"], third["volume"], third["stock"], third["missing"]) == (
        None, "steady", "fitting", ["price"],
    )  # fmt: skip
    assert {row["word"]: row["products"] for row in found["words"]} == {
        "tight": 1, "rather_tight": 0, "balanced": 0, "rather_loose": 0, "loose": 1,
    }  # fmt: skip
    assert found["limits"] == {"index_off": "3.0", "sales_moved": "5.0", "stock_low": "0.2", "stock_high": "1.5"}
    only = get(as_zhao, "status", february.county, word="loose")
    assert [row["name"] for row in only["products"]] == [names[1]]


def test_the_board_of_states_says_what_the_board_of_figures_says(february: Cast, as_zhao: APIClient) -> None:
    found = get(as_zhao, "status", february.county)
    for row in (found["whole"], *found["products"]):
        asked = ",".join(status.READ)
        alone = get(as_zhao, "figures", february.county, kpis=asked, subject=row["subject"])["figures"]
        one = {figure["kpi"]: figure for figure in alone}
        for figure in row["figures"]:
            assert {name: one[figure["kpi"]][name] for name in figure} == figure


def test_sales_of_a_month_that_runs_are_not_judged(february: Cast, as_zhao: APIClient) -> None:
    sums(february.county, MARCH, february.products[0], cartons=10)
    found = get(as_zhao, "status", february.county, "2026-03")
    assert found["is_over"] is False
    assert [row["missing"] for row in found["products"]] == [["price", "volume", "stock"]]


def test_a_foreign_county_is_absent_from_all_three_boards(cast: Cast, as_wu: APIClient) -> None:
    for name in ("status", "concentration", "key-products"):
        refused = get(as_wu, name, cast.county, code=404)
        nowhere = as_wu.get(f"{BOARDS}/{name}", {"unit": "999999", "month": "2026-02"}).json()
        own = {"request_id", "instance"}
        assert {k: v for k, v in refused.items() if k not in own} == {k: v for k, v in nowhere.items() if k not in own}


# -- 80/20 -------------------------------------------------------------------------------------------------------------


def test_how_few_shops_make_most_of_the_sales() -> None:
    # 1,000 cartons: 600 + 200 make 80 %, the largest fifth of ten shops are the first two
    found = figures_of(volumes_of([600, 200, 60, 40, 30, 20, 20, 10, 10, 10]), 500)
    assert found == {
        "shops_making_most": 2,
        "shops_making_most_share": Decimal("20.0"),
        "share_of_largest_shops": Decimal("80.0"),
        "large_accounts": 1,
        "large_accounts_share": Decimal("60.0"),
        "shop_cartons_median": 20,
    }
    assert figures_of(volumes_of([]), 500) == {
        "shops_making_most": None,
        "shops_making_most_share": None,
        "share_of_largest_shops": None,
        "large_accounts": 0,
        "large_accounts_share": None,
        "shop_cartons_median": None,
    }


def test_concentration_is_told_of_a_unit_and_of_those_right_below(cast: Cast, as_zhao: APIClient) -> None:
    shops = (*cast.shops, *cast.wu_shops)
    bought = dict(zip((shop.code for shop in shops), (1_001, 90, 9, 1_000, 400), strict=True))
    loading.load_totals(TotalRow(MARCH, code, "P1", cartons, cartons * 100) for code, cartons in bought.items())
    recompute.turn()
    recompute.drain()
    found = get(as_zhao, "concentration", cast.prefecture, "2026-03")
    assert told(found["whole"]["figures"]) == {
        "shops_making_most": "2",  # 2,001 of 2,500
        "shops_making_most_share": "40.0",
        "share_of_largest_shops": "40.0",
        "large_accounts": "1",  # more than 1,000
        "large_accounts_share": "40.0",
        "shop_cartons_median": "400",
    }
    assert [told(row["figures"])["shops_making_most"] for row in found["children"]] == ["1", "2"]
    assert [told(row["figures"])["large_accounts"] for row in found["children"]] == ["1", "0"]


# -- key products ------------------------------------------------------------------------------------------------------


def test_key_products_of_the_units_above_stand_on_the_board_although_nobody_saw_them(
    cast: Cast, as_lin: APIClient
) -> None:
    found = get(as_lin, "key-products", cast.territory, "2026-03")
    assert [(row["code"], row["is_key"], row["is_launch"]) for row in found["products"]] == [("P1", True, False)]
    assert told(found["products"][0]["figures"])["numeric_distribution"] is None
    targets = {figure["kpi"]: figure["target"] for figure in found["products"][0]["figures"]}
    assert targets["numeric_distribution"] == "80.0"
    KeyProduct.objects.all().delete()
    assert get(as_lin, "key-products", cast.territory, "2026-03")["products"] == []


def test_a_launch_is_held_against_its_goals(cast: Cast) -> None:
    goods, county = cast.products[1], cast.county
    made = Launch.objects.create(
        unit=county, product=goods, supply_on=date(2026, 4, 1), how="推介", places="城镇", audience="便利店",
        first_cartons=200, state=Launch.State.TRIAL, planned_by=cast.feng, approved_by=cast.zhao,
        approved_at=clock.now(), volume_goal=500,
    )  # fmt: skip
    sums(county, date(2026, 6, 1), goods, shelf_n=100, on_shelf=72, shops_last=50, shops_again=23, shops_now=51,
         shops_before=100, counted=3, end_stock_packs=80, sold_packs=100, cartons=510)  # fmt: skip
    with clock.at(datetime(2026, 7, 1, 9, tzinfo=clock.BUSINESS_ZONE)):
        zhao = phone_of(cast.zhao, device_id="later-zhao")
        found = get(zhao, "key-products", county, "2026-06")
        assert get(zhao, "key-products", cast.other_county, "2026-06")["products"][-1]["code"] == "P1"
    [row] = [row for row in found["products"] if row["code"] == "P2"]
    assert (row["is_key"], row["is_launch"]) == (False, True)
    trial = row["trial"]
    assert (trial["id"], trial["state"], trial["number"], trial["outcome"]) == (str(made.pk), "trial", 3, None)
    assert [(goal["goal"], goal["value"], goal["met"]) for goal in trial["goals"]] == [
        ("on_shelf", "72.0", False),
        ("repurchase", "46.0", False),
        ("sell_through", "51.0", True),
        ("stock_ratio", "0.80", True),
        ("volume", "510", True),
    ]
    targets = {figure["kpi"]: figure["target"] for figure in row["figures"]}
    assert (targets["numeric_distribution"], targets["repurchase_rate"], targets["sales"]) == ("80.0", "50.0", "500")


def test_the_boards_ask_as_many_queries_for_many_products(
    cast: Cast, as_zhao: APIClient, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        goods = Product.objects.create(code=f"M{number}", name=f"规格{number}", brand=cast.products[0].brand)
        sums(cast.county, FEBRUARY, goods, cartons=number + 1)
        KeyProduct.objects.create(unit=cast.county, product=goods, during=(date(2026, 1, 1), None))
    for name in ("status", "key-products", "concentration"):
        with django_assert_max_num_queries(20):
            get(as_zhao, name, cast.county)
