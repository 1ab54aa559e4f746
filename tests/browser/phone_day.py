"""Lin's plan, quiz and month: changed on the phone without a network, told by the database once it is back."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from backend import clock
from cycles import month as months
from cycles.models import ManagerCell, ManagerCycle
from tests.browser.stage import Phone, Stage
from tests.sync.feeds import planned
from visits import quiz
from visits.models import PlannedStop, PolicyVersion, QuizAttempt

QUIZ = [
    {"question": "档位多久重评一次？", "choices": ["每月", "每季度"], "right": 1},
    {"question": "数量何时公布？", "choices": ["每周一", "月末"], "right": 0},
]
EXECUTE = re.compile("^客户 实施")
WORDS = "两户店主外出，已约好下周走访。"


def walk(stage: Stage) -> None:
    """Three stops, a policy with a quiz and the month's paper: all of it is worked on offline, then handed in."""
    stops = [planned(stage.cast, shop, clock.today(), position=shop + 1) for shop in range(3)]
    version = _policy(stage)
    months.open_month(clock.today().replace(day=1))
    with stage.phone("lin") as phone:
        phone.sign_in("lin")
        phone.settle()
        phone.page.goto("/app/month")
        expect(phone.page.get_by_role("button", name=EXECUTE)).to_be_visible()
        phone.page.goto(f"/app/learn/{version.pk}")
        expect(phone.page.get_by_role("button", name="开始测验")).to_be_visible()
        phone.page.goto("/app/")
        expect(phone.page.get_by_role("heading", name=f"1. {stage.cast.shops[0].name}")).to_be_visible()
        phone.cut()
        _replans(phone.page, stage)
        _learns(phone.page, version)
        _writes(phone.page)
        phone.until(lambda: phone.waiting() >= 4, "what was done is not in the store")
        assert not QuizAttempt.objects.exists()
        phone.cut(is_cut=False)
        phone.until(lambda: phone.waiting() == 0, "what was done is not sent")
        _is_stored(stops, version)
        _hands_in(phone, stage)


def _policy(stage: Stage) -> PolicyVersion:
    return PolicyVersion.objects.create(
        policy=stage.cast.policy.policy, number=2, body="档位每季度重评一次。", card="看档位。", quiz=QUIZ,
        quiz_salt="salt", quiz_shown=quiz.shown(QUIZ, "salt"), released_at=clock.now() - timedelta(hours=1),
    )  # fmt: skip


def _replans(page: Page, stage: Stage) -> None:
    """The first stop is taken off with a reason; the last is moved before the second."""
    page.get_by_role("button", name="调整").first.click()
    page.get_by_label("已电话沟通").check()
    page.get_by_role("button", name="取消走访").click()
    expect(page.get_by_role("heading", name=f"1. {stage.cast.shops[1].name}")).to_be_visible()
    page.get_by_role("button", name="调整").last.click()
    page.get_by_role("button", name="往前一位").click()
    expect(page.get_by_role("heading", name=f"1. {stage.cast.shops[2].name}")).to_be_visible()
    page.get_by_role("button", name="关闭").click()


def _learns(page: Page, version: PolicyVersion) -> None:
    """The quiz is graded at once, by the hashes that the phone holds."""
    page.goto(f"/app/learn/{version.pk}")
    page.get_by_role("button", name="开始测验").click()
    page.get_by_label("每季度").check()
    page.get_by_role("button", name="下一题").click()
    page.get_by_label("每周一").check()
    page.get_by_role("button", name="交卷").click()
    expect(page.get_by_text("答对 2 题，共 2 题")).to_be_visible()


def _writes(page: Page) -> None:
    page.goto("/app/month")
    page.get_by_role("button", name=EXECUTE).click()
    page.get_by_label(re.compile("^我的说明")).fill(WORDS)
    page.get_by_role("button", name="关闭").click()
    expect(page.get_by_role("button", name="提交本月工作")).to_be_disabled()


def _is_stored(stops: list[PlannedStop], version: PolicyVersion) -> None:
    told = [
        (stop.state, stop.position, stop.words) for stop in PlannedStop.objects.in_bulk([s.pk for s in stops]).values()
    ]
    assert sorted(told) == [("dropped", 1, "已电话沟通"), ("planned", 1, ""), ("planned", 2, "")], told
    [attempt] = QuizAttempt.objects.all()
    assert (attempt.policy_version_id, attempt.right, attempt.passed) == (version.pk, 2, True)


def _hands_in(phone: Phone, stage: Stage) -> None:
    paper = ManagerCycle.objects.get(person=stage.cast.people["lin"])
    assert ManagerCell.objects.get(cycle=paper, cell="client_execute").words == WORDS
    phone.page.get_by_role("button", name="提交本月工作").click()
    expect(phone.page.get_by_role("status").get_by_text("已提交")).to_be_visible()
    held = ManagerCell.objects.get(cycle=paper, cell="client_execute")
    assert (held.state, held.words) == (ManagerCycle.State.SUBMITTED, WORDS)
