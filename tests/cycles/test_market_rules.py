"""Each market rule fires at its edge and not beside it, with exact figures, on facts in the database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from backend import clock
from backend.models import Unit
from cycles.analyze import analyze
from cycles.models import Finding, Forecast
from cycles.rules.rule import rule
from market.models import Order, UnitProductMonth
from retail.models import Classification, Retailer
from tests.cast import TODAY, Cast, make_shop
from tests.cycles.orders import order
from tests.cycles.told import AS_OF, MARCH, ago, bought, chinese, counted, set_to, shops, some, told
from tests.market.facts import Seen, visit
from visits.models import CheckLine, PolicyVersion

pytestmark = pytest.mark.usefixtures("four_months_back")  # the facts of four windows


def check(cast: Cast, shop: Retailer, on: int = 1, score: int = 90, **items: bool | None) -> None:
    """Lin checks the display of a shop so many days ago, with these items passed, failed or not applicable."""
    held = visit(shop, cast.territory, cast.lin, ago(on), Seen(score=score))
    for number, (code, passed) in enumerate(items.items()):
        CheckLine.objects.create(
            month=ago(on).replace(day=1), visit_id=held, line_no=10 + number, item_code=code, answer="1",
            passed=passed, points=0,
        )  # fmt: skip


# -- the territory against the county ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "rest", "ratio"),
    [
        ((350, 500), (550, 500), 0.78),  # -30 % where the county made -10 %
        ((375, 500), (625, 500), 0.75),  # -25 % where it stood still
        ((400, 500), (600, 500), None),  # 0.8 exactly
        ((474, 500), (526, 500), None),  # 5.2 points behind, but 0.95
        ((100, 199), (600, 500), None),  # a base under 200 cartons
    ],
)
def test_a_territory_whose_volume_falls_behind_the_county_is_found(
    cast: Cast, own: tuple[int, int], rest: tuple[int, int], ratio: float | None
) -> None:
    bought(cast.territory, cast.products[0], cast.shops[0], *own)
    bought(cast.next_territory, cast.products[0], shops(cast.next_territory, 1)[0], *rest)
    assert some(told("market.volume", cast.territory), "ratio") == (None if ratio is None else (ratio,))
    assert told("market.volume", cast.next_territory) is None


def test_the_volume_finding_says_its_figures_and_what_to_reach(cast: Cast) -> None:
    bought(cast.territory, cast.products[0], cast.shops[0], 350, 500)
    bought(cast.next_territory, cast.products[0], shops(cast.next_territory, 1)[0], 550, 500)
    figures = told("market.volume", cast.territory)
    assert some(figures, "baseline", "target") == (388, 499)  # 350 and 450 in 28 days, March has 31: 387.5 and 498.2
    assert chinese("market.volume", figures) == (
        "近四周订货 350 条，环比 -30.0%；阳新县全县环比 -10.0%，落后 20.0 个百分点。"
    )


def sell(shop: Retailer, territory: Unit, window: int, cartons: int, yuan_a_carton: int) -> None:
    made = order(shop, territory, ago(28 * window + 2), cartons)
    Order.objects.filter(pk=made.pk).update(amount_fen=cartons * yuan_a_carton * 100)


@pytest.mark.parametrize(("yuan", "ratio"), [(70, 0.78), (85, None)])
def test_a_territory_whose_revenue_per_box_falls_behind_the_county_is_found(
    cast: Cast, yuan: int, ratio: float | None
) -> None:
    (other,) = shops(cast.next_territory, 1)
    sell(cast.shops[0], cast.territory, 1, 500, 100)
    sell(cast.shops[0], cast.territory, 0, 500, yuan)
    sell(other, cast.next_territory, 1, 500, 100)
    sell(other, cast.next_territory, 0, 500, 110)
    figures = told("market.revenue_per_box", cast.territory)
    assert some(figures, "ratio") == (None if ratio is None else (ratio,))
    if figures:
        assert some(figures, "growth", "county_growth", "gap") == (-30.0, -10.0, 20.0)
        assert some(figures, "baseline", "target") == (1_750_000, 2_250_000)  # what the county made of it
        assert chinese("market.revenue_per_box", figures) == (
            "近四周单箱 17,500.00 元，环比 -30.0%；阳新县全县环比 -10.0%，落后 20.0 个百分点。"
        )


# -- forecast ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forecast", "rate"), [(105, None), (95, None), (106, 94.0), (94, 94.0), (250, 0.0), (None, None)]
)
def test_a_forecast_that_missed_the_last_whole_month_is_found(
    cast: Cast, forecast: int | None, rate: float | None
) -> None:
    order(cast.shops[0], cast.territory, date(2026, 2, 3), 60)
    order(cast.shops[1], cast.territory, date(2026, 2, 28), 40)
    order(cast.shops[1], cast.territory, date(2026, 3, 1), 500)
    for month, cartons in ((date(2026, 2, 1), forecast), (MARCH, 1)):
        Forecast.objects.create(month=month, unit=cast.territory, cartons=cartons, made_at=clock.now())
    figures = told("market.forecast", cast.territory)
    expected = None if rate is None else (forecast, 100, rate, 95.0)
    assert some(figures, "forecast", "actual", "rate", "target") == expected


def test_a_month_of_too_few_cartons_says_nothing_of_its_forecast(cast: Cast) -> None:
    order(cast.shops[0], cast.territory, date(2026, 2, 3), 99)
    Forecast.objects.create(month=date(2026, 2, 1), unit=cast.territory, cartons=300, made_at=clock.now())
    assert told("market.forecast", cast.territory) is None


# -- prices ------------------------------------------------------------------------------------------------------------


def priced(cast: Cast, times: int, *prices: int) -> None:
    """Scenario 5: guides 100 / 200 / 50 yuan with these prices, each seen so often; 1,000 / 500 / 2,000 cartons in the
    year before."""
    for product, guide, weight in zip(cast.products, (10_000, 20_000, 5_000), (1_000, 500, 2_000), strict=True):
        product.guide_carton_fen = guide
        product.save()
        UnitProductMonth.objects.create(month=date(2025, 6, 1), unit=cast.territory, product=product, cartons=weight)
    line = [{"product": p, "carton_price_fen": fen} for p, fen in zip(cast.products, prices, strict=True)]
    for number in range(times):
        visit(cast.shops[0], cast.territory, cast.lin, ago(1 + number), Seen(observations=line))


@pytest.mark.parametrize(
    ("prices", "times", "low", "high"),
    [
        ((9_800, 21_000, 5_000), 7, None, None),  # 303,000 / 300,000 = 101.0
        ((9_800, 22_200, 5_000), 7, None, None),  # 103.0 is the limit
        ((9_800, 22_206, 5_000), 7, None, 103.0),  # 103.01
        ((9_800, 18_600, 5_000), 7, None, None),  # 97.0
        ((9_800, 18_594, 5_000), 7, 97.0, None),
        ((5_000, 18_594, 5_000), 6, None, None),  # 18 prices are too few
    ],
)
def test_a_price_index_more_than_three_off_a_hundred_is_found_on_its_side(
    cast: Cast, prices: tuple[int, int, int], times: int, low: float | None, high: float | None
) -> None:
    priced(cast, times, *prices)
    assert some(told("market.index_low", cast.territory), "index", "target") == (None if low is None else (low, 97.0))
    assert some(told("market.index_high", cast.territory), "index", "target") == (
        None if high is None else (high, 103.0)
    )


def test_the_index_of_a_finding_is_that_of_scenario_5(cast: Cast) -> None:
    set_to(cast, "market.index_off", 0.9)
    priced(cast, 7, 9_800, 21_000, 5_000)
    figures = told("market.index_high", cast.territory)
    assert some(figures, "index", "products", "prices", "baseline") == (101.0, 3, 21, 101.0)
    assert chinese("market.index_high", figures) == "近四周价格指数 101（3 个品规、21 条价格），偏离 100 超过 0.9。"


@pytest.mark.parametrize(("fen", "off"), [(19_950, None), (19_951, 5.0), (18_050, None), (18_049, 5.0), (0, 100.0)])
def test_a_price_off_the_guide_by_more_than_the_tolerance_is_found(cast: Cast, fen: int, off: float | None) -> None:
    line = {"product": cast.products[0], "carton_price_fen": fen}  # the guide price is 190.00
    visit(cast.shops[0], cast.territory, cast.lin, ago(3), Seen(observations=[line]))
    figures = told("market.price", cast.shops[0])
    assert some(figures, "products", "off", "baseline", "target") == (
        None if off is None else (["黄鹤楼(软蓝)"], off, 1, 0)
    )


def test_a_product_without_a_guide_price_is_off_nothing(cast: Cast) -> None:
    cast.products[0].guide_carton_fen = None
    cast.products[0].save()
    line = {"product": cast.products[0], "carton_price_fen": 1}
    visit(cast.shops[0], cast.territory, cast.lin, ago(3), Seen(observations=[line]))
    assert told("market.price", cast.shops[0]) is None


# -- stock -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "before", "now", "low", "high"),
    [
        (5, 50, 30, None, None),  # 20 sold, 30 left: 1.5 is the limit
        (5, 51, 31, None, 1.55),
        (5, 60, 10, None, None),  # 0.2 is the limit
        (5, 60, 9, 0.18, None),
        (4, 60, 9, None, None),
        (5, 60, 60, None, None),  # nothing sold
    ],
)
def test_stock_high_or_low_across_the_territory_is_found(
    cast: Cast, count: int, before: int, now: int, low: float | None, high: float | None
) -> None:
    counted(cast.products[2], shops(cast.next_territory, count), before, now)
    found = {code: told(f"market.stock_{code}", cast.next_territory) for code in ("low", "high")}
    assert some(found["low"], "rate", "target") == (None if low is None else (low, 0.2))
    assert some(found["high"], "rate", "target") == (None if high is None else (high, 1.5))
    if found["high"]:
        assert chinese("market.stock_high", found["high"]) == (
            "样本 5 户库存 155 包，四周社会销量 100 包，存销比 1.55，可销 43.4 天（界限 1.5）。"
        )


# -- display, tags, minors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "found"), [(80, False), (79, True)])
def test_a_display_below_target_is_found(cast: Cast, score: int, found: bool) -> None:
    check(cast, cast.shops[0], on=20, score=10)
    check(cast, cast.shops[0], score=score)
    figures = told("market.display", cast.shops[0])
    assert some(figures, "score", "baseline", "target") == ((79, 79, 80.0) if found else None)


def test_tags_that_failed_at_the_last_check_are_found_and_are_due_in_seven_days(cast: Cast) -> None:
    check(cast, cast.shops[0], on=9, tags=True)
    check(cast, cast.shops[0], tags=False)
    check(cast, cast.shops[1], on=9, tags=False)
    check(cast, cast.shops[1], tags=True)
    check(cast, cast.shops[2], tags=None)  # not applicable
    figures = told("market.tags", cast.shops[0])
    assert some(figures, "items", "passed", "baseline", "target") == (1, 0, 0.0, 95.0)
    assert [told("market.tags", shop) for shop in cast.shops[1:]] == [None, None]
    proposal = rule("market.tags").proposal
    assert proposal is not None
    assert proposal.due_days == 7


@pytest.mark.parametrize(("count", "failed", "rate"), [(20, 1, None), (20, 2, 90.0), (9, 9, None)])
def test_a_price_tag_rate_below_95_is_found_over_ten_shops(
    cast: Cast, count: int, failed: int, rate: float | None
) -> None:
    for number, shop in enumerate(shops(cast.territory, count)):
        check(cast, shop, tags=number >= failed)
    expected = None if rate is None else (count, failed, rate, 95.0)
    assert some(told("market.tag_rate", cast.territory), "shops", "failed", "rate", "target") == expected


def test_a_missing_sign_for_minors_is_found_by_the_item_code_that_the_prefecture_uses(cast: Cast) -> None:
    check(cast, cast.shops[0], minors_sign=False)
    check(cast, cast.shops[1], minors_sign=True)
    check(cast, cast.shops[2], warning=False)
    assert [told("market.minors", shop) is None for shop in cast.shops] == [False, True, True]
    assert Finding.objects.get(rule="market.minors").severity == 1
    set_to(cast, "market.minors_items", "minors_sign,warning")
    assert [told("market.minors", shop) is None for shop in cast.shops] == [False, True, False]


# -- policies ----------------------------------------------------------------------------------------------------------


def deadline(cast: Cast, on: date) -> None:
    PolicyVersion.objects.filter(pk=cast.policy.pk).update(brief_by=on)


@pytest.mark.parametrize(("days", "found"), [(7, False), (6, True), (0, True), (-14, True), (-15, False)])
def test_a_policy_is_to_be_told_from_seven_days_before_its_deadline(cast: Cast, days: int, found: bool) -> None:
    deadline(cast, AS_OF + timedelta(days=days))
    figures = told("market.untold", cast.shops[0])
    assert some(figures, "n", "policies", "policy_version_ids", "baseline", "target") == (
        (1, ["三月货源投放规则"], [cast.policy.pk], 1, 0) if found else None
    )


def test_a_shop_that_was_told_is_done_and_the_territory_counts_those_who_were_not(cast: Cast) -> None:
    visit(cast.shops[0], cast.territory, cast.lin, ago(2), Seen(briefings=[cast.policy.pk]))
    unsure = Seen(briefings=[cast.policy.pk], presence="to_verify")
    visit(cast.shops[1], cast.territory, cast.lin, ago(2), unsure)
    Classification.objects.filter(retailer=cast.shops[2]).update(state="suspended")
    assert [told("market.untold", shop) is None for shop in cast.shops] == [True, False, True]
    assert some(told("market.briefing", cast.territory), "n", "shops", "baseline", "target") == (1, 1, 1, 0)
    assert some(told("market.briefing", cast.other_territory), "shops") == (2,)
    visit(cast.shops[1], cast.territory, cast.lin, ago(1), Seen(briefings=[cast.policy.pk]))
    assert told("market.briefing", cast.territory) is None


def test_only_the_newest_released_version_of_a_policy_is_to_be_told(cast: Cast) -> None:
    visit(cast.shops[0], cast.territory, cast.lin, ago(2), Seen(briefings=[cast.policy.pk]))
    policy = cast.policy.policy
    PolicyVersion.objects.create(policy=policy, number=2, body="未发布", brief_by=TODAY)
    assert told("market.untold", cast.shops[0]) is None
    newest = PolicyVersion.objects.create(
        policy=policy, number=3, body="补充", released_at=clock.now() - timedelta(days=1), brief_by=TODAY
    )
    assert some(told("market.untold", cast.shops[0]), "policy_version_ids") == ([newest.pk],)


# -- flow: restricted --------------------------------------------------------------------------------------------------


def flow(cast: Cast, own: tuple[int, ...], yuan: int = 120, *, market_type: str = "X") -> dict[str, Any] | None:
    """What the rule says of a shop with these windows; six peers ordered 20 cartons at 120 yuan in each."""
    everybody = [cast.shops[0], *shops(cast.next_territory, 6)]
    Classification.objects.filter(retailer__in=everybody).update(market_type=market_type)
    for shop in everybody[1:]:
        for window in range(4):
            sell(shop, cast.next_territory, window, 20, 120)
    for window, cartons in enumerate(own):
        if cartons:
            sell(cast.shops[0], cast.territory, window, cartons, yuan if window == 0 else 120)
    return told("market.flow", cast.shops[0])


@pytest.mark.parametrize(
    ("own", "yuan", "seen"),
    [
        ((61, 20, 20, 20), 120, (True, False)),  # over 3 times its class and twice its own past
        ((60, 20, 20, 20), 120, None),  # 3 times exactly
        ((80, 40, 40, 40), 120, None),  # 4 times its class, but twice its own past exactly
        ((20, 20, 20, 20), 181, (False, True)),  # dearer by more than half than before and than its class
        ((20, 20, 20, 20), 180, None),
        ((19, 4, 4, 4), 300, None),  # under 20 cartons
        ((200, 20, 0, 20), 300, None),  # it did not order in every window: not judged
    ],
)
def test_a_small_or_rural_shop_whose_orders_do_not_fit_it_is_found(
    cast: Cast, own: tuple[int, ...], yuan: int, seen: tuple[bool, bool] | None
) -> None:
    assert some(flow(cast, own, yuan), "is_large", "is_dear") == seen


def test_an_urban_shop_of_middle_size_is_not_looked_at(cast: Cast) -> None:
    assert flow(cast, (200, 20, 20, 20), 300, market_type="C") is None


def test_what_is_found_of_flow_is_restricted_and_proposes_nothing(cast: Cast) -> None:
    assert flow(cast, (61, 20, 20, 20)) is not None
    found = Finding.objects.get(rule="market.flow")
    assert (found.is_restricted, rule("market.flow").proposal) == (True, None)
    assert rule("market.flow").restricted


def test_rules_that_follow_dates_are_asked_every_day_and_the_others_are_not(cast: Cast) -> None:
    asked = analyze(MARCH, AS_OF, only_every_day=True).rules
    mine = {code for code in asked if code.startswith(("brand.", "market."))}
    assert mine == {"market.untold", "market.briefing"}


def test_a_shop_without_any_fact_is_nobodys_finding(cast: Cast) -> None:
    make_shop(cast.territory, 77)
    deadline(cast, date(2026, 6, 1))
    analyze(MARCH, AS_OF)
    assert not Finding.objects.filter(rule__regex="^(brand|market)").exists()
