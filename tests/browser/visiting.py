"""How a visit is worked on the phone, tap by tap and key by key, and what it cost her; for journeys of tests/browser.

`Cost` holds what the app itself counted (`#counted`). Every Chinese character counts there once, as it arrives; typed
in pinyin it takes about three keys, which `keys` reckons with. A practised thumb makes 3.5 keys and one considered tap
a second: hence `typing_s`, which must stay under two minutes, and `working_s`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

KEYS_PER_S = 3.5
KEYS_PER_CHARACTER = 3  # of pinyin, the choice of the word among them
MOST_TYPING_S = 120
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Cost:
    """One visit's taps, characters typed, and how many of those were Chinese."""

    name: str
    tapped: int
    typed: int
    chinese: int
    seconds: int

    @property
    def keys(self) -> int:
        return self.typed + (KEYS_PER_CHARACTER - 1) * self.chinese

    @property
    def typing_s(self) -> float:
        return self.keys / KEYS_PER_S

    @property
    def working_s(self) -> float:
        return self.typing_s + self.tapped

    def told(self) -> str:
        return (
            f"{self.name}: {self.tapped} taps, {self.typed} characters = {self.keys} keys, "
            f"typing {self.typing_s:.0f} s at {KEYS_PER_S} keys/s, with a second a tap {self.working_s:.0f} s; "
            f"walked by the script in {self.seconds} s"
        )


def begin(page: Page, shop_id: str) -> None:
    """At the door; one tap checks in."""
    page.goto(f"/app/visit/{shop_id}")
    page.get_by_role("button", name="到店签到").click()
    expect(page.get_by_role("heading", name="到店", exact=True)).to_be_visible()


def forward(page: Page, step: str) -> None:
    """On with the thumb until the step."""
    heading, on = page.locator("h1"), page.get_by_role("button", name="下一步")
    for _ in range(12):
        if heading.inner_text() == step:
            return
        before = heading.inner_text()
        on.click()
        expect(heading).not_to_have_text(before)
    raise AssertionError(f"no step {step}")


def card(page: Page, title: str) -> Locator:
    """The card of one question."""
    return page.locator("section.card", has=page.get_by_role("heading", name=title, exact=True))


def pad(page: Page, field: Locator, digits: str) -> None:
    """A number by the pad, digit by digit."""
    field.click()
    sheet = page.get_by_role("dialog").filter(visible=True)
    for digit in digits:
        sheet.get_by_role("button", name="小数点" if digit == "." else digit, exact=True).click()
    sheet.get_by_role("button", name="好", exact=True).click()


def cost(page: Page, name: str, text: str = "") -> Cost:
    """What the app counted so far; on the last step. `text` is what was typed in Chinese."""
    counted = page.locator("#counted")
    tapped, typed, seconds = (int(counted.get_attribute(f"data-{one}") or "") for one in ("tapped", "typed", "seconds"))
    return Cost(name, tapped, typed, len(_CHINESE.findall(text)), seconds)


def check_out(page: Page, shop_id: str) -> None:
    page.get_by_role("button", name=re.compile("签退")).click()
    expect(page).to_have_url(re.compile(f"/app/shop/{shop_id}$"))


def picture(folder: Path, number: int = 0) -> Path:
    """A bright and sharp photo, as of a shelf; each number another."""
    image = Image.new("RGB", (1200, 900), "white")
    draw = ImageDraw.Draw(image)
    for x in range(0, 1200, 40):
        for y in range(0, 900, 60):
            draw.rectangle([x, y, x + 24, y + 44], fill=(x % 200, (y + 30 * number) % 180, 120))
    path = folder / f"shelf-{number}.jpg"
    image.save(path, quality=92)
    return path
