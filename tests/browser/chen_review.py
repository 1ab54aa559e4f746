"""Chen's review by keys alone: reads the evidence, approves one, sends one back, approves the rest, takes one back."""

from __future__ import annotations

import re
from uuid import UUID

from django.db import transaction
from playwright.sync_api import expect

from backend import clock
from backend.models import AuditEntry
from cycles import manager_month
from cycles import month as months
from cycles.models import ManagerCell, ManagerCycle
from tests.browser.desk import Desk, desk
from tests.browser.stage import Stage
from tests.cast import Cast

REASON = "请写明下周先走访哪几户。"
AGAIN = "陈列照片还差一张。"


def walk(stage: Stage) -> None:
    """Lin and Ma hand in their months; Chen works through hers without a mouse."""
    cast = stage.cast
    _handed_in(cast)
    with desk(stage) as chen:
        chen.sign_in("chen")
        chen.page.goto("/reviews")
        keys = [one.get_attribute("value") or "" for one in chen.page.locator(".pick input").all()]
        assert len(keys) == len(set(keys)) > 4, keys
        _tabs(chen)
        _reads(chen)
        _approves(chen, keys)
        _sends_back(chen, keys)
        _approves_rest(chen, keys)
        _takes_back(chen, keys)
        chen.page.goto("/reviews")
        counts = [one.inner_text() for one in chen.page.locator(".wall li").all()]
    _is_stored(cast, keys)
    _counts_are_those(cast, counts)


def _handed_in(cast: Cast) -> None:
    month = clock.today().replace(day=1)
    months.open_month(month)
    for name in ("lin", "ma"):
        cycle = ManagerCycle.objects.get(person=cast.people[name], month=month)
        with transaction.atomic():
            held = manager_month.hold(cast.actor(name), cycle.pk)
            manager_month.submit(actor=cast.actor(name), cycle=held, cells=manager_month.columns_of(None))


def _link(desk: Desk, nth: int) -> str:
    return desk.page.locator(".pick").nth(nth).locator("h3 a").get_attribute("href") or ""


def _stands_at(desk: Desk, nth: int) -> None:
    assert desk.focused().get_attribute("href") == _link(desk, nth)


def _tabs(desk: Desk) -> None:
    """The first Tab skips to the content; from there the order is the page's, and it is left at the end."""
    desk.press("Tab")
    assert desk.focused().get_attribute("href") == "#content"
    seen: list[int] = []
    for _ in range(300):
        desk.press("Tab")
        if desk.page.locator(":focus").count() == 0 or desk.page.evaluate("document.activeElement === document.body"):
            break
        place = desk.focused().evaluate("one => [...document.querySelectorAll('*')].indexOf(one)")
        if seen and place < seen[-1]:
            break  # the browser begins anew
        seen.append(place)
    assert seen == sorted(set(seen)), "the order of Tab is not that of the page"
    last = desk.page.evaluate(
        "[...document.querySelectorAll('*')].indexOf([...document.querySelectorAll('main a[href]')].at(-1))"
    )
    assert seen[-1] >= last, "the focus is trapped before the end of the page"


def _reads(desk: Desk) -> None:
    """? opens the help; j and k move; Enter opens the paper of one, and the way back leads to the queue."""
    page = desk.page
    page.goto("/reviews")
    assert page.locator("details.keys").get_attribute("open") is None
    desk.press("?")
    expect(page.locator("details.keys").get_by_text("r", exact=True)).to_be_visible()
    desk.press("?", "j", "j", "k", "j")
    _stands_at(desk, 1)
    href = _link(desk, 1)
    desk.press("Enter")
    page.wait_for_url(f"**{href}")
    page.go_back()
    desk.press("j")
    _stands_at(desk, 0)
    desk.press("o")
    page.wait_for_url(f"**{_link_of(href)}#*")
    page.go_back()


def _link_of(href: str) -> str:
    return href.partition("#")[0]


def _approves(desk: Desk, keys: list[str]) -> None:
    desk.press("j", "a")
    expect(desk.page.locator(".said")).to_have_text("已通过 1 格。")
    expect(desk.page.locator(".pick")).to_have_count(len(keys) - 1)
    _stands_at(desk, 0)  # at the cell that came in its place


def _sends_back(desk: Desk, keys: list[str]) -> None:
    """The reason has the focus; letters typed there do nothing else, and Escape leads back to the list."""
    page = desk.page
    desk.press("r")
    expect(page.locator("textarea[name=reason]")).to_be_focused()
    desk.press("Escape")
    _stands_at(desk, 0)
    desk.press("r")
    page.keyboard.type("jkax")
    assert page.locator("textarea[name=reason]").input_value() == "jkax"
    desk.press("Control+a")
    page.keyboard.insert_text(REASON)
    desk.press("Tab")
    assert desk.focused().get_attribute("value") == "send_back"
    desk.press("Enter")
    expect(page.locator(".said")).to_have_text("已退回 1 格。")
    expect(page.locator(".pick")).to_have_count(len(keys) - 2)


def _approves_rest(desk: Desk, keys: list[str]) -> None:
    for _ in keys[3:]:
        desk.press("x", "j")
    desk.press("x")
    expect(desk.page.locator(".pick input:checked")).to_have_count(len(keys) - 2)
    desk.press("a")
    expect(desk.page.locator(".said")).to_have_text(f"已通过 {len(keys) - 2} 格。")
    expect(desk.page.locator(".pick")).to_have_count(0)
    expect(desk.page.get_by_text("本月没有待您审阅的内容。")).to_be_visible()


def _takes_back(desk: Desk, keys: list[str]) -> None:
    """An approval is taken back by sending the cell back, on the paper of its month."""
    cycle, cell, _ = keys[-1].split(":")
    desk.page.goto(f"/months/{cycle}")
    article = desk.page.locator(f"article#{cell}")
    article.locator("summary", has_text="退回").focus()
    desk.press("Enter", "Tab")
    desk.page.keyboard.insert_text(AGAIN)
    desk.press("Tab")
    desk.focused()
    desk.press("Enter")
    expect(desk.page.locator(".said")).to_be_visible()


def _is_stored(cast: Cast, keys: list[str]) -> None:
    """Two cells went back with their reasons, the others of the queue are approved by Chen, the rest still wait."""
    rows = {f"{row.cycle_id}:{row.cell}": row for row in ManagerCell.objects.select_related("reviewer")}
    asked = [rows[key.rpartition(":")[0]] for key in keys]
    states = [row.state for row in asked]
    assert states == ["approved", "sent_back", *["approved"] * (len(keys) - 3), "sent_back"], states
    assert {row.reviewer for row in asked} == {cast.people["chen"]}
    assert (asked[1].reason, asked[-1].reason) == (REASON, AGAIN)
    others = {row.state for key, row in rows.items() if row not in asked and row.cycle.person_id in _two(cast)}
    assert others <= {"submitted"}, others
    acts = AuditEntry.objects.filter(actor=cast.people["chen"], act__startswith="manager_cell.")
    assert acts.count() == len(keys) + 1


def _counts_are_those(cast: Cast, shown: list[str]) -> None:
    """Each manager's card tells as many cells of each state as are stored."""
    assert len(shown) == 2, shown
    for name in ("lin", "ma"):
        [card] = [one for one in shown if cast.people[name].name in one]
        stored = ManagerCell.objects.filter(cycle__person=cast.people[name])
        for state, word in (("approved", "已通过"), ("sent_back", "已退回"), ("submitted", "已提交")):
            if n := stored.filter(state=state).count():
                assert re.search(rf"\b{n}\s+{word}", card), (n, word, card)


def _two(cast: Cast) -> set[UUID]:
    return {cast.people["lin"].pk, cast.people["ma"].pk}
