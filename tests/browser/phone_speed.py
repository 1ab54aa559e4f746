"""How fast the phone is with 500 shops on it and its processor slowed four times: figures, and limits that hold."""

from __future__ import annotations

import statistics
import time

from playwright.sync_api import Page, expect

from tests.browser.stage import Stage
from tests.cast import make_shops

SHOPS = 500
SLOWED = 4
START_MS = 1_000
TAP_MS = 100


def walk(stage: Stage) -> None:
    """Prints how long the first sync, a start without a network and a tap take; the last two have limits."""
    make_shops(stage.cast.territory, range(200, 200 + SHOPS - 3))
    with stage.phone("lin") as phone:
        began = time.perf_counter()
        phone.sign_in("lin")
        phone.until(lambda: _held(phone.page) == SHOPS, "not all shops came")
        print(f"first sync of {SHOPS} shops: {time.perf_counter() - began:.1f} s")
        phone.settle()
        phone.cut()
        assert phone.context is not None
        phone.context.new_cdp_session(phone.page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        starts = [_start(phone.page) for _ in range(5)]
        print(f"start without a network, {SLOWED} x slower: median {statistics.median(starts):.0f} ms of {starts}")
        taps = _taps(phone.page, f"/app/visit/{stage.cast.shops[0].pk}")
        print(f"a tap on the form, {SLOWED} x slower: slowest {max(taps):.0f} ms of {len(taps)}")
        assert statistics.median(starts) < START_MS
        assert max(taps) < TAP_MS


def _held(page: Page) -> int:
    """How many shops the phone's store has."""
    count: int = page.evaluate(
        """async () => {
          const name = (await indexedDB.databases()).map((one) => one.name).find((one) => one.endsWith("--told"));
          if (!name) return 0;
          const database = await new Promise((done) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
          });
          const range = IDBKeyRange.bound("retailers/", "retailers/~");
          return await new Promise((done) => {
            const asked = database.transaction("docs").objectStore("docs").count(range);
            asked.onsuccess = () => { database.close(); done(asked.result); };
          });
        }"""
    )
    return count


def _start(page: Page) -> int:
    """Milliseconds from the navigation to the bottom bar over Today."""
    page.goto("/app/", wait_until="commit")
    expect(page.locator("main h1")).to_be_visible()
    told: float = page.evaluate("window.field135Shown ?? performance.now()")
    return round(told)


def _taps(page: Page, address: str) -> list[float]:
    """Milliseconds from each tap to the frame after what it did."""
    page.goto(address)
    page.get_by_role("button", name="到店签到").click()
    expect(page.get_by_label("日常服务")).to_be_visible()
    page.wait_for_timeout(2_000)
    taps: list[float] = page.evaluate(
        """async () => {
          const found = [];
          for (let n = 0; n < 12; n += 1) {
            const input = document.querySelectorAll(".choice-one input")[n % 8];
            const began = performance.now();
            input.click();
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
            found.push(performance.now() - began);
            await new Promise((done) => setTimeout(done, 100));
          }
          return found;
        }"""
    )
    return taps
