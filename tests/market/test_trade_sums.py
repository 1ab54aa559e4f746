"""The sums of the trade by product, brand, class, band and class of shops: exact values, and sums that add up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import clock, marks
from backend.models import Parameter, Unit
from brands.models import Brand, PriceBand, PriceClassBand, Product, ProductPrice
from market.figures.subjects import ALL, Segment, Subject, Sums
from market.models import SegmentKind, SubjectKind, TradeSums, UnitProductMonth, UnitSubjectMonth
from market.orders import loading
from market.orders.loading import AllotmentRow, OrderLineRow, StockRow, TotalRow
from market.parameters import PRICE_TOLERANCE
from market.rollups import live, prices_used, recompute, segments
from market.rollups.trade_sums import COLUMNS
from retail.classes import reclassify
from retail.models import Assignment, Classification, Retailer
from tests.cast import ALWAYS, TODAY, Cast
from tests.market.facts import Seen, rollup_rows, visit
from visits.models import Observation

MARCH, FEBRUARY, JANUARY = date(2026, 3, 1), date(2026, 2, 1), date(2026, 1, 1)
URBAN, RURAL = Segment(SegmentKind.MARKET_TYPE, "C"), Segment(SegmentKind.MARKET_TYPE, "X")


def drained() -> None:
    recompute.turn()
    recompute.drain()
    segments.drain()


def of(unit: Unit, subject: Subject = ALL, segment: Segment | None = None, month: date = MARCH) -> Any:
    """The stored row of a subject in a unit."""
    if subject.kind == SubjectKind.PRODUCT and segment is None:
        return UnitProductMonth.objects.get(unit=unit, month=month, product_id=subject.id)
    kind, value = (segment.kind, segment.value) if segment else (SegmentKind.ALL, "")
    return UnitSubjectMonth.objects.get(
        unit=unit, month=month, segment_kind=kind, segment_value=value, subject_kind=subject.kind, subject_id=subject.id
    )


def product(row: Product) -> Subject:
    return Subject(SubjectKind.PRODUCT, row.pk)


def brand(row: Product) -> Subject:
    return Subject(SubjectKind.BRAND, row.brand_id)


def ordered(shop: Retailer, on: date, code: str, cartons: int, **more: int | None) -> OrderLineRow:
    told = {"demanded": None, "allotted": None, **more}
    return OrderLineRow(
        f"{shop.code}-{on}", shop.code, on, code, told["demanded"], told["allotted"], cartons, cartons * 10_000
    )


def bought(shop: Retailer, month: date, code: str, cartons: int) -> TotalRow:
    return TotalRow(month, shop.code, code, cartons, cartons * 10_000)


def values(row: TradeSums | Sums, names: str) -> list[Any]:
    return [getattr(row, name) for name in names.split()]


def test_every_column_of_the_model_is_summed() -> None:
    own = {"month", "unit", "product", "pk", "price_median_fen"}
    assert {f.name for f in UnitProductMonth._meta.get_fields()} - own == set(COLUMNS)


def test_a_shop_counts_once_a_subject_however_many_of_its_products_it_buys(cast: Cast) -> None:
    a, b, c = cast.shops
    loading.load_totals([bought(a, JANUARY, "P1", 4), bought(a, FEBRUARY, "P2", 4), bought(b, FEBRUARY, "P1", 1)])
    loading.load_orders([ordered(a, TODAY, "P1", 5), ordered(a, TODAY, "P2", 7), ordered(c, TODAY, "P3", 0)])
    drained()
    buyers = "cartons shops_now shops_last shops_again shops_before"
    assert values(of(cast.territory, product(cast.products[0])), buyers) == [5, 1, 1, 0, 2]
    assert values(of(cast.territory, product(cast.products[1])), buyers) == [7, 1, 1, 1, 1]
    assert values(of(cast.territory, brand(cast.products[0])), buyers) == [12, 1, 2, 1, 2]
    assert values(of(cast.prefecture), buyers) == [12, 1, 2, 1, 2]
    assert of(cast.prefecture).amount_fen == 120_000


def test_lines_tell_what_was_wanted_filled_offered_and_taken(cast: Cast) -> None:
    a, b, c = cast.shops
    loading.load_orders(
        [
            ordered(a, TODAY, "P1", 6, demanded=10, allotted=6),
            ordered(a, TODAY, "P2", 0, demanded=4, allotted=0),
            ordered(b, TODAY, "P1", 3, demanded=2, allotted=8),
            ordered(b, TODAY, "P2", 3, demanded=9),  # nobody said what it was allotted
            ordered(c, TODAY, "P1", 1),
        ]
    )
    loading.load_allotments([AllotmentRow(c.code, "P2", date(2026, 3, 31), date(2026, 4, 6), 5)])
    drained()
    row = of(cast.county)
    assert values(row, "shops_demanding demanded refused demanded_cartons filled_cartons") == [2, 4, 1, 16, 8]
    assert values(row, "offered_cartons taken_cartons shops_offered shops_taken") == [14, 9, 3, 3]
    second = of(cast.county, product(cast.products[1]))
    assert values(second, "shops_offered shops_taken offered_cartons demanded refused") == [1, 0, 0, 2, 1]


def test_stock_seen_in_both_months_a_week_apart_tells_sales_scaled_to_the_month(cast: Cast) -> None:
    a, b, c = cast.shops
    first, second = date(2026, 2, 20), date(2026, 3, 12)
    looks = [(a, first, 300), (a, second, 240)]
    looks += [(b, date(2026, 2, 27), 10), (b, date(2026, 3, 5), 5)]  # six days apart
    looks += [(c, first, 10), (c, second, 11)]  # sold less than nothing
    loading.load_stock_counts([StockRow(shop.code, "P1", on, packs, "count") for shop, on, packs in looks])
    # On the day of the first look it was there already; after the second it is to come.
    loading.load_orders([ordered(a, on, "P1", cartons) for on, cartons in ((first, 99), (second, 50), (TODAY, 9))])
    drained()
    packs = "counted stock_before_packs ordered_packs end_stock_packs sold_packs"
    assert values(of(cast.prefecture), packs) == [1, 300, 500, 240, Decimal(868)]  # 560 in 20 days, 31 days
    line = {"product": cast.products[0], "stock_packs": 140}
    visit(a, cast.territory, cast.lin, date(2026, 3, 14), Seen(observations=[line]))
    drained()
    assert values(of(cast.territory), packs) == [1, 300, 500, 140, Decimal("930.0000")]  # 660 in 22 days


def test_a_late_visit_of_the_month_before_is_the_look_before_of_whoever_has_the_shop_now(cast: Cast) -> None:
    shop, line = cast.shops[0], {"product": cast.products[0], "stock_packs": 30}
    visit(shop, cast.territory, cast.lin, TODAY, Seen(observations=[{**line, "stock_packs": 10}]))
    held = Assignment.objects.get(retailer=shop)
    held.during = DateRange(held.during.lower, MARCH)
    held.save()
    Assignment.objects.create(retailer=shop, territory=cast.other_territory, during=DateRange(MARCH, None))
    recompute.rebuild(FEBRUARY)
    drained()
    assert of(cast.nation).counted == 0
    visit(shop, cast.territory, cast.lin, date(2026, 2, 14), Seen(observations=[line]))
    drained()
    assert values(of(cast.other_territory), "counted sold_packs") == [1, Decimal("20.6667")]  # 20 in 30 days
    assert values(of(cast.other_county, ALL, URBAN), "counted sold_packs") == [1, Decimal("20.6667")]


def test_only_what_a_shop_used_to_buy_can_be_out_of_stock_there(cast: Cast) -> None:
    a, b, c = cast.shops
    loading.load_totals([bought(shop, FEBRUARY, "P1", 5) for shop in (a, b, c)])
    p1, p2, _ = cast.products
    visit(a, cast.territory, cast.lin, TODAY, Seen(observations=[{"product": p1, "oos_days": 3}]))
    visit(b, cast.territory, cast.lin, TODAY, Seen(observations=[{"product": p1, "oos_days": 0}]))
    visit(b, cast.territory, cast.lin, TODAY, Seen(observations=[{"product": p2, "oos_days": 9}]))
    visit(c, cast.territory, cast.lin, TODAY, Seen(observations=[{"product": p1, "oos_days": 9}], presence="to_verify"))
    drained()
    assert values(of(cast.territory), "asked out oos_n oos_shops") == [2, 1, 4, 3]
    assert UnitProductMonth.objects.get(unit=cast.territory, product=p2, month=MARCH).asked == 0


def test_on_the_shelf_is_weighed_by_all_that_a_shop_buys(cast: Cast) -> None:
    a, b, c = cast.shops
    p1, p2, _ = cast.products
    loading.load_orders([ordered(a, TODAY, "P1", 30), ordered(a, TODAY, "P3", 30), ordered(b, TODAY, "P2", 40)])
    looks = [{"product": p1, "on_shelf": False}, {"product": p2, "on_shelf": True}]
    visit(a, cast.territory, cast.lin, TODAY, Seen(observations=looks))
    visit(b, cast.territory, cast.lin, TODAY, Seen(observations=[{"product": p1, "on_shelf": True}]))
    rejected = Seen(observations=[{"product": p1, "on_shelf": True}], presence="rejected")
    visit(c, cast.territory, cast.lin, TODAY, rejected)
    drained()
    shelf = "shelf_n on_shelf shelf_cartons on_shelf_cartons"
    assert values(of(cast.county, product(p1)), shelf) == [2, 1, 100, 40]
    assert values(of(cast.county, brand(p1)), shelf) == [2, 2, 100, 100]


def test_a_price_is_at_the_guide_price_within_the_tolerance_of_its_unit(cast: Cast) -> None:
    p1 = cast.products[0]  # guide price 19,000
    Parameter.objects.create(unit=cast.other_county, key=PRICE_TOLERANCE, during=ALWAYS, value=2)
    Product.objects.filter(pk=cast.products[2].pk).update(guide_carton_fen=None)
    seen = [19_000, 19_380, 18_619]
    for shop, price in zip(cast.shops, seen, strict=True):
        visit(shop, cast.territory, cast.lin, TODAY, Seen(observations=[{"product": p1, "carton_price_fen": price}]))
    for shop, price in zip(cast.wu_shops, seen[1:], strict=True):
        lines = [{"product": p1, "carton_price_fen": price}, {"product": cast.products[2], "carton_price_fen": price}]
        visit(shop, cast.other_territory, cast.wu, TODAY, Seen(observations=lines))
    drained()
    prices = "price_n price_compared price_at_guide"
    assert values(of(cast.county), prices) == [3, 3, 1]
    assert values(of(cast.other_county), prices) == [4, 2, 1]
    assert values(of(cast.prefecture), prices) == [7, 5, 2]


def test_the_class_and_the_band_are_those_of_the_months_last_day(cast: Cast) -> None:
    p1 = cast.products[0]  # transfer price 12,540: class 1; guide price 19,000
    loading.load_totals([bought(cast.shops[0], FEBRUARY, "P1", 3)])
    loading.load_orders([ordered(cast.shops[0], TODAY, "P1", 5)])
    ProductPrice.objects.create(
        product=p1, during=DateRange(date(2025, 1, 1), MARCH), guide_fen=9_000, transfer_fen=6_900
    )
    recompute.rebuild(FEBRUARY)
    drained()
    cheap = PriceBand.objects.get(guide_fen__contains=9_000, during__contains=TODAY)
    dear = PriceBand.objects.get(guide_fen__contains=19_000, during__contains=TODAY)
    assert cheap != dear
    bands = UnitSubjectMonth.objects.filter(unit=cast.nation, segment_kind=0, cartons__gt=0)
    assert list(bands.filter(month=FEBRUARY, subject_kind=3).values_list("subject_id", "cartons")) == [(cheap.pk, 3)]
    assert list(bands.filter(month=MARCH, subject_kind=3).values_list("subject_id", "cartons")) == [(dear.pk, 5)]
    assert list(bands.filter(month=FEBRUARY, subject_kind=2).values_list("subject_id", "cartons")) == [(3, 3)]
    assert list(bands.filter(month=MARCH, subject_kind=2).values_list("subject_id", "cartons")) == [(1, 5)]


def test_when_todays_prices_change_the_running_month_is_classed_anew_and_the_past_stays(cast: Cast) -> None:
    p1 = cast.products[0]
    loading.load_totals([bought(cast.shops[0], FEBRUARY, "P1", 3)])
    loading.load_orders([ordered(cast.shops[0], TODAY, "P1", 5)])
    recompute.rebuild(FEBRUARY)
    drained()
    assert prices_used.follow() == 0
    past = DateRange(date(2020, 1, 1), TODAY)
    ProductPrice.objects.create(product=p1, during=past, guide_fen=p1.guide_carton_fen, transfer_fen=p1.transfer_fen)
    Product.objects.filter(pk=p1.pk).update(transfer_fen=6_900)
    assert prices_used.follow() == 1
    drained()
    classes = UnitSubjectMonth.objects.filter(unit=cast.prefecture, segment_kind=0, subject_kind=2, cartons__gt=0)
    assert list(classes.order_by("month").values_list("month", "subject_id")) == [(FEBRUARY, 1), (MARCH, 3)]
    assert prices_used.follow() == 0
    PriceClassBand.objects.all().delete()
    assert prices_used.follow() == 2
    drained()
    assert set(classes.values_list("subject_id", flat=True)) == {0}
    assert marks.lag(segments.CONSUMER).count == 0


def test_a_segment_is_of_the_shops_classes_on_the_last_day_and_crossed_ones_are_counted_live(cast: Cast) -> None:
    a, b, c = cast.shops
    Classification.objects.filter(retailer=b).update(market_type="X", tier=3)
    Classification.objects.filter(retailer=c).update(market_type="X", tier=None)
    loading.load_orders([ordered(a, TODAY, "P1", 5), ordered(b, TODAY, "P1", 7), ordered(c, TODAY, "P2", 1)])
    lines = [{"product": cast.products[0], "carton_price_fen": 19_000}]
    visit(b, cast.territory, cast.lin, TODAY, Seen(observations=lines))
    drained()
    assert values(of(cast.county, ALL, RURAL), "cartons shops_now price_n") == [8, 2, 1]
    assert values(of(cast.nation, product(cast.products[0]), RURAL), "cartons shops_now price_n") == [7, 1, 1]
    tiers = UnitSubjectMonth.objects.filter(unit=cast.county, segment_kind=3, subject_kind=0)
    assert dict(tiers.values_list("segment_value", "cartons")) == {"15": 5, "3": 7, "": 1}
    assert not UnitSubjectMonth.objects.filter(segment_kind__gt=0, unit__level__gt=3).exists()
    found = live.live_sums([cast.office.pk, cast.territory.pk], MARCH, RURAL)
    assert {unit for unit, _ in found} == {cast.office.pk, cast.territory.pk}
    assert values(found[cast.office.pk, ALL], "cartons shops_now price_n") == [8, 2, 1]
    crossed = live.live_sums([cast.territory.pk], MARCH, RURAL, Segment(SegmentKind.TIER, "3"), ALL)
    assert list(crossed) == [(cast.territory.pk, ALL)]
    assert values(crossed[cast.territory.pk, ALL], "cartons shops_now price_n amount_fen") == [7, 1, 1, 70_000]
    assert live.live_sums([cast.territory.pk], MARCH, URBAN, Segment(SegmentKind.TIER, "3")) == {}


def test_live_sums_of_all_shops_are_the_stored_ones(cast: Cast) -> None:
    loading.load_orders([ordered(cast.shops[0], TODAY, "P1", 5, demanded=6, allotted=5)])
    lines = [{"product": cast.products[0], "carton_price_fen": 19_000, "on_shelf": True, "oos_days": 1}]
    visit(cast.shops[1], cast.territory, cast.lin, TODAY, Seen(observations=lines))
    drained()
    everyone = Segment(SegmentKind.ALL)
    for (unit, subject), sums in live.live_sums([cast.office.pk, cast.territory.pk], MARCH, everyone).items():
        stored = of(Unit.objects.get(pk=unit), subject)
        assert {name: getattr(stored, name) for name in COLUMNS} == {name: getattr(sums, name) for name in COLUMNS}


def test_a_shop_that_is_closed_on_the_last_day_keeps_its_sales_and_is_no_buyer(cast: Cast) -> None:
    loading.load_orders([ordered(shop, TODAY, "P1", 5, demanded=5, allotted=5) for shop in cast.shops])
    drained()
    assert values(of(cast.office), "cartons shops_now demanded shops_offered") == [15, 3, 3, 3]
    closed = {"state": Classification.State.CLOSED}
    reclassify(actor=cast.actor("chen"), retailer=cast.shops[0], from_date=TODAY, changes=closed)
    drained()
    assert values(of(cast.office), "cartons shops_now demanded shops_offered") == [15, 2, 2, 2]
    assert values(of(cast.county, ALL, URBAN), "cartons shops_now demanded shops_offered") == [15, 2, 2, 2]


def test_a_late_order_reaches_the_three_months_after_it(cast: Cast) -> None:
    drained()
    recompute.rebuild(FEBRUARY)
    assert not UnitSubjectMonth.objects.filter(month=MARCH).exists()
    loading.load_totals([bought(cast.shops[0], date(2025, 12, 1), "P1", 4)])
    drained()
    assert values(of(cast.prefecture), "shops_before shops_last") == [1, 0]
    assert values(of(cast.prefecture, ALL, URBAN, FEBRUARY), "shops_before shops_last") == [1, 0]
    assert values(of(cast.prefecture, month=JANUARY), "shops_before shops_last") == [1, 1]


def test_a_visit_leaves_alone_what_orders_say_and_takes_back_what_it_said(cast: Cast) -> None:
    loading.load_orders([ordered(cast.shops[0], TODAY, "P1", 5)])
    lines = [{"product": cast.products[1], "carton_price_fen": 19_000}]
    visit(cast.shops[0], cast.territory, cast.lin, TODAY, Seen(observations=lines))
    drained()
    assert values(of(cast.office), "cartons price_n") == [5, 1]
    with transaction.atomic():
        Observation.objects.all().delete()
        marks.mark("visits", [(cast.territory.pk, TODAY)])
    drained()
    assert values(of(cast.office), "cartons price_n") == [5, 0]
    assert list(UnitProductMonth.objects.filter(unit=cast.office).values_list("product__code", flat=True)) == ["P1"]


def test_a_new_month_of_many_territories_is_made_in_parts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    loading.load_orders([ordered(cast.shops[0], TODAY, "P1", 5), ordered(cast.wu_shops[0], TODAY, "P1", 2)])
    visit(cast.shops[1], cast.territory, cast.lin, TODAY)
    monkeypatch.setattr(recompute, "AT_ONCE", 2)
    recompute.turn()
    assert not recompute.is_current(MARCH, [cast.next_territory.pk])
    assert UnitSubjectMonth.objects.count() == 0
    drained()
    rows = rollup_rows()
    assert (of(cast.prefecture).cartons, len(rows["UnitMonth"])) == (7, 18)  # 9 units in two months
    recompute.rebuild(MARCH)
    assert rollup_rows() == rows


def test_sums_of_classes_wait_a_minute_and_never_hold_up_the_territories(cast: Cast) -> None:
    recompute.turn()
    segments.drain()
    loading.load_orders([ordered(cast.shops[0], TODAY, "P1", 5)])
    recompute.drain()
    assert segments.follow() == 0
    assert of(cast.territory).cartons == 5
    with clock.at(clock.now() + timedelta(seconds=60)):
        assert segments.follow() == 1
    assert of(cast.county, ALL, URBAN).cartons == 5


@pytest.fixture(autouse=True)
def other_brand(cast: Cast) -> None:
    """P3 is of another brand."""
    Product.objects.filter(code="P3").update(brand=Brand.objects.create(name="利群", maker="浙江中烟"))
