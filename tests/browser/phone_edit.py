"""Lin mends a visit that was sent, takes it back without a network, brings it back, and takes it back for good."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from playwright.sync_api import Page, expect

from backend.scope import actor_of
from tests.browser.stage import Phone, Stage
from tests.visits.items import full_item, receive
from visits import telling
from visits.models import Visit, VisitRevision

PURPOSES = ["service", "display", "brand", "policy", "intelligence"]
NOTE = "店主改约下周三，先看库存。"


def walk(stage: Stage) -> None:
    """What the screen says of her record is what the database says, after each of four acts."""
    cast = stage.cast
    [outcome] = receive(actor_of(cast.lin), full_item(cast, purposes=PURPOSES))
    assert outcome.problem is None, outcome.problem
    key, before = outcome.submission_id, _told(outcome.submission_id)
    with stage.phone("lin") as phone:
        phone.sign_in("lin")
        phone.settle()
        shop = f"/app/shop/{cast.shops[0].pk}"
        phone.page.goto(shop)
        expect(phone.page.get_by_role("heading", name="我的走访记录")).to_be_visible()
        expect(phone.page.get_by_text("未通过：丰富")).to_be_visible()  # the template is here: it names its items
        _mends(phone.page)
        phone.until(lambda: VisitRevision.objects.filter(visit_id=key).count() == 1, "the edit is not there")
        after = _told(key)
        other = {name: after.get(name) for name in before | after if before.get(name) != after.get(name)}
        assert other == {"note": NOTE, "typed_s": 3}, other  # what it took her to type adds up
        expect(phone.page.get_by_text("已修改 1 次")).to_be_visible()

        phone.cut()
        _withdraws(phone.page)
        expect(phone.page.get_by_role("heading", name="我的走访记录")).to_be_hidden()
        phone.page.goto("/app/unsent")
        expect(phone.page.get_by_text("撤回走访")).to_be_visible()
        phone.page.get_by_role("button", name="恢复这次走访").click()
        expect(phone.page.get_by_text("已恢复")).to_be_visible()
        phone.cut(is_cut=False)
        phone.until(lambda: phone.waiting() == 0, "nothing should wait")
        assert _acts(key) == ["edit"], _acts(key)

        phone.page.goto(shop)
        _withdraws(phone.page)
        phone.until(lambda: not Visit.objects.filter(pk=key).exists(), "the visit still stands")
        _is_kept(phone, key, before["note"])


def _mends(page: Page) -> None:
    page.get_by_role("button", name="修改", exact=True).click()
    expect(page.get_by_text("修改记录")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^\d+.\d+ 步$")).click()
    page.get_by_role("dialog").get_by_role("button", name="收尾离店").click()
    page.get_by_label("说了什么、定了什么").fill(NOTE)
    page.get_by_role("button", name="保存修改").click()
    expect(page.get_by_role("heading", name="我的走访记录")).to_be_visible()


def _withdraws(page: Page) -> None:
    page.get_by_role("button", name="撤回这次走访").click()
    page.get_by_role("button", name="确定撤回").click()
    expect(page.get_by_text("已撤回")).to_be_visible()


def _told(key: UUID) -> dict[str, Any]:
    """What the visit tells as it stands, all its lines with it."""
    visit = Visit.objects.get(pk=key)
    return dict(telling.told([(key, visit.month)])[key])


def _is_kept(phone: Phone, key: UUID, first: str) -> None:
    """The withdrawal is a revision with what stood before; the phone waits for nothing."""
    phone.until(lambda: phone.waiting() == 0, "the withdrawal is not covered by an answer")
    acts = VisitRevision.objects.filter(visit_id=key).order_by("number").values_list("act", "before__note")
    assert list(acts) == [("edit", first), ("withdraw", NOTE)], list(acts)


def _acts(key: UUID) -> list[str]:
    return list(VisitRevision.objects.filter(visit_id=key).order_by("number").values_list("act", flat=True))
