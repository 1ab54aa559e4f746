"""What the pages say beside the figures: answers in words, the way through months, heads that sort, empty months."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from backend import clock
from backend.http.serializers import EARLIEST
from backend.models import Parameter
from cycles import month as cycle_month
from market.rollups import recompute
from tests.cast import NOW, TODAY, Cast
from tests.ground import standing
from tests.market.facts import Seen, visit
from visits.models import CheckLine, Visit
from web.boards.parameters import GENERATED

MARCH = TODAY.replace(day=1)


def page_of(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.people[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(client: Client, address: str, **headers: Any) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


@standing
def worked(cast: Cast) -> Cast:
    """An open month with one visit of Lin's and what she saw of two products."""
    cycle_month.open_month(MARCH)
    seen = Seen(
        observations=[
            {"product": cast.products[0], "carton_price_fen": 19_380, "stock_packs": 20},
            {"product": cast.products[1], "carton_price_fen": 45_000, "stock_packs": 5},
        ],
        score=80,
        more={"template_version": cast.template},
    )
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, seen)
    recompute.turn()
    recompute.drain()
    return cast


def test_a_display_check_answers_in_words_and_counts_against_what_passes(worked: Cast) -> None:
    one = Visit.objects.get()
    CheckLine.objects.filter(visit_id=one.pk).delete()
    worked.template.items = [
        {"code": "a", "name": "显眼", "name_en": "Visible", "kind": "yes_no", "weight": 20},
        {"code": "b", "name": "整洁", "name_en": "Tidy", "kind": "yes_no", "weight": 20},
        {"code": "c", "name": "规范", "name_en": "To standard", "kind": "count", "weight": 20, "pass_at": 16},
        {"code": "d", "name": "位置", "kind": "choice", "weight": 20, "choices": ["柜台", "背柜"], "pass_at": ["背柜"]},
        {"code": "e", "name": "持续", "name_en": "Lasting", "kind": "yes_no", "weight": 20},
    ]
    worked.template.save()
    answers = [("a", "1", True), ("b", "0", False), ("c", "14", False), ("d", "背柜", True), ("e", "", None)]
    for number, (code, answer, passed) in enumerate(answers):
        CheckLine.objects.create(
            month=one.month, visit_id=one.pk, line_no=number, item_code=code, answer=answer, passed=passed, points=0
        )
    zhao, row = page_of(worked, "zhao"), r'<th scope="row">([^<]*)</th><td>([^<]*)</td><td>'
    assert re.findall(row, text_of(zhao, f"/visits/{one.pk}"))[:5] == [
        ("显眼", "是"),
        ("整洁", "否"),
        ("规范", "14 / 16"),
        ("位置", "背柜"),
        ("持续", "–"),
    ]
    assert re.findall(row, text_of(zhao, f"/visits/{one.pk}", accept_language="en"))[:2] == [
        ("Visible", "yes"),
        ("Tidy", "no"),
    ]


def test_the_way_through_the_months_ends_at_the_newest_and_keeps_what_was_chosen(worked: Cast) -> None:
    zhao, unit = page_of(worked, "zhao"), worked.county.pk
    for address, kept in (
        ("/", "&sort=-visits"),
        ("/visits", "&presence=to_verify"),
        ("/cells/client_execute", "&state=open"),
    ):
        newest = text_of(zhao, f"{address}?unit={unit}&month=2026-03{kept}").replace("&amp;", "&")
        assert f'rel="prev" href="{address}?unit={unit}&month=2026-02{kept}"' in newest
        assert 'rel="next"' not in newest
        assert "已是最新月份" in newest
        older = text_of(zhao, f"{address}?unit={unit}&month=2026-02").replace("&amp;", "&")
        assert f'rel="next" href="{address}?unit={unit}&month=2026-03"' in older


def test_no_way_leads_before_the_first_month_that_an_address_may_name(worked: Cast) -> None:
    assert 'rel="prev"' not in text_of(page_of(worked, "zhao"), f"/visits?month={EARLIEST:%Y-%m}")


def test_a_head_sorts_and_turns_round_and_says_which_way_it_stands(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    first = text_of(zhao, "/")
    assert re.findall(r'aria-sort="(\w+)"><a [^>]*>([^<]+)<', first) == [("descending", "销量▾")]
    [falling] = re.findall(r'href="([^"]*products_sort=-carton_price_average)#products"', first)
    [down] = [falling.replace("&amp;", "&")]
    assert _products(text_of(zhao, down)) == [worked.products[1].name, worked.products[0].name]
    [rising] = re.findall(r'href="([^"]*products_sort=carton_price_average)#products"', text_of(zhao, down))
    assert _products(text_of(zhao, rising.replace("&amp;", "&"))) == [worked.products[0].name, worked.products[1].name]
    assert zhao.get("/?products_sort=colour").status_code == 400


def _products(page: str) -> list[str]:
    return re.findall(r'product=\d+">([^<]+)</a></th>', page)


def test_a_running_month_says_that_it_is_held_against_a_whole_one(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    running, over = text_of(zhao, "/?month=2026-03"), text_of(zhao, f"/visits?unit={worked.prefecture.pk}")
    assert "▲▼ 对比上月全月" in running
    assert "对比上月" not in over
    visit(worked.shops[1], worked.territory, worked.lin, MARCH.replace(month=2, day=10))
    recompute.turn()
    recompute.drain()
    assert "▲▼ 对比上月<" in text_of(zhao, "/?month=2026-02")


def test_what_adds_up_shows_last_month_whole_while_its_month_runs_and_an_arrow_after_it(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    for day in (10, 11, 12):
        visit(worked.shops[1], worked.territory, worked.lin, date(2026, 2, day), Seen(note="缺货"))
    recompute.rebuild(date(2026, 2, 1))
    count = r"<dt>走访记录.*?</dd>\s*<dd class=.against.><span class=.change.[^>]*>([^<]*)<"
    assert re.findall(count, text_of(zhao, "/?month=2026-03"), re.S) == ["上月 3"]
    with clock.at(NOW + timedelta(days=31)):
        assert re.findall(count, text_of(zhao, "/?month=2026-03"), re.S) == ["▼ 3"]


def test_an_empty_month_says_so_and_leads_to_the_newest(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    empty = text_of(zhao, "/?month=2024-01").replace("&amp;", "&")
    assert "这个月这里没有数据" in empty
    assert f'href="/?unit={worked.prefecture.pk}&month=2026-03">查看2026年3月</a>' in empty
    assert "h-market" not in empty


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/visits?month=2026-02", "这个月这里没有走访。"),
        ("/visits?presence=to_verify", "没有待核实的走访"),
        ("/visits?flagged=true", "本月走访均无提示。"),
        ("/visits?has=pitch", "本月没有这样的走访。"),
        ("/cells/client_execute?month=2026-02", "每月任务在上月最后一个工作日自动生成"),
    ],
)
def test_an_empty_list_says_what_its_emptiness_means(worked: Cast, address: str, words: str) -> None:
    assert words in text_of(page_of(worked, "zhao"), address)


def test_the_log_in_page_offers_the_demo_to_everybody_while_it_is_loaded(cast: Cast, settings: Any) -> None:
    settings.DEMO_ALLOWED = True
    assert "demo-135" not in text_of(Client(), "/login")
    Parameter.objects.create(unit=cast.nation, key=GENERATED, value=True, during=DateRange(TODAY, None))
    page = text_of(Client(), "/login")
    assert "演示数据" in page
    offered = ["lin", "chen", "wu", "zhao", "shao", "tang", "deng", "wen", "sun"]
    assert re.findall(r'<button name="username" value="(\w+)">', page) == offered
    settings.DEMO_ALLOWED = False
    assert "demo-135" not in text_of(Client(), "/login")


def test_the_log_in_page_changes_its_language(cast: Cast) -> None:
    client = Client()
    assert '<button name="language" value="en"' in text_of(client, "/login")
    client.post("/language", {"language": "en", "next": "/login"})
    page = text_of(client, "/login")
    assert '<html lang="en">' in page
    assert "135 method" in page


def test_browsers_find_the_sign_where_they_look_for_an_icon(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/static/backend/sign.svg")


@pytest.mark.parametrize(
    ("language", "first", "second"), [("zh-CN", "未找到", "Not found"), ("en", "Not found", "未找到")]
)
def test_a_page_that_is_not_there_says_so_in_both_languages(
    client: Client, language: str, first: str, second: str
) -> None:
    answer = client.get("/nothing", headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.status_code == 404
    assert f"<h1>{first}</h1>" in page
    assert f"<strong>{second}</strong>" in page
    assert 'href="/"' in page
