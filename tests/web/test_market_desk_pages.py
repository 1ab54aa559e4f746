"""Intelligence, alerts, launches, imports and exports in the browser: what waits, what is done, who sees nothing."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.exports import working as exports_working
from backend.models import Export, ImportRun
from market.alerts import rules, watching
from market.launches import launch as launching
from market.models import Alert, AlertRule, IntelligenceItem, Launch, Order
from market.rollups import recompute
from tests.cast import Cast
from tests.market import importing
from tests.market.facts import visit
from tests.market.intelligence import heard, send
from tests.web import forms
from tests.web.forms import words

MARCH = date(2026, 3, 1)


@pytest.fixture
def sent(cast: Cast) -> IntelligenceItem:
    """What Lin heard of a rival."""
    send(cast, cast.actor("lin"), heard("rival_move", "对面店买一送一", place="步行街"))
    return IntelligenceItem.objects.get()


@pytest.fixture
def crossed(cast: Cast) -> Alert:
    """The coverage of Lin's territory is below the line, and Chen was told."""
    visit(cast.shops[0], cast.territory, cast.people["lin"], date(2026, 3, 9))
    rules.adopt(actor=cast.actor("zhao"), unit=cast.county, code="coverage")
    AlertRule.objects.update(from_day=1)
    recompute.rebuild(MARCH)
    watching.watch()
    return Alert.objects.get(unit=cast.territory)


# -- intelligence ------------------------------------------------------------------------------------------------------


def test_what_waits_for_a_reader_is_his_inbox_and_nobody_elses(cast: Cast, sent: IntelligenceItem) -> None:
    page = words(forms.of(cast, "chen").read("/intelligence"))
    assert "对面店买一送一" in page
    assert "待我处理 1" in page
    assert "没有待您处理的信息。" in words(forms.of(cast, "lin").read("/intelligence"))
    assert "对面店买一送一" in words(forms.of(cast, "lin").read("/intelligence?which=mine"))
    assert "对面店买一送一" not in forms.of(cast, "wu").read("/intelligence?which=all")
    assert forms.of(cast, "wu").client.get(f"/intelligence/{sent.pk}").status_code == 404


def test_an_item_is_verified_and_decided_on_its_page_and_the_answer_stands_there(
    cast: Cast, sent: IntelligenceItem
) -> None:
    address = f"/intelligence/{sent.pk}"
    chen = forms.of(cast, "chen")
    assert chen.done(address, "verify", sent) == "已核实。现在可以答复，也可以上转。"
    sent.refresh_from_db()
    assert (sent.state, sent.version) == ("verified", 2)
    assert 'value="decide"' not in chen.read(address)  # her office verifies, the county decides
    zhao = forms.of(cast, "zhao")
    status, why = zhao.refused(address, "decide", sent, decision="act", words="安排陈列检查")
    assert (status, why) == (400, "请选择由谁办理。")
    sent.refresh_from_db()
    assert sent.state == "verified"
    owner = str(cast.people["chen"].pk)
    assert zhao.done(address, "decide", sent, decision="act", words="安排陈列检查", owner=owner) == (
        "已答复，上报人都会收到。"
    )
    assert "安排陈列检查" in words(forms.of(cast, "lin").read(address))


def test_what_is_returned_needs_a_reason_and_what_another_changed_is_not_overwritten(
    cast: Cast, sent: IntelligenceItem
) -> None:
    address, chen = f"/intelligence/{sent.pk}", forms.of(cast, "chen")
    assert chen.refused(address, "send_back", sent, words=" ")[1] == "请写明理由或答复。"
    stale = IntelligenceItem.objects.get()
    chen.done(address, "verify", sent)
    assert chen.refused(address, "send_back", stale, words="照片看不清")[0] in (409, 412)
    assert IntelligenceItem.objects.get().state == "verified"
    sent.refresh_from_db()
    assert chen.done(address, "send_back", sent, words="照片看不清") == "已退回，并告知上报人原因。"


def test_groups_and_counts_lead_to_their_items(cast: Cast, sent: IntelligenceItem) -> None:
    chen = forms.of(cast, "chen")
    page = chen.read("/intelligence/groups")
    assert f"group={sent.group_id}" in page
    assert "1 人上报，共 1 条" in words(page)
    counts = chen.read("/intelligence/trends?week=2026-03-16")
    assert "kind=rival_move" in counts
    assert chen.client.get("/intelligence/trends?week=soon").status_code == 400
    assert chen.client.get("/intelligence?which=theirs").status_code == 400


# -- alerts ------------------------------------------------------------------------------------------------------------


def test_an_alert_says_why_one_is_told_and_is_acknowledged_with_words(cast: Cast, crossed: Alert) -> None:
    chen = forms.of(cast, "chen")
    page = words(chen.read("/alerts"))
    assert "走访覆盖率 33.3 %" in page
    assert "低于 90 %" in page
    status, why = chen.refused("/alerts", "acknowledge", crossed, words="")
    assert (status, why) == (400, "请写明正在怎么处理。")
    assert Alert.objects.get(pk=crossed.pk).state == "open"
    assert chen.done("/alerts", "acknowledge", crossed, words="本周补访") == "已确认，不再提醒。"
    assert (Alert.objects.get(pk=crossed.pk).state, Alert.objects.get(pk=crossed.pk).words) == (
        "acknowledged",
        "本周补访",
    )
    assert "33.3" not in words(forms.of(cast, "wu").read("/alerts?state=all"))


def test_a_rule_is_tried_and_its_line_moved_by_who_may(cast: Cast, crossed: Alert) -> None:
    rule = AlertRule.objects.get()
    address, zhao = f"/alerts/rules/{rule.pk}", forms.of(cast, "zhao")
    assert "2026年3月 1 1" in words(zhao.read(address))
    line = {"below": "30", "above": "", "margin": "0", "from_day": "1", "remind_days": "7", "escalate_days": "3"}
    assert zhao.refused(address, "change", rule, **{**line, "below": "many"})[0] == 400
    assert AlertRule.objects.get().below == 90
    assert zhao.done(address, "change", rule, **line, is_on="on") == "已保存。未关闭的预警几分钟内会重新核对。"
    assert (str(AlertRule.objects.get().below), AlertRule.objects.get().version) == ("30.0000", rule.version + 1)
    assert forms.of(cast, "wu").client.get(address).status_code == 404
    assert "走访覆盖率" in words(zhao.read(f"/alerts/rules?unit={cast.county.pk}"))


# -- launches ----------------------------------------------------------------------------------------------------------


def test_a_launch_is_approved_where_it_stands_and_by_nobody_else(cast: Cast) -> None:
    plan = {"how": "客户经理推介", "places": "城镇商圈", "audience": "便利店", "first_cartons": 200}
    values = {"unit": cast.county, "product": cast.products[1], "supply_on": date(2026, 4, 1), **plan}
    row = launching.plan(actor=cast.actor("feng"), values=values)
    assert 'value="approve"' not in forms.of(cast, "chen").read("/launches")
    assert forms.of(cast, "chen").refused("/launches", "approve", row)[0] == 404
    assert Launch.objects.get().state == "draft"
    zhao = forms.of(cast, "zhao")
    assert zhao.done("/launches", "approve", row) == "已批准，自 2026-04-01 起试销。"
    assert Launch.objects.get().state == "trial"
    assert cast.products[1].name not in words(forms.of(cast, "wu").read("/launches"))


def plan_of(cast: Cast, **changes: str) -> dict[str, str]:
    """What Feng types into the form, in full; goals as the form offers them."""
    return {"product": str(cast.products[1].pk), "supply_on": "2026-04-01", "how": "客户经理推介", "places": "城镇商圈",
            "audience": "便利店", "first_cartons": "200", "on_shelf_goal": "80.0", "repurchase_goal": "50.0",
            "sell_through_goal": "50.0", "stock_ratio_goal": "1", "volume_goal": "", **changes}  # fmt: skip


def test_a_launch_is_planned_on_the_page_as_a_draft_and_mended_until_it_is_approved(cast: Cast) -> None:
    at, feng = f"/launches?unit={cast.county.pk}", forms.of(cast, "feng")
    assert 'name="on_shelf_goal" inputmode="decimal" required value="80"' in feng.read(at)
    said = feng.done(at, "plan", **plan_of(cast, how="", on_shelf_goal="85.5"))
    assert said == "已存为草稿。内容填写完整后，由本单位领导批准。"
    row = Launch.objects.get()
    assert (row.unit_id, row.product_id, row.state, row.how, row.first_cartons, str(row.on_shelf_goal)) == (
        cast.county.pk, cast.products[1].pk, "draft", "", 200, "85.5"
    )  # fmt: skip
    assert (row.planned_by_id, str(row.supply_on), row.volume_goal) == (cast.people["feng"].pk, "2026-04-01", None)
    zhao = forms.of(cast, "zhao")
    assert 'value="edit"' not in zhao.read(at)
    assert zhao.send(at, "approve", row).status_code == 409
    assert feng.done(at, "edit", row, **plan_of(cast, volume_goal="40")) == "草稿已保存。"
    row.refresh_from_db()
    assert (row.how, row.volume_goal, str(row.on_shelf_goal)) == ("客户经理推介", 40, "80.0")
    assert zhao.done(at, "approve", row) == "已批准，自 2026-04-01 起试销。"
    row.refresh_from_db()
    assert 'value="edit"' not in feng.read(at)
    assert feng.send(at, "edit", row, **plan_of(cast, how="别的")).status_code == 409


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"supply_on": "明天"}, "投放日期"),
        ({"first_cartons": "-3"}, "首批购进量"),
        ({"on_shelf_goal": "viel"}, "上柜率"),
        ({"how": "长" * 201}, "方法"),
        ({"product": "0"}, "请选择卷烟规格。"),
    ],
)
def test_what_is_wrong_with_a_plan_is_named_by_its_field_and_what_was_typed_stays(
    cast: Cast, typed: dict[str, str], said: str
) -> None:
    at, feng = f"/launches?unit={cast.county.pk}", forms.of(cast, "feng")
    answer = feng.send(at, "plan", **plan_of(cast, places="开发区商圈", **typed))
    page = answer.content.decode()
    assert (answer.status_code, Launch.objects.count()) == (400, 0)
    assert said in forms.told(page)[0]
    assert 'value="开发区商圈"' in page


def test_a_product_is_launched_once_at_a_time_and_only_by_who_plans_there(cast: Cast) -> None:
    at, feng = f"/launches?unit={cast.county.pk}", forms.of(cast, "feng")
    feng.done(at, "plan", **plan_of(cast))
    assert feng.refused(at, "plan", **plan_of(cast)) == (409, "该卷烟规格在本单位已有尚未结束的新品方案。")
    for name, address in (("zhao", at), ("chen", "/launches")):
        assert 'value="plan"' not in forms.of(cast, name).read(address)
        assert forms.of(cast, name).send(address, "plan", **plan_of(cast)).status_code == 404
    assert Launch.objects.count() == 1


def test_a_proposed_exit_is_answered_where_it_stands_with_words(cast: Cast) -> None:
    feng, zhao, at = forms.of(cast, "feng"), forms.of(cast, "zhao"), f"/launches?unit={cast.county.pk}"
    feng.done(at, "plan", **plan_of(cast))
    zhao.done(at, "approve", Launch.objects.get())
    Launch.objects.update(state="exit_proposed")
    row = Launch.objects.get()
    assert zhao.refused(at, "end", row, words="") == (400, "请写明理由。")
    assert feng.send(at, "end", row, words="两次未达标").status_code == 404
    assert zhao.done(at, "end", row, words="两次未达标") == "已决定退出：今日起移出重点品规，库存限期清理。"
    row.refresh_from_db()
    assert (row.state, row.decided_words, row.decided_by_id) == ("clearing", "两次未达标", cast.people["zhao"].pk)


# -- imports -----------------------------------------------------------------------------------------------------------


def upload(cast: Cast, name: str, content: str, **fields: str) -> tuple[int, str]:
    """Status and where the answer leads."""
    file = SimpleUploadedFile("三月.csv", content.encode())
    sent = {"act": "send", "kind": "orders", "mode": "dry_run", **fields, "file": file}
    answer = forms.of(cast, name).client.post("/imports", sent)
    return answer.status_code, answer.headers.get("Location", "")


def test_a_file_is_looked_at_applied_and_taken_back_with_its_rejects_at_hand(cast: Cast) -> None:
    shop, product = cast.shops[0].code, cast.products[0].code
    good = f"O1,{shop},2026-03-10,{product},5,,4,800.00"
    bad = f"O2,nobody,2026-03-10,{product},5,,4,800.00"
    status, address = upload(cast, "qian", importing.orders(good, bad))
    assert status == 302
    qian = forms.of(cast, "qian")
    assert f'hx-get="{address}/progress"' in qian.read(address)
    importing.work()
    run = ImportRun.objects.get()
    assert (address, run.state, run.good, run.bad) == (f"/imports/{run.pk}", "checked", 1, 1)
    page = qian.read(address)
    assert f'/api/v1/imports/{run.pk}/rejects.csv"' in page
    assert "nobody" in words(page)
    assert not Order.objects.exists()
    assert qian.client.get(f"{address}/progress").headers["HX-Refresh"] == "true"
    qian.done(address, "apply", None, id=str(run.pk))
    importing.work()
    assert Order.objects.get().order_no == "O1"
    qian.done(address, "undo", None, id=str(run.pk))
    importing.work()
    assert (ImportRun.objects.get().state, Order.objects.count()) == ("undone", 0)
    assert qian.refused(address, "undo", None, id=str(run.pk))[0] == 409
    assert forms.of(cast, "zhao").client.get(address).status_code == 403


def test_a_file_without_its_columns_is_refused_on_the_page_and_leaves_no_run(cast: Cast) -> None:
    assert upload(cast, "qian", "订单号,客户编码\n1,2\n")[0] == 400
    assert not ImportRun.objects.exists()
    assert upload(cast, "chen", importing.orders())[0] == 403
    qian = forms.of(cast, "qian")
    assert [qian.client.get(f"/imports?{one}").status_code for one in ("state=%00", "kind=shoes", "state=looked")] == [
        400,
        400,
        200,
    ]


def test_a_longer_inbox_asks_no_more_queries(cast: Cast, sent: IntelligenceItem) -> None:
    chen = forms.of(cast, "chen")
    chen.read("/intelligence")
    with CaptureQueriesContext(connection) as short:
        chen.read("/intelligence")
    send(cast, cast.actor("lin"), *(heard("event", f"第{n}件") for n in range(8)))
    with CaptureQueriesContext(connection) as long:
        page = chen.read("/intelligence")
    assert page.count('<li class="item">') == 9
    assert len(long) == len(short) <= 20


# -- exports -----------------------------------------------------------------------------------------------------------


def test_a_file_is_asked_for_made_and_fetched_by_its_person_alone(cast: Cast) -> None:
    zhao = forms.of(cast, "zhao")
    assert zhao.done("/exports", "ask", kind="visits", format="csv", since="2026-03-01") == (
        "文件正在生成，可以离开本页。"
    )
    made = Export.objects.get()
    assert (made.kind, made.since, made.until, made.is_masked) == ("visits", MARCH, None, True)
    address = f"/exports/{made.pk}"
    assert f'hx-get="{address}/progress"' in zhao.read(address)
    assert exports_working.make(made.pk)
    assert f'href="/api/v1/exports/{made.pk}/file"' in zhao.read(address)
    assert forms.of(cast, "chen").client.get(address).status_code == 404
    assert zhao.refused(address, "cancel", None, id=str(made.pk))[0] == 409


def test_an_export_that_waits_is_cancelled(cast: Cast) -> None:
    zhao = forms.of(cast, "zhao")
    zhao.done("/exports", "ask", kind="visits", format="csv")
    made = Export.objects.get()
    assert zhao.done(f"/exports/{made.pk}", "cancel", None, id=str(made.pk)) == "不会生成文件。"
    assert Export.objects.get().state == "cancelled"
