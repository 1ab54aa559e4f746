"""The boards of figures over HTTP: any subject and segment, side by side, by month, ranked, on a map, down to shops."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from backend.models import ChangeMark
from brands.models import Brand, PriceBand, ProductPrice
from market.figures import values
from market.figures.subjects import subject
from market.models import RollupTurn, UnitMonth, UnitProductMonth, UnitSubjectMonth, UnitVolumeCount
from market.orders import loading
from market.orders.loading import OrderLineRow, TargetRow
from market.rollups import recompute, segments
from retail.models import Classification, Retailer
from tests.cast import TODAY, Cast, SignIn, make_shop
from tests.ground import standing
from tests.market.facts import Seen, rollup_rows, visit
from tests.market.test_rollups import move

BOARDS = "/api/v1/boards"
MARCH = date(2026, 3, 1)


def get(client: APIClient, path: str, status: int = 200, **asked: Any) -> Any:
    answer = client.get(f"{BOARDS}/{path}", {name: str(value) for name, value in asked.items()})
    assert answer.status_code == status, answer.content
    return answer.json()


def told(found: Any) -> dict[str, str | None]:
    return {figure["kpi"]: figure["value"] for figure in found}


def line(shop: Retailer, code: str, cartons: int, on: date = TODAY, *, demanded: int | None = None) -> OrderLineRow:
    return OrderLineRow(f"{shop.code}-{on}", shop.code, on, code, demanded, cartons, cartons, cartons * 1_000)


@standing
def sold(cast: Cast) -> Cast:
    """Lin's shops bought 20 + 10 of the first product and 30 of the second, Wu's 40 of the third; one shop is rural."""
    Classification.objects.filter(retailer=cast.shops[1]).update(market_type="X", tier=9)
    first, second, third = cast.products
    home = Brand.objects.create(name="自家", maker="湖北中烟")
    for product, guide, transfer in ((first, 19_000, 8_000), (second, 10_000, 4_000), (third, 50_000, 20_000)):
        product.guide_carton_fen, product.transfer_fen = guide, transfer
        product.save()
    first.brand = second.brand = home
    first.save()
    second.save()
    loading.load_orders(
        [
            line(cast.shops[0], "P1", 20),
            line(cast.shops[0], "P2", 30),
            line(cast.shops[1], "P1", 10),
            line(cast.wu_shops[0], "P3", 40),
        ]
    )
    work_in()
    return cast


def work_in() -> None:
    recompute.turn()
    recompute.drain()
    segments.drain()


def test_figures_of_a_unit_are_told_with_their_meaning_period_and_rows(sold: Cast, as_zhao: APIClient) -> None:
    found = get(
        as_zhao, "figures", unit=sold.prefecture.pk, month="2026-03", kpis="sales,sales_amount,price_per_carton"
    )
    assert told(found["figures"]) == {"sales": "100", "sales_amount": "100000", "price_per_carton": "1000"}
    assert (found["subject"], found["segment"], found["time_progress"]) == ("all", "all", "51.6")
    assert found["freshness"]["waiting"] == 0
    assert found["devices_silent"]["unsent_items"] == 0
    sales = found["figures"][0]
    assert sales["rows"] == f"/api/v1/orders?shops_of={sold.prefecture.pk}&month=2026-03"
    assert (sales["scope"], sales["version"], sales["period"]) == (sold.prefecture.pk, 1, "2026-03")
    assert sales["formula"] == "cartons sold to the unit's shops"


@pytest.mark.parametrize(
    ("about", "cartons", "share"),
    [("brand", "60", "60.0"), ("product", "30", "30.0"), ("class", "30", "30.0"), ("band", "40", "40.0")],
)
def test_a_subject_has_its_sales_and_its_share(
    sold: Cast, as_zhao: APIClient, about: str, cartons: str, share: str
) -> None:
    first, _, third = sold.products
    wanted = {
        "brand": f"brand:{Brand.objects.get(name='自家').pk}",
        "product": f"product:{first.pk}",
        "class": "class:2",
        "band": f"band:{PriceBand.objects.get(guide_fen__contains=third.guide_carton_fen).pk}",
    }[about]
    found = get(as_zhao, "figures", unit=sold.prefecture.pk, month="2026-03", subject=wanted)
    kpis = told(found["figures"])
    assert (kpis["sales"], kpis[f"{about}_share"]) == (cartons, share)
    assert "visits" not in kpis


def test_the_table_of_subjects_says_what_each_subject_alone_says(sold: Cast, as_zhao: APIClient) -> None:
    for by in ("brand", "class", "band", "product"):
        table = get(as_zhao, "subjects", unit=sold.prefecture.pk, month="2026-03", by=by, sort="-sales")
        assert table["subjects"], by
        assert sum(int(told(row["figures"])["sales"] or 0) for row in table["subjects"]) == 100
        assert table["subjects"] == sorted(table["subjects"], key=lambda r: -int(told(r["figures"])["sales"] or 0))
        for row in table["subjects"]:
            alone = get(as_zhao, "figures", unit=sold.prefecture.pk, month="2026-03", subject=row["subject"])
            one = {f["kpi"]: f for f in alone["figures"]}
            for figure in row["figures"]:
                assert {k: one[figure["kpi"]][k] for k in figure} == figure


def test_one_class_of_shops_is_stored_from_the_county_up_and_counted_live_below(sold: Cast, as_zhao: APIClient) -> None:
    for unit in (sold.prefecture, sold.county, sold.office, sold.territory):
        asked: dict[str, Any] = {"unit": unit.pk, "month": "2026-03", "kpis": "sales,shops_ordering,price_per_carton"}
        rural = told(get(as_zhao, "figures", segment="market_type:X", **asked)["figures"])
        assert rural == {"sales": "10", "shops_ordering": "1", "price_per_carton": "1000"}, unit.name
        ninth = told(get(as_zhao, "figures", segment="tier:9", **asked)["figures"])
        assert ninth["sales"] == "10"


def test_classes_of_shops_that_were_postponed_say_that_they_wait_and_then_equal_a_whole_rebuild(
    sold: Cast, as_zhao: APIClient
) -> None:
    whole = classes_of_shops()
    asked: dict[str, Any] = {"unit": sold.county.pk, "month": "2026-03", "kpis": "sales"}
    recompute.rebuild(MARCH)
    assert classes_of_shops() == whole
    recompute.rebuild(MARCH, classes=False)
    with transaction.atomic():
        recompute.postpone_classes(MARCH)
    assert classes_of_shops() == []
    assert get(as_zhao, "figures", segment="tier:9", **asked)["freshness"]["waiting"] == 2  # a territory each
    assert get(as_zhao, "figures", **asked)["freshness"]["waiting"] == 0
    segments.drain()
    assert classes_of_shops() == whole
    found = get(as_zhao, "figures", segment="tier:9", **asked)
    assert (found["freshness"]["waiting"], told(found["figures"])) == (0, {"sales": "10"})


def classes_of_shops() -> list[Any]:
    """Every row of a class of shops, in key order."""
    return sorted(UnitSubjectMonth.objects.filter(segment_kind__gt=0).values_list(), key=repr)


def test_a_month_that_was_postponed_is_made_by_the_drains_as_a_rebuild_makes_it(sold: Cast) -> None:
    whole, classes = rollup_rows(), classes_of_shops()
    assert whole["UnitSubjectMonth"]
    for model in (RollupTurn, UnitMonth, UnitProductMonth, UnitSubjectMonth, UnitVolumeCount):
        model.objects.filter(month=MARCH).delete()
    recompute.postpone(MARCH)
    recompute.postpone(MARCH)  # it has begun
    assert ChangeMark.objects.filter(consumer=recompute.CONSUMER).count() == 3
    recompute.drain()
    segments.drain()
    assert classes_of_shops() == classes
    assert rollup_rows() == whole


def test_two_classes_are_crossed_at_market_office_and_below_only(sold: Cast, as_zhao: APIClient) -> None:
    asked: dict[str, Any] = {"month": "2026-03", "segment": "market_type:C,tier:15", "kpis": "sales"}
    assert told(get(as_zhao, "figures", unit=sold.office.pk, **asked)["figures"]) == {"sales": "50"}
    assert told(get(as_zhao, "figures", unit=sold.territory.pk, **asked)["figures"]) == {"sales": "50"}
    refused = get(as_zhao, "figures", 422, unit=sold.county.pk, **asked)
    assert refused["code"] == "segments_not_crossed"
    assert get(as_zhao, "map", 422, month="2026-03", segment="market_type:C,tier:15", kpi="sales")["code"] == (
        "segments_not_crossed"
    )


def test_units_and_months_stand_side_by_side_in_the_order_asked_for(sold: Cast, as_zhao: APIClient) -> None:
    units = f"{sold.other_county.pk},{sold.county.pk}"
    found = get(as_zhao, "compare", units=units, months="2026-03,2026-02", kpis="sales,sell_through_rate")
    rows = [(row["unit"]["id"], row["month"], told(row["values"])["sales"]) for row in found["rows"]]
    assert rows == [
        (sold.other_county.pk, "2026-03", "40"),
        (sold.other_county.pk, "2026-02", "0"),
        (sold.county.pk, "2026-03", "60"),
        (sold.county.pk, "2026-02", "0"),
    ]
    assert told(found["rows"][0]["values"])["sell_through_rate"] is None


def test_months_follow_each_other(sold: Cast, as_zhao: APIClient) -> None:
    found = get(as_zhao, "periods", unit=sold.county.pk, since="2026-01", until="2026-03", kpis="sales")
    assert [(row["month"], told(row["values"])["sales"]) for row in found["rows"]] == [
        ("2026-01", "0"),
        ("2026-02", "0"),
        ("2026-03", "60"),
    ]
    assert len(get(as_zhao, "periods", unit=sold.county.pk, kpis="sales")["rows"]) == 13
    assert get(as_zhao, "periods", 400, since="2026-03", until="2026-02")["code"] == "bad_date"
    assert get(as_zhao, "periods", 400, since="2020-03", until="2026-02")["code"] == "bad_parameter"


def test_units_of_a_level_are_ranked_and_equal_ones_share_a_rank(sold: Cast, as_zhao: APIClient) -> None:
    found = get(as_zhao, "rank", level="territory", kpi="sales", month="2026-03")
    assert [(row["rank"], row["unit"]["code"], row["value"]) for row in found["rows"]] == [
        (1, sold.territory.code, "60"),
        (2, sold.other_territory.code, "40"),
        (3, sold.next_territory.code, "0"),
    ]
    rising = get(
        as_zhao, "rank", level="territory", kpi="revenue_per_box", month="2026-03", order="rising", page_size=1
    )
    assert (rising["count"], len(rising["rows"])) == (3, 1)
    assert rising["rows"][0]["rank"] == 1
    last = get(as_zhao, "rank", level="territory", kpi="revenue_per_box", month="2026-03", page=2, page_size=2)
    assert [(row["rank"], row["value"]) for row in last["rows"]] == [(None, None)]


def test_a_map_names_the_shape_of_each_county_where_one_was_drawn(
    sold: Cast, as_zhao: APIClient, settings: Any, tmp_path: Any
) -> None:
    settings.COUNTY_SHAPES = tmp_path / "shapes.geojson"
    settings.COUNTY_SHAPES.write_text(
        '{"features":[{"properties":{"adcode":420222,"name":"阳新县"},'
        '"geometry":{"type":"Polygon","coordinates":[[[114,30],[115,30],[115,31],[114,30]]]}}]}'
    )
    found = get(as_zhao, "map", kpi="sales", month="2026-03")
    assert [(row["unit"]["id"], row["shape"], row["value"]) for row in found["counties"]] == [
        (sold.county.pk, "420222", "60"),
        (sold.other_county.pk, None, "40"),
    ]
    answer = as_zhao.get(f"{BOARDS}/shapes")
    assert [feature["id"] for feature in answer.json()["features"]] == ["420222"]
    again = as_zhao.get(f"{BOARDS}/shapes", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_demos_own_shapes_are_served(sold: Cast, as_zhao: APIClient) -> None:
    sold.county.code = "420981"
    sold.county.save()
    features = get(as_zhao, "shapes")["features"]
    assert [feature["id"] for feature in features] == ["420981"]
    assert features[0]["geometry"]["type"] in {"Polygon", "MultiPolygon"}


def test_the_shops_of_a_unit_add_up_to_its_figure_and_lead_to_their_orders(sold: Cast, as_lin: APIClient) -> None:
    visit(sold.shops[0], sold.territory, sold.lin, TODAY)
    found = get(as_lin, "shops", unit=sold.territory.pk, month="2026-03", page_size=2)
    assert [(row["code"], row["cartons"], row["orders"], row["visits"]) for row in found["results"]] == [
        (sold.shops[0].code, 50, 1, 1),
        (sold.shops[1].code, 10, 1, 0),
    ]
    assert found["results"][0]["last_order_on"] == found["results"][0]["last_visit_on"] == "2026-03-16"
    more = get(as_lin, "shops", unit=sold.territory.pk, month="2026-03", page_size=2, after=found["after"])
    assert ([row["cartons"] for row in more["results"]], more["after"]) == ([0], None)
    assert found["moved_with_shop"] == {"shops": 0, "cartons": 0, "amount_fen": 0}
    orders = as_lin.get(found["results"][0]["rows"]).json()["results"]
    assert [order["cartons"] for order in orders] == [50]
    rural = get(as_lin, "shops", unit=sold.territory.pk, month="2026-03", segment="market_type:X")
    assert [row["code"] for row in rural["results"]] == [sold.shops[1].code]
    second = get(as_lin, "shops", unit=sold.territory.pk, month="2026-03", subject=f"product:{sold.products[1].pk}")
    assert [row["cartons"] for row in second["results"]] == [30, 0, 0]


def test_a_shop_that_moved_away_is_told_as_a_number_only(
    sold: Cast, as_lin: APIClient, as_zhao: APIClient, as_wu: APIClient
) -> None:
    with clock.at(clock.now() + timedelta(days=20)):  # the fifth of April: March is over
        move(sold.shops[0], sold.other_territory, clock.today())
        work_in()
        figure = get(as_lin, "figures", unit=sold.territory.pk, month="2026-03", kpis="sales")["figures"][0]
        assert figure["value"] == "60"
        behind = as_lin.get(figure["rows"]).json()
        assert [order["cartons"] for order in behind["results"]] == [10]
        assert behind["moved_with_shop"] == {"orders": 1, "cartons": 50, "amount_fen": 50_000}
        shops = get(as_lin, "shops", unit=sold.territory.pk, month="2026-03")
        assert sum(row["cartons"] for row in shops["results"]) == 10
        assert shops["moved_with_shop"] == {"shops": 1, "cartons": 50, "amount_fen": 50_000}
        whole = as_zhao.get(figure["rows"]).json()
        assert sum(order["cartons"] for order in whole["results"]) == 60
        assert whole["moved_with_shop"] == {"orders": 0, "cartons": 0, "amount_fen": 0}
        foreign = as_wu.get(figure["rows"]).json()
        assert foreign["moved_with_shop"] == {"orders": 0, "cartons": 0, "amount_fen": 0}


def test_orders_behind_a_figure_are_narrowed_to_its_subject_and_segment(sold: Cast, as_zhao: APIClient) -> None:
    brand = Brand.objects.get(name="自家").pk
    asked: dict[str, Any] = {
        "unit": sold.county.pk,
        "month": "2026-03",
        "subject": f"brand:{brand}",
        "segment": "market_type:C",
    }
    figure = get(as_zhao, "figures", kpis="sales", **asked)["figures"][0]
    assert figure["value"] == "50"
    assert figure["rows"] == (
        f"/api/v1/orders?shops_of={sold.county.pk}&month=2026-03&subject=brand:{brand}&segment=market_type:C"
    )
    [order] = as_zhao.get(figure["rows"]).json()["results"]
    assert sum(one["ordered_cartons"] for one in order["lines"]) == 50
    first = as_zhao.get(f"/api/v1/orders?shops_of={sold.county.pk}&month=2026-03&subject=product:{sold.products[1].pk}")
    assert [[one["ordered_cartons"] for one in order["lines"]] for order in first.json()["results"]] == [[30]]


@pytest.mark.parametrize(
    "asked", ["shops_of=1", "subject=brand:1&month=2026-03", "shops_of=1&month=2026-03&subject=x", "segment=tier:3"]
)
def test_orders_behind_a_figure_want_its_unit_and_month(as_zhao: APIClient, asked: str) -> None:
    answer = as_zhao.get(f"/api/v1/orders?{asked}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


def test_a_past_index_does_not_move_when_todays_guide_price_does(cast: Cast, as_zhao: APIClient) -> None:
    product = cast.products[0]
    product.guide_carton_fen = 20_000
    product.save()
    february = date(2026, 2, 10)
    seen = Seen(observations=[{"product": product, "carton_price_fen": 19_000}])
    visit(cast.shops[0], cast.territory, cast.lin, february, seen)
    work_in()
    asked: dict[str, Any] = {
        "unit": cast.county.pk,
        "month": "2026-02",
        "subject": f"product:{product.pk}",
        "kpis": "price_index",
    }
    assert told(get(as_zhao, "figures", **asked)["figures"]) == {"price_index": "95.0"}
    ProductPrice.objects.create(product=product, during=DateRange(None, TODAY), guide_fen=20_000)
    product.guide_carton_fen = 25_000
    product.save()
    assert told(get(as_zhao, "figures", **asked)["figures"]) == {"price_index": "95.0"}


def test_the_margin_is_what_the_shops_keep_of_the_price_seen(cast: Cast, as_zhao: APIClient) -> None:
    product = cast.products[0]
    product.wholesale_fen = 10_000
    product.save()
    loading.load_orders([line(cast.shops[0], "P1", 10), line(cast.shops[0], "P2", 99)])
    seen = Seen(observations=[{"product": product, "carton_price_fen": 12_000}])
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, seen)
    work_in()
    found = told(get(as_zhao, "figures", unit=cast.county.pk, month="2026-03", kpis="retailer_margin")["figures"])
    assert found == {"retailer_margin": "16.7"}


def test_a_target_of_a_product_is_held_against_its_sales(sold: Cast, as_zhao: APIClient) -> None:
    loading.load_targets([TargetRow(sold.county.code, "P1", MARCH, 60), TargetRow(sold.county.code, None, MARCH, 120)])
    first = get(as_zhao, "figures", unit=sold.county.pk, month="2026-03", subject=f"product:{sold.products[0].pk}")
    figures = {f["kpi"]: f for f in first["figures"]}
    assert (figures["sales"]["target"], figures["sales_against_target"]["value"]) == ("60", "50.0")
    assert figures["sales_against_target"]["target"] == "51.6"  # the part of the month that has passed
    whole = get(as_zhao, "figures", unit=sold.county.pk, month="2026-03", kpis="sales_against_target")
    assert told(whole["figures"]) == {"sales_against_target": "50.0"}


def test_every_surface_says_the_same_of_a_figure(sold: Cast, as_zhao: APIClient) -> None:
    units = (sold.prefecture, sold.county, sold.other_county)
    by_values = values.figures([u.pk for u in units], MARCH)
    ranked = get(as_zhao, "rank", level="county", kpi="sales", month="2026-03")["rows"]
    painted = get(as_zhao, "map", kpi="sales", month="2026-03")["counties"]
    below = get(as_zhao, "market/children", unit=sold.prefecture.pk, month="2026-03")["children"]
    by_rank, by_map = ({row["unit"]["id"]: row["value"] for row in rows} for rows in (ranked, painted))
    by_child = {row["unit"]["id"]: told(row["figures"])["sales"] for row in below}
    for unit in units:
        alone = told(get(as_zhao, "figures", unit=unit.pk, month="2026-03")["figures"])
        board = told(get(as_zhao, "market", unit=unit.pk, month="2026-03")["figures"])
        asked: dict[str, Any] = {k: None if f.value is None else str(f.value) for k, f in by_values[unit.pk].items()}
        assert alone == asked
        assert {k: alone[k] for k in board} == board
        if unit != sold.prefecture:
            assert by_rank[unit.pk] == by_map[unit.pk] == by_child[unit.pk] == alone["sales"]
    products = get(as_zhao, "market/products", unit=sold.prefecture.pk, month="2026-03")["products"]
    for row in products:
        one = values.figures([sold.prefecture.pk], MARCH, subject=subject(f"product:{row['product']['id']}"))
        said = {k: None if f.value is None else str(f.value) for k, f in one[sold.prefecture.pk].items()}
        assert {k: said[k] for k in told(row["figures"])} == told(row["figures"])


FIGURES = [
    ("figures", {}),
    ("periods", {}),
    ("rank", {"level": "county", "kpi": "sales"}),
    ("subjects", {"by": "brand"}),
    ("map", {"kpi": "sales"}),
    ("shapes", {}),
    ("shops", {}),
]


@pytest.mark.parametrize(("path", "asked"), FIGURES, ids=[path for path, _ in FIGURES])
def test_a_unit_of_another_county_is_as_absent_as_one_that_does_not_exist(
    sold: Cast, sign_in: SignIn, path: str, asked: dict[str, Any]
) -> None:
    he = sign_in("he")
    foreign, absent = (he.get(f"{BOARDS}/{path}", {**asked, "unit": pk}) for pk in (sold.other_county.pk, 999_999_999))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    bodies = [{k: v for k, v in a.json().items() if k not in {"instance", "request_id"}} for a in (foreign, absent)]
    assert bodies[0] == bodies[1]


def test_one_foreign_unit_of_a_comparison_hides_it_whole(sold: Cast, sign_in: SignIn) -> None:
    he = sign_in("he")
    units = f"{sold.county.pk},{sold.other_county.pk}"
    assert get(he, "compare", 404, units=units, months="2026-03", kpis="sales")["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("figures", {"kpis": "sales,colour"}),
        ("figures", {"subject": "brand:x"}),
        ("figures", {"segment": "market_type:Q"}),
        ("subjects", {"by": "colour"}),
        ("subjects", {"by": "brand", "sort": "colour"}),
        ("rank", {"kpi": "sales", "level": "nation"}),
        ("rank", {"kpi": "colour", "level": "county"}),
        ("compare", {"units": "1,x", "months": "2026-03"}),
        ("compare", {"units": ",".join(map(str, range(61))), "months": "2026-03"}),
        ("shops", {"page_size": "0"}),
    ],
)
def test_a_question_that_cannot_be_understood_is_refused(
    sold: Cast, as_zhao: APIClient, path: str, asked: dict[str, Any]
) -> None:
    assert get(as_zhao, path, 400, **asked)["code"] == "bad_parameter"


def test_many_units_and_months_ask_no_more_queries_than_few(sold: Cast, as_zhao: APIClient) -> None:
    def asked(units: str, months: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            get(as_zhao, "compare", units=units, months=months)
        return len(counted)

    asked(str(sold.county.pk), "2026-03")
    every = ",".join(str(u.pk) for u in (sold.prefecture, sold.county, sold.office, sold.territory, sold.other_county))
    make_shop(sold.territory, 77)
    few = asked(str(sold.county.pk), "2026-03")
    assert asked(every, "2026-03") == few
