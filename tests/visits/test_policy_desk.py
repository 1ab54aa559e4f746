"""The desk's pages of policies: drafts by the verbs, release and recall, what is typed as a quiz, whose they are."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backend.models import AuditEntry, ChangeMark
from tests.cast import NOW, Cast
from tests.walk.principals import browser
from visits import question_text, quiz
from visits.models import Policy, PolicyVersion
from visits.question_text import Unreadable

TYPED = "档位多久重评一次？ | How often?\n每月 | monthly\n* 每季度 | quarterly\n\n数量何时公布？\n＊每周一\n月末"
ASKED = [
    {
        "question": "档位多久重评一次？",
        "choices": ["每月", "每季度"],
        "right": 1,
        "question_en": "How often?",
        "choices_en": ["monthly", "quarterly"],
    },
    {"question": "数量何时公布？", "choices": ["每周一", "月末"], "right": 0},
]


def page(act: str, *args: Any, model: str = "policyversion") -> str:
    return reverse(f"admin:visits_{model}_{act}", args=args)


def form(cast: Cast, **change: Any) -> dict[str, Any]:
    return {"policy": cast.policy.policy_id, "body": "四月起按季度重评。", "pass_percent": 80, **change}


@pytest.fixture
def zhou(cast: Cast) -> Client:
    return browser(cast.people["zhou"])


def draft(cast: Cast, zhou: Client, **change: Any) -> PolicyVersion:
    answer = zhou.post(page("add"), form(cast, **change))
    made = PolicyVersion.objects.get(number=2)
    assert (answer.status_code, answer["Location"]) == (302, page("change", made.pk))
    return made


def test_a_version_of_the_desk_is_numbered_salted_and_audited_as_one_of_the_api(cast: Cast, zhou: Client) -> None:
    made = draft(cast, zhou, quiz=TYPED.replace("\n", "\r\n"), market_types=["C"], tier_from=10, tier_to=20)
    assert (made.quiz, made.quiz_shown) == (ASKED, quiz.shown(ASKED, made.quiz_salt))
    assert (len(made.quiz_salt), made.market_types, made.tier_from, made.tier_to) == (32, ["C"], 10, 20)
    assert (made.released_at, made.body) == (None, "四月起按季度重评。")
    [entry] = AuditEntry.objects.all()
    assert (entry.act, entry.actor_id, entry.unit_id) == ("policy.write", cast.zhou.pk, cast.prefecture.pk)


def test_a_draft_is_mended_and_says_how_many_shops_it_names(cast: Cast, zhou: Client) -> None:
    made = draft(cast, zhou, quiz=TYPED)
    shown = zhou.get(page("change", made.pk)).content.decode()
    assert "今天适用 5 户" in shown
    assert "* 每季度 | quarterly" in shown
    assert zhou.post(page("change", made.pk), form(cast, body="改为半年。", tier_from=16)).status_code == 302
    made.refresh_from_db()
    assert (made.body, made.quiz, made.quiz_shown, made.quiz_salt) == ("改为半年。", [], [], "")
    assert "今天适用 0 户" in zhou.get(page("change", made.pk)).content.decode()
    assert list(AuditEntry.objects.order_by("id").values_list("act", flat=True)) == ["policy.write", "policy.mend"]


def test_the_desk_releases_what_stands_on_its_page(cast: Cast, zhou: Client) -> None:
    made = draft(cast, zhou)
    ChangeMark.objects.all().delete()
    sent = form(cast, body="改过再发。", brief_by="2026-03-31", _release="1")
    assert zhou.post(page("change", made.pk), sent)["Location"] == page("change", made.pk)
    made.refresh_from_db()
    assert (made.body, made.released_at, made.brief_by) == ("改过再发。", NOW, date(2026, 3, 31))
    assert PolicyVersion.objects.get(number=1).superseded_at == NOW
    assert list(ChangeMark.objects.values_list("kind", "unit_id").distinct()) == [("policies", cast.prefecture.pk)]
    again = zhou.post(page("change", made.pk), sent)
    made.refresh_from_db()
    assert (again.status_code, again["Location"], made.released_at) == (302, page("change", made.pk), NOW)
    assert "该版本已发布，正文不再更改。" in zhou.get(page("change", made.pk)).content.decode()
    assert list(AuditEntry.objects.values_list("act", flat=True).order_by("id")) == [
        "policy.write", "policy.mend", "policy.release",
    ]  # fmt: skip


def test_the_desk_recalls_with_a_reason_and_once(cast: Cast, zhou: Client) -> None:
    at = page("change", cast.policy.pk)
    assert 'name="_recall"' in zhou.get(at).content.decode()
    zhou.post(at, {"_recall": "1", "reason": " "})
    assert PolicyVersion.objects.get().recalled_at is None
    assert "请写明撤回的原因" in zhou.get(at).content.decode()
    zhou.post(at, {"_recall": "1", "reason": "数字有误"})
    assert PolicyVersion.objects.values_list("recalled_at", "recall_reason").get() == (NOW, "数字有误")
    shown = zhou.get(at).content.decode()
    assert "已撤回，不得再宣讲。" in shown
    assert 'name="_recall"' not in shown
    zhou.post(at, {"_recall": "1", "reason": "再撤"})
    assert "该版本已撤回。" in zhou.get(at).content.decode()
    assert PolicyVersion.objects.get().recall_reason == "数字有误"
    assert AuditEntry.objects.get().act == "policy.recall"
    assert "已撤回" in zhou.get(page("history", cast.policy.pk)).content.decode()


def token(zhou: Client, at: str) -> dict[str, str]:
    """Of this one rendering of the page."""
    [found] = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', zhou.get(at).content.decode()))
    return {"csrfmiddlewaretoken": found}


def test_a_form_of_the_desk_that_is_sent_twice_is_written_once_and_answered_alike(cast: Cast, zhou: Client) -> None:
    sent = form(cast) | token(zhou, page("add"))
    led = [zhou.post(page("add"), sent)["Location"] for _ in range(2)]
    made = PolicyVersion.objects.get(number=2)
    assert led == [page("change", made.pk)] * 2
    releasing = form(cast, _release="1") | token(zhou, page("change", made.pk))
    assert [zhou.post(page("change", made.pk), releasing)["Location"] for _ in range(2)] == led
    assert zhou.get(page("change", made.pk)).content.decode().count("已发布，手机同步后即可看到。") >= 2
    acts = AuditEntry.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == ["policy.write", "policy.mend", "policy.release"]
    faulty = form(cast, body="") | token(zhou, page("add"))
    assert [zhou.post(page("add"), faulty).status_code for _ in range(2)] == [200, 200]
    again = form(cast) | token(zhou, page("add"))
    assert zhou.post(page("add"), again)["Location"] == page("change", PolicyVersion.objects.get(number=3).pk)


@pytest.mark.parametrize("who", ["sun", "qian", "chen"])
def test_nobody_else_writes_releases_or_recalls(cast: Cast, who: str) -> None:
    other = browser(cast.people[who])
    PolicyVersion.objects.create(policy=cast.policy.policy, number=2, body="草稿")
    other.post(page("add"), form(cast))
    for version in PolicyVersion.objects.all():
        other.post(page("change", version.pk), form(cast, _release="1"))
        other.post(page("change", version.pk), {"_recall": "1", "reason": "无权"})
    assert list(PolicyVersion.objects.order_by("number").values_list("body", "recalled_at")) == [
        (cast.policy.body, None), ("草稿", None),
    ]  # fmt: skip
    assert not AuditEntry.objects.exists()


def test_a_policy_from_above_is_read_and_neither_written_nor_recalled(cast: Cast, zhou: Client) -> None:
    Policy.objects.update(unit=cast.hubei)
    assert zhou.post(page("add"), form(cast)).status_code == 200
    at = page("change", cast.policy.pk)
    assert 'name="_recall"' not in zhou.get(at).content.decode()
    assert zhou.post(at, {"_recall": "1", "reason": "越权"}).status_code == 403
    assert PolicyVersion.objects.get().recalled_at is None
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"quiz": "只有题目"}, "第 1 题须有二至六个选项"),
        ({"quiz": "题\n甲\n乙"}, "须有且只有一个以星号开头"),
        ({"quiz": "题\n* 甲 | A\n乙"}, "第 1 题文字不全"),
        ({"shop_quiz": "题\n* 甲\n乙"}, "应为 2 至 3 题"),
        ({"tier_from": 20, "tier_to": 10}, "档位起止颠倒。"),
        ({"tier_from": 31}, "小于或等于30"),
        ({"brief_by": "2026-03-15"}, "宣讲期限已过。"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(cast: Cast, zhou: Client, change: dict[str, Any], told: str) -> None:
    answer = zhou.post(page("add"), form(cast, **change))
    assert (answer.status_code, PolicyVersion.objects.count()) == (200, 1)
    assert told in answer.content.decode()


def test_a_policy_about_a_product_is_one_of_its_kind(cast: Cast, zhou: Client) -> None:
    sent = {"unit": cast.prefecture.pk, "code": "new-1", "title": "新品", "product": cast.products[0].pk}
    assert zhou.post(page("add", model="policy"), sent).status_code == 302
    assert Policy.objects.get(code="new-1").kind == Policy.Kind.PRODUCT


def test_questions_come_back_as_they_were_written() -> None:
    assert question_text.read(TYPED) == ASKED
    assert question_text.read(question_text.written(ASKED)) == ASKED
    assert question_text.read("  \n ") == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("题\n* 甲\n乙\n\n第二题\n甲\n乙", (2, "right")),
        ("题\n* 甲", (1, "choices")),
        ("题\n*\n乙", (1, "empty")),
        ("题" * 301 + "\n* 甲\n乙", (1, "long")),
        ("题\n* 甲\n" + "乙" * 201, (1, "long")),
    ],
)
def test_what_is_no_question_is_told_by_its_number(text: str, fault: tuple[int, str]) -> None:
    with pytest.raises(Unreadable) as caught:
        question_text.read(text)
    assert (caught.value.number, caught.value.what) == fault
