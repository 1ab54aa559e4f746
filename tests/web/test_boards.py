"""The board pages: from a leader's first screen down to one visit, in two languages, within scope."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.models import Parameter
from cycles import month as cycle_month
from cycles.models import RetailerCycle
from market.rollups import recompute
from tests.cast import TODAY, Cast, make_shop
from tests.ground import standing
from tests.market.facts import Seen, visit
from web.boards.parameters import GENERATED

MARCH = TODAY.replace(day=1)


def page_of(cast: Cast, name: str) -> Client:
    """A browser with the person's session."""
    client = Client()
    client.force_login(cast.people[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


@standing
def worked(cast: Cast) -> Cast:
    """One visit of Lin's with its four captures, one of Wu's, and an open month."""
    cycle_month.open_month(MARCH)
    line = {"product": cast.products[0], "carton_price_fen": 19_380, "stock_packs": 20, "on_shelf": True}
    seen = Seen(
        observations=[line],
        briefings=[cast.policy.pk],
        score=80,
        note="价签已更换",
        more={"template_version": cast.template},
    )
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, seen)
    visit(cast.wu_shops[0], cast.other_territory, cast.wu, TODAY)
    RetailerCycle.objects.filter(month=MARCH, retailer=cast.shops[0]).update(client_execute=2)
    recompute.turn()
    recompute.drain()
    return cast


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def test_without_signing_in_a_page_sends_to_the_log_in_and_back(worked: Cast) -> None:
    for address in ("/", "/visits", "/cells/client_execute", f"/visits/{uuid4()}"):
        answer = Client().get(address)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/login")


def test_who_has_no_board_lands_at_the_desk_or_a_queue_or_is_told_that_the_position_lacks_it(worked: Cast) -> None:
    for name in ("sun", "qian", "zhou"):
        answer = page_of(worked, name).get("/")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/"), name
    for name, queue in (("jiang", "/breaches"), ("bai", "/needs"), ("mo", "/needs")):
        answer = page_of(worked, name).get("/")
        assert (answer.status_code, answer.headers["Location"]) == (302, queue), name
    assert "您今日的岗位不包含此项权限" in text_of(page_of(worked, "shen"), "/", status=403)


def test_a_leader_comes_from_the_first_screen_down_to_one_visit(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    first = text_of(zhao, "/")
    assert "黄石市" in first
    assert "黄石市本月还有 3 户未走访（应访 5 户），其中阳新县 2 户（覆盖率 33.3%）。" in first
    assert "<b>20<small>%</small></b><span>1/5</span>" in re.sub(r">\s+<", "><", first)
    for unit in (worked.county, worked.office, worked.territory):
        address = f"/?unit={unit.pk}&amp;month=2026-03"
        assert address in first
        first = text_of(zhao, address.replace("&amp;", "&"))
    visits = text_of(zhao, f"/visits?unit={worked.territory.pk}&month=2026-03")
    assert "1 次走访" in visits
    [one] = set(re.findall(r"/visits/[0-9a-f-]{36}", visits))
    shown = text_of(zhao, one)
    for word in ("便民商店0", "价签已更换", "80 分（满分 100）", "显眼", "三月货源投放规则", "黄鹤楼(软蓝)", "193.80"):
        assert word in shown


def test_a_cell_opens_the_shops_behind_it(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    address = f"/cells/client_execute?unit={worked.county.pk}&month=2026-03"
    everything, done = text_of(zhao, address), text_of(zhao, f"{address}&state=done")
    assert "待办 2" in everything
    assert "已完成 1" in everything
    assert "便民商店0" in done
    assert "便民商店1" not in done
    assert f"/shops/{worked.shops[0].pk}/2026-03#client_execute" in done


def test_what_is_outside_my_scope_looks_like_what_does_not_exist(worked: Cast) -> None:
    lin_visit = re.findall(r"/visits/[0-9a-f-]{36}", text_of(page_of(worked, "lin"), "/visits"))[0]
    wu = page_of(worked, "wu")
    absent = _masked(text_of(wu, f"/visits/{uuid4()}", 404))
    assert _masked(text_of(wu, lin_visit, 404)) == absent
    for unit in (worked.territory.pk, worked.county.pk, worked.prefecture.pk, 999_999):
        for address in ("/", "/visits", "/cells/client_execute"):
            assert _masked(text_of(wu, f"{address}?unit={unit}&month=2026-03", 404)) == absent


def _masked(page: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "-", page)


def test_an_account_manager_sees_her_own_board_and_only_hers(worked: Cast) -> None:
    board = text_of(page_of(worked, "lin"), "/")
    assert "兴国一片区本月还有 2 户未走访（应访 3 户）。" in board
    assert "东岳一片区" not in board
    assert "兴国市场部" not in board


def test_the_language_is_chosen_on_the_page_and_kept(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    assert '<html lang="zh-hans">' in text_of(zhao, "/")
    zhao.post("/language", {"language": "en", "next": "/"})
    english = text_of(zhao, "/")
    assert '<html lang="en">' in english
    assert "3 of 5 shops of 黄石市 have not been seen this month" in english
    assert "visit coverage" in english
    assert "走访覆盖率" not in english


def test_generated_data_is_said_to_be_generated(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    assert "演示数据" not in text_of(zhao, "/")
    Parameter.objects.create(unit=worked.nation, key=GENERATED, value=True, during=DateRange(TODAY, None))
    for address in ("/", "/visits", "/cells/client_execute"):
        assert "演示数据" in text_of(zhao, address)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/?unit=x", 400),
        ("/?month=2026-13", 400),
        ("/?month=2026-03-01", 400),
        ("/?colour=red", 400),
        ("/?sort=colour", 400),
        ("/visits?after=x", 400),
        ("/visits?retailer=x", 400),
        ("/visits?product=x", 400),
        ("/visits?has=colour", 400),
        ("/cells/client_execute?state=colour", 400),
        ("/cells/client_execute?after=x", 400),
        ("/cells/colour", 404),
        ("/visits/x", 404),
    ],
)
def test_an_address_that_cannot_be_understood_is_refused(worked: Cast, address: str, status: int) -> None:
    assert page_of(worked, "zhao").get(address).status_code == status


def test_somebody_whose_role_has_no_boards_gets_none(worked: Cast) -> None:
    for address in ("/", "/visits", "/cells/client_execute"):
        assert page_of(worked, "shen").get(address).status_code in {403, 404}


def test_the_pages_carry_no_inline_style_or_script(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    one = re.findall(r"/visits/[0-9a-f-]{36}", text_of(zhao, "/visits"))[0]
    for address in ("/", "/visits", "/cells/client_execute", one):
        answer = zhao.get(address)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        inline = r'\sstyle=|<style|<script(?! type="module" src="/static/)|\son\w+='
        assert not re.search(inline, answer.content.decode())


def test_the_first_page_asks_as_many_queries_for_many_units_as_for_few(worked: Cast) -> None:
    zhao = page_of(worked, "zhao")
    zhao.get("/")
    with CaptureQueriesContext(connection) as few:
        zhao.get("/")
    for number in range(20):
        shop = make_shop(worked.next_territory, 500 + number)
        line = {"product": worked.products[number % 3], "carton_price_fen": 10_000}
        visit(shop, worked.next_territory, worked.ma, TODAY, Seen(observations=[line]))
    call_command("rebuild_rollups", "2026-03", verbosity=0)
    with CaptureQueriesContext(connection) as many:
        zhao.get("/")
    assert len(many) == len(few)


def test_pages_of_a_long_list_meet_without_gap_or_overlap(worked: Cast) -> None:
    for number in range(60):
        visit(worked.shops[number % 3], worked.territory, worked.lin, MARCH.replace(day=1 + number % 15))
    lin, address = page_of(worked, "lin"), "/visits?month=2026-03"
    first = text_of(lin, address)
    following = re.findall(r'href="(/visits\?[^"]*after=[^"]*)"', first)[0].replace("&amp;", "&")
    pages = [re.findall(r"/visits/([0-9a-f-]{36})", page) for page in (first, text_of(lin, following))]
    assert [len(page) for page in pages] == [50, 11]
    assert len({*pages[0], *pages[1]}) == 61
