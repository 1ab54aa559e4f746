"""The month's stops are drafted from needs and room: how many, on which days, why, and for nobody's size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from itertools import pairwise
from math import cos, radians
from typing import Any

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend import clock
from backend.models import Parameter
from cycles import plan
from cycles.models import Action, Finding, Improvement, ManagerCell, ManagerCycle, PrefectureMonth
from market.models import Order
from retail.models import Classification, Promise, Retailer
from tests.cast import ALWAYS, Cast, build_cast
from tests.cycles.facts import land_visit
from tests.cycles.ground import draft, rows, settle
from visits.models import Briefing, Leave, PlannedStop, PolicyVersion

NOVEMBER, DECEMBER, MARCH = date(2025, 11, 1), date(2025, 12, 1), date(2026, 3, 1)
OPENING = datetime(2025, 10, 31, 0, 30, tzinfo=clock.BUSINESS_ZONE)
SCENARIO = "A" * 30 + "B" * 80 + "C" * 76


@pytest.fixture
def at_opening(held_clock: datetime) -> Iterator[datetime]:
    """Friday 31 October 2025, 00:30: November opens."""
    with clock.at(OPENING):
        yield OPENING


@pytest.fixture
def at_opening_of_march(held_clock: datetime) -> Iterator[datetime]:
    """Saturday 28 February 2026, a make-up day, 00:30: March opens, of which the tests keep visits and orders."""
    with clock.at(datetime(2026, 2, 28, 0, 30, tzinfo=clock.BUSINESS_ZONE)) as moment:
        yield moment


def at(day: int, hour: int = 1) -> Any:
    """A moment of November."""
    return clock.at(datetime(2025, 11, day, hour, tzinfo=clock.BUSINESS_ZONE))


def stops_of(shop: Retailer, month: date = NOVEMBER) -> list[PlannedStop]:
    return list(PlannedStop.objects.filter(retailer=shop, month=month).order_by("on_date"))


def codes(stop: PlannedStop) -> list[str]:
    return [reason["code"] for reason in stop.reasons]


def finding(cast: Cast, shop: Retailer, severity: int = 1, rule: str = "client.fell", **more: Any) -> Finding:
    """A finding about a shop that stands in November."""
    return Finding.objects.create(
        dimension="client", rule=rule, severity=severity, opened_on=OPENING.date(), first_month=NOVEMBER,
        last_month=NOVEMBER, retailer=shop, territory=cast.territory, county=cast.county, **more,
    )  # fmt: skip


def classes(cast: Cast, visit_class: str, **more: Any) -> None:
    """Lin's three shops are of a visit class (they come as A: weekly)."""
    Classification.objects.filter(retailer__in=cast.shops).update(visit_class=visit_class, **more)


def test_weekly_fortnightly_and_monthly_shops_make_356_visits_spread_over_20_days(cast: Cast, at_opening: Any) -> None:
    settle(cast.next_territory, SCENARIO)
    draft(NOVEMBER)
    stops = PlannedStop.objects.filter(territory=cast.next_territory, month=NOVEMBER)
    a_day = Counter(stops.values_list("on_date", flat=True))
    assert (stops.count(), len(a_day), set(a_day.values())) == (356, 20, {17, 18})
    by_class = dict.fromkeys("ABC", 0) | Counter(
        Classification.objects.get(retailer=shop).visit_class for shop in stops.values_list("retailer_id", flat=True)
    )
    assert by_class == {"A": 120, "B": 160, "C": 76}
    assert {stop.on_date.weekday() for stop in stops} == {0, 1, 2, 3, 4}
    monday = stops.filter(on_date=date(2025, 11, 3)).order_by("position")
    assert [stop.position for stop in monday] == list(range(1, 19))


def test_a_weekly_shop_is_seen_every_week_and_a_fortnightly_one_every_other(cast: Cast, at_opening: Any) -> None:
    settle(cast.next_territory, SCENARIO)
    draft(NOVEMBER)
    days: dict[Any, list[date]] = {}
    for shop, day in PlannedStop.objects.order_by("on_date").values_list("retailer_id", "on_date"):
        days.setdefault(shop, []).append(day)
    gaps: dict[str, list[int]] = {"A": [], "B": []}
    for row in Classification.objects.filter(visit_class__in="AB", retailer__code__startswith="G"):
        seen = days[row.retailer_id]
        gaps[row.visit_class] += [(b - a).days for a, b in pairwise(seen)]
    assert (min(gaps["A"]), max(gaps["A"])) == (4, 10)
    assert (min(gaps["B"]), max(gaps["B"])) == (14, 14)


def test_what_does_not_fit_is_left_out_by_need_and_nobody_falls_below_once(cast: Cast, at_opening: Any) -> None:
    settle(cast.next_territory, SCENARIO)
    Parameter.objects.create(unit=cast.office, key="visits.per_day", during=ALWAYS, value=12)
    draft(NOVEMBER)
    stops = PlannedStop.objects.filter(territory=cast.next_territory)
    assert stops.count() == 240
    assert set(Counter(stops.values_list("on_date", flat=True)).values()) == {12}
    visits = Counter(stops.values_list("retailer_id", flat=True))
    assert (len(visits), Counter(visits.values())) == (186, {1: 132, 2: 54})


def test_a_finding_to_look_at_first_adds_a_visit_up_to_once_a_week(cast: Cast, at_opening: Any) -> None:
    classes(cast, "C")
    Classification.objects.filter(retailer=cast.shops[2]).update(visit_class="A")
    finding(cast, cast.shops[0])
    finding(cast, cast.shops[1], severity=2)
    finding(cast, cast.shops[2])
    draft(NOVEMBER)
    assert [len(stops_of(shop)) for shop in cast.shops] == [2, 1, 4]


def test_a_finding_that_is_restricted_closed_or_whose_action_was_dropped_asks_for_nothing(
    cast: Cast, at_opening: Any
) -> None:
    classes(cast, "C")
    finding(cast, cast.shops[0], is_restricted=True)
    finding(cast, cast.shops[1], closed_on=OPENING.date())
    dropped = finding(cast, cast.shops[2])
    Action.objects.create(
        month=NOVEMBER, dimension="client", finding=dropped, rule=dropped.rule, kind="call", metric="orders",
        goal="at_least", drafted_target=1, target=1, due_on=date(2025, 11, 30), serves="visit", state="dropped",
        drop_reason="known", retailer=cast.shops[2], territory=cast.territory, county=cast.county,
    )  # fmt: skip
    draft(NOVEMBER)
    assert [[codes(stop) for stop in stops_of(shop)] for shop in cast.shops] == [[["floor"]]] * 3


def test_terminal_type_asks_for_visits_before_the_visit_class_does(cast: Cast, at_opening: Any) -> None:
    classes(cast, "C", terminal_type="modern")
    draft(NOVEMBER)
    first, second = stops_of(cast.shops[0])
    assert codes(first) == codes(second) == ["terminal_modern", "floor"]
    assert first.reasons[0] == {
        "code": "terminal_modern",
        "kind": "retailer",
        "id": str(cast.shops[0].pk),
        "parameters": {"visits": 2},
    }


def test_a_stop_tells_at_most_five_reasons_the_weightiest_first(cast: Cast, at_opening: Any) -> None:
    shop = cast.shops[0]
    first = finding(cast, shop, rule="client.a")
    for number in range(2):
        finding(cast, shop, severity=2, rule=f"client.b{number}")
    promise = Promise.objects.create(
        retailer=shop, text="送货架", promised_by=cast.lin, promised_on=OPENING.date(), due_on=date(2025, 11, 7)
    )
    PolicyVersion.objects.filter(pk=cast.policy.pk).update(released_at=OPENING, brief_by=date(2025, 11, 20))
    draft(NOVEMBER)
    stops = stops_of(shop)
    assert codes(stops[0]) == ["finding", "finding", "finding", "promise", "policy"]
    assert [codes(stop) for stop in stops[1:]] == [["finding", "finding", "finding", "cadence"]] * 3
    assert stops[0].reasons[0]["id"] == str(first.pk)
    assert stops[0].reasons[3] == {
        "code": "promise",
        "kind": "promise",
        "id": str(promise.pk),
        "parameters": {"due_on": "2025-11-07", "text": "送货架"},
    }
    assert stops[0].reasons[4]["parameters"] == {"brief_by": "2025-11-20", "title": "三月货源投放规则"}


def test_an_older_version_of_a_policy_is_no_reason_once_a_newer_one_is_released(cast: Cast, at_opening: Any) -> None:
    PolicyVersion.objects.filter(pk=cast.policy.pk).update(released_at=OPENING, brief_by=date(2025, 11, 20))
    draft(NOVEMBER)
    assert "policy" in codes(stops_of(cast.shops[0])[0])
    newer = PolicyVersion.objects.create(
        policy=cast.policy.policy, number=cast.policy.number + 1, released_at=OPENING, brief_by=date(2025, 12, 20)
    )
    draft(NOVEMBER)
    assert "policy" not in codes(stops_of(cast.shops[0])[0])
    PolicyVersion.objects.filter(pk=newer.pk).update(released_at=None)  # a draft replaces nothing
    draft(NOVEMBER)
    assert "policy" in codes(stops_of(cast.shops[0])[0])


def test_a_policy_that_the_shop_was_told_of_is_no_reason_any_more(cast: Cast, at_opening_of_march: Any) -> None:
    with clock.at(datetime(2026, 3, 10, 1, tzinfo=clock.BUSINESS_ZONE)):
        visit = land_visit(cast, cast.shops[0], date(2026, 3, 9))
        Briefing.objects.create(month=MARCH, visit_id=visit, line_no=0, policy_version=cast.policy)
        doubtful = land_visit(cast, cast.shops[1], date(2026, 3, 9), presence="to_verify")
        Briefing.objects.create(month=MARCH, visit_id=doubtful, line_no=0, policy_version=cast.policy)
        draft(MARCH)
    told = [any("policy" in codes(stop) for stop in stops_of(shop, MARCH)) for shop in cast.shops]
    assert told == [False, True, True]


def test_who_was_promised_something_soon_is_seen_in_the_first_week(cast: Cast, at_opening: Any) -> None:
    settle(cast.next_territory, "C" * 100)
    last = Retailer.objects.filter(code__startswith="G").order_by("pk").last()
    draft(NOVEMBER)
    assert last is not None
    for shop in Retailer.objects.filter(code__startswith="G").order_by("pk")[:5]:
        Promise.objects.create(
            retailer=shop, text="送货架", promised_by=cast.ma, promised_on=OPENING.date(), due_on=date(2025, 11, 10)
        )
    draft(NOVEMBER)
    promised = PlannedStop.objects.filter(retailer__promises__state="open")
    assert promised.count() == 5
    assert max(promised.values_list("on_date", flat=True)) <= date(2025, 11, 10)


def test_a_carried_improvement_is_a_reason(cast: Cast, at_opening: Any) -> None:
    shop = cast.shops[0]
    origin = Action.objects.create(
        month=date(2025, 10, 1), dimension="client", rule="client.fell", kind="call", metric="orders",
        goal="at_least", drafted_target=1, target=1, due_on=date(2025, 10, 31), serves="visit", state="accepted",
        retailer=shop, territory=cast.territory, county=cast.county,
    )  # fmt: skip
    Improvement.objects.create(
        month=date(2025, 10, 1), origin=origin, dimension="client", rule="client.fell", kind="call", metric="orders",
        goal="at_least", target=1, due_on=date(2025, 11, 30), state="open", opened_on=OPENING.date(), retailer=shop,
        territory=cast.territory, county=cast.county,
    )  # fmt: skip
    draft(NOVEMBER)
    assert [codes(stop) for stop in stops_of(shop)] == [["improvement", "cadence"]] * 4


def test_size_changes_nothing(cast: Cast, at_opening_of_march: Any) -> None:
    """Twice the volume, another tier, another scale: the same visits on the same days for the same reasons."""
    settle(cast.next_territory, "A" * 5 + "B" * 10 + "C" * 30)
    draft(MARCH)
    before = rows(MARCH)
    shop = Retailer.objects.filter(code__startswith="G").order_by("code").first()
    assert shop is not None
    for number in range(2):
        Order.objects.create(
            order_no=f"BIG-{number}", month=date(2026, 2, 1), on_date=date(2026, 2, 20 + number), retailer=shop,
            territory=cast.next_territory, county=cast.county, cartons=5_000, amount_fen=90_000_000,
        )  # fmt: skip
    Classification.objects.filter(retailer__code__startswith="G").update(scale=1, tier=30)
    assert draft(MARCH) == 0
    assert rows(MARCH) == before


def test_neighbours_are_visited_on_the_same_day(cast: Cast, at_opening: Any) -> None:
    """In its order the month is less than a third of the way that the same stops are in an order by chance."""
    settle(cast.next_territory, SCENARIO)
    draft(NOVEMBER)

    def length_km(order: list[PlannedStop]) -> float:
        flat = [
            complex((s.retailer.lon or 0) * 111.32 * cos(radians(30.6)), (s.retailer.lat or 0) * 111.32) for s in order
        ]
        return sum(abs(a - b) for a, b in pairwise(flat))

    stops = PlannedStop.objects.filter(territory=cast.next_territory).select_related("retailer")
    by_chance = sorted(stops, key=lambda s: sha256(f"{s.retailer.code} {s.on_date}".encode()).digest())
    assert length_km(list(stops.order_by("on_date", "position"))) < length_km(by_chance) / 3


def test_shops_that_open_late_come_late_in_the_day_and_those_that_close_at_noon_first(
    cast: Cast, at_opening: Any
) -> None:
    Parameter.objects.create(unit=cast.territory, key="visits.per_day", during=ALWAYS, value=3)
    Leave.objects.create(person=cast.lin, unit=cast.territory, during=DateRange(date(2025, 11, 4), date(2025, 12, 1)))
    classes(cast, "C")
    Retailer.objects.filter(pk=cast.shops[0].pk).update(opens_at="14:00", closes_at="23:00")
    Retailer.objects.filter(pk=cast.shops[2].pk).update(opens_at="06:00", closes_at="12:00")
    draft(NOVEMBER)
    day = PlannedStop.objects.filter(territory=cast.territory, on_date=date(2025, 11, 3)).order_by("position")
    assert [stop.retailer_id for stop in day] == [cast.shops[2].pk, cast.shops[1].pk, cast.shops[0].pk]


def test_days_of_leave_and_holidays_hold_no_stop(cast: Cast, at_opening: Any) -> None:
    settle(cast.territory, "B" * 40)
    Leave.objects.create(person=cast.lin, unit=cast.territory, during=DateRange(date(2025, 11, 10), date(2025, 11, 15)))
    draft(NOVEMBER)
    days = set(PlannedStop.objects.filter(territory=cast.territory).values_list("on_date", flat=True))
    assert days == {day for day in november_days() if not date(2025, 11, 10) <= day <= date(2025, 11, 14)}


def november_days() -> list[date]:
    return [date(2025, 11, day) for day in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17, 18, 19, 20, 21, 24, 25, 26, 27, 28)]


def test_closed_suspended_and_unassigned_shops_stand_on_no_plan(cast: Cast, at_opening: Any) -> None:
    Classification.objects.filter(retailer=cast.shops[0]).update(state="suspended")
    Classification.objects.filter(retailer=cast.shops[1]).update(state="closed")
    draft(NOVEMBER)
    assert [len(stops_of(shop)) for shop in cast.shops] == [0, 0, 4]


def test_only_the_prefectures_asked_for_are_drafted_and_none_that_has_locked(cast: Cast, at_opening: Any) -> None:
    assert draft(NOVEMBER, [cast.hubei.pk + 999_999]) == 0
    locked = PrefectureMonth.objects.create(month=NOVEMBER, prefecture=cast.prefecture, state="locked")
    assert draft(NOVEMBER, [cast.prefecture.pk]) == 0
    PrefectureMonth.objects.filter(month=NOVEMBER).update(state="measured")
    assert locked.prefecture_id == cast.prefecture.pk
    assert draft(NOVEMBER, [cast.prefecture.pk]) == 20


def test_a_plan_that_was_handed_in_is_not_changed_and_one_that_was_sent_back_is(cast: Cast, at_opening: Any) -> None:
    draft(NOVEMBER)
    before = rows(NOVEMBER)
    cycle = ManagerCycle.objects.create(month=NOVEMBER, role_id="account_manager", unit=cast.territory, person=cast.lin)
    cell = ManagerCell.objects.create(cycle=cycle, cell="client_plan", state="submitted")
    classes(cast, "C")
    for state in ("submitted", "approved", "locked"):
        ManagerCell.objects.filter(pk=cell.pk).update(state=state)
        assert draft(NOVEMBER) == 0
    assert rows(NOVEMBER) == before
    ManagerCell.objects.filter(pk=cell.pk).update(state="sent_back", reason="too many")
    draft(NOVEMBER)
    assert [len(stops_of(shop)) for shop in cast.shops] == [1, 1, 1]


def test_a_new_draft_replaces_only_drafted_stops_of_days_to_come(cast: Cast, at_opening_of_march: Any) -> None:
    shop, other, third = cast.shops
    draft(MARCH, [cast.county.pk])
    own, dropped = stops_of(shop, MARCH)[3], stops_of(other, MARCH)[3]
    PlannedStop.objects.filter(pk=own.pk).update(is_own=True)
    PlannedStop.objects.filter(pk=dropped.pk).update(state="dropped", words="店休", is_own=True)
    past = set(PlannedStop.objects.filter(on_date__lt=date(2026, 3, 12)).values_list("pk", flat=True))
    stay = [row for row in rows(MARCH) if row[0] in {own.pk, dropped.pk, *past}]
    classes(cast, "C")
    with clock.at(datetime(2026, 3, 12, 1, tzinfo=clock.BUSINESS_ZONE)):
        land_visit(cast, third, date(2026, 3, 3))
        draft(MARCH, [cast.county.pk])
    # the one set by hand is the first shop's visit; the second's was taken off by hand; the third was seen
    assert rows(MARCH) == stay


def test_after_the_visits_have_begun_a_day_is_no_longer_drafted_for(cast: Cast, at_opening: Any) -> None:
    for hour, first in ((8, 12), (9, 13)):
        with at(12, hour):
            assert plan.first_day(NOVEMBER) == date(2025, 11, first)
    with at(20):
        assert plan.first_day(DECEMBER) == DECEMBER


def test_lost_weeks_are_not_crowded_into_the_last_one(cast: Cast, at_opening: Any) -> None:
    with at(24):
        draft(NOVEMBER)
    assert [len(stops_of(shop)) for shop in cast.shops] == [1, 1, 1]
    with at(17):
        draft(NOVEMBER)
    assert [len(stops_of(shop)) for shop in cast.shops] == [2, 2, 2]


def test_the_plan_in_numbers(cast: Cast, at_opening: Any, django_assert_num_queries: Any) -> None:
    draft(NOVEMBER)
    first, second, third, fourth = stops_of(cast.shops[0])
    PlannedStop.objects.filter(pk=first.pk).update(state="missed")
    PlannedStop.objects.filter(pk=second.pk).update(state="missed", miss_reason="weather")
    PlannedStop.objects.filter(pk=third.pk).update(state="dropped", is_own=True)
    PlannedStop.objects.filter(pk=fourth.pk).update(is_own=True)
    with django_assert_num_queries(4):
        told = plan.summary(cast.territory.pk, NOVEMBER)
    assert (told.stops, told.done, told.missed, told.missed_unsaid, told.dropped, told.own, told.shops) == (
        11, 0, 2, 1, 1, 1, 3,
    )  # fmt: skip
    assert (told.capacity.required, told.capacity.room, told.capacity.days) == (12, 400, 20)
    assert told.evidence == {"query": "stops", "territory": cast.territory.pk, "month": "2025-11", "rows": 11}
    assert set(plan.summaries(NOVEMBER, [cast.territory.pk, cast.next_territory.pk])) == {
        cast.territory.pk,
        cast.next_territory.pk,
    }


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shops=st.text(alphabet="ABC", min_size=1, max_size=60),
    per_day=st.integers(1, 20),
    day=st.integers(1, 28),
    leave=st.tuples(st.integers(1, 28), st.integers(0, 10)),
    seed=st.integers(0, 9),
)
def test_whatever_the_shops_the_draft_holds_and_a_second_one_changes_nothing(
    db: None, shops: str, per_day: int, day: int, leave: tuple[int, int], seed: int
) -> None:
    with transaction.atomic(), at(day):
        cast = build_cast()
        settle(cast.next_territory, shops, seed=f"S{seed}-")
        Parameter.objects.create(unit=cast.county, key="visits.per_day", during=ALWAYS, value=per_day)
        first = date(2025, 11, leave[0])
        off = DateRange(first, date(2025, 11, min(30, leave[0] + leave[1])), "[]")
        Leave.objects.create(person=cast.ma, unit=cast.next_territory, during=off)
        draft(NOVEMBER)
        made = rows(NOVEMBER)
        stops = list(PlannedStop.objects.filter(territory=cast.next_territory))
        a_day = Counter(stop.on_date for stop in stops)
        worked = [d for d in november_days() if d.day >= day and d not in off]
        assert set(a_day) <= set(worked)
        assert max(a_day.values(), default=0) <= per_day
        assert len({stop.retailer_id for stop in stops}) == min(len(shops), per_day * len(worked))
        assert len({(stop.retailer_id, stop.on_date) for stop in stops}) == len(stops)
        assert draft(NOVEMBER) == 0
        assert rows(NOVEMBER) == made
        transaction.set_rollback(True)
