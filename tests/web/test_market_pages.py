"""The market's boards as pages: the figures of the API, each leading to its records, within scope, in few queries."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from backend.kpis import kpi
from backend.models import AuditEntry, Export
from backend.scope import Actor
from brands.models import Brand, KeyProduct
from market.figures import spread, values
from market.figures.subjects import subject
from market.models import Order
from market.orders import loading
from market.orders.loading import OrderLineRow, TargetRow
from market.rollups import recompute, segments
from retail.models import Classification, Retailer
from tests.cast import TODAY, Cast, make_shop
from tests.ground import standing
from tests.market.facts import Seen, visit
from web.templatetags.board_tags import plain

MARCH = date(2026, 3, 1)
MONTH_BEFORE = date(2026, 2, 10)
FIGURE = re.compile(r'<dt>([^<]+)</dt>\s*<dd><a href="([^"]+)"><b>([^<]+)</b>')


def page_of(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.people[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(client: Client, address: str, status: int = 200, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def told_by(client: APIClient, address: str, asked: dict[str, Any]) -> Any:
    answer = client.get(address, asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def line(shop: Retailer, code: str, cartons: int, on: date = TODAY) -> OrderLineRow:
    return OrderLineRow(f"{shop.code}-{on}", shop.code, on, code, cartons, cartons, cartons, cartons * 1_000)


def work_in() -> None:
    recompute.turn()
    recompute.drain()
    segments.drain()


@standing
def sold(cast: Cast) -> Cast:
    """Lin's shops bought 20 + 10 of the first product and 30 of the second, Wu's 40 of the third, against a target of
    200; the month before they bought 50 of the first. One shop is rural. Lin saw four prices of the first product."""
    Classification.objects.filter(retailer=cast.shops[1]).update(market_type="X", tier=9)
    loading.load_orders(
        [
            line(cast.shops[0], "P1", 20),
            line(cast.shops[0], "P2", 30),
            line(cast.shops[1], "P1", 10),
            line(cast.wu_shops[0], "P3", 40),
            line(cast.shops[0], "P1", 50, MONTH_BEFORE),
        ]
    )
    loading.load_targets([TargetRow(cast.prefecture.code, None, MARCH, 200)])
    for shop, fen in ((0, 19_000), (1, 19_500), (0, 20_000), (1, 21_000)):
        seen = Seen(observations=[{"product": cast.products[0], "carton_price_fen": fen}])
        visit(cast.shops[shop], cast.territory, cast.lin, TODAY - timedelta(days=fen % 7), seen)
    work_in()
    return cast


def at(unit: Any, **more: str) -> str:
    return "&".join([f"?unit={unit.pk}&month=2026-03", *(f"{name}={value}" for name, value in more.items())])


def figures_on(text: str) -> dict[str, tuple[str, str]]:
    """Name of a figure -> (value, where it leads)."""
    return {name: (value, href.replace("&amp;", "&")) for name, href, value in FIGURE.findall(text)}


def charts_on(text: str) -> dict[str, Any]:
    found = re.findall(r'<script id="chart-([^"]+)" type="application/json">(.*?)</script>', text)
    return {key: json.loads(told) for key, told in found}


# -- the nine blocks ---------------------------------------------------------------------------------------------------


def test_the_nine_blocks_say_what_the_api_says(sold: Cast, as_zhao: APIClient) -> None:
    text = text_of(page_of(sold, "zhao"), f"/market{at(sold.prefecture)}")
    told = told_by(as_zhao, "/api/v1/boards/blocks", {"unit": sold.prefecture.pk, "month": "2026-03"})
    assert [block["number"] for block in told["blocks"]] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    shown = figures_on(text)
    for block in told["blocks"]:
        assert block["title"] in text
        for figure in block["figures"]:
            value = None if figure["value"] is None else Decimal(figure["value"])
            assert shown[figure["name"]][0] == plain(value, figure["unit"]), figure["kpi"]
    assert (shown["销量"][0], shown["目标完成率"][0]) == ("100", "50.0")
    for sentence in told["why"]:
        assert sentence["text"] in text


def test_under_the_numbers_stand_the_moment_the_unsent_devices_and_the_time_gone(sold: Cast) -> None:
    text = text_of(page_of(sold, "zhao"), f"/market{at(sold.prefecture)}")
    assert "数据截至 2026-03-16" in text
    assert "0 台设备有未上传" in text
    assert "时间进度 51.6%" in text


def test_every_address_on_the_page_opens(sold: Cast) -> None:
    zhao = page_of(sold, "zhao")
    text = text_of(zhao, f"/market{at(sold.prefecture)}")
    found = {href.replace("&amp;", "&") for href in re.findall(r'href="(/(?!static|desk)[^"#]*)', text)}
    assert len(found) > 40
    wrong = {href: code for href in sorted(found) if (code := zhao.get(href).status_code) != 200}
    assert wrong == {}


def test_no_page_of_the_market_has_a_style_or_code_of_its_own(sold: Cast) -> None:
    zhao = page_of(sold, "zhao")
    for address in ("/market", "/market/figure", "/market/products", "/market/key", "/market/few"):
        text = text_of(zhao, f"{address}{at(sold.prefecture)}")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*(src=|application/json))", text), address


def test_a_month_without_anything_says_what_comes_next(sold: Cast) -> None:
    text = text_of(page_of(sold, "zhao"), f"/market?unit={sold.prefecture.pk}&month=2023-12")
    assert "本月暂无要点。订单导入、走访上传之后，销量、走访和库存的要点会显示在这里。" in text


def test_bars_without_any_height_are_a_sentence_beside_those_that_have_some(sold: Cast) -> None:
    """No product has a state of its market yet; each price class has its share."""
    zhao = page_of(sold, "zhao")
    running = text_of(zhao, f"/market{at(sold.prefecture)}")
    assert [key for key in charts_on(running) if key.startswith("bars")] == ["bars-classes"]
    assert running.count("目前所有数值均为 0，本月尚未结束。") == 1
    over = text_of(zhao, f"/market?unit={sold.prefecture.pk}&month=2026-02")
    assert [key for key in charts_on(over) if key.startswith("bars")] == ["bars-classes"]
    assert over.count("所有数值均为 0，没有可画的内容。") == 1
    assert "目前所有数值均为 0" not in over


# -- one figure --------------------------------------------------------------------------------------------------------


def test_a_figure_shows_its_months_its_meaning_and_its_ranking(sold: Cast, as_zhao: APIClient) -> None:
    text = text_of(page_of(sold, "zhao"), f"/market/figure{at(sold.prefecture, kpi='sales')}")
    months = told_by(
        as_zhao, "/api/v1/boards/periods", {"unit": sold.prefecture.pk, "until": "2026-03", "kpis": "sales"}
    )
    drawn = charts_on(text)["history-sales"]
    assert drawn["labels"] == [row["month"] for row in months["rows"]]
    assert [(one["role"], one["values"]) for one in drawn["series"]] == [
        ("", [*[None] * 11, 50, None]),
        ("forecast", [*[None] * 11, 50, 100]),  # the month still runs
        ("quiet", [None] * 13),
    ]
    assert drawn["shades"] == [[11, 11, "春节"]]
    assert "cartons sold to the unit&#x27;s shops" in text
    ranks = re.findall(
        r'<a href="/market/figure\?unit=(\d+)[^"]*">[^<]+</a></th><td><input[^>]+></td><td>(\d+)</td><td>([^<]+)</td>',
        text[text.index('id="h-rank"') :],
    )
    assert ranks == [(str(sold.county.pk), "1", "60"), (str(sold.other_county.pk), "2", "40")]
    turned = text_of(page_of(sold, "zhao"), f"/market/figure{at(sold.prefecture, kpi='sales', order='rising')}")
    turned = turned[turned.index('id="h-rank"') :]
    assert turned.index(f"unit={sold.other_county.pk}") < turned.index(f"unit={sold.county.pk}")


def test_chosen_units_are_drawn_side_by_side(sold: Cast) -> None:
    chosen = f"units={sold.county.pk}&units={sold.other_county.pk}"
    text = text_of(page_of(sold, "zhao"), f"/market/figure{at(sold.prefecture)}&{chosen}")
    compared = charts_on(text)["compared"]["series"]
    assert [(one["name"], one["values"][-1]) for one in compared] == [
        (sold.county.name, 60),
        (sold.other_county.name, 40),
    ]


def test_counties_are_painted_on_our_own_shapes(sold: Cast) -> None:
    drawn = charts_on(text_of(page_of(sold, "zhao"), f"/market/figure{at(sold.prefecture)}"))["map-sales"]
    assert drawn["shapes"] == f"/api/v1/boards/shapes?unit={sold.prefecture.pk}"
    assert drawn["codes"] == [sold.county.code, sold.other_county.code]
    assert page_of(sold, "zhao").get(drawn["shapes"]).status_code == 200


@pytest.mark.parametrize(
    "asked",
    ["kpi=nothing", "level=nation", "order=up", "page=0", "units=x", "subject=brand", "segment=tier:99", "other=1"],
)
def test_what_a_figure_cannot_be_asked_is_refused(sold: Cast, asked: str) -> None:
    assert page_of(sold, "zhao").get(f"/market/figure{at(sold.prefecture)}&{asked}").status_code == 400


# -- classes of shops --------------------------------------------------------------------------------------------------


def test_one_class_of_shops_is_told_as_the_api_tells_it(sold: Cast, as_zhao: APIClient) -> None:
    text = text_of(page_of(sold, "zhao"), f"/market{at(sold.prefecture, segment='market_type:X')}")
    asked = {"unit": sold.prefecture.pk, "month": "2026-03", "segment": "market_type:X"}
    told = {one["name"]: one for one in told_by(as_zhao, "/api/v1/boards/figures", asked)["figures"]}
    shown = figures_on(text)
    assert shown["销量"][0] == "10"
    for name, (value, href) in shown.items():
        exact = told[name]["value"]
        assert value == plain(None if exact is None else Decimal(exact), told[name]["unit"]), name
        assert "segment=market_type%3AX" in href


def test_two_classes_of_shops_are_crossed_at_market_office_and_below_only(sold: Cast) -> None:
    zhao, crossed = page_of(sold, "zhao"), "market_type:X,tier:9"
    assert zhao.get(f"/market{at(sold.county, segment=crossed)}").status_code == 422
    assert figures_on(text_of(zhao, f"/market{at(sold.office, segment=crossed)}"))["销量"][0] == "10"


# -- products ----------------------------------------------------------------------------------------------------------


def test_a_product_shows_how_its_prices_are_spread(sold: Cast) -> None:
    one = sold.products[0]
    found = spread.of_units(one.pk, [sold.prefecture.pk, sold.territory.pk, sold.other_county.pk], MARCH)
    assert found.keys() == {sold.prefecture.pk, sold.territory.pk}
    whole = found[sold.prefecture.pk]
    assert (whole.prices, whole.least, whole.lower, whole.median, whole.upper, whole.most) == (
        4, Decimal(19_000), Decimal(19_375), Decimal(19_750), Decimal(20_250), Decimal(21_000),
    )  # fmt: skip
    about = subject(f"product:{one.pk}")
    figure = values.figures([sold.prefecture.pk], MARCH, ["carton_price_median"], about)[sold.prefecture.pk]
    assert figure["carton_price_median"].value == whole.median
    assert spread.counts(one.pk, sold.prefecture.pk, MARCH) == [(19_000, 1), (19_500, 1), (20_000, 1), (21_000, 1)]
    text = text_of(page_of(sold, "zhao"), f"/market/subject{at(sold.prefecture, subject=str(about))}")
    drawn = charts_on(text)["prices"]
    assert [one["values"][0] for one in drawn["series"]] == [190.0, 193.75, 197.5, 202.5, 210.0]
    assert figures_on(text)["销量"][0] == "30"


def test_the_table_of_states_says_what_the_api_says(sold: Cast, as_zhao: APIClient) -> None:
    text = text_of(page_of(sold, "zhao"), f"/market/products{at(sold.prefecture)}")
    told = told_by(as_zhao, "/api/v1/boards/status", {"unit": sold.prefecture.pk, "month": "2026-03"})
    names = re.findall(r'<a href="/market/subject[^"]*">([^<]+)</a></th>', text)
    assert sorted(names) == sorted(line["name"] for line in told["products"])
    assert names[0] == sold.products[2].name  # the best selling first
    for word in told["words"]:
        assert f"{word['name']} <b>{word['products']}</b>" in text


def test_key_products_stand_against_their_goals(sold: Cast, as_zhao: APIClient) -> None:
    zhao = page_of(sold, "zhao")
    text = text_of(zhao, f"/market/key{at(sold.prefecture)}")
    [told] = told_by(as_zhao, "/api/v1/boards/key-products", {"unit": sold.prefecture.pk, "month": "2026-03"})[
        "products"
    ]
    row = text[text.index(sold.products[0].name) :]
    shown = re.findall(r'<a class="quiet" href="[^"]+">([^<]+)</a>', row[: row.index("</tr>")])
    assert shown == [
        plain(None if one["value"] is None else Decimal(one["value"]), kpi(one["kpi"]).unit) for one in told["figures"]
    ]
    KeyProduct.objects.all().delete()
    assert "本单位没有列入重点品规" in text_of(zhao, f"/market/key{at(sold.prefecture)}")


def test_the_largest_brands_stand_with_their_shares(sold: Cast, as_zhao: APIClient) -> None:
    home, other = (Brand.objects.create(name=name, maker="湖北中烟") for name in ("自家", "别家"))
    for product, brand in zip(sold.products, (home, home, other), strict=True):
        product.brand = brand
        product.save()
    recompute.rebuild(MARCH)
    text = text_of(page_of(sold, "zhao"), f"/market/key{at(sold.prefecture)}")
    rows = text[text.index('id="h-brands"') :]
    names = re.findall(r'<a href="/market/subject[^"]*subject=brand%3A(\d+)">([^<]+)</a>', rows)
    assert names == [(str(home.pk), "自家"), (str(other.pk), "别家")]
    shown = re.findall(r'kpi=(\w+)[^"]*">([^<]+)</a>', rows)
    assert [value for code, value in shown if code == "sales"] == ["60", "40"]
    assert [value for code, value in shown if code == "brand_share"] == ["60.0", "40.0"]


def test_how_much_rests_on_few_shops_is_told_of_each_unit(sold: Cast, as_zhao: APIClient) -> None:
    text = text_of(page_of(sold, "zhao"), f"/market/few{at(sold.prefecture)}")
    told = told_by(as_zhao, "/api/v1/boards/concentration", {"unit": sold.prefecture.pk, "month": "2026-03"})
    drawn = charts_on(text)["few"]["series"][0]["values"]
    rows = [told["whole"], *told["children"]]
    wanted = [next(f["value"] for f in row["figures"] if f["kpi"] == "share_of_largest_shops") for row in rows]
    assert drawn == [float(value) for value in wanted] == [50.0, 83.3, 100.0]


# -- down to the record ------------------------------------------------------------------------------------------------


def test_a_leader_drills_from_the_prefecture_to_one_order(sold: Cast) -> None:
    zhao = page_of(sold, "zhao")
    for unit, below in (
        (sold.prefecture, sold.county), (sold.county, sold.office), (sold.office, sold.territory),
    ):  # fmt: skip
        assert f'<a href="/market?unit={below.pk}&amp;month=2026-03">' in text_of(zhao, f"/market{at(unit)}")
    shops = text_of(zhao, f"/market/shops{at(sold.territory)}")
    assert f'<a href="/shops/{sold.shops[0].pk}/2026-03">{sold.shops[0].name}</a>' in shops
    [orders] = set(re.findall(rf'"(/market/orders\?[^"]*retailer={sold.shops[0].pk})"', shops))
    listed = text_of(zhao, orders.replace("&amp;", "&"))
    one = Order.objects.get(retailer=sold.shops[0], month=MARCH)
    assert "1 张订单 · 50 条 · 500.00 元" in listed
    record = text_of(zhao, f"/market/orders/{one.pk}")
    assert one.order_no in record
    lines = re.findall(r"</a></th>" + r"<td[^>]*>(\d+)</td>" * 3 + r"<td[^>]*>([\d.,]+)</td>", record)
    assert lines == [("30", "30", "30", "300.00"), ("20", "20", "20", "200.00")]


def test_orders_of_a_product_are_those_with_a_line_of_it(sold: Cast) -> None:
    about = at(sold.prefecture, subject=f"product:{sold.products[2].pk}")
    text = text_of(page_of(sold, "zhao"), f"/market/orders{about}")
    assert "1 张订单 · 40 条 · 400.00 元" in text
    assert sold.wu_shops[0].name in text
    assert sold.shops[0].name not in text


def test_shops_and_orders_come_page_by_page(sold: Cast) -> None:
    for number in range(60):
        make_shop(sold.territory, 500 + number)
    zhao, codes, address = page_of(sold, "zhao"), [], f"/market/shops{at(sold.territory)}"
    while address:
        text = text_of(zhao, address)
        codes += re.findall(r"</a> <small>([^<]+)</small></th>", text)
        after = re.search(r'<a href="(/market/shops[^"]*after=[^"]*)"', text)
        address = after[1].replace("&amp;", "&") if after else ""
    assert len(codes) == len(set(codes)) == 60 + len(sold.shops)
    assert codes == sorted(codes)


# -- scope -------------------------------------------------------------------------------------------------------------

PAGES = ("/market", "/market/figure", "/market/products", "/market/key", "/market/few", "/market/shops",
         "/market/orders")  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_finds_the_page_of_another_unit_as_absent_as_one_that_does_not_exist(
    sold: Cast, address: str
) -> None:
    wu = page_of(sold, "wu")
    foreign, nowhere = (wu.get(f"{address}?unit={pk}&month=2026-03") for pk in (sold.county.pk, 9_999_999))
    assert (foreign.status_code, nowhere.status_code) == (404, 404)
    assert sold.county.name not in foreign.content.decode()
    assert Client().get(f"{address}{at(sold.county)}").status_code == 302


def test_a_stranger_opens_neither_order_nor_shop_of_others(sold: Cast) -> None:
    wu, one = page_of(sold, "wu"), Order.objects.get(retailer=sold.shops[0], month=MARCH)
    assert wu.get(f"/market/orders/{one.pk}").status_code == 404
    own = at(sold.other_territory, retailer=str(sold.shops[0].pk))
    assert wu.get(f"/market/orders{own}").status_code == 404


def test_who_has_no_board_is_refused(sold: Cast) -> None:
    for name in ("jiang", "shen"):
        assert page_of(sold, name).get("/market").status_code in (403, 404), name


# -- as a file ---------------------------------------------------------------------------------------------------------


def test_the_board_is_taken_along_as_a_file(sold: Cast) -> None:
    zhao, address = page_of(sold, "zhao"), f"/market{at(sold.prefecture)}"
    answer = zhao.post(address, {"act": "export", "format": "csv"})
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    made = Export.objects.get()
    assert (made.kind, made.format, made.under_id, made.since, made.until) == (
        "figures", "csv", sold.prefecture.pk, MARCH, clock.month_end(MARCH),
    )  # fmt: skip
    assert AuditEntry.objects.filter(act="export.figures").count() == 1
    told = text_of(zhao, f"/market/exports/{made.pk}")
    assert f'hx-get="/market/exports/{made.pk}"' in told
    Export.objects.update(state=Export.State.READY, rows=42, finished_at=clock.now())
    assert f'<a href="/api/v1/exports/{made.pk}/file" download>下载 CSV（42 行）</a>' in text_of(
        zhao, f"/market/exports/{made.pk}"
    )
    assert page_of(sold, "wu").get(f"/market/exports/{made.pk}").status_code == 404


def test_a_format_that_there_is_not_makes_no_file(sold: Cast) -> None:
    answer = page_of(sold, "zhao").post(f"/market{at(sold.prefecture)}", {"act": "export", "format": "pdf"})
    assert answer.status_code == 400
    assert Export.objects.count() == 0


# -- queries and words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES)
def test_many_shops_ask_no_more_queries_than_few(sold: Cast, address: str) -> None:
    zhao = page_of(sold, "zhao")

    def asked() -> int:
        zhao.get(f"{address}{at(sold.prefecture)}")
        with CaptureQueriesContext(
            connection,
        ) as found:
            text_of(zhao, f"{address}{at(sold.prefecture)}")
        return len(found)

    few = asked()
    shops = [make_shop(sold.territory, 500 + number) for number in range(27)]
    loading.load_orders([line(shop, "P2", 5) for shop in shops])
    work_in()
    assert asked() == few


def test_the_pages_speak_english_where_the_reader_does(sold: Cast) -> None:
    zhao = page_of(sold, "zhao")
    text = text_of(zhao, f"/market{at(sold.prefecture)}", accept_language="en")
    assert "Headline and progress against target" in text
    assert not re.search(r"(?<=<h2)[^>]*>[^<]*[一-鿿]", text)


def test_a_reader_sees_the_areas_that_the_position_opens(sold: Cast) -> None:
    text = text_of(page_of(sold, "zhao"), f"/market{at(sold.prefecture)}")
    areas = re.search(r'<nav class="areas".*?</nav>', text, re.DOTALL)
    assert areas is not None
    assert re.findall(r">([^<]+)</a>", areas[0])[:3] == ["市场", "135 工作法", "现场"]
    assert isinstance(sold.actor("zhao"), Actor)
