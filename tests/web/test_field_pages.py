"""The field in the browser: what was written and checked, signals answered and decided, visits verified, phones."""

from __future__ import annotations

import re
from datetime import timedelta

from rest_framework.test import APIClient

from backend import clock
from backend.models import Device
from retail.models import Retailer
from tests.cast import NOW, Cast
from tests.visits.checks import day, follow, photo, visited
from tests.visits.items import full_item, item, place, receive
from tests.web import forms
from tests.web.forms import words
from visits.models import PointProposal, PresenceVerdict, Signal, Visit

FIELD = ("/field", "/field/checks", "/field/photos", "/field/signals", "/field/verify")


def doubtful(cast: Cast) -> tuple[Visit, Signal]:
    """A visit of Lin's with a simulated position, and its signal."""
    visit = visited(cast, day(16, 9), place=place(mock=True))
    follow()
    return visit, Signal.objects.get()


# -- notes -------------------------------------------------------------------------------------------------------------


def test_words_are_found_in_notes_and_remarks_and_marked(cast: Cast) -> None:
    receive(cast.actor("lin"), full_item(cast))
    page = forms.of(cast, "chen").read("/field?q=缺货")
    assert re.findall(r"<mark>(.*?)</mark>", page) == ["缺货"]
    assert "店主反映软蓝缺货两天，希望增加投放。" in re.sub("</?mark>", "", page)
    assert page.count('<li class="item">') == 1
    assert "看不懂档位" not in page


def test_all_words_must_stand_in_one_text(cast: Cast) -> None:
    receive(cast.actor("lin"), full_item(cast))
    browser = forms.of(cast, "chen")
    assert browser.read("/field?q=缺货 口感").count('<li class="item">') == 0
    assert "没有找到这样的记录" in browser.read("/field?q=缺货 口感")
    assert browser.read("/field?q=口感").count('<li class="item">') == 1


def test_a_stranger_finds_nothing_and_learns_of_no_unit(cast: Cast) -> None:
    receive(cast.actor("lin"), full_item(cast))
    doubtful(cast)
    browser = forms.of(cast, "wu")
    for address in FIELD:
        assert "便民商店0" not in browser.read(address)
        assert browser.client.get(f"{address}?unit={cast.territory.pk}").status_code == 404
    for name in ("zhou", "qian", "jiang"):
        assert forms.of(cast, name).client.get("/field").status_code == 403


def test_an_address_with_what_the_page_does_not_know_is_refused(cast: Cast) -> None:
    client = forms.of(cast, "chen").client
    for query in ("x=1", "since=16.3.", "person=lin", "after=1", "unit=eins"):
        assert client.get(f"/field?{query}").status_code == 400


# -- display checks ----------------------------------------------------------------------------------------------------


def test_a_check_says_why_it_scored_what_it_did(cast: Cast) -> None:
    receive(cast.actor("lin"), full_item(cast))
    visit = Visit.objects.get()
    browser = forms.of(cast, "chen")
    listed = words(browser.read("/field/checks"))
    assert "1 次走访有陈列检查" in listed
    assert "便民商店0 75 1 0 0" in listed
    page = words(browser.read(f"/field/checks/{visit.pk}"))
    assert "75 分" in page
    assert "✗ 丰富 0 / 20 分 未达标" in page
    assert "– 持续 0 / 20 分 不适用，不计入总分" in page
    assert "可得 80 分中得 60 分，折算为百分制。" in page


def test_a_check_of_another_county_and_a_visit_without_one_are_not_there(cast: Cast) -> None:
    receive(cast.actor("lin"), full_item(cast))
    checked = Visit.objects.get()
    bare = visited(cast, day(16, 9))
    assert forms.of(cast, "wu").client.get(f"/field/checks/{checked.pk}").status_code == 404
    assert forms.of(cast, "chen").client.get(f"/field/checks/{bare.pk}").status_code == 404


# -- signals -----------------------------------------------------------------------------------------------------------


def test_she_answers_and_her_manager_decides(cast: Cast) -> None:
    _, signal = doubtful(cast)
    lin, chen = forms.of(cast, "lin"), forms.of(cast, "chen")
    assert "手机报告使用了模拟定位" in words(chen.read("/field/signals"))
    assert lin.done("/field/signals", "answer", signal, answer="测试软件忘了关") == "您的说明已附在信号旁。"
    signal.refresh_from_db()
    assert (signal.state, signal.answer) == ("answered", "测试软件忘了关")
    assert "测试软件忘了关" in words(chen.read("/field/signals?waiting=true"))
    assert chen.done("/field/signals", "accept", signal, words="已核实") == "已认可说明。"
    signal.refresh_from_db()
    assert (signal.state, signal.words, signal.decided_by_id) == ("accepted", "已核实", cast.chen.pk)
    assert "本月没有符合条件的信号" in chen.read("/field/signals?waiting=true")


def test_a_signal_is_not_dismissed_without_words_nor_decided_by_its_author(cast: Cast) -> None:
    _, signal = doubtful(cast)
    assert forms.of(cast, "chen").refused("/field/signals", "dismiss", signal) == (400, "请写明理由。")
    for name, act, status in (("lin", "accept", 403), ("wu", "answer", 404), ("zhao", "accept", 403)):
        said = {"answer": "x", "words": "x"}
        assert forms.of(cast, name).send("/field/signals", act, signal, **said).status_code == status
    signal.refresh_from_db()
    assert (signal.state, signal.version) == ("open", 1)


# -- visits to verify, and points --------------------------------------------------------------------------------------


def test_ticked_visits_count_and_may_be_decided_anew(cast: Cast) -> None:
    visit, _ = doubtful(cast)
    chen = forms.of(cast, "chen")
    assert "便民商店0" in words(chen.read("/field/verify"))
    assert chen.done("/field/verify", "valid", visit=[str(visit.pk)]) == "1 次走访自此计入统计。"
    assert Visit.objects.get().presence == "valid"
    assert chen.done("/field/verify", "rejected", visit=[str(visit.pk)], words="电话核实不在") == (
        "1 次走访已驳回，不计入走访覆盖率和十五格。"
    )
    held = PresenceVerdict.objects.get()
    assert (Visit.objects.get().presence, held.presence, held.words) == ("rejected", "rejected", "电话核实不在")
    assert "电话核实不在" in words(chen.read("/field/verify"))


def test_nothing_is_verified_without_a_tick_or_a_reason_or_by_whoever_may_not(cast: Cast) -> None:
    visit, _ = doubtful(cast)
    chen, key = forms.of(cast, "chen"), [str(visit.pk)]
    assert chen.refused("/field/verify", "valid") == (400, "请先勾选走访。")
    assert chen.refused("/field/verify", "rejected", visit=key) == (400, "请写明理由。")
    for name, status in (("lin", 403), ("zhao", 403), ("wu", 403)):
        assert forms.of(cast, name).send("/field/verify", "valid", visit=key).status_code == status
    assert (Visit.objects.get().presence, PresenceVerdict.objects.count()) == ("to_verify", 0)


def test_a_proposed_point_is_confirmed(cast: Cast) -> None:
    Retailer.objects.filter(pk=cast.shops[0].pk).update(lon=None, lat=None)
    visited(cast, day(16, 9))
    follow()
    point = PointProposal.objects.get()
    chen = forms.of(cast, "chen")
    assert "114.350000, 30.550000" in words(chen.read("/field/verify"))
    assert chen.refused("/field/verify", "reject", point) == (400, "请写明理由。")
    assert chen.done("/field/verify", "confirm", point) == "零售户自此以该点位为准。"
    shop = Retailer.objects.get(pk=cast.shops[0].pk)
    assert (shop.lon, shop.lat, PointProposal.objects.get().state) == (114.35, 30.55, "confirmed")


# -- photos and phones -------------------------------------------------------------------------------------------------


def test_a_photo_that_has_not_arrived_is_not_on_the_wall(cast: Cast) -> None:
    receive(cast.actor("lin"), item(cast, photos=[photo("shop")]))
    page = words(forms.of(cast, "chen").read("/field/photos"))
    assert "本月还没有照片" in page


def test_a_phone_that_gave_its_browser_for_a_name_is_called_by_its_system(cast: Cast, as_lin: APIClient) -> None:
    rows = Device.objects.filter(person=cast.lin)
    rows.update(name="Mozilla/5.0 (Android 13; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0")
    page = forms.of(cast, "chen").read("/devices")
    assert ' Gecko/132.0 Firefox/132.0">安卓手机 Firefox 132</span>' in page
    cut = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/13"
    rows.update(name=cut)
    assert f'<span title="{cut}">Linux 电脑</span>' in forms.of(cast, "chen").read("/devices")


def test_a_manager_sees_who_holds_what_unsent_since_when(cast: Cast, as_lin: APIClient, as_wu: APIClient) -> None:
    since = NOW - timedelta(hours=5)
    Device.objects.filter(person=cast.lin).update(unsent=3, oldest_unsent_at=since, app_version="1.4.2", offset_s=-7)
    Device.objects.filter(person=cast.wu).update(unsent=9, oldest_unsent_at=clock.now())
    page = words(forms.of(cast, "chen").read("/devices"))
    assert "共 1 台手机，其中 1 台有 3 条未上传。" in page
    assert "时间均为北京时间。" in page
    Device.objects.filter(person=cast.lin).update(unsent=0, oldest_unsent_at=None)
    assert "共 1 台手机，没有未上传的内容。" in words(forms.of(cast, "chen").read("/devices"))
    assert "林小梅 3 2026-03-16 05:00 2026-03-16 10:00 测试手机 1.4.2 −7" in page
    assert "吴强" not in page
    assert "没有符合条件的手机" in forms.of(cast, "chen").read("/devices?state=lost")
    assert forms.of(cast, "lin").client.get("/devices").status_code == 403
