"""Pictures of every page: `make pictures`, over a small demo of its own or that of `PICTURES_OF=http://127.0.0.1:8000`.

Each page of tests/browser/pages.py at 390 and 1440 px in Chinese, some also in English, dark and at 200 %, into
var/pictures with an index.html. Fails where a page scrolls sideways, where the console or the content policy complains,
where axe finds something serious, or where a page or the link to it is not there. Names of pages may be given. The same
without pictures is part of `make test-browser` (over_demo.py).
"""

from __future__ import annotations

import html
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright
from playwright.sync_api import Page as Tab

from tests.browser import server
from tests.browser.pages import BOARDS, DESK, IN_ENGLISH, PHONE, Page

ROOT = Path(__file__).resolve().parents[2]
INTO = ROOT / "var" / "pictures"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
PASSWORD = os.environ.get("PICTURES_PASSWORD", "demo-135")
WIDTHS = {390: ViewportSize(width=390, height=844), 1440: ViewportSize(width=1440, height=900)}
TALLEST = 6_000  # px of a picture; what is below is more of the same list
AXE_RUN = """async () => (await axe.run({ resultTypes: ["violations"] })).violations
  .filter((one) => one.impact === "serious" || one.impact === "critical")
  .map((one) => [one.id, one.nodes.length, one.nodes[0].target.join(" "), one.nodes[0].failureSummary])"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
HREFS = "() => [...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href'))"
POLICY_HEARD = """addEventListener("securitypolicyviolation", (event) =>
  console.error("content policy: " + event.violatedDirective + " " + event.blockedURI))"""


@dataclass(frozen=True)
class Look:
    """One way of looking at a page."""

    width: int
    name: str = "zh"
    locale: str = "zh-CN"
    scheme: Literal["light", "dark"] = "light"
    zoom: int = 1

    def file(self, page: str) -> str:
        return f"{page}-{self.width}-{self.name}.png"


PLAIN = (Look(1440), Look(390))
MORE = (Look(1440, "en", "en-US"), Look(1440, "dark", scheme="dark"), Look(1440, "zoom", zoom=2))


@dataclass
class Found:
    """What a run saw, by kind: complaints of each page."""

    takes: bool = True  # whether pictures are taken
    pictures: list[str] = field(default_factory=list)
    complaints: dict[str, list[str]] = field(
        default_factory=lambda: {"sideways": [], "console": [], "axe": [], "absent": []}
    )
    addresses: dict[str, str] = field(default_factory=dict)

    def note(self, kind: str, what: str) -> None:
        """A complaint is kept for the end, and told at once."""
        self.complaints[kind].append(what)
        print(f"{kind}: {what}", flush=True)


def main(wanted: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Pictures of the named pages, or of all; 0 when nothing complained."""
    base = environment.get("PICTURES_OF", "").rstrip("/")
    if base:
        return run(base, wanted, Found())
    with server.demo() as address:
        return run(address, wanted, Found())


def run(base: str, wanted: Sequence[str], found: Found) -> int:
    pages = [page for page in (*BOARDS, *DESK) if not wanted or page.name in wanted]
    INTO.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for look in PLAIN:
            _all(browser, base, look, pages, found)
        for look in MORE:
            _all(browser, base, look, [page for page in pages if page.name in IN_ENGLISH], found)
        if not wanted or any(name.startswith("app-") for name in wanted):
            _phone(browser, base, found)
        browser.close()
    if found.takes:
        _index(found)
        print(f"{len(found.pictures)} pictures in {INTO.relative_to(ROOT)}")
    for kind, those in found.complaints.items():
        print(f"{kind}: {len(those)}")
    return 1 if any(found.complaints.values()) else 0


def _all(browser: Browser, base: str, look: Look, pages: Sequence[Page], found: Found) -> None:
    """The pages in one look, each person's with one log-in."""
    for who in dict.fromkeys(page.who for page in pages):
        with _tab(browser, base, look) as (tab, heard):
            if who:
                tab.goto("/login")
                tab.locator("#username").fill(who)
                tab.locator("#password").fill(PASSWORD)
                tab.locator("#password").press("Enter")
                tab.wait_for_load_state("load")
            for page in pages:
                if page.who == who:
                    heard.clear()
                    if _open(tab, page, look, found):
                        _see(tab, page.name, look, heard, found)


def _open(tab: Tab, page: Page, look: Look, found: Found) -> bool:
    """Whether the page is open; else its absence is noted."""
    at = found.addresses.get(page.name) or _address(tab, page, found)
    if at is None:
        found.note("absent", f"{page.name}: no link {page.link} on {page.at}")
        return False
    found.addresses[page.name] = at
    answer = tab.goto(at, wait_until="load")
    if answer is None or answer.status != page.status:
        found.note("absent", f"{page.name} {look.width}: {at} {answer and answer.status}")
        return False
    tab.wait_for_timeout(400)  # charts and parts that fetch themselves
    return True


def _address(tab: Tab, page: Page, found: Found) -> str | None:
    if not page.link:
        return page.at
    at = page.at if page.at.startswith("/") else found.addresses.get(page.at)
    if at is None or (answer := tab.goto(at)) is None or not answer.ok:
        return None
    hrefs: list[str] = tab.evaluate(HREFS)
    matching = next((href for href in hrefs if re.search(page.link, href)), None)
    return None if matching is None else str(tab.evaluate("(href) => new URL(href, location).href", matching))


def _see(tab: Tab, name: str, look: Look, heard: list[str], found: Found) -> None:
    """The picture of what is open, and what is wrong with it."""
    said = f"{name} {look.width} {look.name}"
    if name != "absent":  # a browser's console tells of the 404 itself
        for one in heard:
            found.note("console", f"{said}: {one}")
    if (over := int(tab.evaluate(SIDEWAYS))) > 0:
        found.note("sideways", f"{said}: {over} px")
    if found.takes:
        _take(tab, name, look, found)
    print(said, flush=True)
    tab.evaluate(AXE.read_text("utf-8"))  # as the debugger does: the content policy does not hold for it
    serious: list[list[Any]] = tab.evaluate(AXE_RUN)
    for rule, count, target, why in serious:
        found.note("axe", f"{said}: {rule} x{count} {target} | {why[:160]!r}")


def _take(tab: Tab, name: str, look: Look, found: Found) -> None:
    height = min(TALLEST, int(tab.evaluate("() => document.documentElement.scrollHeight")))
    tab.screenshot(
        path=str(INTO / look.file(name)),
        full_page=True,
        clip={"x": 0, "y": 0, "width": look.width // look.zoom, "height": max(height, 200)},
        animations="disabled",
    )
    found.pictures.append(look.file(name))


def _phone(browser: Browser, base: str, found: Found) -> None:
    """The app's screens at a phone's width: sign-in, then the others after the first sync."""
    look = Look(390)
    with _tab(browser, base, look) as (tab, heard):
        tab.goto("/app/")
        tab.get_by_label("账号").wait_for()
        _see(tab, "app-sign-in", look, heard, found)
        tab.get_by_label("账号").fill(PHONE[0].who)
        tab.get_by_label("密码").fill(PASSWORD)
        tab.get_by_role("button", name="登录").click()
        tab.locator("a[href^='/app/shop/']").first.wait_for(timeout=120_000)
        for page in PHONE:
            heard.clear()
            tab.goto("/app/" if page.link else page.at)
            tab.wait_for_timeout(1_500)  # the store is opened and drawn
            if page.link:
                tab.locator("a[href^='/app/shop/']").first.click()
                tab.wait_for_timeout(1_000)
            _see(tab, page.name, look, heard, found)


@contextmanager
def _tab(browser: Browser, base: str, look: Look) -> Iterator[tuple[Tab, list[str]]]:
    """A browser without a session in this look, and what its console says from now on."""
    size = WIDTHS[look.width]
    context = browser.new_context(
        base_url=base,
        viewport={"width": size["width"] // look.zoom, "height": size["height"] // look.zoom},
        device_scale_factor=look.zoom,
        locale=look.locale,
        timezone_id="Asia/Shanghai",
        color_scheme=look.scheme,
    )
    context.set_default_timeout(60_000)
    context.add_init_script(POLICY_HEARD)
    tab, heard = context.new_page(), list[str]()
    tab.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: heard.append(str(error)))
    try:
        yield tab, heard
    finally:
        context.close()


def _index(found: Found) -> None:
    """var/pictures/index.html: all pictures of this run, small, each a link to itself."""
    drawn = "".join(
        f'<figure><a href="{html.escape(one)}"><img src="{html.escape(one)}" width="320" loading="lazy" alt=""></a>'
        f"<figcaption>{html.escape(one)}</figcaption></figure>"
        for one in sorted(found.pictures)
    )
    style = "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:16px}figure{margin:0}img{border:1px solid #ccc}"
    page = f'<!doctype html><meta charset="utf-8"><title>pictures</title><style>{style}</style>{drawn}'
    (INTO / "index.html").write_text(page, "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
