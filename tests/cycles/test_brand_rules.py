"""Each brand rule fires at its edge and not beside it, with exact figures, on facts in the database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from brands.models import KeyProduct
from cycles.models import Finding
from cycles.rules.rule import rule
from market.figures import trade, trade_queries
from retail.models import Classification
from tests.cast import Cast
from tests.cycles.orders import order
from tests.cycles.told import AS_OF, ago, bought, chinese, counted, set_to, shops, some, told
from tests.market.facts import Seen, visit

pytestmark = pytest.mark.usefixtures("four_months_back")  # the facts of four windows


def look(cast: Cast, shop: Any, on: int = 1, **seen: Any) -> None:
    """Lin looks at the key product in a shop so many days ago, unless another product is named."""
    line = {"product": cast.products[0], **seen}
    visit(shop, cast.territory, cast.lin, ago(on), Seen(observations=[line]))


# -- sell-through and repurchase ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "now", "rate"), [(10, 5, None), (10, 4, 40.0), (30, 14, 46.7), (9, 0, None)])
def test_a_key_product_that_fewer_than_half_of_its_shops_order_again_is_found(
    cast: Cast, before: int, now: int, rate: float | None
) -> None:
    for number, shop in enumerate(shops(cast.next_territory, before)):
        bought(cast.next_territory, cast.products[0], shop, 5 if number < now else 0, 0, 5)
    figures = told("brand.sell_through", cast.next_territory, cast.products[0])
    expected = None if rate is None else (before, now, rate, rate, 50.0, None)
    assert some(figures, "shops_before", "shops_now", "rate", "baseline", "target", "best") == expected


def test_the_sell_through_of_a_finding_is_that_of_the_kpi_registry(cast: Cast) -> None:
    for number, shop in enumerate(shops(cast.next_territory, 12)):
        bought(cast.next_territory, cast.products[0], shop, 5 if number < 4 else 0, 5 if number < 11 else 0, 5)
    key = (cast.next_territory.pk, cast.products[0].pk)
    figures = trade.values(trade_queries.trade([key[0]], trade.window(AS_OF))[key], trade.WINDOW_DAYS)
    found = {
        "sell_through_rate": told("brand.sell_through", cast.next_territory, cast.products[0]),
        "repurchase_rate": told("brand.repurchase", cast.next_territory, cast.products[0]),
    }
    for kpi, said in found.items():
        assert said is not None
        assert said["rate"] == float(figures[kpi] or 0), kpi
    assert (figures["sell_through_rate"], figures["repurchase_rate"]) == (Decimal("33.3"), Decimal("36.4"))


def test_a_product_that_is_not_key_is_nobodys_finding(cast: Cast) -> None:
    for shop in shops(cast.next_territory, 12):
        bought(cast.next_territory, cast.products[1], shop, 0, 5)
    assert told("brand.sell_through", cast.next_territory, cast.products[1]) is None
    KeyProduct.objects.create(unit=cast.next_territory, product=cast.products[1], during=DateRange(ago(40), None))
    assert some(told("brand.sell_through", cast.next_territory, cast.products[1]), "rate") == (0.0,)


@pytest.mark.parametrize(("again", "rate"), [(5, None), (4, 40.0)])
def test_a_key_product_that_is_not_bought_again_is_found(cast: Cast, again: int, rate: float | None) -> None:
    for number, shop in enumerate(shops(cast.next_territory, 10)):
        bought(cast.next_territory, cast.products[0], shop, 5 if number < again else 0, 5)
    figures = told("brand.repurchase", cast.next_territory, cast.products[0])
    assert some(figures, "shops_last", "shops_again", "rate") == (None if rate is None else (10, again, rate))


def test_a_threshold_that_the_prefecture_sets_decides(cast: Cast) -> None:
    for number, shop in enumerate(shops(cast.next_territory, 10)):
        bought(cast.next_territory, cast.products[0], shop, 5 if number < 5 else 0, 5)
    set_to(cast, "brand.repurchase", 60)
    figures = told("brand.repurchase", cast.next_territory, cast.products[0])
    assert some(figures, "rate", "target") == (50.0, 60.0)
    assert chinese("brand.repurchase", figures) == (
        "黄鹤楼(软蓝)：上个四周订货 10 户，近四周再次订货 5 户，复购率 50.0%（目标 60.0%）。"
    )


# -- growth against the county -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "rest", "ratio"),
    [
        ((70, 100), (110, 100), 0.78),  # -30 % where the county made -10 %
        ((75, 100), (125, 100), 0.75),  # -25 % where it stood still
        ((95, 100), (85, 100), None),  # 0.95 / 0.90
        ((102, 100), (118, 100), 0.2),  # +2 % against +10 %
        ((80, 100), (120, 100), None),  # 0.8 exactly is not below
        ((1_006, 1_000), (1_014, 1_000), None),  # 0.6, but 0.4 points apart
        ((10, 49), (110, 100), None),  # a base under 50 cartons says nothing
        ((10, 0), (110, 100), None),  # no base at all
    ],
)
def test_a_key_product_that_grows_slower_than_in_the_county_is_found(
    cast: Cast, own: tuple[int, int], rest: tuple[int, int], ratio: float | None
) -> None:
    bought(cast.territory, cast.products[0], cast.shops[0], *own)
    bought(cast.next_territory, cast.products[0], shops(cast.next_territory, 1)[0], *rest)
    figures = told("brand.growth", cast.territory, cast.products[0])
    assert some(figures, "ratio") == (None if ratio is None else (ratio,))


def test_the_growth_finding_of_a_product_says_its_figures_and_what_to_reach(cast: Cast) -> None:
    bought(cast.territory, cast.products[0], cast.shops[0], 70, 100)
    bought(cast.next_territory, cast.products[0], shops(cast.next_territory, 1)[0], 110, 100)
    figures = told("brand.growth", cast.territory, cast.products[0])
    assert some(figures, "growth", "county_growth", "gap") == (-30.0, -10.0, 20.0)
    assert some(figures, "baseline", "target", "best") == (78, 100, None)  # March has 31 days, the window 28
    assert chinese("brand.growth", figures) == (
        "黄鹤楼(软蓝)：近四周订货 70 条，环比 -30.0%；阳新县全县环比 -10.0%，落后 20.0 个百分点。"
    )


# -- stock and supply --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "before", "now", "launch", "rate"),
    [
        (5, 90, 70, False, None),  # 20 sold, 70 left: 3.5 is the limit
        (5, 91, 71, False, 3.55),
        (4, 91, 71, False, None),  # four shops say too little
        (5, 40, 20, True, None),  # a launch: 1.0
        (5, 41, 21, True, 1.05),
        (5, 70, 70, False, None),  # nothing sold: no ratio
    ],
)
def test_a_key_product_that_stands_in_stock_is_found(
    cast: Cast, count: int, before: int, now: int, launch: bool, rate: float | None
) -> None:
    KeyProduct.objects.filter(product=cast.products[0]).update(is_launch=launch)
    counted(cast.products[0], shops(cast.next_territory, count), before, now)
    figures = told("brand.stock_to_sales", cast.next_territory, cast.products[0])
    expected = None if rate is None else (count, count * now, count * (before - now), rate, 1.0 if launch else 3.5)
    assert some(figures, "shops", "packs", "sold", "rate", "target") == expected


@pytest.mark.parametrize(("demands", "refused", "rate"), [(20, 3, 15.0), (20, 2, None), (19, 19, None), (50, 8, 16.0)])
def test_a_key_product_that_the_company_cannot_supply_is_said_and_asks_nothing_of_the_manager(
    cast: Cast, demands: int, refused: int, rate: float | None
) -> None:
    for number, shop in enumerate(shops(cast.next_territory, demands)):
        got = 0 if number < refused else 4
        order(shop, cast.next_territory, ago(3), got, lines={cast.products[0].pk: (4, got)})
    figures = told("brand.supply", cast.next_territory, cast.products[0])
    assert some(figures, "demanded", "refused", "rate") == (None if rate is None else (demands, refused, rate))
    assert rule("brand.supply").proposal is None


# -- pitches: scenario 14 of the method --------------------------------------------------------------------------------


def pitch(cast: Cast, pitches: int, accepted: int) -> None:
    product = cast.products[0].pk
    seen = Seen(pitches=[(product, number < accepted) for number in range(pitches)])
    visit(cast.shops[0], cast.territory, cast.lin, ago(60), seen)


@pytest.mark.parametrize(
    ("pitches", "accepted", "rate"), [(42, 23, None), (42, 20, 47.6), (20, 10, None), (20, 9, 45.0), (19, 0, None)]
)
def test_pitches_below_half_are_found_from_twenty_on(
    cast: Cast, pitches: int, accepted: int, rate: float | None
) -> None:
    pitch(cast, pitches, accepted)
    expected = None if rate is None else (pitches, accepted, rate, 50.0)
    assert some(told("brand.pitches", cast.territory), "pitches", "accepted", "rate", "target") == expected
    assert (told("brand.pitches_few", cast.territory) is None) is (pitches >= 20)


def test_scenario_14_of_42_pitches_23_accepted_pass_and_12_are_too_small_a_sample(cast: Cast) -> None:
    pitch(cast, 42, 23)
    assert told("brand.pitches", cast.territory) is None
    assert told("brand.pitches_few", cast.territory) is None
    visit(cast.wu_shops[0], cast.other_territory, cast.wu, ago(1), Seen(pitches=[(cast.products[0].pk, False)] * 12))
    assert told("brand.pitches", cast.other_territory) is None
    few = told("brand.pitches_few", cast.other_territory)
    assert chinese("brand.pitches_few", few) == "近三个月推介 12 次，不足 20 次，样本太小，成功率不作评价。"
    assert rule("brand.pitches_few").proposal is None
    assert Finding.objects.get(rule="brand.pitches_few").severity == 3


def test_pitches_of_more_than_three_months_ago_count_no_more(cast: Cast) -> None:
    visit(cast.shops[0], cast.territory, cast.lin, ago(91), Seen(pitches=[(cast.products[0].pk, False)] * 30))
    assert told("brand.pitches", cast.territory) is None
    visit(cast.shops[0], cast.territory, cast.lin, ago(90), Seen(pitches=[(cast.products[0].pk, False)] * 20))
    assert some(told("brand.pitches", cast.territory), "pitches", "rate") == (20, 0.0)


# -- the shelf of one shop ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("peers", "carry", "share"), [(5, 3, 60.0), (5, 2, None), (4, 4, None)])
def test_a_key_product_that_class_peers_carry_and_a_shop_does_not_is_found(
    cast: Cast, peers: int, carry: int, share: float | None
) -> None:
    look(cast, cast.shops[0], on_shelf=False)
    for number, shop in enumerate(shops(cast.territory, peers)):
        look(cast, shop, on_shelf=number < carry)
    figures = told("brand.missing", cast.shops[0])
    expected = None if share is None else (1, ["黄鹤楼(软蓝)"], [cast.products[0].pk], share, 0, 1)
    assert some(figures, "n", "products", "product_ids", "peers", "baseline", "target") == expected


def test_peers_are_shops_of_the_same_class_and_the_last_look_counts(cast: Cast) -> None:
    peers = shops(cast.territory, 6)
    for shop in peers:
        look(cast, shop, on_shelf=True)
    Classification.objects.filter(retailer=cast.shops[0]).update(business_type="Z")
    look(cast, cast.shops[0], on_shelf=False)
    look(cast, cast.shops[1], on=9, on_shelf=False)
    look(cast, cast.shops[1], on_shelf=True)
    look(cast, cast.shops[2], on=9, on_shelf=False)
    look(cast, cast.shops[2], on=1, stock_packs=0)  # nobody looked at the shelf: nothing is known of it now
    assert told("brand.missing", cast.shops[0]) is None
    assert told("brand.missing", cast.shops[1]) is None
    assert told("brand.missing", cast.shops[2]) is None


def test_a_product_out_of_stock_for_three_days_is_found_where_it_is_key_or_usually_bought(cast: Cast) -> None:
    key, usual, rare = cast.products
    bought(cast.territory, usual, cast.shops[0], 0, 3, 0, 3)
    bought(cast.territory, rare, cast.shops[0], 3, 3)
    lines = [{"product": key, "oos_days": 3}, {"product": usual, "oos_days": 5}, {"product": rare, "oos_days": 9}]
    visit(cast.shops[0], cast.territory, cast.lin, ago(28), Seen(observations=lines))
    look(cast, cast.shops[1], oos_days=2)
    look(cast, cast.shops[2], on=29, oos_days=6)
    figures = told("brand.out_of_stock", cast.shops[0])
    assert some(figures, "n", "product_ids", "days", "baseline", "target") == (2, [usual.pk, key.pk], 5, 2, 0)
    assert chinese("brand.out_of_stock", figures) == (
        "2 个品规断货达 3 天以上：红金龙(硬神州腾龙)、黄鹤楼(软蓝)（最长 5 天）。"
    )
    assert told("brand.out_of_stock", cast.shops[1]) is None
    assert told("brand.out_of_stock", cast.shops[2]) is None


@pytest.mark.parametrize(
    ("cartons", "packs", "days"),
    [
        ((1, 1, 1, 1), 21, None),  # 40 packs in 112 days: 58.8 days
        ((1, 1, 1, 1), 22, 62),
        ((0, 0, 0, 4), 22, 62),
        ((4, 0, 0, 0), 500, None),  # known for less than eight weeks
        ((0, 0, 0, 0), 500, None),  # nothing ordered: no sales a day
        ((0, 0, 1, 0), 19, None),  # under 20 packs
    ],
)
def test_a_product_that_would_last_more_than_sixty_days_is_slow(
    cast: Cast, cartons: tuple[int, ...], packs: int, days: int | None
) -> None:
    bought(cast.territory, cast.products[1], cast.shops[0], *cartons)
    look(cast, cast.shops[0], product=cast.products[1], stock_packs=packs)
    figures = told("brand.slow", cast.shops[0])
    assert some(figures, "products", "days") == (None if days is None else (["红金龙(硬神州腾龙)"], days))


@pytest.mark.parametrize(("before", "now", "rate"), [(90, 70, None), (91, 71, 3.55), (24, 20, None), (25, 20, 4.0)])
def test_a_shop_with_too_much_for_what_it_sells_is_found(cast: Cast, before: int, now: int, rate: float | None) -> None:
    bought(cast.territory, cast.products[1], cast.shops[0], 0, 0, 1)
    order(cast.shops[0], cast.territory, ago(40), 1)  # evidence: the orders of eight weeks
    counted(cast.products[1], [cast.shops[0]], before, now)
    figures = told("brand.over_stocked", cast.shops[0])
    assert some(figures, "n", "rate", "target") == (None if rate is None else (1, rate, 0))
