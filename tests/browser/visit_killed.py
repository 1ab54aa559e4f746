"""Lin's visit without a network, the browser killed in the middle of it: the database says the same as her screen."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import visiting
from tests.browser.stage import Phone, Stage
from visits.models import Visit

NOTE = "老板说周末客人多，想多进红金龙。"


def walk(stage: Stage) -> None:
    """What she did offline, before and after the kill, is one visit of hers at that shop once the network is back."""
    shop = stage.cast.shops[0]
    with stage.phone("lin") as phone:
        phone.sign_in("lin")
        phone.settle()
        phone.page.goto(f"/app/shop/{shop.pk}")
        expect(phone.page.get_by_role("heading", name=shop.name).first).to_be_visible()
        phone.cut()
        phone.page.goto(f"/app/visit/{shop.pk}")
        phone.page.get_by_role("button", name="到店签到").click()
        phone.page.get_by_label("日常服务").check()
        _to_the_end(phone.page)
        phone.page.get_by_label("说了什么、定了什么").fill(NOTE)
        phone.page.get_by_label("拍店面").set_input_files(visiting.picture(stage.folder))
        expect(phone.page.get_by_role("img", name="店面")).to_be_visible()
        phone.until(lambda: _kept(phone.page) == [NOTE, 1], "the draft is not in the store")
        phone.kill()
        _after_the_kill(phone, stage, str(shop.pk))


def _after_the_kill(phone: Phone, stage: Stage, shop_id: str) -> None:
    phone.open()
    phone.cut()
    phone.page.goto(f"/app/visit/{shop_id}")
    expect(phone.page.get_by_label("说了什么、定了什么")).to_have_value(NOTE)
    phone.page.get_by_role("button", name=re.compile("签退")).click()
    expect(phone.page).to_have_url(re.compile(f"/app/shop/{shop_id}$"))
    assert phone.waiting() == 1
    assert not Visit.objects.filter(retailer_id=shop_id).exists()
    phone.page.goto("/app/unsent")
    expect(phone.page.get_by_text("2 条待发送")).to_be_visible()  # and its photo
    phone.cut(is_cut=False)
    phone.until(lambda: phone.waiting() == 0, "the visit is not sent")
    expect(phone.page.get_by_text("全部已发送")).to_be_visible()
    phone.until(lambda: not Visit.objects.get(retailer_id=shop_id).photos_missing, "the photo is not there")
    [visit] = Visit.objects.filter(retailer_id=shop_id)
    assert (visit.person_id, visit.note, visit.purposes) == (stage.cast.lin.pk, NOTE, ["service"])
    assert (visit.lon, visit.lat, visit.accuracy_m) == (114.35, 30.55, 12)
    assert visit.ended_at is not None
    assert (visit.photos_declared, visit.photos_missing) == (1, 0)


def _to_the_end(page: Page) -> None:
    """Step by step to the last one, as the thumb goes."""
    forward = page.get_by_role("button", name="下一步")
    while forward.count():
        forward.click()


def _kept(page: Page) -> object:
    """The notes of the drafts and how many photos, as the phone's store has them."""
    return page.evaluate(
        """async () => {
          const [{ name }] = (await indexedDB.databases()).filter((one) => /^field135-[0-9a-f]/.test(one.name));
          const database = await new Promise((done) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
          });
          return await new Promise((done) => {
            const asked = database.transaction("drafts").objectStore("drafts").getAll();
            asked.onsuccess = () => {
              database.close();
              done(asked.result.flatMap((one) => [one.draft.note, one.draft.photos.length]));
            };
          });
        }"""
    )
