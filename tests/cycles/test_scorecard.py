"""The seven outcome figures of a manager's month: exact values from facts, and nothing where there are no facts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import kpis
from backend.models import Parameter
from cycles import month as months
from cycles import scorecard
from cycles.models import ManagerCycle
from market.models import UnitProductMonth
from retail.models import Classification, Contact, Need, Promise, Retailer
from tests.cast import ALWAYS, TODAY, Cast, make_shop
from tests.cycles.manager_facts import FEBRUARY, MARCH
from tests.market import facts
from visits.models import CheckLine, Remark

EMPTY = {kpi.id: None for kpi in scorecard.SCORES}
# three shops with a point, a licence and an order weekday; without address and telephone: 9 of 15 items
BARE = {**EMPTY, "file_upkeep_rate": Decimal("60.0"), "shop_interaction_rate": Decimal("0.0")}


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def scores(cast: Cast) -> dict[str, Decimal | None]:
    return scorecard.scorecards(MARCH, [cast.territory.pk])[cast.territory.pk]


def test_a_month_without_facts_has_no_values_but_for_what_all_shops_have(march: Cast) -> None:
    assert scores(march) == BARE
    assert scorecard.scorecards(MARCH, [march.next_territory.pk]) == {march.next_territory.pk: EMPTY}


def test_each_figure_is_registered_with_formula_version_and_source() -> None:
    for kpi in scorecard.SCORES:
        assert kpis.kpi(kpi.id) is kpi
        assert kpi.version == 1
        assert kpi.formula
        assert kpi.source == "docs/method.md, Scorecard"
    assert [kpi.name for kpi in scorecard.SCORES] == [
        "基础信息维护到位率",
        "诉求处理率",
        "服务满意度",
        "客户毛利提升率",
        "现代终端应用达标率",
        "明码标价到位率",
        "客我互动率",
    ]


def test_the_file_is_kept_up_item_by_item(march: Cast) -> None:
    shop = march.shops[0]
    Retailer.objects.filter(pk=shop.pk).update(address="人民路 1 号")
    Contact.objects.create(retailer=shop, name="店主", phone="13900000000")
    Contact.objects.create(retailer=march.shops[1], name="店员", phone="")
    assert scores(march)["file_upkeep_rate"] == Decimal("73.3")  # 11 of 15
    Retailer.objects.filter(pk=shop.pk).update(datum="unknown")
    assert scores(march)["file_upkeep_rate"] == Decimal("66.7")  # 10 of 15


def need(cast: Cast, raised: date, *, due: date | None = None, closed: date | None = None) -> None:
    Need.objects.create(
        retailer=cast.shops[0],
        kind="supply",
        text="缺货",
        raised_by=cast.lin,
        raised_on=raised,
        due_on=due,
        closed_on=closed,
        outcome="已补" if closed else "",
    )


def test_needs_count_when_closed_and_when_past_their_day(march: Cast) -> None:
    need(march, date(2026, 2, 20), closed=date(2026, 3, 2))
    need(march, date(2026, 3, 1), due=date(2026, 3, 5), closed=date(2026, 3, 9))
    need(march, date(2026, 3, 1), due=date(2026, 3, 15))  # past
    need(march, date(2026, 3, 1), due=TODAY)  # may still be closed today
    need(march, date(2026, 3, 1))  # without a day: 30 days
    need(march, date(2026, 1, 5), closed=date(2026, 1, 9))  # another month's
    assert scores(march)["need_handling_rate"] == Decimal("66.7")  # 2 of 3
    need(march, date(2026, 2, 10))  # 34 days ago
    assert scores(march)["need_handling_rate"] == Decimal("50.0")
    key = {"key": scorecard.NEED_DAYS, "during": ALWAYS, "value": 60}
    Parameter.objects.create(unit=march.county, **key)
    assert scores(march)["need_handling_rate"] == Decimal("66.7")


def test_modern_terminals_pass_by_their_last_check(march: Cast) -> None:
    kinds = ("modern", "franchise", "ordinary")
    for shop, kind in zip(march.shops, kinds, strict=True):
        Classification.objects.filter(retailer=shop).update(terminal_type=kind)
    checks = ((0, 3, 60), (0, 9, 80), (1, 9, 79), (2, 9, 20))
    for place, day, score in checks:
        facts.visit(march.shops[place], march.territory, march.lin, date(2026, 3, day), facts.Seen(score=score))
    seen = facts.Seen(score=100, presence="to_verify")
    facts.visit(march.shops[1], march.territory, march.lin, date(2026, 3, 10), seen)
    assert scores(march)["modern_terminal_rate"] == Decimal("50.0")


def test_price_tags_are_read_from_the_last_check(march: Cast) -> None:
    for shop, day, passed in ((0, 3, False), (0, 9, True), (1, 9, True), (2, 9, False)):
        visit = facts.visit(march.shops[shop], march.territory, march.lin, date(2026, 3, day), facts.Seen(score=50))
        line = {"month": MARCH, "visit_id": visit, "answer": "", "points": 0}
        CheckLine.objects.create(**line, line_no=1, item_code="tags", passed=passed)
        CheckLine.objects.create(**line, line_no=2, item_code="clean", passed=False)
        CheckLine.objects.create(**line, line_no=3, item_code="tags", passed=None)
    assert scores(march)["price_tags_in_place"] == Decimal("66.7")


def test_a_visit_alone_is_no_dialogue(march: Cast) -> None:
    """Never the bare number of visits: a shop counts when it said something."""
    first, second, third = march.shops
    for day in (2, 3, 4, 5):
        facts.visit(first, march.territory, march.lin, date(2026, 3, day), facts.Seen(note="来过" * 400))
    assert scores(march)["shop_interaction_rate"] == Decimal("0.0")
    visit = facts.visit(first, march.territory, march.lin, date(2026, 3, 6))
    Remark.objects.create(month=MARCH, visit_id=visit, line_no=0, kind="brand_opinion", text="好卖")
    assert scores(march)["shop_interaction_rate"] == Decimal("33.3")
    seen = facts.Seen(briefings=[march.policy.pk])  # told, and nothing asked
    facts.visit(second, march.territory, march.lin, date(2026, 3, 6), seen)
    assert scores(march)["shop_interaction_rate"] == Decimal("33.3")
    Promise.objects.create(
        retailer=second, text="送货架", promised_by=march.lin, promised_on=TODAY, due_on=TODAY + timedelta(days=3)
    )
    facts.visit(
        third, march.territory, march.lin, date(2026, 3, 6), facts.Seen(pitches=[(march.products[0].pk, False)])
    )
    assert scores(march)["shop_interaction_rate"] == Decimal("100.0")


def product_month(cast: Cast, month: date, product: int, cartons: int, price_fen: int, cost_fen: int) -> None:
    UnitProductMonth.objects.create(
        month=month,
        unit=cast.territory,
        product=cast.products[product],
        cartons=cartons,
        amount_fen=cartons * cost_fen,
        price_n=2 if price_fen else 0,
        price_sum_fen=2 * price_fen,
    )


def test_margin_growth_is_per_carton_by_the_price_seen(march: Cast) -> None:
    """20 yuan a carton in February, 22 in March: 10 %, although March has sold fewer cartons so far."""
    product_month(march, FEBRUARY, 0, 100, 19_000, 17_000)
    product_month(march, MARCH, 0, 30, 19_200, 17_000)
    assert scores(march)["retailer_margin_growth"] == Decimal("10.0")
    product_month(march, FEBRUARY, 1, 900, 0, 8_000)  # nobody saw its price then
    product_month(march, MARCH, 1, 900, 10_000, 8_000)
    assert scores(march)["retailer_margin_growth"] == Decimal("10.0")


def test_margin_growth_has_no_value_on_a_base_that_is_not_positive(march: Cast) -> None:
    product_month(march, FEBRUARY, 0, 100, 16_000, 17_000)
    product_month(march, MARCH, 0, 100, 19_000, 17_000)
    assert scores(march)["retailer_margin_growth"] is None


def test_suspended_shops_are_not_counted(march: Cast) -> None:
    Classification.objects.filter(retailer=march.shops[0]).update(during=DateRange(ALWAYS.lower, TODAY))
    values = Classification.objects.filter(retailer=march.shops[0]).values(
        "business_type", "market_type", "scale", "visit_class"
    )[0]
    Classification.objects.create(retailer=march.shops[0], during=DateRange(TODAY, None), state="suspended", **values)
    Retailer.objects.filter(pk=march.shops[0].pk).update(address="x")
    assert scores(march) == BARE


def test_figures_of_a_county_are_those_of_its_shops(march: Cast) -> None:
    theirs = make_shop(march.next_territory, 30)
    Retailer.objects.filter(pk=theirs.pk).update(address="胜利街", order_weekday=None)
    months.open_month(MARCH)
    found = scorecard.scorecards(MARCH, [march.county.pk, march.next_territory.pk, march.territory.pk])
    said = {unit: values["file_upkeep_rate"] for unit, values in found.items()}
    assert said == {
        march.county.pk: Decimal("60.0"),  # 12 of 20
        march.next_territory.pk: Decimal("60.0"),
        march.territory.pk: Decimal("60.0"),
    }


def test_the_paper_shows_values_with_formulas_and_why_one_is_empty(march: Cast, as_lin: APIClient) -> None:
    cycle = ManagerCycle.objects.get(month=MARCH, person=march.lin)

    def told(**headers: str) -> dict[str, tuple[Any, Any]]:
        paper = as_lin.get(f"/api/v1/manager-cycles/{cycle.pk}", headers=headers).json()
        assert paper["scorecard_is_frozen"] is (cycle.scorecard is not None)
        return {one["kpi"]: (one["value"], one["why_empty"]) for one in paper["scorecard"]}

    said = told()
    assert said["file_upkeep_rate"] == (60.0, None)
    assert said["service_satisfaction"] == (None, "零售户评分不足 5 份")
    assert said["need_handling_rate"] == (None, "本月尚无可计算的记录")
    english = told(**{"accept-language": "en"})
    assert english["service_satisfaction"] == (None, "fewer than five retailers have scored a visit")

    cycle.scorecard = {**EMPTY, "file_upkeep_rate": "41.5"}
    cycle.save(update_fields=["scorecard"])
    assert told()["file_upkeep_rate"] == (41.5, None)


def test_many_units_cost_the_queries_of_one(march: Cast) -> None:
    def queries(units: list[int]) -> int:
        with CaptureQueriesContext(connection) as seen:
            scorecard.scorecards(MARCH, units)
        return len(seen)

    every = [march.prefecture.pk, march.county.pk, march.other_county.pk, march.office.pk, march.territory.pk]
    assert queries(every) == queries([march.territory.pk]) == 5
