"""The figures of the trade by YC/T 455.3: from stored orders, stock and visits, with their exact values."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend import kpis as registry
from brands.models import Product
from market.figures import trade, trade_queries
from market.figures.formulas import price_index
from market.figures.trade import Period, Trade
from market.orders import loading
from market.orders.loading import OrderLineRow, StockRow
from retail.models import Retailer
from tests.cast import TODAY, Cast
from tests.cycles.crowd import add_shops
from tests.market.facts import Seen, visit

MONTH = Period(TODAY - timedelta(days=30), TODAY)  # scenario 4 counts 30 days


@pytest.fixture
def crowd(four_months_back: None, cast: Cast) -> list[Retailer]:
    """120 shops of Lin's, with partitions for the orders of four periods."""
    add_shops(cast.next_territory, 120)
    return list(Retailer.objects.filter(code__startswith="S").order_by("code"))


def order(shop: Retailer, on: date, cartons: int, demanded: int | None = None, product: str = "P1") -> OrderLineRow:
    return OrderLineRow(f"{shop.code}-{on}-{product}", shop.code, on, product, demanded, cartons, cartons, cartons)


def of(cast: Cast, period: Period = MONTH, product: Product | None = None) -> dict[str, object]:
    """The figures of a product (the first) in the territory of the crowd, by id."""
    wanted = (product or cast.products[0]).pk
    counted = trade_queries.trade([cast.next_territory.pk], period)
    return dict(trade.values(counted.get((cast.next_territory.pk, wanted), Trade()), period.days))


def test_96_of_120_shops_order_again_is_a_sell_through_rate_of_80(cast: Cast, crowd: list[Retailer]) -> None:
    before = [MONTH.first - timedelta(days=1), MONTH.first - timedelta(days=90)]
    rows = [order(shop, before[n % 2], 5) for n, shop in enumerate(crowd)]
    rows += [order(shop, MONTH.first, 5) for shop in crowd[:96]]
    rows += [order(shop, TODAY, 5) for shop in crowd[96:]]  # the period ends before today
    loading.load_orders(rows)
    assert of(cast)["sell_through_rate"] == Decimal("80.0")


def test_an_order_of_nothing_or_before_the_three_periods_is_none(cast: Cast, crowd: list[Retailer]) -> None:
    loading.load_orders(
        [
            order(crowd[0], MONTH.first - timedelta(days=90), 5),
            order(crowd[1], MONTH.first - timedelta(days=91), 5),
            order(crowd[2], MONTH.first - timedelta(days=1), 0),
            order(crowd[0], MONTH.first, 0),
            order(crowd[1], MONTH.first, 5),
        ]
    )
    counted = trade_queries.trade([cast.next_territory.pk], MONTH)[cast.next_territory.pk, cast.products[0].pk]
    assert (counted.shops_before, counted.shops_now) == (1, 1)


def test_stock_300_ordered_500_left_240_gives_the_four_figures_of_stock(cast: Cast, crowd: list[Retailer]) -> None:
    shop = crowd[0]
    loading.load_stock_counts(
        [
            StockRow(shop.code, "P1", MONTH.first - timedelta(days=1), 300, "count"),
            StockRow(shop.code, "P1", TODAY - timedelta(days=1), 240, "count"),
        ]
    )
    loading.load_orders([order(shop, MONTH.first, 20), order(shop, TODAY - timedelta(days=1), 30)])  # 500 packs
    found = of(cast)
    assert found["sell_through_ratio"] == Decimal("70.0")
    assert found["social_sales"] == Decimal(560)
    assert found["stock_to_sales"] == Decimal("0.43")
    assert found["days_of_supply"] == Decimal("12.9")


def test_stock_seen_by_a_visit_counts_and_sales_are_scaled_to_the_period(cast: Cast, crowd: list[Retailer]) -> None:
    shop, product = crowd[0], cast.products[0]
    for on, packs in ((MONTH.first - timedelta(days=5), 60), (MONTH.first + timedelta(days=10), 30)):
        seen = Seen(observations=[{"product": product, "stock_packs": packs}])
        visit(shop, cast.next_territory, cast.ma, on, seen)
    unsure = Seen(observations=[{"product": product, "stock_packs": 500}], presence="to_verify")
    visit(shop, cast.next_territory, cast.ma, TODAY - timedelta(days=1), unsure)
    found = of(cast)
    assert found["social_sales"] == Decimal(60)  # 30 packs in 15 days
    assert found["stock_to_sales"] == Decimal("0.50")
    assert found["days_of_supply"] == Decimal("15.0")


def test_a_shop_that_sold_less_than_nothing_is_left_out(cast: Cast, crowd: list[Retailer]) -> None:
    rows = []
    for shop, left in ((crowd[0], 20), (crowd[1], 900)):
        rows += [StockRow(shop.code, "P1", MONTH.first - timedelta(days=1), 80, "count")]
        rows += [StockRow(shop.code, "P1", TODAY - timedelta(days=1), left, "count")]
    loading.load_stock_counts(rows)
    counted = trade_queries.trade([cast.next_territory.pk], MONTH)[cast.next_territory.pk, cast.products[0].pk]
    assert (counted.counted, counted.stock_packs, counted.sold_packs) == (1, 20, Decimal(60))


def test_6_of_50_demands_that_got_nothing_are_a_company_stock_out_of_12(cast: Cast, crowd: list[Retailer]) -> None:
    rows = [order(shop, MONTH.first, 0 if n < 6 else 3, demanded=4) for n, shop in enumerate(crowd[:50])]
    rows += [order(shop, MONTH.first, 0, demanded=0) for shop in crowd[50:60]]  # wanted nothing
    rows += [order(shop, MONTH.first, 3) for shop in crowd[60:70]]  # nobody recorded what was wanted
    loading.load_orders(rows)
    assert of(cast)["company_stockout_rate"] == Decimal("12.0")


def test_18_of_120_shops_with_a_day_out_of_stock_are_a_client_stock_out_of_15(
    cast: Cast, crowd: list[Retailer]
) -> None:
    loading.load_orders([order(shop, MONTH.first - timedelta(days=40), 5) for shop in crowd])
    for n, shop in enumerate(crowd):
        line = {"product": cast.products[0], "oos_days": 3 if n < 18 else 0}
        visit(shop, cast.next_territory, cast.ma, TODAY - timedelta(days=1 + n % 20), Seen(observations=[line]))
    assert of(cast)["client_stockout_rate"] == Decimal("15.0")


def test_a_shop_that_orders_in_both_periods_repurchases(cast: Cast, crowd: list[Retailer]) -> None:
    last = MONTH.first - timedelta(days=1)
    rows = [order(shop, last, 5) for shop in crowd[:50]] + [order(shop, MONTH.first, 5) for shop in crowd[27:80]]
    loading.load_orders(rows)
    assert of(cast)["repurchase_rate"] == Decimal("46.0")  # 23 of 50


def test_without_facts_every_figure_is_unknown_and_never_zero(cast: Cast, crowd: list[Retailer]) -> None:
    assert set(of(cast).values()) == {None}
    assert trade.stock_to_sales(240, 0) is None
    assert trade.stock_to_sales(240, -10) is None
    assert trade.days_of_supply(240, 0, 30) is None
    assert trade.sell_through_ratio(0, 0, 0) is None
    assert trade.revenue_per_box(10_000, 0) is None
    assert price_index(303_000, 0) is None


def test_units_above_sum_their_territories_and_all_products_together_are_pairs(
    cast: Cast, crowd: list[Retailer]
) -> None:
    before = MONTH.first - timedelta(days=3)
    loading.load_orders(
        [
            order(crowd[0], before, 5),
            order(crowd[0], MONTH.first, 5),
            order(crowd[0], before, 5, product="P2"),
            order(cast.shops[0], before, 5),
        ]
    )
    with CaptureQueriesContext(
        connection,
    ) as asked:
        counted = trade_queries.trade([cast.county.pk, cast.next_territory.pk], MONTH)
    assert len(asked) == 1
    first, second = cast.products[0].pk, cast.products[1].pk
    shops = {key: (c.shops_before, c.shops_now) for key, c in counted.items()}
    assert shops == {
        (cast.county.pk, first): (2, 1),
        (cast.county.pk, second): (1, 0),
        (cast.county.pk, None): (3, 1),
        (cast.next_territory.pk, first): (1, 1),
        (cast.next_territory.pk, second): (1, 0),
        (cast.next_territory.pk, None): (2, 1),
    }


def test_four_weeks_are_the_window_and_the_windows_before_it_follow_without_a_gap() -> None:
    assert trade.window(TODAY) == Period(date(2026, 2, 16), TODAY)
    assert trade.window(TODAY, 1) == Period(date(2026, 1, 19), date(2026, 2, 16))
    assert trade.window(TODAY).days == 28


def test_the_price_index_of_three_products_is_101() -> None:
    guides, seen, weights = (100, 200, 50), (98, 210, 50), (1_000, 500, 2_000)
    actual = sum(price * weight for price, weight in zip(seen, weights, strict=True))
    guide = sum(price * weight for price, weight in zip(guides, weights, strict=True))
    assert (actual, guide, price_index(actual, guide)) == (303_000, 300_000, Decimal("101.0"))


def test_every_figure_of_the_trade_is_registered_with_its_version_formula_and_source() -> None:
    for kpi_id, number in (
        ("sell_through_rate", "(12)"),
        ("sell_through_ratio", "(13)"),
        ("company_stockout_rate", "(14)"),
        ("client_stockout_rate", "(15)"),
    ):
        found = registry.kpi(kpi_id)
        assert (found.version, found.source) == (1, f"YC/T 455.3 {number}")
        assert " / " in found.formula
    assert set(trade.values(Trade(), 28)) <= {kpi.id for kpi in registry.catalogue()}
