"""Policies in the browser: for whom and since when, how far they came, which shop knows them, what was asked."""

from __future__ import annotations

from datetime import timedelta

from backend import clock, ticks
from backend.models import Unit
from tests.cast import NOW, Cast
from tests.visits.checks import day, visited
from tests.visits.items import full_item, receive
from tests.web import forms
from tests.web.forms import words
from visits.models import Briefed, PolicyAnswer, PolicyQuestion, PolicyVersion


def told(cast: Cast, **briefing: object) -> Briefed:
    """Lin told her first shop of the policy, and the tick followed."""
    line = {"policy_version_id": cast.policy.pk, "told_to": "店主", "understanding": 4, **briefing}
    visited(cast, day(16, 9), briefings=[line])
    assert ticks.run_one("visits.briefings")
    return Briefed.objects.get()


def asked(cast: Cast) -> PolicyQuestion:
    told(cast, question="何时公布？", unanswered=True)
    return PolicyQuestion.objects.get()


def page_of(cast: Cast) -> str:
    return f"/policies/{cast.policy.pk}"


def test_the_list_tells_for_whom_and_since_when(cast: Cast) -> None:
    page = words(forms.of(cast, "chen").read("/policies"))
    assert "三月货源投放规则" in page
    assert "第 1 版 生效中 适用于所属单位下全部零售户 · 2026-03-09 发布 · 须在 2026-03-20 前宣讲" in page
    PolicyVersion.objects.update(tier_from=10, tier_to=20, recalled_at=clock.now(), recall_reason="有误")
    assert "第 1 版 已撤回" in words(forms.of(cast, "chen").read("/policies"))
    assert "10 至 20 档" in words(forms.of(cast, "chen").read("/policies"))


def test_a_draft_shows_to_editors_alone(cast: Cast) -> None:
    PolicyVersion.objects.update(released_at=None)
    assert "三月货源投放规则" not in forms.of(cast, "chen").read("/policies")
    assert forms.of(cast, "chen").client.get(page_of(cast)).status_code == 404
    assert "草稿" in words(forms.of(cast, "zhou").read("/policies"))
    assert "按档位投放" in forms.of(cast, "zhou").read(page_of(cast))


def test_the_reach_adds_up_and_leads_to_the_shops_and_their_visits(cast: Cast) -> None:
    row = told(cast)
    page = words(forms.of(cast, "chen").read(page_of(cast)))
    assert "触达率 33.3 % 3 户中 1 户" in page
    assert "兴国一片区 3 1 1 33.3 100.0" in page
    Unit.objects.filter(name="兴国一片区").update(name_en="Xingguo One")
    assert "Xingguo One 3 1 1 33.3 100.0" in words(forms.of(cast, "chen", "en").read(page_of(cast)))
    shops = forms.of(cast, "chen").read(f"{page_of(cast)}/shops")
    assert f'href="/visits/{row.visit_id}">便民商店0</a>' in shops
    assert "✓ 已理解 2026-03-16 09:00" in words(shops)
    assert "没有符合条件的零售户" in forms.of(cast, "chen").read(f"{page_of(cast)}/shops?passed=false")


def test_shops_that_were_told_and_count_no_more_are_said(cast: Cast) -> None:
    shop = told(cast).retailer
    page, before = f"{page_of(cast)}/shops", "其中 1 户今日已停业、转出或类别已变，不计入触达率。"
    assert before not in forms.of(cast, "chen").read(page)
    shop.classifications.update(state="closed")
    assert "2 户中 0 户" in words(forms.of(cast, "chen").read(page_of(cast)))
    assert before in forms.of(cast, "chen").read(page)


def test_leaders_get_the_counties_as_a_block_for_the_map_and_as_a_table(cast: Cast) -> None:
    told(cast)
    page = forms.of(cast, "zhao").read(page_of(cast))
    assert 'id="chart-reach" type="application/json"' in page
    assert '"codes": ["420222", "420281"]' in page
    assert "阳新县 33.3" in words(page)
    assert "大冶市 0.0" in words(page)


def test_the_matrix_marks_what_each_shop_knows(cast: Cast) -> None:
    row = told(cast)
    page = forms.of(cast, "chen").read("/policies/shops")
    assert page.count('class="text passed"') == 1
    assert page.count('class="text due"') == 2
    assert f'href="/visits/{row.visit_id}"' in page
    stranger = forms.of(cast, "wu").read("/policies/shops")
    assert "便民商店0" not in stranger
    assert stranger.count('class="text due"') == 2


def test_the_second_touch_lists_who_does_not_know_it_once_its_day_has_come(cast: Cast) -> None:
    told(cast)
    PolicyVersion.objects.update(released_at=NOW - timedelta(days=14))
    page = words(forms.of(cast, "chen").read(f"{page_of(cast)}/second-touch"))
    assert "便民商店1 未宣讲" in page
    assert "便民商店0" not in page
    PolicyVersion.objects.update(released_at=NOW)
    assert "二次触达从" in forms.of(cast, "chen").read(f"{page_of(cast)}/second-touch")


def test_an_editor_answers_and_all_readers_see_it(cast: Cast) -> None:
    question = asked(cast)
    zhou = forms.of(cast, "zhou")
    assert "何时公布？" in zhou.read("/policies/questions")
    assert zhou.refused("/policies/questions", "answer", question) == (400, "请写明答复。")
    said = zhou.done("/policies/questions", "answer", question, answer="每周一。", question="何时公布投放？")
    assert said == "已答复：提问人会收到通知，政策的读者都能看到。"
    entry = PolicyAnswer.objects.get()
    assert (entry.question, entry.answer, entry.answered_by_id) == ("何时公布投放？", "每周一。", cast.zhou.pk)
    assert "何时公布投放？ 每周一。" in words(forms.of(cast, "chen").read(page_of(cast)))


def test_who_writes_no_policies_answers_nothing_and_strangers_see_no_question(cast: Cast) -> None:
    question = asked(cast)
    for name in ("chen", "lin", "wu"):
        assert forms.of(cast, name).send("/policies/questions", "answer", question, answer="x").status_code == 403
    assert (PolicyQuestion.objects.get().state, PolicyAnswer.objects.count()) == ("open", 0)
    assert "何时公布？" not in forms.of(cast, "wu").read("/policies/questions")
    assert forms.of(cast, "wu").client.get(f"/policies/questions?unit={cast.territory.pk}").status_code == 404


def test_policies_of_another_unit_and_unknown_ones_are_not_there(cast: Cast) -> None:
    receive(cast.actor("lin"), full_item(cast))
    for address in (page_of(cast), f"{page_of(cast)}/shops", f"{page_of(cast)}/second-touch"):
        for name in ("jiang", "qian"):
            assert forms.of(cast, name).client.get(address).status_code == 403
        assert forms.of(cast, "wu").client.get(f"{address}?unit={cast.county.pk}").status_code == 404
    assert forms.of(cast, "chen").client.get("/policies/999999").status_code == 404
    assert "便民商店0" not in forms.of(cast, "wu").read(f"{page_of(cast)}/shops")
