"""A manager's month, its review, the day's plan and the advice sheets in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction
from django.http import HttpResponse

from cycles import advice, drafting, manager_month
from cycles import month as months
from cycles.models import AdviceSheet, ManagerCell, ManagerCycle, PrefectureMonth
from tests.cast import TODAY, Cast, make_shop
from tests.cycles.chain import FELL, FIGURES, MARCH, find, rules_of_tests
from tests.web import forms
from tests.web.forms import Browser, told, words
from visits.models import PlannedStop, Replan

FRIDAY, MONDAY = date(2026, 3, 20), date(2026, 3, 23)


@pytest.fixture
def march(cast: Cast) -> Iterator[Cast]:
    """A month in which one of Lin's shops fell badly, which she has to explain."""
    months.open_month(MARCH)
    with rules_of_tests():
        find(FELL, cast.shops[0], cast.territory, FIGURES, severity=1)
        yield cast


def paper_of(cast: Cast, name: str = "lin") -> str:
    return f"/months/{ManagerCycle.objects.get(person=cast.people[name], month=MARCH).pk}"


def cell(cast: Cast, column: str) -> ManagerCell:
    return ManagerCell.objects.get(cycle__person=cast.lin, cycle__month=MARCH, cell=column)


def hand_in(browser: Browser, address: str, act: str, **typed: str) -> HttpResponse:
    """The whole paper with what is typed into it, as its page holds it at this moment."""
    page = browser.read(address)
    hidden = dict(re.findall(r'<input type="hidden" name="((?:version|digest)-\w+)" value="([^"]*)"', page))
    return browser.send(address, act, None, **hidden, **{f"words-{name}": text for name, text in typed.items()})


def said(browser: Browser, answer: HttpResponse) -> str:
    assert answer.status_code == 302, answer.content.decode()
    [line] = told(browser.read(answer.headers["Location"]))
    return line


# -- the month ---------------------------------------------------------------------------------------------------------


def test_my_month_is_one_step_away_and_a_leader_comes_to_those_of_his_managers(march: Cast) -> None:
    answer = forms.of(march, "lin").client.get("/months/mine?month=2026-03")
    assert (answer.status_code, answer.headers["Location"]) == (302, paper_of(march))
    answer = forms.of(march, "zhao").client.get("/months/mine?month=2026-03")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/reviews?month=2026-03")


def test_a_month_shows_sentences_with_their_records_and_where_words_are_wanted(march: Cast) -> None:
    lin = forms.of(march, "lin")
    page = lin.read(paper_of(march))
    text = words(page)
    assert "须补充说明的格： 客户 · 分析" in text
    assert "发现 1 条，涉及 1 户。 1 条记录" in text
    assert "审阅人：陈国庆" in text
    assert page.count('<article class="cell"') == 15
    [first, *_] = re.findall(rf'href="({paper_of(march)}/client_analyze/0)"', page)
    behind = lin.read(first)
    assert "依据 1 条记录" in behind
    assert march.shops[0].name in behind
    assert lin.client.get(f"{paper_of(march)}/client_analyze/99").status_code == 404


def test_what_is_flagged_is_not_handed_in_without_words_and_nothing_typed_is_lost(march: Cast) -> None:
    lin, address = forms.of(march, "lin"), paper_of(march)
    answer = hand_in(lin, address, "submit", client_plan="先走访书院路")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told(page)[0].replace("  ", " ") == "有标记的内容尚未说明。 客户 · 分析"
    assert re.findall(r'name="words-client_plan"[^>]*>([^<]*)<', page) == ["先走访书院路"]
    assert not ManagerCell.objects.exclude(state="drafted").exists()
    assert not ManagerCell.objects.exclude(words="").exists()


def test_words_are_kept_with_every_button_and_a_cell_is_submitted_and_withdrawn(march: Cast) -> None:
    lin, address = forms.of(march, "lin"), paper_of(march)
    answer = hand_in(lin, address, "submit:client_analyze", client_analyze="店主住院", client_plan="下周恢复")
    assert answer.headers["Location"] == f"{address}#client_analyze"
    assert said(lin, answer) == "已提交 1 格。 审阅之前可以撤回。"
    assert (cell(march, "client_analyze").state, cell(march, "client_analyze").words) == ("submitted", "店主住院")
    assert (cell(march, "client_plan").state, cell(march, "client_plan").words) == ("drafted", "下周恢复")
    assert said(lin, hand_in(lin, address, "withdraw:client_analyze")) == "已撤回，可以继续修改。"
    assert cell(march, "client_analyze").state == "drafted"


def test_a_step_or_the_whole_month_is_handed_in_at_once(march: Cast) -> None:
    lin, address = forms.of(march, "lin"), paper_of(march)
    assert said(lin, hand_in(lin, address, "submit:plan")) == "已提交 3 格。 审阅之前可以撤回。"
    assert said(lin, hand_in(lin, address, "submit", client_analyze="店主住院")) == "已提交 12 格。 审阅之前可以撤回。"
    assert ManagerCell.objects.filter(cycle__person=march.lin, state="submitted").count() == 15


def test_words_that_somebody_wrote_meanwhile_are_not_overwritten(march: Cast) -> None:
    lin, address = forms.of(march, "lin"), paper_of(march)
    answer = lin.send(address, "words", None, **{"version-client_plan": "1", "words-client_plan": "第一次"})
    assert said(lin, answer) == "已保存 1 格的说明。"
    status, sentence = lin.refused(address, "words", **{"version-client_plan": "1", "words-client_plan": "第二次"})
    assert status == 412
    assert sentence.startswith("您打开页面之后，林小梅 于 03-16 10:00 改动了这一项。")
    assert cell(march, "client_plan").words == "第一次"


def test_what_was_drafted_anew_is_read_again_before_it_is_handed_in(march: Cast) -> None:
    lin, address = forms.of(march, "lin"), paper_of(march)
    page = lin.read(address)
    hidden = dict(re.findall(r'<input type="hidden" name="((?:version|digest)-\w+)" value="([^"]*)"', page))
    find(FELL, march.shops[1], march.territory, FIGURES)
    status, sentence = lin.refused(address, "submit:client_analyze", **hidden, **{"words-client_analyze": "店主住院"})
    assert (status, sentence) == (412, "系统起草的内容已按最新数据更新，请再看一遍后提交。")
    assert not ManagerCell.objects.filter(state="submitted").exists()


def test_only_its_author_writes_and_only_its_reviewer_reviews(march: Cast) -> None:
    address = paper_of(march)
    for name in ("chen", "zhao"):
        browser = forms.of(march, name)
        assert "<textarea form=" not in browser.read(address)
        assert browser.refused(address, "submit")[0] == 404
    assert forms.of(march, "wu").send(address, "submit").status_code == 404
    lin = forms.of(march, "lin")
    hand_in(lin, address, "submit", client_analyze="店主住院")
    row = cell(march, "client_analyze")
    for name in ("lin", "zhao"):
        assert forms.of(march, name).refused(address, "approve", id=row.cell, version=str(row.version))[0] == 404
    assert cell(march, "client_analyze").state == "submitted"


def test_a_reviewer_approves_or_sends_back_with_a_reason(march: Cast) -> None:
    lin, chen, address = forms.of(march, "lin"), forms.of(march, "chen"), paper_of(march)
    hand_in(lin, address, "submit", client_analyze="店主住院")
    analyze, plan = cell(march, "client_analyze"), cell(march, "client_plan")
    assert chen.done(address, "approve", id=analyze.cell, version=str(analyze.version)).startswith("已通过。")
    asked = {"id": plan.cell, "version": str(plan.version)}
    assert chen.refused(address, "send_back", **asked, reason=" ") == (400, "退回须写明原因。")
    assert chen.done(address, "send_back", **asked, reason="请写明日期") == "已退回，原因已记录。"
    assert (cell(march, "client_analyze").state, cell(march, "client_plan").state) == ("approved", "sent_back")
    assert "退回原因：请写明日期" in lin.read(address)


def test_several_cells_are_reviewed_at_once_and_each_has_its_own_outcome(march: Cast) -> None:
    lin, chen = forms.of(march, "lin"), forms.of(march, "chen")
    hand_in(lin, paper_of(march), "submit", client_analyze="店主住院")
    page = chen.read("/reviews?month=2026-03")
    ticks = re.findall(r'name="cell" value="([^"]*)"', page)
    assert len(ticks) == 10  # the five of the brand are the brand manager's
    assert chen.refused("/reviews", "approve") == (400, "请先勾选要处理的格。")
    assert chen.refused("/reviews", "send_back", cell=ticks) == (400, "退回须写明原因。")
    stale = f"{ticks[0].rpartition(':')[0]}:999"
    assert chen.done("/reviews", "approve", cell=[stale, *ticks[1:3]]) == "已通过 2 格。 1 格未处理：记录已被修改"
    assert ManagerCell.objects.filter(state="approved").count() == 2
    assert "没有待您审阅的内容" in forms.of(march, "he").read("/reviews")


@pytest.mark.parametrize("picked", ["-" * 36 + ":client_plan:1", "0" * 36 + ":client_plan:1", "client_plan:1", "x"])
def test_a_tick_that_names_no_cell_is_refused(march: Cast, picked: str) -> None:
    assert forms.of(march, "chen").refused("/reviews", "approve", cell=picked)[0] == 400


@pytest.mark.parametrize("version", ["9" * 5_000, "-1", "1.0", "１", ""])
def test_a_version_that_is_none_is_refused(march: Cast, version: str) -> None:
    lin, chen, address = forms.of(march, "lin"), forms.of(march, "chen"), paper_of(march)
    hand_in(lin, address, "submit", client_analyze="店主住院")
    assert chen.refused(address, "approve", id="client_analyze", version=version)[0] == 400
    assert cell(march, "client_analyze").state == "submitted"


def test_a_cell_is_sent_back_in_as_many_words_as_the_api_takes(march: Cast) -> None:
    lin, chen, address = forms.of(march, "lin"), forms.of(march, "chen"), paper_of(march)
    hand_in(lin, address, "submit", client_analyze="店主住院")
    row = cell(march, "client_analyze")
    asked = {"id": row.cell, "version": str(row.version)}
    assert chen.refused(address, "send_back", **asked, reason="长" * 501) == (400, "最多 500 字。")
    ticked = f"{row.cycle_id}:{row.cell}:{row.version}"
    assert chen.refused("/reviews", "send_back", cell=ticked, reason="长" * 501) == (400, "最多 500 字。")
    assert cell(march, "client_analyze").state == "submitted"
    chen.done(address, "send_back", **asked, reason="长" * 498 + "\r\n长")
    assert cell(march, "client_analyze").state == "sent_back"


@pytest.mark.parametrize(("is_handed_in", "shown"), [(True, (1, 0)), (False, (0, 1))])
def test_a_cell_that_was_never_handed_in_is_shown_as_missed_once_the_month_is_locked(
    march: Cast, is_handed_in: bool, shown: tuple[int, int]
) -> None:
    lin, address = forms.of(march, "lin"), paper_of(march)
    if is_handed_in:
        hand_in(lin, address, "submit:client_analyze", client_analyze="店主住院")
    with transaction.atomic():
        drafting.draft_cells(MARCH)
        manager_month.lock(MARCH, march.prefecture.pk)
    page = lin.read(address)
    grid = page.split('id="grid"')[1].split("</table>")[0]
    assert (grid.count('class="done"'), grid.count('class="missed"')) == shown
    assert "<textarea" not in page


# -- the day -----------------------------------------------------------------------------------------------------------


def stop(cast: Cast, number: int, on: date, **more: object) -> PlannedStop:
    shop = cast.shops[number]
    reason = {"code": "floor", "kind": "retailer", "id": str(shop.pk), "parameters": {}}
    return PlannedStop.objects.create(
        month=MARCH, retailer=shop, territory=cast.territory, county_id=cast.county.pk, on_date=on,
        position=number + 1, reasons=[reason], **more,
    )  # fmt: skip


def test_a_day_shows_its_stops_in_order_with_their_reasons(march: Cast) -> None:
    stop(march, 0, FRIDAY)
    stop(march, 1, FRIDAY)
    lin = forms.of(march, "lin")
    page = lin.read("/plan?day=2026-03-20")
    assert re.findall(r"<b>(便民商店\d)</b>", page) == ["便民商店0", "便民商店1"]
    assert f'<li><a href="/shops/{march.shops[0].pk}/2026-03">每户每月至少走访一次</a>' in page
    assert "3月20日 星期五" in page
    assert "便民商店0" in lin.read("/plan")  # without a day: the next on which something is planned
    assert lin.client.get("/plan?day=2026-02-30").status_code == 400
    assert "兴国一片区 2 0 0 0" in words(forms.of(march, "zhao").read("/plan"))


def test_a_stop_moves_changes_places_and_is_taken_off(march: Cast) -> None:
    first, second = stop(march, 0, FRIDAY), stop(march, 1, FRIDAY)
    lin, address = forms.of(march, "lin"), "/plan?day=2026-03-20"
    assert lin.done(address, "later", first) == "便民商店0 排在当天第 2 位。"
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.position, second.position) == (2, 1)
    assert lin.done(address, "move", first, to="2026-03-23") == "便民商店0 已改到 03-23。"
    assert lin.refused(address, "move", second, to="2026-04-02") == (400, "只能在当月内改期。")
    assert lin.done(address, "drop", second, words="店主出国") == "便民商店1 已从计划中取消。"
    assert list(PlannedStop.objects.order_by("retailer__code").values_list("state", "on_date")) == [
        ("planned", MONDAY),
        ("dropped", FRIDAY),
    ]


def test_a_missed_stop_says_why(march: Cast) -> None:
    row = stop(march, 0, date(2026, 3, 13), state="missed")
    lin, address = forms.of(march, "lin"), "/plan?day=2026-03-13"
    assert lin.refused(address, "miss_reason", row, reason="") == (400, "请选择原因")
    assert lin.done(address, "miss_reason", row, reason="shop_closed") == "原因已保存。"
    row.refresh_from_db()
    assert row.miss_reason == "shop_closed"


def test_a_lost_day_is_planned_anew_and_taken_back(march: Cast) -> None:
    row = stop(march, 0, TODAY)
    lin, address = forms.of(march, "lin"), f"/plan?day={TODAY}"
    assert lin.done(address, "replan").startswith("已重新安排 1 户")
    row.refresh_from_db()
    assert row.on_date > TODAY
    assert lin.done(address, "undo", Replan.objects.get()) == "各户已恢复到原来的日期。"
    row.refresh_from_db()
    assert row.on_date == TODAY


# -- advice ------------------------------------------------------------------------------------------------------------


def test_advice_sheets_are_drafted_from_figures_and_carry_her_sentence(march: Cast) -> None:
    make_shop(march.territory, 9)
    lin = forms.of(march, "lin")
    assert lin.done("/advice", "prepare") == "已起草 1 份指导单。"
    sheet = AdviceSheet.objects.get()
    assert lin.done("/advice", "write", sheet, words="多备畅销品") == "便民商店0的指导单已保存。"
    assert lin.refused("/advice", "write", sheet, words="另一句")[0] == 412
    assert lin.refused("/advice", "write", AdviceSheet.objects.get(), words="长" * (advice.WORDS_MAX + 1))[0] == 400
    assert AdviceSheet.objects.get().words == "多备畅销品"
    assert "多备畅销品" in forms.of(march, "zhao").read("/advice")
    assert "多备畅销品" not in forms.of(march, "wu").read("/advice")


def test_a_locked_month_takes_no_more_advice(march: Cast) -> None:
    with transaction.atomic():
        advice.draft(MARCH)
    PrefectureMonth.objects.update_or_create(month=MARCH, prefecture=march.prefecture, defaults={"state": "locked"})
    lin = forms.of(march, "lin")
    status, sentence = lin.refused("/advice", "write", AdviceSheet.objects.get(), words="晚了")
    assert (status, sentence.partition("。")[0]) == (409, "该月份已锁定")
    assert AdviceSheet.objects.get().words == ""
