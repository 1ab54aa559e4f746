"""Needs on their page: sent to a department, answered there, closed by the field; each sees what is theirs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from backend.models import AuditEntry, Notice
from cycles import month as months
from retail import needs
from retail.models import Need, NeedReply
from tests.cast import TODAY, Cast
from tests.web import forms
from tests.web.forms import words


def raised(cast: Cast, **changes: Any) -> Need:
    """A complaint of Lin's first shop."""
    told = {"retailer_id": cast.shops[0].pk, "kind": "complaint", "text": "送货迟到", "raised_on": TODAY, **changes}
    return needs.raise_need(actor=cast.actor("lin"), new=needs.NewNeed(**told))


def test_a_need_is_sent_to_a_department_answered_there_and_closed(cast: Cast) -> None:
    need = raised(cast)
    lin, mo = forms.of(cast, "lin"), forms.of(cast, "mo")
    assert "送货迟到" not in mo.read("/needs")
    assert lin.done("/needs", "route", need, department="logistics") == "已转物流，应于 03-17 前答复。"
    need.refresh_from_db()
    assert mo.done("/needs", "take", need) == "已由您受理。"
    assert "已受理 投诉 转物流 · 2026-03-17 18:00 前答复" in words(mo.read("/needs"))
    need.refresh_from_db()
    assert mo.done("/needs", "reply", need, words="明日改派早班车") == "已答复，并已通知客户经理。"
    assert list(NeedReply.objects.values_list("words", "person_id")) == [("明日改派早班车", cast.people["mo"].pk)]
    assert list(Notice.objects.values_list("person_id", flat=True)) == [cast.lin.pk]
    assert "明日改派早班车" in lin.read("/needs")
    need.refresh_from_db()
    assert lin.refused("/needs", "close", need, outcome=" ") == (400, "请写明结果。")
    assert lin.done("/needs", "close", need, outcome="已准时送达") == "已办结，结果已记录。"
    need.refresh_from_db()
    assert (need.state, need.outcome, need.closed_on) == ("closed", "已准时送达", TODAY)
    assert "这里没有未办结的诉求" in lin.read("/needs")
    assert "已准时送达" in lin.read("/needs?state=closed")
    assert "已办结 投诉 转物流" in words(lin.read("/needs?state=closed"))
    acts = list(AuditEntry.objects.filter(act__startswith="need.").order_by("pk").values_list("act", flat=True))
    assert acts == ["need.raise", "need.route", "need.take", "need.reply", "need.close"]


def test_it_is_narrowed_and_a_late_reply_stands_out(cast: Cast) -> None:
    lin, shop = forms.of(cast, "lin"), cast.shops[1]
    late = raised(cast, text="要陈列架", kind="request", retailer_id=shop.pk)
    raised(cast)
    lin.send("/needs", "route", late, department="service_desk")
    Need.objects.filter(pk=late.pk).update(reply_due_at="2026-03-16T08:00:00+08:00")
    page = lin.read("/needs?state=overdue")
    assert ("要陈列架" in page, "送货迟到" in page) == (True, False)
    assert 'class="tag flag"' in page
    for narrowed, found in (
        ("kind=complaint", "送货迟到"),
        ("department=service_desk", "要陈列架"),
        (f"retailer={shop.pk}", "要陈列架"),
    ):
        page = lin.read(f"/needs?{narrowed}")
        assert [text for text in ("送货迟到", "要陈列架") if text in page] == [found]
    for wrong in ("state=lost", "kind=x", "department=x", "retailer=x", "colour=red"):
        assert lin.client.get(f"/needs?{wrong}").status_code == 400


@pytest.mark.parametrize("act", ["route", "take", "reply", "close"])
def test_nobody_works_a_need_that_is_not_theirs(cast: Cast, act: str) -> None:
    need = raised(cast)
    forms.of(cast, "lin").send("/needs", "route", need, department="logistics")
    need.refresh_from_db()
    before = (need.version, NeedReply.objects.count())
    fields = {"department": "brand", "words": "好", "outcome": "好"}
    for name in ("wu", "bai", "zhao"):
        status = forms.of(cast, name).send("/needs", act, need, **fields).status_code
        assert status in {403, 404}, name
    if act in {"take", "reply"}:
        assert forms.of(cast, "lin").send("/needs", act, need, **fields).status_code == 403
        assert forms.of(cast, "feng").send("/needs", act, need, **fields).status_code == 403  # it is not the brand's
    need.refresh_from_db()
    assert (need.version, NeedReply.objects.count()) == before


def test_only_those_who_may_are_offered_something(cast: Cast) -> None:
    need = raised(cast)
    forms.of(cast, "lin").send("/needs", "route", need, department="logistics")
    pages = {name: forms.of(cast, name).read("/needs") for name in ("lin", "mo", "bai", "zhao", "wu")}
    acts = ("route", "close", "take", "reply")
    offered = {name: [act for act in acts if f'value="{act}"' in page] for name, page in pages.items()}
    assert offered == {"lin": ["route", "close"], "mo": ["take", "reply"], "bai": [], "zhao": [], "wu": []}
    assert "送货迟到" in words(forms.of(cast, "zhao").read("/needs"))
    assert "送货迟到" not in forms.of(cast, "wu").read("/needs")
    assert forms.of(cast, "zhou").client.get("/needs").status_code == 403


def test_the_page_of_a_shop_leads_to_its_needs(cast: Cast) -> None:
    months.open_month(date(2026, 3, 1))
    raised(cast)
    raised(cast, retailer_id=cast.shops[1].pk, text="要陈列架")
    lin = forms.of(cast, "lin")
    page = lin.read(f"/shops/{cast.shops[0].pk}/2026-03")
    address = f"/needs?retailer={cast.shops[0].pk}&state=all"
    assert f'href="{address}"' in page
    listed = lin.read(address)
    assert ("送货迟到" in listed, "要陈列架" in listed) == (True, False)
