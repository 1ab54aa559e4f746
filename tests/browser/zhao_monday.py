"""Zhao's Monday over a small demo: from the wall to a figure, down to an order and to a visit's note, then on paper.

On every level the screen's numbers add up to the one above, and to what the database holds.
"""

from __future__ import annotations

import re

from django.db.models import Sum
from playwright.sync_api import Locator, Page, expect

from backend import clock
from backend.exports import working
from backend.models import Export
from demo.guests import DEMO_PASSWORD
from market.models import Order
from tests.browser.desk import Desk, column
from visits.models import Visit

LEVELS = 3  # from the prefecture to a territory


def walk(zhao: Desk) -> None:
    """What changed, where, and why; every number opens."""
    zhao.sign_in("zhao", DEMO_PASSWORD)
    page = zhao.page
    first = page.locator(".wall li a").first
    expect(first.locator(".moved")).to_contain_text("变化最大")
    county = first.locator("strong").inner_text()
    first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(county)
    page.goto("/market/figure?kpi=sales")
    territory, total = _down(page)
    _orders(page, total)
    _visits(page, territory)
    _paper(page)
    _file(page, territory)


def _down(page: Page) -> tuple[str, int]:
    """Units below add up to the figure above, down to a territory; its name and cartons."""
    above, territory = _number(page.locator(".figures.one b")), ""
    assert above == _sold()
    for _ in range(LEVELS):
        ranking = page.locator("table.rank")
        rows, parts = ranking.locator("tbody tr"), [_whole(cell) for cell in column(ranking, "销量")]
        assert sum(parts) == above, (parts, above)
        above = parts[0]
        name = rows.first.locator("th").inner_text()
        [territory] = re.findall(r"unit=(\d+)", rows.first.locator("th a").get_attribute("href") or "")
        page.goto(f"/market/figure?kpi=sales&unit={territory}")
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        assert _number(page.locator(".figures.one b")) == above
    return territory, above


def _orders(page: Page, total: int) -> None:
    """The orders behind the territory's figure, page by page, and the lines of the first."""
    page.get_by_role("link", name="背后的明细").click()
    cartons, first = 0, ""
    while True:
        table = page.locator("main table")
        first = first or table.locator("tbody th a").first.get_attribute("href") or ""
        cartons += sum(_whole(cell) for cell in column(table, "条数"))
        more = page.get_by_role("link", name="下一页")
        if not more.count():
            break
        page.goto(more.get_attribute("href") or "")
    assert cartons == total
    page.goto(first)
    ordered = column(page.locator("main table"), "订购")
    key = first.rpartition("/")[2].partition("?")[0]
    order = Order.objects.get(pk=key)
    assert sum(_whole(cell) for cell in ordered) == order.cartons
    expect(page.get_by_role("heading", level=1)).to_contain_text(order.order_no)


def _visits(page: Page, territory: str) -> None:
    """The visits behind the territory's count are those that are counted, and one with a note says what was noted."""
    page.goto(f"/market/figure?kpi=visits&unit={territory}")
    counted = _number(page.locator(".figures.one b"))
    page.goto(f"/visits?unit={territory}")
    expect(page.locator("main .why").first).to_contain_text(f"{counted} 次走访")
    month = clock.today().replace(day=1)
    noted = Visit.objects.filter(territory_id=int(territory), month=month).exclude(note="").order_by("-started_at")[0]
    page.goto(f"/visits/{noted.pk}")
    expect(page.get_by_role("main")).to_contain_text(noted.note)


def _paper(page: Page) -> None:
    page.goto("/market")
    assert page.pdf().startswith(b"%PDF-")


def _file(page: Page, territory: str) -> None:
    """A file asked for on the page holds as many rows as the database, and the page says so."""
    page.goto(f"/exports?unit={territory}")
    page.locator("select[name=kind]").select_option("visits")
    page.locator("select[name=format]").select_option("csv")
    first = clock.today().replace(day=1)
    page.locator("input[name=since]").fill(str(first))
    page.locator("input[name=until]").fill(str(clock.today()))
    page.get_by_role("button", name="生成文件").click()
    made = Export.objects.latest("asked_at")
    working.make(made.pk)
    made.refresh_from_db()
    page.goto(f"/exports/{made.pk}")
    expect(page.get_by_role("main")).to_contain_text(f"{made.rows} 行")
    rows = Visit.objects.filter(month=first)
    if made.under_id is not None:
        rows = rows.filter(territory__ancestors__contains=[made.under_id])
    assert made.rows == rows.count() > 0


def _sold() -> int:
    month = clock.today().replace(day=1)
    return int(Order.objects.filter(month=month).aggregate(cartons=Sum("cartons"))["cartons"] or 0)


def _number(found: Locator) -> int:
    return _whole(found.inner_text())


def _whole(shown: str) -> int:
    return int(shown.replace(",", "").strip())
