"""A browser at a desk: 1440 by 900, in Chinese, worked by mouse or by keys alone. The boards' journeys open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.server import PASSWORD
from tests.browser.stage import ARGUMENTS, CHROMIUM, WAIT_MS, Stage

SCREEN: ViewportSize = {"width": 1440, "height": 900}
OUTLINE = "one => { const s = getComputedStyle(one); return [s.outlineStyle, parseFloat(s.outlineWidth)] }"


@dataclass(frozen=True)
class Desk:
    """One person's browser; every page error is kept and held against the journey at its end."""

    page: Page
    errors: list[str]

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        """The person's first page is open."""
        self.page.goto("/")
        self.page.locator("input[name=username]").fill(username)  # a demo has buttons of that name too
        self.page.locator("input[type=password]").fill(password)
        self.page.locator("input[type=password]").press("Enter")
        expect(self.page.get_by_role("main")).to_be_visible()
        expect(self.page.locator("input[type=password]")).to_have_count(0)

    def focused(self) -> Locator:
        """What has the focus; AssertionError where nothing has, or where it does not show."""
        found = self.page.locator(":focus")
        expect(found).to_have_count(1)
        style, width = found.evaluate(OUTLINE)
        assert style != "none", "the focus does not show"
        assert width >= 2, "the focus does not show"
        return found

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


def column(table: Locator, name: str) -> list[str]:
    """The cells below the head whose first word is the name, one of each row, wherever the column stands."""
    heads = [head.split()[0] for head in table.locator("thead th").all_inner_texts()]
    assert heads.count(name) == 1, heads
    return [row.locator("th, td").nth(heads.index(name)).inner_text() for row in table.locator("tbody tr").all()]


@contextmanager
def desk(stage: Stage) -> Iterator[Desk]:
    """A desk without anybody's session."""
    browser = stage.playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *stage.arguments])
    context = browser.new_context(
        viewport=SCREEN, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=stage.address, accept_downloads=True
    )
    context.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield Desk(page, errors)
        assert not errors, errors
    except BaseException:
        stage.failed.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(stage.failed), full_page=True)
        raise
    finally:
        browser.close()
