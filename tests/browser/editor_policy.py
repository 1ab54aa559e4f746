"""An editor's policy: written, mended, released at the desk, learnt and told by Lin, counted on its pages, recalled."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from backend import clock, ticks
from backend.models import AuditEntry
from retail.models import Classification, Retailer
from tests.browser import visiting
from tests.browser.desk import Desk, desk
from tests.browser.stage import Phone, Stage
from tests.browser.visiting import forward
from tests.cast import Cast
from visits.models import Briefed, Briefing, Policy, PolicyVersion, QuizAttempt, Visit

TITLE, CARD, REASON = "十二月货源投放规则", "看档位，问周一。", "投放数量有误，另行通知。"
BODY, MENDED = "档位每月重评一次。", "档位每季度重评一次，数量每周一公布。"
QUIZ = "档位多久重评一次？\n每月\n* 每季度\n\n数量何时公布？\n* 每周一\n月末"
ASKED = "您的档位几时重评？\n* 每季度\n每年\n\n紧俏烟哪天公布？\n* 周一\n周五"
OUTSIDE = 5  # a tier that the version does not name


def walk(stage: Stage) -> None:
    """Two of Lin's three shops are named by it; one of them is told and understands; then it is taken back."""
    cast = stage.cast
    Classification.objects.filter(retailer=cast.shops[2]).update(tier=OUTSIDE)
    with desk(stage) as zhou, desk(stage) as chen, stage.phone("lin") as phone:
        zhou.sign_in("zhou")
        phone.sign_in("lin")
        version = _writes(zhou, cast)
        _is_known(phone, is_known=False)
        _releases(zhou, version)
        _learns(phone, version)
        _tells(phone, cast, version)
        chen.sign_in("chen")
        _counts_are_those(chen.page, cast, version)
        _recalls(zhou, version)
        _leaves(phone, cast, version)
        _is_told(chen.page, cast, version)
    acts = AuditEntry.objects.filter(actor=cast.people["zhou"]).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["policy.add", "policy.write", "policy.mend", "policy.release", "policy.recall"], list(acts)


def _writes(zhou: Desk, cast: Cast) -> PolicyVersion:
    """The policy, then its first version for convenience stores of the upper tiers: a draft on its own page."""
    page = zhou.page
    page.goto("/policies")
    page.get_by_role("navigation").get_by_role("link", name="主数据").click()
    page.locator("a[href='/desk/visits/policy/add/']").first.click()
    page.locator("select[name=unit]").select_option(str(cast.prefecture.pk))
    page.locator("input[name=code]").fill("supply-2026-12")
    page.locator("input[name=title]").fill(TITLE)
    page.locator("input[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    policy = Policy.objects.get(title=TITLE)
    page.goto("/desk/visits/policyversion/add/")
    page.locator("select[name=policy]").select_option(str(policy.pk))
    page.locator("textarea[name=body]").fill(BODY)
    page.locator("textarea[name=card]").fill(CARD)
    page.locator("input[name=market_types][value=C]").check()
    page.locator("input[name=tier_from]").fill("10")
    page.locator("textarea[name=quiz]").fill(QUIZ)
    page.locator("textarea[name=shop_quiz]").fill(ASKED)
    page.locator("input[name=_save]").click()
    expect(page.get_by_text("今天适用 4 户")).to_be_visible()
    expect(page.locator("textarea[name=quiz]")).to_have_value(QUIZ)
    version = PolicyVersion.objects.get(policy=policy)
    assert page.url.endswith(f"/desk/visits/policyversion/{version.pk}/change/")
    assert (version.number, version.released_at, version.market_types, version.tier_from) == (1, None, ["C"], 10)
    return version


def _releases(zhou: Desk, version: PolicyVersion) -> None:
    """What stands on the page is what is released, by a double click once."""
    page, day = zhou.page, clock.today() + timedelta(days=7)
    page.locator("textarea[name=body]").fill(MENDED)
    page.locator("input[name=brief_by]").fill(day.isoformat())
    page.locator("input[name=_release]").dblclick()
    expect(page.get_by_role("heading", name="撤回", exact=True)).to_be_visible()
    expect(page.locator("textarea")).to_have_count(0)
    expect(page.get_by_text(MENDED)).to_be_visible()
    version.refresh_from_db()
    assert version.released_at is not None
    assert (version.body, version.brief_by, len(version.quiz_shown)) == (MENDED, day, 2)
    assert AuditEntry.objects.filter(act="policy.release").count() == 1


def _is_known(phone: Phone, *, is_known: bool) -> None:
    """After the worker's turn the list of what is to be learnt holds it, or does not."""
    assert ticks.run_one("phones")
    phone.page.goto("/app/learn")
    expect(phone.page.get_by_role("heading", level=1)).to_be_visible()
    expect(phone.page.get_by_role("link", name=TITLE)).to_have_count(int(is_known))


def _learns(phone: Phone, version: PolicyVersion) -> None:
    _is_known(phone, is_known=True)
    page = phone.page
    page.get_by_role("link", name=TITLE).click()
    expect(page.get_by_text(CARD)).to_be_visible()
    page.get_by_role("button", name="开始测验").click()
    page.get_by_label("每季度", exact=True).check()
    page.get_by_role("button", name="下一题").click()
    page.get_by_label("每周一", exact=True).check()
    page.get_by_role("button", name="交卷").click()
    expect(page.get_by_text("答对 2 题，共 2 题")).to_be_visible()
    phone.until(lambda: QuizAttempt.objects.filter(policy_version=version, passed=True).exists(), "not graded")


def _tells(phone: Phone, cast: Cast, version: PolicyVersion) -> None:
    """The first shop is told and asked; a shop of another tier is not to be told at all."""
    page, shop = phone.page, cast.shops[0]
    assert [_is_due(page, one) for one in cast.shops] == [True, True, False]
    visiting.begin(page, str(shop.pk))
    page.get_by_label(shop.holder, exact=True).check()
    forward(page, "政策宣讲")
    page.get_by_role("button", name="已讲解").click()
    page.get_by_label("每季度", exact=True).check()
    page.get_by_label("周一", exact=True).check()
    forward(page, "收尾离店")
    visiting.check_out(page, str(shop.pk))
    phone.until(lambda: Visit.objects.count() == 1, "the visit is not sent")
    [line] = Briefing.objects.all()
    assert (line.policy_version_id, line.told_to, line.passed) == (version.pk, shop.holder, True)
    assert ticks.run_one("visits.briefings")


def _is_due(page: Page, shop: Retailer) -> bool:
    """Whether the shop's card says that it is still to be told."""
    page.goto(f"/app/shop/{shop.pk}")
    expect(page.get_by_text(shop.holder).first).to_be_visible()
    return page.get_by_text(TITLE).count() > 0


def _counts_are_those(page: Page, cast: Cast, version: PolicyVersion) -> None:
    """Shops named, told and understood, as stored; the matrix marks each shop by what it has."""
    told = Briefed.objects.filter(policy_version=version)
    named = Classification.objects.filter(retailer__in=cast.shops, market_type="C", tier__gte=10).count()
    counts = (named, told.count(), told.filter(passed=True).count())
    assert counts == (2, 1, 1)
    page.goto(f"/policies/{version.pk}")
    row = page.locator("section[aria-labelledby=h-reach] tbody tr")
    shown = [one.inner_text() for one in row.locator("th, td").all()]
    assert shown == [cast.territory.name, *map(str, counts), "50.0", "100.0"], shown
    marks = _marks(page, cast)
    assert [mark[:1] for mark in marks] == ["✓", "·", "–"], marks
    assert re.search(rf"\b{clock.today():%m-%d}", marks[0])


def _marks(page: Page, cast: Cast) -> list[str]:
    """What Lin's shops have of the version, by the column that bears its title; nothing without the column."""
    page.goto("/policies/shops")
    heads = [one.inner_text() for one in page.locator("table.matrix thead th").all()]
    at = [n for n, head in enumerate(heads) if TITLE in head]
    rows = [page.locator("table.matrix tbody tr", has_text=shop.name) for shop in cast.shops]
    return [row.locator("th, td").nth(at[0]).inner_text() for row in rows] if at else []


def _recalls(zhou: Desk, version: PolicyVersion) -> None:
    page = zhou.page
    page.locator("input[name=_recall]").click()
    page.locator("input[name=reason]").fill(REASON)
    page.locator("input[name=_recall]").click()
    expect(page.locator(".messagelist .success")).to_have_text("已撤回，不得再宣讲。")
    expect(page.locator("input[name=_recall]")).to_have_count(0)
    version.refresh_from_db()
    assert version.recalled_at is not None
    assert version.recall_reason == REASON


def _leaves(phone: Phone, cast: Cast, version: PolicyVersion) -> None:
    """Gone from what is to be learnt and told; who opens its page reads why."""
    assert ticks.run_one("phones")
    page = phone.page
    page.goto(f"/app/learn/{version.pk}")
    expect(page.get_by_role("alert").get_by_text(f"已撤回：{REASON}")).to_be_visible()
    page.goto("/app/learn")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("link", name=TITLE)).to_have_count(0)
    assert [_is_due(page, one) for one in cast.shops] == [False, False, False]


def _is_told(page: Page, cast: Cast, version: PolicyVersion) -> None:
    """The page says that it was recalled and why; what was told stands, the matrix does not ask for it any more."""
    page.goto(f"/policies/{version.pk}")
    expect(page.locator(".tag").first).to_have_text("已撤回")
    expect(page.get_by_text(REASON)).to_be_visible()
    assert _marks(page, cast) == []
    assert Briefed.objects.filter(policy_version=version).count() == 1
