"""The generated shops: proportions, Lin's exact territory, places, and that the seed decides everything."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import cache
from hashlib import sha256

import pytest

from demo import organisation, shops
from demo.geography import region
from demo.regions import Shape, inside_rings
from demo.shops import Shop
from retail.models import Classification, Retailer

AS_OF = date(2026, 3, 16)


@cache
def two_thousand() -> tuple[Shop, ...]:
    return tuple(shops.generate(organisation.build(), AS_OF))


def lin() -> list[Shop]:
    return [shop for shop in two_thousand() if shop.territory_code == "420902-01-01"]


def share(field: str, *values: object) -> float:
    return sum(getattr(shop, field) in values for shop in two_thousand()) / 2_000


def test_lin_has_30_weekly_80_fortnightly_and_76_monthly_shops_all_active() -> None:
    assert Counter(shop.visit_class for shop in lin()) == {"A": 30, "B": 80, "C": 76}
    assert Counter(shop.state for shop in lin()) == {"active": 186}


def test_four_of_lins_licences_run_out_within_thirty_days_and_none_has_lapsed() -> None:
    left = [(shop.licence_valid_until - AS_OF).days for shop in lin()]
    assert sum(0 <= days <= 30 for days in left) == 4
    assert min(left) >= 0


@pytest.mark.parametrize(
    ("field", "values", "expected", "within"),
    [
        ("business_type", ("B",), 0.87, 0.01),
        ("market_type", ("C",), 0.74, 0.005),
        ("order_weekday", (1, 2, 3, 4), 0.89, 0.005),
        ("integrity_grade", ("A",), 0.97, 0.005),
        ("state", ("suspended", "closed"), 0.04, 0.008),
        ("tier", (15, 16), 0.10, 0.01),
        ("tier", (1, 30), 0.022, 0.005),
        ("terminal_type", ("modern",), 0.30, 0.04),
    ],
)
def test_the_shops_have_the_true_proportions(
    field: str, values: tuple[object, ...], expected: float, within: float
) -> None:
    assert share(field, *values) == pytest.approx(expected, abs=within)


def test_the_mean_weekly_demand_is_about_forty_cartons() -> None:
    demand = [shop.weekly_cartons for shop in two_thousand()]
    assert sum(demand) / len(demand) == pytest.approx(40.0, abs=4.0)
    assert min(demand) > 2.0


def test_every_point_lies_inside_its_county() -> None:
    for shop in two_thousand():
        shape = region(shop.county_code)
        assert isinstance(shape, Shape)
        assert inside_rings(shape.rings, shop.lon, shop.lat)
    assert len({(shop.lon, shop.lat) for shop in two_thousand()}) > 1_990


def test_numbers_are_unique_and_carry_the_county() -> None:
    found = two_thousand()
    for field in ("code", "licence_no", "phone"):
        assert len({getattr(shop, field) for shop in found}) == 2_000
    assert all(len(s.licence_no) == 12 and s.licence_no.isdigit() for s in found)
    assert all(s.licence_no.startswith(s.county_code) and s.territory_code.startswith(s.county_code) for s in found)


def test_every_value_is_one_that_the_retailers_file_takes() -> None:
    for field, choices in (
        ("business_type", Classification.BusinessType),
        ("market_type", Classification.MarketType),
        ("scale", Classification.Scale),
        ("terminal_type", Classification.TerminalType),
        ("visit_class", Classification.VisitClass),
        ("state", Classification.State),
        ("datum", Retailer.Datum),
    ):
        assert {getattr(shop, field) for shop in two_thousand()} <= set(choices.values)
    assert all(shop.opens_at < shop.closes_at for shop in two_thousand())
    assert max(len(shop.name) for shop in two_thousand()) <= 20


def test_the_dates_of_a_shop_follow_each_other() -> None:
    for shop in two_thousand():
        assert shop.opened_on <= shop.state_since <= AS_OF
        assert shop.opened_on < AS_OF
        assert AS_OF - timedelta(days=46) < shop.licence_valid_until <= AS_OF + timedelta(days=shops.LICENCE_DAYS + 31)


def test_the_same_arguments_give_the_same_shops_and_another_seed_or_day_others() -> None:
    again = tuple(shops.generate(organisation.build(), AS_OF))
    assert again == two_thousand()
    assert tuple(shops.generate(organisation.build(), AS_OF, seed=1)) != again
    assert tuple(shops.generate(organisation.build(), AS_OF + timedelta(days=1))) != again


def test_the_shops_of_the_pinned_day_are_the_same_in_every_process() -> None:
    """The digest changes with any change of the generator: benchmarks before and after are then not comparable."""
    text = "\n".join(map(repr, two_thousand()))
    assert sha256(text.encode()).hexdigest()[:16] == "7a17ca588072acf4"


def test_a_larger_demo_needs_no_more_shapes_and_keeps_lin() -> None:
    built = organisation.build(30_000)
    rows = [shop for shop in shops.generate(built, AS_OF) if not shop.county_code.startswith("4209")]
    assert len(rows) > 10_000
    assert all(region(shop.county_code).contains(shop.lon, shop.lat) for shop in rows)
    home = [t for t in built.territories if t.county_code == "420902"]
    assert (home[0].code, home[0].shops) == ("420902-01-01", 186)
