"""Advice sheets: figures of the shop itself, her own sentence, and who is told first of sheets that are alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from backend.models import AuditEntry, Parameter
from cycles import advice, manager_month
from cycles import month as months
from cycles.advice_alike import ALIKE_PERCENT, alike, head_start_ends
from cycles.models import AdviceSheet, PrefectureMonth
from cycles.queries import working_calendar
from market.models import OrderLine, StockCount
from retail.models import Retailer
from tests.cast import ALWAYS, NOW, Cast, SignIn, make_shop
from tests.cycles.crowd import add_shops
from tests.cycles.facts import land_visit
from tests.cycles.manager_facts import MARCH, NO_FIGURES, About, advise, find, order

PATH = "/api/v1/advice-sheets"


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def bought(cast: Cast, shop: Retailer, on: date, *lines: tuple[int, int, int]) -> None:
    """An order of (product, cartons, fen) lines."""
    made = order(shop, cast.territory, on, sum(c for _, c, _ in lines), amount_fen=sum(f for _, _, f in lines))
    for product, cartons, fen in lines:
        OrderLine.objects.create(
            month=made.month,
            order_id=made.pk,
            product=cast.products[product],
            ordered_cartons=cartons,
            amount_fen=fen,
        )


def prepare(client: APIClient, body: dict[str, Any]) -> Any:
    return client.post(f"{PATH}/prepare", body, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid4()))


def test_a_sheet_has_the_figures_of_the_shop_itself(march: Cast, as_lin: APIClient) -> None:
    shop, (soft, hard, third) = march.shops[0], march.products
    find(About(march.territory, shop), "fell")
    bought(march, shop, date(2026, 2, 5), (0, 14, 238_000), (1, 28, 246_400))
    bought(march, shop, date(2026, 3, 5), (0, 10, 170_000), (1, 20, 176_000), (2, 5, 66_000))
    bought(march, march.shops[1], date(2026, 3, 5), (0, 999, 9_990_000))
    older = ({"product_id": soft.pk, "carton_price_fen": 99_000},)
    land_visit(march, shop, date(2026, 3, 2), observations=older)
    land_visit(
        march,
        shop,
        date(2026, 3, 9),
        observations=(
            {"product_id": soft.pk, "carton_price_fen": 19_000, "stock_packs": 60},
            {"product_id": hard.pk, "carton_price_fen": 9_500, "stock_packs": 500},
        ),
    )
    land_visit(march, shop, date(2026, 3, 10), presence="to_verify", observations=older)
    StockCount.objects.create(
        retailer=shop,
        product=hard,
        territory=march.territory,
        county=march.county,
        on_date=date(2026, 3, 11),
        packs=150,
    )
    assert prepare(as_lin, {"month": "2026-03", "territory": march.territory.pk}).json() == {"drafted": 1}
    [sheet] = as_lin.get(f"{PATH}?month=2026-03").json()["results"]
    assert (sheet["retailer"]["id"], sheet["person_name"], sheet["words"]) == (str(shop.pk), march.lin.name, "")
    assert sheet["figures"] == {
        "cartons": 35,
        "cartons_before": 42,
        "amount_fen": 412_000,
        "carton_price_fen": 11_771,
        "margin_fen": 34_000,  # 10 x (190 - 170) yuan, 20 x (95 - 88); the third was not seen
        "margin_percent": 8.9,  # of 380,000 fen
        "margin_cartons": 30,
        "earners": [
            {"product_id": soft.pk, "product": soft.name, "cartons": 10, "margin_fen": 20_000},
            {"product_id": hard.pk, "product": hard.name, "cartons": 20, "margin_fen": 14_000},
        ],
        "stock_packs": 210,
        "stock_days": 14.0,  # 420 packs in the 28 days of February
    }
    assert third.pk not in {e["product_id"] for e in sheet["figures"]["earners"]}


def test_a_shop_without_facts_has_no_invented_figures(march: Cast, as_lin: APIClient) -> None:
    shop = march.shops[2]
    body = {"month": "2026-03", "territory": march.territory.pk, "retailers": [str(shop.pk)]}
    assert prepare(as_lin, body).json() == {"drafted": 1}
    [sheet] = as_lin.get(PATH).json()["results"]
    assert sheet["figures"] == NO_FIGURES


def test_preparing_again_follows_the_facts_until_words_are_written(march: Cast, as_lin: APIClient) -> None:
    for shop in march.shops[:2]:
        find(About(march.territory, shop), "fell")
    find(About(march.territory, march.shops[2]), "flow", restricted=True)
    body = {"month": "2026-03", "territory": march.territory.pk}
    assert prepare(as_lin, body).json() == {"drafted": 2}
    assert prepare(as_lin, body).json() == {"drafted": 0}
    first = AdviceSheet.objects.get(retailer=march.shops[0])
    written = as_lin.patch(
        f"{PATH}/{first.pk}",
        {"words": " 多订软蓝 "},
        format="json",
        HTTP_IF_MATCH=as_lin.get(f"{PATH}/{first.pk}")["ETag"],
    )
    assert (written.status_code, written.json()["words"]) == (200, "多订软蓝")
    for shop in march.shops[:2]:
        bought(march, shop, date(2026, 3, 5), (0, 10, 170_000))
    assert prepare(as_lin, body).json() == {"drafted": 1}
    assert AdviceSheet.objects.get(pk=first.pk).figures == first.figures
    assert AdviceSheet.objects.get(retailer=march.shops[1]).figures["cartons"] == 10
    assert list(AuditEntry.objects.values_list("act", "unit_id")) == [("advice.write", march.territory.pk)]


def test_sheets_are_prepared_and_written_by_who_plans_for_the_territory(march: Cast, sign_in: SignIn) -> None:
    find(About(march.territory, march.shops[0]), "fell")
    body = {"month": "2026-03", "territory": march.territory.pk}
    for name, status in (("ma", 404), ("wu", 404), ("he", 403), ("chen", 200)):
        assert prepare(sign_in(name), body).status_code == status, name
    sheet = AdviceSheet.objects.get()
    for name, status in (("ma", 404), ("wu", 404), ("he", 403)):
        answer = sign_in(name).patch(f"{PATH}/{sheet.pk}", {"words": "x"}, format="json", HTTP_IF_MATCH="*")
        assert answer.status_code == status, name
    assert sign_in("he").get(f"{PATH}/{sheet.pk}").status_code == 200
    assert sign_in("wu").get(f"{PATH}/{sheet.pk}").status_code == 404
    assert AdviceSheet.objects.get().words == ""


def test_a_locked_month_takes_no_sheet_and_no_words(march: Cast, as_lin: APIClient) -> None:
    sheet = advise(march, march.shops[0], "旧")
    find(About(march.territory, march.shops[1]), "fell")
    PrefectureMonth.objects.update_or_create(month=MARCH, prefecture=march.prefecture, defaults={"state": "locked"})
    answers = (
        prepare(as_lin, {"month": "2026-03", "territory": march.territory.pk}),
        as_lin.patch(f"{PATH}/{sheet.pk}", {"words": "新"}, format="json", HTTP_IF_MATCH="*"),
    )
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "month_locked")] * 2
    with transaction.atomic():
        assert advice.draft(MARCH) == 0
    assert list(AdviceSheet.objects.values_list("words", flat=True)) == ["旧"]


# -- alike: 186 sheets of which 60 are the same ------------------------------------------------------------------------

SAME = (
    "本店卷烟动销平稳，建议保持合理库存，优化品类结构，重点做好黄鹤楼(软蓝)的陈列与推介，"
    "明码标价、一货一签，按周均衡订货。"
)

LONG = SAME + "新品到货先在柜台第一排试摆一周，记下顾客的反馈再定是否续订，不压货、不搭售，有疑问随时联系客户经理。"


def write_186(cast: Cast, *, at: datetime = NOW) -> None:
    """60 sheets that differ at most by a mark, and 126 of which each says something of its own."""
    add_shops(cast.territory, 183)
    for number, shop in enumerate(Retailer.objects.filter(assignments__territory=cast.territory).order_by("code")):
        why = chr(0x4E00 + number * 31) * 9
        own = f"{shop.code}号店上月少订{number * 7}条，因{why}所致；请于{number}日补足{number}个规格。"
        near = f"{LONG[:-1]}!" if number == 59 else LONG
        advise(cast, shop, near if number < 60 else own, at=at)
    assert AdviceSheet.objects.count() == 186


def told(client: APIClient, cast: Cast) -> list[tuple[int, int, bool]]:
    answer = client.get(f"{PATH}/alike?month=2026-03&unit={cast.territory.pk}")
    assert answer.status_code == 200, answer.json()
    return [(one["territory"], one["count"], one["told_to_all"]) for one in answer.json()["results"]]


def test_sixty_alike_of_186_are_told_to_her_first_and_to_leaders_two_working_days_later(
    march: Cast, sign_in: SignIn
) -> None:
    write_186(march)  # Monday
    lin, chen, zhao = sign_in("lin"), sign_in("chen"), sign_in("zhao")
    assert told(lin, march) == [(march.territory.pk, 60, False)]
    for days, seen in ((0, []), (1, []), (2, []), (3, [(march.territory.pk, 60, True)])):
        with clock.at(NOW + timedelta(days=days)):
            assert told(chen, march) == told(zhao, march) == seen, days
    with clock.at(NOW + timedelta(days=3)):
        assert told(lin, march) == [(march.territory.pk, 60, True)]


def test_a_holiday_is_no_working_day_of_her_head_start(db: None) -> None:
    calendar = working_calendar()
    assert head_start_ends(date(2026, 3, 16), 2, calendar) == date(2026, 3, 18)
    assert head_start_ends(date(2026, 3, 19), 2, calendar) == date(2026, 3, 23)  # over a weekend
    assert head_start_ends(date(2026, 4, 30), 2, calendar) == date(2026, 5, 7)  # 1-5 May
    assert head_start_ends(date(2026, 3, 16), 0, calendar) == date(2026, 3, 16)


def test_alike_sheets_that_were_rewritten_are_told_of_no_more(march: Cast, as_lin: APIClient) -> None:
    for shop in march.shops[:2]:
        advise(march, shop, SAME)
    assert told(as_lin, march) == [(march.territory.pk, 2, False)]
    sheet = AdviceSheet.objects.get(retailer=march.shops[0])
    answer = as_lin.patch(f"{PATH}/{sheet.pk}", {"words": "换掉慢销规格"}, format="json", HTTP_IF_MATCH="*")
    assert answer.status_code == 200
    assert told(as_lin, march) == []


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        (SAME, SAME, True),
        (SAME, f"{SAME} ", True),
        (SAME, SAME.replace("合理", "适当"), False),  # 2 of 62 characters: 4 trigrams of 67
        (SAME * 3, (SAME * 3)[:-1] + "!", True),
        (SAME, SAME[: len(SAME) // 2], False),
        ("", "", False),
        ("多订软蓝", "多订软蓝", True),
        ("多订软蓝", "少订硬盒", False),
        ("Order more of P1", "Order more of P1", True),
    ],
)
def test_alike_is_decided_by_shared_triples_of_characters(march: Cast, one: str, other: str, are_alike: bool) -> None:
    advise(march, march.shops[0], one)
    advise(march, march.shops[1], other, at=datetime(2026, 3, 12, 8, tzinfo=UTC))
    found = alike(MARCH, [march.territory.pk])
    assert [len(group.sheets) for group in found] == ([2] if are_alike else [])
    if are_alike:
        assert found[0].since == NOW


def test_how_much_alike_is_a_parameter(march: Cast) -> None:
    advise(march, march.shops[0], SAME)
    advise(march, march.shops[1], SAME.replace("合理", "适当"))
    assert alike(MARCH, [march.territory.pk]) == []
    Parameter.objects.create(unit=march.county, key=ALIKE_PERCENT, during=ALWAYS, value=85.0)
    assert [len(group.sheets) for group in alike(MARCH, [march.territory.pk])] == [2]


def test_sheets_of_another_territory_are_not_compared(march: Cast) -> None:
    ma_shop = make_shop(march.next_territory, 30)
    advise(march, march.shops[0], SAME)
    AdviceSheet.objects.create(
        month=MARCH, retailer=ma_shop, territory=march.next_territory, person=march.ma, figures=NO_FIGURES, words=SAME,
        written_at=NOW,
    )  # fmt: skip
    assert alike(MARCH, [march.territory.pk, march.next_territory.pk]) == []


def test_drafting_and_comparing_cost_the_same_queries_for_any_number(march: Cast) -> None:
    def queries() -> list[int]:
        found = []
        for act in (lambda: advice.draft(MARCH), lambda: alike(MARCH, [march.territory.pk])):
            with CaptureQueriesContext(connection) as seen, transaction.atomic():
                act()
            found.append(len(seen))
        return found

    few = queries()
    write_186(march)
    assert queries() == few


def test_the_lock_of_the_papers_leaves_the_sheets(march: Cast) -> None:
    sheet = advise(march, march.shops[0], SAME)
    with transaction.atomic():
        manager_month.lock(MARCH, march.prefecture.pk)
    assert AdviceSheet.objects.get() == sheet
