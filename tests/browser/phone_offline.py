"""Lin's phone without a network: everything of her territory opens from the phone alone, also after a kill."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from backend.models import Device, DeviceState
from tests.browser.stage import Phone, Stage


def walk(stage: Stage) -> None:
    """She signs in, the network goes, the browser is killed, and the app opens again with all it was told."""
    with stage.phone("lin") as phone:
        phone.sign_in("lin")
        phone.settle()
        phone.page.goto("/app/unsent")
        expect(phone.page.get_by_text(re.compile("更新$"))).to_be_visible()
        phone.cut()
        phone.page.reload()
        expect(phone.page.get_by_text("没有网络，照常工作；有网时自动发送。")).to_be_visible()
        expect(phone.page.get_by_text("林小梅")).to_be_visible()
        phone.kill()
        phone.open()
        phone.cut()
        phone.page.goto("/app/unsent")
        expect(phone.page.get_by_text("林小梅")).to_be_visible()
        assert phone.waiting() == 0
        phone.cut(is_cut=False)
        _signs_out(phone)


def _signs_out(phone: Phone) -> None:
    """With nothing unsent she leaves nothing behind, on the phone or as a log-in."""
    phone.page.get_by_role("button", name="退出登录").click()
    expect(phone.page.get_by_label("账号")).to_be_visible()
    left = phone.page.evaluate("indexedDB.databases().then((all) => all.map((one) => one.name))")
    assert left == ["field135"], left
    [device] = Device.objects.all()
    assert (device.state, device.unsent) == (DeviceState.ENDED, 0)
