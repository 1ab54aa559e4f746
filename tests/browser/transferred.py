"""A shop moves to another territory while Lin's phone has a visit of it unsent and another one unfinished.

She worked yesterday, without a network; the shop moves from today; this morning the phone is opened again. What is
dated before the transfer is hers (docs/sync.md, "When a shop changes hands"): both visits land in her name and her
territory, with their photo, and the shop leaves her phone.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import expect

from backend import clock
from backend.models import Quarantined
from retail.models import Assignment
from tests.browser import visiting
from tests.browser.server import PASSWORD
from tests.browser.stage import Phone, Stage
from visits.models import StoredPhoto, Visit

SENT = "老板要两条红金龙。"
UNFINISHED = "下午再来看一次陈列。"
GONE = "这户已转到别的片区；记下的都在手机里，打开后可以发送。"


def walk(stage: Stage) -> None:
    """Nothing that she did at the shop is lost, and the phone says in one sentence what became of it."""
    shop = stage.cast.shops[0]
    yesterday = clock.now().astimezone(clock.BUSINESS_ZONE).replace(
        hour=15, minute=0, second=0, microsecond=0
    ) - timedelta(days=1)
    with stage.phone("lin") as phone:
        phone.sign_in("lin")
        phone.settle()
        phone.page.goto(f"/app/shop/{shop.pk}")
        expect(phone.page.get_by_role("heading", name=shop.name).first).to_be_visible()
        _works(phone, stage, str(shop.pk), yesterday)
        _moves(stage, str(shop.pk))
        phone.open()
        phone.cut(is_cut=False)
        _comes_back(phone, stage)
        first = Visit.objects.get()
        _sends_the_rest(phone, stage)
        _is_stored(stage, first, yesterday)
        assert phone.waiting() == 0


def _works(phone: Phone, stage: Stage, shop_id: str, at: datetime) -> None:
    """Yesterday, offline: one visit to its end, with a photo; then a second one is begun, and the battery is empty."""
    assert phone.context is not None
    phone.cut()
    phone.context.clock.set_fixed_time(at)
    visiting.begin(phone.page, shop_id)
    visiting.forward(phone.page, "收尾离店")
    phone.page.get_by_label("说了什么、定了什么").fill(SENT)
    phone.page.get_by_label("拍店面").set_input_files(visiting.picture(stage.folder))
    expect(phone.page.get_by_role("img", name="店面")).to_be_visible()
    visiting.check_out(phone.page, shop_id)
    phone.context.clock.set_fixed_time(at + timedelta(hours=1))
    visiting.begin(phone.page, shop_id)
    visiting.forward(phone.page, "收尾离店")
    phone.page.get_by_label("说了什么、定了什么").fill(UNFINISHED)
    phone.until(lambda: UNFINISHED in phone.read("drafts"), "the draft is not in the store")
    assert phone.waiting() == 1
    phone.kill()


def _moves(stage: Stage, shop_id: str) -> None:
    """Chen gives the shop to Ma, from today."""
    api = stage.playwright.request.new_context(base_url=stage.address)
    signed = {"username": "chen", "password": PASSWORD, "device_id": str(uuid4()), "device_name": "陈国庆的电脑"}
    token = api.post("/api/v1/auth/login", data=signed).json()["token"]
    body = {
        "retailers": [shop_id],
        "from_territory": stage.cast.territory.pk,
        "to_territory": stage.cast.next_territory.pk,
        "from_date": clock.today().isoformat(),
    }
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    answer = api.post("/api/v1/assignments/transfer", data=body, headers=headers)
    assert answer.ok, answer.text()
    api.dispose()


def _comes_back(phone: Phone, stage: Stage) -> None:
    """The finished visit goes by itself, with its photo; the shop is gone, the unfinished visit is not."""
    page, shop = phone.page, stage.cast.shops[0]
    page.goto("/app/unsent")
    expect(page.get_by_text("全部已发送")).to_be_visible()
    expect(page.get_by_text(GONE)).to_be_visible()
    phone.until(lambda: Visit.objects.filter(photos_missing=0).count() == 1, "the photo is not there")
    page.goto(f"/app/shop/{shop.pk}")
    expect(page.get_by_text(shop.holder)).to_have_count(0)
    page.goto("/app/unsent")
    page.get_by_role("link", name=shop.name).click()
    expect(page.get_by_text("这户已转到别的片区。转走前记下的仍可发送，记在您名下。")).to_be_visible()
    expect(page.get_by_text(UNFINISHED)).to_be_visible()


def _sends_the_rest(phone: Phone, stage: Stage) -> None:
    phone.page.get_by_role("button", name="按已记的内容发送").click()
    expect(phone.page.get_by_text("全部已发送")).to_be_visible()
    expect(phone.page.get_by_text("没有完成的走访")).to_have_count(0)
    phone.until(lambda: Visit.objects.count() == 2, "the second visit is not there")
    expect(phone.page.get_by_role("heading", name="需要您处理")).to_have_count(0)


def _is_stored(stage: Stage, first: Visit, at: datetime) -> None:
    cast, shop = stage.cast, stage.cast.shops[0]
    told = [
        (v.note, v.person_id, v.territory_id, v.on_date, v.device_started_at, v.started_at)
        for v in Visit.objects.filter(retailer=shop).order_by("started_at")
    ]
    hers = (cast.people["lin"].pk, cast.territory.pk, at.date())
    later = at + timedelta(hours=1)
    assert told == [(SENT, *hers, at, at), (UNFINISHED, *hers, later, later)], told
    assert not Quarantined.objects.exists()
    now = Assignment.objects.get(retailer=shop, during__contains=clock.today())
    assert now.territory_id == cast.next_territory.pk
    [photo] = StoredPhoto.objects.all()
    content = (Path(os.environ["BROWSER_FILES"]) / "photos" / photo.name).read_bytes()
    assert (photo.visit_id, bytes(photo.sha256)) == (first.pk, sha256(content).digest())
