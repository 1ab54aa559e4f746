"""The page of one visit shows all that the visit carries, in words, and each reader only what he may see."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.cast import Cast
from tests.photos.pictures import declared, jpeg, send
from tests.visits.items import everything, receive
from tests.web.test_pages import page_of, text_of
from visits import photo_processing

SHOWN, WAITED_FOR = jpeg(1), jpeg(2)


@pytest.fixture
def sent(settings: Any, tmp_path: Path, as_lin: APIClient, cast: Cast) -> dict[str, Any]:
    """Everything, with one photo ready, one not yet read, and one that did not come."""
    folder = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "kept")}}
    settings.UPLOADS_DIR, settings.STORAGES = tmp_path / "uploads", {**settings.STORAGES, "photos": folder}
    found = everything(cast)
    first, second, *_signature = found["photos"]
    first |= declared(SHOWN, first["id"], kind="before", item="clean")
    second |= declared(WAITED_FOR, second["id"], kind="after", item="clean")
    receive(cast.actor("lin"), found)
    assert send(as_lin, first, SHOWN).status_code == 201
    photo_processing.process_due()
    assert send(as_lin, second, WAITED_FOR).status_code == 201
    return found


def words_of(page: str) -> str:
    """What the page says in its main part, without marks."""
    inner = page[page.index("<h1>") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inner))


def test_the_page_says_in_words_all_that_the_visit_carries(cast: Cast, sent: dict[str, Any]) -> None:
    said = words_of(text_of(page_of(cast, "lin"), f"/visits/{sent['submission_id']}"))
    for words in (
        "走访目的 陈列 · 政策",
        "计划走访 是",
        "确认人 王老板 签名",
        "缺货 换招牌",
        "✓ 达标 当场整改",
        "店主 集中宣讲 ✓ 通过 签名 4/5 何时？",
        "真伪鉴别 20 店员 5/5",
        "陈列规格数 60 无价签 6 亮证经营 是 对疑似未成年人查验身份证 否 说明 缺六张",
        "照片 还缺 1 张",
        "签名 · 03-16 09:35",
    ):
        assert words in said, words
    assert "修订记录" not in said


def test_a_photo_is_shown_by_an_address_that_ends_and_one_without_says_why(cast: Cast, sent: dict[str, Any]) -> None:
    lin = page_of(cast, "lin")
    page = text_of(lin, f"/visits/{sent['submission_id']}")
    [small] = re.findall(r'<img src="(/photos/[^"]+)"', page)
    [large] = re.findall(r'<a href="(/photos/[^"]+)"', page)
    first = sent["photos"][0]["id"]
    assert (small.split("?")[0], large.split("?")[0]) == (f"/photos/{first}/320", f"/photos/{first}/1280")
    answer = lin.get(small)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert re.findall(r'<span class="gone">([^<]+)</span>', page) == ["已到达", "尚未收到"]


def test_who_may_not_read_what_is_restricted_is_not_shown_that_there_is_something(
    cast: Cast, sent: dict[str, Any]
) -> None:
    for name, sees in (("lin", True), ("zhao", True), ("chen", False)):
        said = words_of(text_of(page_of(cast, name), f"/visits/{sent['submission_id']}"))
        for words in ("有人上门收烟", "菜场", "限阅"):
            assert (words in said) is sees, (name, words)
        assert "没人扫" in said


def test_an_edit_is_listed_with_the_names_of_what_it_changed(
    as_lin: APIClient, cast: Cast, sent: dict[str, Any]
) -> None:
    address = f"/visits/{sent['submission_id']}"
    edited = {**sent, "note": "更正", "compliance": None, "confirmed_by": "李老板"}
    assert as_lin.put(f"/api/v1{address}", edited, format="json", HTTP_IF_MATCH="*").status_code == 200
    chen = page_of(cast, "chen")
    assert "2 · 已修改 2026-03-16 10:00 林小梅 走访记录、合规、确认人 –" in words_of(text_of(chen, address))
    assert "Note, Compliance, Confirmed by" in words_of(text_of(chen, address, accept_language="en"))
