"""What stands drafted in a manager's 15 cells: exact sentences in both languages, each with evidence that is found."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from backend.models import Unit
from cycles import drafting, manager_facts, papers
from cycles import month as months
from cycles.grid import COLUMNS
from cycles.manager_sentences import TEMPLATES
from cycles.models import ManagerCell, ManagerCycle
from retail.models import Retailer
from tests.cast import Cast, SignIn, make_shop
from tests.cycles.facts import land_visit
from tests.cycles.manager_facts import (
    FEBRUARY,
    MARCH,
    About,
    act,
    advise,
    find,
    foresee,
    improve,
    measure,
    order,
    serve,
    stop,
)

AFTER_MARCH = datetime(2026, 4, 1, 10, tzinfo=clock.BUSINESS_ZONE)


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def draft(prefectures: list[int] | None = None) -> int:
    with transaction.atomic():
        return drafting.draft_cells(MARCH, prefectures)


def id_of(cast: Cast, name: str) -> str:
    return str(ManagerCycle.objects.get(month=MARCH, person=cast.people[name]).pk)


def told(client: APIClient, cycle: str, *, english: bool = False) -> dict[str, list[str]]:
    """The sentences of the cells that say something, by column."""
    answer = client.get(f"/api/v1/manager-cycles/{cycle}", headers={"accept-language": "en" if english else "zh-hans"})
    assert answer.status_code == 200, answer.json()
    cells = {cell["cell"]: [s["text"] for s in cell["sentences"]] for cell in answer.json()["cells"]}
    return {column: said for column, said in cells.items() if said}


def fill(cast: Cast) -> None:
    """A month in which Lin's paper says everything that it can say."""
    lin, shops = cast.territory, cast.shops
    find(About(lin, shops[0]), "stopped", severity=1)
    find(About(lin, shops[1]), "stopped", severity=1, since=FEBRUARY)
    find(About(lin, shops[2]), "fell")
    find(About(lin, shops[0]), "flow", dimension="market", restricted=True)
    find(About(lin), "volume", dimension="market")
    find(About(lin, product=cast.products[0]), "shelf", dimension="brand")
    accepted = act(About(lin, shops[0]), is_flagged=True)  # for its finding, not for its goal: asks for no words
    serve(cast, accepted, shops[0], date(2026, 3, 10))
    hit = act(About(lin, shops[1]))
    high = act(About(lin, shops[2]), is_flagged=True, best=Decimal(15))
    act(About(lin, shops[2]), state="drafted")
    act(About(lin, shops[2]), state="dropped")
    measure(accepted, "miss")
    measure(hit, "hit")
    measure(high, "not_measurable")
    improve(accepted, "proposed")
    improve(act(About(lin, shops[1]), month=FEBRUARY), "open", months_open=2)
    improve(act(About(lin, shops[2]), month=FEBRUARY), "met", months_open=1)
    stop(shops[0], lin, date(2026, 3, 10))
    stop(shops[1], lin, date(2026, 3, 11), "missed")
    stop(shops[2], lin, date(2026, 3, 11), "missed", miss_reason="weather")
    stop(shops[2], lin, date(2026, 3, 12), "dropped")
    seen = {"product_id": cast.products[1].pk, "stock_packs": 9}
    land_visit(cast, shops[1], date(2026, 3, 11), observations=(seen, seen), pitched=(cast.products[0].pk,))
    land_visit(cast, shops[2], date(2026, 3, 12), presence="to_verify", pitched=(cast.products[0].pk,))
    foresee(lin, 1_600, cartons=1_800, reason="新增两户")
    order(shops[0], lin, date(2026, 3, 5), 1_875)
    advise(cast, shops[0], "多订软蓝")
    advise(cast, shops[1])


IN_CHINESE = {
    "client_analyze": [
        "发现 3 条，涉及 3 户。",
        "其中 1 条以前月份已有，最早始于2026年2月1日。",
        "stopped：2 户（便民商店0、便民商店1）。",
        "fell：1 户（便民商店2）。",
        "1 条须说明原因：便民商店0。",
    ],
    "client_plan": [
        "措施 5 项：已接受 3，待定 1，不做 1。",
        "计划走访 3 次，3 户，分布在 2 天。",
        "1 项目标明显高于近 12 个月最好水平，须说明依据：便民商店2。",
    ],
    "client_execute": [
        "走访 2 次，到户 2 户，共 3 户。",
        "计划 3 次，完成 0 次，未走访 2 次。",
        "3 项措施须有走访记录，已有 1 项。",
        "1 次未走访须说明原因：便民商店1。",
    ],
    "client_evaluate": ["评估 3 项：达成 1，未达成 1，无法衡量 1。", "1 项未达成须说明原因：便民商店0。"],
    "client_improve": [
        "改进 3 项：待确认 1，进行中 1，达成 1，部分达成 0，放弃 0。",
        "1 项改进评估过两次以上仍未达成，最长 2 个月。",
        "经营指导单 2 份，已写建议 1 份。",
    ],
    "brand_analyze": ["发现 1 条。", "shelf：1 条。"],
    "brand_execute": ["推介 1 次，接受 1 次，成功率 100.0%。"],
    "market_analyze": ["发现 1 条。", "volume：1 条。"],
    "market_plan": ["模型预测 1,600 条，改为 1,800 条：新增两户。"],
    "market_execute": ["采集价格或库存 2 条，来自 1 户。"],
    "market_evaluate": ["预测 1,800 条，实际 1,875 条，准确率 96.0%。"],
}
IN_ENGLISH = {
    "client_analyze": [
        "3 findings at 3 shops.",
        "1 of these stand from earlier months, the oldest since 1 Feb 2026.",
        "stopped: 2 shops (便民商店0, 便民商店1).",
        "fell: 1 shops (便民商店2).",
        "Say why for 1: 便民商店0.",
    ],
    "client_plan": [
        "5 actions: 3 accepted, 1 to decide, 1 dropped.",
        "3 visits planned at 3 shops on 2 days.",
        "1 targets stand far above the best of 12 months; say what they rest on: 便民商店2.",
    ],
    "client_execute": [
        "2 visits at 2 of 3 shops.",
        "3 stops planned: 0 done, 2 missed.",
        "3 actions want a record of a visit; 1 have it.",
        "Say why 1 stops were missed: 便民商店1.",
    ],
    "client_evaluate": ["3 measured: 1 hit, 1 missed, 1 not measurable.", "Say why 1 were missed: 便民商店0."],
    "client_improve": [
        "3 improvements: 1 proposed, 1 open, 1 met, 0 partly met, 0 dropped.",
        "1 improvements were measured twice or more without being met, the oldest 2 months.",
        "2 advice sheets, 1 with words.",
    ],
    "brand_analyze": ["1 findings.", "shelf: 1."],
    "brand_execute": ["1 pitches, 1 accepted: 100.0%."],
    "market_analyze": ["1 findings.", "volume: 1."],
    "market_plan": ["The model said 1,600 cartons, changed to 1,800: 新增两户."],
    "market_execute": ["2 prices or stocks seen at 1 shops."],
    "market_evaluate": ["Forecast 1,800 cartons, ordered 1,875: accuracy 96.0%."],
}


def test_her_month_says_what_the_facts_say_in_chinese_and_english(march: Cast, as_lin: APIClient) -> None:
    fill(march)
    with clock.at(AFTER_MARCH):
        assert told(as_lin, id_of(march, "lin")) == IN_CHINESE
        assert told(as_lin, id_of(march, "lin"), english=True) == IN_ENGLISH


def test_a_cell_without_facts_says_nothing_and_asks_for_nothing(march: Cast, as_lin: APIClient) -> None:
    cells = as_lin.get(f"/api/v1/manager-cycles/{id_of(march, 'lin')}").json()["cells"]
    assert [(c["cell"], c["sentences"], c["needs_words"]) for c in cells] == [(column, [], False) for column in COLUMNS]


def test_what_is_flagged_asks_for_words_and_nothing_else_does(march: Cast, as_lin: APIClient) -> None:
    fill(march)
    cells = as_lin.get(f"/api/v1/manager-cycles/{id_of(march, 'lin')}").json()["cells"]
    assert {c["cell"] for c in cells if c["needs_words"]} == {
        "client_analyze",
        "client_plan",
        "client_execute",
        "client_evaluate",
    }
    assert {c["cell"] for c in cells if any(s["flagged"] for s in c["sentences"])} == {
        c["cell"] for c in cells if c["needs_words"]
    }


def test_no_restricted_finding_reaches_a_paper(march: Cast, sign_in: SignIn) -> None:
    find(About(march.territory, march.shops[0]), "flow", dimension="market", restricted=True)
    for name in ("lin", "chen", "feng"):
        assert told(sign_in(name), id_of(march, name)) == {}
    assert draft() == 75
    assert {tuple(cell.draft) for cell in ManagerCell.objects.all()} == {()}


def test_the_market_manager_reads_sums_and_who_stands_out(march: Cast, as_chen: APIClient) -> None:
    ma, theirs = march.next_territory, [make_shop(march.next_territory, 20 + n) for n in range(6)]
    find(About(march.territory, march.shops[0]), "stopped")
    for shop in theirs[:3]:
        find(About(ma, shop), "fell", severity=1)
    lin, told_of = march.territory, ((0, "hit"), (1, "miss"), (2, "not_measurable"))
    for territory, shop, outcome in (
        *((lin, march.shops[n], outcome) for n, outcome in told_of),
        (lin, theirs[1], "not_measurable"),
        *((ma, shop, "hit" if n < 2 else "miss") for n, shop in enumerate(theirs)),
    ):
        measure(act(About(territory, shop)), outcome, reason="price" if outcome == "miss" else "")
    foresee(march.territory, 1_600)
    foresee(ma, 900, cartons=1_000, reason="节日")
    said = told(as_chen, id_of(march, "chen"))
    assert said["client_analyze"] == [
        "发现 4 条，涉及 4 户。",
        "兴国二片区最多：3 条，占 75.0%。",
        "fell：3 户（便民商店20、便民商店21、便民商店22）。",
        "stopped：1 户（便民商店0）。",
        "3 条须说明原因：便民商店20、便民商店21、便民商店22。",
    ]
    assert said["client_evaluate"] == [
        "评估 10 项：达成 3，未达成 5，无法衡量 2。",
        "兴国二片区达成率最低：可衡量的 6 项中达成 2 项。",  # Lin hit fewer, but of fewer: 1 of 2, and 2 not measurable
    ]
    assert said["market_plan"] == ["2 个片区预测合计 2,600 条，上月 3,000 条，其中 1 个片区改过。"]


def test_the_accuracy_is_that_of_the_shops_a_territory_ends_the_month_with(march: Cast, as_chen: APIClient) -> None:
    """Orders of territories that forecast nothing are in no accuracy; a shop that moved takes its orders along."""
    ma = march.next_territory
    foresee(march.territory, 1_000)
    order(march.shops[0], ma, date(2026, 3, 5), 800)  # stamped with the territory that had it then
    order(make_shop(ma, 70), ma, date(2026, 3, 5), 5_000)
    with clock.at(AFTER_MARCH):
        assert told(as_chen, id_of(march, "chen"))["market_evaluate"] == ["预测 1,000 条，实际 800 条，准确率 75.0%。"]


def test_the_brand_manager_reads_by_product(march: Cast, sign_in: SignIn) -> None:
    soft, hard = march.products[0], march.products[1]
    for shop in march.shops:
        figures = {"products": [soft.name, hard.name], "product_ids": [soft.pk, hard.pk], "n": 2}
        find(About(march.territory, shop), "missing", dimension="brand", figures=figures)
    find(About(march.territory, product=soft), "sell_through", dimension="brand", severity=3)
    said = told(sign_in("feng"), id_of(march, "feng"))["brand_analyze"]
    assert said == [
        "发现 4 条，涉及 3 户。",
        "missing：3 户（便民商店0、便民商店1、便民商店2）。",
        "sell_through：1 条。",
        "黄鹤楼(软蓝)：发现 4 条，3 户。",
        "红金龙(硬神州腾龙)：发现 3 条，3 户。",
    ]


def many(cast: Cast) -> list[Retailer]:
    """Seven shops of Lin's with everything flagged, for the sentences that name only the first five."""
    shops = [make_shop(cast.territory, 40 + n) for n in range(7)]
    for n, shop in enumerate(shops):
        find(About(cast.territory, shop), "stopped", severity=1)
        measure(act(About(cast.territory, shop), is_flagged=True, best=Decimal(15)), "miss")
        stop(shop, cast.territory, date(2026, 3, 3 + n), "missed")
    return shops


def test_a_long_list_names_five(march: Cast, as_lin: APIClient) -> None:
    many(march)
    five = "便民商店40、便民商店41、便民商店42、便民商店43、便民商店44"
    said = told(as_lin, id_of(march, "lin"))
    assert said["client_analyze"][1:] == [f"stopped：7 户，先看{five}。", f"7 条须说明原因，如{five}。"]
    assert said["client_plan"][-1] == f"7 项目标明显高于近 12 个月最好水平，须说明依据，如{five}。"
    assert said["client_execute"][-1] == f"7 次未走访须说明原因，如{five}。"
    assert said["client_evaluate"][-1] == f"7 项未达成须说明原因，如{five}。"


def everything(cast: Cast) -> None:
    """Facts that make every template speak, over the three posts."""
    fill(cast)
    many(cast)
    ma, shop = cast.next_territory, make_shop(cast.next_territory, 60)
    find(About(ma, shop), "missing", dimension="brand", figures={"product_ids": [cast.products[0].pk]})
    find(About(ma, shop), "fell")
    measure(act(About(ma, shop)), "hit")
    foresee(ma, 900)
    months.open_month(MARCH)


def drafted(cycles: Any) -> list[dict[str, Any]]:
    found = drafting.drafts_of(MARCH, cycles.values_list("pk", flat=True))
    return [sentence for one in found.values() for sentence in one.sentences]


def test_every_template_speaks_and_its_evidence_finds_the_records_again(march: Cast) -> None:
    everything(march)
    with clock.at(AFTER_MARCH):
        lin = drafted(ManagerCycle.objects.filter(person=march.lin))
        for shop in march.shops:
            Retailer.objects.filter(pk=shop.pk).update(name=f"改名{shop.code}")
        sentences = drafted(ManagerCycle.objects.all())
    spoken = {sentence["template"] for sentence in sentences}
    once_alone = {"month.flagged_few", "month.above_best_few", "month.stops_unexplained_few", "month.misses_few"}
    assert spoken | once_alone == {template.key for template in TEMPLATES}
    assert len(lin) > 20
    for sentence in [*lin, *sentences]:
        evidence = sentence["evidence"]
        found = manager_facts.rows(evidence)
        assert len(found) == evidence["rows"] > 0, sentence
        assert set(evidence["ids"]) <= set(found), sentence
        assert len(evidence["ids"]) == min(evidence["rows"], manager_facts.SHOWN_IDS), sentence


def test_every_sentence_links_to_a_list_that_holds_its_records(march: Cast, sign_in: SignIn) -> None:
    everything(march)
    linked = set()
    for name in ("lin", "chen", "feng"):
        client = sign_in(name)
        for cell in client.get(f"/api/v1/manager-cycles/{id_of(march, name)}").json()["cells"]:
            for evidence in (sentence["evidence"] for sentence in cell["sentences"]):
                answer = client.get(f"{evidence['href']}&page_size=200")
                assert answer.status_code == 200, (evidence["href"], answer.json())
                assert set(evidence["ids"]) <= {row["id"] for row in answer.json()["results"]}, evidence
                linked.add(evidence["kind"])
    assert linked == set(manager_facts.KINDS)


def test_the_few_templates_have_evidence_too(march: Cast) -> None:
    fill(march)
    sentences = drafted(ManagerCycle.objects.filter(person=march.lin))
    few = [s for s in sentences if s["template"].endswith("_few")]
    assert {s["template"] for s in few} == {
        "month.rule_few",
        "month.flagged_few",
        "month.above_best_few",
        "month.stops_unexplained_few",
        "month.misses_few",
    }
    for sentence in few:
        assert manager_facts.rows(sentence["evidence"]) == sorted(sentence["evidence"]["ids"])


def test_drafting_twice_changes_nothing_and_a_new_fact_changes_its_cells_alone(march: Cast) -> None:
    fill(march)
    assert draft() == 75
    before = dict(ManagerCell.objects.values_list("pk", "version"))
    assert draft() == 0
    assert dict(ManagerCell.objects.values_list("pk", "version")) == before
    find(About(march.territory, march.shops[2]), "jumped")
    assert draft([march.other_county.pk]) == 0
    assert draft([march.prefecture.pk]) == 3  # of Lin, of Chen above her, and of Feng
    changed = ManagerCell.objects.exclude(version=1).values_list("cell", "cycle__person__username")
    assert sorted(changed) == [("client_analyze", name) for name in ("chen", "feng", "lin")]


def test_what_is_stored_is_what_is_shown(march: Cast, as_lin: APIClient) -> None:
    fill(march)
    draft()
    for row in ManagerCell.objects.filter(cycle__person=march.lin):
        live = drafting.drafts_of(MARCH, [row.cycle_id]).get((row.cycle_id, row.cell), drafting.Draft([]))
        assert (row.draft, row.needs_words) == (live.sentences, live.asks), row.cell


def test_drafting_costs_the_same_queries_for_few_and_for_many_facts(march: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            draft()
        return len(seen)

    find(About(march.next_territory), "volume", dimension="market")
    few = queries()
    everything(march)
    assert queries() == few


def test_the_effort_that_a_month_leaves_is_told(march: Cast) -> None:
    fill(march)
    draft()
    lin = papers.effort(MARCH, march.territory)
    assert (lin.managers, lin.cells, lin.cells_without_typing) == (1, 15, 11)
    assert lin.sentences == lin.sentences_with_evidence == 24
    whole = papers.effort(MARCH, Unit.objects.get(pk=march.prefecture.pk))
    assert (whole.managers, whole.cells, whole.sentences) == (5, 75, whole.sentences_with_evidence)
