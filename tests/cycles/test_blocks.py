"""The nine blocks over HTTP: exact, equal to the boards beside them, within scope, each row with its records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from backend.models import Unit
from backend.scope import actor_of
from cycles import actions, blocks_why
from cycles import month as months
from cycles.blocks import blocks
from cycles.blocks_why import Case, Lines
from cycles.models import Action, Forecast
from market.boards.blocks import Block, Row
from market.figures.formulas import Figure
from market.orders import loading
from market.orders.loading import OrderLineRow, TargetRow
from market.rollups import recompute, segments
from tests.cast import TODAY, Cast, SignIn, make_shop
from tests.cycles.chain import APRIL, FELL, FIGURES, MARCH, OUT, find, rules_of_tests
from tests.cycles.deeds import draft
from tests.market.facts import Seen, visit
from visits.models import Breach, Remark

BLOCKS = "/api/v1/boards/blocks"
LINES = Lines(Decimal(15), Decimal(50), Decimal(95), Decimal(95), Decimal(5))


def ask(client: APIClient, unit: Unit, code: int = 200, **more: Any) -> Any:
    answer = client.get(BLOCKS, {"unit": str(unit.pk), "month": "2026-03", **more})
    assert answer.status_code == code, answer.content
    return answer.json()


def told(found: Any, number: int) -> dict[str, str | None]:
    block = next(one for one in found["blocks"] if one["number"] == number)
    return {figure["kpi"]: figure["value"] for figure in block["figures"]}


def table(found: Any, number: int, code: str) -> list[tuple[Any, ...]] | None:
    """Name and values of each row; None where the table is absent."""
    block = next(one for one in found["blocks"] if one["number"] == number)
    rows = next((one["rows"] for one in block["tables"] if one["code"] == code), None)
    return None if rows is None else [(row["name"], *row["values"]) for row in rows]


def row(found: Any, number: int, code: str, name: str) -> dict[str, Any]:
    block = next(one for one in found["blocks"] if one["number"] == number)
    rows = next(one["rows"] for one in block["tables"] if one["code"] == code)
    told: dict[str, Any] = next(one for one in rows if one["name"] == name)
    return told


@pytest.fixture(autouse=True)
def rules_of_this_file() -> Iterator[None]:
    with rules_of_tests():
        yield


def remark(shop: int, cast: Cast, kind: str, *, presence: str = "valid", restricted: bool = False) -> None:
    key = visit(cast.shops[shop], cast.territory, cast.lin, TODAY, Seen(presence=presence))
    Remark.objects.create(
        month=MARCH, visit_id=key, line_no=0, kind=kind, text=f"{kind} {presence}", confidence=3,
        is_restricted=restricted,
    )  # fmt: skip


@pytest.fixture
def march(cast: Cast) -> Cast:
    """Orders against targets in both counties, findings, a remark that counts and one that does not, one restricted."""
    with clock.at(datetime(2026, 2, 27, 0, 30, tzinfo=clock.BUSINESS_ZONE)):
        months.open_month(MARCH)
    cast.products[0].guide_carton_fen, cast.products[0].transfer_fen = 20_000, 8_000
    cast.products[0].save()
    lines = ((cast.shops[0], 30, 30), (cast.shops[1], 20, 0), (cast.wu_shops[0], 50, 50))
    loading.load_orders(
        OrderLineRow(f"B{n}", shop.code, TODAY, "P1", wanted, sold, sold, sold * 10_000)
        for n, (shop, wanted, sold) in enumerate(lines)
    )
    loading.load_targets(
        TargetRow(unit.code, None, MARCH, cartons)
        for unit, cartons in ((cast.prefecture, 200), (cast.county, 120), (cast.other_county, 80))
    )
    remark(0, cast, Remark.Kind.RIVAL_MOVE)
    remark(1, cast, Remark.Kind.RIVAL_MOVE, presence="rejected")
    remark(2, cast, Remark.Kind.IRREGULAR, restricted=True)
    find(FELL, cast.shops[0], cast.territory, FIGURES)
    find(OUT, cast.shops[1], cast.territory, {**FIGURES, "products": ["A"]})
    find(FELL, cast.wu_shops[0], cast.other_territory, FIGURES)
    draft()
    actions.accept(actor=cast.actor("lin"), action=Action.objects.get(territory=cast.territory, rule=FELL.code))
    Forecast.objects.create(month=APRIL, unit=cast.territory, cartons=120, model_cartons=120, made_at=clock.now())
    recompute.turn()
    recompute.drain()
    segments.drain()
    return cast


def test_all_nine_blocks_come_in_their_order_with_what_each_figure_means(march: Cast, as_zhao: APIClient) -> None:
    found = ask(as_zhao, march.prefecture)
    assert [(one["number"], one["code"]) for one in found["blocks"]] == [
        (1, "headline"), (2, "structure"), (3, "brands"), (4, "status"), (5, "clients"), (6, "service"),
        (7, "compliance"), (8, "intelligence"), (9, "next"),
    ]  # fmt: skip
    assert found["time_progress"] == "51.6"
    assert (found["freshness"]["waiting"], found["devices_silent"]["unsent_items"]) == (0, 0)
    assert told(found, 1) == {"sales": "80", "sales_against_target": "40.0"}
    sales = found["blocks"][0]["figures"][0]
    assert (sales["scope"], sales["period"], sales["version"], sales["target"]) == (
        march.prefecture.pk, "2026-03", 1, "200",
    )  # fmt: skip
    assert sales["as_of"] == found["freshness"]["as_of"]
    assert table(found, 1, "units") == [
        ("阳新县", "30", "120", "25.0", None, None), ("大冶市", "50", "80", "62.5", None, None),
    ]  # fmt: skip
    assert table(found, 2, "classes") == [("二类", "80", "100.0", "100.0", "10000", None, None, None)]
    assert told(found, 3)["company_stockout_rate"] == "33.3"  # one of three demands was refused
    assert told(found, 5)["large_accounts"] == "0"


def test_every_figure_of_the_blocks_is_that_of_the_board_of_figures(march: Cast, as_zhao: APIClient) -> None:
    found = ask(as_zhao, march.county)
    asked = {"unit": str(march.county.pk), "month": "2026-03"}
    board = {one["kpi"]: one for one in as_zhao.get("/api/v1/boards/figures", asked).json()["figures"]}
    own = {one["kpi"]: one for one in as_zhao.get("/api/v1/boards/concentration", asked).json()["whole"]["figures"]}
    compared = 0
    for block in found["blocks"]:
        for figure in block["figures"]:
            other = board.get(figure["kpi"]) or own.get(figure["kpi"])
            if other is None:
                assert figure["kpi"] == "forecast_accuracy"
                continue
            volatile = {"as_of", "formula", "name", "unit"}
            assert {k: v for k, v in figure.items() if k in other and k not in volatile} == {
                k: v for k, v in other.items() if k in figure and k not in volatile
            }
            compared += 1
    assert compared == 51


def test_the_findings_of_a_block_are_those_of_the_list_that_its_row_opens(
    march: Cast, as_lin: APIClient, as_zhao: APIClient
) -> None:
    for client, unit, fell in ((as_lin, march.territory, 1), (as_zhao, march.prefecture, 2)):
        found = ask(client, unit)
        assert table(found, 5, "findings") == [("测试下滑", str(fell), str(fell), "15")]
        listed = client.get(row(found, 5, "findings", "测试下滑")["rows"]).json()
        assert len(listed["results"]) == fell
    assert table(ask(as_lin, march.territory), 9, "problems") == [("测试断货", "1", "1", "15")]


def test_every_row_opens_something_that_its_reader_may_read(march: Cast, as_lin: APIClient, as_zhao: APIClient) -> None:
    for client, unit in ((as_lin, march.territory), (as_zhao, march.prefecture)):
        found = ask(client, unit)
        addresses = [line["rows"] for one in found["blocks"] for tab in one["tables"] for line in tab["rows"]]
        addresses += [figure["rows"] for one in found["blocks"] for figure in one["figures"]]
        addresses += [one["rows"] for one in found["why"]]
        assert len(addresses) > 50
        for address in sorted(set(addresses)):
            assert client.get(address).status_code == 200, address


def test_what_visits_learnt_is_counted_where_the_visit_counts(march: Cast, as_zhao: APIClient) -> None:
    found = ask(as_zhao, march.prefecture, block=8)
    assert table(found, 8, "kinds") == [("竞品动态", "1")]
    listed = as_zhao.get(row(found, 8, "kinds", "竞品动态")["rows"]).json()["results"]
    assert [one["text"] for one in listed] == ["rival_move valid"]
    assert table(found, 8, "said") == [("竞品动态", "2026-03-16", march.shops[0].name, "rival_move valid")]


def test_outflow_is_absent_for_who_may_not_read_it(march: Cast, as_lin: APIClient, sign_in: SignIn) -> None:
    assert table(ask(sign_in("he"), march.county, block=7), 7, "outflow") == [("亲见", "1")]
    for name, unit in (("lin", march.territory), ("chen", march.office), ("feng", march.prefecture)):
        answer = sign_in(name).get(BLOCKS, {"unit": str(unit.pk), "month": "2026-03"})
        assert answer.status_code == 200
        assert table(answer.json(), 7, "outflow") is None
        assert table(answer.json(), 7, "flow") is None
        assert "irregular" not in answer.content.decode()


def test_breaches_are_counted_by_kind_as_their_reader_may_see_them(march: Cast, sign_in: SignIn) -> None:
    Breach.objects.create(
        visit_id="01a20000-0000-7000-8000-000000000001", month=MARCH, retailer=march.shops[0], person=march.lin,
        territory=march.territory, county_id=march.county.pk, on_date=TODAY, kind=Breach.Kind.NO_MINORS_SIGN,
        severity=1, reported_at=clock.now(),
    )  # fmt: skip
    found = ask(sign_in("he"), march.county, block=7)
    assert [values for _, *values in table(found, 7, "breaches") or ()] == [["1"]]
    assert table(ask(sign_in("feng"), march.county, block=7), 7, "breaches") == []


def test_forecast_and_actions_of_the_next_month_have_their_owners(march: Cast, as_lin: APIClient) -> None:
    found = ask(as_lin, march.territory, block=9)
    assert table(found, 9, "forecast") == [("下月", "120", None, None)]
    rows = [(shop, month, owner, due) for shop, month, _, owner, due in table(found, 9, "actions") or ()]
    assert rows == [
        (march.shops[1].name, "2026-03", march.lin.name, "2026-03-11"),
        (march.shops[0].name, "2026-03", march.lin.name, "2026-03-31"),
    ]
    assert table(found, 9, "results") == [("达成", "0"), ("未达成", "0"), ("无法衡量", "0")]


def test_one_block_alone_is_what_it_is_among_the_nine(march: Cast, as_zhao: APIClient) -> None:
    everything = {one["number"]: one for one in ask(as_zhao, march.county)["blocks"]}
    for number in range(1, 10):
        found = ask(as_zhao, march.county, block=number)
        assert found["why"] == []
        [alone] = found["blocks"]
        moving = {"as_of"}
        for one in (alone, everything[number]):
            one["figures"] = [{k: v for k, v in f.items() if k not in moving} for f in one["figures"]]
        assert alone == everything[number]


def test_a_block_that_is_none_and_a_foreign_unit_are_refused(march: Cast, as_wu: APIClient) -> None:
    assert ask(as_wu, march.other_territory, 400, block=10)["code"] == "bad_parameter"
    own = {"request_id", "instance"}
    foreign = {k: v for k, v in ask(as_wu, march.county, 404).items() if k not in own}
    nowhere = as_wu.get(BLOCKS, {"unit": "999999", "month": "2026-03"}).json()
    assert foreign == {k: v for k, v in nowhere.items() if k not in own}


def test_the_sentences_say_what_is_wrong_first_in_the_readers_language(march: Cast, as_zhao: APIClient) -> None:
    found = ask(as_zhao, march.prefecture)["why"]
    assert [one["code"] for one in found] == ["behind", "refused", "unseen", "problem"]
    assert found[0]["text"] == "销量完成目标 40.0%，时间进度 51.6%，落后 11.6 个百分点，最低的是阳新县（25.0%）。"
    assert found[1]["text"] == "公司断货率 33.3%，不低于上限 15.0%。"
    assert (found[0]["block"], found[0]["kpi"]) == (1, "sales_against_target")
    english = as_zhao.get(
        BLOCKS, {"unit": str(march.prefecture.pk), "month": "2026-03"}, headers={"Accept-Language": "en"}
    ).json()
    assert english["why"][1]["text"] == "The company's stock-out rate was 33.3%, not below 15.0%."
    assert english["blocks"][0]["title"] == "Headline and progress against target"


def sentences(case: Case) -> list[str]:
    return [one.code for one in blocks_why.draft(case)]


def changed(block: Block, kpi: str, **values: Any) -> Block:
    return replace(block, figures=tuple(replace(f, **values) if f.kpi.id == kpi else f for f in block.figures))


def test_three_to_five_sentences_are_drafted_from_the_blocks_alone(march: Cast) -> None:
    zhao = actor_of(march.zhao)
    given = {one.number: one for one in blocks(zhao, march.prefecture, MARCH)}
    case = Case(march.prefecture.pk, MARCH, given, LINES)
    with CaptureQueriesContext(connection) as asked:
        assert sentences(case) == ["behind", "refused", "unseen", "problem"]
    assert len(asked) == 0
    worse = {**given, 7: changed(given[7], "price_tag_rate", value=Decimal("94.9"))}
    worse[9] = changed(given[9], "forecast_accuracy", value=Decimal("94.9"))
    assert sentences(replace(case, blocks=worse)) == ["behind", "refused", "unseen", "forecast_off", "untagged"]
    at_the_line = {**given, 7: changed(given[7], "price_tag_rate", value=Decimal("95.0"))}
    assert "untagged" not in sentences(replace(case, blocks=at_the_line))
    fine = dict(given)
    fine[1] = changed(given[1], "sales_against_target", value=Decimal("51.6"))
    fine[3] = changed(given[3], "company_stockout_rate", value=Decimal("14.9"))
    fine[6] = changed(given[6], "visit_coverage_rate", value=Decimal(100))
    assert sentences(replace(case, blocks=fine)) == ["problem", "on_target", "few_shops"]


def test_margins_are_told_by_class_and_from_the_county_up_by_market_type(march: Cast, as_zhao: APIClient) -> None:
    first = march.products[0]
    first.wholesale_fen = 10_000
    first.save()
    seen = [{"product": first, "carton_price_fen": 12_000}]
    visit(march.shops[0], march.territory, march.lin, TODAY, Seen(observations=seen))
    recompute.drain()
    segments.drain()
    found = ask(as_zhao, march.county, block=4)
    assert table(found, 4, "margins") == [("二类", "16.7", "16.7", None, None, None)]  # (12,000 - 10,000) / 12,000
    below = ask(as_zhao, march.territory, block=4)
    assert table(below, 4, "margins") == [("二类", "16.7", None, None)]
    assert told(found, 4)["retailer_margin"] == told(below, 4)["retailer_margin"] == "16.7"
    assert [name for name, *_ in table(found, 4, "words") or ()] == ["紧", "稍紧", "平衡", "稍松", "松"]
    assert table(found, 4, "state") == [("全部规格", "无法判断", "无法判断", "无法判断", "无法判断", "–")]


def test_the_market_in_a_word_and_a_missed_launch_are_said(march: Cast) -> None:
    given = {one.number: one for one in blocks(actor_of(march.zhao), march.prefecture, MARCH)}
    state, launches = given[4].table("state"), given[3].table("launches")
    assert state is not None
    assert launches is not None
    loose = Row("全部规格", "All products", ("偏低", "减", "偏多", "松", "货多价低，需求萎缩"),
                values_en=("below guide", "falling", "long", "loose", "too much"))  # fmt: skip
    missed = Row("新品", "新品", ("2026-01-01", 3, "试销", "上柜率、复购率", "–"),
                 values_en=("2026-01-01", 3, "on trial", "on the shelf, repurchase", "–"))  # fmt: skip
    given[4] = replace(given[4], tables=(replace(state, rows=(loose,)),))
    given[3] = replace(given[3], tables=(replace(launches, rows=(missed,)),))
    found = blocks_why.draft(Case(march.prefecture.pk, MARCH, given, LINES))
    assert [one.code for one in found] == ["behind", "state", "launch_so_far", "refused", "unseen"]
    assert found[1].text(english=False) == "市场状态：松（货多价低，需求萎缩）。"
    assert found[1].text(english=True) == "The market is loose: too much."
    assert found[2].text(english=False) == "新品 新品 第 3 个月至今未达标：上柜率、复购率。"
    given[1] = changed(given[1], "sales_against_target", target="100.0")
    over = blocks_why.draft(Case(march.prefecture.pk, MARCH, given, LINES))
    assert over[2].text(english=False) == "新品 新品 第 3 个月未达标：上柜率、复购率。"


def test_a_block_finds_its_figures_and_tables_by_name(march: Cast) -> None:
    [block] = blocks(actor_of(march.zhao), march.prefecture, MARCH, (1,))
    assert isinstance(block.figure("sales"), Figure)
    assert block.table("nothing") is None
    with pytest.raises(KeyError):
        block.figure("visits")


def test_the_blocks_ask_as_many_queries_for_many_shops_units_and_findings(march: Cast, as_zhao: APIClient) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            ask(as_zhao, march.prefecture)
        return len(queries)

    few = asked()
    for number in range(12):
        Unit.objects.create(code=f"4209{number:02}", name=f"新县{number}", parent=march.prefecture, level=3,
                            during=(date(2024, 1, 1), None))  # fmt: skip
        find(FELL, make_shop(march.territory, 300 + number), march.territory, FIGURES)
    assert asked() == few
    assert few <= 75
