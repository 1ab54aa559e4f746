"""Every formula of the figures, with values worked out by hand: what a manager with a pencil would get."""

from __future__ import annotations

from decimal import Decimal

import pytest

from backend import kpis as registry
from market import kpis
from market.figures import trade_kpis
from market.figures.formulas import FORMULAS, Acts, Counted, Expansion, Figure, Priced, mean_order_rate, retailer_margin
from market.figures.subjects import SUM_COLUMNS, Segment, Sums, segment, segments, subject
from market.figures.values import told_of
from market.models import SegmentKind, SubjectKind
from market.models.rollups import TradeSums

BY_HAND: list[tuple[str, Counted, str]] = [
    # -- acts and shops of a unit
    ("visit_coverage_rate", Counted(31, acts=Acts(shops_seen=149, shops_due=185)), "80.5"),
    ("visits_per_manager", Counted(31, acts=Acts(visits=301, managers=4)), "75.2"),  # 75.25, half to even
    ("visits", Counted(31, acts=Acts(visits=301)), "301"),
    ("notes", Counted(31, acts=Acts(notes=12)), "12"),
    ("display_checks", Counted(31, acts=Acts(checks=7)), "7"),
    ("briefings", Counted(31, acts=Acts(briefings=9)), "9"),
    ("display_score", Counted(31, acts=Acts(score_sum=Decimal(250), checks=3)), "83.3"),
    ("briefing_reach", Counted(31, acts=Acts(shops_briefed=3, shops_due=8)), "37.5"),
    ("pitch_success_rate", Counted(31, acts=Acts(pitches_accepted=1, pitches=3)), "33.3"),
    ("orders", Counted(31, acts=Acts(orders=44)), "44"),
    ("shops_active", Counted(31, acts=Acts(shops_due=185)), "185"),
    ("shops_new", Counted(31, acts=Acts(shops_new=2)), "2"),
    ("shops_closed", Counted(31, acts=Acts(shops_closed=3)), "3"),
    ("tier_up", Counted(31, acts=Acts(tier_up=5)), "5"),
    ("tier_down", Counted(31, acts=Acts(tier_down=6)), "6"),
    ("display_compliance", Counted(31, acts=Acts(display_points=Decimal(45), display_points_full=Decimal(60))), "75.0"),
    ("briefing_understanding", Counted(31, acts=Acts(shops_understood=7, shops_briefed=8)), "87.5"),
    ("needs_raised", Counted(31, acts=Acts(needs_raised=4)), "4"),
    ("needs_closed", Counted(31, acts=Acts(needs_closed=3)), "3"),
    ("price_tag_rate", Counted(31, acts=Acts(tags_right=57, tags_shown=60)), "95.0"),
    ("licence_rate", Counted(31, acts=Acts(licence_right=9, licence_looks=10)), "90.0"),
    ("minors_rate", Counted(31, acts=Acts(minors_right=8, minors_looks=9)), "88.9"),
    ("time_to_fix_days", Counted(31, acts=Acts(repair_days=13, repairs_mended=4)), "3.2"),  # 3.25, half to even
    ("repairs_overdue", Counted(31, acts=Acts(repairs_overdue=1)), "1"),
    ("visit_satisfaction", Counted(31, acts=Acts(scores_sum=43, scores=10)), "4.30"),
    ("replies_in_time_rate", Counted(31, acts=Acts(replies_in_time=4, replies_due=5)), "80.0"),
    ("promises_kept_rate", Counted(31, acts=Acts(promises_kept=2, promises_due=3)), "66.7"),
    # -- what was seen
    ("observations", Counted(31, Sums(observations=20)), "20"),
    ("carton_price_average", Counted(31, Sums(price_sum_fen=57_000, price_n=3)), "19000"),
    ("carton_price_median", Counted(31, median_fen=Decimal("14500.0")), "14500"),
    ("price_index", Counted(31, priced=Priced(index_actual=Decimal(303_000), index_guide=Decimal(300_000))), "101.0"),
    ("price_compliance", Counted(31, Sums(price_at_guide=18, price_compared=24)), "75.0"),
    ("stock_average", Counted(31, Sums(stock_sum_packs=15, stock_n=2)), "7.5"),
    ("oos_rate", Counted(31, Sums(oos_shops=3, oos_n=40)), "7.5"),
    ("company_stockout_days", Counted(30, Sums(oos_days_sum=45, oos_n=10)), "15.0"),  # of 300 days
    ("share_of_facings", Counted(31, Sums(facings_sum=12), Sums(facings_sum=96)), "12.5"),
    ("numeric_distribution", Counted(31, Sums(on_shelf=72, shelf_n=90)), "80.0"),
    ("weighted_distribution", Counted(31, Sums(on_shelf_cartons=930, shelf_cartons=1_000)), "93.0"),
    ("flow_price", Counted(31, flow_n=3, flow_sum_fen=55_500), "18500"),
    # -- what was sold
    ("sales", Counted(31, Sums(cartons=20)), "20"),
    ("sales_amount", Counted(31, Sums(amount_fen=334_400)), "334400"),
    ("sales_against_target", Counted(31, Sums(cartons=20), target=400), "5.0"),
    ("shops_ordering", Counted(31, Sums(shops_now=96)), "96"),
    ("revenue_per_box", Counted(31, Sums(amount_fen=2_452_000, cartons=200)), "3065000"),  # 30,650 yuan a box
    ("price_per_carton", Counted(31, Sums(amount_fen=2_452_000, cartons=200)), "12260"),  # 122.60 yuan
    (
        "retailer_margin",
        Counted(31, priced=Priced(sold_at_retail=Decimal(120_000), sold_at_wholesale=Decimal(100_000))),
        "16.7",
    ),
    ("brand_share", Counted(31, Sums(cartons=30), Sums(cartons=120)), "25.0"),
    ("class_share", Counted(31, Sums(cartons=42), Sums(cartons=120)), "35.0"),
    ("band_share", Counted(31, Sums(cartons=6), Sums(cartons=120)), "5.0"),
    ("product_share", Counted(31, Sums(cartons=1), Sums(cartons=120)), "0.8"),
    ("brand_amount_share", Counted(31, Sums(amount_fen=300), Sums(amount_fen=1_000)), "30.0"),
    ("class_amount_share", Counted(31, Sums(amount_fen=500), Sums(amount_fen=1_000)), "50.0"),
    ("band_amount_share", Counted(31, Sums(amount_fen=125), Sums(amount_fen=1_000)), "12.5"),
    ("product_amount_share", Counted(31, Sums(amount_fen=1), Sums(amount_fen=1_000)), "0.1"),
    # -- YC/T 455.3: 120 shops ordered in the three months before, 96 now; 300 in stock, 500 ordered, 240 left
    ("demand_rate", Counted(30, Sums(shops_demanding=102, shops_before=120)), "85.0"),
    ("sell_through_rate", Counted(30, Sums(shops_now=96, shops_before=120)), "80.0"),
    (
        "sell_through_ratio",
        Counted(30, Sums(stock_before_packs=300, ordered_packs=500, end_stock_packs=240)),
        "70.0",
    ),
    ("repurchase_rate", Counted(30, Sums(shops_again=23, shops_last=50)), "46.0"),
    ("social_sales", Counted(30, Sums(counted=1, sold_packs=Decimal(560))), "560"),
    ("social_stock", Counted(30, Sums(counted=1, end_stock_packs=240)), "240"),
    ("stock_to_sales", Counted(30, Sums(end_stock_packs=240, sold_packs=Decimal(560))), "0.43"),
    ("days_of_supply", Counted(30, Sums(end_stock_packs=240, sold_packs=Decimal(560))), "12.9"),
    ("company_stockout_rate", Counted(30, Sums(refused=6, demanded=50)), "12.0"),
    ("client_stockout_rate", Counted(30, Sums(out=18, asked=120)), "15.0"),
    # -- other uses of the same words, under names of their own
    ("sell_through_rate_12m", Counted(30, year_now=1_080, year_before=1_440), "75.0"),
    (
        "sell_through_rate_mean_order",
        Counted(30, Sums(cartons=1_152, shops_now=96), last=Sums(cartons=1_200, shops_now=120)),
        "120.0",  # 12 cartons a shop after 10
    ),
    # -- supply
    ("order_fill_rate", Counted(30, Sums(filled_cartons=450, demanded_cartons=500)), "90.0"),
    ("offer_taken_rate", Counted(30, Sums(taken_cartons=380, offered_cartons=400)), "95.0"),
    ("offer_reach_rate", Counted(30, Sums(shops_taken=57, shops_offered=76)), "75.0"),
    # -- expanded to all shops
    ("social_sales_expanded", Counted(30, expansion=Expansion(sales=Decimal("10560.4"))), "10560"),
    ("social_sales_error", Counted(30, expansion=Expansion(sales_error=Decimal("420.5"))), "420"),  # half to even
    ("social_stock_expanded", Counted(30, expansion=Expansion(stock=Decimal("4800.0"))), "4800"),
    ("social_stock_error", Counted(30, expansion=Expansion(stock_error=Decimal("99.6"))), "100"),
]
COUNTS = {
    *("visits", "notes", "display_checks", "briefings", "orders", "shops_active", "shops_new", "shops_closed"),
    *("tier_up", "tier_down", "needs_raised", "needs_closed", "repairs_overdue", "observations", "sales"),
    *("sales_amount", "shops_ordering"),
}


@pytest.mark.parametrize(("kpi_id", "counted", "by_hand"), BY_HAND, ids=[row[0] for row in BY_HAND])
def test_a_figure_is_what_it_comes_to_by_hand(kpi_id: str, counted: Counted, by_hand: str) -> None:
    assert str(FORMULAS[kpi_id](counted)) == by_hand


def test_every_formula_was_worked_out_by_hand_and_every_figure_is_in_the_catalogue() -> None:
    assert {row[0] for row in BY_HAND} == set(FORMULAS)
    for kpi_id in FORMULAS:
        found = registry.kpi(kpi_id)
        assert found.name, kpi_id
        assert found.name_en, kpi_id
        assert found.formula, kpi_id
        assert found.source, kpi_id


def test_nothing_counted_is_zero_for_counts_and_unknown_for_everything_else() -> None:
    found = {kpi_id: formula(Counted(31)) for kpi_id, formula in FORMULAS.items()}
    assert {kpi_id for kpi_id, value in found.items() if value is not None} == COUNTS
    assert {found[kpi_id] for kpi_id in COUNTS} == {0}


def test_a_market_that_sold_nothing_or_less_has_no_stock_to_sales() -> None:
    for sold in (Decimal(0), Decimal(-10)):
        counted = Counted(30, Sums(counted=1, end_stock_packs=240, sold_packs=sold))
        assert FORMULAS["stock_to_sales"](counted) is None
        assert FORMULAS["days_of_supply"](counted) is None


def test_a_month_without_orders_before_it_has_no_mean_to_be_held_against() -> None:
    assert mean_order_rate(Sums(cartons=10, shops_now=1), Sums()) is None
    assert mean_order_rate(Sums(), Sums(cartons=10, shops_now=1)) is None


def test_shops_that_sell_below_what_they_paid_have_a_negative_margin() -> None:
    assert retailer_margin(Decimal(100), Decimal(105)) == Decimal("-5.0")


def test_changes_are_told_in_the_figures_own_unit_and_in_percent_of_month_and_year() -> None:
    figure = Figure(kpis.SALES, 120, 100, 150)
    assert (figure.change, figure.change_percent) == (20, Decimal("20.0"))
    assert (figure.year_change, figure.year_change_percent) == (-30, Decimal("-20.0"))
    unknown = Figure(kpis.SALES, 120, 0, None)
    assert (unknown.change_percent, unknown.year_change, unknown.year_change_percent) == (None, None, None)


def test_sums_are_the_columns_of_the_roll_up() -> None:
    stored = {field.name for field in TradeSums._meta.get_fields()} - {"month", "unit"}
    assert set(SUM_COLUMNS) == stored


def test_what_is_told_of_a_subject_depends_on_what_it_is() -> None:
    whole, brand = set(told_of(SubjectKind.ALL)), set(told_of(SubjectKind.BRAND))
    assert set(FORMULAS) - whole == {
        "share_of_facings",
        "flow_price",
        *(k.id for k in (*trade_kpis.SHARES, *trade_kpis.AMOUNT_SHARES)),
    }
    assert {"brand_share", "brand_amount_share", "share_of_facings"} <= brand
    assert not {"class_share", "visits", "sales_against_target", "carton_price_median"} & brand
    product = set(told_of(SubjectKind.PRODUCT))
    assert {"product_share", "flow_price", "carton_price_median", "sales_against_target"} <= product
    urban = set(told_of(SubjectKind.ALL, Segment(SegmentKind.MARKET_TYPE, "C")))
    assert not {"visits", "social_sales_expanded", "sales_against_target"} & urban
    assert {"sales", "sell_through_rate", "price_index"} <= urban


@pytest.mark.parametrize("text", ["all", "brand:12", "class:0", "class:2", "band:3", "product:88"])
def test_a_subject_is_written_as_it_is_read(text: str) -> None:
    assert str(subject(text)) == text


@pytest.mark.parametrize("text", ["", "all:0", "brand", "brand:", "brand:x", "brand:-1", "brand:01", "colour:1", "1"])
def test_a_text_that_names_no_subject_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no subject"):
        subject(text)


@pytest.mark.parametrize(
    "text", ["all", "market_type:C", "business_type:B", "tier:1", "tier:30", "market_type:X,tier:9"]
)
def test_a_segment_is_written_as_it_is_read(text: str) -> None:
    assert str(segments(text)) == text


@pytest.mark.parametrize(
    "text", ["market_type:B", "tier:0", "tier:31", "tier:01", "market_type:C,market_type:X", "all,tier:3", "tier"]
)
def test_a_text_that_names_no_segment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no segment"):
        segments(text)
    if "," not in text:
        with pytest.raises(ValueError, match="no segment"):
            segment(text)
