"""Each client rule fires at its edge and not beside it, with exact figures, on facts in the database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from backend.models import Parameter
from cycles.analyze import analyze
from cycles.models import CalendarDay, Finding, Sighting
from cycles.rules.rule import rule
from cycles.sentences import say
from retail.models import Classification, Need, Promise, Retailer
from tests.cast import Cast, make_shop
from tests.cycles.facts import land_visit
from tests.cycles.orders import order, windows

MARCH = date(2026, 3, 1)
AS_OF = date(2026, 3, 16)


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def set_to(cast: Cast, key: str, value: Any) -> None:
    Parameter.objects.create(unit=cast.prefecture, key=key, during=DateRange(date(2026, 1, 1), None), value=value)


def figures(code: str, shop: Retailer) -> dict[str, Any] | None:
    """What the analysis of March says of a shop by a rule, or None where the rule does not hold."""
    analyze(MARCH, AS_OF)
    found = Finding.objects.filter(rule=code, retailer=shop, closed_on=None).first()
    return None if found is None else Sighting.objects.get(month=MARCH, finding_id=found.pk).figures


def chinese(code: str, told: dict[str, Any] | None) -> str:
    assert told is not None
    return say(rule(code).template, rule(code).version, told, english=False)


def peers_of(cast: Cast, number: int, *cartons: int) -> list[Retailer]:
    """That many shops of Lin's shops' class in her county, of her teammate, each with these windows."""
    shops = [make_shop(cast.next_territory, 20 + n) for n in range(number)]
    for shop in shops:
        windows(shop, cast.next_territory, AS_OF, *cartons)
    return shops


# -- growth against peers: scenario 2 of docs/method.md ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "peers", "ratio"),
    [
        ((102, 100), (110, 100), 0.2),  # +2 % against +10 %
        ((95, 100), (90, 100), None),  # -5 % against -10 %: 0.95 / 0.90 = 1.06
        ((70, 100), (90, 100), 0.78),  # -30 % against -10 %
        ((75, 100), (100, 100), 0.75),  # -25 % against 0 %: no division error
        ((1003, 1000), (1005, 1000), None),  # +0.3 % against +0.5 %: 0.6, but only 0.2 points apart
        ((105, 100), (110, 100), 0.5),  # a gap of exactly 5 points counts
        ((1051, 1000), (1100, 1000), None),  # 4.9 points
        ((120, 100), (125, 100), None),  # 0.8 exactly is not below
        ((80, 100), (100, 100), None),  # 0.8 exactly where peers stand still
        ((79, 100), (100, 100), 0.79),
    ],
)
def test_scenario_2_a_shop_that_falls_behind_its_peers_is_found(
    cast: Cast, own: tuple[int, int], peers: tuple[int, int], ratio: float | None
) -> None:
    peers_of(cast, 5, *peers)
    windows(cast.shops[0], cast.territory, AS_OF, *own)
    told = figures("client.growth", cast.shops[0])
    assert (None if told is None else told["ratio"]) == ratio


def test_the_growth_finding_says_its_figures_and_what_to_reach(cast: Cast) -> None:
    peers_of(cast, 5, 90, 100)
    windows(cast.shops[0], cast.territory, AS_OF, 70, 100, 120)
    told = figures("client.growth", cast.shops[0])
    assert told == {
        "w0": 70, "w1": 100, "growth": -30.0, "group": "CB2", "peers": 5, "peers_w0": 450, "peers_w1": 500,
        "peer_growth": -10.0, "ratio": 0.78, "gap": 20.0, "place": "阳新县",
        "baseline": 78, "target": 100, "best": 120,  # 31 days at 70 in 28; at 90 in 28; January was best
    }  # fmt: skip
    assert chinese("client.growth", told) == (
        "近四周订货 70 条，环比 -30.0%；阳新县同类（CB2）零售户 5 户环比 -10.0%，落后 20.0 个百分点。"
    )
    assert say("rule.client.growth", 1, told, english=True) == (
        "Ordered 70 cartons in four weeks, -30.0% on the four before; 5 shops of the same class (CB2) in 阳新县 made"
        " -10.0%: 20.0 points behind."
    )


def test_with_too_few_peers_in_the_county_the_prefecture_is_the_measure(cast: Cast) -> None:
    peers_of(cast, 4, 100, 100)
    windows(cast.shops[0], cast.territory, AS_OF, 70, 100)
    assert figures("client.growth", cast.shops[0]) is None  # four in the county, four in the prefecture
    windows(cast.wu_shops[0], cast.other_territory, AS_OF, 100, 100)
    told = figures("client.growth", cast.shops[0])
    assert told is not None
    assert (told["peers"], told["place"], told["peers_w0"]) == (5, "黄石市", 500)


def test_peers_are_of_the_same_class(cast: Cast) -> None:
    others = peers_of(cast, 5, 100, 100)
    windows(cast.shops[0], cast.territory, AS_OF, 70, 100)
    Classification.objects.filter(retailer=others[0]).update(scale=3)
    assert figures("client.growth", cast.shops[0]) is None


def test_a_tiny_base_an_empty_window_and_a_new_shop_prove_no_growth(cast: Cast) -> None:
    peers_of(cast, 6, 200, 100)
    windows(cast.shops[0], cast.territory, AS_OF, 5, 19)
    windows(cast.shops[1], cast.territory, AS_OF, 5, 0)
    windows(cast.shops[2], cast.territory, AS_OF, 5, 100)
    Retailer.objects.filter(pk=cast.shops[2].pk).update(opened_on=ago(55))
    assert [figures("client.growth", shop) for shop in cast.shops] == [None, None, None]
    Retailer.objects.filter(pk=cast.shops[2].pk).update(opened_on=ago(56))
    assert figures("client.growth", cast.shops[2]) is not None


def test_peers_that_sell_nothing_are_no_measure(cast: Cast) -> None:
    peers_of(cast, 5, 0, 100)
    windows(cast.shops[0], cast.territory, AS_OF, 70, 100)
    assert figures("client.growth", cast.shops[0]) is None


def test_a_threshold_of_the_prefecture_replaces_the_default(cast: Cast) -> None:
    peers_of(cast, 5, 100, 100)
    windows(cast.shops[0], cast.territory, AS_OF, 70, 100)
    set_to(cast, "client.growth_limit", 0.7)
    assert figures("client.growth", cast.shops[0]) is None
    Parameter.objects.update(value=0.71)
    told = figures("client.growth", cast.shops[0])
    assert told is not None
    assert told["ratio"] == 0.7
    assert Sighting.objects.get(finding_id=Finding.objects.get(rule="client.growth").pk).threshold == {
        "client.growth_limit": 0.71,
        "client.growth_gap_points": 5.0,
        "client.growth_floor_cartons": 20,
        "client.peers_min": 5,
    }


# -- large accounts and odd orders: scenario 3 -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cartons", "mean", "reasons"),
    [
        (1040, 300, ["GT_1000"]),
        (1040, 240, ["GT_1000", "GT_4X"]),
        (1000, 250, None),  # over, not at
        (1000, 249, ["GT_4X"]),
    ],
)
def test_scenario_3_a_large_account_is_found_with_its_reasons(
    cast: Cast, cartons: int, mean: int, reasons: list[str] | None
) -> None:
    peers_of(cast, 5, mean)
    windows(cast.shops[0], cast.territory, AS_OF, cartons)
    told = figures("client.large", cast.shops[0])
    assert (None if told is None else told["reasons"]) == reasons
    if told is not None:
        assert (told["w0"], told["mean"], told["peers"]) == (cartons, mean, 5)


def test_both_conditions_may_be_asked_for(cast: Cast) -> None:
    set_to(cast, "client.large_rule", "and")
    peers = peers_of(cast, 5, 300)
    windows(cast.shops[0], cast.territory, AS_OF, 1040)
    assert figures("client.large", cast.shops[0]) is None
    order(cast.shops[0], cast.territory, ago(3), 161)
    told = figures("client.large", cast.shops[0])
    assert chinese("client.large", told) == (
        "近四周订货 1,201 条，同市场类型零售户户均 300 条，超过 1,000 条、超过户均 4 倍；须书面说明原因并跟踪流向。"
    )
    assert figures("client.large", peers[0]) is None


def test_without_peers_only_the_volume_tells_a_large_account(cast: Cast) -> None:
    windows(cast.shops[0], cast.territory, AS_OF, 1001)
    told = figures("client.large", cast.shops[0])
    assert told is not None
    assert (told["reasons"], told["mean"]) == (["GT_1000"], None)


@pytest.mark.parametrize(
    ("orders", "percent", "expected"),
    [
        ((52, 18, 22, 20), None, 260.0),
        ((50, 18, 22, 20), None, None),  # 250 % exactly
        ((50, 18, 22, 20), 200.0, 250.0),
        ((15, 5, 5, 5), None, None),  # 300 %, but under 20 cartons
        ((20, 5, 5, 5), None, 400.0),
        ((52, 18, 22), None, None),  # two past cycles
        ((52, 0, 0, 0), None, None),  # a mean of nothing
    ],
)
def test_scenario_3_an_odd_order_is_found(
    cast: Cast, orders: tuple[int, ...], percent: float | None, expected: float | None
) -> None:
    if percent is not None:
        set_to(cast, "client.odd_order_percent", percent)
    for week, cartons in enumerate(orders):
        order(cast.shops[0], cast.territory, ago(1 + 7 * week), cartons)
    told = figures("client.odd_order", cast.shops[0])
    assert (None if told is None else told["percent"]) == expected


def test_an_odd_order_says_when_and_how_much(cast: Cast) -> None:
    for week, cartons in enumerate((52, 18, 22, 20)):
        order(cast.shops[0], cast.territory, ago(1 + 7 * week), cartons)
    told = figures("client.odd_order", cast.shops[0])
    assert chinese("client.odd_order", told) == "3月15日订货 52 条，为前三次均量 20 条的 260.0%（上限 250.0%）。"
    order(cast.shops[0], cast.territory, AS_OF, 20)  # of the day itself: not read yet
    assert figures("client.odd_order", cast.shops[0]) is not None


# -- silence, visits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "count"), [(21, None), (22, 3), (28, 3), (29, 4)])
def test_a_shop_that_missed_three_order_windows_is_found(cast: Cast, days: int, count: int | None) -> None:
    order(cast.shops[0], cast.territory, ago(days), 10)
    told = figures("client.silent", cast.shops[0])
    assert (None if told is None else told["windows"]) == count


def test_an_order_before_the_silence_is_not_the_one_to_be_won_back(cast: Cast) -> None:
    set_to(cast, "client.silent_windows", 1)
    for day in (date(2026, 2, 27), date(2026, 3, 2), date(2026, 3, 6)):
        order(cast.shops[0], cast.territory, day, 10)
    told = figures("client.silent", cast.shops[0])
    assert told == {"windows": 1, "last_on": "2026-03-06", "baseline": 2, "target": 3, "best": None}
    order(cast.shops[1], cast.territory, date(2026, 2, 27), 10)
    told = figures("client.silent", cast.shops[1])
    assert told == {"windows": 2, "last_on": "2026-02-27", "baseline": 0, "target": 1, "best": None}


def test_a_shop_that_never_ordered_counts_from_its_first_day_and_a_suspended_one_not_at_all(cast: Cast) -> None:
    Retailer.objects.filter(pk=cast.shops[0].pk).update(opened_on=ago(21))
    Retailer.objects.filter(pk=cast.shops[1].pk).update(opened_on=ago(22))
    Classification.objects.filter(retailer=cast.shops[2]).update(state="suspended")
    found = [figures("client.silent", shop) for shop in cast.shops]
    assert [None if told is None else (told["windows"], told["last_on"]) for told in found] == [None, (3, None), None]
    assert chinese("client.silent", found[1]) == "已连续 3 个订货周期未订货（上次订货：无）。"


@pytest.mark.parametrize(
    ("visit_class", "days", "target"),
    [("A", 7, None), ("A", 8, 3), ("B", 14, None), ("B", 15, 2), ("C", 30, None), ("C", 31, 1)],
)
def test_a_visit_is_overdue_the_day_after_its_cadence(
    cast: Cast, visit_class: str, days: int, target: int | None
) -> None:
    Classification.objects.filter(retailer=cast.shops[0]).update(visit_class=visit_class)
    land_visit(cast, cast.shops[0], ago(days))
    land_visit(cast, cast.shops[0], ago(1), presence="to_verify")
    told = figures("client.visit_overdue", cast.shops[0])
    assert (None if told is None else (told["days"], told["target"])) == (None if target is None else (days, target))


def test_late_in_the_month_only_visits_that_can_still_be_made_are_asked_for(cast: Cast) -> None:
    for day in (2, 10):
        land_visit(cast, cast.shops[0], date(2026, 3, day))
    analyze(date(2026, 3, 1), date(2026, 3, 25))
    told = Sighting.objects.get(finding_id=Finding.objects.get(rule="client.visit_overdue", retailer=cast.shops[0]).pk)
    assert (told.figures["days"], told.figures["baseline"], told.figures["target"]) == (15, 2, 3)


def test_a_visit_before_an_odd_order_was_noticed_is_no_answer_to_it(cast: Cast) -> None:
    for number, cartons in ((28, 18), (21, 22), (14, 20), (7, 52)):
        order(cast.shops[0], cast.territory, date(2026, 3, 30) - timedelta(days=number), cartons)
    land_visit(cast, cast.shops[0], date(2026, 3, 20))
    analyze(date(2026, 3, 1), date(2026, 3, 25))
    told = Sighting.objects.get(finding_id=Finding.objects.get(rule="client.odd_order", retailer=cast.shops[0]).pk)
    assert (told.figures["percent"], told.figures["baseline"], told.figures["target"]) == (260.0, 1, 2)


def test_a_shop_never_visited_counts_from_its_first_day(cast: Cast) -> None:
    Retailer.objects.filter(pk=cast.shops[0].pk).update(opened_on=ago(8))
    told = figures("client.visit_overdue", cast.shops[0])
    assert told == {
        "visit_class": "A", "every": 7, "last_on": None, "days": 8, "baseline": 0, "target": 2, "best": None,
    }  # fmt: skip


# -- licences, promises, needs, new clients ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_left", "rules"),
    [
        (31, set()),
        (30, {"client.licence_expiring"}),
        (0, {"client.licence_expiring"}),
        (-1, {"client.licence_expired"}),
    ],
)
def test_a_licence_is_told_of_before_its_end_and_after(cast: Cast, days_left: int, rules: set[str]) -> None:
    shop = cast.shops[0]
    Retailer.objects.filter(pk=shop.pk).update(licence_valid_until=AS_OF + timedelta(days=days_left))
    analyze(MARCH, AS_OF)
    found = Finding.objects.filter(retailer=shop, rule__startswith="client.licence")
    assert set(found.values_list("rule", flat=True)) == rules


def test_a_licence_that_ended_says_since_when_and_to_whom_to_turn(cast: Cast) -> None:
    Retailer.objects.filter(pk=cast.shops[0].pk).update(licence_valid_until=date(2026, 3, 10))
    told = figures("client.licence_expired", cast.shops[0])
    assert told is not None
    assert (told["days"], told["baseline"]) == (6, -21)
    assert chinese("client.licence_expired", told) == (
        "烟草专卖零售许可证已于 2026年3月10日到期，逾期 6 天，请书面告知专卖部门。"
    )


def test_open_promises_past_their_date_are_counted(cast: Cast) -> None:
    shop = cast.shops[0]
    promise = {"retailer": shop, "text": "三月补齐价签", "promised_by": cast.lin, "promised_on": ago(30)}
    Promise.objects.create(**promise, due_on=AS_OF)
    Promise.objects.create(**promise, due_on=ago(1), state="kept", settled_on=ago(1))
    assert figures("client.promise_overdue", shop) is None
    late = [Promise.objects.create(**promise, due_on=ago(days)) for days in (1, 9)]
    told = figures("client.promise_overdue", shop)
    assert told == {"n": 2, "due_on": "2026-03-07", "days": 9, "baseline": 2, "target": 0, "best": None}
    evidence = Sighting.objects.get(finding_id=Finding.objects.get(rule="client.promise_overdue").pk).evidence
    assert evidence == {"kind": "promise", "ids": [str(late[1].pk), str(late[0].pk)], "rows": 2}


def test_open_needs_past_their_date_are_counted(cast: Cast) -> None:
    shop = cast.shops[0]
    need = {"retailer": shop, "kind": "supply", "text": "要利群", "raised_by": cast.lin, "raised_on": ago(30)}
    Need.objects.create(**need, due_on=AS_OF)
    Need.objects.create(**need, due_on=None)
    Need.objects.create(**need, due_on=ago(5), closed_on=ago(2), outcome="已到货")
    assert figures("client.need_overdue", shop) is None
    Need.objects.create(**need, due_on=ago(5))
    told = figures("client.need_overdue", shop)
    assert (
        chinese("client.need_overdue", told) == "有 1 项诉求逾期未办结，最早一项应于 2026年3月11日办结，已逾期 5 天。"
    )


@pytest.mark.parametrize(
    ("opened_on", "day"),
    [(date(2026, 3, 6), 7), (date(2026, 3, 5), None), (date(2026, 3, 16), 1), (date(2026, 3, 7), 6)],
)
def test_a_client_is_new_for_seven_working_days(cast: Cast, opened_on: date, day: int | None) -> None:
    Retailer.objects.filter(pk=cast.shops[0].pk).update(opened_on=opened_on)
    told = figures("client.new", cast.shops[0])
    assert (None if told is None else told["day"]) == day


def test_days_off_do_not_count_for_a_new_client(cast: Cast) -> None:
    CalendarDay.objects.create(day=date(2026, 3, 10), is_working=False)
    Retailer.objects.filter(pk=cast.shops[0].pk).update(opened_on=date(2026, 3, 5))
    told = figures("client.new", cast.shops[0])
    assert chinese("client.new", told) == "新入网零售户，今日为入网第 7 个工作日（跟踪期 7 个工作日），已订货 0 次。"
