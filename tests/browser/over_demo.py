"""What is walked over a small demo in use: Zhao's Monday, then every page of both faces; `make test-browser` runs it.

The pages are those of `make pictures`, in the same looks and held to the same, without the pictures.
"""

from __future__ import annotations

import sys
import time
import traceback

from tests.browser import pictures, server
from tests.browser.run import KEPT


def main() -> int:
    """0 when the journey held and no page complained."""
    began = time.perf_counter()
    with server.demo() as address:
        is_held = _zhao(address)
        wrong = pictures.run(address, (), pictures.Found(takes=False))
    print(f"over a demo: {'held' if is_held and not wrong else 'FAILED'} in {time.perf_counter() - began:.1f} s")
    return 0 if is_held and not wrong else 1


def _zhao(address: str) -> bool:
    from django.db import connections
    from playwright.sync_api import expect, sync_playwright

    from tests.browser import desk, zhao_monday
    from tests.browser.stage import ARGUMENTS, CHROMIUM, WAIT_MS

    began = time.perf_counter()
    with sync_playwright() as playwright:
        connections.close_all()  # Playwright runs this in a context of its own, with connections of its own
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(
            viewport=desk.SCREEN, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=address
        )
        context.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        page, errors = context.new_page(), list[str]()
        page.on("pageerror", lambda error: errors.append(str(error)))
        try:
            zhao_monday.walk(desk.Desk(page, errors))
            assert not errors, errors
        except Exception:  # noqa: BLE001  whatever it is, the pages are looked at too
            traceback.print_exc()
            KEPT.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(KEPT / "zhao_monday.png"), full_page=True)
            return False
        finally:
            browser.close()
    print(f"zhao_monday: held in {time.perf_counter() - began:.1f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
