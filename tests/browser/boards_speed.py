"""How soon the boards can be used: leader's pages in a browser that keeps nothing, and the weight of their script.

Figures, and limits that hold. Each run is a new browser, signed in, its cache empty; times are the page's own, from the
start of the navigation. A page can be used when its script has run: htmx is ready and nothing blocks the thread.
Over the cast, or with BOARDS_AT=http://127.0.0.1:8000 over a demo that runs there; that is what the limit is for.
"""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from config.faces import BUILT
from tests.browser.server import PASSWORD
from tests.browser.stage import ARGUMENTS, CHROMIUM, Stage

DEMO_PASSWORD = "demo-135"
PAGES = ("/", "/market", "/market/figure", "/reviews")
RUNS = 5
READY_MS = 1_500
SCRIPT_BYTES = 60 * 1024

# Tasks over 50 ms, and the moment after the last script of the document: modules run before DOMContentLoaded ends.
WATCH = """
  window.field135Long = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.field135Long.push([one.startTime, one.duration]);
  }).observe({ type: "longtask", buffered: true });
"""
TOLD = """() => new Promise((done) => setTimeout(() => {
  const [at] = performance.getEntriesByType("navigation");
  const long = window.field135Long;
  const ends = long.map(([start, took]) => start + took);
  done({
    loaded: at.domContentLoadedEventEnd,
    ready: Math.max(at.domContentLoadedEventEnd, ...ends),
    long: long.reduce((sum, [, took]) => sum + took, 0),
  });
}, 1500))"""


@dataclass(frozen=True)
class Opened:
    """One opening of a page, in milliseconds: its document, when it can be used, and its tasks over 50 ms."""

    loaded: float
    ready: float
    long: float


def walk(stage: Stage) -> None:
    """Prints the script's weight and, of every page, median and worst of five; the worst has a limit."""
    weight = entry_bytes()
    print(f"entry script of the boards: {weight / 1024:.1f} KiB compressed")
    assert weight < SCRIPT_BYTES
    found: dict[str, list[Opened]] = {path: [] for path in PAGES}
    for _ in range(RUNS):
        for path in PAGES:
            found[path].append(_opened(stage, path))
    for path, runs in found.items():
        told = {name: [getattr(one, name) for one in runs] for name in ("loaded", "ready", "long")}
        line = ", ".join(f"{name} {statistics.median(of):.0f} (worst {max(of):.0f})" for name, of in told.items())
        print(f"{path}: {line} ms")
    slow = {path: round(max(one.ready for one in runs)) for path, runs in found.items()}
    assert max(slow.values()) < READY_MS, slow


def entry_bytes() -> int:
    """Compressed bytes of what every board page loads: the entry script and the parts it imports; charts are apart."""
    packed = [*(BUILT / "boards").glob("entry*.js.gz"), *(BUILT / "boards").glob("chunk-*.js.gz")]
    assert packed, "the boards' scripts are not built"
    return sum(path.stat().st_size for path in packed)


def _opened(stage: Stage, path: str) -> Opened:
    """The page in a browser of its own, which has seen the sign-in page only; its cache is emptied before."""
    browser = stage.playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    demo = os.environ.get("BOARDS_AT", "")
    try:
        context = browser.new_context(
            base_url=demo or stage.address, locale="zh-CN", viewport={"width": 1440, "height": 900}
        )
        page = context.new_page()
        _sign_in(page, DEMO_PASSWORD if demo else PASSWORD)
        context.new_cdp_session(page).send("Network.clearBrowserCache")
        context.add_init_script(WATCH)
        page.goto(path, wait_until="load")
        return Opened(**page.evaluate(TOLD))
    finally:
        browser.close()


def _sign_in(page: Page, password: str) -> None:
    page.goto("/login")
    page.locator("#username").fill("zhao")
    page.locator("#password").fill(password)
    page.locator("#password").press("Enter")
    expect(page.locator("header.top")).to_be_visible()
