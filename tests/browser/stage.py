"""What a journey is given: the cast, the server's address, and browsers with their own store that can be killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, ViewportSize, expect

from tests.browser.radio import Radio
from tests.browser.server import PASSWORD
from tests.cast import Cast

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
WAIT_MS = 30_000
PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass
class Stage:
    """One run of journeys."""

    playwright: Playwright
    cast: Cast
    address: str
    folder: Path
    failed: Path  # where the screen is kept when a journey does not hold
    arguments: tuple[str, ...] = ()  # more of the browser's
    has_radio: bool = True  # phones reach the server by a way that can be cut; else the browser alone is told so

    @contextmanager
    def phone(self, name: str) -> Iterator[Phone]:
        """A phone in Chinese at the first shop; its store stays in the folder, so that it may be opened again."""
        phone = Phone(self, name, Radio(self.address).start() if self.has_radio else None)
        phone.open()
        try:
            yield phone
        except BaseException:
            phone.picture(self.failed)
            raise
        finally:
            phone.close()
            if phone.radio is not None:
                phone.radio.stop()


@dataclass
class Phone:
    """A browser of a phone's size over a profile of its own."""

    stage: Stage
    name: str
    radio: Radio | None = None
    context: BrowserContext | None = None

    @property
    def profile(self) -> Path:
        return self.stage.folder / f"profile-{self.name}"

    def open(self) -> None:
        self.context = self.stage.playwright.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=CHROMIUM,
            args=[*ARGUMENTS, *self.stage.arguments],
            headless=True,
            viewport=PHONE,
            device_scale_factor=2,
            has_touch=True,
            is_mobile=True,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            permissions=["geolocation"],
            geolocation={"longitude": 114.35, "latitude": 30.55, "accuracy": 12},
            base_url=self.stage.address if self.radio is None else self.radio.address,
        )
        self.context.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)

    @property
    def page(self) -> Page:
        assert self.context is not None
        return self.context.pages[0]

    def sign_in(self, username: str) -> None:
        """The app is open at Today with the person's name known, everything told."""
        self.page.goto("/app/")
        self.page.get_by_label("账号").fill(username)
        self.page.get_by_label("密码").fill(PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        expect(self.page.get_by_role("navigation")).to_be_visible()

    def settle(self) -> None:
        """The service worker holds the whole app."""
        self.page.evaluate("""async () => {
          const late = new Promise((done, failed) => setTimeout(() => failed(new Error("no worker")), 30_000));
          const { active } = await Promise.race([navigator.serviceWorker.ready, late]);
          if (active.state === "activated") return;
          await new Promise((done) => active.addEventListener("statechange", done, { once: true }));
        }""")

    def cut(self, *, is_cut: bool = True) -> None:
        """The network is gone, for pages and worker, until it is said to be back: also for a browser opened anew."""
        assert self.context is not None
        if self.radio is not None:
            self.radio.cut(is_cut=is_cut)
        self.context.set_offline(is_cut)

    def kill(self) -> None:
        """The browser's processes end at once, as when the system needs the memory or the battery is empty."""
        for pid in self._pids():
            os.kill(pid, signal.SIGKILL)
        self.context = None

    def _pids(self) -> list[int]:
        mine = f"--user-data-dir={self.profile}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:  # it has ended meanwhile
                    continue
                if mine in command:
                    found.append(int(entry.name))
        assert found, "no browser runs over this profile"
        return found

    def picture(self, where: Path) -> None:
        """The screen as it is, if there is one."""
        if self.context is not None:
            where.parent.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(where))

    def close(self) -> None:
        if self.context is not None:
            self.context.close()
            self.context = None

    def waiting(self) -> int:
        """How many documents the phone has yet to send, as its own store says."""
        count: int = self.page.evaluate(COUNT_WAITING)
        return count

    def read(self, table: str) -> str:
        """All rows of one table of the phone's own store, as JSON (without the bytes of photos)."""
        rows: str = self.page.evaluate(READ, table)
        return rows

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Waits until something holds, asking four times a second. AssertionError with `what` after half a minute."""
        for _ in range(WAIT_MS // 250):
            if holds():
                return
            self.page.wait_for_timeout(250)
        raise AssertionError(what)


COUNT_WAITING = """async () => {
  const [{ name }] = (await indexedDB.databases()).filter((one) => /^field135-[0-9a-f]/.test(one.name));
  const database = await new Promise((done, failed) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return await new Promise((done) => {
    const asked = database.transaction("waiting").objectStore("waiting").count();
    asked.onsuccess = () => { database.close(); done(asked.result); };
  });
}"""

READ = """async (table) => {
  const [{ name }] = (await indexedDB.databases()).filter((one) => /^field135-[0-9a-f]/.test(one.name));
  const database = await new Promise((done, failed) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return await new Promise((done) => {
    const asked = database.transaction(table).objectStore(table).getAll();
    asked.onsuccess = () => { database.close(); done(JSON.stringify(asked.result)); };
  });
}"""
