"""Sales and stock expanded from collection points: the formula by hand, and from orders and counts to every level."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from market.figures import strata
from market.figures.strata import Estimate, Expanded, Sampled, estimate
from market.figures.subjects import ALL, Subject
from market.models import SubjectKind, UnitStratum, UnitStratumMonth
from market.orders import loading
from market.orders.loading import OrderLineRow, StockRow
from market.rollups import recompute
from retail.models import Classification
from tests.cast import TODAY, Cast, make_shop
from tests.market.facts import rollup_rows

MARCH = date(2026, 3, 1)
LOOKED_BEFORE, LOOKED_NOW = date(2026, 2, 20), date(2026, 3, 12)


def told(shops: int, *values: int) -> Sampled:
    return Sampled(shops, len(values), Decimal(sum(values)), Decimal(sum(value * value for value in values)))


@pytest.mark.parametrize(
    ("points", "total", "error"),
    [
        ([told(10, 4, 6, 8)], "60", "9.6609"),  # 100 x 0.7 x 4 / 3
        ([told(10, 4, 6, 8), told(20, 1, 3)], "100", "21.2916"),  # and 400 x 0.9 x 2 / 2
        ([told(2, 5, 9)], "14", "0.0000"),  # all were asked
        ([told(10, 4, 6, 8), told(0)], "60", "9.6609"),  # a stratum without shops asks nothing
        ([told(1, 5, 7)], "6", "0.0000"),  # more points than shops: one has left the stratum
    ],
)
def test_a_total_is_each_strata_mean_times_its_shops(points: list[Sampled], total: str, error: str) -> None:
    found = estimate(points)
    assert found == Estimate(Decimal(total), found.error if found else Decimal())
    assert found.error.quantize(Decimal("0.0001")) == Decimal(error)


@pytest.mark.parametrize("points", [[], [told(0)], [told(10, 4)], [told(10, 4, 6), told(5)]])
def test_too_few_points_tell_nothing(points: list[Sampled]) -> None:
    assert estimate(points) is None


@pytest.fixture
def points(cast: Cast, as_chen: APIClient) -> None:
    """Two of Lin's three middle shops are points: 139.5 and 31 packs of P1 sold in March's 31 days, 60 and 20 left."""
    first, second, _ = cast.shops
    body = {"territory": cast.territory.pk, "retailers": [str(first.pk), str(second.pk)]}
    said = as_chen.post("/api/v1/collection-points", body, format="json", headers={"Idempotency-Key": str(uuid4())})
    assert said.status_code == 201, said.content
    loading.load_stock_counts(
        StockRow(shop.code, "P1", on, packs, "count")
        for shop, on, packs in (
            (first, LOOKED_BEFORE, 100),
            (first, LOOKED_NOW, 60),
            (second, LOOKED_BEFORE, 40),
            (second, LOOKED_NOW, 20),
        )
    )
    loading.load_orders([OrderLineRow("D1", first.code, date(2026, 3, 5), "P1", None, None, 5, 83_600)])
    recompute.turn()
    recompute.drain()


def rounded(found: Expanded) -> tuple[object, ...]:
    places = Decimal("0.01")
    figures = (found.sales, found.sales_error, found.stock, found.stock_error)
    return (*(None if one is None else one.quantize(places) for one in figures), found.shops, found.points)


def test_sales_and_stock_are_expanded_with_their_error_at_every_level(cast: Cast, points: None) -> None:
    units = [cast.territory.pk, cast.county.pk, cast.nation.pk]
    expected = (Decimal("255.75"), Decimal("93.96"), Decimal("120.00"), Decimal("34.64"), 3, 2)
    product = Subject(SubjectKind.PRODUCT, cast.products[0].pk)
    for subject in (ALL, product, Subject(SubjectKind.BRAND, cast.products[0].brand_id)):
        found = strata.expanded(units, MARCH, subject)
        assert rounded(found[cast.territory.pk]) == expected, subject
        assert rounded(found[cast.county.pk]) == expected
    nation = strata.expanded(units, MARCH, product)[cast.nation.pk]
    assert (*rounded(nation)[:1], nation.shops, nation.points) == (Decimal("426.25"), 5, 2)  # two shops of Wu's too


def test_a_stratum_with_shops_and_one_point_tells_nothing_and_why(cast: Cast, points: None) -> None:
    Classification.objects.filter(retailer=make_shop(cast.territory, 70)).update(scale=1)
    recompute.rebuild(MARCH)
    found = strata.expanded([cast.territory.pk, cast.other_territory.pk], MARCH)
    assert found[cast.territory.pk] == Expanded(None, None, None, None, 4, 2, strata.FEW_POINTS, (1,))
    assert found[cast.other_territory.pk] == Expanded(None, None, None, None, 2, 0, strata.FEW_POINTS, (2,))
    assert strata.expanded([cast.next_territory.pk], MARCH)[cast.next_territory.pk].reason == strata.NO_SHOPS


def test_a_point_that_ends_leaves_its_stratum(cast: Cast, points: None, as_chen: APIClient) -> None:
    row = UnitStratumMonth.objects.get(unit=cast.office, subject_kind=SubjectKind.ALL)
    assert (row.points, row.sold, row.sold_squares, row.stock, row.stock_squares) == (
        2, Decimal("170.5"), Decimal("20421.25"), 80, Decimal(4_000),
    )  # fmt: skip
    assert UnitStratum.objects.get(unit=cast.office, month=MARCH).shops == 3
    [point, _] = as_chen.get("/api/v1/collection-points").json()["results"]
    path = f"/api/v1/collection-points/{point['id']}/replace"
    said = as_chen.post(path, {"reason": "hours"}, format="json", headers={"Idempotency-Key": str(uuid4())})
    assert said.status_code == 200, said.content
    recompute.drain()
    assert date(2026, 3, 16) == TODAY
    drained = rollup_rows()
    recompute.rebuild(MARCH)
    assert rollup_rows() == drained
