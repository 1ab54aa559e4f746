"""A steward says on the page which column of another system's files is which; what is kept reads such files."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from backend.models import AuditEntry, ImportProfile, ImportRun
from market.models import Order
from tests.cast import Cast
from tests.market import importing
from tests.web import forms
from tests.web.forms import Browser

PAGE = "/imports/mapping"
FILE = "no,shop,when,sku,n,元\n17,{shop},09/03/2026,P1,20,176.00\n18,{shop},10/03/2026,P1,30,264.00\n"
UNREAD = "文件无法读取。请上传 UTF-8 或 GB18030 编码的 CSV，或未加密的 XLSX。"
FROM = {
    "always:order_no": "EXT-{no}",
    "from:retailer_code": "shop",
    "from:on_date": "when",
    "from:product_code": "sku",
    "from:ordered_cartons": "n",
    "packs:ordered_cartons": "on",
    "from:amount_fen": "元",
    "dates": "DMY",
}


@pytest.fixture
def qian(cast: Cast) -> Browser:
    return forms.of(cast, "qian")


def head_of(answer: HttpResponse) -> str:
    found = re.search(r'name="head" value="([^"]+)"', answer.content.decode())
    assert found is not None, answer.content.decode()
    return found[1]


def read(who: Browser, content: str | bytes, kind: str = "orders") -> HttpResponse:
    data = content if isinstance(content, bytes) else content.encode()
    return who.send(PAGE, "read", kind=kind, file=SimpleUploadedFile("erp.csv", data))


def chosen(answer: HttpResponse) -> dict[str, str]:
    """Column -> the heading that the form proposes."""
    page = answer.content.decode()
    selects = re.findall(r'<select name="from:(\w+)">(.*?)</select>', page, re.S)
    return {name: found[1] for name, options in selects if (found := re.search(r'value="([^"]+)" selected', options))}


def test_a_files_headings_are_shown_and_guessed_by_their_words(cast: Cast, qian: Browser) -> None:
    answer = read(qian, "订单号;客户编码;Order-Date;product code;qty\nA1;X;2026-03-09;P1;5\n".encode("gb18030"))
    assert answer.status_code == 200
    assert chosen(answer) == {"order_no": "订单号", "retailer_code": "客户编码", "product_code": "product code"}
    shown = forms.words(answer.content.decode())
    assert "订单号 客户编码 Order-Date product code qty A1 X 2026-03-09 P1 5" in shown
    assert "qty · 5" in shown
    assert (ImportProfile.objects.count(), ImportRun.objects.count()) == (0, 0)


def test_what_is_kept_is_offered_and_reads_the_file(cast: Cast, qian: Browser) -> None:
    file = FILE.format(shop=cast.shops[0].code)
    head = head_of(read(qian, file))
    sent = qian.send(PAGE, "keep", kind="orders", head=head, name="ERP", **FROM)
    assert sent.status_code == 302, sent.content.decode()
    kept = ImportProfile.objects.get()
    assert (kept.kind, kept.name, kept.unit) == ("orders", "ERP", cast.prefecture)
    assert kept.rules == {
        "columns": {
            "order_no": "EXT-{no}", "retailer_code": "shop", "on_date": "when", "product_code": "sku",
            "ordered_cartons": "n", "amount_fen": "元",
        },
        "dates": "DMY",
        "units": {"ordered_cartons": "packs"},
    }  # fmt: skip
    assert AuditEntry.objects.filter(act="import_profile.create", object_id=str(kept.pk)).count() == 1
    offered = qian.read(sent.headers["Location"])
    assert forms.told(offered) == ["已保存，下面已选好：传一个文件试看。"]
    assert f'<option value="{kept.pk}" selected>ERP · ' in offered
    assert '<option value="orders" selected>' in offered
    upload = SimpleUploadedFile("erp.csv", file.encode())
    qian.done("/imports", "send", kind="orders", mode="apply", profile=str(kept.pk), file=upload)
    importing.work()
    assert sorted(Order.objects.values_list("order_no", flat=True)) == ["EXT-17", "EXT-18"]
    assert chosen(read(qian, file)) == {
        "retailer_code": "shop", "on_date": "when", "product_code": "sku", "ordered_cartons": "n", "amount_fen": "元",
    }  # fmt: skip  # the next file of the kind is guessed by what was kept


REFUSED = {
    "no name": ({"name": " "}, "请写明名称。"),
    "a required column from nowhere": ({"from:product_code": ""}, "请指明：商品编码。"),
    "a heading and a text": (
        {"always:product_code": "P1"},
        "商品编码：标题与固定内容只能选一个。",
    ),
    "weeks without a first": ({"dates": "week"}, "按周计的日期须给出第一周的第一天"),
    "a heading that is not there": ({"from:product_code": "brand"}, "请指明：商品编码。"),
    "a head of somebody's own": ({"head": "made up"}, "请重新选择文件。"),
    "a text too long": ({"always:order_no": "x" * 201}, ""),
}


@pytest.mark.parametrize(("changed", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_fit_is_refused_with_what_was_typed_kept(
    cast: Cast, qian: Browser, changed: dict[str, Any], why: str
) -> None:
    head = head_of(read(qian, FILE.format(shop=cast.shops[0].code)))
    given = {"kind": "orders", "head": head, "name": "ERP", **FROM, **changed}
    answer = qian.send(PAGE, "keep", **given)
    page = answer.content.decode()
    assert answer.status_code in (400, 422), page
    [said] = forms.told(page)
    assert why in said
    assert ImportProfile.objects.count() == 0
    if given["head"] == head:
        assert 'name="from:retailer_code"' in page
        assert '<option value="when" selected>' in page
        assert f'value="{given["name"].strip()}"' in page


def test_a_name_is_taken_once_a_unit(cast: Cast, qian: Browser) -> None:
    head = head_of(read(qian, FILE.format(shop=cast.shops[0].code)))
    given = {"kind": "orders", "head": head, "name": "ERP", **FROM}
    assert qian.done(PAGE, "keep", **given) == "已保存，下面已选好：传一个文件试看。"
    assert qian.refused(PAGE, "keep", **given) == (409, "本单位已有同名的导入方案。")
    assert ImportProfile.objects.count() == 1


def test_files_that_cannot_be_read_say_so(cast: Cast, qian: Browser) -> None:
    files = {b"": "文件中没有数据行。", b"\xff\xfe\x00\x00" * 50: UNREAD, b"PK\x03\x04 no book": UNREAD}
    for content, why in files.items():
        answer = read(qian, content)
        assert 400 <= answer.status_code < 500
        assert forms.told(answer.content.decode()) == [why]
    status, said = qian.refused(PAGE, "read", kind="orders")
    assert (status, said) == (400, "请选择一个文件。")
    assert qian.send(PAGE, "read", kind="retailers", file=SimpleUploadedFile("a.csv", b"a\n")).status_code == 400


def test_a_large_file_is_read_to_its_last_whole_row_only(cast: Cast, qian: Browser) -> None:
    line = f"17,{cast.shops[0].code},09/03/2026,P1,20,店主说好\n"
    answer = read(qian, "no,shop,when,sku,n,words\n" + line * 60_000)
    assert answer.status_code == 200
    assert answer.content.decode().count('<td class="text">店主说好</td>') == 5


def test_a_profile_is_removed_as_its_reader_saw_it(cast: Cast, qian: Browser) -> None:
    rules = {"columns": {"order_no": "n"}}
    row = ImportProfile.objects.create(kind="orders", name="ERP", unit=cast.county, rules=rules)
    assert "1 列已指明" in forms.words(qian.read(PAGE))
    assert qian.send(PAGE, "remove", id=str(row.pk), version="7").status_code == 412
    assert qian.send(PAGE, "remove", id="x", version="1").status_code == 400
    assert ImportProfile.objects.count() == 1
    assert qian.done(PAGE, "remove", row) == "方案已删除；按它读过的导入不受影响。"
    assert ImportProfile.objects.count() == 0
    assert AuditEntry.objects.filter(act="import_profile.remove").count() == 1


def test_strangers_have_no_mapping(cast: Cast) -> None:
    row = ImportProfile.objects.create(kind="orders", name="ERP", unit=cast.county, rules={})
    lin = forms.of(cast, "lin")
    assert lin.client.get(PAGE).status_code == 403
    assert lin.send(PAGE, "remove", row).status_code == 403
    assert ImportProfile.objects.count() == 1
