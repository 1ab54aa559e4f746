"""Findings, actions, results and improvements in the browser: read, decided, refused in a sentence, never lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from backend import clock
from cycles import actions
from cycles import month as months
from cycles.models import Action, Finding, Improvement, Result, Sighting
from tests.cast import Cast
from tests.cycles.chain import FELL, FIGURES, MARCH, find, rules_of_tests
from tests.web import forms
from tests.web.forms import told, words


@pytest.fixture
def march(cast: Cast) -> Iterator[Cast]:
    """Lin's first two shops and Wu's first fell; an action was drafted for each."""
    months.open_month(MARCH)
    with rules_of_tests():
        for shop, territory in (
            (cast.shops[0], cast.territory),
            (cast.shops[1], cast.territory),
            (cast.wu_shops[0], cast.other_territory),
        ):
            find(FELL, shop, territory, FIGURES)
        with transaction.atomic():
            actions.draft(MARCH)
        yield cast


def of_shop(cast: Cast, number: int = 0) -> Action:
    return Action.objects.get(retailer=cast.shops[number])


def missed(cast: Cast) -> Result:
    """Lin's first action was accepted and came to 6 of 10."""
    Action.objects.filter(pk=of_shop(cast).pk).update(state="accepted")
    return Result.objects.create(
        action=of_shop(cast), value=Decimal(6), outcome="miss", evidence_count=0, measured_at=clock.now()
    )


def carried(cast: Cast) -> Improvement:
    action = missed(cast).action
    return Improvement.objects.create(
        retailer=action.retailer, territory=action.territory, county=action.county, dimension="client", month=MARCH,
        origin=action, rule=FELL.code, kind="test_win_back", parameters=FIGURES, metric="cartons", goal="at_least",
        baseline=6, target=10, due_on=clock.month_end(MARCH), opened_on=MARCH,
    )  # fmt: skip


# -- findings ----------------------------------------------------------------------------------------------------------


def test_the_findings_of_a_month_are_listed_in_words_with_their_shops(march: Cast) -> None:
    page = forms.of(march, "lin").read("/findings")
    assert re.findall(r'<p class="subject"><a href="([^"]*)">([^<]*)</a>', page) == [
        (f"/shops/{shop.pk}/2026-03", shop.name) for shop in (march.shops[1], march.shops[0])
    ]
    assert page.count("本期 5 条，上期 10 条。") == 2
    assert "2 条发现" in page
    assert "规则没有发现问题" in forms.of(march, "lin").read("/findings?month=2026-02")


def test_the_findings_are_narrowed_as_the_api_narrows_them(march: Cast) -> None:
    zhao = forms.of(march, "zhao")
    assert "3 条发现" in zhao.read("/findings")
    assert "1 条发现" in zhao.read(f"/findings?unit={march.other_county.pk}&dimension=client")
    assert "本月没有这样的发现" in zhao.read("/findings?dimension=brand")
    assert zhao.client.get("/findings?dimension=colour").status_code == 400
    assert zhao.client.get("/findings?colour=red").status_code == 400


def test_a_finding_explains_itself(march: Cast) -> None:
    finding = Finding.objects.get(retailer=march.shops[0])
    text = words(forms.of(march, "lin").read(f"/findings/{finding.pk}"))
    assert "规则 测试下滑 · 第 1 版" in text
    assert "阈值 limit： 0.8" in text
    assert "2026-03-01 起 · 已 15 天" in text
    assert "2026年3月 把订货量恢复到 10 条" in text
    english = words(forms.of(march, "lin", "en").read(f"/findings/{finding.pk}"))
    assert "5 cartons, 10 before." in english


# -- actions -----------------------------------------------------------------------------------------------------------


def test_an_action_is_accepted_and_the_page_says_so(march: Cast) -> None:
    lin, action = forms.of(march, "lin"), of_shop(march)
    assert lin.done("/actions", "accept", action, at=f"a-{action.pk}") == "已接受：不低于 10 条。"
    held = of_shop(march)
    assert (held.state, held.decided_by, held.version) == ("accepted", march.lin, 2)


def test_after_an_act_the_way_leads_back_to_the_same_row(march: Cast) -> None:
    action = of_shop(march)
    answer = forms.of(march, "lin").send("/actions?state=drafted", "accept", action, at=f"a-{action.pk}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/actions?state=drafted#a-{action.pk}")
    elsewhere = forms.of(march, "lin").send("/actions", "accept", of_shop(march, 1), at="//evil.example")
    assert elsewhere.headers["Location"] == "/actions"


def test_who_comes_second_is_told_who_was_first_and_keeps_what_was_typed(march: Cast) -> None:
    stale = of_shop(march)
    forms.of(march, "chen").done("/actions", "edit", stale, target="12")
    lin = forms.of(march, "lin")
    answer = lin.send("/actions", "edit", stale, target="15")
    page = answer.content.decode()
    assert answer.status_code == 412
    assert told(page) == [
        "您打开页面之后，陈国庆 于 03-16 10:00 改动了这一项。您填写的内容保留在下方，请核对后重新提交。"
    ]
    assert sorted(re.findall(r'name="target"[^>]*value="([^"]*)"', page)) == ["10", "15"]
    assert of_shop(march).target == 12


@pytest.mark.parametrize("typed", ["", "abc", "-1", "1.234", "NaN", "9999999999"])
def test_a_target_that_is_no_number_is_refused_in_a_sentence(march: Cast, typed: str) -> None:
    action = of_shop(march)
    status, sentence = forms.of(march, "lin").refused("/actions", "edit", action, target=typed)
    assert (status, sentence) == (400, "目标须是数字，最多两位小数")
    assert of_shop(march).version == action.version


def test_a_target_far_above_the_best_warns_and_is_kept(march: Cast) -> None:
    lin, action = forms.of(march, "lin"), of_shop(march)
    assert lin.done("/actions", "edit", action, target="18") == "目标已改为不低于 18 条。"
    said = lin.done("/actions", "edit", of_shop(march), target="18.5")
    assert said == "目标已改为不低于 18.5 条，明显高于近 12 个月最好水平，请确认能否达到。"
    held = of_shop(march)
    assert (held.target, held.drafted_target, held.is_flagged) == (Decimal("18.5"), Decimal(10), True)
    assert "原拟 10 条" in lin.read("/actions")


def test_an_action_is_dropped_with_a_reason_only(march: Cast) -> None:
    lin, action = forms.of(march, "lin"), of_shop(march)
    assert lin.refused("/actions", "drop", action, reason="") == (400, "内容未通过校验。")
    assert of_shop(march).state == "drafted"
    lin.done("/actions", "drop", action, reason="no_supply")
    assert (of_shop(march).state, of_shop(march).drop_reason) == ("dropped", "no_supply")
    assert "不做：没有货源" in lin.read("/actions?state=dropped")


def test_all_that_ask_for_no_look_are_accepted_at_once(march: Cast) -> None:
    Action.objects.filter(pk=of_shop(march, 1).pk).update(is_flagged=True)
    lin = forms.of(march, "lin")
    assert lin.done("/actions", "accept_all") == "已接受 1 项措施。 另有 1 项须单独确认。"
    assert (of_shop(march).state, of_shop(march, 1).state) == ("accepted", "drafted")


def test_who_does_not_plan_sees_no_form_and_is_refused(march: Cast) -> None:
    zhao, action = forms.of(march, "zhao"), of_shop(march)
    assert 'value="accept"' not in zhao.read("/actions")
    assert zhao.refused("/actions", "accept", action)[0] == 404
    assert forms.of(march, "wu").refused("/actions", "accept", action) == (
        404, "未找到。该地址或记录不存在，或不在您的管辖范围内。"
    )  # fmt: skip
    assert of_shop(march) == action
    assert of_shop(march).version == action.version


def test_an_act_that_no_page_offers_is_refused(march: Cast) -> None:
    assert forms.of(march, "lin").refused("/actions", "burn", of_shop(march))[0] == 400
    assert forms.of(march, "lin").refused("/actions", "accept", id="x", version="1")[0] == 400


def test_a_form_without_its_token_is_refused(march: Cast) -> None:
    lin = forms.of(march, "lin")
    lin.client.handler.enforce_csrf_checks = True
    action = of_shop(march)
    answer = lin.send("/actions", "accept", action)
    assert answer.status_code == 403
    assert "页面安全校验失败" in answer.content.decode()
    assert of_shop(march).version == action.version


# -- results and improvements ------------------------------------------------------------------------------------------


def test_a_miss_asks_for_its_reason_on_the_page_of_its_shop(march: Cast) -> None:
    result = missed(march)
    lin, address = forms.of(march, "lin"), f"/shops/{march.shops[0].pk}/2026-03"
    text = words(lin.read(address))
    assert "未达成 订货量(条) 6 条 不低于 10 条" in text
    assert lin.refused(address, "give_reason", result, id=str(result.pk), reason="")[0] == 400
    assert lin.done(address, "give_reason", result, reason="supply") == "原因已保存。"
    result.refresh_from_db()
    assert (result.reason, result.reason_by) == ("supply", march.lin)
    assert "原因：货源不足" in words(lin.read(address))


def test_an_improvement_is_carried_on_or_given_up_with_a_reason(march: Cast) -> None:
    lin, row = forms.of(march, "lin"), carried(march)
    assert "待办改进 1 项" in lin.read("/improvements")
    assert lin.done("/improvements", "improvement_accept", row) == "已列入改进，直到达成或放弃。"
    row.refresh_from_db()
    assert lin.refused("/improvements", "improvement_drop", row, reason="  ") == (400, "内容未通过校验。")
    assert lin.done("/improvements", "improvement_drop", row, reason="店铺即将拆迁") == "已放弃，原因已记录。"
    row.refresh_from_db()
    assert (row.state, row.reason) == ("dropped", "店铺即将拆迁")
    assert "没有待办的改进" in lin.read("/improvements")
    assert "店铺即将拆迁" in lin.read("/improvements?state=dropped")


# -- the shop and the board --------------------------------------------------------------------------------------------


def test_a_shop_shows_its_15_cells_and_what_stands_behind_each(march: Cast) -> None:
    page = forms.of(march, "lin").read(f"/shops/{march.shops[0].pk}/2026-03")
    assert re.findall(r'<article class="cell" id="(\w+)"', page) == [
        f"{dimension}_{step}"
        for dimension in ("client", "brand", "market")
        for step in ("analyze", "plan", "execute", "evaluate", "improve")
    ]
    text = words(page)
    assert "本期 5 条，上期 10 条。" in text
    assert "把订货量恢复到 10 条" in text
    assert 'rel="next"' not in page


def test_the_list_of_a_cell_leads_to_the_shops(march: Cast) -> None:
    page = forms.of(march, "lin").read("/cells/client_execute")
    for shop in march.shops:
        assert f'href="/shops/{shop.pk}/2026-03#client_execute"' in page


def test_the_board_counts_findings_by_rule_and_improvements_by_age(march: Cast) -> None:
    carried(march)
    text = words(forms.of(march, "zhao").read("/"))
    assert "135 工作法 进行中 发现 3 测试下滑 3 待办改进 1 最近一次评估产生 1 再评估一次仍未达成 0" in text
    assert "最早始于 2026-03-01" in text
    assert "本月没有预测。" in text
    assert "服务均衡 按规模 户均走访次数 诉求办结天数 中 5 0.00 –" in text


def test_who_plans_finds_the_own_month_on_the_board_and_a_leader_does_not(march: Cast) -> None:
    assert "打开我的工作表" in forms.of(march, "lin").read("/")
    assert "打开我的工作表" not in forms.of(march, "zhao").read("/")


# -- what is too long, and what is not the reader's --------------------------------------------------------------------


def test_reasons_and_remarks_are_as_long_as_the_api_takes_them(march: Cast) -> None:
    lin, long = forms.of(march, "lin"), "长" * 501
    improvement = carried(march)
    result, other = Result.objects.get(), of_shop(march, 1)
    assert lin.refused("/actions", "drop", other, reason="other", words=long) == (400, "最多 500 字。")
    assert lin.refused("/actions", "give_reason", result, reason="other", words=long) == (400, "最多 500 字。")
    assert lin.refused("/improvements", "improvement_drop", improvement, reason=long) == (400, "最多 500 字。")
    result.refresh_from_db()
    improvement.refresh_from_db()
    assert (result.words, improvement.state, of_shop(march, 1).state) == ("", "proposed", "drafted")


@pytest.mark.parametrize(("name", "is_told"), [("lin", False), ("chen", False), ("he", True)])
def test_a_restricted_rule_is_told_of_to_those_alone_who_read_its_findings(
    cast: Cast, name: str, is_told: bool
) -> None:
    page = words(forms.of(cast, name).read("/findings?month=2026-03&rule=market.flow"))
    assert ("异常流动" in page) is is_told


@pytest.mark.parametrize(
    "evidence", [{"query": "gone", "parameters": {}, "rows": 2}, {"kind": "gone", "ids": ["1"], "rows": 2}]
)
def test_a_finding_outlives_the_query_that_found_its_records(
    march: Cast, as_lin: APIClient, evidence: dict[str, object]
) -> None:
    finding = Finding.objects.get(retailer=march.shops[0])
    Sighting.objects.filter(finding_id=finding.pk).update(evidence=evidence)
    why = as_lin.get(f"/api/v1/findings/{finding.pk}").json()["why"]
    assert (why["evidence"]["rows"], why["evidence"]["links"]) == (2, [])
    assert "本期 5 条，上期 10 条。" in forms.of(march, "lin").read(f"/findings/{finding.pk}")


def test_an_action_outlives_its_metric(march: Cast) -> None:
    lin, action = forms.of(march, "lin"), of_shop(march)
    Action.objects.filter(pk=action.pk).update(metric="gone")
    assert "gone" in lin.read("/actions")
    lin.read(f"/shops/{march.shops[0].pk}/2026-03")
    assert lin.done("/actions", "edit", action, target="7.5").startswith("目标")
    assert of_shop(march).target == Decimal("7.5")
