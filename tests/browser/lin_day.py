"""Lin's whole day: a network in the morning, none until the evening; everything is in the database as she did it."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from backend import clock, ticks
from cycles import month as months
from cycles.models import ManagerCell, ManagerCycle
from retail.models import Retailer
from tests.browser import visiting
from tests.browser.stage import Phone, Stage
from tests.browser.visiting import Cost, card, forward, pad
from tests.cast import Cast
from tests.sync.feeds import planned
from visits import quiz
from visits.models import Briefing, CheckLine, Observation, PlannedStop, PolicyVersion, QuizAttempt, StoredPhoto, Visit

QUIZ = [
    {"question": "档位多久重评一次？", "choices": ["每月", "每季度"], "right": 1},
    {"question": "数量何时公布？", "choices": ["每周一", "月末"], "right": 0},
]
ASKED = [
    {"question": "您的档位几时重评？", "choices": ["每季度", "每年"], "right": 0},
    {"question": "紧俏烟哪天公布？", "choices": ["周一", "周五"], "right": 0},
]
EXECUTE = re.compile("^客户 实施")
WORDS = "一户停业，其余两户陈列和政策都已落实。"
FIRST_NOTE = "柜台灰尘多，已一起擦净。"
SECOND_NOTE = "老板问新档位，讲清楚了。"


def walk(stage: Stage) -> None:
    """Three stops, a quiz, a kill in the middle of a visit, another order, words for the month; then the evening."""
    cast, today = stage.cast, clock.today()
    stops = [planned(cast, shop, today, position=shop + 1) for shop in range(3)]
    version = _policy(cast)
    months.open_month(today.replace(day=1))
    with stage.phone("lin") as phone:
        _morning(phone, cast, version)
        phone.cut()
        _replans(phone, cast)
        costs = [_first(phone, stage, cast.shops[0])]
        _learns(phone, version)
        costs.append(_second(phone, cast.shops[2]))
        _is_shut(phone, cast.shops[1])
        _writes(phone)
        assert not Visit.objects.exists()
        assert not QuizAttempt.objects.exists()
        declared = _photos(phone)
        _evening(phone)
    _days_end(cast, stops)
    _first_is_stored(cast, stops[0], declared)
    _second_is_stored(cast, stops[2], version)
    assert ManagerCell.objects.get(cycle__person=cast.people["lin"], cell="client_execute").words == WORDS
    for cost in costs:
        print(cost.told(), flush=True)
        assert cost.typing_s < visiting.MOST_TYPING_S, cost


def _policy(cast: Cast) -> PolicyVersion:
    return PolicyVersion.objects.create(
        policy=cast.policy.policy, number=2, body="档位每季度重评一次。", card="看档位，问周一。", quiz=QUIZ,
        quiz_salt="salt", quiz_shown=quiz.shown(QUIZ, "salt"), shop_quiz=ASKED,
        released_at=clock.now() - timedelta(hours=1), brief_by=clock.today() + timedelta(days=7),
    )  # fmt: skip


def _morning(phone: Phone, cast: Cast, version: PolicyVersion) -> None:
    """She signs in where there is a network, and everything of the day comes."""
    phone.sign_in("lin")
    phone.settle()
    phone.page.goto("/app/month")
    expect(phone.page.get_by_role("button", name=EXECUTE)).to_be_visible()
    phone.page.goto(f"/app/learn/{version.pk}")
    expect(phone.page.get_by_role("button", name="开始测验")).to_be_visible()
    phone.page.goto("/app/")
    expect(phone.page.get_by_role("heading", name=f"1. {cast.shops[0].name}")).to_be_visible()


def _replans(phone: Phone, cast: Cast) -> None:
    """The last shop before the second."""
    page = phone.page
    page.get_by_role("button", name="调整").last.click()
    page.get_by_role("button", name="往前一位").click()
    expect(page.get_by_role("heading", name=f"2. {cast.shops[2].name}")).to_be_visible()
    page.get_by_role("button", name="关闭").click()


def _stands_at(phone: Phone, shop: Retailer) -> None:
    assert phone.context is not None
    assert shop.lon is not None
    assert shop.lat is not None
    phone.context.set_geolocation({"longitude": shop.lon, "latitude": shop.lat, "accuracy": 12})


def _first(phone: Phone, stage: Stage, shop: Retailer) -> Cost:
    """A display check with one fault put right on the spot, the key product, the law."""
    page = phone.page
    _stands_at(phone, shop)
    visiting.begin(page, str(shop.pk))
    page.get_by_label(shop.holder, exact=True).check()
    forward(page, "陈列检查")
    for title in ("显眼", "丰富", "持续"):
        card(page, title).get_by_label("是", exact=True).check()
    unclean = card(page, "整洁")
    unclean.get_by_label("否", exact=True).check()
    unclean.get_by_text("当场整改", exact=True).click()
    for number, (label, shown) in enumerate((("拍整改前", "整改前"), ("拍整改后", "整改后"))):
        unclean.get_by_label(label).set_input_files(visiting.picture(stage.folder, number))
        expect(unclean.get_by_role("img", name=shown)).to_be_visible()
    pad(page, page.get_by_role("button", name=re.compile("^至少 16")), "16")
    expect(page.get_by_text("80 分")).to_be_visible()
    forward(page, "价签与亮证")
    page.get_by_role("button", name="四项都没问题").click()
    forward(page, "价格与库存")
    page.get_by_label("在架", exact=True).check()
    pad(page, page.get_by_role("button", name=re.compile("^条价")), "188.5")
    pad(page, page.get_by_role("button", name=re.compile("^库存")), "12")
    return _leaves(phone, shop, FIRST_NOTE)


def _leaves(phone: Phone, shop: Retailer, note: str) -> Cost:
    page = phone.page
    forward(page, "收尾离店")
    page.get_by_label("说了什么、定了什么").press_sequentially(note)
    cost = visiting.cost(page, shop.name, note)
    visiting.check_out(page, str(shop.pk))
    return cost


def _learns(phone: Phone, version: PolicyVersion) -> None:
    page = phone.page
    page.goto(f"/app/learn/{version.pk}")
    page.get_by_role("button", name="开始测验").click()
    page.get_by_label("每季度").check()
    page.get_by_role("button", name="下一题").click()
    page.get_by_label("每周一").check()
    page.get_by_role("button", name="交卷").click()
    expect(page.get_by_text("答对 2 题，共 2 题")).to_be_visible()


def _second(phone: Phone, shop: Retailer) -> Cost:
    """A policy is told and the shop asked; between the two questions the browser is killed."""
    _stands_at(phone, shop)
    visiting.begin(phone.page, str(shop.pk))
    phone.page.get_by_label(shop.holder, exact=True).check()
    forward(phone.page, "政策宣讲")
    phone.page.get_by_role("button", name="已讲解").first.click()
    phone.page.get_by_label("每季度", exact=True).check()
    phone.until(lambda: '"choices":{"0":0}' in _drafts(phone), "the first answer is not in the store")
    phone.kill()
    phone.open()
    phone.cut()
    _stands_at(phone, shop)
    page = phone.page
    page.goto("/app/")
    page.get_by_role("link", name="继续走访").click()
    expect(page.get_by_role("heading", name="政策宣讲", exact=True)).to_be_visible()
    expect(page.get_by_label("每季度", exact=True)).to_be_checked()
    page.get_by_label("周一", exact=True).check()
    return _leaves(phone, shop, SECOND_NOTE)


def _is_shut(phone: Phone, shop: Retailer) -> None:
    """The third is closed: off the plan, with the reason, by two taps."""
    page = phone.page
    page.goto("/app/")
    expect(page.get_by_role("heading", name=f"3. {shop.name}")).to_be_visible()
    page.get_by_role("button", name="调整").last.click()
    page.get_by_label("店铺暂停营业").check()
    page.get_by_role("button", name="取消走访").click()
    expect(page.get_by_role("heading", name=f"3. {shop.name}")).to_have_count(0)


def _writes(phone: Phone) -> None:
    phone.page.goto("/app/month")
    phone.page.get_by_role("button", name=EXECUTE).click()
    phone.page.get_by_label(re.compile("^我的说明")).fill(WORDS)
    phone.page.get_by_role("button", name="关闭").click()


def _evening(phone: Phone) -> None:
    phone.page.goto("/app/unsent")
    expect(phone.page.get_by_role("heading", name=re.compile(r"条待发送$"))).to_be_visible()
    phone.cut(is_cut=False)
    expect(phone.page.get_by_text("全部已发送")).to_be_visible()
    assert phone.waiting() == 0
    expect(phone.page.get_by_role("heading", name="需要您处理")).to_have_count(0)
    for check in ("visits.stops", "phones"):  # what the worker does every few seconds
        assert ticks.run_one(check)
    phone.page.goto("/app/")
    expect(phone.page.get_by_text("计划 2 户，已完成 2 户")).to_be_visible()


def _days_end(cast: Cast, stops: list[PlannedStop]) -> None:
    """The plan: two done, one dropped with its reason, in the new order."""
    now = PlannedStop.objects.in_bulk([stop.pk for stop in stops])
    told = [(now[stop.pk].state, now[stop.pk].position, now[stop.pk].words) for stop in stops]
    assert told == [
        ("done", 1, ""),
        ("dropped", 3, "店铺暂停营业"),
        ("done", 2, ""),
    ], told
    visited = Visit.objects.order_by("started_at").values_list("retailer_id", "person_id", "territory_id")
    lin, here = cast.people["lin"].pk, cast.territory.pk
    assert list(visited) == [(cast.shops[0].pk, lin, here), (cast.shops[2].pk, lin, here)]
    assert ManagerCycle.objects.filter(person_id=lin).count() == 1


def _first_is_stored(cast: Cast, stop: PlannedStop, declared: dict[str, Any]) -> None:
    visit = Visit.objects.get(retailer=cast.shops[0])
    assert (visit.note, visit.persons_met, visit.stop_id) == (FIRST_NOTE, cast.shops[0].holder, stop.pk)
    assert (visit.presence, visit.accuracy_m, visit.display_score) == ("valid", 12.0, Decimal(80))
    assert visit.purposes == ["service", "display", "intelligence", "compliance"]
    assert (visit.photos_declared, visit.photos_missing) == (2, 0)
    lines = CheckLine.objects.filter(visit_id=visit.pk).order_by("line_no")
    told = [(line.item_code, line.answer, line.passed, line.fixed) for line in lines]
    assert told == [
        ("visible", "1", True, False),
        ("clean", "0", False, True),
        ("full", "1", True, False),
        ("standard", "16", True, False),
        ("continuity", "1", True, False),
    ], told
    [unclean] = [line for line in lines if line.fixed]
    assert {str(unclean.before_photo_id), str(unclean.after_photo_id)} == set(declared)
    [seen] = Observation.objects.filter(visit_id=visit.pk)
    assert (seen.product_id, seen.on_shelf, seen.carton_price_fen, seen.stock_packs) == (
        cast.products[0].pk, True, 18_850, 12,
    )  # fmt: skip
    for photo in StoredPhoto.objects.all():
        content = (Path(os.environ["BROWSER_FILES"]) / "photos" / photo.name).read_bytes()
        assert declared.pop(str(photo.pk)) == sha256(content).hexdigest() == bytes(photo.sha256).hex()
        assert photo.visit_id == visit.pk
    assert declared == {}


def _second_is_stored(cast: Cast, stop: PlannedStop, version: PolicyVersion) -> None:
    [attempt] = QuizAttempt.objects.all()
    assert (attempt.policy_version_id, attempt.right, attempt.passed) == (version.pk, 2, True)
    visit = Visit.objects.get(retailer=cast.shops[2])
    assert (visit.note, visit.stop_id, visit.presence) == (SECOND_NOTE, stop.pk, "valid")
    assert (visit.display_score, visit.photos_declared) == (None, 0)
    [briefed] = Briefing.objects.filter(visit_id=visit.pk)
    assert (briefed.policy_version_id, briefed.told_to, briefed.passed) == (version.pk, cast.shops[2].holder, True)
    assert briefed.answers == [{"question": 0, "choice": 0}, {"question": 1, "choice": 0}]


def _drafts(phone: Phone) -> str:
    """What the phone's store has of unfinished visits, as JSON."""
    return str(phone.read("drafts"))


def _photos(phone: Phone) -> dict[str, Any]:
    """The sha256 of each photo on the phone, computed over its bytes there."""
    found: dict[str, Any] = phone.page.evaluate(
        """async () => {
          const [{ name }] = (await indexedDB.databases()).filter((one) => /^field135-[0-9a-f]/.test(one.name));
          const database = await new Promise((done) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
          });
          const rows = await new Promise((done) => {
            const asked = database.transaction("photos").objectStore("photos").getAll();
            asked.onsuccess = () => { database.close(); done(asked.result); };
          });
          const hex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");
          const digest = async (blob) => crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
          const hashed = async ({ id, blob }) => [id, hex(await digest(blob))];
          return Object.fromEntries(await Promise.all(rows.map(hashed)));
        }"""
    )
    return found
