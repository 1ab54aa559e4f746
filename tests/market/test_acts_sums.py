"""The roll-ups of acts, shops and volumes say what the live figures say, in any order of what happened."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend import clock, ticks
from backend.kpis import percent, ratio
from backend.models import Unit
from market.figures import volumes
from market.models import UnitMonth, UnitVolumeCount
from market.orders import loading
from market.orders.loading import OrderLineRow
from market.rollups import acts_due, recompute
from retail import needs, promises, requests
from retail.assignment import Move, transfer
from retail.classes import reclassify
from retail.models import Need, Promise, Retailer
from tests.cast import TODAY, Cast, make_shop, make_shops
from tests.examples import examples
from tests.market.facts import rollup_rows, volumes_of
from tests.retail.test_requests import of_department
from tests.visits.checks import check, day, released, visited, yes_no
from tests.visits.items import item, place, receive
from visits import compliance, satisfaction
from visits.models import VisitScore

MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)
RIGHT = {"tags_shown": 60}
WRONG = {"tags_shown": 60, "tags_missing": 3, "tags_mismatched": 2, "tags_altered": 1}


def tick() -> None:
    """Everything follows: checks first, so that what they derive is there when it is counted."""
    for name in ("acts_due", "visits.checks", "rollups_turn", "rollups"):
        assert ticks.run_one(name)


def row(unit: Unit, month: date = MARCH) -> UnitMonth:
    return UnitMonth.objects.get(unit=unit, month=month)


def post(client: APIClient, path: str, body: dict[str, Any]) -> Any:
    said = client.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": str(uuid4())})
    assert said.status_code in (200, 201), said.content
    return said.json()


def agree(*months: date) -> None:
    """Every unit's row gives the figures that the live functions give."""
    units = list(Unit.objects.values_list("pk", flat=True))
    for month in months or (FEBRUARY, MARCH):
        rows = {r.unit_id: r for r in UnitMonth.objects.filter(month=month)}
        looked = compliance.rates(units, month)
        served = {r.unit_id: r for r in satisfaction.by_unit(units, month)}
        for unit in units:
            kept, live, service = rows.get(unit, UnitMonth()), looked[unit], served[unit]
            assert {
                "price_tag_rate": percent(kept.tags_right, kept.tags_shown),
                "licence_rate": percent(kept.licence_right, kept.licence_looks),
                "minors_rate": percent(kept.minors_right, kept.minors_looks),
                "time_to_fix_days": ratio(kept.repair_days, kept.repairs_mended, places=1),
                "repairs_overdue": kept.repairs_overdue,
            } == live, (unit, month)
            assert (kept.scores, kept.scores_sum) == (service.scores or 0, service.score_sum)
            assert (kept.replies_due, kept.replies_in_time) == (service.replies_due, service.replies_in_time)
            assert (kept.promises_due, kept.promises_kept) == (service.promises_due, service.promises_kept)


def test_tags_licence_minors_and_repairs_are_those_of_the_live_figures(cast: Cast) -> None:
    visited(cast, day(3), compliance={**WRONG, "licence_shown": True, "holder_trades": False, "minors_sign": True})
    visited(cast, day(5), compliance={"licence_shown": True, "minors_sign": True, "id_asked": False})
    visited(cast, day(9), compliance=RIGHT)
    visited(cast, day(10), compliance=WRONG, place=place(900))
    tick()
    kept = row(cast.prefecture)
    assert (kept.tags_right, kept.tags_shown) == (114, 120)
    assert (kept.licence_right, kept.licence_looks, kept.minors_right, kept.minors_looks) == (1, 2, 1, 2)
    assert (kept.repairs_mended, kept.repair_days, kept.repairs_overdue) == (1, 6, 0)
    agree()


def test_a_repair_is_overdue_once_its_day_has_passed_and_until_a_late_visit_shows_it_mended(cast: Cast) -> None:
    visited(cast, day(16, 9), compliance=WRONG)  # due on the 23rd
    tick()
    for at, overdue in ((day(23), 0), (day(24), 1), (day(3, month=4), 1)):
        with clock.at(at):
            tick()
            assert row(cast.county, clock.month_of(at.date())).repairs_overdue == overdue
            agree(MARCH)
    with clock.at(day(10, month=4)):
        tick()
        assert (row(cast.county).repairs_overdue, row(cast.county, date(2026, 4, 1)).repairs_overdue) == (1, 1)
        visited(cast, day(25), compliance=RIGHT)
        tick()
        march, april = row(cast.county), row(cast.county, date(2026, 4, 1))
        assert (march.repairs_mended, march.repair_days, march.repairs_overdue, april.repairs_overdue) == (1, 9, 0, 0)
        agree(MARCH, date(2026, 4, 1))


def test_replies_count_from_their_hour_and_promises_when_their_day_is_over(cast: Cast, as_lin: APIClient) -> None:
    shop = str(cast.shops[0].pk)
    need = post(as_lin, "needs", {"retailer": shop, "kind": "complaint", "text": "迟到", "raised_on": "2026-03-16"})
    post(as_lin, f"needs/{need['id']}/route", {"department": "logistics"})  # due on the 17th, 18:00
    promised = {"retailer": shop, "text": "送价签", "promised_on": "2026-03-16", "due_on": "2026-03-17"}
    post(as_lin, "promises", promised)
    kept = post(as_lin, "promises", promised)
    post(as_lin, f"promises/{kept['id']}/keep", {"on": "2026-03-16"})
    tick()
    found = row(cast.office)
    assert (found.needs_raised, found.replies_due, found.promises_due, found.promises_kept) == (1, 0, 1, 1)
    agree()
    for at, replied, promised_then in ((day(17, 17), 0, 1), (day(17, 19), 1, 1), (day(18), 1, 2)):
        with clock.at(at):
            tick()
            found = row(cast.office)
            assert (found.replies_due, found.promises_due, found.promises_kept) == (replied, promised_then, 1)
            agree()
    with clock.at(day(18, 11)):
        post(of_department(cast, "logistics"), f"needs/{need['id']}/reply", {"words": "改派早班车"})
        post(as_lin, f"needs/{need['id']}/close", {"on": "2026-03-18", "outcome": "已改派"})
        tick()
        found = row(cast.office)
        assert (found.needs_closed, found.replies_due, found.replies_in_time) == (1, 1, 0)
        agree()


def test_what_falls_due_is_marked_once(cast: Cast, as_lin: APIClient) -> None:
    promised = {
        "retailer": str(cast.shops[0].pk),
        "text": "送价签",
        "promised_on": "2026-03-16",
        "due_on": "2026-03-16",
    }
    post(as_lin, "promises", promised)
    tick()
    with clock.at(day(17)):
        assert acts_due.follow() == 1
        tick()
        assert (acts_due.follow(), row(cast.territory).promises_due) == (0, 1)


def test_a_promise_put_off_or_taken_back_leaves_the_month_it_was_due_in(cast: Cast) -> None:
    new = promises.NewPromise(cast.shops[0].pk, "送价签", date(2026, 2, 20), date(2026, 2, 27))
    made = promises.make(actor=cast.actor("lin"), new=new)
    tick()
    assert row(cast.territory, FEBRUARY).promises_due == 1
    made = promises.edit(actor=cast.actor("lin"), promise=made, values={"due_on": date(2026, 3, 10)})
    tick()
    assert (row(cast.territory, FEBRUARY).promises_due, row(cast.territory).promises_due) == (0, 1)
    agree()
    promises.withdraw(actor=cast.actor("lin"), promise=made)
    tick()
    assert row(cast.territory).promises_due == 0
    agree()


def test_scores_are_counted_by_fives_of_each_territory(cast: Cast) -> None:
    for shop, score in zip(make_shops(cast.territory, range(10, 17)), (5, 4, 5, 3, 4, 1, 1), strict=True):
        receive(cast.actor("lin"), item(cast, retailer_id=str(shop.pk), score=score))
    VisitScore.objects.create(month=MARCH, territory=cast.next_territory, county=cast.county, score=1)
    tick()
    assert (row(cast.territory).scores, row(cast.territory).scores_sum) == (5, 21)
    assert (row(cast.office).scores, row(cast.office).scores_sum) == (5, 21)
    agree()


def test_display_points_are_those_of_asked_items_of_visits_that_count(cast: Cast) -> None:
    scheme = released(cast, [yes_no("a", 30), yes_no("b", 20), yes_no("c", 50)])
    visited(cast, day(3), check=check(scheme, a=1, b=0, c=1))
    visited(cast, day(4), check=check(scheme, a=1, b=None))  # b does not apply; c was left out: it did not pass
    visited(cast, day(5), check=check(scheme, a=1, b=1, c=1), place=place(900))
    tick()
    kept = row(cast.county)
    assert (kept.display_points, kept.display_points_full) == (Decimal("110.00"), Decimal("180.00"))


def test_new_and_closed_shops_and_tier_moves_are_held_against_the_month_before(cast: Cast) -> None:
    first, second, third = cast.shops
    make_shop(cast.territory, 60, since=date(2026, 3, 2))
    reclassify(actor=cast.actor("qian"), retailer=first, from_date=date(2026, 3, 5), changes={"tier": 18})
    reclassify(actor=cast.actor("qian"), retailer=second, from_date=date(2026, 3, 5), changes={"tier": 12})
    reclassify(actor=cast.actor("chen"), retailer=third, from_date=date(2026, 3, 9), changes={"state": "closed"})
    tick()
    kept = row(cast.office)
    assert (kept.shops_new, kept.shops_closed, kept.tier_up, kept.tier_down, kept.shops_due) == (1, 1, 1, 1, 3)
    with clock.at(day(2, month=4)):
        tick()
        kept = row(cast.office, date(2026, 4, 1))
        assert (kept.shops_new, kept.shops_closed, kept.tier_up, kept.tier_down, kept.shops_due) == (0, 0, 0, 0, 3)


def test_shops_that_understood_are_those_briefed_that_passed(cast: Cast) -> None:
    for shop, passed in zip(cast.shops, (True, False, None), strict=True):
        told = {"policy_version_id": cast.policy.pk, "understanding": None if passed is None else (5 if passed else 2)}
        briefing = {key: value for key, value in told.items() if value is not None}
        entry = item(cast, retailer_id=str(shop.pk), briefings=[briefing])
        assert receive(cast.actor("lin"), entry)[0].word == "created"
    tick()
    kept = row(cast.territory)
    assert (kept.shops_briefed, kept.shops_understood) == (3, 1)


# -- orders and volumes ------------------------------------------------------------------------------------------------


def order(shop: Retailer, number: str, cartons: int, on: date = TODAY) -> OrderLineRow:
    return OrderLineRow(number, shop.code, on, "P1", None, None, cartons, cartons * 100)


def test_orders_and_volumes_are_of_the_shops_that_the_unit_has_on_the_last_day(cast: Cast) -> None:
    first, second, _ = cast.shops
    loading.load_orders([order(first, "D1", 700), order(first, "D2", 340), order(second, "D3", 20)])
    loading.load_orders([order(cast.wu_shops[0], "D4", 20)])
    tick()
    assert (row(cast.territory).orders, row(cast.prefecture).orders) == (3, 4)
    counts = UnitVolumeCount.objects.filter(unit=cast.prefecture).order_by("cartons").values_list("cartons", "shops")
    assert list(counts) == [(20, 2), (1_040, 1)]
    transfer(actor=cast.actor("zhao"), move=Move([first.pk], cast.next_territory, TODAY))
    tick()
    assert (row(cast.territory).orders, row(cast.next_territory).orders, row(cast.office).orders) == (1, 2, 3)
    found = volumes.by_unit([cast.territory.pk, cast.next_territory.pk, cast.other_territory.pk], [MARCH])
    assert [found[u.pk, MARCH].counts for u in (cast.territory, cast.next_territory, cast.other_territory)] == [
        ((20, 1),),
        ((1_040, 1),),
        ((20, 1),),
    ]
    loading.load_orders([order(second, "D3", 0)])
    tick()
    assert volumes.by_unit([cast.territory.pk], [MARCH])[cast.territory.pk, MARCH].counts == ()


TEN = volumes_of([500, 300, 50, 40, 30, 30, 20, 15, 10, 5, 0])  # 1,000 cartons


@pytest.mark.parametrize(
    ("share", "shops"), [(Decimal(50), 1), (Decimal(80), 2), (Decimal("80.1"), 3), (Decimal(94), 6), (Decimal(100), 10)]
)
def test_the_fewest_shops_that_make_a_share_of_the_cartons(share: Decimal, shops: int) -> None:
    assert TEN.shops_making(share) == shops


def test_volumes_tell_large_accounts_quantiles_and_the_share_of_the_largest() -> None:
    assert (TEN.shops, TEN.cartons) == (10, 1_000)
    assert (TEN.above(300), TEN.above(299), TEN.above(1_000)) == ((1, 500), (2, 800), (0, 0))
    assert [TEN.quantile(Decimal(q) / 100) for q in (0, 10, 50, 75, 100)] == [5, 5, 30, 50, 500]
    assert (TEN.share_of_largest(), TEN.share_of_largest(Decimal(11))) == (Decimal("80.0"), Decimal("80.0"))
    assert TEN.share_of_largest(Decimal(10)) == Decimal("50.0")
    nobody = volumes_of([0, 0])
    assert (nobody.shops_making(), nobody.share_of_largest(), nobody.quantile(Decimal("0.5"))) == (None, None, None)


# -- any order of what happens -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 1 + examples(1, thorough=3)))
def test_any_sequence_agrees_with_the_live_figures_and_with_a_rebuild(cast: Cast, seed: int) -> None:
    chance = random.Random(seed)
    homes = [cast.territory, cast.next_territory]
    for number in range(26, 45):  # from the 26th of February
        at = datetime(2026, 2, 1, 15, tzinfo=clock.BUSINESS_ZONE) + timedelta(days=number - 1)
        with clock.at(at):
            _happens(cast, chance, homes)
            if chance.random() < 0.5:
                tick()
            if chance.random() < 0.2:
                move = Move([chance.choice(cast.shops).pk], chance.choice(homes), clock.today())
                transfer(actor=cast.actor("zhao"), move=move)
    tick()
    tick()  # what was derived is counted now
    agree()
    drained = rollup_rows()
    call_command("rebuild_rollups", "2026-02", "2026-03", verbosity=0)
    assert rollup_rows() == drained
    assert row(cast.nation).tags_shown > 0
    for month in (FEBRUARY, MARCH):
        _add_up(month)


def _happens(cast: Cast, chance: random.Random, homes: list[Unit]) -> None:
    shop = chance.choice(cast.shops)
    owner = shop.assignments.get(during__contains=clock.today()).territory
    who = "lin" if owner == cast.territory else "ma"
    if chance.random() < 0.7:
        started = clock.now() - timedelta(hours=1)
        entry = item(
            cast, retailer_id=str(shop.pk), started_at=started.isoformat(), place=..., score=chance.randint(1, 5),
            ended_at=(started + timedelta(minutes=9)).isoformat(), compliance=chance.choice([RIGHT, WRONG]),
            check=check(cast.template, visible=1, clean=chance.choice([0, 1]), full=1, standard=16, continuity=1),
        )  # fmt: skip
        [found] = receive(cast.actor(who), entry)
        assert found.word == "created", found.problem and found.problem.document()
    actor = cast.actor(who)
    if chance.random() < 0.4:
        due = clock.today() + timedelta(days=chance.choice([0, 1, 3]))
        promises.make(actor=actor, new=promises.NewPromise(shop.pk, "送价签", clock.today(), due))
    if (held := Promise.objects.filter(retailer=shop, state="open").first()) and chance.random() < 0.4:
        promises.keep(actor=actor, promise=held, on=clock.today())
    if chance.random() < 0.3:
        made = needs.raise_need(actor=actor, new=needs.NewNeed(shop.pk, "complaint", "迟到", clock.today()))
        requests.route(actor=actor, need=made, department="logistics")
    if (need := Need.objects.filter(retailer=shop, closed_on=None).first()) and chance.random() < 0.3:
        needs.close_need(actor=actor, need=need, on=clock.today(), outcome="已办")
    if chance.random() < 0.5:
        loading.load_orders([order(shop, f"D{clock.today()}", chance.randint(1, 30), clock.today())])


def _add_up(month: date) -> None:
    """Of every unit each column is the sum of those right below, but for people, prices and moments."""
    left_out = {"month", "unit", "managers", "price_median_fen", "computed_at"}
    names = [f.name for f in UnitMonth._meta.concrete_fields if f.name not in left_out]
    for unit in Unit.objects.filter(level__lt=5):
        rows = UnitMonth.objects.filter(month=month, unit__parent=unit).values_list(*names)
        kept = UnitMonth.objects.filter(month=month, unit=unit).values_list(*names).first()
        assert kept == (tuple(sum(column) for column in zip(*rows, strict=True)) if rows else None)


def test_a_shop_that_came_in_a_month_over_is_counted_where_it_belonged_then(cast: Cast, as_lin: APIClient) -> None:
    """A promise told late counts in the month it was due, for the unit that had the shop on its last day."""
    shop = cast.shops[0]
    held = shop.assignments.get()
    held.during = DateRange(held.during.lower, date(2026, 3, 1))
    held.save()
    shop.assignments.create(territory=cast.next_territory, during=DateRange(date(2026, 3, 1), None))
    recompute.rebuild(FEBRUARY)
    body = {"retailer": str(shop.pk), "text": "送价签", "promised_on": "2026-02-20", "due_on": "2026-02-27"}
    post(as_lin, "promises", body)
    tick()
    assert row(cast.territory, FEBRUARY).promises_due == 1
    assert not UnitMonth.objects.filter(unit=cast.next_territory, month=FEBRUARY).exists()
    agree(FEBRUARY)
