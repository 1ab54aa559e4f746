"""What goals are measured by: each metric against facts written for it, exact values, null where nobody knows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from backend import clock
from cycles import bases, evaluate, metrics
from cycles import month as months
from cycles.models import Action, Forecast, Goal, Result
from cycles.rules.rule import rules
from market.orders import loading
from market.orders.loading import OrderLineRow, StockRow
from retail.models import Need, Promise, Retailer
from tests.cast import Cast
from tests.market import facts
from tests.market.facts import Seen

MARCH = date(2026, 3, 1)


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def ask(metric: str, cast: Cast, *, shop: Retailer | None = None, product: int | None = None, **figures: Any) -> Action:
    """An accepted action of March: of a shop, or of Lin's territory."""
    return Action.objects.create(
        month=MARCH, retailer=shop, unit=None if shop else cast.territory, product_id=product,
        territory=cast.territory, county=cast.county, dimension="client", rule="", kind="own", parameters=figures,
        metric=metric, goal=Goal.AT_LEAST, drafted_target=1, target=1, due_on=date(2026, 3, 31), serves="nothing",
        state="accepted",
    )  # fmt: skip


def measured(*actions: Action) -> list[Decimal | None]:
    with transaction.atomic():
        evaluate.measure(MARCH)
    found = dict(Result.objects.values_list("action_id", "value"))
    return [found[action.pk] for action in actions]


def order(cast: Cast, shop: Retailer, on: date, cartons: int, product: int = 0) -> None:
    code = cast.products[product].code
    no = f"{shop.code}-{on}-{code}"
    loading.load_orders([OrderLineRow(no, shop.code, on, code, None, None, cartons, cartons * 10_000)])


def test_every_metric_that_a_rule_proposes_exists() -> None:
    wanted = {rule.proposal.metric for rule in rules() if rule.proposal}
    assert wanted - set(metrics.names()) == set()


def test_every_metric_runs_over_every_kind_of_subject_and_knows_nothing_of_an_empty_month(march: Cast) -> None:
    asked = [
        ask(name, march, **subject)
        for name in metrics.names()
        for subject in ({"shop": march.shops[0]}, {}, {"product": march.products[0].pk})
    ]
    counts = {"visits", "promises_overdue", "needs_overdue", "licence_days"}  # none is a number, too
    found = dict(zip(asked, measured(*asked), strict=True))
    known = {(a.metric, a.retailer_id is not None) for a, value in found.items() if value is not None}
    assert known == {(name, True) for name in counts}
    assert found[next(a for a in asked if a.metric == "licence_days")] == (date(2028, 6, 30) - date(2026, 3, 31)).days


def test_cartons_and_orders_count_the_calendar_month_and_zero_only_where_something_was_loaded(march: Cast) -> None:
    shop, other = march.shops[0], march.shops[1]
    for on, cartons in ((date(2026, 2, 27), 9), (date(2026, 3, 2), 7), (date(2026, 3, 30), 5)):
        order(march, shop, on, cartons)
    order(march, shop, date(2026, 3, 30), 4, product=1)
    asked = [
        ask("cartons", march, shop=shop), ask("cartons", march, shop=other), ask("cartons", march),
        ask("cartons", march, product=march.products[0].pk), ask("cartons", march, product=march.products[2].pk),
        ask("orders", march, shop=shop), ask("orders", march, shop=other),
    ]  # fmt: skip
    assert measured(*asked) == [16, 0, 16, 12, 0, 3, 0]
    wu = Action.objects.create(
        month=MARCH, retailer=march.wu_shops[0], territory=march.other_territory, county=march.other_county,
        dimension="client", rule="", kind="own", metric="cartons", goal="at_least", drafted_target=1, target=1,
        due_on=date(2026, 3, 31), serves="nothing", state="accepted",
    )  # fmt: skip
    assert measured(wu) == [None]  # nothing was loaded for the other county
    assert Result.objects.get(pk=wu.pk).outcome == "not_measurable"


def test_what_is_overdue_is_what_was_open_when_the_month_ended(march: Cast) -> None:
    shop = march.shops[0]
    for due, settled in (((3, 31), None), ((3, 10), (4, 1)), ((3, 10), (3, 31)), ((4, 1), None)):
        Promise.objects.create(
            retailer=shop, text="x", promised_by=march.lin, promised_on=date(2026, 3, 1), due_on=date(2026, *due),
            state="kept" if settled else "open", settled_on=date(2026, *settled) if settled else None,
        )  # fmt: skip
    Need.objects.create(retailer=shop, kind="supply", text="x", raised_by=march.lin, raised_on=MARCH)  # no due day
    Need.objects.create(
        retailer=shop, kind="supply", text="x", raised_by=march.lin, raised_on=MARCH, due_on=date(2026, 3, 9)
    )
    asked = [ask("promises_overdue", march, shop=shop), ask("needs_overdue", march, shop=shop)]
    assert measured(*asked) == [2, 1]


def test_a_visit_to_verify_counts_for_nothing(march: Cast) -> None:
    shop = march.shops[0]
    facts.visit(shop, march.territory, march.lin, date(2026, 3, 4), Seen(presence="to_verify", score=90))
    facts.visit(shop, march.territory, march.lin, date(2026, 3, 5), Seen(score=70))
    facts.visit(shop, march.territory, march.lin, date(2026, 3, 6), Seen(presence="unknown"))
    assert measured(ask("visits", march, shop=shop), ask("display_score", march, shop=shop)) == [2, 70]


def test_what_stands_on_the_shelf_is_counted_by_the_last_look(march: Cast) -> None:
    key, second = march.products[0], march.products[1]
    looks = (
        (date(2026, 3, 3), [{"product": key, "on_shelf": False, "oos_days": 5, "carton_price_fen": 30_000}]),
        (date(2026, 3, 10), [{"product": key, "on_shelf": True, "oos_days": 0, "carton_price_fen": 19_000}]),
        (date(2026, 3, 11), [{"product": second, "on_shelf": True, "carton_price_fen": 15_000}]),
    )
    for on, lines in looks:
        facts.visit(march.shops[0], march.territory, march.lin, on, Seen(observations=lines))
    names = ("key_products_on_shelf", "products_out_of_stock", "products_off_price", "slow_products")
    asked = [ask(name, march, shop=march.shops[0]) for name in names]
    assert measured(*asked) == [1, 0, 1, None]
    facts.visit(
        march.shops[0], march.territory, march.lin, date(2026, 3, 20),
        Seen(observations=[{"product": key, "on_shelf": False, "oos_days": 4, "stock_packs": 0}]),
    )  # fmt: skip
    assert measured(*asked) == [0, 1, 1, 0]


def test_slow_and_over_stocked_products_are_those_of_the_rules(march: Cast) -> None:
    shop, product = march.shops[0], march.products[1]
    order(march, shop, date(2026, 2, 2), 2, product=1)  # 20 packs in 16 weeks
    loading.load_stock_counts(
        [
            StockRow(shop.code, product.code, date(2026, 2, 25), 60, "count"),
            StockRow(shop.code, product.code, date(2026, 3, 25), 50, "count"),
        ]
    )
    asked = [ask("slow_products", march, shop=shop), ask("products_over_stocked", march, shop=shop)]
    assert measured(*asked) == [1, 1]  # 280 days of supply; 10 packs sold in four weeks against 50 in stock


def test_policies_count_until_that_version_or_a_later_one_was_told(march: Cast) -> None:
    version = march.policy
    shop = ask("policies_unbriefed", march, shop=march.shops[0], policy_version_ids=[version.pk])
    unit = ask("shops_unbriefed", march, policy_version_ids=[version.pk])
    assert measured(shop, unit) == [1, 3]
    facts.visit(march.shops[0], march.territory, march.lin, date(2026, 3, 12), Seen(briefings=[version.pk]))
    assert measured(shop, unit) == [0, 2]


def test_rates_of_a_product_in_a_territory_by_the_windows_that_end_with_the_month(march: Cast) -> None:
    first, second, _ = march.shops
    for shop, days in ((first, (date(2026, 2, 10), date(2026, 3, 10))), (second, (date(2026, 2, 11),))):
        for on in days:
            order(march, shop, on, 10)
    product = march.products[0].pk
    names = ("sell_through_rate", "repurchase_rate", "growth_gap")
    asked = [ask(name, march, product=product) for name in names]
    assert measured(*asked) == [50, 50, 0]  # 2 shops before, 1 of them now; no other territory


def test_pitches_below_the_smallest_sample_say_nothing(march: Cast) -> None:
    product = march.products[0].pk
    action = ask("pitch_success_rate", march)
    made = [(product, True)] * 9 + [(product, False)] * 10
    facts.visit(march.shops[0], march.territory, march.lin, date(2026, 3, 12), Seen(pitches=made))
    assert measured(action) == [None]
    facts.visit(march.shops[0], march.territory, march.lin, date(2026, 3, 13), Seen(pitches=[(product, True)]))
    assert measured(action) == [50]


def test_the_forecast_is_held_against_what_was_ordered_and_revenue_is_per_box(march: Cast) -> None:
    for number in range(4):
        order(march, march.shops[0], MARCH + timedelta(days=5 + number), 25)
    Forecast.objects.create(month=MARCH, unit=march.territory, cartons=94, made_at=clock.now())
    asked = [ask("forecast_accuracy", march), ask("revenue_per_box", march)]
    assert measured(*asked) == [94, 2_500_000]


def test_bases_are_built_only_for_metrics_that_read_them(march: Cast) -> None:
    ask("visits", march, shop=march.shops[0])
    with transaction.atomic(), connection.cursor() as cursor:
        evaluate.measure(MARCH)
        cursor.execute("SELECT to_regclass('pg_temp.an_shop')")
        assert cursor.fetchone() == (None,)
        assert bases.WINDOW_DAYS == 28
