"""Roll-ups equal the facts: after any order of visits and transfers, at every level, and after a rebuild."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext

from backend import clock, marks
from backend.models import Unit
from market.models import RollupTurn, UnitMonth, UnitPriceCount, UnitProductMonth
from market.rollups import recompute as rollups
from retail.assignment import Move, transfer
from retail.classes import reclassify
from retail.models import Assignment, Classification, Retailer
from tests.cast import NOW, TODAY, Cast
from tests.examples import examples
from tests.market.facts import Seen, rollup_rows, visit
from tests.visits.items import item, place, receive
from visits.wire import MAX_INT

MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)


def move(shop: Retailer, to: Unit, on: date) -> None:
    """What a transfer writes: the current assignment ends, the next begins, both territories are marked."""
    with transaction.atomic():
        held = Assignment.objects.get(retailer=shop, during__contains=on)
        held.during = DateRange(held.during.lower, on)
        held.save()
        Assignment.objects.create(retailer=shop, territory=to, during=DateRange(on, None))
        marks.mark("assignments", [(held.territory_id, on), (to.pk, on)])


def unit_month(unit: Unit, month: date = MARCH) -> UnitMonth:
    return UnitMonth.objects.get(unit=unit, month=month)


def test_a_visit_is_counted_with_all_it_carries_in_its_territory_and_above(cast: Cast) -> None:
    first, second, _ = cast.products
    visit(
        cast.shops[0],
        cast.territory,
        cast.lin,
        TODAY,
        Seen(
            observations=[
                {"product": first, "carton_price_fen": 19_000, "stock_packs": 12, "facings": 2, "oos_days": 0},
                {"product": second, "carton_price_fen": 9_800, "oos_days": 3, "on_shelf": True},
            ],
            briefings=[cast.policy.pk],
            pitches=[(first.pk, True), (second.pk, False)],
            score=80,
            note="店主问何时补货",
        ),
    )
    visit(cast.wu_shops[0], cast.other_territory, cast.wu, TODAY, Seen(presence="to_verify"))
    rollups.drain()
    lin, prefecture = unit_month(cast.territory), unit_month(cast.prefecture)
    assert (lin.visits, lin.managers, lin.shops_due, lin.shops_seen, lin.shops_briefed) == (1, 1, 3, 1, 1)
    assert (lin.notes, lin.checks, lin.score_sum, lin.briefings) == (1, 1, Decimal("80.00"), 1)
    assert (lin.observations, lin.pitches, lin.pitches_accepted) == (2, 2, 1)
    assert lin.price_median_fen == Decimal("14400.0")
    assert (prefecture.visits, prefecture.visits_to_verify, prefecture.managers) == (2, 1, 2)
    assert (prefecture.shops_due, prefecture.shops_seen) == (5, 1)
    row = UnitProductMonth.objects.get(unit=cast.nation, month=MARCH, product=second)
    assert (row.observations, row.price_n, row.price_sum_fen, row.stock_n) == (1, 1, 9_800, 0)
    assert (row.oos_n, row.oos_days_sum, row.oos_shops, row.shelf_n, row.on_shelf) == (1, 3, 1, 1, 1)
    assert UnitMonth.objects.filter(month=MARCH).count() == 9  # 2 territories of 3, 2 offices, 2 counties, 3 above


def test_a_median_is_that_of_the_exact_prices_at_every_level(cast: Cast) -> None:
    product = cast.products[0]
    for shop, price in zip(cast.shops, (18_000, 19_000, 21_000), strict=True):
        line = {"product": product, "carton_price_fen": price}
        visit(shop, cast.territory, cast.lin, TODAY, Seen(observations=[line]))
    line = {"product": product, "carton_price_fen": 18_000}
    visit(cast.wu_shops[0], cast.other_territory, cast.wu, TODAY, Seen(observations=[line]))
    rollups.drain()
    medians = dict(UnitProductMonth.objects.values_list("unit_id", "price_median_fen"))
    assert medians[cast.territory.pk] == Decimal("19000.0")
    assert medians[cast.other_county.pk] == Decimal("18000.0")
    assert medians[cast.prefecture.pk] == Decimal("18500.0")  # 18,000 18,000 19,000 21,000
    counts = UnitPriceCount.objects.filter(unit=cast.prefecture).values_list("price_fen", "count")
    assert dict(counts) == {18_000: 2, 19_000: 1, 21_000: 1}


def test_somebody_who_visits_in_two_territories_is_one_person_of_the_office(cast: Cast) -> None:
    move(cast.shops[2], cast.next_territory, TODAY)
    visit(cast.shops[0], cast.territory, cast.chen, TODAY)
    visit(cast.shops[2], cast.next_territory, cast.chen, TODAY)
    rollups.drain()
    assert unit_month(cast.territory).managers == 1
    assert unit_month(cast.next_territory).managers == 1
    assert unit_month(cast.office).managers == 1
    assert unit_month(cast.office).visits == 2


def test_after_a_transfer_acts_stay_with_the_old_unit_and_the_shop_counts_for_the_new_one(cast: Cast) -> None:
    visit(cast.shops[0], cast.territory, cast.lin, date(2026, 3, 10))
    rollups.drain()
    assert (unit_month(cast.territory).shops_due, unit_month(cast.territory).shops_seen) == (3, 1)
    move(cast.shops[0], cast.next_territory, TODAY)
    rollups.drain()
    old, new, office = unit_month(cast.territory), unit_month(cast.next_territory), unit_month(cast.office)
    assert (old.visits, old.shops_due, old.shops_seen) == (1, 2, 0)
    assert (new.visits, new.shops_due, new.shops_seen) == (0, 1, 1)
    assert (office.visits, office.shops_due, office.shops_seen) == (1, 3, 1)


def test_a_late_visit_of_the_former_owner_reaches_the_coverage_of_the_new_one(cast: Cast) -> None:
    move(cast.shops[0], cast.next_territory, TODAY)
    rollups.drain()
    assert unit_month(cast.next_territory).shops_seen == 0
    visit(cast.shops[0], cast.territory, cast.lin, date(2026, 3, 10))
    rollups.drain()
    assert unit_month(cast.next_territory).shops_seen == 1
    assert unit_month(cast.territory).visits == 1


def test_the_last_look_of_the_month_says_whether_a_shop_has_the_product_on_its_shelf(cast: Cast) -> None:
    product = cast.products[0]
    for day, on_shelf in ((5, True), (12, False)):
        line = {"product": product, "on_shelf": on_shelf}
        visit(cast.shops[0], cast.territory, cast.lin, date(2026, 3, day), Seen(observations=[line]))
    line = {"product": product, "on_shelf": True}
    visit(cast.shops[1], cast.territory, cast.lin, TODAY, Seen(observations=[line]))
    rollups.drain()
    row = UnitProductMonth.objects.get(unit=cast.county, product=product)
    assert (row.observations, row.shelf_n, row.on_shelf) == (3, 2, 1)


def test_a_day_that_passes_moves_shops_without_any_mark(cast: Cast) -> None:
    rollups.turn()
    assert unit_month(cast.territory).shops_due == 3
    tomorrow = date(2026, 3, 17)
    held = Assignment.objects.get(retailer=cast.shops[0])
    held.during = DateRange(held.during.lower, tomorrow)
    held.save()
    Assignment.objects.create(retailer=cast.shops[0], territory=cast.next_territory, during=DateRange(tomorrow, None))
    closed = Classification.objects.get(retailer=cast.shops[1])
    Classification.objects.filter(pk=closed.pk).update(during=DateRange(closed.during.lower, tomorrow))
    closed.pk, closed.during, closed.state = None, DateRange(tomorrow, None), "closed"
    closed.save()
    rollups.turn()
    assert unit_month(cast.territory).shops_due == 3  # still the 16th
    with clock.at(datetime(2026, 3, 17, 0, 1, tzinfo=clock.BUSINESS_ZONE)):
        rollups.turn()
        assert unit_month(cast.territory).shops_due == 1
        assert unit_month(cast.next_territory).shops_due == 1
        assert unit_month(cast.office).shops_due == 2
        with CaptureQueriesContext(
            connection,
        ) as asked:
            rollups.turn()
        assert len(asked) == 2  # nothing is due a second time that day
    assert RollupTurn.objects.get(month=MARCH).counted_on == tomorrow


def test_the_number_of_statements_does_not_grow_with_the_number_of_marks(cast: Cast) -> None:
    rollups.turn()
    visit(cast.shops[0], cast.territory, cast.lin, TODAY)
    with CaptureQueriesContext(connection) as one:
        rollups.drain()
    for day in range(1, 16):
        for shop in cast.shops:
            visit(shop, cast.territory, cast.lin, date(2026, 3, day))
        for shop in cast.wu_shops:
            visit(shop, cast.other_territory, cast.wu, date(2026, 3, day))
    with CaptureQueriesContext(connection) as many:
        rollups.drain()
    assert len(many) == len(one)


@pytest.mark.parametrize("seed", range(1, 1 + examples(1, thorough=3)))
def test_any_sequence_of_visits_and_transfers_equals_a_full_rebuild(cast: Cast, seed: int) -> None:
    chance = random.Random(seed)
    shops, homes = [*cast.shops, *cast.wu_shops], [cast.territory, cast.next_territory, cast.other_territory]
    for day in range(2, 17):
        with clock.at(datetime(2026, 3, day, 18, tzinfo=clock.BUSINESS_ZONE)):
            for _ in range(chance.randint(0, 4)):
                _push(cast, chance, chance.choice(shops), days_ago=chance.choice([0, 0, 1, 5]))
            if chance.random() < 0.4:
                move = Move([chance.choice(shops).pk], chance.choice(homes), clock.today())
                transfer(actor=cast.actor("zhao"), move=move)
            if chance.random() < 0.5:
                rollups.turn()
            if chance.random() < 0.5:
                rollups.drain()
    rollups.turn()
    rollups.drain()
    drained = rollup_rows()
    call_command("rebuild_rollups", "2026-02", "2026-03", verbosity=0)
    assert rollup_rows() == drained
    assert UnitMonth.objects.get(unit=cast.prefecture, month=MARCH).visits > 10
    _counties_add_up(cast)


def _push(cast: Cast, chance: random.Random, shop: Retailer, *, days_ago: int) -> None:
    """A visit by whoever had the shop that day, through the intake; an old one arrives late."""
    started = clock.now() - timedelta(days=days_ago, hours=2)
    owner = Assignment.objects.get(retailer=shop, during__contains=clock.business_date(started)).territory
    people = {cast.territory.pk: "lin", cast.next_territory.pk: "ma", cast.other_territory.pk: "wu"}
    lines = [
        {
            "product_id": product.pk,
            "carton_price_fen": chance.choice([9_500, 10_000, 10_400]),
            "stock_packs": chance.choice([0, 7, 30]),
            "oos_days": chance.choice([0, 4]),
            "on_shelf": chance.choice([True, False]),
        }
        for product in cast.products
        if chance.random() < 0.6
    ]
    entry = item(
        cast,
        retailer_id=str(shop.pk),
        started_at=started.isoformat(),
        ended_at=(started + timedelta(minutes=9)).isoformat(),
        place=place(mock=chance.random() < 0.3),
        observations=lines,
        briefings=[{"policy_version_id": cast.policy.pk}] if chance.random() < 0.5 else ...,
    )
    [outcome] = receive(cast.actor(people[owner.pk]), entry)
    assert outcome.word == "created", outcome.problem and outcome.problem.document()


def _counties_add_up(cast: Cast) -> None:
    names = ("visits", "shops_due", "shops_seen", "observations", "briefings", "score_sum")
    for month in (FEBRUARY, MARCH):
        below = UnitMonth.objects.filter(month=month, unit__in=[cast.county, cast.other_county]).values_list(*names)
        above = UnitMonth.objects.filter(month=month, unit=cast.prefecture).values_list(*names).get()
        assert tuple(sum(column) for column in zip(*below, strict=True)) == above


@pytest.mark.django_db(transaction=True)
def test_drainers_at_once_leave_the_sums_of_both(cast: Cast) -> None:
    rollups.turn()
    for number in range(8):
        visit(cast.shops[number % 3], cast.territory, cast.lin, date(2026, 3, 1 + number))
        visit(cast.wu_shops[number % 2], cast.other_territory, cast.wu, date(2026, 3, 1 + number))

    def drain() -> None:
        with clock.at(NOW):
            while marks.lag(rollups.CONSUMER).count:
                marks.drain(rollups.CONSUMER, rollups.ACTS, rollups.recompute, limit=1)
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(drain) for _ in range(4)]:
            done.result(timeout=60)
    assert unit_month(cast.prefecture).visits == 16
    assert (unit_month(cast.county).visits, unit_month(cast.other_county).visits) == (8, 8)
    drained = rollup_rows()
    rollups.rebuild(MARCH)
    assert rollup_rows() == drained


def test_the_highest_prices_that_are_accepted_are_counted_like_all_others(cast: Cast) -> None:
    """One visit must not stop the boards of everybody: neither two prices together nor their median overflow."""
    first = cast.products[0].pk
    dearest = {"product_id": first, "carton_price_fen": MAX_INT, "stock_packs": MAX_INT, "facings": 32_000}
    receive(
        cast.actor("lin"), *(item(cast, retailer_id=str(shop.pk), observations=[dearest]) for shop in cast.shops[:2])
    )
    rollups.drain()
    assert unit_month(cast.nation).price_median_fen == MAX_INT
    row = UnitProductMonth.objects.get(unit=cast.nation, month=MARCH, product_id=first)
    assert (row.price_median_fen, row.price_sum_fen, row.stock_sum_packs) == (
        Decimal(MAX_INT),
        2 * MAX_INT,
        2 * MAX_INT,
    )


def test_a_shop_closed_from_a_day_before_its_transfer_leaves_the_months_of_its_former_owner(cast: Cast) -> None:
    rollups.rebuild(FEBRUARY)
    rollups.rebuild(MARCH)
    shop = cast.shops[0]
    move(shop, cast.next_territory, TODAY)
    rollups.drain()
    assert (unit_month(cast.territory, FEBRUARY).shops_due, unit_month(cast.next_territory).shops_due) == (3, 1)
    closed = {"state": Classification.State.CLOSED}
    reclassify(actor=cast.actor("chen"), retailer=shop, from_date=date(2026, 2, 10), changes=closed)
    rollups.drain()
    assert (unit_month(cast.territory, FEBRUARY).shops_due, unit_month(cast.office, FEBRUARY).shops_due) == (2, 2)
    drained = rollup_rows()
    rollups.rebuild(FEBRUARY)
    rollups.rebuild(MARCH)
    assert rollup_rows() == drained
