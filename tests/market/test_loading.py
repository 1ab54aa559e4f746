"""Bulk loads: idempotent by natural key, stamped with the units of the day, bad rows refused one by one."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import marks
from market.models import Allotment, Order, OrderLine, SalesTarget, ShopProductMonth, StockCount
from market.orders import loading
from market.orders.loading import AllotmentRow, OrderLineRow, Refused, StockRow, TargetRow, TotalRow
from retail.models import Assignment
from tests.cast import TODAY, Cast, make_shop

MARCH = date(2026, 3, 1)
EARLIER = date(2026, 3, 4)


def line(cast: Cast, order_no: str, product: str, ordered: int, *, shop: int = 0, on: date = TODAY) -> OrderLineRow:
    return OrderLineRow(order_no, cast.shops[shop].code, on, product, ordered + 5, ordered, ordered, ordered * 16_720)


def test_an_order_is_the_sum_of_its_lines_and_keeps_the_territory_of_its_day(cast: Cast) -> None:
    held = Assignment.objects.get(retailer=cast.shops[0])
    held.during = DateRange(held.during.lower, date(2026, 3, 10))
    held.save()
    moved = DateRange(date(2026, 3, 10), None)
    Assignment.objects.create(retailer=cast.shops[0], territory=cast.next_territory, during=moved)
    rows = [line(cast, "D1", "P1", 10, on=EARLIER), line(cast, "D1", "P2", 4, on=EARLIER), line(cast, "D2", "P1", 7)]
    assert loading.load_orders(rows) == loading.Loaded(read=3, written=3)
    first, second = Order.objects.order_by("order_no")
    assert (first.cartons, first.amount_fen, first.territory_id) == (14, 234_080, cast.territory.pk)
    assert (second.cartons, second.territory_id, second.county_id) == (7, cast.next_territory.pk, cast.county.pk)
    assert first.pk.version == 7
    totals = ShopProductMonth.objects.filter(retailer=cast.shops[0]).values_list("product__code", "cartons")
    assert dict(totals) == {"P1": 17, "P2": 4}
    assert marks.lag("rollups").count == 1  # of the territory that has the shop now


def test_the_same_order_again_changes_nothing_and_a_corrected_one_replaces_its_lines(cast: Cast) -> None:
    rows = [line(cast, "D1", "P1", 10), line(cast, "D1", "P2", 4)]
    loading.load_orders(rows)
    key = Order.objects.get().pk
    loading.load_orders(rows)
    assert (Order.objects.get().pk, OrderLine.objects.count()) == (key, 2)
    loading.load_orders([line(cast, "D1", "P3", 6)])
    assert Order.objects.get().cartons == 6
    assert list(OrderLine.objects.values_list("product__code", "ordered_cartons")) == [("P3", 6)]
    assert list(ShopProductMonth.objects.values_list("product__code", "cartons")) == [("P3", 6)]


def test_a_bad_row_is_refused_by_itself_with_its_place_and_reason(cast: Cast) -> None:
    rows = [
        line(cast, "D1", "P1", 10),
        OrderLineRow("D2", "nobody", TODAY, "P1", None, None, 1, 1),
        line(cast, "D3", "P9", 1),
        line(cast, "D4", "P1", 1, on=date(2019, 1, 1)),
        line(cast, "D1", "P2", 3, shop=1),
        line(cast, "D1", "P1", 12),
    ]
    loaded = loading.load_orders(rows)
    assert loaded.refused == [
        Refused(1, "repeated"),
        Refused(2, "unknown_retailer"),
        Refused(3, "unknown_product"),
        Refused(4, "no_partition"),
        Refused(5, "other_order"),
    ]
    assert (Order.objects.get().cartons, loaded.written) == (12, 1)


def test_a_shop_without_an_account_manager_keeps_its_county(cast: Cast) -> None:
    shop = make_shop(cast.territory, 50, assigned=False)
    loading.load_orders([OrderLineRow("D1", shop.code, TODAY, "P1", None, None, 3, 50_160)])
    order = Order.objects.get()
    assert (order.territory_id, order.county_id) == (None, cast.county.pk)


def test_the_number_of_statements_does_not_grow_with_the_rows(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as few:
        loading.load_orders([line(cast, "D0", "P1", 1)])
    with CaptureQueriesContext(connection) as many:
        loading.load_orders(line(cast, f"D{n}", code, 1) for n in range(1, 200) for code in ("P1", "P2", "P3"))
    assert len(many) == len(few)
    assert OrderLine.objects.count() == 598


def test_allotments_stock_targets_and_totals_are_upserted_by_their_keys(cast: Cast) -> None:
    shop = cast.shops[0].code
    for cartons in (20, 25):
        loading.load_allotments([AllotmentRow(shop, "P1", EARLIER, TODAY, cartons)])
        loading.load_stock_counts([StockRow(shop, "P1", TODAY, cartons, "count")])
        loading.load_targets([TargetRow("4202", None, MARCH, cartons), TargetRow("4202", "P1", MARCH, cartons)])
        loading.load_totals([TotalRow(MARCH, shop, "P1", cartons, 1)])
    assert list(Allotment.objects.values_list("cartons", flat=True)) == [25]
    count = StockCount.objects.get()
    assert (count.packs, count.territory_id, count.county_id) == (25, cast.territory.pk, cast.county.pk)
    assert sorted(SalesTarget.objects.values_list("cartons", "version")) == [(25, 2), (25, 2)]
    assert list(ShopProductMonth.objects.values_list("cartons", flat=True)) == [25]
    refused = [
        loading.load_allotments([AllotmentRow(shop, "P1", TODAY, EARLIER, 1)]).refused,
        loading.load_stock_counts([StockRow(shop, "P1", TODAY, 1, "guess")]).refused,
        loading.load_targets([TargetRow("4202", None, TODAY, 1)]).refused,
        loading.load_totals([TotalRow(TODAY, shop, "P1", 1, 1)]).refused,
    ]
    reasons = [[row.reason for row in rows] for rows in refused]
    assert reasons == [["bad_window"], ["unknown_source"], ["not_first_day"], ["not_first_day"]]


def test_a_stock_count_is_told_to_the_month_and_a_refused_one_is_not(cast: Cast) -> None:
    loading.load_stock_counts([StockRow(cast.shops[0].code, "P1", EARLIER, 1, "guess")])
    assert marks.lag("cycles").count == 0
    loading.load_stock_counts([StockRow(cast.shops[0].code, "P1", EARLIER, 30, "count")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, unit_id, on_date FROM backend_changemark WHERE consumer = 'cycles'")
        assert cursor.fetchall() == [("orders", cast.territory.pk, MARCH)]


def test_the_lists_show_what_was_loaded_within_scope(cast: Cast, as_lin: APIClient, as_wu: APIClient) -> None:
    loading.load_orders([line(cast, "D1", "P1", 10), line(cast, "D1", "P2", 4), line(cast, "D2", "P1", 7, shop=1)])
    loading.load_allotments([AllotmentRow(cast.shops[0].code, "P1", EARLIER, TODAY, 20)])
    loading.load_stock_counts([StockRow(cast.shops[0].code, "P1", TODAY, 30, "count")])
    loading.load_targets([TargetRow(cast.territory.code, None, MARCH, 400)])
    orders = as_lin.get("/api/v1/orders", {"month": "2026-03", "retailer": str(cast.shops[0].pk)}).json()["results"]
    assert [(o["order_no"], [row["ordered_cartons"] for row in o["lines"]]) for o in orders] == [("D1", [10, 4])]
    one = as_lin.get(f"/api/v1/orders/{orders[0]['id']}")
    assert one.json() == orders[0]
    for path in ("orders", "allotments", "stock-counts", "targets"):
        assert len(as_lin.get(f"/api/v1/{path}").json()["results"]) == (2 if path == "orders" else 1)
        assert as_wu.get(f"/api/v1/{path}").json()["results"] == []
    assert as_wu.get(f"/api/v1/orders/{orders[0]['id']}").status_code == 404
    assert len(as_lin.get("/api/v1/allotments", {"on": "2026-03-10"}).json()["results"]) == 1
    assert as_lin.get("/api/v1/allotments", {"on": "2026-03-01"}).json()["results"] == []
    assert as_lin.get("/api/v1/stock-counts", {"until": "2026-03-15"}).json()["results"] == []
