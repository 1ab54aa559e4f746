"""The execute cells follow the facts, and the row follows the owner: by marks, recomputed, never counted up."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext

from backend import clock, marks
from brands.models import KeyProduct
from cycles import building, changes, stages
from cycles import month as months
from cycles.models import Month, RetailerCycle
from retail.models import Assignment, Classification, Retailer
from tests.cast import TODAY, Cast, make_shop
from tests.cycles.crowd import hash_of
from tests.cycles.facts import land_visit
from visits.models import Observation, Visit

MARCH = date(2026, 3, 1)
OPEN, DONE, MISSED, NOT_APPLICABLE = 1, 2, 3, 4


def cells(shop: Retailer, month: date = MARCH) -> tuple[int, int, int]:
    """client, brand and market execute of a shop's month."""
    row = RetailerCycle.objects.filter(month=month, retailer=shop)
    return row.values_list("client_execute", "brand_execute", "market_execute").get()


def owner(shop: Retailer) -> int:
    return RetailerCycle.objects.get(month=MARCH, retailer=shop).territory_id


@pytest.fixture
def march(cast: Cast) -> Cast:
    months.open_month(MARCH)
    return cast


def move(shop: Retailer, cast: Cast, on: date = TODAY) -> None:
    """The shop goes from Lin to Ma on a day, with the marks of both territories."""
    with transaction.atomic():
        Assignment.objects.filter(retailer=shop).update(during=DateRange(date(2024, 1, 1), on))
        Assignment.objects.create(retailer=shop, territory=cast.next_territory, during=DateRange(on, None))
        marks.mark("assignments", [(cast.territory.pk, on), (cast.next_territory.pk, on)])


def test_a_visit_moves_the_client_cell_of_its_shop_and_no_other(march: Cast) -> None:
    land_visit(march, march.shops[0], TODAY)
    assert cells(march.shops[0]) == (OPEN, OPEN, OPEN)
    assert changes.drain_once() == 1
    assert [cells(shop) for shop in march.shops] == [(DONE, OPEN, OPEN), (OPEN, OPEN, OPEN), (OPEN, OPEN, OPEN)]
    assert changes.drain_once() == 0
    assert marks.lag("cycles").count == 0


@pytest.mark.parametrize(
    ("seen", "pitched", "expected"),
    [
        ([{"product": 0, "facings": 3}], [], (DONE, DONE, OPEN)),  # the key product looked at, no price
        ([{"product": 1, "facings": 3}], [], (DONE, OPEN, OPEN)),  # not a key product
        ([{"product": 1, "carton_price_fen": 10_000}], [], (DONE, OPEN, DONE)),
        ([{"product": 1, "pack_price_fen": 1_000}], [], (DONE, OPEN, DONE)),
        ([{"product": 1, "stock_packs": 0}], [], (DONE, OPEN, DONE)),  # nothing in stock was seen too
        ([{"product": 0, "oos_days": 2}], [], (DONE, DONE, OPEN)),
        ([], [0], (DONE, DONE, OPEN)),
        ([], [2], (DONE, OPEN, OPEN)),
        ([{"product": 0, "carton_price_fen": 19_000}], [2], (DONE, DONE, DONE)),
    ],
)
def test_what_was_seen_and_recommended_decides_the_brand_and_market_cells(
    march: Cast, seen: list[dict[str, int]], pitched: list[int], expected: tuple[int, int, int]
) -> None:
    lines = tuple({**line, "product_id": march.products[line["product"]].pk} for line in seen)
    for line in lines:
        line.pop("product")
    land_visit(march, march.shops[0], TODAY, observations=lines, pitched=tuple(march.products[n].pk for n in pitched))
    changes.drain_once()
    assert cells(march.shops[0]) == expected


def test_a_visit_still_to_verify_is_evidence_of_nothing_until_decided(march: Cast) -> None:
    key = march.products[0].pk
    visit = land_visit(
        march,
        march.shops[0],
        TODAY,
        presence="to_verify",
        observations=({"product_id": key, "carton_price_fen": 19_000},),
    )
    changes.drain_once()
    assert cells(march.shops[0]) == (OPEN, OPEN, OPEN)
    with transaction.atomic():
        Visit.objects.filter(pk=visit).update(presence="valid")
        marks.mark("visits", [(march.territory.pk, TODAY)])
    changes.drain_once()
    assert cells(march.shops[0]) == (DONE, DONE, DONE)


def test_a_visit_without_a_position_counts(march: Cast) -> None:
    land_visit(march, march.shops[0], TODAY, presence="unknown")
    changes.drain_once()
    assert cells(march.shops[0]) == (DONE, OPEN, OPEN)


def test_a_fact_that_goes_takes_its_cell_back(march: Cast) -> None:
    visit = land_visit(
        march, march.shops[0], TODAY, observations=({"product_id": march.products[1].pk, "stock_packs": 4},)
    )
    changes.drain_once()
    assert cells(march.shops[0]) == (DONE, OPEN, DONE)
    with transaction.atomic():
        Observation.objects.filter(month=MARCH, visit_id=visit).delete()
        marks.mark("visits", [(march.territory.pk, TODAY)])
    changes.drain_once()
    assert cells(march.shops[0]) == (DONE, OPEN, OPEN)


def test_the_key_list_of_the_visits_own_day_decides(march: Cast) -> None:
    KeyProduct.objects.update(during=DateRange(date(2026, 3, 10), date(2026, 3, 12)))
    for day, shop in zip((9, 10, 12), march.shops, strict=True):
        land_visit(march, shop, date(2026, 3, day), pitched=(march.products[0].pk,))
    changes.drain_once()
    assert [cells(shop)[1] for shop in march.shops] == [OPEN, DONE, OPEN]


def test_a_key_list_of_another_county_decides_nothing(march: Cast) -> None:
    KeyProduct.objects.update(unit=march.other_county)
    land_visit(march, march.shops[0], TODAY, pitched=(march.products[0].pk,))
    changes.drain_once()
    assert cells(march.shops[0]) == (DONE, NOT_APPLICABLE, OPEN)


def test_each_visit_moves_the_month_of_its_own_day(march: Cast) -> None:
    with clock.at(datetime(2026, 4, 1, 9, tzinfo=clock.BUSINESS_ZONE)):
        months.open_month(date(2026, 4, 1))
        land_visit(march, march.shops[0], date(2026, 3, 31))
        land_visit(march, march.shops[1], date(2026, 4, 1))
        changes.drain_once()
    assert [cells(shop)[0] for shop in march.shops] == [DONE, OPEN, OPEN]
    assert [cells(shop, date(2026, 4, 1))[0] for shop in march.shops] == [OPEN, DONE, OPEN]


def test_facts_from_before_the_opening_are_in_the_cells_at_once(cast: Cast) -> None:
    land_visit(cast, cast.shops[0], date(2026, 3, 2), pitched=(cast.products[0].pk,))
    months.open_month(MARCH)
    assert [cells(shop) for shop in cast.shops] == [(DONE, DONE, OPEN), (OPEN, OPEN, OPEN), (OPEN, OPEN, OPEN)]


def test_a_moved_shop_takes_its_row_and_its_done_cells_along(march: Cast) -> None:
    moved = march.shops[0]
    land_visit(march, moved, date(2026, 3, 5))
    move(moved, march)
    changes.drain_once()
    assert (owner(moved), cells(moved)) == (march.next_territory.pk, (DONE, OPEN, OPEN))
    assert [owner(shop) for shop in march.shops[1:]] == [march.territory.pk] * 2


def test_a_late_visit_of_the_former_manager_still_moves_the_moved_shop(march: Cast) -> None:
    """Stamped with the territory of its own day, while the row has gone to another."""
    moved = march.shops[0]
    move(moved, march)
    changes.drain_once()
    land_visit(march, moved, date(2026, 3, 13), territory=march.territory)
    changes.drain_once()
    assert (owner(moved), cells(moved)) == (march.next_territory.pk, (DONE, OPEN, OPEN))


def test_a_new_shop_joins_the_running_month_with_what_was_done_there(march: Cast) -> None:
    shop = make_shop(march.territory, 80, since=TODAY)
    land_visit(march, shop, TODAY)
    with transaction.atomic():
        marks.mark("assignments", [(march.territory.pk, TODAY)])
    changes.drain_once()
    assert (owner(shop), cells(shop)) == (march.territory.pk, (DONE, OPEN, OPEN))


def test_a_reopened_shop_joins_by_its_own_mark(cast: Cast) -> None:
    shop = cast.shops[0]
    Classification.objects.filter(retailer=shop).update(state="closed")
    months.open_month(MARCH)
    assert not RetailerCycle.objects.filter(retailer=shop).exists()
    with transaction.atomic():
        Classification.objects.filter(retailer=shop).update(state="active")
        marks.mark("retailers", [(cast.territory.pk, TODAY)])
    changes.drain_once()
    assert cells(shop) == (OPEN, OPEN, OPEN)


def test_any_order_of_changes_ends_in_what_a_whole_recomputation_says(march: Cast) -> None:
    for number, shop in enumerate((*march.shops, *march.wu_shops)):
        home = march.territory if number < 3 else march.other_territory
        seen = ({"product_id": march.products[number % 3].pk, "stock_packs": 1},)
        land_visit(march, shop, date(2026, 3, 2 + number), territory=home, observations=seen)
    move(march.shops[1], march)
    while changes.drain_once():
        pass
    drained = hash_of(MARCH)
    RetailerCycle.objects.filter(month=MARCH).delete()
    assert months.open_month(MARCH).added == 5
    assert hash_of(MARCH) == drained


def test_a_month_that_is_stuck_while_it_opens_holds_up_no_other(march: Cast) -> None:
    april = date(2026, 4, 1)
    Month.objects.create(month=april, state="opening", opening_at=clock.now())
    land_visit(march, march.shops[0], TODAY)
    land_visit(march, march.shops[1], april)
    move(march.shops[2], march)
    assert changes.drain_once() == 4
    assert marks.lag("cycles").count == 0
    assert (cells(march.shops[0]), owner(march.shops[2])) == ((DONE, OPEN, OPEN), march.next_territory.pk)


def test_owners_that_change_while_a_month_is_being_built_are_in_it_when_it_is_open(cast: Cast) -> None:
    """The chunks were filled before the shop moved; its mark is gone when the month is finished."""
    row = building.announce(MARCH, clock.now())
    while building.fill_next(MARCH, TODAY) is not None:
        pass
    moved, visited = cast.shops[:2]
    move(moved, cast)
    land_visit(cast, visited, TODAY)
    changes.drain_once()
    assert (row.state, marks.lag("cycles").count) == ("opening", 0)
    assert months.open_month(MARCH).is_open
    assert (owner(moved), cells(visited)) == (cast.next_territory.pk, (DONE, OPEN, OPEN))
    assert Month.objects.get(month=MARCH).followed_on == TODAY


def test_a_month_that_locks_while_another_is_being_built_keeps_what_was_done(march: Cast) -> None:
    land_visit(march, march.shops[0], TODAY)
    Month.objects.create(month=date(2026, 4, 1), state="opening", opening_at=clock.now())
    with clock.at(datetime(2026, 4, 9, tzinfo=clock.BUSINESS_ZONE)):
        stages.advance()
    assert Month.objects.get(month=MARCH).state == "locked"
    assert marks.lag("cycles").count == 1
    assert [cells(shop) for shop in march.shops[:2]] == [(DONE, MISSED, MISSED), (MISSED, MISSED, MISSED)]


def test_draining_costs_the_same_queries_for_one_shop_and_for_many(march: Cast) -> None:
    def queries(shops: list[Retailer]) -> int:
        for shop in shops:
            land_visit(march, shop, TODAY)
        with CaptureQueriesContext(connection) as seen:
            changes.drain_once()
        return len(seen)

    assert queries(march.shops[:1]) == queries([make_shop(march.territory, 200 + n) for n in range(10)])
